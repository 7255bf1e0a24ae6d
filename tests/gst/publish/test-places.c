/* Files, pipes and the standard output as they are in the world: rotated, full, without a reader, with a slow one,
 * taken away; and locations that name none of them. */
#include "gst-plugin/publish/brokers.h"
#include "gst-plugin/publish/files.h"
#include "gst-plugin/publish/location.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "core/error.h"
#include "tests/support/temp_files.h"

static CnxPlaceAnswer
give (gpointer place, char *line, GError ** error)
{
  const CnxMessage message = { line, strlen (line), "", "" };

  return cnx_place_file.write (place, &message, error);
}

/* Gives it until all of it is there; each answer before must be @meanwhile. */
static void
give_all (gpointer place, char *line, CnxPlaceAnswer meanwhile)
{
  g_autoptr (GError) error = NULL;
  CnxPlaceAnswer answer;

  while ((answer = give (place, line, &error)) != CNX_PLACE_TAKEN)
    g_assert_cmpint (answer, ==, meanwhile);
  g_assert_no_error (error);
}

static void
assert_holds (const char *path, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static gpointer
try_open (const char *path, GError ** error)
{
  const CnxPlaceSettings settings = {.location = path };

  return cnx_place_file.open (&settings, error);
}

static gpointer
open_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  gpointer place = try_open (path, &error);

  g_assert_no_error (error);
  g_assert_nonnull (place);
  return place;
}

static char *
make_pipe (const char *dir)
{
  char *path = g_build_filename (dir, "pipe", NULL);

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  return path;
}

static int
open_reader (const char *path)
{
  const int fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

/* What is there to be read now. */
static char *
read_now (int fd)
{
  GString *text = g_string_new (NULL);
  char buffer[4096];
  gssize n;

  while ((n = read (fd, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);
  return g_string_free (text, FALSE);
}

/* ---- files ---- */

static void
test_appends (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = cnx_test_write_text (dir, "a.jsonl", "before\n");
  gpointer place = open_file (path);

  g_assert_cmpint (give (place, "one\n", NULL), ==, CNX_PLACE_TAKEN);
  assert_holds (path, "before\none\n");
  g_assert_cmpint (give (place, "two\n", NULL), ==, CNX_PLACE_TAKEN);
  assert_holds (path, "before\none\ntwo\n");
  g_assert_cmpuint (cnx_place_file.reconnects (place), ==, 0);
  cnx_place_file.close (place);
}

/* A run before was cut off in the middle of a line, by a power cut: that line is lost, and not the next one too. */
static void
test_cut_line (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = cnx_test_write_text (dir, "a.jsonl", "before\nhal");
  gpointer place = open_file (path);

  assert_holds (path, "before\nhal");
  g_assert_cmpint (give (place, "one\n", NULL), ==, CNX_PLACE_TAKEN);
  g_assert_cmpint (give (place, "two\n", NULL), ==, CNX_PLACE_TAKEN);
  assert_holds (path, "before\nhal\none\ntwo\n");
  cnx_place_file.close (place);
}

static void
test_rotated (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "a.jsonl", NULL), *old = g_build_filename (dir, "a.jsonl.1", NULL);
  gpointer place = open_file (path);

  g_assert_cmpint (give (place, "one\n", NULL), ==, CNX_PLACE_TAKEN);
  g_assert_cmpint (g_rename (path, old), ==, 0);        /* and none in its place */
  g_assert_cmpint (give (place, "two\n", NULL), ==, CNX_PLACE_TAKEN);
  assert_holds (old, "one\n");
  assert_holds (path, "two\n");
  g_assert_true (g_file_set_contents (path, "new\n", -1, NULL));        /* by renaming another over it */
  g_assert_cmpint (give (place, "three\n", NULL), ==, CNX_PLACE_TAKEN);
  assert_holds (path, "new\nthree\n");
  g_assert_cmpint (truncate (path, 0), ==, 0);  /* the same file, begun anew */
  g_assert_cmpint (give (place, "four\n", NULL), ==, CNX_PLACE_TAKEN);
  assert_holds (path, "four\n");
  g_assert_cmpuint (cnx_place_file.reconnects (place), ==, 2);
  cnx_place_file.close (place);
}

static void
test_folder_goes_and_comes (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *folder = g_build_filename (dir, "folder", NULL), *path = g_build_filename (folder, "a", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  gpointer place = open_file (path);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_assert_cmpint (give (place, "one\n", &error), ==, CNX_PLACE_LATER);
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_cmpint (give (place, "one\n", NULL), ==, CNX_PLACE_TAKEN);
  assert_holds (path, "one\n");
  cnx_place_file.close (place);
}

/* Largest size of a file that this process may write. */
static void
set_most (rlim_t most)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = MIN (most, limit.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

/* A disk that is full in the middle of a line: it is finished when there is room, or taken back at the end. */
static void
test_full (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "a.jsonl", NULL);
  g_autoptr (GError) error = NULL, again = NULL;

  signal (SIGXFSZ, SIG_IGN);
  gpointer place = open_file (path);
  g_assert_cmpint (give (place, "one\n", NULL), ==, CNX_PLACE_TAKEN);
  set_most (6);
  g_assert_cmpint (give (place, "two\n", &error), ==, CNX_PLACE_PARTLY);
  g_assert_true (error && error->domain == G_FILE_ERROR);
  set_most (RLIM_INFINITY);
  g_assert_cmpint (give (place, "two\n", NULL), ==, CNX_PLACE_TAKEN);
  assert_holds (path, "one\ntwo\n");
  set_most (10);
  g_assert_cmpint (give (place, "three\n", &again), ==, CNX_PLACE_PARTLY);
  set_most (RLIM_INFINITY);
  assert_holds (path, "one\ntwo\nth");
  cnx_place_file.close (place);
  assert_holds (path, "one\ntwo\n");
}

static void
test_device_full (void)
{
  g_autoptr (GError) error = NULL;

  if (g_access ("/dev/full", W_OK) != 0) {
    g_test_skip ("/dev/full is not there");
    return;
  }
  gpointer place = open_file ("/dev/full");
  g_assert_cmpint (give (place, "one\n", &error), ==, CNX_PLACE_LATER);
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  cnx_test_assert_message (error, "/dev/full", "No space left", NULL);
  cnx_place_file.close (place);
}

static void
test_cannot_open (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *missing = g_build_filename (dir, "missing", "a.jsonl", NULL);
  g_autoptr (GError) folder = NULL, none = NULL;

  g_assert_null (try_open (dir, &folder));
  g_assert_error (folder, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
  cnx_test_assert_message (folder, dir, "is a folder", NULL);
  g_assert_null (try_open (missing, &none));
  g_assert_error (none, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  cnx_test_assert_message (none, missing, "the folder that it is to lie in is not there", NULL);
}

/* ---- pipes ---- */

/* Nobody reads: no error, and no wait. Who reads leaves: what is in the pipe is the next one's. */
static void
test_readers_come_and_go (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = make_pipe (dir);
  g_autoptr (GError) error = NULL;
  gpointer place = open_file (path);

  g_assert_cmpint (give (place, "one\n", &error), ==, CNX_PLACE_LATER);
  g_assert_no_error (error);
  int reader = open_reader (path);
  g_assert_cmpint (give (place, "one\n", NULL), ==, CNX_PLACE_TAKEN);
  g_assert_cmpint (give (place, "two\n", NULL), ==, CNX_PLACE_TAKEN);
  close (reader);
  g_assert_cmpint (give (place, "three\n", &error), ==, CNX_PLACE_LATER);
  g_assert_no_error (error);
  g_assert_cmpuint (cnx_place_file.reconnects (place), ==, 0);
  reader = open_reader (path);
  g_assert_cmpint (give (place, "three\n", NULL), ==, CNX_PLACE_TAKEN);
  g_assert_cmpuint (cnx_place_file.reconnects (place), ==, 1);
  g_autofree char *text = read_now (reader);
  g_assert_cmpstr (text, ==, "one\ntwo\nthree\n");
  close (reader);
  cnx_place_file.close (place);
}

/* A line that is longer than the pipe, to a reader that stops in between. */
static void
test_slow_reader (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = make_pipe (dir), *line = g_strnfill (300 * 1000, 'x');
  gpointer place = open_file (path);
  const int reader = open_reader (path);
  GString *all = g_string_new (NULL);
  CnxPlaceAnswer answer;

  line[strlen (line) - 1] = '\n';
  while ((answer = give (place, line, NULL)) != CNX_PLACE_TAKEN) {
    g_autofree char *text = read_now (reader);
    g_assert_cmpint (answer, ==, CNX_PLACE_PARTLY);
    g_string_append (all, text);
  }
  g_autofree char *rest = read_now (reader);
  g_string_append (all, rest);
  g_assert_true (g_str_equal (all->str, line));
  g_string_free (all, TRUE);
  close (reader);
  cnx_place_file.close (place);
}

/* No file comes in its place; another pipe is taken. */
static void
test_pipe_taken_away (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = make_pipe (dir);
  g_autoptr (GError) error = NULL;
  gpointer place = open_file (path);
  int reader = open_reader (path);

  g_assert_cmpint (give (place, "one\n", NULL), ==, CNX_PLACE_TAKEN);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (give (place, "two\n", &error), ==, CNX_PLACE_LATER);
  cnx_test_assert_message (error, path, "the pipe was taken away", NULL);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  close (reader);
  g_free (make_pipe (dir));
  reader = open_reader (path);
  give_all (place, "two\n", CNX_PLACE_LATER);
  g_autofree char *text = read_now (reader);
  g_assert_cmpstr (text, ==, "two\n");
  close (reader);
  cnx_place_file.close (place);
}

/* ---- the standard output ---- */

/* With a pipe in its place. */
static void
test_stdout (void)
{
  const CnxMessage message = { "one\n", 4, "", "" };
  const CnxPlaceSettings settings = {.location = "-" };
  g_autoptr (GError) error = NULL;
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  const int kept = dup (STDOUT_FILENO);
  fflush (stdout);
  dup2 (ends[1], STDOUT_FILENO);
  gpointer place = cnx_place_stdout.open (&settings, NULL);
  const CnxPlaceAnswer taken = cnx_place_stdout.write (place, &message, NULL);
  char text[5] = "";
  const gssize length = read (ends[0], text, 4);
  close (ends[0]);
  const CnxPlaceAnswer refused = cnx_place_stdout.write (place, &message, &error);
  cnx_place_stdout.close (place);
  dup2 (kept, STDOUT_FILENO);
  close (kept);
  close (ends[1]);
  g_assert_cmpint (taken, ==, CNX_PLACE_TAKEN);
  g_assert_cmpint (length, ==, 4);
  g_assert_cmpstr (text, ==, "one\n");
  g_assert_cmpint (refused, ==, CNX_PLACE_REFUSED);
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_PIPE);
}

/* ---- what a location is ---- */

static void
test_locations (void)
{
  static const struct
  {
    const char *location, *said;        /* NULL: it is right */
    const CnxPlace *place;
  } cases[] = {
    {"labels.jsonl", NULL, &cnx_place_file}, {"/var/log/labels", NULL, &cnx_place_file},
    {"-", NULL, &cnx_place_stdout}, {"./-", NULL, &cnx_place_file}, {"a/b://c", NULL, &cnx_place_file},
    {"1://c", NULL, &cnx_place_file}, {"://c", NULL, &cnx_place_file}, {"mqtt:c", NULL, &cnx_place_file},
    {NULL, "Set location to", NULL}, {"", "Set location to", NULL},
    {"amqp://me:secret@host/t", "begins with amqp://", NULL}, {"HTTPS://host", "begins with https://", NULL},
    {"file:///tmp/a", "begins with file://", NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    const CnxPlaceSettings settings = {.location = cases[i].location };
    g_assert_true (cnx_place_for (&settings, &error) == cases[i].place);
    if (!cases[i].said) {
      g_assert_no_error (error);
      continue;
    }
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    cnx_test_assert_message (error, cases[i].said, "a file", "a pipe", "- for the standard output", NULL);
    g_assert_null (strstr (error->message, "secret"));
  }
}

/* A broker's plugin that is not there, and one whose file is there and cannot be loaded: the package that helps. Only
 * where GStreamer looks at files in a process of its own does it remember those that it could not load. */
static void
test_no_broker (void)
{
  const CnxBroker broker = { "Pigeon", "convnextpigeon", "cnx_place_pigeon", "libpigeon1", "libpigeon-dev" };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *file = NULL;
  g_autoptr (GError) missing = NULL, broken = NULL;

  g_assert_null (cnx_broker_load (&broker, &missing));
  g_assert_error (missing, CNX_ERROR, CNX_ERROR_NOT_FOUND);
  cnx_test_assert_message (missing, "published by Pigeon", "not installed", "libpigeon1", "libpigeon-dev", NULL);
  if (g_strcmp0 (g_getenv ("GST_REGISTRY_FORK"), "no") == 0)
    return;
  file = cnx_test_write_text (dir, "libgstconvnextpigeon.so", "no library");
  gst_registry_scan_path (gst_registry_get (), dir);
  g_assert_null (cnx_broker_load (&broker, &broken));
  g_assert_error (broken, CNX_ERROR, CNX_ERROR_NOT_FOUND);
  cnx_test_assert_message (broken, file, "libpigeon1", "libpigeon-dev", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_unsetenv ("GST_REGISTRY_FORK");     /* a plugin that does not load is another process's warning */
  gst_init (&argc, &argv);
  signal (SIGPIPE, SIG_IGN);    /* the writer's thread blocks it */
  g_test_add_func ("/places/appends", test_appends);
  g_test_add_func ("/places/cut-line", test_cut_line);
  g_test_add_func ("/places/rotated", test_rotated);
  g_test_add_func ("/places/folder-goes-and-comes", test_folder_goes_and_comes);
  g_test_add_func ("/places/full", test_full);
  g_test_add_func ("/places/device-full", test_device_full);
  g_test_add_func ("/places/cannot-open", test_cannot_open);
  g_test_add_func ("/places/readers-come-and-go", test_readers_come_and_go);
  g_test_add_func ("/places/slow-reader", test_slow_reader);
  g_test_add_func ("/places/pipe-taken-away", test_pipe_taken_away);
  g_test_add_func ("/places/stdout", test_stdout);
  g_test_add_func ("/places/locations", test_locations);
  g_test_add_func ("/places/no-broker", test_no_broker);
  return g_test_run ();
}
