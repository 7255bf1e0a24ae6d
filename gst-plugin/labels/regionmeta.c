#include "gst-plugin/labels/regionmeta.h"
#include "gst-plugin/labels/labelfields.h"

#define LIST_FIELD "regions"
#define REGION_NAME "region"
#define PARAM_NAME "classification"

CnxLabelRoom
cnx_label_room (void)
{
  return (CnxLabelRoom) { g_array_new (FALSE, FALSE, sizeof (CnxMetaLabel)),
    g_array_new (FALSE, FALSE, sizeof (CnxMetaRegion)), g_array_new (FALSE, FALSE, sizeof (CnxMetaLabel))
  };
}

void
cnx_label_room_clear (CnxLabelRoom * room)
{
  g_clear_pointer (&room->labels, g_array_unref);
  g_clear_pointer (&room->regions, g_array_unref);
  g_clear_pointer (&room->regions_labels, g_array_unref);
}

/* ---- the list ---- */

static GstStructure *
structure_of (const CnxMetaRegion * region)
{
  GstStructure *s = gst_structure_new (REGION_NAME, "x", G_TYPE_INT, region->box.x, "y", G_TYPE_INT, region->box.y,
      "w", G_TYPE_INT, region->box.w, "h", G_TYPE_INT, region->box.h, "id", G_TYPE_INT64, region->id,
      "class", G_TYPE_STRING, region->kind ? region->kind : "", NULL);

  if (GST_CLOCK_TIME_IS_VALID (region->running_time))
    gst_structure_set (s, "running-time", G_TYPE_UINT64, region->running_time, NULL);
  cnx_label_fields_write (s, region->labels, region->n);
  return s;
}

void
cnx_region_meta_write (GstStructure * s, const CnxMetaLabels * labels)
{
  GValue list = G_VALUE_INIT;

  if (!labels->regions)
    return;
  g_value_init (&list, GST_TYPE_ARRAY);
  for (guint i = 0; i < labels->n_regions; i++) {
    GValue item = G_VALUE_INIT;
    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item, structure_of (&labels->regions[i]));
    gst_value_array_append_and_take_value (&list, &item);
  }
  gst_structure_take_value (s, LIST_FIELD, &list);
  if (labels->width > 0 && labels->height > 0)
    gst_structure_set (s, "width", G_TYPE_INT, labels->width, "height", G_TYPE_INT, labels->height, NULL);
}

/* Its labels are the last @region->n of @items. */
static gboolean
read_region (const GValue * value, GArray * items, CnxMetaRegion * region)
{
  const GstStructure *s = GST_VALUE_HOLDS_STRUCTURE (value) ? gst_value_get_structure (value) : NULL;
  const guint before = items->len;

  *region = (CnxMetaRegion) {.running_time = GST_CLOCK_TIME_NONE };
  if (!s || !gst_structure_get (s, "x", G_TYPE_INT, &region->box.x, "y", G_TYPE_INT, &region->box.y,
          "w", G_TYPE_INT, &region->box.w, "h", G_TYPE_INT, &region->box.h, "id", G_TYPE_INT64, &region->id, NULL)
      || !(region->kind = gst_structure_get_string (s, "class")) || !cnx_label_fields_read (s, items))
    return FALSE;
  gst_structure_get_uint64 (s, "running-time", &region->running_time);
  region->n = items->len - before;
  return TRUE;
}

/* Both, or neither. */
static void
read_size (const GstStructure * s, CnxMetaLabels * labels)
{
  int width, height;

  if (!gst_structure_get (s, "width", G_TYPE_INT, &width, "height", G_TYPE_INT, &height, NULL) || width < 1
      || height < 1)
    return;
  labels->width = width;
  labels->height = height;
}

gboolean
cnx_region_meta_read (const GstStructure * s, CnxLabelRoom * room, CnxMetaLabels * labels)
{
  const GValue *list = gst_structure_get_value (s, LIST_FIELD);
  guint n = 0;

  labels->n_regions = 0;
  labels->regions = NULL;
  labels->width = labels->height = 0;
  if (!list)
    return TRUE;
  if (!GST_VALUE_HOLDS_ARRAY (list))
    return FALSE;
  g_array_set_size (room->regions_labels, 0);
  g_array_set_size (room->regions, gst_value_array_get_size (list) + 1);        /* there, even of none */
  CnxMetaRegion *regions = (CnxMetaRegion *) room->regions->data;
  for (; n < room->regions->len - 1; n++)
    if (!read_region (gst_value_array_get_value (list, n), room->regions_labels, &regions[n]))
      return FALSE;
  const CnxMetaLabel *next = (const CnxMetaLabel *) room->regions_labels->data;
  for (guint i = 0; i < n; next += regions[i++].n)
    regions[i].labels = next;
  labels->n_regions = n;
  labels->regions = regions;
  read_size (s, labels);
  return TRUE;
}

static int
scale (int at, int to, int from)
{
  return (int) CLAMP ((gint64) at * to / from, G_MININT, G_MAXINT);
}

GstVideoRectangle
cnx_region_meta_box (const CnxMetaLabels * labels, guint i, int width, int height)
{
  const GstVideoRectangle *box = &labels->regions[i].box;

  if (width < 1 || height < 1 || labels->width < 1 || labels->height < 1)
    return *box;
  return (GstVideoRectangle) { scale (box->x, width, labels->width), scale (box->y, height, labels->height),
    scale (box->w, width, labels->width), scale (box->h, height, labels->height)
  };
}

/* ---- what marks them ---- */

static void
add_param (GstVideoRegionOfInterestMeta * roi, const char *model, const CnxMetaRegion * region)
{
  GstStructure *s = gst_structure_new (PARAM_NAME, "model_name", G_TYPE_STRING, model ? model : "", NULL);

  if (region->n > 0)
    gst_structure_set (s, "label", G_TYPE_STRING, region->labels[0].label, "label_id", G_TYPE_INT,
        region->labels[0].id, "confidence", G_TYPE_DOUBLE, region->labels[0].confidence, NULL);
  cnx_label_fields_write (s, region->labels, region->n);
  gst_video_region_of_interest_meta_add_param (roi, s);
}

#if HAVE_ANALYTICS
#define TO_REGION GST_ANALYTICS_REL_TYPE_IS_PART_OF
#define TO_CLASSIFICATION (GST_ANALYTICS_REL_TYPE_RELATE_TO | GST_ANALYTICS_REL_TYPE_CONTAIN)

static void
add_classification (GstAnalyticsRelationMeta * meta, guint detection, const CnxMetaRegion * region)
{
  g_autofree gfloat *levels = g_new (gfloat, region->n);
  g_autofree GQuark *quarks = g_new (GQuark, region->n);
  GstAnalyticsClsMtd classification;

  for (guint i = 0; i < region->n; i++) {
    levels[i] = region->labels[i].confidence;
    quarks[i] = g_quark_from_string (region->labels[i].label);
  }
  if (!gst_analytics_relation_meta_add_cls_mtd (meta, region->n, levels, quarks, &classification))
    return;
  gst_analytics_relation_meta_set_relation (meta, TO_CLASSIFICATION, detection, classification.id);
  gst_analytics_relation_meta_set_relation (meta, TO_REGION, classification.id, detection);
}

/* Ours says of what it is a part, which is found at once; of others it may be the detection alone that knows. */
gboolean
cnx_region_meta_has (GstAnalyticsRelationMeta * meta, guint classification)
{
  const GstAnalyticsMtdType type = gst_analytics_od_mtd_get_mtd_type ();
  GstAnalyticsODMtd detection;
  gpointer state = NULL;

  if (gst_analytics_relation_meta_get_direct_related (meta, classification, GST_ANALYTICS_REL_TYPE_ANY, type, &state,
          &detection))
    return TRUE;
  state = NULL;
  while (gst_analytics_relation_meta_iterate (meta, &state, type, &detection))
    if (gst_analytics_relation_meta_get_relation (meta, detection.id, classification) != GST_ANALYTICS_REL_TYPE_NONE)
      return TRUE;
  return FALSE;
}
#endif

void
cnx_region_meta_tie (GstBuffer * buffer, GstVideoRegionOfInterestMeta * roi, guint detection, const char *model,
    const CnxMetaRegion * region)
{
  if (roi)
    add_param (roi, model, region);
#if HAVE_ANALYTICS
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);
  if (meta && detection != G_MAXUINT && region->n > 0)
    add_classification (meta, detection, region);
#endif
}
