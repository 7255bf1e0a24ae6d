#include "core/heat/heat.h"
#include "core/error.h"

#include <float.h>
#include <math.h>

gboolean
cnx_heat_check (const CnxArch * arch, GError ** error)
{
  if (arch->classes < 1) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "This model gives no heat map: it has no classifier");
    return FALSE;
  }
  if (arch->hidden > 0) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "This model gives no heat map: before its classifier is a hidden "
        "layer (timm's `_mlp`), after which no place's share in a class can be told");
    return FALSE;
  }
  return TRUE;
}

int
cnx_heat_places (int height, int width)
{
  return (height / CNX_INPUT_MULTIPLE) * (width / CNX_INPUT_MULTIPLE);
}

void
cnx_heat_direction (const CnxArch * arch, const float *weight, const float *norm_weight, float *direction)
{
  const int channels = arch->dims[CNX_STAGES - 1];
  double mean = 0;

  /* W . gamma * (f - mean (f)) is (W gamma - mean (W gamma)) . f */
  for (int c = 0; arch->norm == CNX_NORM_LAYER && c < channels; c++)
    mean += (double) weight[c] * norm_weight[c] / channels;
  for (int c = 0; c < channels; c++)
    direction[c] = (double) weight[c] * norm_weight[c] - mean;
}

/* What the norm divides a row by. */
static double
divisor (const CnxArch * arch, double eps, const float *row)
{
  const int channels = arch->dims[CNX_STAGES - 1];
  double mean = 0, square = 0;

  for (int c = 0; arch->norm != CNX_NORM_RMS && c < channels; c++)
    mean += (double) row[c] / channels;
  for (int c = 0; c < channels; c++)
    square += (row[c] - mean) * (row[c] - mean);
  return sqrt (square / (arch->norm == CNX_NORM_SIMPLE ? MAX (channels - 1, 1) : channels) + eps);
}

void
cnx_heat_map (const CnxArch * arch, double eps, const float *rows, int places, const float *direction, float *map)
{
  const int channels = arch->dims[CNX_STAGES - 1];

  for (int p = 0; p < places; p++, rows += channels) {
    double sum = 0;

    for (int c = 0; c < channels; c++)
      sum += (double) rows[c] * direction[c];
    /* one divisor for all places would go again when they are scaled */
    if (arch->norm_first)
      sum /= divisor (arch, eps, rows);
    map[p] = CLAMP (sum, -FLT_MAX, FLT_MAX);
  }
  cnx_heat_scale (map, places);
}

void
cnx_heat_scale (float *map, int places)
{
  float largest = 0;

  for (int p = 0; p < places; p++)
    largest = MAX (largest, map[p]);
  for (int p = 0; p < places; p++)
    map[p] = map[p] > 0 ? map[p] / largest : 0;
}
