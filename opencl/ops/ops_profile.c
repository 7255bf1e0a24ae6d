#include "opencl/ops/ops_private.h"
#include "core/error.h"

const char *const cnx_kernel_names[N_KERNELS] = {
  "patchify", "depthwise", "layer_norm", "norm_patchify", "grn_norms", "grn_scales", "grn_apply", "to_operand",
  "linear", "linear_gelu", "linear_scale_add", "linear_fp32", "pool", "block", "unfold", "activate",
};

/* A launch that the profile waits for. */
typedef struct
{
  Kernel kernel;
  const char *section;
  double flops;
  cl_event event;
} Launch;

gboolean
cnx_ops_profile_start (CnxOps * ops, GError ** error)
{
  cl_int code;
  cl_command_queue queue = clCreateCommandQueue (cnx_device_context (ops->device),
      cnx_device_id (ops->device), CL_QUEUE_PROFILING_ENABLE, &code);

  if (code != CL_SUCCESS) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "%s cannot profile: %s",
        cnx_device_info (ops->device)->name, cnx_cl_error_name (code));
    return FALSE;
  }
  cnx_device_release_queue (ops->device, ops->queue);
  ops->queue = queue;
  ops->profile = g_array_new (FALSE, FALSE, sizeof (Launch));
  return TRUE;
}

void
cnx_ops_section (CnxOps * ops, const char *name)
{
  ops->section = name;
}

static CnxProfileLine *
profile_line (GArray * lines, const Launch * launch)
{
  for (guint i = 0; i < lines->len; i++) {
    CnxProfileLine *line = &g_array_index (lines, CnxProfileLine, i);
    if (g_strcmp0 (line->section, launch->section) == 0
        && g_str_equal (line->kernel, cnx_kernel_names[launch->kernel]))
      return line;
  }
  const CnxProfileLine line = {.section = launch->section,.kernel = cnx_kernel_names[launch->kernel] };
  g_array_append_val (lines, line);
  return &g_array_index (lines, CnxProfileLine, lines->len - 1);
}

GArray *
cnx_ops_profile_take (CnxOps * ops)
{
  GArray *lines = g_array_new (FALSE, FALSE, sizeof (CnxProfileLine));

  for (guint i = 0; ops->profile && i < ops->profile->len; i++) {
    const Launch *launch = &g_array_index (ops->profile, Launch, i);
    CnxProfileLine *line = profile_line (lines, launch);
    cl_ulong start = 0, end = 0;
    clGetEventProfilingInfo (launch->event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL);
    clGetEventProfilingInfo (launch->event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL);
    clReleaseEvent (launch->event);
    line->launches++;
    line->ms += (end - start) / 1e6;
    line->gflop += launch->flops / 1e9;
  }
  if (ops->profile)
    g_array_set_size (ops->profile, 0);
  return lines;
}

cl_event *
cnx_ops_profile_next (CnxOps * ops, Kernel kernel, double flops)
{
  const Launch launch = { kernel, ops->section, flops, NULL };

  if (!ops->profile)
    return NULL;
  g_array_append_val (ops->profile, launch);
  return &g_array_index (ops->profile, Launch, ops->profile->len - 1).event;
}

void
cnx_ops_profile_free (CnxOps * ops)
{
  if (ops->profile)
    g_array_unref (cnx_ops_profile_take (ops));
  g_clear_pointer (&ops->profile, g_array_unref);
}
