#include "opencl/peak.h"
#include "opencl/program.h"
#include "opencl/tuning.h"
#include "core/error.h"

#define WANTED_SECONDS 0.02
#define STREAM_BYTES (256 << 20)
#define STREAM_CACHES 8         /* or so many times the device's cache */
#define STREAM_PIECES 16        /* PIECES of the kernel */

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
  cl_kernel kernel, stream;
  cl_mem out;
  cl_mem memory;                /* what `stream` reads; NULL until it is asked for */
  CnxDevice *device;
  size_t items, group, vector_bytes;
  double operations;            /* of one round of a work-item */
  cl_int rounds;
  cl_int stream_rounds;
  double best, best_bandwidth;
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
  peak->device = cnx_device_ref (device);
  peak->operations = kind.operations;
  peak->vector_bytes = tuning.vector * sizeof (cl_float);
  peak->group = tuning.group;
  peak->items = (gsize) tuning.threads * (tuning.group > 1 ? 16 * tuning.group : 4);
  peak->rounds = 1000;
  g_autofree char *options = g_strdup_printf ("-DV=%d -DWG=%d %s", tuning.vector, tuning.group, kind.option);
  peak->program = cnx_program_build (device, cnx_peak_sources, options, NULL, error);
  if (!peak->program)
    return NULL;
  peak->queue = clCreateCommandQueue (cnx_device_context (device), cnx_device_id (device), 0, &code);
  if (code == CL_SUCCESS)
    peak->kernel = clCreateKernel (peak->program, "peak", &code);
  if (code == CL_SUCCESS)
    peak->stream = clCreateKernel (peak->program, "stream", &code);
  if (code == CL_SUCCESS)
    peak->out = clCreateBuffer (cnx_device_context (device), CL_MEM_WRITE_ONLY, peak->items * peak->vector_bytes,
        NULL, &code);
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
  cnx_device_release_queue (peak->device, peak->queue);
  if (peak->out)
    clReleaseMemObject (peak->out);
  if (peak->memory)
    clReleaseMemObject (peak->memory);
  if (peak->stream)
    clReleaseKernel (peak->stream);
  if (peak->kernel)
    clReleaseKernel (peak->kernel);
  if (peak->program)
    cnx_program_release (peak->program);
  cnx_device_unref (peak->device);
  g_free (peak);
}

/* Seconds; 0 when the device fails. */
static double
run (CnxPeak * peak, cl_kernel kernel, const cl_int * rounds)
{
  const gint64 start = g_get_monotonic_time ();

  if (clSetKernelArg (kernel, 0, sizeof peak->out, &peak->out) != CL_SUCCESS
      || clSetKernelArg (kernel, 1, sizeof *rounds, rounds) != CL_SUCCESS
      || clEnqueueNDRangeKernel (peak->queue, kernel, 1, NULL, &peak->items, &peak->group, 0, NULL,
          NULL) != CL_SUCCESS || clFinish (peak->queue) != CL_SUCCESS)
    return 0;
  return (g_get_monotonic_time () - start) / 1e6;
}

double
cnx_peak_measure (CnxPeak * peak)
{
  double seconds = run (peak, peak->kernel, &peak->rounds);

  while (seconds > 0 && seconds < WANTED_SECONDS / 2 && peak->rounds < G_MAXINT / 4) {
    peak->rounds *= seconds < WANTED_SECONDS / 8 ? 4 : 2;
    seconds = run (peak, peak->kernel, &peak->rounds);
  }
  if (seconds > 0)
    peak->best = MAX (peak->best,
        peak->operations * peak->rounds * peak->items / seconds / 1e9);
  return peak->best;
}

/* A device's number in bytes; 0 when it does not tell. */
static cl_ulong
device_bytes (CnxPeak * peak, cl_device_info what)
{
  cl_ulong bytes = 0;

  return clGetDeviceInfo (cnx_device_id (peak->device), what, sizeof bytes, &bytes, NULL) == CL_SUCCESS ? bytes : 0;
}

/* Bytes that one round of all work-items reads. */
static size_t
stream_round_bytes (const CnxPeak * peak)
{
  return STREAM_PIECES * peak->vector_bytes * peak->items;
}

/* The memory is written once, for pages that nobody wrote are all the same one. */
static gboolean
make_memory (CnxPeak * peak)
{
  const cl_ulong cache = device_bytes (peak, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE);
  const cl_ulong most = MIN (device_bytes (peak, CL_DEVICE_MAX_MEM_ALLOC_SIZE),
      device_bytes (peak, CL_DEVICE_GLOBAL_MEM_SIZE) / 4);
  const cl_ulong wanted = MIN (MAX (STREAM_BYTES, STREAM_CACHES * cache), most);
  const cl_float one = 1;
  cl_int code;

  peak->stream_rounds = MIN (wanted / stream_round_bytes (peak), G_MAXINT);
  const size_t bytes = stream_round_bytes (peak) * peak->stream_rounds;
  if (bytes <= 2 * cache)
    return FALSE;
  peak->memory = clCreateBuffer (cnx_device_context (peak->device), CL_MEM_READ_ONLY, bytes, NULL, &code);
  return code == CL_SUCCESS && clEnqueueFillBuffer (peak->queue, peak->memory, &one, sizeof one, 0, bytes, 0, NULL,
      NULL) == CL_SUCCESS && clSetKernelArg (peak->stream, 2, sizeof peak->memory, &peak->memory) == CL_SUCCESS
      && clFinish (peak->queue) == CL_SUCCESS;
}

double
cnx_peak_bandwidth (CnxPeak * peak)
{
  if (!peak->memory && !make_memory (peak))
    return 0;
  const double seconds = run (peak, peak->stream, &peak->stream_rounds);
  if (seconds > 0)
    peak->best_bandwidth = MAX (peak->best_bandwidth,
        (double) stream_round_bytes (peak) * peak->stream_rounds / seconds / 1e9);
  return peak->best_bandwidth;
}
