/* Files, pipes and devices, up to a bound. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/input/read_all.h"
#include "tests/support/temp_files.h"

#define BYTES 200000

static char *
make_bytes (gsize count)
{
  char *bytes = g_malloc (count + 1);

  for (gsize i = 0; i < count; i++)
    bytes[i] = i % 251;
  return bytes;
}

static void
check (const char *path, const char *expected, gsize count, gsize most)
{
  g_autoptr (GError) error = NULL;
  gsize length = 7;
  g_autofree char *got = cnx_read_all (path, most, &length, &error);

  g_assert_no_error (error);
  g_test_message ("%" G_GSIZE_FORMAT " of at most %" G_GSIZE_FORMAT " bytes: %" G_GSIZE_FORMAT, count, most, length);
  g_assert_cmpuint (length, ==, MIN (count, most + 1));
  g_assert_nonnull (got);
  g_assert_true (memcmp (got, expected, length) == 0);
}

static const gsize counts[] = { 0, 1, 65535, 65536, 65537, 131072, BYTES };
static const gsize bounds[] = { 0, 1, 65535, 65536, 65537, 131072, BYTES - 1, BYTES, (gsize) 1 << 40 };

static void
test_file (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "file", NULL), *bytes = make_bytes (BYTES);

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
    g_assert_true (g_file_set_contents (path, bytes, counts[i], NULL));
    for (guint j = 0; j < G_N_ELEMENTS (bounds); j++)
      check (path, bytes, counts[i], bounds[j]);
  }
}

/* What is written here a piece at a time; the reader may leave early. */
static gpointer
write_pieces (gpointer data)
{
  const int fd = GPOINTER_TO_INT (data);
  g_autofree char *bytes = make_bytes (BYTES);

  for (gsize done = 0; done < BYTES;) {
    const gssize written = write (fd, bytes + done, MIN (777, BYTES - done));
    g_assert_cmpint (written, >, 0);
    done += written;
  }
  close (fd);
  return NULL;
}

static void
test_pipe (void)
{
  int ends[2];
  g_autofree char *bytes = make_bytes (BYTES), *path = NULL;

  g_assert_cmpint (pipe (ends), ==, 0);
  path = g_strdup_printf ("/dev/fd/%d", ends[0]);
  GThread *writer = g_thread_new ("write", write_pieces, GINT_TO_POINTER (ends[1]));
  check (path, bytes, BYTES, (gsize) 1 << 40);
  g_thread_join (writer);
  close (ends[0]);
}

static void
test_devices (void)
{
  g_autofree char *zeros = g_malloc0 (BYTES + 1);

  check ("/dev/zero", zeros, G_MAXSIZE, BYTES);
  check ("/dev/null", zeros, 0, BYTES);
}

static void
test_errors (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *missing = g_build_filename (dir, "missing", NULL);
  const struct
  {
    const char *path;
    int code, number;
  } rows[] = { {missing, G_FILE_ERROR_NOENT, ENOENT}, {dir, G_FILE_ERROR_ISDIR, EISDIR} };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    gsize length;

    g_assert_null (cnx_read_all (rows[i].path, 10, &length, &error));
    g_assert_error (error, G_FILE_ERROR, rows[i].code);
    g_assert_cmpstr (error->message, ==, g_strerror (rows[i].number));
  }
}

/* Nobody will ever write to it; what is open already is somebody's, by whatever name it is reached. */
static void
test_named_pipe (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "pipe", NULL), *bytes = make_bytes (BYTES);
  g_autoptr (GError) error = NULL;
  gsize length;

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  g_assert_null (cnx_read_all (path, 10, &length, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  cnx_test_assert_message (error, "a pipe with a name", NULL);

  const int end = open (path, O_RDWR);
  g_assert_cmpint (write (end, bytes, 100), ==, 100);
  g_autofree char *by_number = g_strdup_printf ("/dev/fd/%d", end);
  check (by_number, bytes, 100, 99);
  close (end);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/read-all/file", test_file);
  g_test_add_func ("/read-all/pipe", test_pipe);
  g_test_add_func ("/read-all/named-pipe", test_named_pipe);
  g_test_add_func ("/read-all/devices", test_devices);
  g_test_add_func ("/read-all/errors", test_errors);
  return g_test_run ();
}
