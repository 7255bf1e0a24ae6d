#include "gst-plugin/upstream.h"

/* Through a parser or a decoder only the bytes may say so. */
static gboolean
can_be_wound (GstPad * sink)
{
  static const GstFormat formats[] = { GST_FORMAT_TIME, GST_FORMAT_BYTES };
  gboolean seekable = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (formats) && !seekable; i++) {
    g_autoptr (GstQuery) query = gst_query_new_seeking (formats[i]);
    if (gst_pad_peer_query (sink, query))
      gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
  }
  return seekable;
}

void
cnx_upstream_warn_that_frames_wait (GstElement * element, GstPad * sink)
{
  if (!can_be_wound (sink))
    GST_ELEMENT_WARNING (element, STREAM, FAILED, ("Each frame waits for its labels, as upstream does not say that it "
            "is live. Is it a camera? Set is-live on its appsrc, shmsrc or the like, or mode=latest here; "
            "mode=every-frame is for what may wait."), (NULL));
}

gboolean
cnx_upstream_is_live (GstPad * sink, gboolean * live)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();

  if (!gst_pad_peer_query (sink, query))
    return FALSE;
  gst_query_parse_latency (query, live, NULL, NULL);
  return TRUE;
}

gboolean
cnx_upstream_jumps (const GstSegment * before, GstEvent * event)
{
  const GstSegment *next;

  gst_event_parse_segment (event, &next);
  return next->format != before->format || next->rate != before->rate || next->start != before->start
      || next->time != before->time || next->base != before->base || next->offset != before->offset;
}

GstClockTime
cnx_upstream_running_time (const GstSegment * segment, GstBuffer * buffer)
{
  return segment->format == GST_FORMAT_TIME ? gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer)) : GST_CLOCK_TIME_NONE;
}
