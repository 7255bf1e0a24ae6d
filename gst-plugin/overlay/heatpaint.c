#include "gst-plugin/overlay/heatpaint.h"
#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/overlay/canvas.h"

#include <math.h>

/* Points of a map for each of its values, whose colours are found by themselves: a colour between two others is not
 * that of the value between theirs. Odd, so that one is in the middle. */
#define FINER 9

/* Evenly spaced from 0 to 1. Red and green go together but at the ends, so that what differs is lightness and blue. */
static const guint8 colours[][3] = {
  {6, 30, 84}, {52, 66, 109}, {92, 95, 112}, {126, 126, 119}, {163, 156, 112}, {205, 190, 92}, {254, 231, 62}
};

guint32
cnx_heat_colour (double value)
{
  const double at = CLAMP (value, 0, 1) * (G_N_ELEMENTS (colours) - 1);
  const guint below = MIN ((guint) at, G_N_ELEMENTS (colours) - 2);
  guint32 colour = lrint (255 * CNX_HEAT_OPACITY * CLAMP (value, 0, 1));

  for (int c = 0; c < 3; c++)
    colour = colour << 8 | lrint (colours[below][c] + (at - below) * (colours[below + 1][c] - colours[below][c]));
  return colour;
}

typedef struct
{
  const CnxLooks *looks;
  CnxMetaHeat *heat;
} HeatReader;

static gboolean
read_heat (const CnxMetaLabels * labels, gpointer user_data)
{
  HeatReader *reader = user_data;

  if (labels->heat && labels->n > 0 && cnx_looks_pass (reader->looks, labels->labels[0].confidence))
    reader->heat = cnx_meta_heat_ref (labels->heat);
  return reader->heat == NULL;
}

CnxMetaHeat *
cnx_heat_read (GstBuffer * buffer, const CnxLooks * looks)
{
  HeatReader reader = { looks };

  cnx_label_meta_foreach (buffer, read_heat, &reader);
  return reader.heat;
}

/* The map's value at @x, @y, in places, of which the first one's middle is at 0: between the four around, and beyond
 * the outer ones as they are. */
static double
value_at (const CnxMetaHeat * heat, double x, double y)
{
  const double column = CLAMP (x, 0, heat->width - 1), row = CLAMP (y, 0, heat->height - 1);
  const int left = (int) column, top = (int) row;
  const int right = MIN (left + 1, heat->width - 1), bottom = MIN (top + 1, heat->height - 1);
  const float *upper = heat->values + top * heat->width, *lower = heat->values + bottom * heat->width;
  const double above = upper[left] + (column - left) * (upper[right] - upper[left]);
  const double below = lower[left] + (column - left) * (lower[right] - lower[left]);

  return above + (row - top) * (below - above);
}

/* As Cairo has colours in a surface: premultiplied. */
static guint32
premultiplied (guint32 colour)
{
  const guint alpha = colour >> 24;
  guint32 out = alpha;

  for (int shift = 16; shift >= 0; shift -= 8)
    out = out << 8 | ((colour >> shift & 0xff) * alpha + 127) / 255;
  return out;
}

/* The map's colours, FINER times as many in a row and a column. */
static cairo_surface_t *
colour (const CnxMetaHeat * heat)
{
  const int width = heat->width * FINER, height = heat->height * FINER;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);

  if (cairo_surface_status (surface) != CAIRO_STATUS_SUCCESS)
    return surface;
  cairo_surface_flush (surface);
  for (int y = 0; y < height; y++) {
    guint32 *line = (guint32 *) (cairo_image_surface_get_data (surface) + y * cairo_image_surface_get_stride (surface));

    for (int x = 0; x < width; x++)
      line[x] = premultiplied (cnx_heat_colour (value_at (heat, (x + 0.5) / FINER - 0.5, (y + 0.5) / FINER - 0.5)));
  }
  cairo_surface_mark_dirty (surface);
  return surface;
}

/* A side of what is covered, in a frame of @size pixels: the first, and how many. FALSE where none is. */
static gboolean
clip (double from, double extent, int size, int *first, int *count)
{
  const double begin = CLAMP (from * size, 0, size), end = CLAMP ((from + extent) * size, 0, size);

  *first = (int) floor (begin);
  *count = (int) ceil (end) - *first;
  return *count > 0;
}

static gboolean
is_zero (const CnxMetaHeat * heat)
{
  for (int i = 0; i < heat->width * heat->height; i++)
    if (heat->values[i] > 0)
      return FALSE;
  return TRUE;
}

GstVideoOverlayRectangle *
cnx_paint_heat (const CnxMetaHeat * heat, const GstVideoInfo * info)
{
  CnxCanvas canvas;
  int x, y, width, height;

  if (is_zero (heat) || !clip (heat->x, heat->w, info->width, &x, &width)
      || !clip (heat->y, heat->h, info->height, &y, &height) || !cnx_canvas_begin (&canvas, width, height, 1))
    return NULL;
  cairo_surface_t *map = colour (heat);
  cairo_translate (canvas.cr, heat->x * info->width - x, heat->y * info->height - y);
  cairo_scale (canvas.cr, heat->w * info->width / (heat->width * FINER),
      heat->h * info->height / (heat->height * FINER));
  cairo_set_source_surface (canvas.cr, map, 0, 0);
  cairo_pattern_set_extend (cairo_get_source (canvas.cr), CAIRO_EXTEND_PAD);
  cairo_pattern_set_filter (cairo_get_source (canvas.cr), CAIRO_FILTER_BILINEAR);
  cairo_rectangle (canvas.cr, 0, 0, heat->width * FINER, heat->height * FINER);
  cairo_fill (canvas.cr);
  cairo_surface_destroy (map);
  return cnx_canvas_end (&canvas, x, y);
}
