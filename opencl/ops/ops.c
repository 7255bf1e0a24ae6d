#include "opencl/ops/ops_private.h"
#include "opencl/program.h"
#include "core/error.h"
#include "core/model/model.h"

/* ---- life ---- */

/* int8's conversion has another one for groups, with the same arguments. */
static const char *
kernel_name (const CnxTuning * tuning, Kernel kernel)
{
  return kernel == KERNEL_TO_OPERAND && tuning->group > 1 ? "to_operand_shared" : cnx_kernel_names[kernel];
}

/* Whether a product's input is converted beforehand; a group rounds to 16 bits as it stages. */
static gboolean
converts (const CnxTuning * tuning, CnxPrecision precision)
{
  return precision == CNX_PRECISION_INT8 || (precision != CNX_PRECISION_FP32 && tuning->group == 1);
}

static gboolean
has_kernel (const CnxTuning * tuning, Kernel kernel)
{
  if (kernel == KERNEL_BLOCK)
    return tuning->group == 1;
  if (kernel == KERNEL_TO_OPERAND)
    return converts (tuning, tuning->precision);
  if (kernel == KERNEL_LINEAR_FP32)
    return tuning->precision != CNX_PRECISION_FP32;
  return TRUE;
}

static void
variant_free (gpointer data)
{
  Variant *variant = data;

  for (int i = 0; i < N_KERNELS; i++)
    if (variant->kernels[i])
      clReleaseKernel (variant->kernels[i]);
  cnx_program_keep (variant->keep, variant->program, FALSE);
  if (variant->program)
    cnx_program_release (variant->program);
  g_free (variant);
}

static gboolean
set_up_failed (CnxOps * ops, cl_int code, GError ** error)
{
  if (code != CL_SUCCESS)
    g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "Cannot set up the kernels on %s: %s",
        cnx_device_info (ops->device)->name, cnx_cl_error_name (code));
  return code != CL_SUCCESS;
}

/* What the kernels are built with: nothing more for a ConvNeXt as the papers have it. */
static char *
build_options (const CnxOps * ops, const CnxTuning * tuning)
{
  static const char *const norms[] = { "", " -DNORM_RMS", " -DNORM_SIMPLE" };
  static const char *const activations[CNX_N_ACTIVATIONS] = { "", " -DACTIVATION_GELU_TANH",
    " -DACTIVATION_QUICK_GELU", " -DACTIVATION_SILU", " -DACTIVATION_RELU"
  };
  g_autofree char *options = cnx_tuning_options (tuning);

  return g_strconcat (options, norms[ops->norm], activations[ops->activation], NULL);
}

static Variant *
variant_new (CnxOps * ops, const CnxTuning * tuning, GError ** error)
{
  g_autofree char *options = build_options (ops, tuning);
  Variant *variant = g_new0 (Variant, 1);
  cl_int code = CL_SUCCESS;

  variant->tuning = *tuning;
  /* one lock at a time: nobody can wait for who waits for him */
  variant->program = cnx_program_build (ops->device, cnx_kernel_sources, options,
      ops->variants->len == 0 ? &variant->keep : NULL, error);
  for (int i = 0; variant->program && i < N_KERNELS && code == CL_SUCCESS; i++)
    if (has_kernel (tuning, i))
      variant->kernels[i] = clCreateKernel (variant->program, kernel_name (tuning, i), &code);
  if (variant->program && !set_up_failed (ops, code, error))
    return variant;
  variant_free (variant);
  return NULL;
}

int
cnx_ops_add (CnxOps * ops, const CnxTuning * tuning, GError ** error)
{
  for (guint i = 0; i < ops->variants->len; i++)
    if (cnx_tuning_equal (&((const Variant *) ops->variants->pdata[i])->tuning, tuning))
      return i;
  Variant *variant = variant_new (ops, tuning, error);
  if (!variant)
    return -1;
  g_ptr_array_add (ops->variants, variant);
  return ops->variants->len - 1;
}

gboolean
cnx_ops_are_new (CnxOps * ops)
{
  return ((const Variant *) ops->variants->pdata[0])->keep != NULL;
}

void
cnx_ops_keep (CnxOps * ops, gboolean ran)
{
  Variant *first = ops->variants->pdata[0];

  cnx_program_keep (g_steal_pointer (&first->keep), first->program, ran);
}

void
cnx_ops_select (CnxOps * ops, int variant)
{
  const Variant *selected = ops->variants->pdata[variant];

  ops->tuning = selected->tuning;
  ops->kernels = selected->kernels;
}

gboolean
cnx_ops_set_arithmetic (CnxOps * ops, CnxNorm norm, CnxActivation activation, GError ** error)
{
  const CnxTuning first = ((const Variant *) ops->variants->pdata[0])->tuning;

  if (norm == ops->norm && activation == ops->activation)
    return TRUE;
  ops->norm = norm;
  ops->activation = activation;
  g_ptr_array_set_size (ops->variants, 0);
  if (cnx_ops_add (ops, &first, error) < 0)
    return FALSE;
  cnx_ops_select (ops, 0);
  return TRUE;
}

CnxOps *
cnx_ops_new (CnxDevice * device, const CnxTuning * tuning, GError ** error)
{
  g_autoptr (CnxOps) ops = g_new0 (CnxOps, 1);
  cl_int code;

  ops->device = cnx_device_ref (device);
  ops->variants = g_ptr_array_new_with_free_func (variant_free);
  if (cnx_ops_add (ops, tuning, error) < 0)
    return NULL;
  cnx_ops_select (ops, 0);
  ops->queue = clCreateCommandQueue (cnx_device_context (device), cnx_device_id (device), 0, &code);
  if (set_up_failed (ops, code, error))
    return NULL;
  return g_steal_pointer (&ops);
}

void
cnx_ops_free (CnxOps * ops)
{
  if (!ops)
    return;
  cnx_device_release_queue (ops->device, ops->queue);
  g_ptr_array_unref (ops->variants);
  if (ops->operand)
    clReleaseMemObject (ops->operand);
  if (ops->scales)
    clReleaseMemObject (ops->scales);
  cnx_ops_profile_free (ops);
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

gboolean
cnx_ops_finish (CnxOps * ops, GError ** error)
{
  cnx_ops_check (ops, clFinish (ops->queue), "waiting");
  if (ops->status == CL_SUCCESS)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "OpenCL on %s failed in %s: %s",
      cnx_device_info (ops->device)->name, ops->failed, cnx_cl_error_name (ops->status));
  ops->status = CL_SUCCESS;
  return FALSE;
}

/* ---- kernels ---- */

/* Columns of a row that a group adds up, kernels/group.cl. */
#define GROUP_COLUMNS 16

/* Work-items for @rows rows that a group shares out (kernels/group.cl), or that have one each. */
static gsize
row_items (const CnxOps * ops, gsize rows)
{
  return ops->tuning.group > 1 ? rows * ops->tuning.row_items : rows;
}

/* For sums over the rows of @n pictures: @args end in the number of items, which groups do without, since there are as
 * many as there is work for. */
static void
launch_columns (CnxOps * ops, Kernel which, const Arg * args, guint n_args, int n, int stride, int items)
{
  if (ops->tuning.group > 1)
    cnx_ops_launch (ops, which, args, n_args - 1, (gsize) n * (stride / GROUP_COLUMNS) * ops->tuning.group, 0);
  else
    cnx_ops_launch (ops, which, args, n_args, items, 0);
}

void
cnx_ops_patchify (CnxOps * ops, cl_mem in, int in_stride, int channels, int n, int height, int width,
    int patch, cl_mem out)
{
  const int out_stride = cnx_ops_stride (patch * patch * channels);
  const int rows = n * (height / patch) * (width / patch);
  const gsize items = ops->tuning.group > 1 ? (gsize) rows * patch * patch * channels : (gsize) rows;
  const Arg args[] = { ARG (in), ARG (in_stride), ARG (channels), ARG (height), ARG (width), ARG (patch),
    ARG (out), ARG (out_stride), ARG (rows)
  };

  LAUNCH (ops, KERNEL_PATCHIFY, args, items, 0);
}

void
cnx_ops_unfold (CnxOps * ops, cl_mem in, int in_stride, int channels, int n, int height, int width, int kernel,
    int step, int padding, cl_mem out)
{
  const int out_stride = cnx_ops_stride (kernel * kernel * channels);
  const int rows = n * (height / step) * (width / step);
  const gsize items = ops->tuning.group > 1 ? (gsize) rows * kernel * kernel * channels : (gsize) rows;
  const Arg args[] = { ARG (in), ARG (in_stride), ARG (channels), ARG (height), ARG (width), ARG (kernel), ARG (step),
    ARG (padding), ARG (out), ARG (out_stride), ARG (rows)
  };

  LAUNCH (ops, KERNEL_UNFOLD, args, items, 0);
}

void
cnx_ops_activate (CnxOps * ops, gboolean plain_gelu, cl_mem x, int channels, int rows)
{
  const int items = rows * (cnx_ops_stride (channels) / ops->tuning.vector);
  const Arg args[] = { ARG (x), ARG (plain_gelu), ARG (items) };

  LAUNCH (ops, KERNEL_ACTIVATE, args, items, 0);
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

  LAUNCH (ops, KERNEL_LAYER_NORM, args, row_items (ops, rows), 0);
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

/* Writes rows of floats as the precision's elements to ops->operand, with int8's scales. */
static void
to_operand (CnxOps * ops, cl_mem in, int stride, int depth, int groups, int rows)
{
  const gsize spare = rows + ops->tuning.tile_rows;
  cnx_ops_reserve (ops, &ops->operand, &ops->operand_size, spare * stride * sizeof (cl_ushort));
  cnx_ops_reserve (ops, &ops->scales, &ops->scales_size, spare * groups * sizeof (cl_float2));
  const Arg args[] = { ARG (in), ARG (stride), ARG (depth), ARG (ops->operand), ARG (ops->scales),
    ARG (groups), ARG (rows)
  };

  /* a work-group shares out each of a row's groups of inputs */
  LAUNCH (ops, KERNEL_TO_OPERAND, args, row_items (ops, rows * (ops->tuning.group > 1 ? (gsize) groups : 1)), 0);
}

/* A product's launch: work-items, and the rows that each takes, or a group of them. */
typedef struct
{
  gsize items;
  int block;
} Shares;

static Shares
linear_shares (CnxOps * ops, int rows, int panels)
{
  const CnxTuning *t = &ops->tuning;
  Shares s;

  s.block = t->group > 1 ? t->group / t->group_cols * t->tile_rows
      : block_rows (ops, rows, t->linear_rows, MAX (t->threads * 8 / panels, 1));
  s.items = (gsize) panels * ((rows + s.block - 1) / s.block) * t->group;
  return s;
}

void
cnx_ops_norm_patchify (CnxOps * ops, cl_mem in, int channels, cl_mem weight, cl_mem bias, double eps, int n,
    int height, int width, cl_mem out)
{
  const int stride = cnx_ops_stride (channels), out_stride = cnx_ops_stride (4 * channels);
  const int rows = n * height * width;
  const cl_float e = eps;
  const Arg args[] = { ARG (in), ARG (stride), ARG (channels), ARG (weight), ARG (bias), ARG (e), ARG (height),
    ARG (width), ARG (out), ARG (out_stride), ARG (rows)
  };

  LAUNCH (ops, KERNEL_NORM_PATCHIFY, args, row_items (ops, rows), 0);
}

void
cnx_ops_linear (CnxOps * ops, CnxLinearKind kind, cl_mem in, const CnxLinear * linear, cl_mem scale,
    cl_mem out, int rows)
{
  const int in_stride = cnx_ops_stride (linear->inputs), out_stride = cnx_ops_stride (linear->outputs);
  const int panels = (linear->outputs + panel (ops) - 1) / panel (ops);
  const Shares shares = linear_shares (ops, rows, panels);
  const CnxPrecision precision = cnx_ops_linear_precision (ops, linear);
  const int depth = cnx_ops_depth (precision, linear->inputs), groups = cnx_ops_groups (depth);
  const int items = shares.items;
  const gboolean convert = converts (&ops->tuning, precision);
  const Kernel kernel = linear->fp32 && ops->tuning.precision != CNX_PRECISION_FP32 ? KERNEL_LINEAR_FP32
      : KERNEL_LINEAR + kind;

  if (convert)
    to_operand (ops, in, in_stride, depth, groups, rows);
  /* what a kernel never reads is given some buffer that is there */
  const cl_mem used_in = convert ? ops->operand : in, scales = convert ? ops->scales : linear->bias;
  const cl_mem used_scale = scale ? scale : linear->bias;
  const Arg args[] = { ARG (used_in), ARG (in_stride), ARG (scales), ARG (groups), ARG (depth),
    ARG (linear->weight), ARG (linear->bias), ARG (used_scale), ARG (out), ARG (out_stride), ARG (rows),
    ARG (panels), ARG (shares.block), ARG (items)
  };

  /* a group's block is compiled in, and there are as many groups as there is work for */
  cnx_ops_launch (ops, kernel, args, G_N_ELEMENTS (args) - (ops->tuning.group > 1 ? 2 : 0), items,
      2.0 * rows * linear->inputs * linear->outputs);
}

void
cnx_ops_grn (CnxOps * ops, cl_mem x, int channels, cl_mem weight, cl_mem bias, double eps, cl_mem norms,
    int n, int pixels)
{
  const int stride = cnx_ops_stride (channels), rows = n * pixels, vectors = stride / ops->tuning.vector;
  const int items = n * vectors, applied = ops->tuning.group > 1 ? rows * vectors : rows;
  const cl_float e = eps;
  const Arg norms_args[] = { ARG (x), ARG (stride), ARG (pixels), ARG (norms), ARG (items) };
  const Arg scales_args[] = { ARG (norms), ARG (stride), ARG (channels), ARG (weight), ARG (e), ARG (n) };
  const Arg apply_args[] = { ARG (x), ARG (stride), ARG (pixels), ARG (norms), ARG (bias), ARG (applied) };

  launch_columns (ops, KERNEL_GRN_NORMS, norms_args, G_N_ELEMENTS (norms_args), n, stride, items);
  LAUNCH (ops, KERNEL_GRN_SCALES, scales_args, row_items (ops, n), 0);
  LAUNCH (ops, KERNEL_GRN_APPLY, apply_args, applied, 0);
}

void
cnx_ops_pool (CnxOps * ops, cl_mem in, int channels, int n, int pixels, cl_mem out)
{
  const int stride = cnx_ops_stride (channels), items = n * (stride / ops->tuning.vector);
  const Arg args[] = { ARG (in), ARG (stride), ARG (pixels), ARG (out), ARG (items) };

  launch_columns (ops, KERNEL_POOL, args, G_N_ELEMENTS (args), n, stride, items);
}
