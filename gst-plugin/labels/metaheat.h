/* A heat map, as it rides on a buffer among the fields of its labels (labelmeta.h):
 *   heatmap (GstValueArray of float, 0..1, row by row, as the frame lies), heatmap-width and heatmap-height (gint: so
 *   many in a row, so many rows), heatmap-region (GstValueArray of four doubles: x, y, width and height of what the map
 *   covers, in shares of the frame's width and height; beyond 0..1 where the model's recipe pads the frame).
 * Shares stay right behind a scaler. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CnxMetaHeat:
 * @width, @height: so many in a row, so many rows
 * @x, @y, @w, @h: what the map covers, in shares of the frame's width and height
 * @values: width x height of them, from 0 to 1; as the frame lies, from its top left on
 *
 * Where in a frame its first label's class was seen. Once it is filled it is immutable, and for any thread. Free with
 * cnx_meta_heat_unref().
 */
typedef struct
{
  int width, height;
  double x, y, w, h;
  float values[];
} CnxMetaHeat;

/** Zeros. */
CnxMetaHeat *cnx_meta_heat_new (int width, int height);
CnxMetaHeat *cnx_meta_heat_ref (CnxMetaHeat * heat);
void cnx_meta_heat_unref (CnxMetaHeat * heat);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxMetaHeat, cnx_meta_heat_unref)

/** Whether they show the same; either may be NULL. */
gboolean cnx_meta_heat_equal (const CnxMetaHeat * a, const CnxMetaHeat * b);

void cnx_meta_heat_write (const CnxMetaHeat * heat, GstStructure * structure);
/** NULL where there is none, or what is there is no map: somebody else may have written it. */
CnxMetaHeat *cnx_meta_heat_read (const GstStructure * structure);

G_END_DECLS
