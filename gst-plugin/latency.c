#include "gst-plugin/latency.h"

#define FORGETS 16              /* a peak loses such a part of what it is too high by with each frame */

void
cnx_latency_init (CnxLatency * self)
{
  g_mutex_init (&self->lock);
  self->takes = 0;
  self->told = GST_CLOCK_TIME_NONE;
}

void
cnx_latency_clear (CnxLatency * self)
{
  g_mutex_clear (&self->lock);
}

void
cnx_latency_forget (CnxLatency * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->takes = 0;
}

gboolean
cnx_latency_is_known (CnxLatency * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->takes > 0;
}

/* Returns whether it must be told. With the lock held. */
static gboolean
note (CnxLatency * self, GstClockTime time)
{
  self->takes = time > self->takes ? time : self->takes - (self->takes - time) / FORGETS;
  if (self->told == GST_CLOCK_TIME_NONE)
    return FALSE;
  const GstClockTime off = self->takes > self->told ? self->takes - self->told : self->told - self->takes;
  if (off <= self->told / 2)
    return FALSE;
  self->told = self->takes;     /* once, whether somebody asks then or not */
  return TRUE;
}

void
cnx_latency_note (CnxLatency * self, GstElement * element, gint64 since)
{
  g_mutex_lock (&self->lock);
  const gboolean moved = note (self, (g_get_monotonic_time () - since) * GST_USECOND);
  g_mutex_unlock (&self->lock);
  if (moved)
    gst_element_post_message (element, gst_message_new_latency (GST_OBJECT (element)));
}

void
cnx_latency_answer (CnxLatency * self, GstQuery * query, gboolean wait)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GstClockTime least, most;
  gboolean live;

  gst_query_parse_latency (query, &live, &least, &most);
  if (!live)
    return;
  self->told = wait ? self->takes : 0;
  if (most != GST_CLOCK_TIME_NONE)
    most += self->told;
  gst_query_set_latency (query, live, least + self->told, most);
}
