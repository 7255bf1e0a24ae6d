#include "gst-plugin/heat/heater.h"
#include "core/error.h"

void
cnx_heater_clear (CnxHeater * self)
{
  g_clear_pointer (&self->last, g_free);
}

void
cnx_heater_begin (CnxHeater * self)
{
  self->filled = FALSE;
}

gboolean
cnx_heater_room (CnxHeater * self, CnxNetwork * network, const CnxHeatWish * wish, float **last, GError ** error)
{
  *last = NULL;
  if (!wish->wanted)
    return TRUE;
  if (!self->last && !(self->last = cnx_try_new (cnx_network_last_floats (network), sizeof (float), "a heat map",
              error)))
    return FALSE;
  *last = self->last;
  self->filled = TRUE;
  return TRUE;
}

/* The upright @map to @heat, which lies. */
static void
lay (const float *map, const CnxDirection * direction, CnxMetaHeat * heat)
{
  const int width = direction->swaps ? heat->height : heat->width;

  for (int i = 0; i < heat->width * heat->height; i++) {
    int column, row;

    cnx_direction_find (direction, heat->width, heat->height, i % width, i / width, &column, &row);
    heat->values[row * heat->width + column] = map[i];
  }
}

gboolean
cnx_heater_make (CnxHeater * self, CnxNetwork * network, const CnxHeatWish * wish, int id, CnxMetaHeat ** heat,
    GError ** error)
{
  const CnxFramePlace *place = &wish->place;
  int width, height;

  *heat = NULL;
  if (!wish->wanted || !self->filled)
    return TRUE;
  cnx_network_heat_size (network, &width, &height);
  g_autofree float *map = g_new (float, width * height);
  if (!cnx_network_heat (network, self->last, id, map, error))
    return FALSE;
  *heat = place->direction.swaps ? cnx_meta_heat_new (height, width) : cnx_meta_heat_new (width, height);
  (*heat)->x = place->x;
  (*heat)->y = place->y;
  (*heat)->w = place->w;
  (*heat)->h = place->h;
  lay (map, &place->direction, *heat);
  return TRUE;
}
