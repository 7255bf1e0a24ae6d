/* What upstream says of itself, asked through a sink pad. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** Frames wait, as they should of a file. Of a camera they should not: warns, on the bus as @element, where upstream
 * cannot be wound as files can. */
void cnx_upstream_warn_that_frames_wait (GstElement * element, GstPad * sink);

/** Writes whether it is live to @live. FALSE where it does not answer: v4l2src does not until a frame rate is set. */
gboolean cnx_upstream_is_live (GstPad * sink, gboolean * live);

/** Whether the SEGMENT event @event, after @before, goes elsewhere in the stream: a seek, also one that does not flush,
 * and not what is told again or ends elsewhere alone. */
gboolean cnx_upstream_jumps (const GstSegment * before, GstEvent * event);

/** The running time of @buffer in @segment; GST_CLOCK_TIME_NONE where one of them has no times. */
GstClockTime cnx_upstream_running_time (const GstSegment * segment, GstBuffer * buffer);

G_END_DECLS
