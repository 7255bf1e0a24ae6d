#include "core/model/labels.h"

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

static gboolean
has_nan (const float *logits, int classes)
{
  for (int i = 0; i < classes; i++) {
    if (isnan (logits[i]))
      return TRUE;
  }
  return FALSE;
}

guint
cnx_labels_top_k (const float *logits, int classes, guint k, float threshold, CnxLabel * out)
{
  guint n, kept = 0;
  double largest, sum = 0;

  if (k == 0 || classes <= 0 || has_nan (logits, classes))
    return 0;
  n = select_best (logits, classes, k, out);

  /* With the largest logit taken off first, nothing overflows. An infinite one gives a NaN, and no label. */
  largest = logits[out[0].id];
  for (int i = 0; i < classes; i++)
    sum += exp (logits[i] - largest);
  while (kept < n) {
    out[kept].confidence = exp (logits[out[kept].id] - largest) / sum;
    if (!(out[kept].confidence >= threshold))
      break;
    kept++;
  }
  return kept;
}
