#include "gst-plugin/carried.h"

void
cnx_carried_set (CnxCarried * self, CnxResult * result)
{
  g_clear_pointer (&self->result, cnx_result_unref);
  self->result = result;
  self->since = GST_CLOCK_TIME_NONE;
  self->stamped = FALSE;
}

/* The running time when what is carried was made, where a buffer of @now is the first with it: after the buffer before,
 * which did not have it yet, and so long ago as it was by the clock. Where the source stood still both are long ago.
 * With a pause between only the second is, with frames that are further apart than a pass takes only the first. */
static GstClockTime
made_at (const CnxCarried * self, GstClockTime now)
{
  if (!self->any || self->before > now)
    return now;
  const GstClockTime ago = (g_get_monotonic_time () - self->result->made) * GST_USECOND;
  return now - MIN (ago, now - self->before);
}

/* Whether @now is a time to judge by; the first one is what later ones are held against. */
static gboolean
note_time (CnxCarried * self, GstClockTime now, gboolean stamped)
{
  if (!GST_CLOCK_TIME_IS_VALID (now))
    return FALSE;
  if (!GST_CLOCK_TIME_IS_VALID (self->since) || stamped != self->stamped) {
    self->since = stamped ? made_at (self, now) : now;
    self->stamped = stamped;
  }
  return TRUE;
}

static void
judge (CnxCarried * self, GstElement * element, GstClockTime now, GstClockTime longest)
{
  const gboolean stamped = GST_CLOCK_TIME_IS_VALID (now);

  if (!self->result || (!stamped && self->stamped))
    return;
  if (!stamped)
    now = gst_element_get_current_running_time (element);
  if (note_time (self, now, stamped) && longest > 0 && now > self->since + longest)
    cnx_carried_set (self, NULL);
}

CnxResult *
cnx_carried_at (CnxCarried * self, GstElement * element, GstClockTime now, GstClockTime longest)
{
  judge (self, element, now, longest);
  if (GST_CLOCK_TIME_IS_VALID (now)) {
    self->any = TRUE;
    self->before = now;
  }
  return self->result;
}

void
cnx_carried_hold (CnxCarried * self)
{
  self->since = GST_CLOCK_TIME_NONE;    /* as if they were made when they were asked for */
}
