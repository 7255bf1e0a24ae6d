#include "opencl/peak.h"
#include "opencl/program.h"
#include "opencl/tuning.h"
#include "core/error.h"

#define WANTED_SECONDS 0.02

/* What a round of the kernel is worth. */
typedef struct
{
  const char *option;
  double operations;            /* multiplications and additions, in all lanes */
} Kind;

struct _CnxPeak
{
  cl_program program;
  cl_command_queue queue;
  cl_kernel kernel;
  cl_mem out;
  size_t items, group;
  double operations;            /* of one round of a work-item */
  cl_int rounds;
  double best;
};

/* 12 chains: more than two FMA units of latency 4 can use, fewer than the registers of AVX2. */
static Kind
kind_for (const CnxTuning * tuning, gboolean is_cpu)
{
  if (tuning->assembly == CNX_ASSEMBLY_AVX512_BF16)
    return (Kind) { "-DPEAK_BF16", 24 * 16 * 2 * 2.0 };
  if (tuning->assembly == CNX_ASSEMBLY_AVX512_VNNI)
    return (Kind) { "-DPEAK_VNNI", 24 * 16 * 4 * 2.0 };
  if (tuning->assembly == CNX_ASSEMBLY_AVX2 && tuning->precision == CNX_PRECISION_INT8)
    return (Kind) { "-DPEAK_INT8_AVX2", 8 * 8 * 8 * 2.0 };
  if (is_cpu)
    return (Kind) { "-DPEAK_FP32 -DCHAINS=12", 12 * tuning->vector * 2.0 };
  return (Kind) { "-DPEAK_FP32 -DCHAINS=8", 8 * tuning->vector * 2.0 };
}

CnxPeak *
cnx_peak_new (CnxDevice * device, CnxPrecision precision, GError ** error)
{
  g_autoptr (CnxPeak) peak = g_new0 (CnxPeak, 1);
  CnxTuning tuning;
  cl_int code;

  cnx_tuning_default (device, precision, &tuning);
  const Kind kind = kind_for (&tuning, cnx_device_info (device)->is_cpu);
  peak->operations = kind.operations;
  peak->group = tuning.group;
  peak->items = (gsize) tuning.threads * (tuning.group > 1 ? 16 * tuning.group : 4);
  peak->rounds = 1000;
  g_autofree char *options = g_strdup_printf ("-DV=%d -DWG=%d %s", tuning.vector, tuning.group, kind.option);
  peak->program = cnx_program_build (device, cnx_peak_sources, options, error);
  if (!peak->program)
    return NULL;
  peak->queue = clCreateCommandQueue (cnx_device_context (device), cnx_device_id (device), 0, &code);
  if (code == CL_SUCCESS)
    peak->kernel = clCreateKernel (peak->program, "peak", &code);
  if (code == CL_SUCCESS)
    peak->out = clCreateBuffer (cnx_device_context (device), CL_MEM_WRITE_ONLY,
        peak->items * tuning.vector * sizeof (cl_float), NULL, &code);
  if (code != CL_SUCCESS) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "Cannot measure the peak of %s: %s",
        cnx_device_info (device)->name, cnx_cl_error_name (code));
    return NULL;
  }
  return g_steal_pointer (&peak);
}

void
cnx_peak_free (CnxPeak * peak)
{
  if (!peak)
    return;
  if (peak->out)
    clReleaseMemObject (peak->out);
  if (peak->kernel)
    clReleaseKernel (peak->kernel);
  if (peak->queue)
    clReleaseCommandQueue (peak->queue);
  if (peak->program)
    clReleaseProgram (peak->program);
  g_free (peak);
}

static double
run (CnxPeak * peak)
{
  const gint64 start = g_get_monotonic_time ();

  if (clSetKernelArg (peak->kernel, 0, sizeof peak->out, &peak->out) != CL_SUCCESS
      || clSetKernelArg (peak->kernel, 1, sizeof peak->rounds, &peak->rounds) != CL_SUCCESS
      || clEnqueueNDRangeKernel (peak->queue, peak->kernel, 1, NULL, &peak->items, &peak->group, 0, NULL,
          NULL) != CL_SUCCESS || clFinish (peak->queue) != CL_SUCCESS)
    return 0;
  return (g_get_monotonic_time () - start) / 1e6;
}

double
cnx_peak_measure (CnxPeak * peak)
{
  double seconds = run (peak);

  while (seconds > 0 && seconds < WANTED_SECONDS / 2 && peak->rounds < G_MAXINT / 4) {
    peak->rounds *= seconds < WANTED_SECONDS / 8 ? 4 : 2;
    seconds = run (peak);
  }
  if (seconds > 0)
    peak->best = MAX (peak->best,
        peak->operations * peak->rounds * peak->items / seconds / 1e9);
  return peak->best;
}
