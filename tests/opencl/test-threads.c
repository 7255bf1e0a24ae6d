/* OpenCL's first use in a process, by several threads at once: each time in a process of its own. */
#include "opencl/ops/ops.h"
#include "opencl/program.h"
#include "opencl/support.h"

#define PROCESSES 8
#define THREADS 6

/* The loader's other drivers take so long over their own set-up that threads seldom meet in PoCL's. */
#define POCL_ALONE "/etc/OpenCL/vendors/pocl.icd"

static GMutex lock;
static GCond changed;
static guint waiting;

/* Returns in all threads at about the same time. */
static void
meet (void)
{
  g_mutex_lock (&lock);
  waiting++;
  g_cond_broadcast (&changed);
  while (waiting < THREADS)
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);
}

/* Every second one on a part of the device. */
static gpointer
open_and_run (gpointer data)
{
  const guint threads = GPOINTER_TO_UINT (data) % 2;
  g_autoptr (GError) error = NULL;

  meet ();
  g_autoptr (CnxDevice) device = cnx_device_open (NULL, threads, &error);
  g_assert_no_error (error);
  g_autoptr (CnxOps) ops = cnx_ops_open (device, CNX_PRECISION_FP32, &error);
  g_assert_no_error (error);
  cnx_ops_finish (ops, &error);
  g_assert_no_error (error);
  return NULL;
}

static gpointer
list (gpointer data)
{
  meet ();
  g_autoptr (GPtrArray) devices = cnx_devices_list ();
  return GUINT_TO_POINTER (devices->len);
}

static void
run_threads (GThreadFunc func, gpointer * results)
{
  GThread *threads[THREADS];

  for (guint i = 0; i < THREADS; i++)
    threads[i] = g_thread_new ("first-use", func, GUINT_TO_POINTER (i));
  for (guint i = 0; i < THREADS; i++)
    results[i] = g_thread_join (threads[i]);
}

static void
in_processes_of_its_own (const char *path)
{
  for (guint i = 0; i < PROCESSES; i++) {
    g_test_trap_subprocess (path, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed ();
  }
}

static void
test_open (void)
{
  gpointer results[THREADS];

  if (g_test_subprocess ())
    run_threads (open_and_run, results);
  else
    in_processes_of_its_own ("/threads/open");
}

/* Nobody is told of fewer devices because another thread is still setting them up. */
static void
test_list (void)
{
  gpointer results[THREADS];

  if (!g_test_subprocess ()) {
    in_processes_of_its_own ("/threads/list");
    return;
  }
  run_threads (list, results);
  g_autoptr (GPtrArray) devices = cnx_devices_list ();
  for (guint i = 0; i < THREADS; i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (results[i]), ==, devices->len);
}

int
main (int argc, char **argv)
{
  if (g_file_test (POCL_ALONE, G_FILE_TEST_EXISTS))
    g_setenv ("OCL_ICD_VENDORS", POCL_ALONE, FALSE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/threads/open", test_open);
  g_test_add_func ("/threads/list", test_list);
  return g_test_run ();
}
