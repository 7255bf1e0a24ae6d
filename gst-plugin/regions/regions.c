#include "gst-plugin/regions/regions.h"
#include "gst-plugin/frame/crop.h"

#include <stdlib.h>
#include <string.h>

#if HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#define OBJECT_ID "object_id"   /* the structure that DL Streamer's tracker adds, and its field */
#define OBJECT_ID_FIELD "id"

typedef struct
{
  GstVideoRectangle picture;
  const CnxRegionRule *rule;
  GArray *kinds;                /* GQuark; NULL: any */
  GArray *found;                /* CnxMarkedRegion */
  GHashTable *marks;            /* Mark to its place in `found`, plus one */
} Search;

/* A box as it was marked. */
typedef struct
{
  GstVideoRectangle box;
  GQuark kind;
} Mark;

/* FALSE where nothing of @box is in @picture. */
static gboolean
cut (GstVideoRectangle * box, const GstVideoRectangle * picture)
{
  if (box->w < 1 || box->h < 1 || (gint64) box->x + box->w > G_MAXINT || (gint64) box->y + box->h > G_MAXINT)
    return FALSE;
  const int left = MAX (box->x, picture->x), right = MIN (box->x + box->w, picture->x + picture->w);
  const int top = MAX (box->y, picture->y), bottom = MIN (box->y + box->h, picture->y + picture->h);
  if (left >= right || top >= bottom)
    return FALSE;
  *box = (GstVideoRectangle) { left, top, right - left, bottom - top };
  return TRUE;
}

/* ---- what is wanted ---- */

/* A name that nobody has used is nobody's. */
static GArray *
split_kinds (const char *names)
{
  g_auto (GStrv) parts = g_strsplit (names ? names : "", ",", -1);
  GArray *kinds = g_array_new (FALSE, FALSE, sizeof (GQuark));
  gboolean any = TRUE;

  for (guint i = 0; parts[i]; i++) {
    const char *name = g_strstrip (parts[i]);
    const GQuark kind = g_quark_try_string (name);
    any = any && !*name;
    if (kind)
      g_array_append_val (kinds, kind);
  }
  if (any)
    g_clear_pointer (&kinds, g_array_unref);
  return kinds;
}

static gboolean
is_wanted (const Search * search, const CnxRegion * region)
{
  if ((guint) MIN (region->box.w, region->box.h) < search->rule->shortest)
    return FALSE;
  for (guint i = 0; search->kinds && i < search->kinds->len; i++)
    if (g_array_index (search->kinds, GQuark, i) == region->kind)
      return TRUE;
  return search->kinds == NULL;
}

/* One of those that were found, and how large it is. */
typedef struct
{
  guint place;
  gint64 area;
} Size;

static int
by_place (gconstpointer a, gconstpointer b)
{
  const Size *left = a, *right = b;

  return (left->place > right->place) - (left->place < right->place);
}

static int
by_area (gconstpointer a, gconstpointer b)
{
  const Size *left = a, *right = b;

  return left->area != right->area ? (left->area < right->area) - (left->area > right->area) : by_place (a, b);
}

/* The @most largest of @found, which it takes. */
static GArray *
keep_largest (GArray * found, guint most)
{
  if (found->len <= most)
    return found;
  g_autofree Size *sizes = g_new (Size, found->len);
  for (guint i = 0; i < found->len; i++) {
    const GstVideoRectangle *box = &g_array_index (found, CnxMarkedRegion, i).region.box;
    sizes[i] = (Size) { i, (gint64) box->w * box->h };
  }
  qsort (sizes, found->len, sizeof *sizes, by_area);
  qsort (sizes, most, sizeof *sizes, by_place);
  GArray *kept = g_array_sized_new (FALSE, FALSE, sizeof (CnxMarkedRegion), most);
  for (guint i = 0; i < most; i++)
    g_array_append_val (kept, g_array_index (found, CnxMarkedRegion, sizes[i].place));
  g_array_unref (found);
  return kept;
}

/* ---- marks ---- */

/* The meta's own id only tells it from others of its frame: detectors number them anew in each. */
static gint64
roi_id (GstVideoRegionOfInterestMeta * roi)
{
  const GstStructure *object = gst_video_region_of_interest_meta_get_param (roi, OBJECT_ID);
  int id = 0;

  return object && gst_structure_get_int (object, OBJECT_ID_FIELD, &id) && id >= 0 ? id : CNX_REGION_NO_ID;
}

/* What is beyond an int is taken as what it was before somebody made it unsigned. */
static void
add_roi (Search * search, GstVideoRegionOfInterestMeta * roi)
{
  const Mark mark = { {(int) roi->x, (int) roi->y, (int) roi->w, (int) roi->h}, roi->roi_type };
  CnxMarkedRegion marked = { {mark.box, CNX_REGION_NO_ID, roi->roi_type}, roi, CNX_NO_DETECTION };

  if (!cut (&marked.region.box, &search->picture) || !is_wanted (search, &marked.region))
    return;
  g_array_append_val (search->found, marked);
  if (search->marks)
    g_hash_table_insert (search->marks, g_memdup2 (&mark, sizeof mark), GUINT_TO_POINTER (search->found->len));
}

static void
add_rois (Search * search, GstBuffer * buffer)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)))
    add_roi (search, (GstVideoRegionOfInterestMeta *) meta);
}

#if HAVE_ANALYTICS
static guint
hash_mark (gconstpointer key)
{
  const Mark *mark = key;
  guint hash = mark->kind;

  hash = hash * 31 + mark->box.x;
  hash = hash * 31 + mark->box.y;
  hash = hash * 31 + mark->box.w;
  return hash * 31 + mark->box.h;
}

static gboolean
same_mark (gconstpointer a, gconstpointer b)
{
  const Mark *left = a, *right = b;

  return left->kind == right->kind && memcmp (&left->box, &right->box, sizeof left->box) == 0;
}

static gint64
detection_id (GstAnalyticsRelationMeta * meta, guint detection)
{
  GstAnalyticsTrackingMtd tracking;
  GstClockTime first, last;
  gpointer state = NULL;
  gboolean lost;
  guint64 id;

  if (gst_analytics_relation_meta_get_direct_related (meta, detection, GST_ANALYTICS_REL_TYPE_ANY,
          gst_analytics_tracking_mtd_get_mtd_type (), &state, &tracking)
      && gst_analytics_tracking_mtd_get_info (&tracking, &id, &first, &last, &lost) && id <= G_MAXINT64)
    return id;
  return CNX_REGION_NO_ID;
}

static void
add_detection (Search * search, GstAnalyticsRelationMeta * meta, const GstAnalyticsODMtd * detection)
{
  Mark mark = { {0}, gst_analytics_od_mtd_get_obj_type (detection) };
  GstVideoRectangle *box = &mark.box;
  float confidence;

  if (!gst_analytics_od_mtd_get_location (detection, &box->x, &box->y, &box->w, &box->h, &confidence))
    return;
  CnxMarkedRegion marked = { {*box, CNX_REGION_NO_ID, mark.kind}, NULL, detection->id };
  if (!cut (&marked.region.box, &search->picture) || !is_wanted (search, &marked.region))
    return;
  const guint place = GPOINTER_TO_UINT (g_hash_table_lookup (search->marks, &mark));
  if (place == 0) {
    g_array_append_val (search->found, marked);
    return;
  }
  g_array_index (search->found, CnxMarkedRegion, place - 1).detection = detection->id;
  g_hash_table_remove (search->marks, &mark);
}

static void
add_detections (Search * search, GstAnalyticsRelationMeta * meta)
{
  const GstAnalyticsMtdType type = gst_analytics_od_mtd_get_mtd_type ();
  gpointer state = NULL;
  GstAnalyticsODMtd detection;

  while (gst_analytics_relation_meta_iterate (meta, &state, type, &detection))
    add_detection (search, meta, &detection);
}
#endif

/* ---- all together ---- */

/* Only now, of those that are kept: to find what a detection is related to all others are gone through. */
static void
find_ids (GstBuffer * buffer, GArray * found)
{
#if HAVE_ANALYTICS
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);
#endif

  for (guint i = 0; i < found->len; i++) {
    CnxMarkedRegion *marked = &g_array_index (found, CnxMarkedRegion, i);
    if (marked->roi)
      marked->region.id = roi_id (marked->roi);
#if HAVE_ANALYTICS
    if (marked->region.id == CNX_REGION_NO_ID && marked->detection != CNX_NO_DETECTION)
      marked->region.id = detection_id (meta, marked->detection);
#endif
  }
}

static void
forget_doubles (GArray * found)
{
  g_autoptr (GHashTable) times = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint i = 0; i < found->len; i++) {
    const gint64 id = g_array_index (found, CnxMarkedRegion, i).region.id;
    const guint seen = GPOINTER_TO_UINT (g_hash_table_lookup (times, &id));
    g_hash_table_insert (times, g_memdup2 (&id, sizeof id), GUINT_TO_POINTER (seen + 1));
  }
  for (guint i = 0; i < found->len; i++) {
    gint64 *id = &g_array_index (found, CnxMarkedRegion, i).region.id;
    if (GPOINTER_TO_UINT (g_hash_table_lookup (times, id)) > 1)
      *id = CNX_REGION_NO_ID;
  }
}

GArray *
cnx_regions_collect (GstBuffer * buffer, const GstVideoInfo * info, const CnxRegionRule * rule)
{
  Search search = { cnx_frame_picture (buffer, info), rule };

  search.found = g_array_new (FALSE, FALSE, sizeof (CnxMarkedRegion));
  search.kinds = split_kinds (rule->kinds);
#if HAVE_ANALYTICS
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);
  if (meta)
    search.marks = g_hash_table_new_full (hash_mark, same_mark, g_free, NULL);
#endif
  add_rois (&search, buffer);
#if HAVE_ANALYTICS
  if (meta)
    add_detections (&search, meta);
#endif
  g_clear_pointer (&search.kinds, g_array_unref);
  g_clear_pointer (&search.marks, g_hash_table_unref);
  GArray *kept = keep_largest (search.found, rule->most);
  find_ids (buffer, kept);
  forget_doubles (kept);
  return kept;
}

double
cnx_regions_overlap (const GstVideoRectangle * a, const GstVideoRectangle * b)
{
  GstVideoRectangle both = *a;

  if (!cut (&both, b))
    return 0;
  const double common = (double) both.w * both.h;
  return common / ((double) a->w * a->h + (double) b->w * b->h - common);
}
