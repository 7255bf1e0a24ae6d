#include "pipelines/tag/read/classify.h"

#include <gst/app/app.h>

#include "core/error.h"
#include "pipelines/tag/read/autoplug.h"

struct _CnxClassify
{
  const CnxReader *reader;
  GstElement *pipeline, *classifier;
  GstAppSrc *source;
  GstAppSink *sink;
  GstBus *bus;
  GstCaps *caps;                /* of the frames that went in last */
  GstVideoInfo info;
  GstVideoOrientationMethod direction;
  GArray *labels;
};

static gboolean
build (CnxClassify * self, GError ** error)
{
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->bus = gst_element_get_bus (self->pipeline);
  GstElement *source = cnx_autoplug_make ("appsrc", self->pipeline, error);
  GstElement *sink = source ? cnx_autoplug_make ("appsink", self->pipeline, error) : NULL;
  if (!sink)
    return FALSE;
  self->source = GST_APP_SRC (source);
  self->sink = GST_APP_SINK (sink);
  g_object_set (source, "format", GST_FORMAT_TIME, NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, NULL);
  self->classifier = cnx_reader_add_classifier (self->reader, self->pipeline);
  gst_element_link_many (source, self->classifier, sink, NULL);
  return TRUE;
}

/* What an element said is wrong: a frame's own fault it tells of as one of the stream. What comes of the device, or of
 * setting it up, every other frame would meet too. */
static gboolean
fail (CnxClassify * self, GError ** error)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (self->bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) cause = NULL;

  if (message)
    gst_message_parse_error (message, &cause, NULL);
  const gboolean of_frame = cause && (cause->domain == GST_STREAM_ERROR || cause->domain == GST_CORE_ERROR);
  g_set_error (error, CNX_ERROR, of_frame ? CNX_ERROR_INPUT : CNX_ERROR_DEVICE, "%s%s",
      of_frame ? "cannot be classified: " : "", cause ? cause->message : "the pipeline broke off");
  return FALSE;
}

CnxClassify *
cnx_classify_new (const CnxReader * reader, GError ** error)
{
  g_autoptr (CnxClassify) self = g_new0 (CnxClassify, 1);

  self->reader = reader;
  self->labels = g_array_new (FALSE, FALSE, sizeof (CnxMetaLabel));
  if (!build (self, error))
    return NULL;
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    fail (self, error);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
cnx_classify_free (CnxClassify * self)
{
  if (self->pipeline)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_object (&self->bus);
  g_clear_object (&self->pipeline);
  gst_clear_caps (&self->caps);
  g_array_unref (self->labels);
  g_free (self);
}

static void
set_up (CnxClassify * self, GstCaps * caps, GstVideoOrientationMethod direction)
{
  if (!self->caps || !gst_caps_is_equal (self->caps, caps)) {
    gst_caps_replace (&self->caps, caps);
    gst_video_info_from_caps (&self->info, caps);
    gst_app_src_set_caps (self->source, caps);
  }
  if (direction != self->direction)
    g_object_set (self->classifier, "video-direction", direction, NULL);
  self->direction = direction;
}

gboolean
cnx_classify_frame (CnxClassify * self, GstCaps * caps, GstBuffer * frame, GstVideoOrientationMethod direction,
    CnxTagSample * sample, gboolean (*heard) (gpointer data, const CnxTagSample * sample, GstVideoFrame * frame,
        GError ** error), gpointer data, GError ** error)
{
  GstVideoFrame mapped;

  set_up (self, caps, direction);
  GST_BUFFER_PTS (frame) = 0;
  if (gst_app_src_push_buffer (self->source, frame) != GST_FLOW_OK)
    return fail (self, error);
  g_autoptr (GstSample) out = gst_app_sink_pull_sample (self->sink);
  if (!out)
    return fail (self, error);
  GstBuffer *buffer = gst_sample_get_buffer (out);
  if (!cnx_reader_read_labels (self->reader, buffer, self->labels, sample)
      || !gst_video_frame_map (&mapped, &self->info, buffer, GST_MAP_READ)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "a frame of it was not classified");
    return FALSE;
  }
  const gboolean ok = heard (data, sample, &mapped, error);
  gst_video_frame_unmap (&mapped);
  return ok;
}
