#include "opencl/ops/ops_private.h"

gboolean
cnx_ops_check (CnxOps * ops, cl_int code, const char *what)
{
  if (code == CL_SUCCESS || ops->status != CL_SUCCESS)
    return ops->status == CL_SUCCESS;
  ops->status = code;
  ops->failed = what;
  return FALSE;
}

void
cnx_ops_launch (CnxOps * ops, Kernel which, const Arg * args, guint n_args, size_t items, double flops)
{
  const size_t group = ops->tuning.group;
  const size_t global = (items + group - 1) / group * group;
  cl_kernel kernel = ops->kernels[which];

  if (ops->status != CL_SUCCESS || items == 0)
    return;
  for (guint i = 0; i < n_args; i++)
    if (!cnx_ops_check (ops, clSetKernelArg (kernel, i, args[i].size, args[i].value), cnx_kernel_names[which]))
      return;
  cl_event *event = cnx_ops_profile_next (ops, which, flops);
  cnx_ops_check (ops, clEnqueueNDRangeKernel (ops->queue, kernel, 1, NULL, &global, &group, 0, NULL, event),
      cnx_kernel_names[which]);
}
