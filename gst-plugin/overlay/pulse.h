/* What `show-stats` tells: how many frames come by, how long a pass takes, how old the labels are. */
#pragma once

#include "gst-plugin/overlay/panel.h"

G_BEGIN_DECLS

/** Of running time, between two tellings: figures that change with every frame cannot be read. */
#define CNX_PULSE_TIME (500 * GST_MSECOND)

#define CNX_PULSE_FIGURES 3

/**
 * CnxPulse:
 * @start: the frames after that are counted
 * @pass, @age: sums of @passes and @ages, ns
 * @told: what is shown until more is known; NULL: nothing yet
 *
 * All 0 is one that has seen no frame. Clear with cnx_pulse_forget().
 */
typedef struct
{
  GstClockTime start;
  guint frames, passes, ages;
  double pass, age;
  char *told[CNX_PULSE_FIGURES];
} CnxPulse;

/** Counts @buffer, of that @running_time (GST_CLOCK_TIME_NONE: is not counted), and adds rows to @panel that tell of
 * the last frames: those in CNX_PULSE_TIME or more; at the first frame, of that one. The pass and the age are those of
 * each frame's first classification, on the average. What is not known is a dash. */
void cnx_pulse_append (CnxPulse * pulse, GArray * panel, const CnxLooks * looks, GstBuffer * buffer,
    GstClockTime running_time);

/** The next frame has nothing to do with those before. */
void cnx_pulse_forget (CnxPulse * pulse);

G_END_DECLS
