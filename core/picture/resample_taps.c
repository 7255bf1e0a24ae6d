#include "core/picture/resample_taps.h"

#include <math.h>

typedef double (*Filter) (double x);

static double
triangle (double x)
{
  x = fabs (x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

/* Keys' cubic convolution with a = -0.5: Catmull-Rom. */
static double
catmull_rom (double x)
{
  const double a = -0.5;

  x = fabs (x);
  if (x < 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0)
    return ((x - 5.0) * x + 8.0) * x * a - 4.0 * a;
  return 0.0;
}

/* By CnxInterpolation. */
static const struct
{
  Filter filter;
  double support;
} filters[] = {
  [CNX_INTERPOLATION_BILINEAR] = {triangle, 1.0},
  [CNX_INTERPOLATION_BICUBIC] = {catmull_rom, 2.0},
};

typedef struct
{
  int start, length;
  double centre;
} Span;

/* What pixel @p of the resized picture reads. */
static Span
span_of (const CnxAxis * axis, double support, int p)
{
  Span span = {.centre = (p + 0.5) * axis->scale + axis->shift };
  double low = floor (span.centre - support + 0.5), high = floor (span.centre + support + 0.5);
  int end = (int) CLAMP (high, axis->first + 1.0, (double) axis->samples);

  span.start = (int) CLAMP (low, (double) axis->first, axis->samples - 1.0);
  span.length = MAX (1, end - span.start);
  return span;
}

static void
fill_weights (float *weights, const Span * span, Filter filter, double stretch, int repeat)
{
  double sum = 0.0;

  for (int t = 0; t < span->length; t++)
    sum += filter ((span->start + t + 0.5 - span->centre) / stretch);
  for (int t = 0; t < span->length; t++) {
    double weight = filter ((span->start + t + 0.5 - span->centre) / stretch);

    for (int r = 0; r < repeat; r++)
      weights[t * repeat + r] = (float) (sum != 0.0 ? weight / sum : 1.0 / span->length);
  }
}

void
cnx_taps_init (CnxTaps * taps, const CnxAxis * axis, CnxInterpolation interpolation, int first,
    int count, int repeat, int block)
{
  Filter filter = filters[interpolation].filter;
  /* Only a shrink widens the filter; an enlargement interpolates between neighbours. */
  double stretch = MAX (axis->scale, 1.0);
  double support = filters[interpolation].support * stretch;
  int longest = 1;

  *taps = (CnxTaps) {.count = count,.first = axis->samples };
  taps->starts = g_new (int, count);
  taps->lengths = g_new (int, count);
  for (int i = 0; i < count; i++) {
    Span span = span_of (axis, support, first + i);

    taps->starts[i] = span.start;
    taps->lengths[i] = span.length;
    taps->first = MIN (taps->first, span.start);
    taps->end = MAX (taps->end, span.start + span.length);
    longest = MAX (longest, span.length);
  }
  taps->pitch = (longest * repeat + block - 1) / block * block;
  taps->weights = g_new0 (float, (gsize) taps->pitch * count);
  for (int i = 0; i < count; i++) {
    Span span = span_of (axis, support, first + i);

    fill_weights (taps->weights + (gsize) taps->pitch * i, &span, filter, stretch, repeat);
  }
}

void
cnx_taps_clear (CnxTaps * taps)
{
  g_clear_pointer (&taps->starts, g_free);
  g_clear_pointer (&taps->lengths, g_free);
  g_clear_pointer (&taps->weights, g_free);
}
