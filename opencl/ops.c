#include "opencl/ops.h"
#include "opencl/program.h"
#include "core/error.h"

#include <string.h>

#define ROW_ALIGN 16

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

struct _CnxOps
{
  CnxDevice *device;
  CnxTuning tuning;
  cl_program program;
  cl_command_queue queue;
  cl_kernel kernels[N_KERNELS];
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
  ops->program = cnx_program_build (device, options, error);
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

/* Columns of a panel side by side for each input: packed[p][k][j] = weight[p * width + j][k]. */
static void
pack_panels (float *packed, const float *weight, int inputs, int outputs, int width)
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
    packed += (gsize) inputs * width;
  }
}

void
cnx_ops_linear_init (CnxOps * ops, CnxLinear * linear, const float *weight, const float *bias, int inputs,
    int outputs)
{
  const int columns = round_up (outputs, panel (ops));
  const gsize size = (gsize) columns * inputs * sizeof (float);
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
  pack_panels (packed, weight, inputs, outputs, panel (ops));
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

/* A kernel's argument: where it is and how long, or NULL and a length for local memory. */
typedef struct
{
  size_t size;
  const void *value;
} Arg;

#define ARG(x) { sizeof (x), &(x) }

static void
launch (CnxOps * ops, Kernel which, const Arg * args, guint n_args, size_t items)
{
  const size_t group = ops->tuning.group;
  const size_t global = (items + group - 1) / group * group;
  cl_kernel kernel = ops->kernels[which];

  if (ops->status != CL_SUCCESS || items == 0)
    return;
  for (guint i = 0; i < n_args; i++)
    if (!check (ops, clSetKernelArg (kernel, i, args[i].size, args[i].value), kernel_names[which]))
      return;
  check (ops, clEnqueueNDRangeKernel (ops->queue, kernel, 1, NULL, &global, &group, 0, NULL, NULL),
      kernel_names[which]);
}

#define LAUNCH(ops, which, args, items) launch (ops, which, args, G_N_ELEMENTS (args), items)

void
cnx_ops_patchify (CnxOps * ops, cl_mem in, int in_stride, int channels, int n, int height, int width,
    int patch, cl_mem out)
{
  const int out_stride = cnx_ops_stride (patch * patch * channels);
  const int rows = n * (height / patch) * (width / patch);
  const Arg args[] = { ARG (in), ARG (in_stride), ARG (channels), ARG (height), ARG (width), ARG (patch),
    ARG (out), ARG (out_stride), ARG (rows)
  };

  LAUNCH (ops, KERNEL_PATCHIFY, args, rows);
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

  LAUNCH (ops, KERNEL_DEPTHWISE, args, items);
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

  LAUNCH (ops, KERNEL_LAYER_NORM, args, rows);
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
  const Arg args[] = { ARG (in), ARG (in_stride), ARG (linear->inputs), ARG (linear->weight),
    ARG (linear->bias), ARG (used_scale), ARG (out), ARG (out_stride), ARG (rows), ARG (block),
    ARG (panels), ARG (items)
  };

  LAUNCH (ops, KERNEL_LINEAR + kind, args, items);
}

int
cnx_ops_mlp_block (CnxOps * ops, int channels, int hidden, int rows)
{
  const gsize row_bytes = (cnx_ops_stride (channels) + round_up (hidden, panel (ops))) * sizeof (float);
  const int most = ops->tuning.mlp_bytes / row_bytes;

  /* Too few rows for every thread to have several blocks: the split over columns shares out better. */
  if (most < 2 * ops->tuning.tile_rows || rows < 4 * ops->tuning.threads * 2 * ops->tuning.tile_rows)
    return 0;
  return block_rows (ops, rows, most, ops->tuning.threads * 4);
}

void
cnx_ops_mlp (CnxOps * ops, cl_mem in, cl_mem x, const CnxMlp * mlp, double eps, int rows)
{
  const int channels = mlp->linear1.inputs, hidden = mlp->linear1.outputs;
  const int stride = cnx_ops_stride (channels), hidden_stride = round_up (hidden, panel (ops));
  const int block = cnx_ops_mlp_block (ops, channels, hidden, rows);
  const cl_float e = eps;

  if (block == 0) {
    check (ops, CL_INVALID_VALUE, "mlp");
    return;
  }
  const Arg args[] = { ARG (in), ARG (x), ARG (stride), ARG (channels), ARG (hidden_stride), ARG (hidden),
    ARG (mlp->norm_weight), ARG (mlp->norm_bias), ARG (e), ARG (mlp->linear1.weight),
    ARG (mlp->linear1.bias), ARG (mlp->linear2.weight), ARG (mlp->linear2.bias), ARG (mlp->scale),
    ARG (rows), ARG (block), {(size_t) block * stride * sizeof (float), NULL},
    {(size_t) block * hidden_stride * sizeof (float), NULL}
  };
  LAUNCH (ops, KERNEL_MLP, args, (rows + block - 1) / block);
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

  LAUNCH (ops, KERNEL_GRN_NORMS, norms_args, items);
  LAUNCH (ops, KERNEL_GRN_SCALES, scales_args, n);
  LAUNCH (ops, KERNEL_GRN_APPLY, apply_args, rows);
}

void
cnx_ops_pool (CnxOps * ops, cl_mem in, int channels, int n, int pixels, cl_mem out)
{
  const int stride = cnx_ops_stride (channels), items = n * (stride / ops->tuning.vector);
  const Arg args[] = { ARG (in), ARG (stride), ARG (pixels), ARG (out), ARG (items) };

  LAUNCH (ops, KERNEL_POOL, args, items);
}
