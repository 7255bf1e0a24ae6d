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
 * In every-frame behind a live source a frame that would come too late for the sink is not classified, and carries the
 * newest labels: as long as QOS events from downstream say that frames come late. No frame is dropped.
 *
 * `interval`, `max-rate` and `scene-threshold` let frames pass that are not classified: they carry the newest labels.
 *
 * `inference-region=roi-list` classifies the regions that a detector upstream has marked, and not the frame. Their
 * labels are tied to what marks them (regionmeta.h).
 *
 * `precision` says what the network's products run in; sums are 32-bit floats always. fp32 and int8 run on
 * every device, fp16 on GPUs and bf16 on CPUs that have it. auto takes bf16 or fp16 where it runs, else fp32;
 * int8 is for who asks for it. One that the device does not run is an error that names those that it does.
 *
 * Elements of one process with the same settings share one network, whatever pipeline they are in, unless the
 * application gives them another by a context. `batch` lets their frames run together, and `batch-timeout` lets them
 * wait for each other.
 *
 * All properties but `device` and `threads` may be set while frames flow. Where that takes another network it is loaded
 * beside the one that goes on, takes over between two frames, and is told of in an element message `convnext-model`:
 * `model` and `previous`, their names, and `seconds`, that loading took. What was set last wins. One that cannot be
 * loaded is told of in a WARNING message, and changes nothing: the properties are again those of the network that is
 * used, or of one that was loaded before it and is about to be.
 *
 * A film that a phone took upright is stored lying, with a tag that says so. `video-direction=auto` heeds it: the
 * network sees the frame upright, and downstream gets it as it came.
 *
 * What is found is also told: with `post-messages` on the bus, when it is made, and by the signal `labels` in the
 * streaming thread, before the first buffer that carries it goes on.
 *
 * `stats` says what became of frames, how long things take and how old labels are; the log says it of each frame, at
 * level 5.
 *
 * `heatmap` attaches where in the frame the first label was seen, beside the labels (metaheat.h); `labeloverlay
 * heatmap=true` draws it.
 *
 * Classify after deinterlacing and before composing: those elements drop metadata.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=10 ! convnext threshold=0 post-messages=true ! fakesink
 * gst-launch-1.0 -m videotestsrc num-buffers=3 ! convnext threshold=0 heatmap=true post-messages=true ! fakesink
 * ]|
 */
#include "gst-plugin/gstconvnext.h"
#include "gst-plugin/engine/loader.h"
#include "gst-plugin/flow.h"
#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/log.h"
#include "gst-plugin/regions/regionflow.h"
#include "gst-plugin/upstream.h"
#include "opencl/cache/pocl.h"

#include <gst/video/video.h>

GST_DEBUG_CATEGORY (convnext_debug);

#define PROP_STATS 1000         /* beyond those of the settings */

struct _GstConvnext
{
  GstBaseTransform parent;

  /* under the object lock */
  CnxSettings settings;
  CnxEngineSettings *used;      /* that the classifier was, or is being, made with; NULL: none */
  gboolean streams;             /* from READY to PAUSED on: another network is the loader's to open */

  CnxLoader *loader;
  CnxFlow flow;                 /* with a classifier from READY on */
};

G_DEFINE_TYPE (GstConvnext, gst_convnext, GST_TYPE_BASE_TRANSFORM);

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

/* As they are now; its strings may be gone by then. */
static CnxSettings
plain_settings (GstConvnext * self)
{
  GST_OBJECT_LOCK (self);
  const CnxSettings settings = self->settings;
  GST_OBJECT_UNLOCK (self);
  return settings;
}

/* ---- opening and closing ---- */

static void
log_engine (GstConvnext * self, CnxEngine * engine)
{
  g_auto (GStrv) notes = cnx_model_notes (cnx_engine_model (engine));

  GST_INFO_OBJECT (self, "%s", cnx_engine_description (engine));
  for (guint i = 0; notes[i]; i++)
    GST_WARNING_OBJECT (self, "%s", notes[i]);
}

/* Under the object lock. */
static void
set_used (GstConvnext * self, const CnxEngineSettings * used)
{
  g_clear_pointer (&self->used, cnx_engine_settings_free);
  self->used = used ? cnx_engine_settings_copy (used) : NULL;
}

static gboolean
open_classifier (GstConvnext * self)
{
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  const CnxEngineSettings now = cnx_settings_engine (&self->settings);
  const gboolean stale = self->used && !cnx_engine_settings_equal (self->used, &now);
  g_autoptr (CnxEngineSettings) settings = cnx_engine_settings_copy (&now);
  set_used (self, settings);
  GST_OBJECT_UNLOCK (self);

  if (stale)
    cnx_flow_set_classifier (&self->flow, NULL);
  g_autoptr (CnxEngine) engine = cnx_engine_find (GST_ELEMENT (self), settings, TRUE, &error);
  if (engine && self->flow.classifier && cnx_classifier_engine (self->flow.classifier) == engine)
    return TRUE;
  cnx_flow_set_classifier (&self->flow, NULL);
  CnxClassifier *classifier = engine ? cnx_classifier_new (engine, &error) : NULL;
  if (!classifier) {
    cnx_engine_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  cnx_flow_set_classifier (&self->flow, classifier);
  log_engine (self, engine);
  return TRUE;
}

static void
close_classifier (GstConvnext * self)
{
  cnx_loader_stop (self->loader);
  cnx_flow_set_classifier (&self->flow, NULL);
  GST_OBJECT_LOCK (self);
  set_used (self, NULL);
  GST_OBJECT_UNLOCK (self);
}

static void
log_stats (GstConvnext * self)
{
  if (gst_debug_category_get_threshold (convnext_debug) < GST_LEVEL_INFO)
    return;
  g_autoptr (GstStructure) stats = cnx_stats_to_structure (&self->flow.stats);
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, stats);
}

static gboolean
stop (GstBaseTransform * base)
{
  GstConvnext *self = GST_CONVNEXT (base);

  cnx_flow_begin_stream (&self->flow, NULL);
  cnx_classifier_stop (self->flow.classifier);
  log_stats (self);
  g_clear_pointer (&self->flow.frame_in, cnx_frame_in_unref);
  return TRUE;
}

/* Only while frames flow, or are about to, is another network the loader's to open. */
static void
set_streams (GstConvnext * self, gboolean streams)
{
  GST_OBJECT_LOCK (self);
  self->streams = streams;
  GST_OBJECT_UNLOCK (self);
  if (!streams)
    cnx_loader_forget (self->loader);
}

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  GstConvnext *self = GST_CONVNEXT (element);
  const gboolean starts = transition == GST_STATE_CHANGE_READY_TO_PAUSED;

  /* Again before streaming starts: properties may have been set in READY. */
  if (starts) {
    set_streams (self, TRUE);
    cnx_stats_reset (&self->flow.stats);
  }
  if ((starts || transition == GST_STATE_CHANGE_NULL_TO_READY) && !open_classifier (self)) {
    set_streams (self, FALSE);
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    cnx_flow_reset (&self->flow);    /* nobody waits for it any longer */
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS (gst_convnext_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY || (starts && result == GST_STATE_CHANGE_FAILURE))
    set_streams (self, FALSE);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    close_classifier (self);
  return result;
}

CnxClassifier *
gst_convnext_classifier (GstConvnext * self)
{
  return self->flow.classifier;
}

CnxLoader *
gst_convnext_loader (GstConvnext * self)
{
  return self->loader;
}

/* ---- another network ---- */

/* What was asked for with @ticket cannot be had. Where that is still what is wanted, it is no longer, but what was
 * loaded before and is yet to be used, if there is such, or what is used. */
static void
keep_used (gpointer user_data, guint ticket, const GError * error)
{
  GstConvnext *self = user_data;

  GST_OBJECT_LOCK (self);
  const gboolean newest = cnx_loader_is_newest (self->loader, ticket) && self->used;
  if (newest) {
    g_autoptr (CnxEngineSettings) loaded = cnx_loader_fall_back (self->loader);
    cnx_settings_put_back (&self->settings, loaded ? loaded : self->used);
  }
  GST_OBJECT_UNLOCK (self);
  if (newest)
    cnx_engine_post_warning (GST_ELEMENT (self), error);
}

static void
tell_change (GstConvnext * self, const char *previous, double seconds)
{
  CnxEngine *engine = cnx_classifier_engine (self->flow.classifier);
  GstStructure *structure = gst_structure_new ("convnext-model", "model", G_TYPE_STRING,
      cnx_model_name (cnx_engine_model (engine)), "previous", G_TYPE_STRING, previous, "seconds", G_TYPE_DOUBLE,
      seconds, NULL);

  log_engine (self, engine);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
}

/* Between two frames: what has been loaded meanwhile takes over, unless it is the same. */
static void
take_over (GstConvnext * self)
{
  g_autoptr (CnxLoaded) loaded = cnx_loader_take (self->loader);
  g_autoptr (GError) error = NULL;
  CnxClassifier *previous = NULL;

  if (!loaded)
    return;
  if (cnx_classifier_engine (loaded->classifier) != cnx_classifier_engine (self->flow.classifier)) {
    previous = cnx_flow_change_classifier (&self->flow, loaded->classifier, &error);
    if (!previous) {
      keep_used (self, loaded->ticket, error);
      return;
    }
    loaded->classifier = NULL;
  }
  GST_OBJECT_LOCK (self);
  set_used (self, loaded->settings);
  GST_OBJECT_UNLOCK (self);
  cnx_loader_settle (self->loader, loaded->ticket);
  if (!previous)
    return;
  tell_change (self, cnx_model_name (cnx_classifier_model (previous)), loaded->seconds);
  cnx_loader_retire (self->loader, previous);
}

/* ---- negotiation and events ---- */

static gboolean
set_caps (GstBaseTransform * base, GstCaps * in, GstCaps * out)
{
  return cnx_flow_set_caps (&GST_CONVNEXT (base)->flow, in);
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
      cnx_flow_begin_stream (&self->flow, stream);
      break;
    case GST_EVENT_SEGMENT:
      if (cnx_upstream_jumps (&base->segment, event))
        cnx_flow_begin_anew (&self->flow);
      break;
    case GST_EVENT_TAG:
      gst_event_parse_tag (event, &tags);
      gst_video_orientation_from_tag (tags, &self->flow.tagged);
      break;
    case GST_EVENT_FLUSH_START:        /* beside the streaming thread, which may be waiting */
      cnx_flow_reset (&self->flow);
      break;
    case GST_EVENT_FLUSH_STOP:
      cnx_flow_forget (&self->flow);
      break;
    case GST_EVENT_EOS:
      cnx_flow_drain (&self->flow);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_convnext_parent_class)->sink_event (base, event);
}

static gboolean
src_event (GstBaseTransform * base, GstEvent * event)
{
  cnx_qos_hear (&GST_CONVNEXT (base)->flow.qos, GST_ELEMENT (base), event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)  /* past the base class, which may drop frames for it */
    return gst_pad_push_event (GST_BASE_TRANSFORM_SINK_PAD (base), event);
  return GST_BASE_TRANSFORM_CLASS (gst_convnext_parent_class)->src_event (base, event);
}

static void
try_pass (GstConvnext * self)
{
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (CnxClassifier) classifier = cnx_flow_ref_classifier (&self->flow);

  if (!classifier || !GST_PAD_IS_ACTIVE (GST_BASE_TRANSFORM_SINK_PAD (self))
      || !cnx_classifier_try (classifier, plain_settings (self).batch_timeout))
    return;
  g_autoptr (CnxClassifier) now = cnx_flow_ref_classifier (&self->flow);
  if (now == classifier)        /* and no other has taken over meanwhile */
    cnx_latency_note (&self->flow.latency, GST_ELEMENT (self), start);
}

/* Asked before the first frame has come: what takes most of its time can be tried without it. Not while the state
 * changes, which may take the classifier away; a change waits until it is done. */
static void
find_latency (GstConvnext * self)
{
  if (cnx_latency_is_known (&self->flow.latency) || !GST_STATE_TRYLOCK (self))
    return;
  try_pass (self);
  GST_STATE_UNLOCK (self);
}

static gboolean
frames_wait (GstConvnext * self)
{
  return cnx_mode_waits (&self->flow.choice, plain_settings (self).mode);
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
    find_latency (self);
  cnx_latency_answer (&self->flow.latency, query, wait);
  return TRUE;
}

/* ---- frames ---- */

static GstFlowReturn
transform_ip (GstBaseTransform * base, GstBuffer * buffer)
{
  GstConvnext *self = GST_CONVNEXT (base);

  if (!self->flow.frame_in)
    return GST_FLOW_NOT_NEGOTIATED;
  take_over (self);
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return GST_FLOW_OK;
  const CnxSettings settings = plain_settings (self);
  const GstClockTime time = cnx_upstream_running_time (&base->segment, buffer);
  return settings.inference_region == INFERENCE_ROI_LIST ?
      cnx_region_flow_frame (&self->flow, buffer, time, &settings) :
      cnx_flow_frame (&self->flow, buffer, time, &settings);
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

/* Under the object lock, as what is asked for must come in the order in which it is set. Also of what is set already:
 * other files may stand there now. */
static gboolean
set_setting (GstConvnext * self, guint id, const GValue * value, GError ** error)
{
  const gboolean opens = cnx_settings_set (&self->settings, id, value);

  cnx_teller_set (&self->flow.teller, self->settings.source, self->settings.post_messages);
  if (!self->streams || !opens)
    return TRUE;
  const CnxEngineSettings wanted = cnx_settings_engine (&self->settings);
  if (cnx_loader_ask (self->loader, &wanted, error))
    return TRUE;
  cnx_settings_put_back (&self->settings, self->used);
  return FALSE;
}

static void
set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  GstConvnext *self = GST_CONVNEXT (object);
  const gboolean waited = frames_wait (self);
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  const gboolean streams = self->streams, refused = streams && cnx_settings_refuses (&self->settings, id, value);
  const gboolean set = !refused && set_setting (self, id, value, &error);
  GST_OBJECT_UNLOCK (self);
  if (refused)
    cnx_refuse_property (GST_ELEMENT (self), pspec);
  else if (!set)
    cnx_engine_post_warning (GST_ELEMENT (self), error);
  if (streams && waited != frames_wait (self))  /* sinks were told what they wait for */
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstConvnext *self = GST_CONVNEXT (object);

  if (id == PROP_STATS) {
    g_value_take_boxed (value, cnx_stats_to_structure (&self->flow.stats));
    return;
  }
  GST_OBJECT_LOCK (self);
  cnx_settings_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
}

static void
finalize (GObject * object)
{
  GstConvnext *self = GST_CONVNEXT (object);

  cnx_loader_free (self->loader);
  cnx_flow_clear (&self->flow);
  set_used (self, NULL);
  cnx_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_convnext_parent_class)->finalize (object);
}

static void
gst_convnext_init (GstConvnext * self)
{
  cnx_cache_set_up_pocl ();     /* now, for when it is opened there are threads */
  cnx_settings_init (&self->settings);
  cnx_flow_init (&self->flow, GST_ELEMENT (self));
  self->loader = cnx_loader_new (GST_ELEMENT (self), keep_used, self);
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
  cnx_teller_install (object_class);
  g_object_class_install_property (object_class, PROP_STATS, g_param_spec_boxed ("stats", "Statistics",
          "Since the element was started: frames, classified, skipped-interval, skipped-rate, skipped-scene, "
          "skipped-busy, skipped-qos and skipped-known; milliseconds of preprocessing, of a pass and of the age of "
          "labels: preprocess-mean, -p50 and -p99, pass-mean, -p50 and -p99, age-mean and -p99; and of the network, "
          "for all that share it: batches, batch-mean, model, precision, device", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  element_class->change_state = change_state;
  base_class->set_caps = set_caps;
  base_class->sink_event = sink_event;
  base_class->src_event = src_event;
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
  gst_type_mark_as_plugin_api (TYPE_INFERENCE_REGION, 0);
}
