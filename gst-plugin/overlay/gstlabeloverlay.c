/**
 * SECTION:element-labeloverlay
 * @title: labeloverlay
 * @short_description: draws the labels that ride on a buffer
 *
 * Draws each frame's labels, best first, with their confidence, in a corner of the picture: those of
 * `convnext`, and on GStreamer 1.24 and later those of any element that writes GstAnalyticsClsMtd.
 * Frames with nothing to show pass untouched. Where downstream takes overlay compositions the text is attached
 * and not blended.
 *
 * With `style=bars` each confidence is a bar, too, which moves to a new result's within 300 ms of running time. Around
 * regions (GstVideoRegionOfInterestMeta) that were classified there are boxes. With `heatmap` there is what convnext's
 * property of that name found.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! convnext ! labeloverlay ! videoconvert ! autovideosink
 * ]|
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! convnext threshold=0 heatmap=true ! labeloverlay heatmap=true \
 *   ! videoconvert ! autovideosink
 * ]|
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! convnext threshold=0 ! labeloverlay style=bars max-labels=5 \
 *   colour=0xffffc83d ! videoconvert ! autovideosink
 * ]|
 */
#include "gst-plugin/overlay/gstlabeloverlay.h"
#include "gst-plugin/overlay/blend.h"
#include "gst-plugin/overlay/boxpaint.h"
#include "gst-plugin/overlay/heatpaint.h"
#include "gst-plugin/overlay/labelpaint.h"
#include "gst-plugin/overlay/looks.h"
#include "gst-plugin/overlay/motion.h"
#include "gst-plugin/overlay/overlaycaps.h"
#include "gst-plugin/overlay/pulse.h"
#include "gst-plugin/upstream.h"

GST_DEBUG_CATEGORY_STATIC (label_overlay_debug);
#define GST_CAT_DEFAULT label_overlay_debug

struct _GstLabelOverlay
{
  GstBaseTransform parent;

  CnxLooks looks;               /* under the object lock */

  /* the streaming thread's own */
  CnxLooks shown;               /* the looks that `composition` was painted with */
  GstVideoInfo info;
  GstVideoInfo drawn;           /* what text is painted for: the same, or a field */
  gboolean warned;              /* that there are no letters */
  int asked;                    /* atomic: downstream, for `attach`, since the caps or the peer changed */
  gboolean attach;              /* downstream draws the composition itself */
  CnxMotion motion;             /* of bars */
  CnxPulse pulse;               /* of what stats tell */
  gboolean lists;               /* a classification of the frame lists regions */
  CnxMetaHeat *heat;            /* what `heat_picture` shows; NULL: nothing */
  GstVideoOverlayRectangle *heat_picture;       /* may be NULL, as the next two */
  GArray *boxes, *panel;        /* what `composition` shows; NULL: nothing was painted yet */
  GPtrArray *box_pictures;      /* of GstVideoOverlayRectangle */
  GstVideoOverlayRectangle *panel_picture;
  GstVideoOverlayComposition *composition;
};

G_DEFINE_TYPE (GstLabelOverlay, gst_label_overlay, GST_TYPE_BASE_TRANSFORM);

/* ---- negotiation ---- */

static GstCaps *
transform_caps (GstBaseTransform * base, GstPadDirection direction, GstCaps * caps,
    GstCaps * filter)
{
  return cnx_overlay_transform_caps (direction, caps, filter);
}

static void
forget_painted (GstLabelOverlay * self)
{
  g_clear_pointer (&self->heat, cnx_meta_heat_unref);
  g_clear_pointer (&self->heat_picture, gst_video_overlay_rectangle_unref);
  g_clear_pointer (&self->boxes, g_array_unref);
  g_clear_pointer (&self->panel, g_array_unref);
  g_clear_pointer (&self->box_pictures, g_ptr_array_unref);
  g_clear_pointer (&self->panel_picture, gst_video_overlay_rectangle_unref);
  g_clear_pointer (&self->composition, gst_video_overlay_composition_unref);
}

/* Of a frame's rows how many lie between those of a buffer. */
static int
rows_apart (const GstLabelOverlay * self)
{
  return self->info.interlace_mode == GST_VIDEO_INTERLACE_MODE_ALTERNATE ? 2 : 1;
}

/* A picture of half as many rows, each of which stands for two. */
static void
make_field (GstVideoInfo * info)
{
  info->height = GST_VIDEO_INFO_FIELD_HEIGHT (info);
  info->interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  if (info->par_d <= G_MAXINT / 2)
    info->par_d *= 2;
}

static gboolean
set_caps (GstBaseTransform * base, GstCaps * in, GstCaps * out)
{
  GstLabelOverlay *self = GST_LABEL_OVERLAY (base);

  g_atomic_int_set (&self->asked, FALSE);
  forget_painted (self);
  if (!gst_video_info_from_caps (&self->info, in))
    return FALSE;
  self->drawn = self->info;
  if (rows_apart (self) == 2)
    make_field (&self->drawn);
  return TRUE;
}

/* Asked at the first frame after new caps, when downstream knows them: the base class asks nothing for an
 * element that works in place. */
static void
ask_downstream (GstLabelOverlay * self)
{
  GstPad *pad = GST_BASE_TRANSFORM_SRC_PAD (self);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  g_atomic_int_set (&self->asked, TRUE);
  self->attach = FALSE;
  if (!caps || !gst_caps_features_contains (gst_caps_get_features (caps, 0), CNX_COMPOSITION_FEATURE))
    return;
  g_autoptr (GstQuery) query = gst_query_new_allocation (caps, FALSE);
  self->attach = gst_pad_peer_query (pad, query)
      && gst_query_find_allocation_meta (query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  GST_DEBUG_OBJECT (self, "text is %s", self->attach ? "attached" : "blended");
}

/* Another sink may have taken the place of the one that was asked, with the same caps. */
static gboolean
src_event (GstBaseTransform * base, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    g_atomic_int_set (&GST_LABEL_OVERLAY (base)->asked, FALSE);
  return GST_BASE_TRANSFORM_CLASS (gst_label_overlay_parent_class)->src_event (base, event);
}

/* The next frame has nothing to do with those before. */
static void
begin_anew (GstLabelOverlay * self)
{
  cnx_motion_forget (&self->motion);
  cnx_pulse_forget (&self->pulse);
}

static gboolean
sink_event (GstBaseTransform * base, GstEvent * event)
{
  const GstEventType type = GST_EVENT_TYPE (event);

  if (type == GST_EVENT_STREAM_START || type == GST_EVENT_FLUSH_STOP
      || (type == GST_EVENT_SEGMENT && cnx_upstream_jumps (&base->segment, event)))
    begin_anew (GST_LABEL_OVERLAY (base));
  return GST_BASE_TRANSFORM_CLASS (gst_label_overlay_parent_class)->sink_event (base, event);
}

/* ---- what is drawn ---- */

/* Returns whether they have changed since. */
static gboolean
take_looks (GstLabelOverlay * self)
{
  GST_OBJECT_LOCK (self);
  const gboolean changed = self->shown.changes != self->looks.changes;
  if (changed)
    cnx_looks_copy (&self->shown, &self->looks);
  GST_OBJECT_UNLOCK (self);
  return changed;
}

/* Once: it would be the same for every frame. */
static void
warn_of_fonts (GstLabelOverlay * self, const char *text)
{
  if (self->warned)
    return;
  self->warned = TRUE;
  GST_ELEMENT_WARNING (self, RESOURCE, NOT_FOUND, ("Labels are not drawn: no font here has their letters. Install one, "
          "for example the package fonts-dejavu-core, or name one that has them in the property font."),
      ("text: %s", text));
}

/* The labels on @buffer, as far as they have moved. */
static GArray *
labels_of (GstLabelOverlay * self, GstBuffer * buffer, GstClockTime running_time)
{
  g_autoptr (GArray) labels = cnx_panel_read (buffer, &self->shown, &self->lists);

  if (self->shown.style == CNX_STYLE_BARS)
    return cnx_motion_show (&self->motion, labels, running_time);
  cnx_motion_forget (&self->motion);
  return g_steal_pointer (&labels);
}

/* What the panel shows over @buffer. */
static GArray *
panel_of (GstLabelOverlay * self, GstBuffer * buffer)
{
  const GstClockTime running_time = cnx_upstream_running_time (&GST_BASE_TRANSFORM (self)->segment, buffer);

  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return cnx_panel_new ();
  g_autoptr (GArray) labels = labels_of (self, buffer, running_time);
  if (!self->shown.show_stats) {
    cnx_pulse_forget (&self->pulse);
    return g_steal_pointer (&labels);
  }
  GArray *panel = cnx_panel_copy (labels);
  cnx_pulse_append (&self->pulse, panel, &self->shown, buffer, running_time);
  return panel;
}

/* Paints the panel where it shows something else than it did. Returns whether. */
static gboolean
update_panel (GstLabelOverlay * self, GstBuffer * buffer, gboolean restyled)
{
  g_autoptr (GArray) panel = panel_of (self, buffer);
  gboolean legible;

  if (!restyled && cnx_panel_equal (panel, self->panel))
    return FALSE;
  g_clear_pointer (&self->panel, g_array_unref);
  g_clear_pointer (&self->panel_picture, gst_video_overlay_rectangle_unref);
  self->panel = g_steal_pointer (&panel);
  self->panel_picture = cnx_paint_panel (self->panel, &self->drawn, &self->shown, &legible);
  if (!legible)
    warn_of_fonts (self, g_array_index (self->panel, CnxPanelRow, 0).text);
  return TRUE;
}

/* The same of the boxes. */
static gboolean
update_boxes (GstLabelOverlay * self, GstBuffer * buffer, gboolean restyled)
{
  const gboolean none = !self->shown.show_regions || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP);
  g_autoptr (GArray) boxes = none ? cnx_boxes_new () : cnx_boxes_read (buffer, &self->info, &self->shown,
      rows_apart (self), self->lists);
  gboolean legible;

  if (!restyled && cnx_boxes_equal (boxes, self->boxes))
    return FALSE;
  g_clear_pointer (&self->boxes, g_array_unref);
  g_clear_pointer (&self->box_pictures, g_ptr_array_unref);
  self->boxes = g_steal_pointer (&boxes);
  self->box_pictures = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_video_overlay_rectangle_unref);
  cnx_paint_boxes (self->boxes, &self->drawn, &self->shown, self->box_pictures, &legible);
  if (!legible)
    warn_of_fonts (self, g_array_index (self->boxes, CnxBox, 0).text);
  return TRUE;
}

/* And of the heat map. */
static gboolean
update_heat (GstLabelOverlay * self, GstBuffer * buffer)
{
  const gboolean none = !self->shown.heatmap || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP);
  g_autoptr (CnxMetaHeat) heat = none ? NULL : cnx_heat_read (buffer, &self->shown);

  if (cnx_meta_heat_equal (heat, self->heat))
    return FALSE;
  g_clear_pointer (&self->heat, cnx_meta_heat_unref);
  g_clear_pointer (&self->heat_picture, gst_video_overlay_rectangle_unref);
  self->heat = g_steal_pointer (&heat);
  if (self->heat)
    self->heat_picture = cnx_paint_heat (self->heat, &self->drawn);
  return TRUE;
}

static void
lay (GstLabelOverlay * self, GstVideoOverlayRectangle * picture)
{
  if (!self->composition)
    self->composition = gst_video_overlay_composition_new (picture);
  else
    gst_video_overlay_composition_add_rectangle (self->composition, picture);
}

/* What is painted, from the bottom up. */
static void
compose (GstLabelOverlay * self)
{
  g_clear_pointer (&self->composition, gst_video_overlay_composition_unref);
  if (self->heat_picture)
    lay (self, self->heat_picture);
  for (guint i = 0; i < self->box_pictures->len; i++)
    lay (self, g_ptr_array_index (self->box_pictures, i));
  if (self->panel_picture)
    lay (self, self->panel_picture);
}

/* Paints what is another than the last composition shows. */
static void
update_composition (GstLabelOverlay * self, GstBuffer * buffer)
{
  const gboolean restyled = take_looks (self), heat = update_heat (self, buffer);
  const gboolean panel = update_panel (self, buffer, restyled), boxes = update_boxes (self, buffer, restyled);

  if (heat || boxes || panel)
    compose (self);
}

/* ---- frames ---- */

/* Frames with nothing to draw pass as they are; others become writable by a copy that shares the pixels, and
 * blending copies those that somebody else holds. */
static GstFlowReturn
prepare_output_buffer (GstBaseTransform * base, GstBuffer * in, GstBuffer ** out)
{
  GstLabelOverlay *self = GST_LABEL_OVERLAY (base);

  update_composition (self, in);
  *out = !self->composition || gst_buffer_is_writable (in) ? in : gst_buffer_copy (in);
  return GST_FLOW_OK;
}

/* Sinks draw the first composition of a buffer only: ours joins one that is there. */
static void
attach_composition (GstLabelOverlay * self, GstBuffer * buffer)
{
  GstVideoOverlayCompositionMeta *there = gst_buffer_get_video_overlay_composition_meta (buffer);

  if (!there) {
    gst_buffer_add_video_overlay_composition_meta (buffer, self->composition);
    return;
  }
  GstVideoOverlayComposition *both = gst_video_overlay_composition_copy (there->overlay);
  for (guint i = 0; i < gst_video_overlay_composition_n_rectangles (self->composition); i++)
    gst_video_overlay_composition_add_rectangle (both,
        gst_video_overlay_composition_get_rectangle (self->composition, i));
  gst_video_overlay_composition_unref (there->overlay);
  there->overlay = both;
}

static GstFlowReturn
transform_ip (GstBaseTransform * base, GstBuffer * buffer)
{
  GstLabelOverlay *self = GST_LABEL_OVERLAY (base);
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);
  GstVideoFrame frame;

  if (!self->composition)
    return GST_FLOW_OK;
  if (!g_atomic_int_get (&self->asked))
    ask_downstream (self);
  if (self->attach) {
    attach_composition (self, buffer);
    return GST_FLOW_OK;
  }
  if (!gst_video_frame_map (&frame, &self->info, buffer, GST_MAP_READWRITE)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("Cannot draw on a frame."),
        ("the buffer does not hold a frame of the negotiated caps"));
    return GST_FLOW_ERROR;
  }
  if (rows_apart (self) == 2) { /* to what blends it is a picture like others */
    make_field (&frame.info);
    frame.flags = GST_VIDEO_FRAME_FLAG_NONE;
  }
  /* the text begins where a crop meta says that the picture does */
  if (!cnx_blend (self->composition, &frame, crop ? crop->x : 0, crop ? crop->y / rows_apart (self) : 0))
    GST_WARNING_OBJECT (self, "the text does not lie on the frame");
  gst_video_frame_unmap (&frame);
  return GST_FLOW_OK;
}

static gboolean
stop (GstBaseTransform * base)
{
  forget_painted (GST_LABEL_OVERLAY (base));
  begin_anew (GST_LABEL_OVERLAY (base));
  GST_LABEL_OVERLAY (base)->warned = FALSE;
  return TRUE;
}

/* ---- properties ---- */

static void
set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  GstLabelOverlay *self = GST_LABEL_OVERLAY (object);

  GST_OBJECT_LOCK (self);
  cnx_looks_set (&self->looks, id, value);
  GST_OBJECT_UNLOCK (self);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstLabelOverlay *self = GST_LABEL_OVERLAY (object);

  GST_OBJECT_LOCK (self);
  cnx_looks_get (&self->looks, id, value);
  GST_OBJECT_UNLOCK (self);
}

static void
finalize (GObject * object)
{
  GstLabelOverlay *self = GST_LABEL_OVERLAY (object);

  forget_painted (self);
  begin_anew (self);
  cnx_looks_clear (&self->looks);
  cnx_looks_clear (&self->shown);
  G_OBJECT_CLASS (gst_label_overlay_parent_class)->finalize (object);
}

static void
gst_label_overlay_init (GstLabelOverlay * self)
{
  cnx_looks_init (&self->looks);
  cnx_looks_copy (&self->shown, &self->looks);
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
}

static void
gst_label_overlay_class_init (GstLabelOverlayClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (label_overlay_debug, "labeloverlay", 0, "label overlay");
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  cnx_looks_install (object_class);
  base_class->transform_caps = transform_caps;
  base_class->set_caps = set_caps;
  base_class->src_event = src_event;
  base_class->sink_event = sink_event;
  base_class->prepare_output_buffer = prepare_output_buffer;
  base_class->transform_ip = transform_ip;
  base_class->stop = stop;
  base_class->passthrough_on_same_caps = FALSE;
  g_autoptr (GstCaps) caps = cnx_overlay_caps ();
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_element_class_set_static_metadata (element_class, "Label overlay", "Filter/Editor/Video",
      "Draws the labels that a classifier attached to each frame", "The gst-convnext authors");
  gst_type_mark_as_plugin_api (GST_TYPE_LABEL_OVERLAY_POSITION, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_LABEL_OVERLAY_STYLE, 0);
}
