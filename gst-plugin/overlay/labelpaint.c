#include "gst-plugin/overlay/labelpaint.h"

#include <math.h>
#include <pango/pangocairo.h>

#define MIN_TEXT_PIXELS 8       /* smaller letters cannot be read */

static PangoLayout *
layout_new (const char *text, double line_pixels, const char *font)
{
  PangoFontMap *map = pango_cairo_font_map_get_default ();
  PangoContext *context = pango_font_map_create_context (map);
  PangoLayout *layout = pango_layout_new (context);
  PangoFontDescription *description =
      pango_font_description_from_string (font && *font ? font : "Sans Bold");

  pango_font_description_set_absolute_size (description, line_pixels * 0.75 * PANGO_SCALE);
  pango_layout_set_font_description (layout, description);
  pango_layout_set_markup (layout, text, -1);
  pango_font_description_free (description);
  g_object_unref (context);
  return layout;
}

/* Whether there is a letter for any of it: what there is none for becomes a box. */
static gboolean
is_legible (PangoLayout * layout)
{
  int letters = 0;

  for (const char *at = pango_layout_get_text (layout); *at; at = g_utf8_next_char (at))
    letters += !g_unichar_isspace (g_utf8_get_char (at));
  return letters == 0 || pango_layout_get_unknown_glyphs_count (layout) < letters;
}

/* Lines wider than @pixels lose their middle: a name says most at its start, and the confidence is at
 * the end. */
static void
fit_width (PangoLayout * layout, double pixels)
{
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  if (width <= pixels)
    return;
  pango_layout_set_width (layout, CLAMP (pixels, 1, G_MAXINT / PANGO_SCALE) * PANGO_SCALE);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_MIDDLE);
}

static void
rounded_rectangle (cairo_t * cr, double width, double height, double radius)
{
  cairo_new_sub_path (cr);
  cairo_arc (cr, width - radius, radius, radius, -G_PI_2, 0);
  cairo_arc (cr, width - radius, height - radius, radius, 0, G_PI_2);
  cairo_arc (cr, radius, height - radius, radius, G_PI_2, G_PI);
  cairo_arc (cr, radius, radius, radius, G_PI, 3 * G_PI_2);
  cairo_close_path (cr);
}

/* A panel of @width x @height frame pixels; @narrow is the width of a display pixel in them. NULL where there is no
 * memory for it. */
static GstBuffer *
paint (PangoLayout * layout, int width, int height, double narrow, double padding, double opacity)
{
  const int stride = cairo_format_stride_for_width (CAIRO_FORMAT_ARGB32, width);
  guint8 *pixels = g_try_malloc0 ((gsize) stride * height);

  if (!pixels)
    return NULL;
  cairo_surface_t *surface =
      cairo_image_surface_create_for_data (pixels, CAIRO_FORMAT_ARGB32, width,
      height, stride);
  cairo_t *cr = cairo_create (surface);

  cairo_scale (cr, narrow, 1);
  rounded_rectangle (cr, width / narrow, height, padding);
  cairo_set_source_rgba (cr, 0, 0, 0, opacity);
  cairo_fill (cr);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_move_to (cr, padding, padding);
  pango_cairo_show_layout (cr, layout);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);

  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint strides[GST_VIDEO_MAX_PLANES] = { stride };
  GstBuffer *buffer = gst_buffer_new_wrapped (pixels, (gsize) stride * height);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, width, height, 1, offset, strides);
  return buffer;
}

GstVideoOverlayComposition *
cnx_paint_labels (const char *text, const GstVideoInfo * info, const CnxLooks * looks, gboolean * legible)
{
  const double line = MAX (info->height * looks->text_height / 100, MIN_TEXT_PIXELS);
  const double padding = line * 0.3, margin = line * 0.5;
  const double narrow = info->par_n > 0 && info->par_d > 0 ? (double) info->par_d / info->par_n : 1;
  int text_width, text_height;
  PangoLayout *layout = layout_new (text, line, looks->font);

  fit_width (layout, info->width / narrow - 2 * (margin + padding));
  pango_layout_get_pixel_size (layout, &text_width, &text_height);
  const int width = (int) MIN (ceil ((text_width + 2 * padding) * narrow), info->width);
  const int height = (int) MIN (ceil (text_height + 2 * padding), info->height);
  *legible = is_legible (layout);
  if (width < 1 || height < 1 || !*legible) {
    g_object_unref (layout);
    return NULL;
  }
  GstBuffer *pixels = paint (layout, width, height, narrow, padding, looks->opacity);
  g_object_unref (layout);
  if (!pixels)
    return NULL;

  const gboolean right = looks->position & 1, bottom = looks->position & 2;
  int x = (int) MIN (margin * narrow, info->width - width);
  int y = (int) MIN (margin, info->height - height);
  if (right)
    x = info->width - width - x;
  if (bottom)
    y = info->height - height - y;
  GstVideoOverlayRectangle *rectangle =
      gst_video_overlay_rectangle_new_raw (pixels, x, y, width, height,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  gst_buffer_unref (pixels);
  GstVideoOverlayComposition *composition = gst_video_overlay_composition_new (rectangle);
  gst_video_overlay_rectangle_unref (rectangle);
  return composition;
}
