#include "gst-plugin/steady/steady.h"
#include "core/error.h"

#include <math.h>
#include <string.h>

void
cnx_steady_reset (CnxSteady * self)
{
  self->averaged = self->timed = self->stands = FALSE;
  self->step = 0;
}

void
cnx_steady_clear (CnxSteady * self)
{
  g_free (self->average);
  *self = (CnxSteady) { 0 };
}

/* From the frame before to the one at @now, in nanoseconds; 0: not known. */
static double
step_to (CnxSteady * self, guint64 now)
{
  if (now == G_MAXUINT64)
    return self->step;
  if (self->timed && now < self->time)
    cnx_steady_reset (self);
  if (self->timed && now > self->time)
    self->step = now - self->time;
  self->time = now;
  self->timed = TRUE;
  return self->step;
}

gboolean
cnx_steady_smooth (CnxSteady * self, float *confidences, int classes, guint64 running_time, guint64 time_constant,
    GError ** error)
{
  const double step = step_to (self, running_time);

  if (time_constant == 0) {
    self->averaged = FALSE;
    return TRUE;
  }
  if (!self->average && !(self->average = cnx_try_new (classes, sizeof (double), "an average of answers", error)))
    return FALSE;
  const double weight = self->averaged && step > 0 ? -expm1 (-step / time_constant) : 1;
  if (!self->averaged)
    memset (self->average, 0, classes * sizeof (double));
  for (int i = 0; i < classes; i++) {
    self->average[i] += weight * (confidences[i] - self->average[i]);
    confidences[i] = self->average[i];
  }
  self->averaged = TRUE;
  return TRUE;
}

/* Which class stands now that @best is the highest. */
static void
judge (CnxSteady * self, const float *confidences, int best, double threshold, double hysteresis)
{
  const double highest = confidences[best];

  if (self->stands && confidences[self->standing] < threshold - hysteresis)
    self->stands = FALSE;
  if (self->stands && highest - confidences[self->standing] < hysteresis)
    return;
  self->stands = highest >= threshold;
  self->standing = best;
}

/* The @n labels with @id before them, at most @k. */
static guint
put_first (int id, float confidence, CnxLabel * labels, guint n, guint k)
{
  guint at = 0;

  while (at < n && labels[at].id != id)
    at++;
  if (at == n)
    n = MIN (n + 1, k);
  for (guint i = MIN (at, k - 1); i > 0; i--)
    labels[i] = labels[i - 1];
  labels[0] = (CnxLabel) { id, confidence };
  return n;
}

guint
cnx_steady_top_k (CnxSteady * self, const float *confidences, int classes, guint k, float threshold,
    double hysteresis, CnxLabel * out)
{
  const guint most = cnx_labels_best (confidences, classes, k, 0, out);
  guint n = 0;

  if (most == 0)
    return 0;
  while (n < most && out[n].confidence >= threshold)
    n++;
  if (hysteresis > 0)
    judge (self, confidences, out[0].id, threshold, hysteresis);
  else
    self->stands = FALSE;
  return self->stands ? put_first (self->standing, confidences[self->standing], out, n, k) : n;
}
