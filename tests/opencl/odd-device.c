/* Loaded before the OpenCL loader (LD_PRELOAD): devices that do what good ones do not.
 *
 * ODD_NAN_FROM=N: from the N-th read on, floats come back as NaN.
 * ODD_NO_MEMORY_FROM=N: from the N-th buffer on, there is no memory.
 * ODD_UNITS=N: the device has so many compute units.
 * ODD_NO_DEVICES: no driver has a device.
 * ODD_COMPILE_LOG=FILE: gets a line for each program that is made of source.
 * ODD_COMPILE_SECONDS=N: every build takes so much longer. */
#define _GNU_SOURCE
#include <CL/cl.h>

#include <dlfcn.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
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

EXPORTED cl_int
clEnqueueReadBufferRect (cl_command_queue queue, cl_mem buffer, cl_bool blocking, const size_t * buffer_origin,
    const size_t * host_origin, const size_t * region, size_t buffer_row, size_t buffer_slice, size_t host_row,
    size_t host_slice, void *to, cl_uint n_events, const cl_event * events, cl_event * event)
{
  static atomic_long calls;
  const int odd = reached ("ODD_NAN_FROM", &calls);
  const cl_int code = REAL (clEnqueueReadBufferRect) (queue, buffer, odd ? CL_TRUE : blocking, buffer_origin,
      host_origin, region, buffer_row, buffer_slice, host_row, host_slice, to, n_events, events, event);

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
clGetDeviceIDs (cl_platform_id platform, cl_device_type type, cl_uint n, cl_device_id * devices, cl_uint * found)
{
  return getenv ("ODD_NO_DEVICES") ? CL_DEVICE_NOT_FOUND
      : REAL (clGetDeviceIDs) (platform, type, n, devices, found);
}

EXPORTED cl_program
clCreateProgramWithSource (cl_context context, cl_uint n, const char **texts, const size_t * lengths, cl_int * code)
{
  const char *path = getenv ("ODD_COMPILE_LOG");
  FILE *log = path ? fopen (path, "a") : NULL;

  if (log) {
    fputs ("compiled\n", log);
    fclose (log);
  }
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
