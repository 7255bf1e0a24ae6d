#include "core/reference.h"

#include <math.h>
#include <string.h>

#include "core/error.h"

/* Rows that share a pass over the weights, so that both stay in the cache. */
#define ROW_TILE 16
/* Sums of a dot product that run beside one another, so that the compiler can use vectors. */
#define LANES 8

#define KERNEL 7
#define PADDING 3

void
cnx_reference_patchify (const float *in, int n, int height, int width, int channels, int patch,
    float *out)
{
  gsize run = (gsize) patch * channels;
  gsize stride = (gsize) width * channels;

  for (int y = 0; y < n * (height / patch); y++) {
    const float *picture = in + (gsize) (y / (height / patch)) * height * stride;
    const float *top = picture + (gsize) (y % (height / patch)) * patch * stride;

    for (int x = 0; x < width / patch; x++) {
      for (int ky = 0; ky < patch; ky++) {
        memcpy (out, top + ky * stride + x * run, run * sizeof (float));
        out += run;
      }
    }
  }
}

static double
dot (const float *a, const float *b, int count)
{
  double lanes[LANES] = { 0 };
  double sum = 0;
  int i = 0;

  for (; i + LANES <= count; i += LANES) {
    for (int lane = 0; lane < LANES; lane++)
      lanes[lane] += (double) a[i + lane] * b[i + lane];
  }
  for (; i < count; i++)
    sum += (double) a[i] * b[i];
  for (int lane = 0; lane < LANES; lane++)
    sum += lanes[lane];
  return sum;
}

void
cnx_reference_linear (const float *in, gsize rows, int inputs, int outputs, const float *weight,
    const float *bias, float *out)
{
  for (gsize first = 0; first < rows; first += ROW_TILE) {
    gsize end = MIN (first + ROW_TILE, rows);

    for (int o = 0; o < outputs; o++) {
      for (gsize r = first; r < end; r++)
        out[r * outputs + o] = (bias ? bias[o] : 0.0)
            + dot (in + r * inputs, weight + (gsize) o * inputs, inputs);
    }
  }
}

/* One output of the depthwise convolution: @in is channel 0 of one picture. Outside it lie zeros. */
static double
depthwise_at (const float *in, int height, int width, int channels, int y, int x, int c,
    const float *weight)
{
  double sum = 0;

  for (int ky = MAX (0, PADDING - y); ky < KERNEL && y + ky - PADDING < height; ky++) {
    for (int kx = MAX (0, PADDING - x); kx < KERNEL && x + kx - PADDING < width; kx++) {
      gsize pixel = (gsize) (y + ky - PADDING) * width + (x + kx - PADDING);

      sum += (double) in[pixel * channels + c] * weight[(c * KERNEL + ky) * KERNEL + kx];
    }
  }
  return sum;
}

void
cnx_reference_depthwise (const float *in, int n, int height, int width, int channels,
    const float *weight, const float *bias, float *out)
{
  gsize picture = (gsize) height * width * channels;

  for (int i = 0; i < n; i++) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++)
          *out++ = bias[c]
              + depthwise_at (in + i * picture, height, width, channels, y, x, c, weight);
      }
    }
  }
}

void
cnx_reference_layer_norm (const float *in, gsize rows, int channels, const float *weight,
    const float *bias, double eps, float *out)
{
  for (gsize r = 0; r < rows; r++) {
    const float *x = in + r * channels;
    float *y = out + r * channels;
    double mean = 0, variance = 0, scale;

    for (int c = 0; c < channels; c++)
      mean += x[c];
    mean /= channels;
    for (int c = 0; c < channels; c++)
      variance += (x[c] - mean) * (x[c] - mean);
    variance /= channels;
    scale = 1 / sqrt (variance + eps);
    for (int c = 0; c < channels; c++)
      y[c] = (x[c] - mean) * scale * weight[c] + bias[c];
  }
}

void
cnx_reference_gelu (float *x, gsize count)
{
  for (gsize i = 0; i < count; i++)
    x[i] = 0.5 * x[i] * (1 + erf (x[i] * G_SQRT2 / 2));
}

/* The L2 norm of channel @c over the pixels of one picture. */
static double
channel_norm (const float *x, int pixels, int channels, int c)
{
  double sum = 0;

  for (int p = 0; p < pixels; p++) {
    double value = x[(gsize) p * channels + c];

    sum += value * value;
  }
  return sqrt (sum);
}

void
cnx_reference_grn (float *x, int n, int pixels, int channels, const float *weight,
    const float *bias)
{
  for (int i = 0; i < n; i++, x += (gsize) pixels * channels) {
    double mean = 0;

    for (int c = 0; c < channels; c++)
      mean += channel_norm (x, pixels, channels, c);
    mean /= channels;

    for (int c = 0; c < channels; c++) {
      double scale = channel_norm (x, pixels, channels, c) / (mean + CNX_GRN_EPS);

      for (int p = 0; p < pixels; p++) {
        float *value = x + (gsize) p * channels + c;

        *value = weight[c] * (*value * scale) + bias[c] + *value;
      }
    }
  }
}

void
cnx_reference_scale_add (float *x, const float *y, gsize rows, int channels, const float *scale)
{
  for (gsize r = 0; r < rows; r++) {
    for (int c = 0; c < channels; c++) {
      gsize i = r * channels + c;

      x[i] = x[i] + (double) y[i] * (scale ? scale[c] : 1);
    }
  }
}

void
cnx_reference_pool (const float *in, int n, int pixels, int channels, float *out)
{
  for (int i = 0; i < n; i++, in += (gsize) pixels * channels) {
    for (int c = 0; c < channels; c++) {
      double sum = 0;

      for (int p = 0; p < pixels; p++)
        sum += in[(gsize) p * channels + c];
      *out++ = sum / pixels;
    }
  }
}

/* A forward pass under way: the activations of @n pictures and their present size. */
typedef struct
{
  CnxModel *model;
  int n, height, width, channels;
  float *x;                     /* activations */
  float *y;                     /* room for as many, and for the patches of the input */
  float *hidden;                /* room for 4C values a pixel */
} Pass;

static gsize
count_rows (const Pass * pass)
{
  return (gsize) pass->n * pass->height * pass->width;
}

static float *
load (const Pass * pass, CnxRole role, int stage, int block)
{
  return cnx_model_values (pass->model, role, stage, block);
}

static void
norm (const Pass * pass, CnxRole weight_role, CnxRole bias_role, int stage, int block, double eps,
    const float *in, gsize rows, float *out)
{
  g_autofree float *weight = load (pass, weight_role, stage, block);
  g_autofree float *bias = load (pass, bias_role, stage, block);

  cnx_reference_layer_norm (in, rows, pass->channels, weight, bias, eps, out);
}

/* x becomes @outputs channels of a picture 1/@patch as high and wide. */
static void
patch_convolution (Pass * pass, const float *in, CnxRole weight_role, CnxRole bias_role, int stage,
    int outputs, int patch)
{
  g_autofree float *weight = cnx_model_patch_values (pass->model, weight_role, stage);
  g_autofree float *bias = load (pass, bias_role, stage, 0);

  cnx_reference_patchify (in, pass->n, pass->height, pass->width, pass->channels, patch, pass->y);
  pass->height /= patch;
  pass->width /= patch;
  cnx_reference_linear (pass->y, count_rows (pass), patch * patch * pass->channels, outputs, weight,
      bias, pass->x);
  pass->channels = outputs;
}

static void
stem (Pass * pass, const float *in)
{
  patch_convolution (pass, in, CNX_ROLE_STEM_WEIGHT, CNX_ROLE_STEM_BIAS, 0,
      cnx_model_arch (pass->model)->dims[0], 4);
  norm (pass, CNX_ROLE_STEM_NORM_WEIGHT, CNX_ROLE_STEM_NORM_BIAS, 0, 0, CNX_NORM_EPS,
      pass->x, count_rows (pass), pass->x);
}

static void
downsample (Pass * pass, int stage)
{
  norm (pass, CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT, CNX_ROLE_DOWNSAMPLE_NORM_BIAS, stage, 0,
      CNX_NORM_EPS, pass->x, count_rows (pass), pass->x);
  patch_convolution (pass, pass->x, CNX_ROLE_DOWNSAMPLE_WEIGHT, CNX_ROLE_DOWNSAMPLE_BIAS, stage,
      cnx_model_arch (pass->model)->dims[stage], 2);
}

/* y = linear (GELU (linear (y))), with GRN before the second linear where the model has it. */
static void
mlp (Pass * pass, int stage, int block)
{
  g_autofree float *weight1 = load (pass, CNX_ROLE_LINEAR1_WEIGHT, stage, block);
  g_autofree float *bias1 = load (pass, CNX_ROLE_LINEAR1_BIAS, stage, block);
  g_autofree float *weight2 = load (pass, CNX_ROLE_LINEAR2_WEIGHT, stage, block);
  g_autofree float *bias2 = load (pass, CNX_ROLE_LINEAR2_BIAS, stage, block);
  g_autofree float *grn_weight = load (pass, CNX_ROLE_GRN_WEIGHT, stage, block);
  g_autofree float *grn_bias = load (pass, CNX_ROLE_GRN_BIAS, stage, block);
  gsize rows = count_rows (pass);
  int channels = pass->channels;

  cnx_reference_linear (pass->y, rows, channels, 4 * channels, weight1, bias1, pass->hidden);
  cnx_reference_gelu (pass->hidden, rows * 4 * channels);
  if (grn_weight)
    cnx_reference_grn (pass->hidden, pass->n, pass->height * pass->width, 4 * channels, grn_weight,
        grn_bias);
  cnx_reference_linear (pass->hidden, rows, 4 * channels, channels, weight2, bias2, pass->y);
}

static void
run_block (Pass * pass, int stage, int block)
{
  g_autofree float *weight = load (pass, CNX_ROLE_DEPTHWISE_WEIGHT, stage, block);
  g_autofree float *bias = load (pass, CNX_ROLE_DEPTHWISE_BIAS, stage, block);
  g_autofree float *layer_scale = load (pass, CNX_ROLE_LAYER_SCALE, stage, block);
  gsize rows = count_rows (pass);

  cnx_reference_depthwise (pass->x, pass->n, pass->height, pass->width, pass->channels, weight,
      bias, pass->y);
  norm (pass, CNX_ROLE_BLOCK_NORM_WEIGHT, CNX_ROLE_BLOCK_NORM_BIAS, stage, block, CNX_NORM_EPS,
      pass->y, rows, pass->y);
  mlp (pass, stage, block);
  cnx_reference_scale_add (pass->x, pass->y, rows, pass->channels, layer_scale);
}

static void
head (Pass * pass, float *logits)
{
  g_autofree float *weight = load (pass, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0);
  g_autofree float *bias = load (pass, CNX_ROLE_CLASSIFIER_BIAS, 0, 0);

  cnx_reference_pool (pass->x, pass->n, pass->height * pass->width, pass->channels, pass->y);
  norm (pass, CNX_ROLE_FINAL_NORM_WEIGHT, CNX_ROLE_FINAL_NORM_BIAS, 0, 0,
      cnx_model_final_norm_eps (pass->model), pass->y, pass->n, pass->y);
  cnx_reference_linear (pass->y, pass->n, pass->channels, cnx_model_arch (pass->model)->classes,
      weight, bias, logits);
}

/* The most activations that any stage holds, for all pictures. */
static gsize
largest_activation (const Pass * pass, const CnxArch * arch)
{
  gsize pixels = count_rows (pass) / 16;
  gsize largest = 0;

  for (int stage = 0; stage < CNX_STAGES; stage++, pixels /= 4)
    largest = MAX (largest, pixels * arch->dims[stage]);
  return largest;
}

gboolean
cnx_reference_forward (CnxModel * model, const float *in, int n, int height, int width,
    float *logits, GError ** error)
{
  const CnxArch *arch = cnx_model_arch (model);
  Pass pass = {.model = model,.n = n,.height = height,.width = width,.channels = 3 };
  gsize largest;

  if (!cnx_arch_check_input (height, width, error))
    return FALSE;
  if (arch->classes == 0) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL,
        "'%s' has no classifier, so it has no labels to give", cnx_model_path (model));
    return FALSE;
  }
  largest = largest_activation (&pass, arch);
  pass.x = g_new (float, largest);
  pass.y = g_new (float, MAX (largest, count_rows (&pass) * 3));        /* the stem's patches too */
  pass.hidden = g_new (float, largest * 4);

  stem (&pass, in);
  for (int stage = 0; stage < CNX_STAGES; stage++) {
    if (stage > 0)
      downsample (&pass, stage);
    for (int block = 0; block < arch->depths[stage]; block++)
      run_block (&pass, stage, block);
  }
  head (&pass, logits);

  g_free (pass.x);
  g_free (pass.y);
  g_free (pass.hidden);
  return TRUE;
}
