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

const char *
cnx_confidence_name (CnxConfidence kind)
{
  return kind == CNX_CONFIDENCE_SIGMOID ? "sigmoid" : "softmax";
}

/* With the largest logit taken off first, nothing overflows. */
static double
softmax_sum (const float *logits, int classes, double largest)
{
  double sum = 0;

  for (int i = 0; i < classes; i++)
    sum += exp (logits[i] - largest);
  return sum;
}

guint
cnx_labels_top_k (CnxConfidence kind, const float *logits, int classes, guint k, float threshold, CnxLabel * out)
{
  guint n, kept = 0;
  double largest, sum;

  if (k == 0 || classes <= 0 || has_nan (logits, classes))
    return 0;
  n = select_best (logits, classes, k, out);
  largest = logits[out[0].id];
  if (!isfinite (largest))
    return 0;
  sum = kind == CNX_CONFIDENCE_SOFTMAX ? softmax_sum (logits, classes, largest) : 0;
  while (kept < n) {
    const double logit = logits[out[kept].id];

    out[kept].confidence = kind == CNX_CONFIDENCE_SOFTMAX ? exp (logit - largest) / sum : 1 / (1 + exp (-logit));
    if (!(out[kept].confidence >= threshold))
      break;
    kept++;
  }
  return kept;
}

gboolean
cnx_labels_confidences (CnxConfidence kind, float *logits, int classes)
{
  CnxLabel best;
  double sum = 0;

  if (classes <= 0 || has_nan (logits, classes) || select_best (logits, classes, 1, &best) == 0)
    return FALSE;
  const double largest = logits[best.id];
  if (!isfinite (largest))
    return FALSE;
  if (kind == CNX_CONFIDENCE_SIGMOID) {
    for (int i = 0; i < classes; i++)
      logits[i] = 1 / (1 + exp (-(double) logits[i]));
    return TRUE;
  }
  for (int i = 0; i < classes; i++)
    sum += logits[i] = exp (logits[i] - largest);
  const double scale = 1 / sum;
  for (int i = 0; i < classes; i++)
    logits[i] *= scale;
  return TRUE;
}

guint
cnx_labels_best (const float *confidences, int classes, guint k, float threshold, CnxLabel * out)
{
  guint kept = 0;

  if (k == 0 || classes <= 0)
    return 0;
  const guint n = select_best (confidences, classes, k, out);
  while (kept < n && confidences[out[kept].id] >= threshold) {
    out[kept].confidence = confidences[out[kept].id];
    kept++;
  }
  return kept;
}
