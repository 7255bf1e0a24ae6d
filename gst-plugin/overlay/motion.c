#include "gst-plugin/overlay/motion.h"

#include <math.h>

/* What is smaller cannot be seen, and is not worth another painting. */
#define BAR_STEPS 1024
#define STEPS 64

void
cnx_motion_forget (CnxMotion * self)
{
  g_clear_pointer (&self->from, g_array_unref);
  g_clear_pointer (&self->to, g_array_unref);
}

static double
between (double from, double to, double share, double steps)
{
  return round ((from + (to - from) * share) * steps) / steps;
}

/* @done: 0..1, of the time. What moves is fast at first: labels that come often then find it where they want it. Of two
 * texts in one place the old goes before the new comes, so that both can be read; what is half gone needs half of the
 * time, so that a text that is another in each frame does not keep all of them away. */
static CnxPanelRow
row_between (const CnxPanelRow * from, const CnxPanelRow * to, double done)
{
  const double share = 1 - pow (1 - done, 3), gone = from->presence / 2;
  const gboolean same = cnx_panel_row_same (from, to);
  CnxPanelRow row = !same && done < gone ? *from : *to;

  if (same)
    row.presence = between (from->presence, to->presence, share, STEPS);
  else if (done < gone)
    row.presence = between (from->presence, 0, done / gone, STEPS);
  else
    row.presence = between (0, to->presence, (done - gone) / (1 - gone), STEPS);
  row.height = between (from->height, to->height, share, STEPS);
  row.track = between (from->track, to->track, share, STEPS);
  row.bar = between (from->bar, to->bar, share, BAR_STEPS);
  return row;
}

static GArray *
shown_at (const CnxMotion * self, GstClockTime time)
{
  static const CnxPanelRow nothing = {.text = (char *) "" };
  const double done = self->from ? MIN ((double) (time - self->start) / CNX_MOTION_TIME, 1) : 1;

  if (done == 1)
    return g_array_ref (self->to);
  GArray *shown = cnx_panel_new ();
  for (guint i = 0; i < MAX (self->from->len, self->to->len); i++) {
    const CnxPanelRow row = row_between (i < self->from->len ? &g_array_index (self->from, CnxPanelRow, i) : &nothing,
        i < self->to->len ? &g_array_index (self->to, CnxPanelRow, i) : &nothing, done);
    cnx_panel_append (shown, &row);
  }
  return shown;
}

GArray *
cnx_motion_show (CnxMotion * self, GArray * panel, GstClockTime running_time)
{
  const gboolean follows = self->to && GST_CLOCK_TIME_IS_VALID (running_time)
      && GST_CLOCK_TIME_IS_VALID (self->last) && running_time >= self->last;

  if (!follows || !cnx_panel_equal (panel, self->to)) {
    GArray *from = follows ? shown_at (self, self->last) : NULL;
    cnx_motion_forget (self);
    self->from = from;
    self->to = g_array_ref (panel);
    self->start = self->last;
  }
  self->last = running_time;
  return shown_at (self, running_time);
}
