#include "gst-plugin/labels/metaheat.h"

#include <math.h>
#include <string.h>

#define MAX_SIDE 128            /* that of the largest input, 4096 pixels, is */

CnxMetaHeat *
cnx_meta_heat_new (int width, int height)
{
  CnxMetaHeat *heat = g_atomic_rc_box_alloc0 (sizeof (CnxMetaHeat) + (gsize) width * height * sizeof (float));

  heat->width = width;
  heat->height = height;
  return heat;
}

CnxMetaHeat *
cnx_meta_heat_ref (CnxMetaHeat * heat)
{
  return g_atomic_rc_box_acquire (heat);
}

void
cnx_meta_heat_unref (CnxMetaHeat * heat)
{
  g_atomic_rc_box_release (heat);
}

gboolean
cnx_meta_heat_equal (const CnxMetaHeat * a, const CnxMetaHeat * b)
{
  if (a == b || !a || !b)
    return a == b;
  return a->width == b->width && a->height == b->height && a->x == b->x && a->y == b->y && a->w == b->w
      && a->h == b->h && memcmp (a->values, b->values, (gsize) a->width * a->height * sizeof (float)) == 0;
}

void
cnx_meta_heat_write (const CnxMetaHeat * heat, GstStructure * s)
{
  const double region[] = { heat->x, heat->y, heat->w, heat->h };
  GValue map = G_VALUE_INIT, shares = G_VALUE_INIT, value = G_VALUE_INIT, share = G_VALUE_INIT;

  gst_value_array_init (&map, heat->width * heat->height);
  g_value_init (&value, G_TYPE_FLOAT);
  for (int i = 0; i < heat->width * heat->height; i++) {
    g_value_set_float (&value, heat->values[i]);
    gst_value_array_append_value (&map, &value);
  }
  gst_value_array_init (&shares, G_N_ELEMENTS (region));
  g_value_init (&share, G_TYPE_DOUBLE);
  for (guint i = 0; i < G_N_ELEMENTS (region); i++) {
    g_value_set_double (&share, region[i]);
    gst_value_array_append_value (&shares, &share);
  }
  gst_structure_set (s, "heatmap-width", G_TYPE_INT, heat->width, "heatmap-height", G_TYPE_INT, heat->height, NULL);
  gst_structure_take_value (s, "heatmap", &map);
  gst_structure_take_value (s, "heatmap-region", &shares);
}

/* The array called @name, of @n values of @type; else NULL. */
static const GValue *
array_of (const GstStructure * s, const char *name, GType type, guint n)
{
  const GValue *array = gst_structure_get_value (s, name);

  if (!array || !GST_VALUE_HOLDS_ARRAY (array) || gst_value_array_get_size (array) != n)
    return NULL;
  for (guint i = 0; i < n; i++)
    if (!G_VALUE_HOLDS (gst_value_array_get_value (array, i), type))
      return NULL;
  return array;
}

/* FALSE where it is no region of a frame. */
static gboolean
read_region (const GValue * shares, CnxMetaHeat * heat)
{
  double *const to[] = { &heat->x, &heat->y, &heat->w, &heat->h };

  for (guint i = 0; i < G_N_ELEMENTS (to); i++) {
    *to[i] = g_value_get_double (gst_value_array_get_value (shares, i));
    if (!isfinite (*to[i]))
      return FALSE;
  }
  return heat->w > 0 && heat->h > 0;
}

CnxMetaHeat *
cnx_meta_heat_read (const GstStructure * s)
{
  const GValue *shares = array_of (s, "heatmap-region", G_TYPE_DOUBLE, 4);
  int width, height;

  if (!shares || !gst_structure_get_int (s, "heatmap-width", &width)
      || !gst_structure_get_int (s, "heatmap-height", &height) || width < 1 || height < 1 || width > MAX_SIDE
      || height > MAX_SIDE)
    return NULL;
  const GValue *map = array_of (s, "heatmap", G_TYPE_FLOAT, width * height);
  if (!map)
    return NULL;
  g_autoptr (CnxMetaHeat) heat = cnx_meta_heat_new (width, height);
  if (!read_region (shares, heat))
    return NULL;
  for (int i = 0; i < width * height; i++) {
    heat->values[i] = g_value_get_float (gst_value_array_get_value (map, i));
    if (!(heat->values[i] >= 0 && heat->values[i] <= 1))
      return NULL;
  }
  return g_steal_pointer (&heat);
}
