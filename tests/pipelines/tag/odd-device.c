/* Preloaded by tests: a device that is lost once it has been opened, for the main thread opens it and others use it. */
#define _GNU_SOURCE             /* RTLD_NEXT, gettid() */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <dlfcn.h>
#include <gmodule.h>
#include <unistd.h>

G_MODULE_EXPORT cl_int CL_API_CALL
clEnqueueNDRangeKernel (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t * offset,
    const size_t * global, const size_t * local, cl_uint n, const cl_event * wait, cl_event * event)
{
  cl_int (*original) (cl_command_queue, cl_kernel, cl_uint, const size_t *, const size_t *, const size_t *, cl_uint,
      const cl_event *, cl_event *) = dlsym (RTLD_NEXT, "clEnqueueNDRangeKernel");

  if (gettid () != getpid ())
    return CL_OUT_OF_RESOURCES;
  return original (queue, kernel, dimensions, offset, global, local, n, wait, event);
}
