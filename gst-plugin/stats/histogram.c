#include "gst-plugin/stats/histogram.h"

#include <math.h>

#define STEPS CNX_HISTOGRAM_STEPS
#define MOST ((G_GUINT64_CONSTANT (1) << CNX_HISTOGRAM_BITS) - 1)

/* By how many bits a value is made shorter, so that what is left is below twice STEPS. */
static guint
shift_of (guint64 value)
{
  guint shift = 0;

  while (value >> shift >= 2 * STEPS)
    shift++;
  return shift;
}

/* The first STEPS are for what is below STEPS, and each STEPS after for what is shorter by 0, 1, 2... bits. */
static guint
bin_of (guint64 value)
{
  const guint shift = shift_of (value);

  return shift * STEPS + (guint) (value >> shift);
}

/* The middle of those that are in @bin. */
static double
middle_of (guint bin)
{
  const guint shift = bin < 2 * STEPS ? 0 : bin / STEPS - 1;
  const guint64 first = (guint64) (bin - shift * STEPS) << shift, width = G_GUINT64_CONSTANT (1) << shift;

  return first + (width - 1) / 2.0;
}

void
cnx_histogram_add (CnxHistogram * self, guint64 value)
{
  value = MIN (value, MOST);
  self->n++;
  self->sum += value;
  self->most = MAX (self->most, value);
  self->bins[bin_of (value)]++;
}

double
cnx_histogram_mean (const CnxHistogram * self)
{
  return self->n > 0 ? self->sum / self->n : 0;
}

double
cnx_histogram_quantile (const CnxHistogram * self, double share)
{
  const double wanted = ceil (share * self->n);
  guint64 seen = 0;

  for (guint bin = 0; bin < CNX_HISTOGRAM_BINS && self->n > 0; bin++) {
    seen += self->bins[bin];
    if (seen >= wanted && seen > 0)
      return MIN (middle_of (bin), self->most);
  }
  return self->most;
}
