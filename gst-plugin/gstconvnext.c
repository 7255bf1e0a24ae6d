/**
 * SECTION:element-convnext
 * @title: convnext
 * @short_description: classifies video with a ConvNeXt network
 *
 * Passes video through and attaches what it shows to each buffer, as metadata (labelmeta.h). Pixels are
 * read, never copied or changed; any raw format in system memory will do.
 *
 * `mode` says who waits. every-frame: each buffer waits for its own labels. latest: no buffer ever waits,
 * each carries the newest labels that are finished. auto: latest when upstream is live, else every-frame.
 *
 * `interval`, `max-rate` and `scene-threshold` let frames pass that are not classified: they carry the newest labels.
 *
 * `precision` says what the network's products run in; sums are 32-bit floats always. fp32 and int8 run on
 * every device, fp16 on GPUs and bf16 on CPUs that have it. auto takes bf16 or fp16 where it runs, else fp32;
 * int8 is for who asks for it. One that the device does not run is an error that names those that it does.
 *
 * Elements of one pipeline with the same settings share one network, and an application can let pipelines share it:
 * it passes on the context that a HAVE_CONTEXT message offers. `batch` lets their frames run together.
 *
 * A film that a phone took upright is stored lying, with a tag that says so. `video-direction=auto` heeds it: the
 * network sees the frame upright, and downstream gets it as it came.
 *
 * Classify after deinterlacing and before composing: those elements drop metadata.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=10 ! convnext threshold=0 post-messages=true ! fakesink
 * ]|
 */
#include "gst-plugin/gstconvnext.h"
#include "gst-plugin/carried.h"
#include "gst-plugin/frame/framein.h"
#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/latency.h"
#include "gst-plugin/pace/scene.h"
#include "gst-plugin/settings.h"
#include "gst-plugin/upstream.h"
#include "core/error.h"
#include "opencl/cache/pocl.h"

#include <gst/video/video.h>

GST_DEBUG_CATEGORY_STATIC (convnext_debug);
#define GST_CAT_DEFAULT convnext_debug

struct _GstConvnext
{
  GstBaseTransform parent;

  /* under the object lock */
  CnxSettings settings;
  gboolean stale;               /* the classifier was made with other settings */
  gboolean fixed;               /* from READY to PAUSED on: what it was made with stays */
  char *stream;

  CnxLatency latency;
  CnxClassifier *classifier;    /* from READY on */

  /* the streaming thread's own */
  GstVideoInfo info;
  CnxFrameIn *frame_in;
  GstVideoOrientationMethod tagged;     /* what the stream's tags say */
  Mode decided;                 /* MODE_AUTO until upstream has answered */
  CnxCarried carried;
  CnxPace pace;
  CnxScene scene;
};

G_DEFINE_TYPE (GstConvnext, gst_convnext, GST_TYPE_BASE_TRANSFORM);

#define LAST_RESULT_WAIT (10 * G_USEC_PER_SEC)
#define SETTLES 5               /* time constants, after which an average is within 1 % of where it goes */

#define RAW_CAPS GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL) "; " \
    GST_VIDEO_CAPS_MAKE_WITH_FEATURES (GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY ", " \
        GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION, GST_VIDEO_FORMATS_ALL) "; " \
    GST_VIDEO_CAPS_MAKE_WITH_FEATURES (GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION, \
        GST_VIDEO_FORMATS_ALL) "; " \
    GST_VIDEO_CAPS_MAKE_WITH_FEATURES (GST_CAPS_FEATURE_FORMAT_INTERLACED, GST_VIDEO_FORMATS_ALL)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK,
    GST_PAD_ALWAYS, GST_STATIC_CAPS (RAW_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC,
    GST_PAD_ALWAYS, GST_STATIC_CAPS (RAW_CAPS));

/* ---- results ---- */

static GstFlowReturn
fail (GstConvnext * self, const GError * error)
{
  if (g_error_matches (error, CNX_ERROR, CNX_ERROR_NUMBERS))
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (self, LIBRARY, FAILED, ("%s", error->message), (NULL));
  return GST_FLOW_ERROR;
}

/* As they are now; its strings may be gone by then. */
static CnxSettings
plain_settings (GstConvnext * self)
{
  GST_OBJECT_LOCK (self);
  const CnxSettings settings = self->settings;
  GST_OBJECT_UNLOCK (self);
  return settings;
}

/* Where labels come from; to be freed. */
static char *
dup_origin (GstConvnext * self, char **source)
{
  GST_OBJECT_LOCK (self);
  char *stream = g_strdup (self->stream);
  *source = g_strdup (self->settings.source);
  GST_OBJECT_UNLOCK (self);
  return stream;
}

/* To who has @buffer, or, where it is NULL, to who reads the bus and wants it. */
static void
tell (GstConvnext * self, const CnxResult * result, GstBuffer * buffer)
{
  g_autofree CnxMetaLabel *items = g_new (CnxMetaLabel, result->n + 1);
  g_autofree char *source = NULL, *stream = dup_origin (self, &source);
  const CnxMetaLabels labels = cnx_classifier_describe (self->classifier, result, stream, source, items);

  if (buffer)
    cnx_label_meta_add (buffer, &labels);
  else if (plain_settings (self).post_messages)
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self),
            cnx_label_meta_to_structure (&labels)));
}

/* What the worker has found is told at once: the next buffer may be a second away, or never come. */
static void
on_finished (gpointer user_data, const CnxResult * result, const GError * error)
{
  if (error)
    fail (user_data, error);
  else
    tell (user_data, result, NULL);
}

/* At the end of a stream its last frame still has a result, or its device has failed. */
static void
wait_for_worker (GstConvnext * self)
{
  if (!cnx_classifier_drain (self->classifier, LAST_RESULT_WAIT))
    GST_ELEMENT_WARNING (self, LIBRARY, FAILED, ("The last frame is not classified: the device has not answered for "
            "%d seconds.", (int) (LAST_RESULT_WAIT / G_USEC_PER_SEC)), (NULL));
}

/* ---- opening and closing ---- */

static gboolean
open_classifier (GstConvnext * self)
{
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  const gboolean stale = self->stale;
  self->stale = FALSE;
  const CnxSettings *set = &self->settings;
  g_autofree char *model = g_strdup (set->model), *variant = g_strdup (set->variant);
  g_autofree char *labels = g_strdup (set->labels), *recipe = g_strdup (set->recipe);
  g_autofree char *device = g_strdup (set->device);
  const CnxEngineSettings settings = { model, variant, labels, recipe, device, set->threads, set->precision,
    set->batch
  };
  GST_OBJECT_UNLOCK (self);

  if (stale)
    g_clear_pointer (&self->classifier, cnx_classifier_free);
  g_autoptr (CnxEngine) engine = cnx_engine_find (GST_ELEMENT (self), &settings, &error);
  if (engine && self->classifier && cnx_classifier_engine (self->classifier) == engine)
    return TRUE;
  g_clear_pointer (&self->classifier, cnx_classifier_free);
  if (!engine || !(self->classifier = cnx_classifier_new (engine, &error))) {
    cnx_engine_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  cnx_latency_forget (&self->latency);
  cnx_classifier_set_finished (self->classifier, on_finished, self);
  GST_INFO_OBJECT (self, "%s", cnx_engine_description (engine));
  g_auto (GStrv) notes = cnx_model_notes (cnx_engine_model (engine));
  for (guint i = 0; notes[i]; i++)
    GST_WARNING_OBJECT (self, "%s", notes[i]);
  return TRUE;
}

/* The next frame has nothing to do with those before. */
static void
begin_anew (GstConvnext * self)
{
  cnx_pace_forget (&self->pace);
  cnx_scene_forget (&self->scene);
}

static void
forget_results (GstConvnext * self)
{
  cnx_carried_set (&self->carried, NULL);
  begin_anew (self);
  if (self->classifier)
    cnx_classifier_reset (self->classifier);
}

static void
set_stream (GstConvnext * self, const char *stream)
{
  GST_OBJECT_LOCK (self);
  g_free (self->stream);
  self->stream = g_strdup (stream);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
stop (GstBaseTransform * base)
{
  GstConvnext *self = GST_CONVNEXT (base);

  forget_results (self);
  cnx_classifier_stop (self->classifier);
  g_clear_pointer (&self->frame_in, cnx_frame_in_free);
  set_stream (self, NULL);
  self->decided = MODE_AUTO;
  self->tagged = GST_VIDEO_ORIENTATION_IDENTITY;
  return TRUE;
}

static void
set_fixed (GstConvnext * self, gboolean fixed)
{
  GST_OBJECT_LOCK (self);
  self->fixed = fixed;
  GST_OBJECT_UNLOCK (self);
}

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  GstConvnext *self = GST_CONVNEXT (element);
  const gboolean starts = transition == GST_STATE_CHANGE_READY_TO_PAUSED;

  /* Again before streaming starts: properties may have been set in READY. */
  if (starts)
    set_fixed (self, TRUE);
  if ((starts || transition == GST_STATE_CHANGE_NULL_TO_READY) && !open_classifier (self)) {
    set_fixed (self, FALSE);
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    cnx_classifier_reset (self->classifier);    /* nobody waits for it any longer */
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS (gst_convnext_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY || (starts && result == GST_STATE_CHANGE_FAILURE))
    set_fixed (self, FALSE);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    g_clear_pointer (&self->classifier, cnx_classifier_free);
  return result;
}

CnxClassifier *
gst_convnext_classifier (GstConvnext * self)
{
  return self->classifier;
}

/* ---- negotiation and events ---- */

static gboolean
set_caps (GstBaseTransform * base, GstCaps * in, GstCaps * out)
{
  GstConvnext *self = GST_CONVNEXT (base);
  g_autoptr (GError) error = NULL;

  forget_results (self);
  g_clear_pointer (&self->frame_in, cnx_frame_in_free);
  if (!gst_video_info_from_caps (&self->info, in))
    return FALSE;
  self->frame_in = cnx_frame_in_new (&self->info,
      cnx_model_recipe (cnx_classifier_model (self->classifier)), &error);
  if (!self->frame_in)
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error->message), (NULL));
  return self->frame_in != NULL;
}

static gboolean
sink_event (GstBaseTransform * base, GstEvent * event)
{
  GstConvnext *self = GST_CONVNEXT (base);
  const char *stream = NULL;
  GstTagList *tags = NULL;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      gst_event_parse_stream_start (event, &stream);
      set_stream (self, stream);
      self->decided = MODE_AUTO;
      self->tagged = GST_VIDEO_ORIENTATION_IDENTITY;
      forget_results (self);
      break;
    case GST_EVENT_SEGMENT:
      if (cnx_upstream_jumps (&base->segment, event)) {
        cnx_classifier_begin_anew (self->classifier);
        begin_anew (self);
      }
      break;
    case GST_EVENT_TAG:
      gst_event_parse_tag (event, &tags);
      gst_video_orientation_from_tag (tags, &self->tagged);
      break;
    case GST_EVENT_FLUSH_START:        /* beside the streaming thread, which may be waiting */
      cnx_classifier_reset (self->classifier);
      break;
    case GST_EVENT_FLUSH_STOP:
      forget_results (self);
      break;
    case GST_EVENT_EOS:
      wait_for_worker (self);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_convnext_parent_class)->sink_event (base, event);
}

/* Upstream is asked at the first buffer after each stream-start. Where there is no answer no buffer waits, and
 * the next one asks again. */
static Mode
current_mode (GstConvnext * self)
{
  const Mode mode = plain_settings (self).mode;
  if (mode != MODE_AUTO)
    return mode;
  if (self->decided != MODE_AUTO)
    return self->decided;
  gboolean live = FALSE;
  if (!cnx_upstream_is_live (GST_BASE_TRANSFORM_SINK_PAD (self), &live))
    return MODE_LATEST;
  g_atomic_int_set ((gint *) &self->decided, live ? MODE_LATEST : MODE_EVERY_FRAME);
  GST_INFO_OBJECT (self, live ? "mode auto is latest, as upstream says that it is live: no frame waits" :
      "mode auto is every-frame, as upstream does not say that it is live");
  if (!live)
    cnx_upstream_warn_that_frames_wait (GST_ELEMENT (self), GST_BASE_TRANSFORM_SINK_PAD (self));
  return self->decided;
}

/* Asked before the first frame has come: what takes most of its time can be tried without it. Not while the state
 * changes, which may take the classifier away; a change waits until it is done. */
static void
try_pass (GstConvnext * self)
{
  const gint64 start = g_get_monotonic_time ();

  if (cnx_latency_is_known (&self->latency) || !GST_STATE_TRYLOCK (self))
    return;
  if (self->classifier && GST_PAD_IS_ACTIVE (GST_BASE_TRANSFORM_SINK_PAD (self))
      && cnx_classifier_try (self->classifier))
    cnx_latency_note (&self->latency, GST_ELEMENT (self), start);
  GST_STATE_UNLOCK (self);
}

/* Whether frames wait for their labels; auto, before its first frame, lets none wait where upstream is live. */
static gboolean
frames_wait (GstConvnext * self)
{
  const int mode = plain_settings (self).mode;

  return mode == MODE_EVERY_FRAME
      || (mode == MODE_AUTO && g_atomic_int_get ((gint *) &self->decided) == MODE_EVERY_FRAME);
}

static gboolean
query (GstBaseTransform * base, GstPadDirection direction, GstQuery * query)
{
  GstConvnext *self = GST_CONVNEXT (base);
  gboolean live;

  if (!GST_BASE_TRANSFORM_CLASS (gst_convnext_parent_class)->query (base, direction, query))
    return FALSE;
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY || direction != GST_PAD_SRC)
    return TRUE;
  const gboolean wait = frames_wait (self);
  gst_query_parse_latency (query, &live, NULL, NULL);
  if (live && wait)
    try_pass (self);
  cnx_latency_answer (&self->latency, query, wait);
  return TRUE;
}

/* ---- frames ---- */

static GstVideoOrientationMethod
current_direction (GstConvnext * self)
{
  const GstVideoOrientationMethod direction = plain_settings (self).video_direction;

  return direction == GST_VIDEO_ORIENTATION_AUTO ? self->tagged : direction;
}

/* To the tensor, where it is looked at @here. FALSE after an error message, with the slot released. */
static gboolean
read_frame (GstConvnext * self, GstBuffer * buffer, float *slot, gboolean here)
{
  g_autoptr (GError) error = NULL;

  cnx_frame_in_set_direction (self->frame_in, current_direction (self));
  if (cnx_classifier_read (self->classifier, self->frame_in, &self->info, buffer, slot, here, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error->message), (NULL));
  cnx_classifier_release (self->classifier);
  return FALSE;
}

static CnxClassifyRequest
request_for (GstBaseTransform * base, GstBuffer * buffer, const CnxSettings * set)
{
  return (CnxClassifyRequest) {
    cnx_upstream_running_time (&base->segment, buffer), set->top_k, set->threshold, set->smoothing * GST_MSECOND,
    set->hysteresis
  };
}

/* What is claimed, by a buffer that has waited for it since @start. */
static GstFlowReturn
classify_now (GstConvnext * self, GstBuffer * buffer, const CnxClassifyRequest * request, gint64 start)
{
  g_autoptr (GError) error = NULL;
  CnxResult *result = cnx_classifier_run (self->classifier, request, &error);

  if (!result)
    return fail (self, error);
  cnx_latency_note (&self->latency, GST_ELEMENT (self), start);
  cnx_carried_set (&self->carried, result);
  tell (self, result, buffer);
  tell (self, result, NULL);
  return GST_FLOW_OK;
}

/* A frame carries its own labels where it is @due and waits for them, else the newest. It is preprocessed only when it
 * is due, and the worker, if it does not wait, is free to take it. */
static GstFlowReturn
classify (GstConvnext * self, GstBuffer * buffer, const CnxClassifyRequest * request, const CnxSettings * set,
    gboolean due, gboolean waits)
{
  g_autoptr (GError) error = NULL;
  const gint64 start = g_get_monotonic_time ();
  const CnxSceneRule scene = { set->scene_threshold, set->changes, SETTLES * request->smoothing };
  float *tensor = cnx_classifier_claim (self->classifier, due && waits);

  /* taken after the claim: a worker that is free has finished what it had */
  CnxResult *finished = cnx_classifier_take (self->classifier, &error);
  if (error) {                  /* told by then */
    if (tensor)
      cnx_classifier_release (self->classifier);
    return GST_FLOW_ERROR;
  }
  if (finished)
    cnx_carried_set (&self->carried, finished);
  CnxResult *carried = cnx_carried_at (&self->carried, GST_ELEMENT (self), request->running_time,
      waits ? 0 : set->label_timeout * GST_MSECOND);
  if (tensor && !carried)
    cnx_scene_forget (&self->scene);    /* what was said of it is too old, or nothing was */
  if (tensor && due && !read_frame (self, buffer, tensor, set->scene_threshold > 0))
    return GST_FLOW_ERROR;
  if (tensor && (!due || cnx_scene_stands (&self->scene, &scene, request->running_time, tensor,
              cnx_model_recipe (cnx_classifier_model (self->classifier))))) {
    cnx_classifier_release (self->classifier);
    cnx_carried_hold (&self->carried);
  } else if (tensor) {
    cnx_pace_note (&self->pace);
    if (waits)
      return classify_now (self, buffer, request, start);
    if (!cnx_classifier_submit (self->classifier, request, &error))
      return fail (self, error);
  }
  if (carried)
    tell (self, carried, buffer);
  return GST_FLOW_OK;
}

static GstFlowReturn
transform_ip (GstBaseTransform * base, GstBuffer * buffer)
{
  GstConvnext *self = GST_CONVNEXT (base);

  if (!self->frame_in)
    return GST_FLOW_NOT_NEGOTIATED;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return GST_FLOW_OK;
  const CnxSettings set = plain_settings (self);
  const CnxClassifyRequest request = request_for (base, buffer, &set);
  const gboolean waits = current_mode (self) != MODE_LATEST;
  GstClockTime now = request.running_time;
  if (!waits && !GST_CLOCK_TIME_IS_VALID (now))
    now = gst_element_get_current_running_time (GST_ELEMENT (self));
  return classify (self, buffer, &request, &set, cnx_pace_due (&self->pace, &set.pace, now), waits);
}

/* Metadata needs a writable buffer, not writable memory: a copy that shares the pixels. */
static GstFlowReturn
prepare_output_buffer (GstBaseTransform * base, GstBuffer * in, GstBuffer ** out)
{
  *out = gst_buffer_is_writable (in) || GST_BUFFER_FLAG_IS_SET (in, GST_BUFFER_FLAG_GAP) ? in :
      gst_buffer_copy (in);
  return GST_FLOW_OK;
}

/* ---- properties ---- */

static void
set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  GstConvnext *self = GST_CONVNEXT (object);
  const gboolean waited = frames_wait (self);

  GST_OBJECT_LOCK (self);
  const gboolean fixed = self->fixed, reopens = cnx_settings_reopens (&self->settings, id, value);
  if (!fixed || !reopens)
    cnx_settings_set (&self->settings, id, value);
  self->stale = self->stale || (reopens && !fixed);
  GST_OBJECT_UNLOCK (self);
  if (fixed && reopens)
    cnx_refuse_property (GST_ELEMENT (self), pspec);
  if (fixed && waited != frames_wait (self))    /* sinks were told what they wait for */
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstConvnext *self = GST_CONVNEXT (object);

  GST_OBJECT_LOCK (self);
  cnx_settings_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
}

static void
finalize (GObject * object)
{
  GstConvnext *self = GST_CONVNEXT (object);

  cnx_carried_set (&self->carried, NULL);
  g_clear_pointer (&self->frame_in, cnx_frame_in_free);
  g_clear_pointer (&self->classifier, cnx_classifier_free);
  cnx_settings_clear (&self->settings);
  cnx_latency_clear (&self->latency);
  g_free (self->stream);
  G_OBJECT_CLASS (gst_convnext_parent_class)->finalize (object);
}

static void
gst_convnext_init (GstConvnext * self)
{
  cnx_cache_set_up_pocl ();     /* now, for when it is opened there are threads */
  cnx_settings_init (&self->settings);
  cnx_latency_init (&self->latency);
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
}

static void
gst_convnext_class_init (GstConvnextClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (convnext_debug, "convnext", 0, "ConvNeXt classifier");
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  cnx_settings_install (object_class);
  element_class->change_state = change_state;
  base_class->set_caps = set_caps;
  base_class->sink_event = sink_event;
  base_class->query = query;
  base_class->prepare_output_buffer = prepare_output_buffer;
  base_class->transform_ip = transform_ip;
  base_class->stop = stop;
  base_class->passthrough_on_same_caps = FALSE;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "ConvNeXt classifier", "Filter/Analyzer/Video",
      "Classifies video with a ConvNeXt network and attaches the labels to each buffer",
      "The gst-convnext authors");
  gst_type_mark_as_plugin_api (TYPE_MODE, 0);
  gst_type_mark_as_plugin_api (TYPE_PRECISION, 0);
}
