/* The folder that clips are written to: names, what is found there, and what goes to make room. */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "pipelines/watch/clips/folder.h"
#include "tests/support/temp_files.h"

#define NOON (G_GINT64_CONSTANT (1764417600) * G_USEC_PER_SEC)  /* 2025-11-29T12:00:00Z */

/* What nobody finished goes at the next start; what another process writes does not, nor what has another name. */
static void
test_leftovers (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *left = cnx_test_write_text (dir, ".door-20251129T120000Z-cat.mkv.part", "x");
  g_autofree char *written = cnx_test_write_text (dir, ".gate-20251129T120000Z-cat.mkv.part", "x");
  g_autofree char *other = cnx_test_write_text (dir, ".film.mkv.part", "x");
  const int fd = open (written, O_RDWR | O_CLOEXEC);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (flock (fd, LOCK_EX), ==, 0);
  g_autoptr (CnxClipFolder) folder = cnx_clip_folder_new (dir, 0, &error);
  g_assert_no_error (error);
  g_assert_false (g_file_test (left, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (written, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (other, G_FILE_TEST_EXISTS));
  close (fd);
  g_assert_null (cnx_clip_folder_new (other, 0, &error));
  cnx_test_assert_message (error, other, "no folder that clips could be written to", NULL);
}

static void
test_names (void)
{
  static const struct
  {
    const char *label, *name;
  } rows[] = {
    {"cup of coffee", "a-b.1-20251129T120000Z-cup_of_coffee"},
    {"../../etc/passwd", "a-b.1-20251129T120000Z-etc_passwd"},
    {" caf\xc3\xa9\n", "a-b.1-20251129T120000Z-caf\xc3\xa9"},
    {"br\xffken", "a-b.1-20251129T120000Z-br_ken"},
    {"$(x);", "a-b.1-20251129T120000Z-x"},
    {"...", "a-b.1-20251129T120000Z-label"},
    {"", "a-b.1-20251129T120000Z-label"},
  };
  static const char *const others[] = { "a.mkv", "a-20251129T120000Z-.mkv", "-20251129T120000Z-b.mkv",
    "a-2025112T120000Z-b.mkv", "a-20251129T120000Z-b.mp4", ".a-20251129T120000Z-b.mkv", "a-20251129T120000Z-b.mkv.part",
    "a-20251129 120000Z-b.mkv", "", "-", "a-20251129T120000Z"
  };
  g_autofree char *many = g_strnfill (5000, 'x');
  g_autofree char *long_name = cnx_clip_name ("a", NOON, many);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = cnx_clip_name ("a-b.1", NOON, rows[i].label);
    g_autofree char *whole = g_strconcat (name, ".mkv", NULL);
    g_assert_cmpstr (name, ==, rows[i].name);
    g_assert_true (cnx_clip_name_is_ours (whole));
  }
  g_assert_cmpuint (strlen (long_name), <, 120);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (cnx_clip_name_is_ours (others[i]));
}

/* By the times in their names, of whatever camera; a link is nothing of ours, and what is not enough takes none. */
static void
test_room (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *third = cnx_test_write_text (dir, "a-20251129T120003Z-cat.mkv", "0123456789");
  g_autofree char *first = cnx_test_write_text (dir, "z-20251129T120001Z-cat.mkv", "0123456789");
  g_autofree char *second = cnx_test_write_text (dir, "m-m-20251129T120002Z-dog.mkv", "0123456789");
  g_autofree char *film = cnx_test_write_text (dir, "film.mkv", "0123456789");
  g_autofree char *link = g_build_filename (dir, "a-20240101T000000Z-cat.mkv", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink (film, link), ==, 0);
  g_autoptr (CnxClipFolder) folder = cnx_clip_folder_new (dir, 40, &error);
  CnxClipFile *file = cnx_clip_file_new (folder, "b-20251129T120004Z-cat", &error);
  g_assert_no_error (error);
  g_assert_true (cnx_clip_file_reserve (file, 10));
  g_assert_true (g_file_test (first, G_FILE_TEST_EXISTS));
  g_assert_false (cnx_clip_file_reserve (file, 31));
  g_assert_true (g_file_test (first, G_FILE_TEST_EXISTS));
  g_assert_true (cnx_clip_file_reserve (file, 1));
  g_assert_false (g_file_test (first, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (second, G_FILE_TEST_EXISTS));
  g_assert_true (cnx_clip_file_reserve (file, 19));
  g_assert_false (g_file_test (second, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (third, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (link, G_FILE_TEST_EXISTS));
  /* Of a clip that is dropped nothing counts any more. */
  cnx_clip_file_drop (file);
  file = cnx_clip_file_new (folder, "b-20251129T120004Z-cat", &error);
  g_assert_true (cnx_clip_file_reserve (file, 30));
  g_assert_true (g_file_test (third, G_FILE_TEST_EXISTS));
  g_assert_true (cnx_clip_file_keep (file, &error));
}

/* A second clip of the same second has a number. */
static void
test_same_name (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxClipFolder) folder = cnx_clip_folder_new (dir, 0, &error);
  g_autofree char *one = g_build_filename (dir, "a-20251129T120003Z-cat.mkv", NULL);
  g_autofree char *two = g_build_filename (dir, "a-20251129T120003Z-cat-2.mkv", NULL);
  CnxClipFile *file = cnx_clip_file_new (folder, "a-20251129T120003Z-cat", &error);
  CnxClipFile *other = cnx_clip_file_new (folder, "a-20251129T120003Z-cat", &error);

  g_assert_no_error (error);
  g_assert_false (g_file_test (one, G_FILE_TEST_EXISTS));
  g_assert_true (cnx_clip_file_keep (other, &error));
  g_assert_false (g_file_test (one, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (two, G_FILE_TEST_EXISTS));
  g_assert_true (cnx_clip_file_keep (file, &error));
  g_assert_true (g_file_test (one, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clip-folder/leftovers", test_leftovers);
  g_test_add_func ("/clip-folder/names", test_names);
  g_test_add_func ("/clip-folder/room", test_room);
  g_test_add_func ("/clip-folder/same-name", test_same_name);
  return g_test_run ();
}
