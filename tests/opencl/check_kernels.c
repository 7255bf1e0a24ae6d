/* Every kernel against its reference function: one table of shapes, random and extreme inputs, canaries
 * around every output, on each tuning that the device can run. `--bench` prints GFLOP/s from the same rows. */
#include "core/reference/reference.h"
#include "core/model/model.h"
#include "opencl/ops/ops.h"
#include "core/model/random_checkpoint.h"

#include <math.h>
#include <string.h>

#define CANARY 12345.0f
#define GUARD_ROWS 3

typedef enum
{ RANDOM, ZERO, HUGE_VALUES, OFFSET, N_INPUTS } Input;

static const char *const input_names[N_INPUTS] = { "random", "zero", "huge", "large-mean" };

typedef struct
{
  int n, height, width, channels;
} Shape;

/* One pixel, one channel, three rows, dims that are no multiple of anything, two of int8's groups, the real ones. */
static const Shape shapes[] = {
  {1, 1, 1, 1}, {1, 1, 1, 17}, {2, 3, 1, 1}, {1, 3, 5, 12}, {3, 2, 7, 40}, {1, 7, 7, 96},
  {1, 3, 3, 260}, {2, 14, 14, 33}, {1, 16, 9, 130}, {1, 56, 56, 40}, {1, 7, 7, 768}, {1, 28, 28, 192},
};

static CnxDevice *device;

/* ---- inputs and comparison ---- */

static float *
make (gsize count, Input kind, guint32 seed)
{
  float *values = g_new0 (float, count);

  if (kind == ZERO)
    return values;
  cnx_fill_random (values, count, seed, kind == HUGE_VALUES ? 1e4f : 1.0f);
  if (kind == OFFSET)
    for (gsize i = 0; i < count; i++)
      values[i] = values[i] + 100.0f;
  return values;
}

static float *
make_weight (gsize count, int fan_in, guint32 seed)
{
  float *values = g_new (float, count);
  cnx_fill_random (values, count, seed, 1.0f / sqrtf (fan_in));
  return values;
}

/* Relative to the largest value that came out, as a sum's rounding is. */
static void
compare (const float *got, const float *want, gsize count, double tolerance, const char *what)
{
  double largest = 1e-3, worst = 0;
  gsize where = 0;

  for (gsize i = 0; i < count; i++)
    largest = fmax (largest, fabs (want[i]));
  for (gsize i = 0; i < count; i++) {
    const double error = fabs (got[i] - want[i]);
    if (!(error <= worst)) {
      worst = error;
      where = i;
    }
  }
  if (!(worst <= tolerance * largest)) {
    g_test_message ("%s: value %" G_GSIZE_FORMAT " is %g, the reference %g (largest %g)", what, where,
        got[where], want[where], largest);
    g_test_fail ();
  }
}

/* An output buffer full of canaries, with guard rows behind the last that may be written. */
static cl_mem
guarded (CnxOps * ops, gsize rows, int channels)
{
  cl_mem buffer = cnx_ops_rows (ops, rows + GUARD_ROWS, channels);
  const cl_float canary = CANARY;

  clEnqueueFillBuffer (cnx_ops_queue (ops), buffer, &canary, sizeof canary, 0,
      (rows + GUARD_ROWS) * cnx_ops_stride (channels) * sizeof (float), 0, NULL, NULL);
  return buffer;
}

/* Reads @rows and checks that the guard behind them is untouched. */
static float *
take (CnxOps * ops, cl_mem buffer, gsize rows, int channels, const char *what)
{
  g_autoptr (GError) error = NULL;
  float *values = g_new (float, (rows + GUARD_ROWS) * channels);

  cnx_ops_read_rows (ops, buffer, values, rows + GUARD_ROWS, channels);
  cnx_ops_finish (ops, &error);
  g_assert_no_error (error);
  for (gsize i = rows * channels; i < (rows + GUARD_ROWS) * channels; i++)
    if (values[i] != CANARY) {
      g_test_message ("%s wrote %g behind its last row", what, values[i]);
      g_test_fail ();
      break;
    }
  clReleaseMemObject (buffer);
  return values;
}

/* ---- one check per kernel ---- */

static void
check_patchify (CnxOps * ops, const Shape * s, Input kind)
{
  for (int patch = 2; patch <= 4; patch += 2) {
    const int h = s->height * patch, w = s->width * patch, k = patch * patch * s->channels;
    const gsize rows = (gsize) s->n * s->height * s->width;
    g_autofree float *in = make ((gsize) s->n * h * w * s->channels, kind, 1);
    g_autofree float *want = g_new (float, rows * k);
    cl_mem device_in = cnx_ops_upload_rows (ops, in, (gsize) s->n * h * w, s->channels);
    cl_mem out = guarded (ops, rows, k);

    cnx_reference_patchify (in, s->n, h, w, s->channels, patch, want);
    cnx_ops_patchify (ops, device_in, cnx_ops_stride (s->channels), s->channels, s->n, h, w, patch, out);
    g_autofree float *got = take (ops, out, rows, k, "patchify");
    compare (got, want, rows * k, 0, "patchify");
    clReleaseMemObject (device_in);
  }
}

/* Patches that overlap, also at pictures of a single one. */
static void
check_unfold (CnxOps * ops, const Shape * s, Input kind)
{
  const int h = s->height * 2, w = s->width * 2, k = 9 * s->channels;
  const gsize rows = (gsize) s->n * s->height * s->width;
  g_autofree float *in = make ((gsize) s->n * h * w * s->channels, kind, 28);
  g_autofree float *want = g_new (float, rows * k);
  cl_mem device_in = cnx_ops_upload_rows (ops, in, (gsize) s->n * h * w, s->channels), out = guarded (ops, rows, k);

  cnx_reference_unfold (in, s->n, h, w, s->channels, 3, 2, 1, want);
  cnx_ops_unfold (ops, device_in, cnx_ops_stride (s->channels), s->channels, s->n, h, w, 3, 2, 1, out);
  g_autofree float *got = take (ops, out, rows, k, "unfold");
  compare (got, want, rows * k, 0, "unfold");
  clReleaseMemObject (device_in);
}

static void
check_activate (CnxOps * ops, const Shape * s, Input kind)
{
  const gsize rows = (gsize) s->n * s->height * s->width;
  g_autofree float *x = make (rows * s->channels, kind, 29);
  cl_mem out = guarded (ops, rows, s->channels);

  cnx_ops_write_rows (ops, out, x, rows, s->channels);
  cnx_ops_activate (ops, TRUE, out, s->channels, rows);
  g_autofree float *got = take (ops, out, rows, s->channels, "activate");
  cnx_reference_activate (CNX_ACTIVATION_GELU, x, rows * s->channels);
  compare (got, x, rows * s->channels, 3e-6, "activate");
}

static void
check_depthwise (CnxOps * ops, const Shape * s, Input kind)
{
  const gsize rows = (gsize) s->n * s->height * s->width;
  g_autofree float *in = make (rows * s->channels, kind, 2);
  g_autofree float *weight = make_weight (49 * (gsize) s->channels, 49, 3);
  g_autofree float *bias = make_weight (s->channels, 1, 4);
  g_autofree float *by_tap = g_new (float, 49 * (gsize) s->channels);
  g_autofree float *want = g_new (float, rows * s->channels);

  for (int c = 0; c < s->channels; c++)
    for (int t = 0; t < 49; t++)
      by_tap[t * s->channels + c] = weight[c * 49 + t];
  cl_mem device_in = cnx_ops_upload_rows (ops, in, rows, s->channels);
  cl_mem device_weight = cnx_ops_upload_rows (ops, by_tap, 49, s->channels);
  cl_mem device_bias = cnx_ops_upload_vector (ops, bias, s->channels);
  cl_mem out = guarded (ops, rows, s->channels);
  cnx_reference_depthwise (in, s->n, s->height, s->width, s->channels, 7, weight, bias, want);
  cnx_ops_depthwise (ops, device_in, device_weight, device_bias, out, s->n, s->height, s->width,
      s->channels);
  g_autofree float *got = take (ops, out, rows, s->channels, "depthwise");
  compare (got, want, rows * s->channels, 2e-6, "depthwise");
  clReleaseMemObject (device_in);
  clReleaseMemObject (device_weight);
  clReleaseMemObject (device_bias);
}

static void
check_layer_norm (CnxOps * ops, const Shape * s, Input kind)
{
  const gsize rows = (gsize) s->n * s->height * s->width;
  g_autofree float *in = make (rows * s->channels, kind, 5);
  g_autofree float *weight = make_weight (s->channels, 1, 6);
  g_autofree float *bias = make_weight (s->channels, 1, 7);
  g_autofree float *want = g_new (float, rows * s->channels);
  cl_mem device_in = cnx_ops_upload_rows (ops, in, rows, s->channels);
  cl_mem device_weight = cnx_ops_upload_vector (ops, weight, s->channels);
  cl_mem device_bias = cnx_ops_upload_vector (ops, bias, s->channels);
  cl_mem out = guarded (ops, rows, s->channels);

  cnx_reference_layer_norm (in, rows, s->channels, weight, bias, 1e-6, want);
  cnx_ops_layer_norm (ops, device_in, s->channels, device_weight, device_bias, 1e-6, out, rows);
  g_autofree float *got = take (ops, out, rows, s->channels, "layer_norm");
  /* a mean of 100 leaves a difference 17 of its 24 bits */
  compare (got, want, rows * s->channels, kind == OFFSET ? 2e-4 : 5e-6, "layer_norm");
  clReleaseMemObject (device_in);
  clReleaseMemObject (device_weight);
  clReleaseMemObject (device_bias);
}

static void
check_norm_patchify (CnxOps * ops, const Shape * s, Input kind)
{
  const int h = 2 * s->height, w = 2 * s->width, c = s->channels;
  const gsize pixels = (gsize) s->n * h * w, rows = pixels / 4;
  g_autofree float *in = make (pixels * c, kind, 25);
  g_autofree float *weight = make_weight (c, 1, 26);
  g_autofree float *bias = make_weight (c, 1, 27);
  g_autofree float *normal = g_new (float, pixels * c);
  g_autofree float *want = g_new (float, pixels * c);
  cl_mem device_in = cnx_ops_upload_rows (ops, in, pixels, c), out = guarded (ops, rows, 4 * c);
  cl_mem device_weight = cnx_ops_upload_vector (ops, weight, c), device_bias = cnx_ops_upload_vector (ops, bias, c);

  cnx_reference_layer_norm (in, pixels, c, weight, bias, 1e-6, normal);
  cnx_reference_patchify (normal, s->n, h, w, c, 2, want);
  cnx_ops_norm_patchify (ops, device_in, c, device_weight, device_bias, 1e-6, s->n, h, w, out);
  g_autofree float *got = take (ops, out, rows, 4 * c, "norm_patchify");
  compare (got, want, pixels * c, kind == OFFSET ? 2e-4 : 5e-6, "norm_patchify");
  clReleaseMemObject (device_in);
  clReleaseMemObject (device_weight);
  clReleaseMemObject (device_bias);
}

/* Rows of a weight for cnx_ops_linear_init(). */
typedef struct
{
  const float *weight;
  int inputs;
} Rows;

static void
read_rows (gpointer data, int first, int count, float *to)
{
  const Rows *rows = data;
  memcpy (to, rows->weight + (gsize) first * rows->inputs, (gsize) count * rows->inputs * sizeof (float));
}

static void
linear_init (CnxOps * ops, CnxLinear * linear, const float *weight, const float *bias, int inputs, int outputs)
{
  Rows rows = { weight, inputs };
  cnx_ops_linear_init (ops, linear, read_rows, &rows, bias, inputs, outputs);
}

/* What the plain-C reference gives in the precision of @ops. */
static void
want_linear (CnxOps * ops, const float *in, gsize rows, int inputs, int outputs, const float *weight,
    const float *bias, float *out)
{
  const CnxTuning *tuning = cnx_ops_tuning (ops);
  cnx_reference_linear_in (tuning->precision, tuning->levels, in, rows, inputs, outputs, weight, bias, out);
}

static void
check_linear (CnxOps * ops, const Shape * s, Input kind)
{
  const gsize rows = (gsize) s->n * s->height * s->width;
  const int inputs = s->channels, outputs = MAX (s->channels * 2 - 1, 1);
  g_autofree float *in = make (rows * inputs, kind, 8);
  g_autofree float *weight = make_weight ((gsize) inputs * outputs, inputs, 9);
  g_autofree float *bias = make_weight (outputs, 1, 10);
  g_autofree float *scale = make_weight (outputs, 1, 11);
  g_autofree float *plain = g_new (float, rows * outputs);
  cl_mem device_in = cnx_ops_upload_rows (ops, in, rows, inputs);
  cl_mem device_scale = cnx_ops_upload_vector (ops, scale, outputs);
  CnxLinear linear = { 0 };

  linear_init (ops, &linear, weight, bias, inputs, outputs);
  want_linear (ops, in, rows, inputs, outputs, weight, bias, plain);
  for (CnxLinearKind k = CNX_LINEAR_PLAIN; k <= CNX_LINEAR_SCALE_ADD; k++) {
    const char *const names[] = { "linear", "linear_gelu", "linear_scale_add" };
    g_autofree float *want = g_memdup2 (plain, rows * outputs * sizeof (float));
    cl_mem out = guarded (ops, rows, outputs);
    if (k == CNX_LINEAR_GELU)
      cnx_reference_activate (CNX_ACTIVATION_GELU, want, rows * outputs);
    if (k == CNX_LINEAR_SCALE_ADD) {
      g_autofree float *x = make (rows * outputs, kind, 12);
      g_autofree float *y = g_steal_pointer (&want);
      cnx_ops_write_rows (ops, out, x, rows, outputs);
      clFinish (cnx_ops_queue (ops));
      cnx_reference_scale_add (x, y, rows, outputs, scale);
      want = g_steal_pointer (&x);
    }
    cnx_ops_linear (ops, k, device_in, &linear, device_scale, out, rows);
    g_autofree float *got = take (ops, out, rows, outputs, names[k]);
    /* int8 is whole numbers and the same few roundings: not a bit differs */
    const gboolean exact = cnx_ops_tuning (ops)->precision == CNX_PRECISION_INT8 && k == CNX_LINEAR_PLAIN;
    compare (got, want, rows * outputs, exact ? 0 : 3e-6, names[k]);
  }
  cnx_ops_linear_clear (&linear);
  clReleaseMemObject (device_in);
  clReleaseMemObject (device_scale);
}

/* Where the last bit of a LayerNorm or a GELU differs, an operand may be rounded to its other neighbour. */
static double
block_tolerance (CnxPrecision precision, Input kind)
{
  if (precision != CNX_PRECISION_FP32)
    return precision == CNX_PRECISION_INT8 ? 1e-2 : 1e-3;
  return kind == OFFSET ? 1e-4 : 5e-6;
}

/* The stem's and the classifier's kernel, where the network runs in something else. */
static void
check_linear_fp32 (CnxOps * ops, const Shape * s, Input kind)
{
  const gsize rows = (gsize) s->n * s->height * s->width;
  const int inputs = s->channels, outputs = s->channels + 3;
  g_autofree float *in = make (rows * inputs, kind, 22);
  g_autofree float *weight = make_weight ((gsize) inputs * outputs, inputs, 23);
  g_autofree float *bias = make_weight (outputs, 1, 24);
  g_autofree float *want = g_new (float, rows * outputs);
  cl_mem device_in = cnx_ops_upload_rows (ops, in, rows, inputs), out = guarded (ops, rows, outputs);
  CnxLinear linear = {.fp32 = TRUE };

  linear_init (ops, &linear, weight, bias, inputs, outputs);
  cnx_reference_linear (in, rows, inputs, outputs, weight, bias, want);
  cnx_ops_linear (ops, CNX_LINEAR_PLAIN, device_in, &linear, NULL, out, rows);
  g_autofree float *got = take (ops, out, rows, outputs, "linear_fp32");
  compare (got, want, rows * outputs, 3e-6, "linear_fp32");
  cnx_ops_linear_clear (&linear);
  clReleaseMemObject (device_in);
}

/* What the steps of a V1 block give, one after another; @x is its input and becomes its output. */
static void
want_block (CnxOps * ops, float *x, const Shape * s, const float *taps, const float *vectors, const float *w1,
    const float *w2)
{
  const int c = s->channels, hidden = 4 * c;
  const gsize rows = (gsize) s->n * s->height * s->width;
  g_autofree float *a = g_new (float, rows * c);
  g_autofree float *h = g_new (float, rows * hidden);

  cnx_reference_depthwise (x, s->n, s->height, s->width, c, 7, taps, vectors + 8 * c, a);
  cnx_reference_layer_norm (a, rows, c, vectors, vectors + c, 1e-6, a);
  want_linear (ops, a, rows, c, hidden, w1, vectors + 3 * c, h);
  cnx_reference_activate (CNX_ACTIVATION_GELU, h, rows * hidden);
  want_linear (ops, h, rows, hidden, c, w2, vectors + 7 * c, a);
  cnx_reference_scale_add (x, a, rows, c, vectors + 2 * c);
}

/* A V1 block, fused or step by step as the tuning has it. */
static void
check_block (CnxOps * ops, const Shape * s, Input kind)
{
  const int c = s->channels, hidden = 4 * c;
  const gsize rows = (gsize) s->n * s->height * s->width;
  g_autofree float *x = make (rows * c, kind, 14);
  g_autofree float *taps = make_weight (49 * (gsize) c, 49, 13);
  g_autofree float *by_tap = g_new (float, 49 * (gsize) c);
  g_autofree float *vectors = make_weight (9 * (gsize) c, 1, 15);
  g_autofree float *w1 = make_weight ((gsize) c * hidden, c, 16);
  g_autofree float *w2 = make_weight ((gsize) c * hidden, hidden, 17);

  for (int k = 0; k < c; k++)
    for (int t = 0; t < 49; t++)
      by_tap[t * c + k] = taps[k * 49 + t];
  CnxBlock block = {
    .depthwise_weight = cnx_ops_upload_rows (ops, by_tap, 49, c),
    .depthwise_bias = cnx_ops_upload_vector (ops, vectors + 8 * c, c),
    .norm_weight = cnx_ops_upload_vector (ops, vectors, c),
    .norm_bias = cnx_ops_upload_vector (ops, vectors + c, c),
    .scale = cnx_ops_upload_vector (ops, vectors + 2 * c, c),.eps = 1e-6f
  };
  CnxBlockBuffers buffers = {.x = guarded (ops, rows, c),.y = guarded (ops, rows, c),
    .normalised = cnx_ops_rows (ops, rows, c),.hidden = cnx_ops_rows (ops, rows, hidden)
  };
  linear_init (ops, &block.linear1, w1, vectors + 3 * c, c, hidden);
  linear_init (ops, &block.linear2, w2, vectors + 7 * c, hidden, c);
  cnx_ops_write_rows (ops, buffers.x, x, rows, c);
  cnx_ops_block (ops, &block, &buffers, c, s->n, s->height, s->width);
  g_autofree float *got = take (ops, buffers.x, rows, c, "block");
  want_block (ops, x, s, taps, vectors, w1, w2);
  compare (got, x, rows * c, block_tolerance (cnx_ops_tuning (ops)->precision, kind), "block");
  cnx_ops_linear_clear (&block.linear1);
  cnx_ops_linear_clear (&block.linear2);
  cl_mem all[] = { block.depthwise_weight, block.depthwise_bias, block.norm_weight, block.norm_bias, block.scale,
    buffers.y, buffers.normalised, buffers.hidden
  };
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    clReleaseMemObject (all[i]);
}

static void
check_grn (CnxOps * ops, const Shape * s, Input kind)
{
  const int pixels = s->height * s->width, c = s->channels;
  const gsize rows = (gsize) s->n * pixels;
  g_autofree float *x = make (rows * c, kind, 18);
  g_autofree float *weight = make_weight (c, 1, 19);
  g_autofree float *bias = make_weight (c, 1, 20);
  cl_mem device_weight = cnx_ops_upload_vector (ops, weight, c);
  cl_mem device_bias = cnx_ops_upload_vector (ops, bias, c);
  cl_mem norms = cnx_ops_rows (ops, s->n, c);
  cl_mem out = cnx_ops_rows (ops, rows + GUARD_ROWS, c);
  g_autofree float *guards = g_new (float, GUARD_ROWS * c);
  g_autofree float *all = g_new (float, (rows + GUARD_ROWS) * c);

  for (int i = 0; i < GUARD_ROWS * c; i++)
    guards[i] = CANARY;
  memcpy (all, x, rows * c * sizeof (float));
  memcpy (all + rows * c, guards, GUARD_ROWS * c * sizeof (float));
  cnx_ops_write_rows (ops, out, all, rows + GUARD_ROWS, c);
  cnx_ops_grn (ops, out, c, device_weight, device_bias, 1e-6, norms, s->n, pixels);
  g_autofree float *got = take (ops, out, rows, c, "grn");
  cnx_reference_grn (x, s->n, pixels, c, weight, bias);
  compare (got, x, rows * c, 5e-6, "grn");
  clReleaseMemObject (device_weight);
  clReleaseMemObject (device_bias);
  clReleaseMemObject (norms);
}

static void
check_pool (CnxOps * ops, const Shape * s, Input kind)
{
  const int pixels = s->height * s->width;
  g_autofree float *in = make ((gsize) s->n * pixels * s->channels, kind, 21);
  g_autofree float *want = g_new (float, s->n * s->channels);
  cl_mem device_in = cnx_ops_upload_rows (ops, in, (gsize) s->n * pixels, s->channels);
  cl_mem out = guarded (ops, s->n, s->channels);

  cnx_reference_pool (in, s->n, pixels, s->channels, want);
  cnx_ops_pool (ops, device_in, s->channels, s->n, pixels, out);
  g_autofree float *got = take (ops, out, s->n, s->channels, "pool");
  compare (got, want, s->n * s->channels, 2e-5, "pool");
  clReleaseMemObject (device_in);
}

static const struct
{
  const char *name;
  void (*check) (CnxOps *, const Shape *, Input);
} kernels[] = {
  {"patchify", check_patchify}, {"depthwise", check_depthwise}, {"layer-norm", check_layer_norm},
  {"norm-patchify", check_norm_patchify}, {"linear", check_linear}, {"linear-fp32", check_linear_fp32},
  {"block", check_block}, {"grn", check_grn}, {"pool", check_pool},
  {"unfold", check_unfold}, {"activate", check_activate},
};

/* ---- tunings ---- */

/* Other tiles than this device's own are correct here too, only slower; with no vector it is the device's own. */
#define GPU_TILE(items, across, rows, vecs, steps, cols) .vector = 4,.tile_rows = rows,.tile_vecs = vecs,\
    .group = items,.group_cols = across,.slice = steps,.depthwise_cols = cols,.row_items = 16,.integer_dot = TRUE,\
    .levels = 255
#define AVX2_TILE .vector = 8,.tile_rows = 5,.tile_vecs = 2,.depthwise_cols = 3,.group = 1,.group_cols = 1,\
    .linear_rows = 20,.mlp_bytes = 400000,.mlp_chunk = 256,.levels = 255
#define AVX512_TILE .vector = 16,.tile_rows = 14,.tile_vecs = 2,.depthwise_cols = 7,.group = 1,.group_cols = 1,\
    .linear_rows = 98,.mlp_bytes = 500000,.mlp_chunk = 256,.levels = 255

static const struct
{
  const char *name;
  CnxTuning tuning;
} tunings[] = {
  {"fp32", {CNX_PRECISION_FP32}},
  {"int8", {CNX_PRECISION_INT8}},
  {"fp32-gpu", {CNX_PRECISION_FP32, GPU_TILE (64, 8, 4, 1, 32, 4)}},
  {"fp32-gpu-wide", {CNX_PRECISION_FP32, GPU_TILE (64, 8, 8, 2, 16, 7)}},
  {"fp32-gpu-long", {CNX_PRECISION_FP32, GPU_TILE (256, 16, 8, 1, 16, 4)}},
  {"fp32-gpu-subgroups", {CNX_PRECISION_FP32, GPU_TILE (128, 16, 4, 1, 16, 4),.subgroups = TRUE}},
  {"fp32-avx2", {CNX_PRECISION_FP32, AVX2_TILE}},
  {"fp32-avx512", {CNX_PRECISION_FP32, AVX512_TILE}},
  {"int8-gpu", {CNX_PRECISION_INT8, GPU_TILE (128, 16, 8, 1, 16, 4)}},
  {"int8-gpu-small", {CNX_PRECISION_INT8, GPU_TILE (64, 8, 4, 1, 32, 4),.subgroups = TRUE}},
  {"int8-avx2", {CNX_PRECISION_INT8, AVX2_TILE}},
  {"int8-avx512", {CNX_PRECISION_INT8, AVX512_TILE}},
  {"bf16-avx512", {CNX_PRECISION_BF16, AVX512_TILE}},
  {"fp16-gpu", {CNX_PRECISION_FP16, GPU_TILE (128, 16, 8, 1, 16, 4)}},
  {"fp16-avx2", {CNX_PRECISION_FP16, AVX2_TILE}},
};

static CnxOps *all_ops[G_N_ELEMENTS (tunings)];

static CnxOps *
ops_for (guint tuning)
{
  g_autoptr (GError) error = NULL;

  CnxTuning wanted = tunings[tuning].tuning;

  if (wanted.vector == 0)
    cnx_tuning_default (device, wanted.precision, &wanted);
  else
    cnx_tuning_fit (device, &wanted);
  if (!all_ops[tuning])
    all_ops[tuning] = cnx_ops_new (device, &wanted, &error);
  g_assert_no_error (error);
  cnx_ops_keep (all_ops[tuning], FALSE);
  return all_ops[tuning];
}

/* $CNX_TEST_VALUES, for devices in software: only shapes of at most so many values, and only random inputs. */
static gsize
most_values (void)
{
  const char *text = g_getenv ("CNX_TEST_VALUES");
  return text ? g_ascii_strtoull (text, NULL, 10) : G_MAXSIZE;
}

static void
test_kernel (gconstpointer data)
{
  const guint packed = GPOINTER_TO_UINT (data), kernel = packed % 16, tuning = packed / 16;
  /* the device's own see all, the others not the large ones at the end */
  const guint n_shapes = tunings[tuning].tuning.vector == 0 ? G_N_ELEMENTS (shapes) : G_N_ELEMENTS (shapes) - 3;
  const gsize most = most_values ();
  const guint n_inputs = most < G_MAXSIZE || g_getenv ("CNX_TEST_QUICK") ? 1 : N_INPUTS;
  CnxOps *ops = ops_for (tuning);

  for (guint s = 0; s < n_shapes; s++)
    for (Input kind = RANDOM; kind < n_inputs; kind++) {
      const Shape *shape = &shapes[s];
      if ((gsize) shape->n * shape->height * shape->width * shape->channels > most)
        continue;
      kernels[kernel].check (ops, &shapes[s], kind);
      if (g_test_failed ()) {
        g_test_message ("with %d x %d x %d x %d, %s input", shapes[s].n, shapes[s].height,
            shapes[s].width, shapes[s].channels, input_names[kind]);
        return;
      }
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  device = cnx_device_open (g_getenv ("CNX_TEST_DEVICE"), 0, &error);
  g_assert_no_error (error);
  for (guint t = 0; t < G_N_ELEMENTS (tunings); t++)
    for (guint k = 0; k < G_N_ELEMENTS (kernels); k++) {
      g_autofree char *path = g_strdup_printf ("/kernels/%s/%s", tunings[t].name, kernels[k].name);
      g_test_add_data_func (path, GUINT_TO_POINTER (t * 16 + k), test_kernel);
    }
  const int result = g_test_run ();
  for (guint t = 0; t < G_N_ELEMENTS (tunings); t++)
    g_clear_pointer (&all_ops[t], cnx_ops_free);
  cnx_device_unref (device);
  return result;
}
