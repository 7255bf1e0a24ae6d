/**
 * SECTION:element-overlay
 * @title: overlay
 * @short_description: shows video with the labels that ride on it
 *
 * A sink: `labeloverlay ! videoconvert ! ` and a video sink. Which one it takes is the first of a short list
 * that opens; `video-sink` names another. The text's properties are those of its child `labeloverlay`.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! convnext ! overlay labeloverlay::position=bottom-left
 * ]|
 */
#include "gst-plugin/overlay/gstoverlay.h"
#include "gst-plugin/overlay/gstlabeloverlay.h"
#include "gst-plugin/settings.h"

#include <gst/video/video.h>

GST_DEBUG_CATEGORY_STATIC (overlay_debug);
#define GST_CAT_DEFAULT overlay_debug

enum
{
  PROP_0,
  PROP_VIDEO_SINK,
};

struct _GstOverlaySink
{
  GstBin parent;
  GstElement *convert;
  GstElement *sink;             /* the child that displays, from READY on */

  /* under the object lock */
  GstElement *wanted;           /* the property; may be NULL */
  gboolean stale;               /* the child is there for another value of it */
  gboolean fixed;               /* from READY to PAUSED on: it stays */
};

G_DEFINE_TYPE (GstOverlaySink, gst_overlay_sink, GST_TYPE_BIN);

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK,
    GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL) "; "
        GST_VIDEO_CAPS_MAKE_WITH_FEATURES ("ANY", GST_VIDEO_FORMATS_ALL)));

/* Not autovideosink: probing every sink there is, it comes to DirectFB's, which can end the process. A sink
 * whose variable is not set has no display to open. */
static const struct
{
  const char *factory;
  const char *variable;
} candidates[] = {
  {"waylandsink", "WAYLAND_DISPLAY"},
  {"xvimagesink", "DISPLAY"},
  {"ximagesink", "DISPLAY"},
  {"glimagesink", "DISPLAY"},
  {"d3d11videosink", NULL},
  {"osxvideosink", NULL},
};

/* A sink of @factory that has opened its display, or NULL. */
static GstElement *
try_sink (const char *factory)
{
  GstElement *sink = gst_element_factory_make (factory, NULL);

  if (!sink)
    return NULL;
  /* its error messages go nowhere: the next candidate may open */
  if (gst_element_set_state (sink, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE)
    return sink;
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_object_unref (sink);
  return NULL;
}

static GstElement *
choose_sink (GstOverlaySink * self)
{
  g_autoptr (GString) tried = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (candidates); i++) {
    const char *variable = candidates[i].variable;
    const char *why = "there is no such element, or it does not open";
    GstElement *sink = NULL;
    if (!variable || g_getenv (variable))
      sink = try_sink (candidates[i].factory);
    else
      why = "its display variable is not set";
    if (sink) {
      GST_INFO_OBJECT (self, "shows on %s", candidates[i].factory);
      return sink;
    }
    g_string_append_printf (tried, "%s%s (%s)", tried->len ? ", " : "", candidates[i].factory, why);
  }
  GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
      ("There is no display to show video on. Set the property video-sink to an element that takes "
          "video, for example: overlay video-sink=fakesink"), ("tried: %s", tried->str));
  return NULL;
}

static gboolean
add_sink (GstOverlaySink * self)
{
  if (self->sink)
    return TRUE;
  GST_OBJECT_LOCK (self);
  GstElement *sink = self->wanted ? gst_object_ref (self->wanted) : NULL;
  self->stale = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (!sink && (sink = choose_sink (self)))
    gst_object_ref_sink (sink);
  if (!sink)
    return FALSE;
  g_autoptr (GstObject) owner = gst_object_get_parent (GST_OBJECT (sink));
  if (owner || !gst_bin_add (GST_BIN (self), sink)) {
    GST_ELEMENT_ERROR (self, RESOURCE, BUSY,
        ("%s cannot be used as video-sink: it belongs to something else.", GST_OBJECT_NAME (sink)),
        (NULL));
    gst_object_unref (sink);
    return FALSE;
  }
  self->sink = sink;
  if (gst_element_link (self->convert, self->sink))
    return TRUE;
  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
      ("%s cannot be used as video-sink: it takes no raw video.", GST_OBJECT_NAME (self->sink)),
      (NULL));
  return FALSE;
}

static void
remove_sink (GstOverlaySink * self)
{
  if (!self->sink)
    return;
  gst_element_unlink (self->convert, self->sink);
  gst_element_set_state (self->sink, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), self->sink);
  gst_clear_object (&self->sink);
}

/* Returns whether the child must be another before that. */
static gboolean
set_fixed (GstOverlaySink * self, gboolean fixed)
{
  GST_OBJECT_LOCK (self);
  self->fixed = fixed;
  const gboolean stale = self->stale;
  GST_OBJECT_UNLOCK (self);
  return stale;
}

static gboolean
ready_sink (GstOverlaySink * self, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && set_fixed (self, TRUE))
    remove_sink (self);
  else if (transition != GST_STATE_CHANGE_NULL_TO_READY)
    return TRUE;
  if (self->convert && add_sink (self))
    return TRUE;
  remove_sink (self);
  return FALSE;
}

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  GstOverlaySink *self = GST_OVERLAY_SINK (element);
  const gboolean starts = transition == GST_STATE_CHANGE_READY_TO_PAUSED;

  const GstStateChangeReturn result = ready_sink (self, transition) ?
      GST_ELEMENT_CLASS (gst_overlay_sink_parent_class)->change_state (element, transition) : GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY || (starts && result == GST_STATE_CHANGE_FAILURE))
    set_fixed (self, FALSE);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL
      || (transition == GST_STATE_CHANGE_NULL_TO_READY && result == GST_STATE_CHANGE_FAILURE))
    remove_sink (self);
  return result;
}

static void
set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  GstOverlaySink *self = GST_OVERLAY_SINK (object);

  if (id != PROP_VIDEO_SINK) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GstElement *wanted = g_value_get_object (value);
  if (wanted)
    gst_object_ref_sink (wanted);
  GST_OBJECT_LOCK (self);
  const gboolean refused = self->fixed && wanted != self->wanted;
  GstElement *old = refused ? wanted : self->wanted;
  if (!refused) {
    self->stale = self->stale || wanted != self->wanted;
    self->wanted = wanted;
  }
  GST_OBJECT_UNLOCK (self);
  gst_clear_object (&old);
  if (refused)
    cnx_refuse_property (GST_ELEMENT (self), pspec);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstOverlaySink *self = GST_OVERLAY_SINK (object);

  if (id != PROP_VIDEO_SINK) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_value_set_object (value, self->wanted);
  GST_OBJECT_UNLOCK (self);
}

static void
dispose (GObject * object)
{
  GstOverlaySink *self = GST_OVERLAY_SINK (object);

  remove_sink (self);
  gst_clear_object (&self->wanted);
  G_OBJECT_CLASS (gst_overlay_sink_parent_class)->dispose (object);
}

static void
gst_overlay_sink_init (GstOverlaySink * self)
{
  GstElement *labels = g_object_new (GST_TYPE_LABEL_OVERLAY, "name", "labeloverlay", NULL);
  g_autoptr (GstPadTemplate) template = gst_static_pad_template_get (&sink_template);
  g_autoptr (GstPad) target = gst_element_get_static_pad (labels, "sink");

  /* we are a sink whatever the children are, before there is one */
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
  gst_bin_add (GST_BIN (self), labels);
  self->convert = gst_element_factory_make ("videoconvert", NULL);
  if (self->convert) {
    gst_bin_add (GST_BIN (self), self->convert);
    gst_element_link (labels, self->convert);
  }
  gst_element_add_pad (GST_ELEMENT (self), gst_ghost_pad_new_from_template ("sink", target,
          template));
}

static void
gst_overlay_sink_class_init (GstOverlaySinkClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (overlay_debug, "overlay", 0, "label overlay sink");
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->dispose = dispose;
  element_class->change_state = change_state;
  g_object_class_install_property (object_class, PROP_VIDEO_SINK,
      g_param_spec_object ("video-sink", "Video sink",
          "The element that shows the video; unset: the first that opens of waylandsink, xvimagesink, "
          "ximagesink, glimagesink", GST_TYPE_ELEMENT, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
          | GST_PARAM_MUTABLE_READY));
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "Label overlay sink", "Sink/Video",
      "Shows video with the labels that a classifier attached", "The gst-convnext authors");
}
