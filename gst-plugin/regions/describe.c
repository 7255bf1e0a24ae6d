#include "gst-plugin/regions/describe.h"

CnxMetaRegion *
cnx_regions_describe (const GPtrArray * parts)
{
  gsize n = 0;

  for (guint i = 0; i < parts->len; i++)
    n += ((const CnxPart *) g_ptr_array_index (parts, i))->labels->n;
  /* the regions, and behind them the labels of all */
  CnxMetaRegion *regions = g_malloc (sizeof (CnxMetaRegion) * (parts->len + 1) + sizeof (CnxMetaLabel) * n);
  CnxMetaLabel *items = (CnxMetaLabel *) (regions + parts->len + 1);
  for (guint i = 0; i < parts->len; i++) {
    const CnxPart *part = g_ptr_array_index (parts, i);
    const CnxMetaLabels labels = cnx_result_describe (part->labels, NULL, NULL, items);
    const char *kind = g_quark_to_string (part->region.kind);
    regions[i] = (CnxMetaRegion) { part->region.box, part->region.id, kind ? kind : "", labels.running_time, labels.n,
      labels.labels
    };
    items += labels.n;
  }
  return regions;
}
