#include "gst-plugin/overlay/canvas.h"

double
cnx_canvas_narrow (const GstVideoInfo * info)
{
  return info->par_n > 0 && info->par_d > 0 ? (double) info->par_d / info->par_n : 1;
}

gboolean
cnx_canvas_begin (CnxCanvas * self, int width, int height, double narrow)
{
  self->width = width;
  self->height = height;
  self->stride = cairo_format_stride_for_width (CAIRO_FORMAT_ARGB32, width);
  self->pixels = g_try_malloc0 ((gsize) self->stride * height);
  if (!self->pixels)
    return FALSE;
  cairo_surface_t *surface =
      cairo_image_surface_create_for_data (self->pixels, CAIRO_FORMAT_ARGB32, width, height, self->stride);
  self->cr = cairo_create (surface);
  cairo_surface_destroy (surface);
  cairo_scale (self->cr, narrow, 1);
  return TRUE;
}

GstVideoOverlayRectangle *
cnx_canvas_end (CnxCanvas * self, int x, int y)
{
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint strides[GST_VIDEO_MAX_PLANES] = { self->stride };

  g_clear_pointer (&self->cr, cairo_destroy);
  GstBuffer *buffer = gst_buffer_new_wrapped (g_steal_pointer (&self->pixels), (gsize) self->stride * self->height);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, self->width, self->height, 1, offset, strides);
  GstVideoOverlayRectangle *rectangle =
      gst_video_overlay_rectangle_new_raw (buffer, x, y, self->width, self->height,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  gst_buffer_unref (buffer);
  return rectangle;
}

void
cnx_canvas_set_colour (CnxCanvas * self, guint32 colour, double share)
{
  cairo_set_source_rgba (self->cr, (colour >> 16 & 0xff) / 255.0, (colour >> 8 & 0xff) / 255.0, (colour & 0xff) / 255.0,
      (colour >> 24) / 255.0 * share);
}

void
cnx_canvas_fill_rounded (CnxCanvas * self, double x, double y, double width, double height, double radius)
{
  const double r = MIN (radius, MIN (width, height) / 2);

  cairo_new_sub_path (self->cr);
  cairo_arc (self->cr, x + width - r, y + r, r, -G_PI_2, 0);
  cairo_arc (self->cr, x + width - r, y + height - r, r, 0, G_PI_2);
  cairo_arc (self->cr, x + r, y + height - r, r, G_PI_2, G_PI);
  cairo_arc (self->cr, x + r, y + r, r, G_PI, 3 * G_PI_2);
  cairo_close_path (self->cr);
  cairo_fill (self->cr);
}

PangoLayout *
cnx_letters_new (double line, const char *font)
{
  PangoFontMap *map = pango_cairo_font_map_get_default ();
  PangoContext *context = pango_font_map_create_context (map);
  PangoLayout *layout = pango_layout_new (context);
  PangoFontDescription *description =
      pango_font_description_from_string (font && *font ? font : "Sans Bold");

  pango_font_description_set_absolute_size (description, line * 0.75 * PANGO_SCALE);
  pango_layout_set_font_description (layout, description);
  pango_font_description_free (description);
  g_object_unref (context);
  return layout;
}

void
cnx_letters_count (PangoLayout * layout, int *letters, int *unknown)
{
  for (const char *at = pango_layout_get_text (layout); *at; at = g_utf8_next_char (at))
    *letters += !g_unichar_isspace (g_utf8_get_char (at));
  *unknown += pango_layout_get_unknown_glyphs_count (layout);
}

void
cnx_letters_fit (PangoLayout * layout, double pixels, PangoEllipsizeMode mode)
{
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  if (width <= pixels)
    return;
  pango_layout_set_width (layout, CLAMP (pixels, 1, G_MAXINT / PANGO_SCALE) * PANGO_SCALE);
  pango_layout_set_ellipsize (layout, mode);
}
