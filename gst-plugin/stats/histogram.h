/* How long things take: any number of values in a fixed room, and what they are on the whole. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNX_HISTOGRAM_STEPS 32  /* bins between a value and twice that */
#define CNX_HISTOGRAM_BITS 36   /* what needs more is as if it were the most that these hold */
#define CNX_HISTOGRAM_BINS (CNX_HISTOGRAM_STEPS * (CNX_HISTOGRAM_BITS - 4))

/**
 * CnxHistogram:
 * @n, @sum, @most: of all values
 * @bins: values below twice CNX_HISTOGRAM_STEPS have a bin each; above, there are CNX_HISTOGRAM_STEPS of the same width
 *   from each power of two to the next
 *
 * All zero is none. Of microseconds it holds 19 hours, in 8 KiB. Not locked.
 */
typedef struct
{
  guint64 n;
  double sum;
  guint64 most;
  guint64 bins[CNX_HISTOGRAM_BINS];
} CnxHistogram;

void cnx_histogram_add (CnxHistogram * histogram, guint64 value);

/** Of all values; 0 without one. */
double cnx_histogram_mean (const CnxHistogram * histogram);

/** The least value that at least so many are not above: @share of all, above 0 and up to 1. Off by at most 1.6 %, half
 * of a bin, and exact below 64. 0 without a value. */
double cnx_histogram_quantile (const CnxHistogram * histogram, double share);

G_END_DECLS
