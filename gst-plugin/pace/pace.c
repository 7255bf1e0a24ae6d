#include "gst-plugin/pace/pace.h"

#define LONGEST_PERIOD (G_MAXINT64 / 4) /* 73 years; twice it is a time too */
#define LAST_TIME (GST_CLOCK_TIME_NONE - 1)

/* 0: no limit. */
static GstClockTime
period_of (const CnxPaceRule * rule)
{
  if (!(rule->max_rate > 0))    /* nor where it is no number */
    return 0;
  const double period = GST_SECOND / rule->max_rate;
  return period < LONGEST_PERIOD ? (GstClockTime) period : LONGEST_PERIOD;
}

static gboolean
rate_allows (const CnxPace * self)
{
  if (self->period == 0 || !GST_CLOCK_TIME_IS_VALID (self->now))
    return TRUE;
  return self->now >= self->due || self->due - self->now > 2 * self->period;
}

gboolean
cnx_pace_due (CnxPace * self, const CnxPaceRule * rule, GstClockTime now)
{
  if (self->passed < G_MAXUINT)
    self->passed++;
  self->now = now;
  self->period = period_of (rule);
  return !self->begun || (self->passed >= rule->interval && rate_allows (self));
}

gboolean
cnx_pace_waits_for_rate (const CnxPace * self, const CnxPaceRule * rule)
{
  return self->passed >= rule->interval;
}

/* On a grid, so that frames that come between its points do not make the rate lower: of 25 frames a second and a limit
 * of 10, every second or third, not every third. Anew where time has gone back, or on by more than a period. */
static GstClockTime
next_due (const CnxPace * self)
{
  const gboolean on_grid = self->due > 0 && self->now >= self->due && self->now - self->due < self->period;
  const GstClockTime from = on_grid ? self->due : self->now;

  return from < LAST_TIME - self->period ? from + self->period : LAST_TIME;
}

void
cnx_pace_note (CnxPace * self)
{
  self->begun = TRUE;
  self->passed = 0;
  if (GST_CLOCK_TIME_IS_VALID (self->now))
    self->due = next_due (self);
}

void
cnx_pace_forget (CnxPace * self)
{
  *self = (CnxPace) { 0 };
}
