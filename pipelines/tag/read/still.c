#include "pipelines/tag/read/still.h"

#include <gst/app/app.h>

#include "core/error.h"
#include "core/picture/picture.h"
#include "gst-plugin/wholemeta.h"

struct _CnxStills
{
  const CnxReader *reader;
  GstElement *pipeline;
  GstAppSrc *source;
  GstAppSink *sink;
  GstBus *bus;
  GstVideoInfo info;            /* of the pictures that went in last */
  GArray *labels;
};

static gboolean
build (CnxStills * self, GError ** error)
{
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->bus = gst_element_get_bus (self->pipeline);
  GstElement *source = gst_element_factory_make ("appsrc", NULL);
  GstElement *sink = gst_element_factory_make ("appsink", NULL);
  if (source)
    gst_bin_add (GST_BIN (self->pipeline), source);
  if (sink)
    gst_bin_add (GST_BIN (self->pipeline), sink);
  if (!source || !sink) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "GStreamer has no element \"%s\": install "
        "gstreamer1.0-plugins-base", source ? "appsink" : "appsrc");
    return FALSE;
  }
  self->source = GST_APP_SRC (source);
  self->sink = GST_APP_SINK (sink);
  g_object_set (source, "format", GST_FORMAT_TIME, NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, NULL);
  gst_element_link_many (source, cnx_reader_add_classifier (self->reader, self->pipeline), sink, NULL);
  return TRUE;
}

/* What an element said is wrong. */
static gboolean
fail (CnxStills * self, GError ** error)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (self->bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) cause = NULL;

  if (message)
    gst_message_parse_error (message, &cause, NULL);
  g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "%s", cause ? cause->message : "the pipeline broke off");
  return FALSE;
}

CnxStills *
cnx_stills_new (const CnxReader * reader, GError ** error)
{
  g_autoptr (CnxStills) self = g_new0 (CnxStills, 1);

  self->reader = reader;
  self->labels = g_array_new (FALSE, FALSE, sizeof (CnxMetaLabel));
  gst_video_info_init (&self->info);
  if (!build (self, error))
    return NULL;
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    fail (self, error);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
cnx_stills_free (CnxStills * self)
{
  if (self->pipeline)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_object (&self->bus);
  g_clear_object (&self->pipeline);
  g_array_unref (self->labels);
  g_free (self);
}

/* A frame that shares the picture's pixels. */
static GstBuffer *
to_frame (CnxStills * self, const CnxPicture * picture)
{
  const int width = picture->width, height = picture->height;
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 };
  int strides[GST_VIDEO_MAX_PLANES] = { 3 * width };

  if (self->info.width != width || self->info.height != height) {
    gst_video_info_set_format (&self->info, GST_VIDEO_FORMAT_RGB, width, height);
    g_autoptr (GstCaps) caps = gst_video_info_to_caps (&self->info);
    gst_app_src_set_caps (self->source, caps);
  }
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (picture->pixels);
  /* without gaps between rows, where GStreamer would have some */
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, width, height, 1, offsets,
      strides);
  cnx_whole_meta_add (buffer, &picture->whole);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

static gboolean
tell (CnxStills * self, GstSample * sample, CnxTagFacts * facts, const CnxListener * listener, GError ** error)
{
  CnxTagSample tag = {.time = 0,.frame = 0 };
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstVideoFrame frame;

  if (!listener->begin (listener->data, facts, error))
    return FALSE;
  if (!cnx_reader_read_labels (self->reader, buffer, self->labels, &tag)
      || !gst_video_frame_map (&frame, &self->info, buffer, GST_MAP_READ)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "it was not classified");
    return FALSE;
  }
  const gboolean ok = listener->sample (listener->data, &tag, &frame, GST_VIDEO_ORIENTATION_IDENTITY, error);
  gst_video_frame_unmap (&frame);
  return ok;
}

gboolean
cnx_stills_read (CnxStills * self, CnxTagFacts * facts, const CnxListener * listener, GError ** error)
{
  const CnxRecipe *recipe = cnx_model_recipe (cnx_engine_model (self->reader->engine));
  const int shorter = MAX (recipe->resize, MAX (recipe->width, recipe->height));
  g_auto (CnxPicture) picture = { 0 };

  if (!cnx_picture_load (facts->path, shorter, &picture, error))
    return FALSE;
  facts->width = picture.whole.width;
  facts->height = picture.whole.height;
  facts->fps_n = 0;
  facts->fps_d = 1;
  facts->duration = 0;
  if (gst_app_src_push_buffer (self->source, to_frame (self, &picture)) != GST_FLOW_OK)
    return fail (self, error);
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (self->sink);
  return sample ? tell (self, sample, facts, listener, error) : fail (self, error);
}
