#include "core/model/precision.h"
#include "core/error.h"

#include <math.h>
#include <string.h>

static const char *const names[] = { "auto", "fp32", "fp16", "bf16", "int8" };

const char *
cnx_precision_name (CnxPrecision precision)
{
  return names[precision];
}

gboolean
cnx_precision_parse (const char *name, CnxPrecision * precision, GError ** error)
{
  *precision = CNX_PRECISION_AUTO;
  if (!name || !*name)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (name, names[i]) == 0) {
      *precision = i;
      return TRUE;
    }
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT,
      "there is no precision '%s'; there are auto, fp32, fp16, bf16 and int8", name);
  return FALSE;
}

CnxPrecision
cnx_precision_of_downsamples (CnxPrecision precision)
{
  return precision == CNX_PRECISION_INT8 ? CNX_PRECISION_FP32 : precision;
}

/* The largest sum of four magnitudes whose products are added in 16 bits; see the head of precision.h. */
static float
largest_four (const float *row, int count)
{
  float largest = 0;

  for (int k = 0; k < count; k += 8)
    for (int half = 0; half < 4; half += 2) {
      float sum = 0;
      for (int i = 0; i < 8; i++)
        if ((i & 2) == half && k + i < count)
          sum += fabsf (row[k + i]);
      largest = fmaxf (largest, sum);
    }
  return largest;
}

float
cnx_int8_weight (const float *row, int count, gint8 * out)
{
  float largest = 0;

  for (int k = 0; k < count; k++) {
    if (!isfinite (row[k])) {
      memset (out, 0, count);
      return NAN;
    }
    largest = fmaxf (largest, fabsf (row[k]));
  }
  /* four roundings may each add a half */
  const float scale = fmaxf (largest / 127, largest_four (row, count) / (CNX_INT8_FOUR - 2));
  for (int k = 0; k < count; k++)
    out[k] = scale > CNX_INT8_LEAST ? (gint8) lrintf (row[k] / scale) : 0;
  return scale > CNX_INT8_LEAST ? scale : 0;
}

void
cnx_int8_group (const float *in, int count, int levels, guint8 * out, float *scale, float *low)
{
  float least = 0, most = 0;

  for (int k = 0; k < count; k++) {
    if (!isfinite (in[k])) {
      memset (out, 0, count);
      *scale = *low = NAN;
      return;
    }
    least = fminf (least, in[k]);
    most = fmaxf (most, in[k]);
  }
  const float range = most - least, inverse = range > CNX_INT8_LEAST ? levels / range : 0;
  *scale = range / levels;
  *low = least;
  for (int k = 0; k < count; k++)
    out[k] = (guint8) fmaf (in[k] - least, inverse, 0.5f);
}
