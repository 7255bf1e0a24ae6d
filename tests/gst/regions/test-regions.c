/* The regions that are marked on a buffer: which of them are taken, and as what. */
#include "gst-plugin/frame/crop.h"
#include "gst-plugin/regions/regions.h"

#include <gst/gst.h>

#if HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#define WIDTH 640
#define HEIGHT 480

static const CnxRegionRule any = { NULL, 0, 100 };

static GstVideoInfo
info_of (GstVideoInterlaceMode mode)
{
  GstVideoInfo info;

  gst_video_info_init (&info);
  g_assert_true (gst_video_info_set_interlaced_format (&info, GST_VIDEO_FORMAT_I420, mode, WIDTH, HEIGHT));
  return info;
}

static GArray *
collect (GstBuffer * buffer, const CnxRegionRule * rule)
{
  const GstVideoInfo info = info_of (GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);

  return cnx_regions_collect (buffer, &info, rule);
}

static GstVideoRegionOfInterestMeta *
mark (GstBuffer * buffer, const char *kind, int x, int y, int w, int h)
{
  return gst_buffer_add_video_region_of_interest_meta (buffer, kind, x, y, w, h);
}

static void
assert_box (const GstVideoRectangle * box, int x, int y, int w, int h)
{
  g_assert_cmpint (box->x, ==, x);
  g_assert_cmpint (box->y, ==, y);
  g_assert_cmpint (box->w, ==, w);
  g_assert_cmpint (box->h, ==, h);
}

static const CnxMarkedRegion *
nth (GArray * found, guint i)
{
  g_assert_cmpuint (found->len, >, i);
  return &g_array_index (found, CnxMarkedRegion, i);
}

/* ---- what a box may say ---- */

static void
test_boxes (void)
{
  static const struct
  {
    int x, y, w, h;
    GstVideoRectangle cut;      /* without a pixel: passed over */
  } rows[] = {
    {10, 20, 30, 40, {10, 20, 30, 40}},
    {0, 0, WIDTH, HEIGHT, {0, 0, WIDTH, HEIGHT}},
    {-10, -20, 30, 40, {0, 0, 20, 20}},
    {600, 450, 100, 100, {600, 450, 40, 30}},
    {-5, -5, 2000, 2000, {0, 0, WIDTH, HEIGHT}},
    {639, 479, 1, 1, {639, 479, 1, 1}},
    {639, 479, G_MAXINT - 639, G_MAXINT - 479, {639, 479, 1, 1}},
    {10, 20, 0, 40, {0}}, {10, 20, 30, 0, {0}}, {10, 20, -30, 40, {0}}, {10, 20, 30, -40, {0}},
    {640, 0, 10, 10, {0}}, {0, 480, 10, 10, {0}}, {-10, 0, 10, 10, {0}}, {0, -10, 10, 10, {0}},
    {1, 0, G_MAXINT, 10, {0}}, {0, 1, 10, G_MAXINT, {0}}, {G_MAXINT, G_MAXINT, G_MAXINT, G_MAXINT, {0}},
    {G_MININT, G_MININT, G_MAXINT, G_MAXINT, {0}}, {G_MININT, 0, G_MININT, G_MININT, {0}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GstBuffer) buffer = gst_buffer_new ();
    GstVideoRegionOfInterestMeta *roi = mark (buffer, "thing", rows[i].x, rows[i].y, rows[i].w, rows[i].h);
    g_autoptr (GArray) found = collect (buffer, &any);
    const GstVideoRectangle *cut = &rows[i].cut;

    g_test_message ("row %u", i);
    g_assert_cmpuint (found->len, ==, cut->w > 0);
    if (cut->w == 0)
      continue;
    assert_box (&nth (found, 0)->region.box, cut->x, cut->y, cut->w, cut->h);
    g_assert_true (nth (found, 0)->roi == roi);
    g_assert_cmpuint (nth (found, 0)->detection, ==, CNX_NO_DETECTION);
    g_assert_cmpstr (g_quark_to_string (nth (found, 0)->region.kind), ==, "thing");
    g_assert_cmpint (nth (found, 0)->region.id, ==, CNX_REGION_NO_ID);
  }
}

static void
test_crop (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);
  const GstVideoInfo fields = info_of (GST_VIDEO_INTERLACE_MODE_ALTERNATE);

  mark (buffer, "a", 90, 90, 20, 20);
  mark (buffer, "b", 0, 0, 100, 51);
  crop->x = 100;
  crop->y = 51;
  crop->width = 50;
  crop->height = 45;
  g_autoptr (GArray) found = collect (buffer, &any);
  g_assert_cmpuint (found->len, ==, 1);
  assert_box (&nth (found, 0)->region.box, 100, 90, 10, 6);
  const GstVideoRectangle picture = cnx_frame_picture (buffer, &fields);
  assert_box (&picture, 100, 50, 50, 44);

  crop->x = crop->width = G_MAXUINT;
  g_autoptr (GArray) none = collect (buffer, &any);
  g_assert_cmpuint (none->len, ==, 0);
}

/* ---- what is wanted ---- */

static void
test_kinds (void)
{
  static const struct
  {
    const char *kinds;
    guint n;
  } rows[] = { {NULL, 4}, {"", 4}, {" ", 4}, {",", 4}, {"car", 2}, {" car , dog", 3}, {"dog,car,cat", 4}, {"ca", 0},
  {"Car", 0}, {"a name that nobody uses", 0}, {"car,,a name that nobody uses", 2}
  };
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();

  mark (buffer, "car", 0, 0, 10, 10);
  mark (buffer, "dog", 0, 0, 10, 10);
  mark (buffer, "car", 5, 0, 10, 10);
  mark (buffer, "cat", 5, 0, 10, 10);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const CnxRegionRule rule = { rows[i].kinds, 0, 100 };
    g_autoptr (GArray) found = collect (buffer, &rule);
    g_test_message ("%s", rows[i].kinds ? rows[i].kinds : "NULL");
    g_assert_cmpuint (found->len, ==, rows[i].n);
  }
}

/* What counts of a box is what is within the picture. */
static void
test_shortest (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  const CnxRegionRule rule = { NULL, 32, 100 };

  mark (buffer, "wide", 0, 0, 600, 31);
  mark (buffer, "high", 0, 0, 31, 400);
  mark (buffer, "enough", 0, 0, 32, 32);
  mark (buffer, "outside", 620, 0, 100, 100);
  g_autoptr (GArray) found = collect (buffer, &rule);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_cmpstr (g_quark_to_string (nth (found, 0)->region.kind), ==, "enough");
}

static void
test_most (void)
{
  static const int sides[] = { 10, 40, 20, 40, 30, 5 };
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    mark (buffer, "thing", i, 0, sides[i], sides[i]);
  for (guint most = 1; most <= G_N_ELEMENTS (sides) + 1; most++) {
    /* in the order that they were marked in: the places of the largest, the first of two as large */
    static const int places[][7] = { {1, -1}, {1, 3, -1}, {1, 3, 4, -1}, {1, 2, 3, 4, -1}, {0, 1, 2, 3, 4, -1},
    {0, 1, 2, 3, 4, 5, -1}, {0, 1, 2, 3, 4, 5, -1}
    };
    const CnxRegionRule rule = { NULL, 0, most };
    g_autoptr (GArray) found = collect (buffer, &rule);
    guint n = 0;
    for (; places[most - 1][n] >= 0; n++)
      g_assert_cmpint (nth (found, n)->region.box.x, ==, places[most - 1][n]);
    g_assert_cmpuint (found->len, ==, n);
  }
}

static void
test_many (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  const CnxRegionRule rule = { "car", 4, 16 };

  for (int i = 0; i < 10000; i++)
    mark (buffer, i % 3 ? "car" : "dog", i % 700, i % 500, i % 90 - 20, i % 80 - 10)->id = i / 2;
  g_autoptr (GArray) found = collect (buffer, &rule);
  g_assert_cmpuint (found->len, ==, 16);
  for (guint i = 0; i < found->len; i++) {
    const GstVideoRectangle *box = &nth (found, i)->region.box;
    g_assert_true (box->x >= 0 && box->y >= 0 && box->w >= 4 && box->h >= 4 && box->x + box->w <= WIDTH
        && box->y + box->h <= HEIGHT);
  }
}

/* ---- who is tracked ---- */

static void
test_ids (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  static const gint64 expected[] = { -1, -1, -1, 3, -1, -1, 0, -1 };

  mark (buffer, "not tracked", 0, 0, 10, 10);
  mark (buffer, "numbered", 0, 0, 10, 10)->id = 7;      /* anew on each frame */
  mark (buffer, "and by a fool", 0, 0, 10, 10)->id = -4;
  gst_video_region_of_interest_meta_add_param (mark (buffer, "by a tracker", 0, 0, 10, 10),
      gst_structure_new ("object_id", "id", G_TYPE_INT, 3, NULL));
  for (guint i = 0; i < 2; i++)
    gst_video_region_of_interest_meta_add_param (mark (buffer, "two of one id", 0, 0, 10, 10),
        gst_structure_new ("object_id", "id", G_TYPE_INT, 9, NULL));
  GstVideoRegionOfInterestMeta *first = mark (buffer, "the tracker's first", 0, 0, 10, 10);
  first->id = 500;
  gst_video_region_of_interest_meta_add_param (first, gst_structure_new ("object_id", "id", G_TYPE_INT, 0, NULL));
  gst_video_region_of_interest_meta_add_param (mark (buffer, "lost", 0, 0, 10, 10),
      gst_structure_new ("object_id", "id", G_TYPE_INT, -1, NULL));
  g_autoptr (GArray) found = collect (buffer, &any);
  g_assert_cmpuint (found->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < found->len; i++)
    g_assert_cmpint (nth (found, i)->region.id, ==, expected[i]);
}

static void
test_overlap (void)
{
  static const struct
  {
    GstVideoRectangle a, b;
    double overlap;
  } rows[] = { {{0, 0, 10, 10}, {0, 0, 10, 10}, 1}, {{0, 0, 10, 10}, {10, 0, 10, 10}, 0},
  {{0, 0, 10, 10}, {5, 0, 10, 10}, 50.0 / 150}, {{0, 0, 100, 100}, {10, 10, 10, 10}, 0.01},
  {{0, 0, 10, 10}, {5, 5, 10, 10}, 25.0 / 175}
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_assert_cmpfloat (cnx_regions_overlap (&rows[i].a, &rows[i].b), ==, rows[i].overlap);
    g_assert_cmpfloat (cnx_regions_overlap (&rows[i].b, &rows[i].a), ==, rows[i].overlap);
  }
}

/* ---- GStreamer's own analytics ---- */

#if HAVE_ANALYTICS
static GstAnalyticsODMtd
detect (GstAnalyticsRelationMeta * meta, const char *kind, int x, int y, int w, int h)
{
  GstAnalyticsODMtd detection;

  g_assert_true (gst_analytics_relation_meta_add_od_mtd (meta, g_quark_from_string (kind), x, y, w, h, 0.5,
          &detection));
  return detection;
}

static void
track (GstAnalyticsRelationMeta * meta, guint detection, guint64 id)
{
  GstAnalyticsTrackingMtd tracking;

  g_assert_true (gst_analytics_relation_meta_add_tracking_mtd (meta, id, 0, &tracking));
  g_assert_true (gst_analytics_relation_meta_set_relation (meta, GST_ANALYTICS_REL_TYPE_RELATE_TO, detection,
          tracking.id));
}

static void
test_detections (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  GstAnalyticsRelationMeta *meta = gst_buffer_add_analytics_relation_meta (buffer);

  detect (meta, "outside", 640, 0, 10, 10);
  detect (meta, "empty", 0, 0, 0, 10);
  detect (meta, "negative", 0, 0, -10, 10);
  const GstAnalyticsODMtd plain = detect (meta, "plain", -5, 10, 20, 20);
  const GstAnalyticsODMtd tracked = detect (meta, "tracked", 1, 2, 3, 4);
  track (meta, tracked.id, 77);
  g_autoptr (GArray) found = collect (buffer, &any);
  g_assert_cmpuint (found->len, ==, 2);
  g_assert_null (nth (found, 0)->roi);
  g_assert_cmpuint (nth (found, 0)->detection, ==, plain.id);
  g_assert_cmpint (nth (found, 0)->region.id, ==, CNX_REGION_NO_ID);
  assert_box (&nth (found, 0)->region.box, 0, 10, 15, 20);
  g_assert_cmpuint (nth (found, 1)->detection, ==, tracked.id);
  g_assert_cmpint (nth (found, 1)->region.id, ==, 77);
}

/* Elements that speak both languages mark a box twice. */
static void
test_both (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  GstAnalyticsRelationMeta *meta = gst_buffer_add_analytics_relation_meta (buffer);
  GstVideoRegionOfInterestMeta *roi = mark (buffer, "car", 10, 10, 20, 20);
  const GstAnalyticsODMtd same = detect (meta, "car", 10, 10, 20, 20);

  detect (meta, "car", 11, 10, 20, 20);
  detect (meta, "dog", 10, 10, 20, 20);
  detect (meta, "car", 10, 10, 20, 20);
  track (meta, same.id, 5);
  g_autoptr (GArray) found = collect (buffer, &any);
  g_assert_cmpuint (found->len, ==, 4);
  g_assert_true (nth (found, 0)->roi == roi);
  g_assert_cmpuint (nth (found, 0)->detection, ==, same.id);
  g_assert_cmpint (nth (found, 0)->region.id, ==, 5);
  for (guint i = 1; i < 4; i++)
    g_assert_null (nth (found, i)->roi);
}

static void
test_many_detections (void)
{
  const GstAnalyticsRelationMetaInitParams size = { 10000, 1 << 20 };
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  GstAnalyticsRelationMeta *meta = gst_buffer_add_analytics_relation_meta_full (buffer,
      (GstAnalyticsRelationMetaInitParams *) & size);
  const CnxRegionRule rule = { NULL, 0, 16 };

  for (int i = 0; i < 10000; i++) {
    mark (buffer, "car", 0, 0, 20, 20);
    detect (meta, "car", 0, 0, 20, 20);
  }
  g_autoptr (GArray) found = collect (buffer, &rule);
  g_assert_cmpuint (found->len, ==, 16);
}
#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/regions/boxes", test_boxes);
  g_test_add_func ("/regions/crop", test_crop);
  g_test_add_func ("/regions/kinds", test_kinds);
  g_test_add_func ("/regions/shortest", test_shortest);
  g_test_add_func ("/regions/most", test_most);
  g_test_add_func ("/regions/many", test_many);
  g_test_add_func ("/regions/ids", test_ids);
  g_test_add_func ("/regions/overlap", test_overlap);
#if HAVE_ANALYTICS
  g_test_add_func ("/regions/detections", test_detections);
  g_test_add_func ("/regions/both", test_both);
  g_test_add_func ("/regions/many-detections", test_many_detections);
#endif
  return g_test_run ();
}
