/* Which frames are classified: one in so many, and at most so many a second. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CnxPaceRule:
 * @interval: one frame in so many; 0 is as 1, every one
 * @max_rate: at most so many a second of running time, on the average; 0, below it and NaN: no limit
 *
 * Both hold. May be another for each frame.
 */
typedef struct
{
  guint interval;
  double max_rate;
} CnxPaceRule;

/**
 * CnxPace:
 * @begun: a frame has been classified
 * @passed: frames since that one, with the last that was asked about
 * @due: the running time from which on the rate lets the next one be; 0: any
 * @now, @period: of the frame asked about, and between two classifications as its rule has it
 *
 * All zero is nothing classified yet. For one thread.
 */
typedef struct
{
  gboolean begun;
  guint passed;
  GstClockTime due;
  GstClockTime now, period;
} CnxPace;

/** Whether the next frame, of the running time @now, is to be classified; GST_CLOCK_TIME_NONE: nobody knows when it is,
 * and no rate holds it up. The first always is. Ask once of each frame. One that is due and yet not classified leaves
 * the next one due. Where time goes back by more than the rate makes a frame wait the rate begins anew, so that no
 * frame waits for more than two periods. */
gboolean cnx_pace_due (CnxPace * pace, const CnxPaceRule * rule, GstClockTime now);

/** Of a frame that was asked about last and is not due by @rule: whether the rate alone holds it up. */
gboolean cnx_pace_waits_for_rate (const CnxPace * pace, const CnxPaceRule * rule);

/** The frame that was asked about last is classified. */
void cnx_pace_note (CnxPace * pace);

/** Nothing is classified yet. */
void cnx_pace_forget (CnxPace * pace);

G_END_DECLS
