#include "gst-plugin/carried.h"

void
cnx_carried_set (CnxCarried * self, CnxResult * result)
{
  g_clear_pointer (&self->result, cnx_result_unref);
  *self = (CnxCarried) { result, GST_CLOCK_TIME_NONE, FALSE };
}

/* Whether @now is a time to judge by; the first one is what later ones are held against. */
static gboolean
note_time (CnxCarried * self, GstClockTime now, gboolean stamped)
{
  if (!GST_CLOCK_TIME_IS_VALID (now))
    return FALSE;
  if (!GST_CLOCK_TIME_IS_VALID (self->since) || stamped != self->stamped) {
    self->since = now;
    self->stamped = stamped;
  }
  return TRUE;
}

CnxResult *
cnx_carried_at (CnxCarried * self, GstElement * element, GstClockTime now, GstClockTime longest)
{
  const gboolean stamped = GST_CLOCK_TIME_IS_VALID (now);

  if (!self->result || (!stamped && self->stamped))
    return self->result;
  if (!stamped)
    now = gst_element_get_current_running_time (element);
  if (note_time (self, now, stamped) && longest > 0 && now > self->since + longest)
    cnx_carried_set (self, NULL);
  return self->result;
}
