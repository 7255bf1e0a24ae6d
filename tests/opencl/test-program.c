/* Devices and the binary cache: broken files, concurrent processes, a folder that cannot be written. */
#include "core/error.h"
#include "opencl/ops/ops.h"
#include "opencl/program.h"
#include "opencl/tuning.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *cache_dir;         /* $XDG_CACHE_HOME/convnext of this test alone */

static void
build (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxDevice) device = cnx_device_open (NULL, 0, &error);
  g_assert_no_error (error);
  CnxTuning tuning;
  cnx_tuning_default (device, CNX_PRECISION_FP32, &tuning);
  g_autoptr (CnxOps) ops = cnx_ops_new (device, &tuning, &error);
  g_assert_no_error (error);
  g_assert_true (cnx_ops_finish (ops, &error));
  cnx_ops_keep (ops, TRUE);
}

/* The one cache file; fails when there are others, half-written ones included. */
static char *
only_file (void)
{
  g_autoptr (GDir) dir = g_dir_open (cache_dir, 0, NULL);
  g_assert_nonnull (dir);
  g_autofree char *name = g_strdup (g_dir_read_name (dir));
  g_assert_nonnull (name);
  g_assert_true (g_str_has_suffix (name, ".clbin"));
  g_assert_null (g_dir_read_name (dir));
  return g_build_filename (cache_dir, name, NULL);
}

static void
clear (void)
{
  g_autoptr (GDir) dir = g_dir_open (cache_dir, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *path = g_build_filename (cache_dir, name, NULL);
    g_remove (path);
  }
}

static void
test_written_and_read (void)
{
  GStatBuf before, after;

  clear ();
  build ();
  g_autofree char *path = only_file ();
  g_assert_cmpint (g_stat (path, &before), ==, 0);
  build ();
  g_assert_cmpint (g_stat (path, &after), ==, 0);
  g_assert_cmpint (before.st_ino, ==, after.st_ino);    /* a rewritten file would be another */
}

static void
test_broken (void)
{
  g_autofree char *whole = NULL;
  gsize size = 0;

  clear ();
  build ();
  g_autofree char *path = only_file ();
  g_assert_true (g_file_get_contents (path, &whole, &size, NULL));
  for (int damage = 0; damage < 4; damage++) {
    g_autofree char *bytes = g_memdup2 (whole, size);
    g_autofree char *mended = NULL;
    gsize length = size, mended_size = 0;
    if (damage == 0)
      length = 0;
    else if (damage == 1)
      length = size / 2;
    else if (damage == 2)
      bytes[size - 10] ^= 1;
    else
      memset (bytes, 'x', 100);
    g_assert_true (g_file_set_contents (path, bytes, length, NULL));
    build ();
    g_assert_true (g_file_get_contents (path, &mended, &mended_size, NULL));
    g_assert_cmpuint (mended_size, >, length / 2);
    g_assert_cmpmem (mended, 8, whole, 8);
  }
}

static void
test_concurrent (void)
{
  pid_t children[4];

  clear ();
  for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
    children[i] = fork ();
    if (children[i] == 0) {
      execl ("/proc/self/exe", "test-program", "--build-only", NULL);
      _exit (127);
    }
  }
  for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
    int status = 0;
    g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
    g_assert_true (WIFEXITED (status));
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  }
  g_autofree char *path = only_file ();
  build ();
}

static void
test_unwritable (void)
{
  clear ();
  g_assert_cmpint (g_rmdir (cache_dir), ==, 0);
  g_assert_true (g_file_set_contents (cache_dir, "a file in the way", -1, NULL));
  build ();
  g_remove (cache_dir);
}

/* Where somebody else could put a binary, none is read and none is left. */
static void
test_untrusted_folder (void)
{
  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed ();
    g_test_trap_assert_stderr ("*others may write to *convnext*");
    return;
  }
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  clear ();
  build ();
  g_autofree char *path = only_file ();
  GStatBuf before, after;
  g_assert_cmpint (g_stat (path, &before), ==, 0);
  g_assert_true (g_file_set_contents (path, "what somebody put there", -1, NULL));
  g_assert_cmpint (g_chmod (cache_dir, 0777), ==, 0);
  build ();
  g_autofree char *content = NULL;
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "what somebody put there");
  g_assert_cmpint (g_chmod (cache_dir, 0700), ==, 0);
  if (geteuid () == 0) {
    g_autofree char *left = NULL;
    g_assert_cmpint (chown (cache_dir, 65534, -1), ==, 0);
    build ();
    g_assert_true (g_file_get_contents (path, &left, NULL, NULL));
    g_assert_cmpstr (left, ==, "what somebody put there");
    g_assert_cmpint (chown (cache_dir, 0, -1), ==, 0);
  }
  build ();
  g_assert_cmpint (g_stat (path, &after), ==, 0);
  g_assert_cmpint (after.st_size, ==, before.st_size);
}

/* What is no file of ours is neither waited for nor followed, and a file takes its place. */
static void
test_untrusted_file (void)
{
  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed ();
    g_test_trap_assert_stderr ("*is not used*");
    return;
  }
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  for (guint kind = 0; kind < 3; kind++) {
    GStatBuf is;
    clear ();
    build ();
    g_autofree char *path = only_file ();
    g_autofree char *target = g_strconcat (cache_dir, ".target", NULL);
    g_assert_cmpint (g_rename (path, target), ==, 0);
    if (kind == 0)
      g_assert_cmpint (mkfifo (path, 0600), ==, 0);
    else if (kind == 1)
      g_assert_cmpint (symlink (target, path), ==, 0);
    else
      g_assert_true (g_file_set_contents (path, "others wrote this", -1, NULL) && g_chmod (path, 0622) == 0);
    build ();
    g_assert_cmpint (g_lstat (path, &is), ==, 0);
    g_assert_true (S_ISREG (is.st_mode) && (is.st_mode & 0777) == 0600);
    g_remove (target);
  }
}

/* ---- devices ---- */

static void
test_selectors (void)
{
  g_autoptr (GError) error = NULL;
  const char *const good[] = { NULL, "", "auto", "AUTO", "0" };
  const char *const bad[] = { "999", "no such device", "-1" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (CnxDevice) device = cnx_device_open (good[i], 0, &error);
    g_assert_no_error (error);
    g_assert_nonnull (device);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_assert_null (cnx_device_open (bad[i], 0, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
    g_assert_nonnull (strstr (error->message, "there are: 0: "));
    g_clear_error (&error);
  }
}

static void
test_by_name (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) list = cnx_devices_list ();
  const CnxDeviceInfo *last = list->pdata[list->len - 1];
  g_autofree char *upper = g_ascii_strup (last->name, -1);
  g_autoptr (CnxDevice) device = cnx_device_open (upper, 0, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (cnx_device_info (device)->name, ==, last->name);
}

static void
test_threads (void)
{
  g_autoptr (GError) error = NULL;
  cl_uint units = 0;
  g_autoptr (CnxDevice) device = cnx_device_open ("cpu", 1, &error);

  if (!device) {
    g_test_skip ("there is no CPU device");
    return;
  }
  clGetDeviceInfo (cnx_device_id (device), CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
  g_assert_cmpuint (units, ==, 1);
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], "--build-only") == 0) {
    build ();
    return 0;
  }
  g_autofree char *home = g_dir_make_tmp ("cnx-cache-XXXXXX", NULL);
  g_setenv ("XDG_CACHE_HOME", home, TRUE);
  g_autofree char *pocl = g_build_filename (home, "pocl", NULL);
  g_setenv ("POCL_CACHE_DIR", pocl, FALSE);     /* not among what is looked at here */
  cache_dir = g_build_filename (home, "convnext", NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cache/written-and-read", test_written_and_read);
  g_test_add_func ("/cache/broken", test_broken);
  g_test_add_func ("/cache/concurrent", test_concurrent);
  g_test_add_func ("/cache/unwritable", test_unwritable);
  g_test_add_func ("/cache/untrusted-folder", test_untrusted_folder);
  g_test_add_func ("/cache/untrusted-file", test_untrusted_file);
  g_test_add_func ("/device/selectors", test_selectors);
  g_test_add_func ("/device/by-name", test_by_name);
  g_test_add_func ("/device/threads", test_threads);
  const int result = g_test_run ();
  clear ();
  g_rmdir (cache_dir);
  g_free (cache_dir);
  return result;
}
