#include "opencl/ops.h"
#include "opencl/program.h"
#include "core/error.h"

#include <string.h>

#define ROW_ALIGN 16            /* floats of a row */
#define DEPTH_ALIGN 4           /* of a product's inputs: the inner loop's step, kernels/tile.cl */

typedef enum
{
  KERNEL_PATCHIFY,
  KERNEL_DEPTHWISE,
  KERNEL_LAYER_NORM,
  KERNEL_GRN_NORMS,
  KERNEL_GRN_SCALES,
  KERNEL_GRN_APPLY,
  KERNEL_LINEAR,                /* the three in the order of CnxLinearKind */
  KERNEL_LINEAR_GELU,
  KERNEL_LINEAR_SCALE_ADD,
  KERNEL_POOL,
  KERNEL_MLP,
  N_KERNELS,
} Kernel;

static const char *const kernel_names[N_KERNELS] = {
  "patchify", "depthwise", "layer_norm", "grn_norms", "grn_scales", "grn_apply", "linear",
  "linear_gelu", "linear_scale_add", "pool", "mlp",
};

/* A launch that the profile waits for. */
typedef struct
{
  Kernel kernel;
  const char *section;
  double flops;
  cl_event event;
} Launch;

struct _CnxOps
{
  CnxDevice *device;
  CnxTuning tuning;
  cl_program program;
  cl_command_queue queue;
  cl_kernel kernels[N_KERNELS];
  GArray *profile;              /* of Launch, or NULL where nobody asked */
  const char *section;          /* what the next launches belong to */
  cl_int status;                /* of the first operation that failed */
  const char *failed;           /* its name */
};

/* ---- life ---- */

static gboolean
create_kernels (CnxOps * ops, GError ** error)
{
  cl_int code;

  ops->queue = clCreateCommandQueue (cnx_device_context (ops->device), cnx_device_id (ops->device), 0,
      &code);
  for (int i = 0; i < N_KERNELS && code == CL_SUCCESS; i++) {
    if (i == KERNEL_MLP && ops->tuning.group != 1)
      continue;
    ops->kernels[i] = clCreateKernel (ops->program, kernel_names[i], &code);
  }
  if (code != CL_SUCCESS)
    g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "Cannot set up the kernels on %s: %s",
        cnx_device_info (ops->device)->name, cnx_cl_error_name (code));
  return code == CL_SUCCESS;
}

CnxOps *
cnx_ops_new (CnxDevice * device, const CnxTuning * tuning, GError ** error)
{
  g_autoptr (CnxOps) ops = g_new0 (CnxOps, 1);

  ops->device = cnx_device_ref (device);
  if (tuning)
    ops->tuning = *tuning;
  else
    cnx_tuning_default (device, &ops->tuning);
  g_autofree char *options = cnx_tuning_options (&ops->tuning);
  ops->program = cnx_program_build (device, cnx_kernel_sources, options, error);
  if (!ops->program || !create_kernels (ops, error))
    return NULL;
  return g_steal_pointer (&ops);
}

void
cnx_ops_free (CnxOps * ops)
{
  if (!ops)
    return;
  for (int i = 0; i < N_KERNELS; i++)
    if (ops->kernels[i])
      clReleaseKernel (ops->kernels[i]);
  if (ops->queue)
    clReleaseCommandQueue (ops->queue);
  if (ops->program)
    clReleaseProgram (ops->program);
  if (ops->profile)
    g_array_unref (cnx_ops_profile_take (ops));
  g_clear_pointer (&ops->profile, g_array_unref);
  cnx_device_unref (ops->device);
  g_free (ops);
}

const CnxTuning *
cnx_ops_tuning (CnxOps * ops)
{
  return &ops->tuning;
}

cl_command_queue
cnx_ops_queue (CnxOps * ops)
{
  return ops->queue;
}

static gboolean
check (CnxOps * ops, cl_int code, const char *what)
{
  if (code == CL_SUCCESS || ops->status != CL_SUCCESS)
    return ops->status == CL_SUCCESS;
  ops->status = code;
  ops->failed = what;
  return FALSE;
}

gboolean
cnx_ops_finish (CnxOps * ops, GError ** error)
{
  check (ops, clFinish (ops->queue), "waiting");
  if (ops->status == CL_SUCCESS)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "OpenCL on %s failed in %s: %s",
      cnx_device_info (ops->device)->name, ops->failed, cnx_cl_error_name (ops->status));
  ops->status = CL_SUCCESS;
  return FALSE;
}

/* ---- the profile ---- */

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
  clReleaseCommandQueue (ops->queue);
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
        && g_str_equal (line->kernel, kernel_names[launch->kernel]))
      return line;
  }
  const CnxProfileLine line = {.section = launch->section,.kernel = kernel_names[launch->kernel] };
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

/* ---- memory ---- */

static int
round_up (int value, int multiple)
{
  return (value + multiple - 1) / multiple * multiple;
}

static int
panel (CnxOps * ops)
{
  return ops->tuning.tile_vecs * ops->tuning.vector;
}

int
cnx_ops_stride (int channels)
{
  return round_up (channels, ROW_ALIGN);
}

static cl_mem
zeroed (CnxOps * ops, gsize floats)
{
  const cl_float zero = 0;
  cl_int code;

  if (ops->status != CL_SUCCESS)
    return NULL;
  cl_mem buffer = clCreateBuffer (cnx_device_context (ops->device), CL_MEM_READ_WRITE,
      floats * sizeof (float), NULL, &code);
  if (!check (ops, code, "allocating memory"))
    return NULL;
  check (ops, clEnqueueFillBuffer (ops->queue, buffer, &zero, sizeof zero, 0, floats * sizeof (float), 0,
          NULL, NULL), "clearing memory");
  return buffer;
}

cl_mem
cnx_ops_rows (CnxOps * ops, gsize rows, int channels)
{
  return zeroed (ops, (rows + ops->tuning.tile_rows) * cnx_ops_stride (channels));
}

/* A row without its padding, as clEnqueue*BufferRect wants it; returns the number of rows. */
static void
transfer_rows (CnxOps * ops, cl_mem buffer, float *values, gsize rows, int channels, gboolean write)
{
  const size_t origin[3] = { 0 };
  const size_t region[3] = { channels * sizeof (float), rows, 1 };
  const size_t pitch = cnx_ops_stride (channels) * sizeof (float);
  const size_t host_pitch = channels * sizeof (float);

  if (ops->status != CL_SUCCESS)
    return;
  if (write)
    check (ops, clEnqueueWriteBufferRect (ops->queue, buffer, CL_FALSE, origin, origin, region, pitch, 0,
            host_pitch, 0, values, 0, NULL, NULL), "writing");
  else
    check (ops, clEnqueueReadBufferRect (ops->queue, buffer, CL_FALSE, origin, origin, region, pitch, 0,
            host_pitch, 0, values, 0, NULL, NULL), "reading");
}

void
cnx_ops_write_rows (CnxOps * ops, cl_mem buffer, const float *values, gsize rows, int channels)
{
  transfer_rows (ops, buffer, (float *) values, rows, channels, TRUE);
}

void
cnx_ops_read_rows (CnxOps * ops, cl_mem buffer, float *values, gsize rows, int channels)
{
  transfer_rows (ops, buffer, values, rows, channels, FALSE);
}

cl_mem
cnx_ops_upload_rows (CnxOps * ops, const float *values, gsize rows, int channels)
{
  cl_mem buffer = cnx_ops_rows (ops, rows, channels);

  cnx_ops_write_rows (ops, buffer, values, rows, channels);
  check (ops, clFinish (ops->queue), "uploading");
  return buffer;
}

cl_mem
cnx_ops_upload_vector (CnxOps * ops, const float *values, int channels)
{
  cl_mem buffer = zeroed (ops, round_up (cnx_ops_stride (channels), panel (ops)));

  if (buffer)
    check (ops, clEnqueueWriteBuffer (ops->queue, buffer, CL_TRUE, 0, channels * sizeof (float), values, 0,
            NULL, NULL), "uploading");
  return buffer;
}

/* Columns of a panel side by side for each input: packed[p][k][j] = weight[p * width + j][k]; zeros behind the
 * last input, up to @depth, and behind the last column. */
static void
pack_panels (float *packed, const float *weight, int inputs, int depth, int outputs, int width)
{
  for (int first = 0; first < outputs; first += width) {
    const int count = MIN (width, outputs - first);
    for (int j = 0; j < count; j++) {
      const float *row = weight + (gsize) (first + j) * inputs;
      for (int k = 0; k < inputs; k++)
        packed[(gsize) k * width + j] = row[k];
    }
    for (int j = count; j < width; j++)
      for (int k = 0; k < inputs; k++)
        packed[(gsize) k * width + j] = 0;
    memset (packed + (gsize) inputs * width, 0, (gsize) (depth - inputs) * width * sizeof (float));
    packed += (gsize) depth * width;
  }
}

void
cnx_ops_linear_init (CnxOps * ops, CnxLinear * linear, const float *weight, const float *bias, int inputs,
    int outputs)
{
  const int columns = round_up (outputs, panel (ops));
  const int depth = round_up (inputs, DEPTH_ALIGN);
  const gsize size = (gsize) columns * depth * sizeof (float);
  g_autofree float *zeros = bias ? NULL : g_new0 (float, outputs);
  cl_int code;

  linear->inputs = inputs;
  linear->outputs = outputs;
  linear->bias = cnx_ops_upload_vector (ops, bias ? bias : zeros, outputs);
  if (ops->status != CL_SUCCESS)
    return;
  linear->weight = clCreateBuffer (cnx_device_context (ops->device),
      CL_MEM_READ_ONLY | CL_MEM_ALLOC_HOST_PTR, size, NULL, &code);
  if (!check (ops, code, "allocating weights"))
    return;
  float *packed = clEnqueueMapBuffer (ops->queue, linear->weight, CL_TRUE,
      CL_MAP_WRITE_INVALIDATE_REGION, 0, size, 0, NULL, NULL, &code);
  if (!check (ops, code, "mapping weights"))
    return;
  pack_panels (packed, weight, inputs, depth, outputs, panel (ops));
  check (ops, clEnqueueUnmapMemObject (ops->queue, linear->weight, packed, 0, NULL, NULL),
      "uploading weights");
}

void
cnx_ops_linear_clear (CnxLinear * linear)
{
  if (linear->weight)
    clReleaseMemObject (linear->weight);
  if (linear->bias)
    clReleaseMemObject (linear->bias);
  memset (linear, 0, sizeof *linear);
}

/* ---- kernels ---- */

/* Tiles that a thread should have of its own for the fused block. */
#define MLP_TILES 5

static cl_event *
profile_next (CnxOps * ops, Kernel kernel, double flops)
{
  const Launch launch = { kernel, ops->section, flops, NULL };

  if (!ops->profile)
    return NULL;
  g_array_append_val (ops->profile, launch);
  return &g_array_index (ops->profile, Launch, ops->profile->len - 1).event;
}

/* A kernel's argument: where it is and how long, or NULL and a length for local memory. */
typedef struct
{
  size_t size;
  const void *value;
} Arg;

#define ARG(x) { sizeof (x), &(x) }

/* @flops: what the profile counts for it. */
static void
launch (CnxOps * ops, Kernel which, const Arg * args, guint n_args, size_t items, double flops)
{
  const size_t group = ops->tuning.group;
  const size_t global = (items + group - 1) / group * group;
  cl_kernel kernel = ops->kernels[which];

  if (ops->status != CL_SUCCESS || items == 0)
    return;
  for (guint i = 0; i < n_args; i++)
    if (!check (ops, clSetKernelArg (kernel, i, args[i].size, args[i].value), kernel_names[which]))
      return;
  cl_event *event = profile_next (ops, which, flops);
  check (ops, clEnqueueNDRangeKernel (ops->queue, kernel, 1, NULL, &global, &group, 0, NULL, event),
      kernel_names[which]);
}

#define LAUNCH(ops, which, args, items, flops) \
    launch (ops, which, args, G_N_ELEMENTS (args), items, flops)

void
cnx_ops_patchify (CnxOps * ops, cl_mem in, int in_stride, int channels, int n, int height, int width,
    int patch, cl_mem out)
{
  const int out_stride = cnx_ops_stride (patch * patch * channels);
  const int rows = n * (height / patch) * (width / patch);
  const Arg args[] = { ARG (in), ARG (in_stride), ARG (channels), ARG (height), ARG (width), ARG (patch),
    ARG (out), ARG (out_stride), ARG (rows)
  };

  LAUNCH (ops, KERNEL_PATCHIFY, args, rows, 0);
}

void
cnx_ops_depthwise (CnxOps * ops, cl_mem in, cl_mem weight, cl_mem bias, cl_mem out, int n, int height,
    int width, int channels)
{
  const int stride = cnx_ops_stride (channels), cols = ops->tuning.depthwise_cols;
  const int places = n * height * ((width + cols - 1) / cols);
  /* GPUs: a vector of channels a work-item. CPUs: as many as still give every thread its share. */
  const int wanted = ops->tuning.group > 1 ? stride : (ops->tuning.threads * 16 + places - 1) / places;
  const int span = MAX (round_up (stride / MIN (wanted, stride), ops->tuning.vector), ops->tuning.vector);
  const int parts = (stride + span - 1) / span, items = places * parts;
  const Arg args[] = { ARG (in), ARG (weight), ARG (bias), ARG (out), ARG (height), ARG (width),
    ARG (stride), ARG (span), ARG (parts), ARG (items)
  };

  LAUNCH (ops, KERNEL_DEPTHWISE, args, items, 98.0 * n * height * width * channels);
}

void
cnx_ops_layer_norm (CnxOps * ops, cl_mem in, int channels, cl_mem weight, cl_mem bias, double eps,
    cl_mem out, int rows)
{
  const int stride = cnx_ops_stride (channels);
  const cl_float e = eps;
  const Arg args[] = { ARG (in), ARG (stride), ARG (channels), ARG (weight), ARG (bias), ARG (e),
    ARG (out), ARG (rows)
  };

  LAUNCH (ops, KERNEL_LAYER_NORM, args, rows, 0);
}

/* Rows in a work-item's block: at most `most`, a whole number of tiles, and enough blocks that every thread
 * has several unless there are other items to share out. */
static int
block_rows (CnxOps * ops, int rows, int most, int shares)
{
  const int tile = ops->tuning.tile_rows;
  const int fair = round_up ((rows + shares - 1) / shares, tile);

  return MAX (MIN (fair, most / tile * tile), tile);
}

void
cnx_ops_linear (CnxOps * ops, CnxLinearKind kind, cl_mem in, const CnxLinear * linear, cl_mem scale,
    cl_mem out, int rows)
{
  const int in_stride = cnx_ops_stride (linear->inputs), out_stride = cnx_ops_stride (linear->outputs);
  const int panels = (linear->outputs + panel (ops) - 1) / panel (ops);
  const int shares = MAX (ops->tuning.threads * 8 / panels, 1);
  const int block = block_rows (ops, rows, ops->tuning.linear_rows, shares);
  const int items = panels * ((rows + block - 1) / block);
  const cl_mem used_scale = scale ? scale : linear->bias;       /* never read where there is none */
  const int depth = round_up (linear->inputs, DEPTH_ALIGN);
  const Arg args[] = { ARG (in), ARG (in_stride), ARG (depth), ARG (linear->weight),
    ARG (linear->bias), ARG (used_scale), ARG (out), ARG (out_stride), ARG (rows), ARG (block),
    ARG (panels), ARG (items)
  };

  LAUNCH (ops, KERNEL_LINEAR + kind, args, items, 2.0 * rows * linear->inputs * linear->outputs);
}

/* Local memory that a row of the fused block takes. */
static gsize
mlp_row_bytes (CnxOps * ops, int channels)
{
  return (cnx_ops_stride (channels) + ops->tuning.mlp_chunk + round_up (channels, panel (ops)))
      * sizeof (float);
}

int
cnx_ops_mlp_block (CnxOps * ops, int channels, int rows)
{
  const int tile = ops->tuning.tile_rows, threads = ops->tuning.threads;
  const int most = ops->tuning.mlp_bytes / mlp_row_bytes (ops, channels) / tile * tile;
  const int share = (rows + threads - 1) / threads;

  /* A panel pays only when several tiles read it; with fewer, the split over columns shares out better. */
  if (most < MLP_TILES * tile || rows < (MLP_TILES - 1) * tile * threads)
    return 0;
  /* as many blocks for each thread as the memory asks for, all of about one size */
  const int blocks = (share + most - 1) / most;
  return MIN (round_up ((share + blocks - 1) / blocks, tile), most);
}

void
cnx_ops_mlp (CnxOps * ops, cl_mem in, cl_mem x, const CnxMlp * mlp, double eps, int rows)
{
  const int channels = mlp->linear1.inputs, hidden = mlp->linear1.outputs;
  const int depth = round_up (channels, DEPTH_ALIGN), hidden_depth = round_up (hidden, DEPTH_ALIGN);
  const int stride = cnx_ops_stride (channels), out_stride = round_up (channels, panel (ops));
  const int block = cnx_ops_mlp_block (ops, channels, rows);
  const cl_float e = eps;

  if (block == 0) {
    check (ops, CL_INVALID_VALUE, "mlp");
    return;
  }
  const gsize row = (gsize) block * sizeof (float);
  const Arg args[] = { ARG (in), ARG (x), ARG (stride), ARG (channels), ARG (depth), ARG (hidden_depth),
    ARG (mlp->norm_weight), ARG (mlp->norm_bias), ARG (e), ARG (mlp->linear1.weight),
    ARG (mlp->linear1.bias), ARG (mlp->linear2.weight), ARG (mlp->linear2.bias), ARG (mlp->scale),
    ARG (out_stride), ARG (rows), ARG (block), {row * stride, NULL}, {row * ops->tuning.mlp_chunk, NULL},
    {row * out_stride, NULL}
  };
  LAUNCH (ops, KERNEL_MLP, args, (rows + block - 1) / block, 4.0 * rows * channels * hidden);
}

void
cnx_ops_grn (CnxOps * ops, cl_mem x, int channels, cl_mem weight, cl_mem bias, double eps, cl_mem norms,
    int n, int pixels)
{
  const int stride = cnx_ops_stride (channels), rows = n * pixels;
  const int items = n * (stride / ops->tuning.vector);
  const cl_float e = eps;
  const Arg norms_args[] = { ARG (x), ARG (stride), ARG (pixels), ARG (norms), ARG (items) };
  const Arg scales_args[] = { ARG (norms), ARG (stride), ARG (channels), ARG (weight), ARG (e), ARG (n) };
  const Arg apply_args[] = { ARG (x), ARG (stride), ARG (pixels), ARG (norms), ARG (bias), ARG (rows) };

  LAUNCH (ops, KERNEL_GRN_NORMS, norms_args, items, 0);
  LAUNCH (ops, KERNEL_GRN_SCALES, scales_args, n, 0);
  LAUNCH (ops, KERNEL_GRN_APPLY, apply_args, rows, 0);
}

void
cnx_ops_pool (CnxOps * ops, cl_mem in, int channels, int n, int pixels, cl_mem out)
{
  const int stride = cnx_ops_stride (channels), items = n * (stride / ops->tuning.vector);
  const Arg args[] = { ARG (in), ARG (stride), ARG (pixels), ARG (out), ARG (items) };

  LAUNCH (ops, KERNEL_POOL, args, items, 0);
}
