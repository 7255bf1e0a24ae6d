#include "core/labels.h"

#include <math.h>

/* Where @logit belongs among the @n best so far, by value and then by id: those before it have a lower id. */
static guint
place_of (const float *logits, const CnxLabel * best, guint n, float logit)
{
  guint place = n;

  while (place > 0 && logits[best[place - 1].id] < logit)
    place--;
  return place;
}

/* Fills the ids of the @k largest logits; returns how many there are. */
static guint
select_best (const float *logits, int classes, guint k, CnxLabel * out)
{
  guint n = 0;

  for (int id = 0; id < classes; id++) {
    guint place;

    if (n == k && logits[id] <= logits[out[n - 1].id])
      continue;
    place = place_of (logits, out, n, logits[id]);
    n = MIN (n + 1, k);
    for (guint i = n - 1; i > place; i--)
      out[i] = out[i - 1];
    out[place].id = id;
  }
  return n;
}

/* The largest logit is taken off before exp(), so that no sum overflows; +inf then means certainty. */
static gboolean
softmax_sum (const float *logits, int classes, float largest, double *sum)
{
  *sum = 0;
  for (int i = 0; i < classes; i++) {
    if (isnan (logits[i]))
      return FALSE;
    *sum += exp ((double) logits[i] - largest);
  }
  return isfinite (*sum);
}

guint
cnx_labels_top_k (const float *logits, int classes, guint k, float threshold, CnxLabel * out)
{
  guint n, kept = 0;
  double sum;

  if (k == 0 || classes <= 0)
    return 0;
  n = select_best (logits, classes, k, out);
  if (!softmax_sum (logits, classes, logits[out[0].id], &sum))
    return 0;
  while (kept < n) {
    out[kept].confidence = exp ((double) logits[out[kept].id] - logits[out[0].id]) / sum;
    if (!(out[kept].confidence >= threshold))
      break;
    kept++;
  }
  return kept;
}
