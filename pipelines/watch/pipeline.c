#include "pipelines/watch/pipeline.h"

#include <gst/app/gstappsink.h>

#include "core/error.h"
#include "gst-plugin/gstconvnext.h"
#include "gst-plugin/publish/gstlabelpublish.h"
#include "pipelines/watch/intake.h"

#define PICTURE_WIDTH 640       /* at most, of the page's pictures */
#define TICK (G_USEC_PER_SEC / 10)      /* in so many an int counts thirteen years */
#define OPENS 300               /* seconds, at most: a network's kernels may have to be compiled first */

/* What the streaming threads write. */
typedef struct
{
  gatomicrefcount refs;
  guint frames;                 /* atomic */
  guint last;                   /* atomic: TICKs from `began` to the last frame, and one; 0: none yet */
  guint open;                   /* atomic: the same to when it had opened what it needs, the network first of all */
  guint over;                   /* atomic: it is to end, whichever thread comes first */
  gint64 began;                 /* g_get_monotonic_time() */
  gint64 picture_every;         /* microseconds; 0: no pictures */
  gint64 picture_next;          /* of one thread */
} Pulse;

struct _CnxPipeline
{
  GstElement *element;
  GstElement *classify;         /* in it; not owned */
  GstAppSink *pictures;         /* in it; not owned; NULL: none */
  Pulse *pulse;
};

static void
pulse_unref (gpointer data)
{
  Pulse *pulse = data;

  if (g_atomic_ref_count_dec (&pulse->refs))
    g_free (pulse);
}

static guint
ticks (const Pulse * pulse)
{
  return (guint) ((g_get_monotonic_time () - pulse->began) / TICK) + 1;
}

/* ---- what is seen of its frames ---- */

/* What a decoder makes of a stream without its key frame is no frame. */
static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Pulse *pulse = data;

  if (GST_BUFFER_FLAG_IS_SET (GST_PAD_PROBE_INFO_BUFFER (info), GST_BUFFER_FLAG_CORRUPTED))
    return GST_PAD_PROBE_DROP;
  g_atomic_int_inc (&pulse->frames);
  g_atomic_int_set (&pulse->last, ticks (pulse));
  return GST_PAD_PROBE_OK;
}

/* Of the frames for the page only those that are due go on. */
static GstPadProbeReturn
on_picture (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Pulse *pulse = data;
  const gint64 now = g_get_monotonic_time ();

  if (now < pulse->picture_next)
    return GST_PAD_PROBE_DROP;
  pulse->picture_next = now + pulse->picture_every;
  return GST_PAD_PROBE_OK;
}

static Pulse *
pulse_ref (Pulse * pulse)
{
  g_atomic_ref_count_inc (&pulse->refs);
  return pulse;
}

static void
watch_pad (GstElement * element, GstPadProbeCallback probe, Pulse * pulse)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, probe, pulse_ref (pulse), pulse_unref);
}

/* ---- what it is made of ---- */

/* Adds @factory behind @last, which may be NULL, and becomes it. */
static GstElement *
append (CnxPipeline * self, GstElement ** last, const char *factory, GError ** error)
{
  GstElement *element = cnx_intake_make (factory, NULL, error);

  if (!element)
    return NULL;
  gst_bin_add (GST_BIN (self->element), element);
  if (*last && !gst_element_link (*last, element)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s cannot be linked to %s", GST_OBJECT_NAME (*last), factory);
    return NULL;
  }
  return *last = element;
}

/* What is set again is loaded again. */
static void
set_text (GstElement * element, const char *property, const char *text)
{
  g_autofree char *now = NULL;

  g_object_get (element, property, &now, NULL);
  if (g_strcmp0 (now, text) != 0)
    g_object_set (element, property, text, NULL);
}

/* What all cameras have in common, and may change while it plays. */
static void
set_network (GstElement * classify, const CnxWatchConfig * config, guint batch)
{
  int precision;
  guint now;

  set_text (classify, "model", config->model);
  set_text (classify, "variant", config->variant);
  g_object_get (classify, "batch", &now, NULL);
  if (now != batch)
    g_object_set (classify, "batch", batch, NULL);
  g_object_get (classify, "precision", &precision, NULL);
  if (precision != (int) config->precision)
    g_object_set (classify, "precision", (int) config->precision, NULL);
}

static GstElement *
make_classifier (const CnxCameraShared * shared)
{
  GstElement *classify = g_object_new (GST_TYPE_CONVNEXT, "name", "classify", "threads", shared->config->threads,
      "batch", shared->batch, NULL);

  if (shared->config->device)
    g_object_set (classify, "device", shared->config->device, NULL);
  set_network (classify, shared->config, shared->batch);
  return classify;
}

GstElement *
cnx_network_keep (const CnxCameraShared * shared, GError ** error)
{
  g_autoptr (GstElement) classify = gst_object_ref_sink (make_classifier (shared));
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (classify, bus);
  const gboolean good = gst_element_set_state (classify, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE;
  g_autoptr (GstMessage) message = good ? NULL : gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  gst_element_set_bus (classify, NULL);
  if (good)
    return g_steal_pointer (&classify);
  gst_element_set_state (classify, GST_STATE_NULL);
  if (message)
    gst_message_parse_error (message, error, NULL);
  else
    g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "The network cannot be opened");
  return NULL;
}

void
cnx_network_let_go (GstElement * network)
{
  gst_element_set_state (network, GST_STATE_NULL);
  gst_object_unref (network);
}

/* What may change while it plays. */
void
cnx_pipeline_set (CnxPipeline * self, const CnxCameraConfig * config, const CnxCameraShared * shared)
{
  set_network (self->classify, shared->config, shared->batch);
  g_object_set (self->classify, "top-k", shared->config->top_k, "threshold", config->threshold, "max-rate",
      config->max_rate, "smoothing", config->smoothing, "hysteresis", config->hysteresis, NULL);
}

static gboolean
add_classifier (CnxPipeline * self, const CnxCameraConfig * config, const CnxCameraShared * shared, GstElement ** last,
    GError ** error)
{
  self->classify = make_classifier (shared);
  gst_util_set_object_arg (G_OBJECT (self->classify), "mode", "latest");
  g_object_set (self->classify, "post-messages", TRUE, "source", config->name, NULL);
  cnx_pipeline_set (self, config, shared);
  gst_bin_add (GST_BIN (self->element), self->classify);
  watch_pad (self->classify, on_frame, self->pulse);
  if (!gst_element_link (*last, self->classify)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "The classifier cannot be linked");
    return FALSE;
  }
  *last = self->classify;
  return TRUE;
}

static void
add_publishers (CnxPipeline * self, const CnxCameraConfig * config, GstElement ** last)
{
  for (char **location = config->publish; location && *location; location++) {
    GstElement *publish = g_object_new (GST_TYPE_LABEL_PUBLISH, "location", *location, NULL);
    if (config->publish_password_file && cnx_location_has_user (*location))
      g_object_set (publish, "password-file", config->publish_password_file, NULL);
    gst_bin_add (GST_BIN (self->element), publish);
    gst_element_link (*last, publish);
    *last = publish;
  }
}

/* A frame now and then, small, as JPEG. */
static gboolean
add_pictures (CnxPipeline * self, GstElement * from, GError ** error)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw", "width", GST_TYPE_INT_RANGE, 16, PICTURE_WIDTH,
      "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
  GstElement *last = from, *queue, *filter, *sink;

  if (!(queue = append (self, &last, "queue", error)))
    return FALSE;
  g_object_set (queue, "max-size-buffers", 1, "max-size-bytes", 0, "max-size-time", (guint64) 0, NULL);
  gst_util_set_object_arg (G_OBJECT (queue), "leaky", "downstream");
  watch_pad (queue, on_picture, self->pulse);
  if (!append (self, &last, "videoscale", error) || !(filter = append (self, &last, "capsfilter", error)))
    return FALSE;
  g_object_set (filter, "caps", caps, NULL);
  if (!append (self, &last, "videoconvert", error) || !append (self, &last, "jpegenc", error)
      || !(sink = append (self, &last, "appsink", error)))
    return FALSE;
  g_object_set (sink, "max-buffers", 1, "drop", TRUE, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, NULL);
  self->pictures = GST_APP_SINK (sink);
  return TRUE;
}

static gboolean
add_ends (CnxPipeline * self, const CnxCameraConfig * config, GstElement ** last, GError ** error)
{
  GstElement *tee = append (self, last, "tee", error);
  GstElement *sink = tee ? append (self, last, "fakesink", error) : NULL;

  if (!sink)
    return FALSE;
  /* what is read as fast as it can be is shown as fast as the clock, which begins anew with it only where the sink
   * takes part in that; frames without a time, as from a camera over HTTP, wait for nothing */
  const guint paced_kinds = CNX_SOURCE_FILE | CNX_SOURCE_HLS | CNX_SOURCE_HTTP;
  const gboolean paced = (cnx_source_kind (config->source) & paced_kinds) != 0;
  g_object_set (sink, "sync", paced, "async", paced, "enable-last-sample", FALSE, NULL);
  return self->pulse->picture_every == 0 || add_pictures (self, tee, error);
}

/* The tap's element behind @tee, on a streaming thread, when the camera may be gone. */
static void
on_encoded (gpointer data, GstElement * tee)
{
  g_autoptr (GstElement) bin = GST_ELEMENT (gst_element_get_parent (tee));
  GstElement *sink = cnx_clip_tap_element (data);

  if (!sink)
    return;
  gst_bin_add (GST_BIN (bin), sink);
  gst_element_link (tee, sink);
  gst_element_sync_state_with_parent (sink);
}

static void
unref_tap (gpointer tap)
{
  cnx_clip_tap_unref (tap);
}

static gboolean
build (CnxPipeline * self, const CnxCameraConfig * config, const CnxCameraShared * shared, CnxClipTap * tap,
    GError ** error)
{
  GstElement *intake = tap ? cnx_intake_new (config, on_encoded, cnx_clip_tap_ref (tap),
      unref_tap, error) : cnx_intake_new (config, NULL, NULL, NULL, error);
  GstElement *last = intake;

  if (!intake)
    return FALSE;
  gst_bin_add (GST_BIN (self->element), intake);
  gst_object_unref (intake);
  if (!add_classifier (self, config, shared, &last, error))
    return FALSE;
  add_publishers (self, config, &last);
  return add_ends (self, config, &last, error);
}

/* ---- pipelines that end ---- */

static struct
{
  GMutex lock;
  GCond changed;
  guint n;
} ending;

static void
on_ended (gpointer data)
{
  g_atomic_int_set ((gint *) data, FALSE);
  g_atomic_rc_box_release (data);
  g_mutex_lock (&ending.lock);
  ending.n--;
  g_cond_broadcast (&ending.changed);
  g_mutex_unlock (&ending.lock);
}

static void
end_pipeline (GstElement * pipeline, gpointer data)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
begin_pipeline (GstElement * pipeline, gpointer data)
{
  Pulse *pulse = data;

  if (!g_atomic_int_get (&pulse->over))
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_atomic_int_set (&pulse->open, ticks (pulse));
  if (g_atomic_int_get (&pulse->over))  /* which end_pipeline() may have come before */
    gst_element_set_state (pipeline, GST_STATE_NULL);
}

gboolean
cnx_pipelines_await_end (gint64 timeout)
{
  const gint64 until = g_get_monotonic_time () + timeout;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&ending.lock);

  while (ending.n > 0)
    if (!g_cond_wait_until (&ending.changed, &ending.lock, until))
      return FALSE;
  return TRUE;
}

CnxPipeline *
cnx_pipeline_new (const CnxCameraConfig * config, const CnxCameraShared * shared, CnxClipTap * tap, GError ** error)
{
  CnxPipeline *self = g_new0 (CnxPipeline, 1);

  self->element = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->pulse = g_new0 (Pulse, 1);
  g_atomic_ref_count_init (&self->pulse->refs);
  self->pulse->began = g_get_monotonic_time ();
  self->pulse->picture_every = (gint64) (config->picture_interval * G_USEC_PER_SEC);
  if (build (self, config, shared, tap, error))
    return self;
  pulse_unref (self->pulse);
  gst_object_unref (self->element);
  g_free (self);
  return NULL;
}

void
cnx_pipeline_begin (CnxPipeline * self)
{
  gst_element_call_async (self->element, begin_pipeline, pulse_ref (self->pulse), pulse_unref);
}

void
cnx_pipeline_end (CnxPipeline * self, CnxEnding * one)
{
  g_mutex_lock (&ending.lock);
  ending.n++;
  g_mutex_unlock (&ending.lock);
  g_atomic_int_set (&self->pulse->over, TRUE);
  g_atomic_int_set (one, TRUE);
  gst_element_call_async (self->element, end_pipeline, g_atomic_rc_box_acquire (one), on_ended);
  gst_object_unref (self->element);
  pulse_unref (self->pulse);
  g_free (self);
}

/* ---- what is asked of it ---- */

GstElement *
cnx_pipeline_element (const CnxPipeline * self)
{
  return self->element;
}

gboolean
cnx_pipeline_fits (const CnxPipeline * self, const CnxCameraShared * shared)
{
  g_autofree char *device = NULL;
  guint threads;

  g_object_get (self->classify, "device", &device, "threads", &threads, NULL);
  return threads == shared->config->threads && (!shared->config->device
      || g_strcmp0 (device, shared->config->device) == 0);
}

guint
cnx_pipeline_frames (const CnxPipeline * self)
{
  return g_atomic_int_get (&self->pulse->frames);
}

gboolean
cnx_pipeline_is_stalled (const CnxPipeline * self, guint stall)
{
  const guint last = g_atomic_int_get (&self->pulse->last), open = g_atomic_int_get (&self->pulse->open);
  const guint most = last || open ? stall : MAX (stall, OPENS);

  return ticks (self->pulse) - MAX (last, open) > most * (guint) (G_USEC_PER_SEC / TICK);
}

GstStructure *
cnx_pipeline_stats (const CnxPipeline * self)
{
  GstStructure *stats = NULL;

  g_object_get (self->classify, "stats", &stats, NULL);
  return stats;
}

GBytes *
cnx_pipeline_take_picture (CnxPipeline * self)
{
  g_autoptr (GstSample) sample = self->pictures ? gst_app_sink_try_pull_sample (self->pictures, 0) : NULL;
  GstMapInfo map;

  if (!sample || !gst_buffer_map (gst_sample_get_buffer (sample), &map, GST_MAP_READ))
    return NULL;
  GBytes *jpeg = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (gst_sample_get_buffer (sample), &map);
  return jpeg;
}
