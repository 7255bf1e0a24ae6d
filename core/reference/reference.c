#include "core/reference/reference.h"

#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/weights/half.h"

/* Rows that share a pass over the weights, so that both stay in the cache. */
#define ROW_TILE 16
/* Sums of a dot product that run beside one another, so that the compiler can use vectors. */
#define LANES 8

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

/* One row of a patch: @kernel pixels from column @x on, zeros outside. */
static void
unfold_row (const float *line, int width, int channels, int kernel, int x, float *out)
{
  for (int kx = 0; kx < kernel; kx++, out += channels) {
    if (line && x + kx >= 0 && x + kx < width)
      memcpy (out, line + (gsize) (x + kx) * channels, channels * sizeof (float));
    else
      memset (out, 0, channels * sizeof (float));
  }
}

void
cnx_reference_unfold (const float *in, int n, int height, int width, int channels, int kernel, int step,
    int padding, float *out)
{
  const gsize stride = (gsize) width * channels;

  for (int i = 0; i < n; i++, in += height * stride)
    for (int y = -padding; y + padding < height / step * step; y += step)
      for (int x = -padding; x + padding < width / step * step; x += step)
        for (int ky = 0; ky < kernel; ky++, out += (gsize) kernel * channels)
          unfold_row (y + ky >= 0 && y + ky < height ? in + (y + ky) * stride : NULL, width, channels, kernel, x, out);
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
depthwise_at (const float *in, int height, int width, int channels, int kernel, int y, int x, int c,
    const float *weight)
{
  const int padding = kernel / 2;
  double sum = 0;

  for (int ky = MAX (0, padding - y); ky < kernel && y + ky - padding < height; ky++) {
    for (int kx = MAX (0, padding - x); kx < kernel && x + kx - padding < width; kx++) {
      gsize pixel = (gsize) (y + ky - padding) * width + (x + kx - padding);

      sum += (double) in[pixel * channels + c] * weight[(c * kernel + ky) * kernel + kx];
    }
  }
  return sum;
}

void
cnx_reference_depthwise (const float *in, int n, int height, int width, int channels, int kernel,
    const float *weight, const float *bias, float *out)
{
  gsize picture = (gsize) height * width * channels;

  for (int i = 0; i < n; i++) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++)
          *out++ = (bias ? bias[c] : 0)
              + depthwise_at (in + i * picture, height, width, channels, kernel, y, x, c, weight);
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
cnx_reference_norm (CnxNorm norm, const float *in, gsize rows, int channels, const float *weight,
    const float *bias, double eps, float *out)
{
  if (norm == CNX_NORM_LAYER) {
    cnx_reference_layer_norm (in, rows, channels, weight, bias, eps, out);
    return;
  }
  for (gsize r = 0; r < rows; r++, in += channels, out += channels) {
    double mean = 0, square = 0, scale;

    for (int c = 0; norm == CNX_NORM_SIMPLE && c < channels; c++)
      mean += (double) in[c] / channels;
    for (int c = 0; c < channels; c++)
      square += (in[c] - mean) * (in[c] - mean);
    scale = 1 / sqrt (square / (norm == CNX_NORM_SIMPLE ? MAX (channels - 1, 1) : channels) + eps);
    for (int c = 0; c < channels; c++)
      out[c] = in[c] * scale * weight[c];
  }
}

static double
activate (CnxActivation activation, double x)
{
  switch (activation) {
    case CNX_ACTIVATION_GELU_TANH:
      return 0.5 * x * (1 + tanh (sqrt (2 / G_PI) * (x + 0.044715 * x * x * x)));
    case CNX_ACTIVATION_QUICK_GELU:
      return x / (1 + exp (-1.702 * x));
    case CNX_ACTIVATION_SILU:
      return x / (1 + exp (-x));
    case CNX_ACTIVATION_RELU:
      return MAX (x, 0);
    default:
      return 0.5 * x * (1 + erf (x * G_SQRT2 / 2));
  }
}

void
cnx_reference_activate (CnxActivation activation, float *x, gsize count)
{
  for (gsize i = 0; i < count; i++)
    x[i] = activate (activation, x[i]);
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

/* ---- other precisions ---- */

static float
round_to (CnxPrecision precision, float value)
{
  return precision == CNX_PRECISION_BF16 ? cnx_bf16_to_float (cnx_bf16_from_float (value))
      : precision == CNX_PRECISION_FP16 ? cnx_fp16_to_float (cnx_fp16_from_float (value)) : value;
}

static float *
rounded (CnxPrecision precision, const float *values, gsize count)
{
  float *out = g_new (float, count);

  for (gsize i = 0; i < count; i++)
    out[i] = round_to (precision, values[i]);
  return out;
}

/* The sum of q * w and of w over one group. */
static void
dot_group (const guint8 * q, const gint8 * w, int count, int *dot, int *sum)
{
  *dot = *sum = 0;
  for (int k = 0; k < count; k++) {
    *dot += q[k] * w[k];
    *sum += w[k];
  }
}

static void
linear_int8 (int levels, const float *in, gsize rows, int inputs, int outputs, const float *weight,
    const float *bias, float *out)
{
  g_autofree gint8 *w = g_new (gint8, (gsize) inputs * outputs);
  g_autofree float *scales = g_new (float, outputs);
  g_autofree guint8 *q = g_new (guint8, inputs);

  for (int o = 0; o < outputs; o++)
    scales[o] = cnx_int8_weight (weight + (gsize) o * inputs, inputs, w + (gsize) o * inputs);
  for (gsize r = 0; r < rows; r++, in += inputs, out += outputs) {
    for (int o = 0; o < outputs; o++)
      out[o] = bias ? bias[o] : 0;
    for (int first = 0; first < inputs; first += CNX_INT8_GROUP) {
      const int count = MIN (CNX_INT8_GROUP, inputs - first);
      float scale, low;
      cnx_int8_group (in + first, count, levels, q, &scale, &low);
      for (int o = 0; o < outputs; o++) {
        int dot, sum;
        dot_group (q, w + (gsize) o * inputs + first, count, &dot, &sum);
        out[o] = fmaf (fmaf (dot, scale, low * sum), scales[o], out[o]);
      }
    }
  }
}

void
cnx_reference_linear_in (CnxPrecision precision, int levels, const float *in, gsize rows, int inputs,
    int outputs, const float *weight, const float *bias, float *out)
{
  if (precision == CNX_PRECISION_INT8) {
    linear_int8 (levels, in, rows, inputs, outputs, weight, bias, out);
  } else if (precision == CNX_PRECISION_FP32) {
    cnx_reference_linear (in, rows, inputs, outputs, weight, bias, out);
  } else {
    g_autofree float *a = rounded (precision, in, rows * inputs);
    g_autofree float *w = rounded (precision, weight, (gsize) inputs * outputs);
    cnx_reference_linear (a, rows, inputs, outputs, w, bias, out);
  }
}
