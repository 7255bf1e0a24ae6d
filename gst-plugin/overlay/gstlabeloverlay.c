/**
 * SECTION:element-labeloverlay
 * @title: labeloverlay
 * @short_description: draws the labels that ride on a buffer
 *
 * Draws each frame's labels, best first, with their confidence, in a corner of the picture: those of
 * `convnext`, and on GStreamer 1.24 and later those of any element that writes GstAnalyticsClsMtd.
 * Frames without labels pass untouched. Where downstream takes overlay compositions the text is attached
 * and not blended.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! convnext ! labeloverlay ! videoconvert ! autovideosink
 * ]|
 */
#include "gst-plugin/overlay/gstlabeloverlay.h"
#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/overlay/labelpaint.h"

#include <string.h>

GST_DEBUG_CATEGORY_STATIC (label_overlay_debug);
#define GST_CAT_DEFAULT label_overlay_debug

#define DEFAULT_POSITION CNX_POSITION_TOP_LEFT
#define DEFAULT_MAX_LABELS 3
#define DEFAULT_SHOW_CONFIDENCE TRUE
#define DEFAULT_FONT "Sans Bold"
#define DEFAULT_TEXT_HEIGHT 6.0
#define DEFAULT_OPACITY 0.6

enum
{
  PROP_0,
  PROP_POSITION,
  PROP_MAX_LABELS,
  PROP_SHOW_CONFIDENCE,
  PROP_FONT,
  PROP_TEXT_HEIGHT,
  PROP_OPACITY,
};

struct _GstLabelOverlay
{
  GstBaseTransform parent;

  /* properties, under the object lock */
  CnxPosition position;
  guint max_labels;
  gboolean show_confidence;
  char *font;
  double text_height, opacity;
  gboolean restyled;            /* a property changed since the text was painted */

  /* the streaming thread's own */
  GstVideoInfo info;
  GstVideoInfo drawn;           /* what text is painted for: the same, or a field */
  gboolean warned;              /* that there are no letters */
  int asked;                    /* atomic: downstream, for `attach`, since the caps or the peer changed */
  gboolean attach;              /* downstream draws the composition itself */
  char *text;                   /* what `composition` shows */
  GstVideoOverlayComposition *composition;
};

G_DEFINE_TYPE (GstLabelOverlay, gst_label_overlay, GST_TYPE_BASE_TRANSFORM);

#define COMPOSITION_FEATURE GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION

GType
gst_label_overlay_position_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {CNX_POSITION_TOP_LEFT, "Top left", "top-left"},
    {CNX_POSITION_TOP_RIGHT, "Top right", "top-right"},
    {CNX_POSITION_BOTTOM_LEFT, "Bottom left", "bottom-left"},
    {CNX_POSITION_BOTTOM_RIGHT, "Bottom right", "bottom-right"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstLabelOverlayPosition", values));
  return type;
}

/* ---- negotiation ---- */

/* Blending unpacks a line and packs it again. That cannot be done to a picture with a palette: packing makes
 * another palette than the lines outside the text were written for. */
static gboolean
is_blendable (GstVideoFormat format)
{
  const GstVideoFormatInfo *info = gst_video_format_get_info (format);

  return info->unpack_func && info->pack_func && !GST_VIDEO_FORMAT_INFO_HAS_PALETTE (info);
}

/* Every blendable format, then the same with the feature, and as fields. */
static GstCaps *
template_caps (void)
{
  guint n_all, n = 0;
  const GstVideoFormat *all = gst_video_formats_raw (&n_all);
  g_autofree GstVideoFormat *formats = g_new (GstVideoFormat, n_all);

  for (guint i = 0; i < n_all; i++)
    if (is_blendable (all[i]))
      formats[n++] = all[i];
  GstCaps *caps = gst_video_make_raw_caps (formats, n);
  /* sinks write the feature with the memory's beside it */
  gst_caps_append (caps, gst_video_make_raw_caps_with_features (formats, n,
          gst_caps_features_new (GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY, COMPOSITION_FEATURE,
              NULL)));
  /* fields, each in a buffer of its own */
  gst_caps_append (caps, gst_video_make_raw_caps_with_features (formats, n,
          gst_caps_features_new (GST_CAPS_FEATURE_FORMAT_INTERLACED, NULL)));
  return caps;
}

static gboolean
set_feature (GstCapsFeatures * features, GstStructure * structure, gpointer with)
{
  if (with)
    gst_caps_features_add (features, COMPOSITION_FEATURE);
  else
    gst_caps_features_remove (features, COMPOSITION_FEATURE);
  return TRUE;
}

/* The same caps with the feature, then without: whichever the other side takes. */
static GstCaps *
transform_caps (GstBaseTransform * base, GstPadDirection direction, GstCaps * caps,
    GstCaps * filter)
{
  GstCaps *result = gst_caps_copy (caps), *without = gst_caps_copy (caps);

  gst_caps_map_in_place (result, (GstCapsMapFunc) set_feature, base);
  gst_caps_map_in_place (without, (GstCapsMapFunc) set_feature, NULL);
  /* Upstream is asked for plain frames first: only downstream's wish to draw is news to it. */
  result = direction == GST_PAD_SINK ? gst_caps_merge (result, without) : gst_caps_merge (without,
      result);
  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (filter, result, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (result);
    result = filtered;
  }
  return result;
}

static void
forget_text (GstLabelOverlay * self)
{
  g_clear_pointer (&self->text, g_free);
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
  forget_text (self);
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
  if (!caps || !gst_caps_features_contains (gst_caps_get_features (caps, 0), COMPOSITION_FEATURE))
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

/* ---- text ---- */

typedef struct
{
  GString *text;
  guint max_labels;
  gboolean show_confidence;
  gboolean name_models;         /* more than one classifier has something to say */
} TextBuilder;

static gboolean
count_labelled (const CnxMetaLabels * labels, gpointer user_data)
{
  guint *n = user_data;

  *n += labels->n > 0;
  return TRUE;
}

/* Starts a line with @text, which may be anything: a label is as its file or another element wrote it. */
static void
append_line (GString * markup, const char *before, const char *text, const char *after)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *escaped = g_markup_escape_text (g_strdelimit (valid, "\r\n\t", ' '), -1);

  g_string_append_printf (markup, "%s%s%s%s", markup->len ? "\n" : "", before, escaped, after);
}

static gboolean
append_labels (const CnxMetaLabels * labels, gpointer user_data)
{
  TextBuilder *builder = user_data;

  if (labels->n > 0 && builder->name_models && labels->model)
    append_line (builder->text, "<span size='smaller' alpha='75%'>", labels->model, "</span>");
  for (guint i = 0; i < MIN (labels->n, builder->max_labels); i++) {
    append_line (builder->text, "", labels->labels[i].label, "");
    if (builder->show_confidence)
      g_string_append_printf (builder->text, "  <span alpha='75%%'>%.0f %%</span>",
          labels->labels[i].confidence * 100);
  }
  return TRUE;
}

/* What to show of @buffer's labels, as markup; "" for nothing. */
static char *
text_of (GstLabelOverlay * self, GstBuffer * buffer)
{
  TextBuilder builder = { g_string_new (NULL) };
  guint labelled = 0;

  GST_OBJECT_LOCK (self);
  builder.max_labels = self->max_labels;
  builder.show_confidence = self->show_confidence;
  GST_OBJECT_UNLOCK (self);
  cnx_label_meta_foreach (buffer, count_labelled, &labelled);
  builder.name_models = labelled > 1;
  if (labelled > 0)
    cnx_label_meta_foreach (buffer, append_labels, &builder);
  return g_string_free (builder.text, FALSE);
}

/* Once: it would be the same for every frame. */
static void
warn_of_fonts (GstLabelOverlay * self)
{
  if (self->warned)
    return;
  self->warned = TRUE;
  GST_ELEMENT_WARNING (self, RESOURCE, NOT_FOUND, ("Labels are not drawn: no font here has their letters. Install one, "
          "for example the package fonts-dejavu-core, or name one that has them in the property font."),
      ("text: %s", self->text));
}

/* Paints when the text or the style is not what the last composition shows. */
static void
update_composition (GstLabelOverlay * self, char *text)
{
  GST_OBJECT_LOCK (self);
  const gboolean restyled = self->restyled;
  g_autofree char *font = g_strdup (self->font);
  const CnxPaintStyle style = { font, self->text_height, self->opacity, self->position };
  self->restyled = FALSE;
  GST_OBJECT_UNLOCK (self);

  if (!restyled && g_strcmp0 (text, self->text) == 0) {
    g_free (text);
    return;
  }
  forget_text (self);
  self->text = text;
  gboolean legible = TRUE;
  if (*text)
    self->composition = cnx_paint_labels (text, &self->drawn, &style, &legible);
  if (!legible)
    warn_of_fonts (self);
}

/* ---- frames ---- */

/* Frames with nothing to draw pass as they are; others become writable by a copy that shares the pixels, and
 * blending copies those that somebody else holds. */
static GstFlowReturn
prepare_output_buffer (GstBaseTransform * base, GstBuffer * in, GstBuffer ** out)
{
  GstLabelOverlay *self = GST_LABEL_OVERLAY (base);

  if (GST_BUFFER_FLAG_IS_SET (in, GST_BUFFER_FLAG_GAP))
    update_composition (self, g_strdup (""));
  else
    update_composition (self, text_of (self, in));
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

/* The text where a crop meta says that the picture begins. */
static gboolean
blend_into_crop (GstLabelOverlay * self, const GstVideoCropMeta * crop, GstVideoFrame * frame)
{
  GstVideoOverlayComposition *moved = gst_video_overlay_composition_copy (self->composition);

  for (guint i = 0; i < gst_video_overlay_composition_n_rectangles (moved); i++) {
    GstVideoOverlayRectangle *rectangle = gst_video_overlay_composition_get_rectangle (moved, i);
    guint width, height;
    int x, y;

    gst_video_overlay_rectangle_get_render_rectangle (rectangle, &x, &y, &width, &height);
    gst_video_overlay_rectangle_set_render_rectangle (rectangle, x + crop->x, y + crop->y / rows_apart (self), width,
        height);
  }
  const gboolean blended = gst_video_overlay_composition_blend (moved, frame);
  gst_video_overlay_composition_unref (moved);
  return blended;
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
  if (!(crop ? blend_into_crop (self, crop, &frame) :
          gst_video_overlay_composition_blend (self->composition, &frame)))
    GST_WARNING_OBJECT (self, "the text does not lie on the frame");
  gst_video_frame_unmap (&frame);
  return GST_FLOW_OK;
}

static gboolean
stop (GstBaseTransform * base)
{
  forget_text (GST_LABEL_OVERLAY (base));
  GST_LABEL_OVERLAY (base)->warned = FALSE;
  return TRUE;
}

/* ---- properties ---- */

static void
set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  GstLabelOverlay *self = GST_LABEL_OVERLAY (object);

  GST_OBJECT_LOCK (self);
  self->restyled = TRUE;
  switch (id) {
    case PROP_POSITION:
      self->position = g_value_get_enum (value);
      break;
    case PROP_MAX_LABELS:
      self->max_labels = g_value_get_uint (value);
      break;
    case PROP_SHOW_CONFIDENCE:
      self->show_confidence = g_value_get_boolean (value);
      break;
    case PROP_FONT:
      g_free (self->font);
      self->font = g_value_dup_string (value);
      break;
    case PROP_TEXT_HEIGHT:
      self->text_height = g_value_get_double (value);
      break;
    case PROP_OPACITY:
      self->opacity = g_value_get_double (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstLabelOverlay *self = GST_LABEL_OVERLAY (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_POSITION:
      g_value_set_enum (value, self->position);
      break;
    case PROP_MAX_LABELS:
      g_value_set_uint (value, self->max_labels);
      break;
    case PROP_SHOW_CONFIDENCE:
      g_value_set_boolean (value, self->show_confidence);
      break;
    case PROP_FONT:
      g_value_set_string (value, self->font);
      break;
    case PROP_TEXT_HEIGHT:
      g_value_set_double (value, self->text_height);
      break;
    case PROP_OPACITY:
      g_value_set_double (value, self->opacity);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
finalize (GObject * object)
{
  GstLabelOverlay *self = GST_LABEL_OVERLAY (object);

  forget_text (self);
  g_free (self->font);
  G_OBJECT_CLASS (gst_label_overlay_parent_class)->finalize (object);
}

static void
gst_label_overlay_init (GstLabelOverlay * self)
{
  self->position = DEFAULT_POSITION;
  self->max_labels = DEFAULT_MAX_LABELS;
  self->show_confidence = DEFAULT_SHOW_CONFIDENCE;
  self->font = g_strdup (DEFAULT_FONT);
  self->text_height = DEFAULT_TEXT_HEIGHT;
  self->opacity = DEFAULT_OPACITY;
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
}

static void
install_properties (GObjectClass * klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (klass, PROP_POSITION, g_param_spec_enum ("position", "Position",
          "The corner of the frame that the text is drawn in", GST_TYPE_LABEL_OVERLAY_POSITION,
          DEFAULT_POSITION, flags));
  g_object_class_install_property (klass, PROP_MAX_LABELS, g_param_spec_uint ("max-labels",
          "Most labels", "Draw at most so many labels of each classifier, best first", 1, 100,
          DEFAULT_MAX_LABELS, flags));
  g_object_class_install_property (klass, PROP_SHOW_CONFIDENCE,
      g_param_spec_boolean ("show-confidence", "Show confidence",
          "Write the confidence, in percent, behind each label", DEFAULT_SHOW_CONFIDENCE, flags));
  g_object_class_install_property (klass, PROP_FONT, g_param_spec_string ("font", "Font",
          "A Pango font description without a size", DEFAULT_FONT, flags));
  g_object_class_install_property (klass, PROP_TEXT_HEIGHT, g_param_spec_double ("text-height",
          "Text height", "A line's height in percent of the frame's height (at least 8 pixels)", 1,
          50, DEFAULT_TEXT_HEIGHT, flags));
  g_object_class_install_property (klass, PROP_OPACITY, g_param_spec_double ("opacity", "Opacity",
          "Opacity of the dark panel behind the text, from 0 (none) to 1", 0, 1, DEFAULT_OPACITY,
          flags));
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
  install_properties (object_class);
  base_class->transform_caps = transform_caps;
  base_class->set_caps = set_caps;
  base_class->src_event = src_event;
  base_class->prepare_output_buffer = prepare_output_buffer;
  base_class->transform_ip = transform_ip;
  base_class->stop = stop;
  base_class->passthrough_on_same_caps = FALSE;
  g_autoptr (GstCaps) caps = template_caps ();
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_element_class_set_static_metadata (element_class, "Label overlay", "Filter/Editor/Video",
      "Draws the labels that a classifier attached to each frame", "The gst-convnext authors");
  gst_type_mark_as_plugin_api (GST_TYPE_LABEL_OVERLAY_POSITION, 0);
}
