/* One process at a time, where the file system has locks; and what is on disk where it has none. */
#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "pipelines/fetch/download.h"
#include "pipelines/fetch/lock.h"
#include "tests/support/temp_files.h"

static int failing;             /* flock's errno; 0: it does not fail */

/* In the place of the C library's. */
int
flock (int fd, int operation)
{
  errno = failing;
  return failing ? -1 : 0;
}

static void
on_say (const char *line, gpointer user_data)
{
  g_string_append (user_data, line);
}

static void
test_no_locks (void)
{
  static const int numbers[] = { ENOLCK, EOPNOTSUPP, EBADF, EIO };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *part = cnx_test_write_text (dir, "model.safetensors.part", "half of it");
    g_autofree char *note = cnx_test_write_text (dir, "model.safetensors.part.note", "[part]");
    g_autofree char *path = g_build_filename (dir, "lock", NULL);
    g_autoptr (GString) said = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    CnxLock lock;

    failing = numbers[i];
    g_assert_true (cnx_lock_take (&lock, dir, on_say, said, &error));
    g_assert_no_error (error);
    g_test_message ("%s", said->str);
    g_assert_nonnull (strstr (said->str, path));
    g_assert_nonnull (strstr (said->str, g_strerror (failing)));
    g_assert_false (lock.waited);
    cnx_lock_release (&lock);
    g_assert_true (g_file_test (part, G_FILE_TEST_EXISTS) && g_file_test (note, G_FILE_TEST_EXISTS));
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  }
  failing = 0;
}

static void
test_folder (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *folder = g_build_filename (dir, "a", "b", NULL);
  g_autoptr (GString) said = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  CnxLock lock;

  g_assert_true (cnx_lock_take (&lock, folder, on_say, said, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_test (lock.path, G_FILE_TEST_IS_REGULAR));
  cnx_lock_release (&lock);
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
  g_assert_cmpstr (said->str, ==, "");
}

/* A lock that can never be made is an error, and no endless loop. */
static void
test_refused (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *file = cnx_test_write_text (dir, "file", "");
  g_autofree char *link = g_build_filename (dir, "lock", NULL);
  const char *folders[] = { file, dir };

  g_assert_cmpint (symlink ("nowhere/at/all", link), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autoptr (GString) said = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    CnxLock lock;

    g_assert_false (cnx_lock_take (&lock, folders[i], on_say, said, &error));
    g_assert_error (error, CNX_DOWNLOAD_ERROR, CNX_DOWNLOAD_ERROR_DISK);
    cnx_test_assert_message (error, folders[i], NULL);
    cnx_lock_release (&lock);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lock/no-locks", test_no_locks);
  g_test_add_func ("/lock/folder", test_folder);
  g_test_add_func ("/lock/refused", test_refused);
  return g_test_run ();
}
