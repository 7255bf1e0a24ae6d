#include "gst-plugin/pace/qos.h"
#include "gst-plugin/upstream.h"

#define CALM 32                 /* frames in time, after which nothing is the matter any more */
#define LAST_TIME (G_MAXINT64 / 4)      /* 73 years */
#define PATIENCE (2 * GST_SECOND)       /* after which one is tried, whatever the last took */

void
cnx_qos_init (CnxQos * self)
{
  g_mutex_init (&self->lock);
}

void
cnx_qos_clear (CnxQos * self)
{
  g_mutex_clear (&self->lock);
}

void
cnx_qos_forget (CnxQos * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->troubled = 0;
}

gboolean
cnx_qos_is_troubled (CnxQos * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->troubled > 0;
}

/* So that what is reckoned with them fits. GST_CLOCK_TIME_NONE is none. */
static gboolean
is_time (GstClockTime time)
{
  return time < LAST_TIME;
}

void
cnx_qos_complain (CnxQos * self, GstClockTime running_time, GstClockTimeDiff late, GstClockTime now)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (late <= 0 || !is_time (running_time) || !is_time (now))
    return;
  if (self->troubled == 0)
    self->since = now;
  self->deadline = GST_CLOCK_DIFF (running_time, now) - MIN (late, LAST_TIME);
  self->troubled = CALM;
}

/* What is said of frames in time is of no use here: a sink says it when it has shown them, and not when they came. */
static gboolean
tells_lateness (GstElement * element, GstEvent * event, GstClockTime * running_time, GstClockTimeDiff * late)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (element, "sink");
  gboolean live = FALSE;
  GstQOSType type;

  gst_event_parse_qos (event, &type, NULL, late, running_time);
  return type != GST_QOS_TYPE_THROTTLE && *late > 0 && cnx_upstream_is_live (sink, &live) && live;
}

void
cnx_qos_hear (CnxQos * self, GstElement * element, GstEvent * event)
{
  GstClockTimeDiff late;
  GstClockTime running_time;

  if (GST_EVENT_TYPE (event) == GST_EVENT_LATENCY)
    cnx_qos_forget (self);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_QOS && tells_lateness (element, event, &running_time, &late))
    cnx_qos_complain (self, running_time, late, gst_element_get_current_running_time (element));
}

/* Whether a frame that is in time by itself, and would not be if it took what the last one did, is classified all the
 * same. With the lock held. */
static gboolean
is_to_be_tried (const CnxQos * self, GstClockTimeDiff comes, GstClockTime now)
{
  return comes <= self->deadline && now > self->since && now - self->since > PATIENCE;
}

gboolean
cnx_qos_is_late (CnxQos * self, GstClockTime running_time, GstClockTime now)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const GstClockTimeDiff comes = GST_CLOCK_DIFF (running_time, now);

  if (self->troubled == 0 || !is_time (running_time) || !is_time (now))
    return FALSE;
  const gboolean late = comes > self->deadline - (GstClockTimeDiff) self->takes;
  self->troubled = late ? CALM : self->troubled - 1;
  if (late && !is_to_be_tried (self, comes, now))
    return TRUE;
  self->since = now;
  return FALSE;
}

void
cnx_qos_note (CnxQos * self, GstClockTime time)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->takes = MIN (time, LAST_TIME);
  self->since += self->takes;
}
