/* A panel that moves: bars slide to their new lengths, texts go and come, rows open and close.
 *
 * All by running time, so that the same frames look the same however fast they are drawn. */
#pragma once

#include "gst-plugin/overlay/panel.h"

G_BEGIN_DECLS

#define CNX_MOTION_TIME (300 * GST_MSECOND)

/**
 * CnxMotion:
 * @from, @to: what was shown when the movement began, and what it ends in; NULL: nothing was shown yet
 * @start, @last: when the movement began, and the last frame's time
 *
 * All 0 is one that has shown nothing. Clear with cnx_motion_forget().
 */
typedef struct
{
  GArray *from, *to;
  GstClockTime start, last;
} CnxMotion;

/** What a frame of that @running_time shows on the way to @panel. A movement takes CNX_MOTION_TIME from the frame
 * before the one that brings another panel: where frames lie further apart than that, none is seen. The first frame
 * shows @panel itself, and so do those without a running time and one that is before the last. Free with
 * g_array_unref(). */
GArray *cnx_motion_show (CnxMotion * motion, GArray * panel, GstClockTime running_time);

/** The next frame has nothing to do with those before. */
void cnx_motion_forget (CnxMotion * motion);

G_END_DECLS
