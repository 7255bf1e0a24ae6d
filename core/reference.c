#include "core/reference.h"
#include "core/error.h"

#include <math.h>
#include <string.h>

void
cnx_reference_patchify (const float *in, int n, int height, int width, int channels, int patch, float *out)
{
  for (int i = 0; i < n; i++)
    for (int y = 0; y < height / patch; y++)
      for (int x = 0; x < width / patch; x++)
        for (int ky = 0; ky < patch; ky++) {
          const gsize pixel = ((gsize) i * height + y * patch + ky) * width + x * patch;
          memcpy (out, in + pixel * channels, patch * channels * sizeof (float));
          out += patch * channels;
        }
}

/* Sixteen outputs at a time, so that the compiler may sum them side by side; each is one plain sum in double. */
#define LANES 16

void
cnx_reference_linear (const float *in, gsize rows, int inputs, int outputs, const float *weight,
    const float *bias, float *out)
{
  g_autofree double *columns = g_new (double, (gsize) inputs * LANES);

  for (int first = 0; first < outputs; first += LANES) {
    const int count = MIN (LANES, outputs - first);
    for (int k = 0; k < inputs; k++)
      for (int j = 0; j < LANES; j++)
        columns[k * LANES + j] = j < count ? weight[(gsize) (first + j) * inputs + k] : 0;
    for (gsize r = 0; r < rows; r++) {
      double sums[LANES] = { 0 };
      for (int k = 0; k < inputs; k++)
        for (int j = 0; j < LANES; j++)
          sums[j] += in[r * inputs + k] * columns[k * LANES + j];
      for (int j = 0; j < count; j++)
        out[r * outputs + first + j] = sums[j] + (bias ? bias[first + j] : 0);
    }
  }
}

/* One output pixel of one channel. */
static double
depthwise_at (const float *in, int height, int width, int channels, const float *taps, int y, int x, int c)
{
  double sum = 0;

  for (int ky = 0; ky < 7; ky++)
    for (int kx = 0; kx < 7; kx++) {
      const int iy = y + ky - 3, ix = x + kx - 3;
      if (iy >= 0 && iy < height && ix >= 0 && ix < width)
        sum += (double) in[((gsize) iy * width + ix) * channels + c] * taps[ky * 7 + kx];
    }
  return sum;
}

void
cnx_reference_depthwise (const float *in, int n, int height, int width, int channels,
    const float *weight, const float *bias, float *out)
{
  const gsize picture = (gsize) height * width * channels;

  for (int i = 0; i < n; i++)
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        for (int c = 0; c < channels; c++)
          *out++ = bias[c] + depthwise_at (in + i * picture, height, width, channels, weight + c * 49, y,
              x, c);
}

void
cnx_reference_layer_norm (const float *in, gsize rows, int channels, const float *weight, const float *bias,
    double eps, float *out)
{
  for (gsize r = 0; r < rows; r++, in += channels, out += channels) {
    double mean = 0, variance = 0;
    for (int c = 0; c < channels; c++)
      mean += in[c];
    mean /= channels;
    for (int c = 0; c < channels; c++)
      variance += (in[c] - mean) * (in[c] - mean);
    variance /= channels;
    for (int c = 0; c < channels; c++)
      out[c] = (in[c] - mean) / sqrt (variance + eps) * weight[c] + bias[c];
  }
}

void
cnx_reference_gelu (float *x, gsize count)
{
  for (gsize i = 0; i < count; i++)
    x[i] = x[i] * (1 + erf (x[i] * M_SQRT1_2)) / 2;
}

void
cnx_reference_grn (float *x, int n, int pixels, int channels, const float *weight, const float *bias)
{
  g_autofree double *norms = g_new (double, channels);

  for (int i = 0; i < n; i++, x += (gsize) pixels * channels) {
    double mean = 0;
    memset (norms, 0, channels * sizeof *norms);
    for (int p = 0; p < pixels; p++)
      for (int c = 0; c < channels; c++)
        norms[c] += (double) x[(gsize) p * channels + c] * x[(gsize) p * channels + c];
    for (int c = 0; c < channels; c++) {
      norms[c] = sqrt (norms[c]);
      mean += norms[c] / channels;
    }
    for (int p = 0; p < pixels; p++)
      for (int c = 0; c < channels; c++) {
        const double v = x[(gsize) p * channels + c];
        x[(gsize) p * channels + c] = weight[c] * (v * (norms[c] / (mean + CNX_GRN_EPS))) + bias[c] + v;
      }
  }
}

void
cnx_reference_scale_add (float *x, const float *y, gsize rows, int channels, const float *scale)
{
  for (gsize r = 0; r < rows; r++)
    for (int c = 0; c < channels; c++)
      x[r * channels + c] += (double) y[r * channels + c] * (scale ? scale[c] : 1);
}

void
cnx_reference_pool (const float *in, int n, int pixels, int channels, float *out)
{
  for (int i = 0; i < n; i++)
    for (int c = 0; c < channels; c++) {
      double sum = 0;
      for (int p = 0; p < pixels; p++)
        sum += in[((gsize) i * pixels + p) * channels + c];
      out[i * channels + c] = sum / pixels;
    }
}

/* ---- the network ---- */

static float *
read_tensor (CnxModel * model, CnxRole role, int stage, int block)
{
  const CnxTensor *tensor = cnx_model_tensor (model, role, stage, block);

  if (!tensor)
    return NULL;
  float *values = g_new (float, tensor->count);
  cnx_tensor_read (tensor, 0, tensor->count, values);
  return values;
}

static void
norm (CnxModel * model, CnxRole weight_role, int stage, int block, double eps, float *x, gsize rows,
    int channels, float *out)
{
  g_autofree float *weight = read_tensor (model, weight_role, stage, block);
  g_autofree float *bias = read_tensor (model, weight_role + 1, stage, block);

  cnx_reference_layer_norm (x, rows, channels, weight, bias, eps, out);
}

static void
linear (CnxModel * model, CnxRole weight_role, int stage, int block, const float *in, gsize rows,
    int inputs, int outputs, float *out)
{
  g_autofree float *weight = read_tensor (model, weight_role, stage, block);
  g_autofree float *bias = read_tensor (model, weight_role + 1, stage, block);

  cnx_reference_linear (in, rows, inputs, outputs, weight, bias, out);
}

/* A patch x patch convolution of that stride: patches, then a product whose weight is put in their order.
 * Frees @in and returns the new activations. */
static float *
patch_convolution (CnxModel * model, CnxRole weight_role, int stage, float *in, int n, int height,
    int width, int inputs, int outputs, int patch)
{
  const int taps = patch * patch, k = taps * inputs;
  const gsize rows = (gsize) n * (height / patch) * (width / patch);
  g_autofree float *used = in;
  g_autofree float *weight = read_tensor (model, weight_role, stage, 0);
  g_autofree float *bias = read_tensor (model, weight_role + 1, stage, 0);
  g_autofree float *ordered = g_new (float, (gsize) outputs * k);
  g_autofree float *patches = g_new (float, rows * k);
  float *out = g_new (float, rows * outputs);

  for (int o = 0; o < outputs; o++)
    for (int i = 0; i < inputs; i++)
      for (int t = 0; t < taps; t++)
        ordered[(gsize) o * k + t * inputs + i] = weight[((gsize) o * inputs + i) * taps + t];
  cnx_reference_patchify (used, n, height, width, inputs, patch, patches);
  cnx_reference_linear (patches, rows, k, outputs, ordered, bias, out);
  return out;
}

/* x becomes x + scale * linear2 (grn (gelu (linear1 (norm (depthwise (x)))))). */
static void
block (CnxModel * model, int stage, int b, float *x, int n, int height, int width, int channels)
{
  const gsize rows = (gsize) n * height * width;
  const int hidden_channels = 4 * channels;
  g_autofree float *weight = read_tensor (model, CNX_ROLE_DEPTHWISE_WEIGHT, stage, b);
  g_autofree float *bias = read_tensor (model, CNX_ROLE_DEPTHWISE_BIAS, stage, b);
  g_autofree float *scale = read_tensor (model, CNX_ROLE_LAYER_SCALE, stage, b);
  g_autofree float *grn_weight = read_tensor (model, CNX_ROLE_GRN_WEIGHT, stage, b);
  g_autofree float *grn_bias = read_tensor (model, CNX_ROLE_GRN_BIAS, stage, b);
  g_autofree float *y = g_new (float, rows * channels);
  g_autofree float *hidden = g_new (float, rows * hidden_channels);

  cnx_reference_depthwise (x, n, height, width, channels, weight, bias, y);
  norm (model, CNX_ROLE_BLOCK_NORM_WEIGHT, stage, b, CNX_NORM_EPS, y, rows, channels, y);
  linear (model, CNX_ROLE_LINEAR1_WEIGHT, stage, b, y, rows, channels, hidden_channels, hidden);
  cnx_reference_gelu (hidden, rows * hidden_channels);
  if (grn_weight)
    cnx_reference_grn (hidden, n, height * width, hidden_channels, grn_weight, grn_bias);
  linear (model, CNX_ROLE_LINEAR2_WEIGHT, stage, b, hidden, rows, hidden_channels, channels, y);
  cnx_reference_scale_add (x, y, rows, channels, scale);
}

static void
head (CnxModel * model, const float *x, int n, int pixels, int channels, int classes, float *logits)
{
  g_autofree float *pooled = g_new (float, (gsize) n * channels);

  cnx_reference_pool (x, n, pixels, channels, pooled);
  norm (model, CNX_ROLE_FINAL_NORM_WEIGHT, 0, 0, cnx_model_final_norm_eps (model), pooled, n, channels,
      pooled);
  linear (model, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0, pooled, n, channels, classes, logits);
}

gboolean
cnx_reference_forward (CnxModel * model, const float *in, int n, int height, int width, float *logits,
    GError ** error)
{
  const CnxArch *arch = cnx_model_arch (model);
  int h = height / 4, w = width / 4;

  if (!cnx_arch_check_input (height, width, error))
    return FALSE;
  if (arch->classes == 0) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "%s has no classifier, so it has no logits",
        cnx_model_path (model));
    return FALSE;
  }
  float *x = patch_convolution (model, CNX_ROLE_STEM_WEIGHT, 0,
      g_memdup2 (in, (gsize) n * height * width * 3 * sizeof (float)), n, height, width, 3,
      arch->dims[0], 4);
  norm (model, CNX_ROLE_STEM_NORM_WEIGHT, 0, 0, CNX_NORM_EPS, x, (gsize) n * h * w, arch->dims[0], x);
  for (int s = 0; s < CNX_STAGES; s++) {
    if (s > 0) {
      norm (model, CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT, s, 0, CNX_NORM_EPS, x, (gsize) n * h * w,
          arch->dims[s - 1], x);
      x = patch_convolution (model, CNX_ROLE_DOWNSAMPLE_WEIGHT, s, x, n, h, w, arch->dims[s - 1],
          arch->dims[s], 2);
      h /= 2;
      w /= 2;
    }
    for (int b = 0; b < arch->depths[s]; b++)
      block (model, s, b, x, n, h, w, arch->dims[s]);
  }
  head (model, x, n, h * w, arch->dims[CNX_STAGES - 1], arch->classes, logits);
  g_free (x);
  return TRUE;
}
