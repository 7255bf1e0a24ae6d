#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/labels/labelfields.h"
#include "gst-plugin/labels/regionmeta.h"

#if HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#define STRUCTURE_NAME "convnext"

/* No tags and no transform of its own: the meta then survives copies and scalers. NULL tags would be a
 * critical error. */
void
cnx_label_meta_register (void)
{
  static const gchar *tags[] = { NULL };

  if (!gst_meta_get_info (CNX_LABEL_META_NAME))
    gst_meta_register_custom (CNX_LABEL_META_NAME, tags, NULL, NULL, NULL);
}

/* ---- our structure ---- */

static void
fill_structure (GstStructure * s, const CnxMetaLabels * labels)
{
  gst_structure_set (s, "model", G_TYPE_STRING, labels->model,
      "stream", G_TYPE_STRING, labels->stream ? labels->stream : "",
      "source", G_TYPE_STRING, labels->source ? labels->source : "", NULL);
  if (GST_CLOCK_TIME_IS_VALID (labels->running_time))
    gst_structure_set (s, "running-time", G_TYPE_UINT64, labels->running_time, NULL);
  if (labels->pass > 0)
    gst_structure_set (s, "pass", G_TYPE_UINT64, labels->pass, NULL);
  cnx_label_fields_write (s, labels->labels, labels->n);
  cnx_region_meta_write (s, labels);
  if (labels->heat)
    cnx_meta_heat_write (labels->heat, s);
}

GstStructure *
cnx_label_meta_to_structure (const CnxMetaLabels * labels)
{
  GstStructure *s = gst_structure_new_empty (STRUCTURE_NAME);

  fill_structure (s, labels);
  return s;
}

/* Appends @labels to those that others have found on the same frame, behind @s's own. */
static void
append_other (GstStructure * s, const CnxMetaLabels * labels)
{
  const GValue *there = gst_structure_get_value (s, "others");
  GValue others = G_VALUE_INIT, item = G_VALUE_INIT;

  g_value_init (&others, GST_TYPE_ARRAY);
  if (there && GST_VALUE_HOLDS_ARRAY (there))
    g_value_copy (there, &others);
  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item, cnx_label_meta_to_structure (labels));
  gst_value_array_append_and_take_value (&others, &item);
  gst_structure_take_value (s, "others", &others);
}

/* Reads what fill_structure() wrote; strings stay the structure's. FALSE when a field is missing, has another
 * type or the arrays differ in length: then somebody else wrote it. */
static gboolean
read_structure (const GstStructure * s, CnxLabelRoom * room, CnxMetaLabels * labels)
{
  GArray *items = room->labels;

  g_array_set_size (items, 0);
  if (!cnx_label_fields_read (s, items) || !cnx_region_meta_read (s, room, labels))
    return FALSE;
  labels->model = gst_structure_get_string (s, "model");
  labels->stream = gst_structure_get_string (s, "stream");
  labels->source = gst_structure_get_string (s, "source");
  labels->running_time = GST_CLOCK_TIME_NONE;
  gst_structure_get_uint64 (s, "running-time", &labels->running_time);
  labels->pass = 0;
  gst_structure_get_uint64 (s, "pass", &labels->pass);
  labels->n = items->len;
  labels->labels = (const CnxMetaLabel *) items->data;
  labels->heat = NULL;
  return TRUE;
}

/* ---- GStreamer's own analytics ---- */

#if HAVE_ANALYTICS
static void
add_analytics (GstBuffer * buffer, const CnxMetaLabels * labels)
{
  GstAnalyticsClsMtd mtd;

  if (labels->n == 0)
    return;
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);
  if (!meta)
    meta = gst_buffer_add_analytics_relation_meta (buffer);
  g_autofree gfloat *levels = g_new (gfloat, labels->n);
  g_autofree GQuark *quarks = g_new (GQuark, labels->n);
  for (guint i = 0; i < labels->n; i++) {
    levels[i] = labels->labels[i].confidence;
    quarks[i] = g_quark_from_string (labels->labels[i].label);
  }
  gst_analytics_relation_meta_add_cls_mtd (meta, labels->n, levels, quarks, &mtd);
}

static int
by_confidence (gconstpointer a, gconstpointer b)
{
  const double left = ((const CnxMetaLabel *) a)->confidence;
  const double right = ((const CnxMetaLabel *) b)->confidence;

  return (left < right) - (left > right);
}

/* In the order that they have there, which is ours where they are ours. */
static void
read_classification (const GstAnalyticsClsMtd * mtd, GArray * items, CnxMetaLabels * labels)
{
  const gsize n = gst_analytics_cls_mtd_get_length (mtd);

  g_array_set_size (items, 0);
  for (gsize i = 0; i < n; i++) {
    const char *name = g_quark_to_string (gst_analytics_cls_mtd_get_quark (mtd, i));
    const CnxMetaLabel item = { -1, name ? name : "", gst_analytics_cls_mtd_get_level (mtd, i) };
    g_array_append_val (items, item);
  }
  *labels = (CnxMetaLabels) {
    .model = NULL,.stream = "",.running_time = GST_CLOCK_TIME_NONE,.n = n,
    .labels = (const CnxMetaLabel *) items->data
  };
}

static gboolean
same_labels (const CnxMetaLabels * a, const CnxMetaLabels * b)
{
  if (a->n != b->n)
    return FALSE;
  for (guint i = 0; i < a->n; i++)
    if (g_strcmp0 (a->labels[i].label, b->labels[i].label) != 0
        || (float) a->labels[i].confidence != (float) b->labels[i].confidence)
      return FALSE;
  return TRUE;
}

/* Whether one of our own metas on @buffer says the same. */
static gboolean
is_ours (GstBuffer * buffer, const CnxMetaLabels * classification)
{
  g_auto (CnxLabelRoom) room = cnx_label_room ();
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta (buffer, &state))) {
    CnxMetaLabels ours;
    if (gst_meta_info_is_custom (meta->info)
        && gst_custom_meta_has_name ((GstCustomMeta *) meta, CNX_LABEL_META_NAME)
        && read_structure (gst_custom_meta_get_structure ((GstCustomMeta *) meta), &room, &ours)
        && same_labels (&ours, classification))
      return TRUE;
  }
  return FALSE;
}

static guint
foreach_analytics (GstBuffer * buffer, GArray * items, CnxLabelMetaFunc func, gpointer user_data)
{
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);
  const GstAnalyticsMtdType type = gst_analytics_cls_mtd_get_mtd_type ();
  gpointer state = NULL;
  GstAnalyticsMtd mtd;
  guint n = 0;

  while (meta && gst_analytics_relation_meta_iterate (meta, &state, type, &mtd)) {
    CnxMetaLabels labels;
    if (cnx_region_meta_has (meta, mtd.id))
      continue;
    read_classification (&mtd, items, &labels);
    if (is_ours (buffer, &labels))
      continue;
    /* another element's classes come in any order, often all that its model has */
    g_array_sort (items, by_confidence);
    n++;
    if (!func (&labels, user_data))
      break;
  }
  return n;
}
#endif

/* ---- the buffer ---- */

void
cnx_label_meta_add (GstBuffer * buffer, const CnxMetaLabels * labels)
{
  GstCustomMeta *first = gst_buffer_get_custom_meta (buffer, CNX_LABEL_META_NAME);
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, CNX_LABEL_META_NAME);

  if (meta)
    fill_structure (gst_custom_meta_get_structure (meta), labels);
  if (meta && first)
    append_other (gst_custom_meta_get_structure (first), labels);
#if HAVE_ANALYTICS
  add_analytics (buffer, labels);
#endif
}

guint
cnx_label_meta_foreach (GstBuffer * buffer, CnxLabelMetaFunc func, gpointer user_data)
{
  g_auto (CnxLabelRoom) room = cnx_label_room ();
  gpointer state = NULL;
  GstMeta *meta;
  guint n = 0;

  while ((meta = gst_buffer_iterate_meta (buffer, &state))) {
    CnxMetaLabels labels;
    if (!gst_meta_info_is_custom (meta->info)
        || !gst_custom_meta_has_name ((GstCustomMeta *) meta, CNX_LABEL_META_NAME)
        || !read_structure (gst_custom_meta_get_structure ((GstCustomMeta *) meta), &room, &labels))
      continue;
    n++;
    g_autoptr (CnxMetaHeat) heat = cnx_meta_heat_read (gst_custom_meta_get_structure ((GstCustomMeta *) meta));
    labels.heat = heat;
    if (!func (&labels, user_data))
      return n;
  }
#if HAVE_ANALYTICS
  n += foreach_analytics (buffer, room.labels, func, user_data);
#endif
  return n;
}
