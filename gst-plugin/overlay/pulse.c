#include "gst-plugin/overlay/pulse.h"
#include "gst-plugin/labels/labelmeta.h"

static const char *const names[CNX_PULSE_FIGURES] = { "frames a second", "a pass", "age of the labels" };

typedef struct
{
  CnxPulse *pulse;
  GstClockTime now;
} FrameReader;

static void
forget_told (CnxPulse * self)
{
  for (guint i = 0; i < CNX_PULSE_FIGURES; i++)
    g_clear_pointer (&self->told[i], g_free);
}

void
cnx_pulse_forget (CnxPulse * self)
{
  forget_told (self);
  *self = (CnxPulse) { 0 };
}

static gboolean
count_first (const CnxMetaLabels * labels, gpointer user_data)
{
  FrameReader *reader = user_data;

  if (labels->pass > 0) {
    reader->pulse->passes++;
    reader->pulse->pass += labels->pass;
  }
  if (GST_CLOCK_TIME_IS_VALID (labels->running_time) && labels->running_time <= reader->now) {
    reader->pulse->ages++;
    reader->pulse->age += reader->now - labels->running_time;
  }
  return FALSE;
}

static char *
milliseconds (double sum, guint n)
{
  return n > 0 ? g_strdup_printf ("%.0f ms", sum / n / GST_MSECOND) : g_strdup ("–");
}

static char *
rate (guint frames, GstClockTime time)
{
  return frames > 0 ? g_strdup_printf ("%.1f", frames * (double) GST_SECOND / time) : g_strdup ("–");
}

static void
tell (CnxPulse * self, GstClockTime now)
{
  forget_told (self);
  self->told[0] = rate (self->frames, now - self->start);
  self->told[1] = milliseconds (self->pass, self->passes);
  self->told[2] = milliseconds (self->age, self->ages);
}

static void
begin (CnxPulse * self, GstClockTime now)
{
  self->start = now;
  self->frames = self->passes = self->ages = 0;
  self->pass = self->age = 0;
}

void
cnx_pulse_append (CnxPulse * self, GArray * panel, const CnxLooks * looks, GstBuffer * buffer,
    GstClockTime running_time)
{
  FrameReader reader = { self, running_time };

  if (GST_CLOCK_TIME_IS_VALID (running_time)) {
    const gboolean first = !self->told[0] || running_time < self->start;
    if (first)
      begin (self, running_time);
    else
      self->frames++;
    cnx_label_meta_foreach (buffer, count_first, &reader);
    if (first || running_time - self->start >= CNX_PULSE_TIME) {
      tell (self, running_time);
      begin (self, running_time);
    }
  }
  for (guint i = 0; self->told[0] && i < CNX_PULSE_FIGURES; i++)
    cnx_panel_add (panel, looks, CNX_ROW_STATS, names[i])->figure = g_strdup (self->told[i]);
}
