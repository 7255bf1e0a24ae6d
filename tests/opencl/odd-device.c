/* Loaded before the OpenCL loader (LD_PRELOAD): devices that do what good ones do not.
 *
 * ODD_NAN_FROM=N: from the N-th read on, floats come back as NaN.
 * ODD_NO_MEMORY_FROM=N: from the N-th buffer on, there is no memory.
 * ODD_UNITS=N: the device has so many compute units.
 * ODD_NO_DEVICES: no driver has a device.
 * ODD_PLATFORM=NAME: what every platform is called.
 * ODD_COMPILE_LOG=FILE: gets a line "PID compiled" for each program that is made of source, "PID ran" for each read.
 * ODD_COMPILE_SECONDS=N: every build takes so much longer.
 * ODD_LOCK_WAITS=FOLDER: before it opens its first .lock file a process makes FOLDER/there and waits for FOLDER/go.
 * ODD_SETENV_LOG=FILE: gets a line with the number of threads that there are when POCL_CACHE_DIR is set. */
#define _GNU_SOURCE
#include <CL/cl.h>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORTED __attribute__ ((visibility ("default")))

/* RTLD_NEXT would be the loader's too, but that a versioned symbol is not found by it everywhere. */
static void *
real (const char *name)
{
  static void *loader;

  if (!loader)
    loader = dlopen ("libOpenCL.so.1", RTLD_NOW);
  void *found = loader ? dlsym (loader, name) : NULL;
  if (!found)
    abort ();
  return found;
}

#define REAL(name) ((__typeof__ (name) *) real (#name))

/* Whether the variable is set and this is that call or a later one. */
static int
reached (const char *variable, atomic_long *calls)
{
  const char *from = getenv (variable);

  return from && atomic_fetch_add (calls, 1) + 1 >= atol (from);
}

static void
log_line (const char *what)
{
  const char *path = getenv ("ODD_COMPILE_LOG");
  FILE *log = path ? fopen (path, "a") : NULL;

  if (!log)
    return;
  fprintf (log, "%d %s\n", (int) getpid (), what);
  fclose (log);
}

EXPORTED cl_int
clEnqueueReadBufferRect (cl_command_queue queue, cl_mem buffer, cl_bool blocking, const size_t * buffer_origin,
    const size_t * host_origin, const size_t * region, size_t buffer_row, size_t buffer_slice, size_t host_row,
    size_t host_slice, void *to, cl_uint n_events, const cl_event * events, cl_event * event)
{
  static atomic_long calls;
  const int odd = reached ("ODD_NAN_FROM", &calls);
  const cl_int code = REAL (clEnqueueReadBufferRect) (queue, buffer, odd ? CL_TRUE : blocking, buffer_origin,
      host_origin, region, buffer_row, buffer_slice, host_row, host_slice, to, n_events, events, event);

  log_line ("ran");
  for (size_t row = 0; odd && row < region[1]; row++)
    for (size_t i = 0; i < region[0] / sizeof (float); i++)
      ((float *) ((char *) to + row * host_row))[i] = NAN;
  return code;
}

EXPORTED cl_mem
clCreateBuffer (cl_context context, cl_mem_flags flags, size_t size, void *from, cl_int * code)
{
  static atomic_long calls;

  if (!reached ("ODD_NO_MEMORY_FROM", &calls))
    return REAL (clCreateBuffer) (context, flags, size, from, code);
  *code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
  return NULL;
}

EXPORTED cl_int
clGetDeviceInfo (cl_device_id device, cl_device_info what, size_t size, void *value, size_t * needed)
{
  const char *units = getenv ("ODD_UNITS");
  const cl_int code = REAL (clGetDeviceInfo) (device, what, size, value, needed);

  if (units && what == CL_DEVICE_MAX_COMPUTE_UNITS && value && code == CL_SUCCESS)
    *(cl_uint *) value = strtoul (units, NULL, 10);
  return code;
}

EXPORTED cl_int
clGetPlatformInfo (cl_platform_id platform, cl_platform_info what, size_t size, void *value, size_t * needed)
{
  const char *name = what == CL_PLATFORM_NAME ? getenv ("ODD_PLATFORM") : NULL;

  if (!name)
    return REAL (clGetPlatformInfo) (platform, what, size, value, needed);
  if (needed)
    *needed = strlen (name) + 1;
  if (value)
    snprintf (value, size, "%s", name);
  return CL_SUCCESS;
}

EXPORTED cl_int
clGetDeviceIDs (cl_platform_id platform, cl_device_type type, cl_uint n, cl_device_id * devices, cl_uint * found)
{
  return getenv ("ODD_NO_DEVICES") ? CL_DEVICE_NOT_FOUND
      : REAL (clGetDeviceIDs) (platform, type, n, devices, found);
}

EXPORTED cl_program
clCreateProgramWithSource (cl_context context, cl_uint n, const char **texts, const size_t * lengths, cl_int * code)
{
  log_line ("compiled");
  return REAL (clCreateProgramWithSource) (context, n, texts, lengths, code);
}

EXPORTED cl_int
clBuildProgram (cl_program program, cl_uint n, const cl_device_id * devices, const char *options,
    void (CL_CALLBACK * notify) (cl_program, void *), void *data)
{
  const char *seconds = getenv ("ODD_COMPILE_SECONDS");

  if (seconds)
    sleep (atoi (seconds));
  return REAL (clBuildProgram) (program, n, devices, options, notify, data);
}

/* ---- what is not OpenCL's, but is done around it ---- */

static void
wait_before_lock (const char *name)
{
  static atomic_long calls;
  const char *folder = getenv ("ODD_LOCK_WAITS");
  const size_t length = strlen (name);
  char path[4096];

  if (!folder || length < 5 || strcmp (name + length - 5, ".lock") != 0 || atomic_fetch_add (&calls, 1) != 0)
    return;
  snprintf (path, sizeof path, "%s/there", folder);
  mkdir (path, 0700);
  snprintf (path, sizeof path, "%s/go", folder);
  while (access (path, F_OK) != 0)
    usleep (10000);
}

EXPORTED int
openat (int folder, const char *path, int flags, ...)
{
  va_list rest;

  va_start (rest, flags);
  const mode_t mode = flags & O_CREAT ? va_arg (rest, mode_t) : 0;
  va_end (rest);
  wait_before_lock (path);
  return ((__typeof__ (openat) *) dlsym (RTLD_NEXT, "openat")) (folder, path, flags, mode);
}

static void
log_threads (const char *path)
{
  DIR *tasks = opendir ("/proc/self/task");
  int threads = -2;             /* two are no tasks: "." and ".." */

  while (tasks && readdir (tasks))
    threads++;
  if (tasks)
    closedir (tasks);
  FILE *log = fopen (path, "a");
  if (log) {
    fprintf (log, "%d\n", threads);
    fclose (log);
  }
}

EXPORTED int
setenv (const char *name, const char *value, int overwrite)
{
  const char *log = getenv ("ODD_SETENV_LOG");

  if (log && strcmp (name, "POCL_CACHE_DIR") == 0)
    log_threads (log);
  return ((__typeof__ (setenv) *) dlsym (RTLD_NEXT, "setenv")) (name, value, overwrite);
}
