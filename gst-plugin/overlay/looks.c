#include "gst-plugin/overlay/looks.h"
#include "gst-plugin/field.h"

#include <gst/gst.h>

#define DEFAULT_POSITION CNX_POSITION_TOP_LEFT
#define DEFAULT_STYLE CNX_STYLE_TEXT
#define DEFAULT_MAX_LABELS 3
#define DEFAULT_THRESHOLD 0.0
#define DEFAULT_SHOW_CONFIDENCE TRUE
#define DEFAULT_SHOW_STATS FALSE
#define DEFAULT_SHOW_REGIONS TRUE
#define DEFAULT_HEATMAP FALSE
#define DEFAULT_FONT "Sans Bold"
#define DEFAULT_TEXT_HEIGHT 6.0
#define DEFAULT_COLOUR 0xffffffff
#define DEFAULT_BACKGROUND 0xff000000
#define DEFAULT_OPACITY 0.6

#define MIN_TEXT_PIXELS 8       /* smaller letters cannot be read */

enum
{
  PROP_0,
  PROP_POSITION,
  PROP_STYLE,
  PROP_MAX_LABELS,
  PROP_THRESHOLD,
  PROP_SHOW_CONFIDENCE,
  PROP_SHOW_STATS,
  PROP_SHOW_REGIONS,
  PROP_HEATMAP,
  PROP_FONT,
  PROP_TEXT_HEIGHT,
  PROP_COLOUR,
  PROP_BACKGROUND,
  PROP_OPACITY,
};

/* Where a property's value is. */
static const gsize fields[] = {
  [PROP_POSITION] = G_STRUCT_OFFSET (CnxLooks, position),
  [PROP_STYLE] = G_STRUCT_OFFSET (CnxLooks, style),
  [PROP_MAX_LABELS] = G_STRUCT_OFFSET (CnxLooks, max_labels),
  [PROP_THRESHOLD] = G_STRUCT_OFFSET (CnxLooks, threshold),
  [PROP_SHOW_CONFIDENCE] = G_STRUCT_OFFSET (CnxLooks, show_confidence),
  [PROP_SHOW_STATS] = G_STRUCT_OFFSET (CnxLooks, show_stats),
  [PROP_SHOW_REGIONS] = G_STRUCT_OFFSET (CnxLooks, show_regions),
  [PROP_HEATMAP] = G_STRUCT_OFFSET (CnxLooks, heatmap),
  [PROP_FONT] = G_STRUCT_OFFSET (CnxLooks, font),
  [PROP_TEXT_HEIGHT] = G_STRUCT_OFFSET (CnxLooks, text_height),
  [PROP_COLOUR] = G_STRUCT_OFFSET (CnxLooks, colour),
  [PROP_BACKGROUND] = G_STRUCT_OFFSET (CnxLooks, background),
  [PROP_OPACITY] = G_STRUCT_OFFSET (CnxLooks, opacity),
};

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

GType
gst_label_overlay_style_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {CNX_STYLE_TEXT, "Each label a line of text", "text"},
    {CNX_STYLE_BARS, "Below each label a bar as long as its confidence, which moves to where it goes", "bars"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstLabelOverlayStyle", values));
  return type;
}

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

/* What is drawn, and where. */
static void
install_content_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_POSITION, g_param_spec_enum ("position", "Position",
          "The corner of the frame that the labels are drawn in", GST_TYPE_LABEL_OVERLAY_POSITION,
          DEFAULT_POSITION, FLAGS));
  g_object_class_install_property (klass, PROP_STYLE, g_param_spec_enum ("style", "Style",
          "How labels are drawn", GST_TYPE_LABEL_OVERLAY_STYLE, DEFAULT_STYLE, FLAGS));
  g_object_class_install_property (klass, PROP_MAX_LABELS, g_param_spec_uint ("max-labels",
          "Most labels", "Draw at most so many labels of each classifier, best first", 1, 100,
          DEFAULT_MAX_LABELS, FLAGS));
  g_object_class_install_property (klass, PROP_THRESHOLD, g_param_spec_double ("threshold", "Threshold",
          "Draw only labels with at least this confidence, of those that the classifier attached", 0, 1,
          DEFAULT_THRESHOLD, FLAGS));
  g_object_class_install_property (klass, PROP_SHOW_CONFIDENCE,
      g_param_spec_boolean ("show-confidence", "Show confidence",
          "Write the confidence, in percent, behind each label", DEFAULT_SHOW_CONFIDENCE, FLAGS));
  g_object_class_install_property (klass, PROP_SHOW_STATS, g_param_spec_boolean ("show-stats", "Show stats",
          "Write below the labels how many frames a second of running time come by, how long a pass of the network "
          "takes and how old the labels are", DEFAULT_SHOW_STATS, FLAGS));
  g_object_class_install_property (klass, PROP_SHOW_REGIONS, g_param_spec_boolean ("show-regions", "Show regions",
          "Draw a box around each region of the frame that was classified, with its best label", DEFAULT_SHOW_REGIONS,
          FLAGS));
  g_object_class_install_property (klass, PROP_HEATMAP, g_param_spec_boolean ("heatmap", "Heat map",
          "Draw where in the frame the first label was seen, as convnext heatmap=true finds it: yellow where most "
          "speaks for it, then grey and dark blue, and nothing where nothing does", DEFAULT_HEATMAP, FLAGS));
}

void
cnx_looks_install (GObjectClass * klass)
{
  install_content_properties (klass);
  g_object_class_install_property (klass, PROP_FONT, g_param_spec_string ("font", "Font",
          "A Pango font description without a size", DEFAULT_FONT, FLAGS));
  g_object_class_install_property (klass, PROP_TEXT_HEIGHT, g_param_spec_double ("text-height",
          "Text height", "A line's height in percent of the frame's height (at least 8 pixels)", 1,
          50, DEFAULT_TEXT_HEIGHT, FLAGS));
  g_object_class_install_property (klass, PROP_COLOUR, g_param_spec_uint ("colour", "Colour",
          "The colour of text, bars and boxes, as 0xAARRGGBB; 0xffffffff: white", 0, G_MAXUINT32, DEFAULT_COLOUR,
          FLAGS));
  g_object_class_install_property (klass, PROP_BACKGROUND, g_param_spec_uint ("background", "Background",
          "The colour of the panel behind the text, as 0xAARRGGBB, whose opacity counts times the property of that "
          "name; 0xff000000: black", 0, G_MAXUINT32, DEFAULT_BACKGROUND, FLAGS));
  g_object_class_install_property (klass, PROP_OPACITY, g_param_spec_double ("opacity", "Opacity",
          "Opacity of the panel behind the text, from 0 (none) to 1", 0, 1, DEFAULT_OPACITY, FLAGS));
}

void
cnx_looks_init (CnxLooks * self)
{
  *self = (CnxLooks) {
    .position = DEFAULT_POSITION,.style = DEFAULT_STYLE,.max_labels = DEFAULT_MAX_LABELS,
    .threshold = DEFAULT_THRESHOLD,.show_confidence = DEFAULT_SHOW_CONFIDENCE,.show_stats = DEFAULT_SHOW_STATS,
    .show_regions = DEFAULT_SHOW_REGIONS,.heatmap = DEFAULT_HEATMAP,.font = g_strdup (DEFAULT_FONT),
    .text_height = DEFAULT_TEXT_HEIGHT,.colour = DEFAULT_COLOUR,.background = DEFAULT_BACKGROUND,
    .opacity = DEFAULT_OPACITY
  };
}

void
cnx_looks_clear (CnxLooks * self)
{
  g_clear_pointer (&self->font, g_free);
}

void
cnx_looks_copy (CnxLooks * self, const CnxLooks * from)
{
  cnx_looks_clear (self);
  *self = *from;
  self->font = g_strdup (from->font);
}

void
cnx_looks_get (const CnxLooks * self, guint id, GValue * value)
{
  cnx_field_get (G_STRUCT_MEMBER_P (self, fields[id]), value);
}

void
cnx_looks_set (CnxLooks * self, guint id, const GValue * value)
{
  self->changes++;
  cnx_field_set (G_STRUCT_MEMBER_P (self, fields[id]), value);
}

gboolean
cnx_looks_pass (const CnxLooks * self, double confidence)
{
  return !(self->threshold > 0) || confidence >= self->threshold;
}

double
cnx_looks_line (const CnxLooks * self, int height, double most)
{
  return MAX (MIN (height * self->text_height / 100, most), MIN_TEXT_PIXELS);
}
