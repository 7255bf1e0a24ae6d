/* Labels of regions on buffers: in the list of our meta, and tied to what marks each; as a program with none of our
 * headers reads them. */
#include "gst-plugin/labels/regionmeta.h"
#include "gst-plugin/regions/regions.h"
#include "tests/gst/regions/seen.h"

#include <string.h>

#define CAPS "video/x-raw,format=RGB,width=64,height=48,framerate=25/1"
#define LINE "convnext inference-region=roi-list threshold=0 top-k=3 mode=every-frame "

static const CnxMetaLabel two[] = { {7, "dog", 0.75}, {2, "cat", 0.125} };

static const CnxMetaRegion regions[] = {
  {{1, 2, 30, 40}, 77, "animal", 20, 2, two}, {{5, 6, 7, 8}, -1, "", GST_CLOCK_TIME_NONE, 0, NULL},
  {{0, 0, 64, 48}, 0, "animal", 40, 1, two + 1}
};

static const CnxMetaLabels listed = { "model", "s", 40, 0, NULL, NULL, 0, G_N_ELEMENTS (regions), regions, NULL, 64,
  48
};

/* ---- the list ---- */

static gboolean
check_list (const CnxMetaLabels * labels, gpointer user_data)
{
  g_assert_cmpuint (labels->n, ==, 0);
  g_assert_cmpuint (labels->n_regions, ==, G_N_ELEMENTS (regions));
  g_assert_cmpint (labels->width, ==, 64);
  g_assert_cmpint (labels->height, ==, 48);
  for (guint i = 0; i < G_N_ELEMENTS (regions); i++) {
    const CnxMetaRegion *found = &labels->regions[i], *expected = &regions[i];
    g_assert_cmpmem (&found->box, sizeof found->box, &expected->box, sizeof expected->box);
    g_assert_cmpint (found->id, ==, expected->id);
    g_assert_cmpstr (found->kind, ==, expected->kind);
    g_assert_cmpuint (found->running_time, ==, expected->running_time);
    g_assert_cmpuint (found->n, ==, expected->n);
    for (guint k = 0; k < found->n; k++) {
      g_assert_cmpint (found->labels[k].id, ==, expected->labels[k].id);
      g_assert_cmpstr (found->labels[k].label, ==, expected->labels[k].label);
      g_assert_cmpfloat (found->labels[k].confidence, ==, expected->labels[k].confidence);
    }
  }
  ++*(guint *) user_data;
  return TRUE;
}

static void
test_list (void)
{
  const char *const lines[] = { "identity", "queue", "tee ! identity",
    "videoconvert ! capsfilter caps=video/x-raw,format=I420",
    "videoscale ! capsfilter caps=video/x-raw,width=20,height=20"
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    GstHarness *h = gst_harness_new_parse (lines[i]);
    GstBuffer *in = cnx_test_frame (CAPS, i, 0);
    guint seen = 0;
    gst_harness_set_src_caps_str (h, CAPS);
    cnx_label_meta_add (in, &listed);
    cnx_label_meta_add (in, &listed);
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, in);
    g_assert_cmpuint (cnx_label_meta_foreach (out, check_list, &seen), ==, 2);
    g_assert_cmpuint (seen, ==, 2);
    gst_harness_teardown (h);
  }
}

static gboolean
check_none (const CnxMetaLabels * labels, gpointer user_data)
{
  g_assert_true ((labels->regions != NULL) == GPOINTER_TO_INT (user_data));
  g_assert_cmpuint (labels->n_regions, ==, 0);
  return TRUE;
}

/* No region is not the same as no list. */
static void
test_empty (void)
{
  g_autoptr (GstBuffer) none = gst_buffer_new (), frame = gst_buffer_new ();
  const CnxMetaLabels labels[] = { {"model", "", 5, 0, NULL, NULL, 0, 0, regions}, {"model", "", 5, 2, two} };

  cnx_label_meta_add (none, &labels[0]);
  g_assert_cmpuint (cnx_label_meta_foreach (none, check_none, GINT_TO_POINTER (TRUE)), ==, 1);
  cnx_label_meta_add (frame, &labels[1]);
  g_assert_cmpuint (cnx_label_meta_foreach (frame, check_none, GINT_TO_POINTER (FALSE)), ==, 1);
}

/* As GStreamer's scaler moves what marks them; as they are where nobody says of how large a frame they are. */
static void
test_boxes (void)
{
  static const struct
  {
    int width, height;          /* of the frame that they are in */
    int box[4], x, y, w, h;
    int from_width, from_height;
  } rows[] = {
    {64, 48, {1, 2, 30, 40}, 1, 2, 30, 40, 64, 48}, {128, 96, {1, 2, 30, 40}, 2, 4, 60, 80, 64, 48},
    {20, 20, {1, 2, 30, 40}, 0, 0, 9, 16, 64, 48}, {0, 20, {1, 2, 30, 40}, 1, 2, 30, 40, 64, 48},
    {20, 0, {1, 2, 30, 40}, 1, 2, 30, 40, 64, 48}, {128, 96, {1, 2, 30, 40}, 1, 2, 30, 40, 0, 0},
    {128, 96, {1, 2, 30, 40}, 1, 2, 30, 40, 64, -48},
    {G_MAXINT, 96, {G_MAXINT, G_MININT, -2, 40}, G_MAXINT, G_MININT, G_MININT, 80, 1, 48}
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const int *box = rows[i].box;
    const CnxMetaRegion region = { {box[0], box[1], box[2], box[3]}, -1, "", 0, 0, NULL };
    const CnxMetaLabels labels = {.n_regions = 1,.regions = &region,.width = rows[i].from_width,
      .height = rows[i].from_height
    };
    const GstVideoRectangle found = cnx_region_meta_box (&labels, 0, rows[i].width, rows[i].height);
    g_test_message ("row %u", i);
    g_assert_true (found.x == rows[i].x && found.y == rows[i].y && found.w == rows[i].w && found.h == rows[i].h);
  }
}

/* By the names and types that the README gives. */
static void
test_fields (void)
{
  g_autoptr (GstStructure) s = cnx_label_meta_to_structure (&listed);
  const GValue *list = gst_structure_get_value (s, "regions");
  const GstStructure *region;
  int x, y, w, h, width, height;
  gint64 id;
  guint64 time;

  g_assert_true (list && GST_VALUE_HOLDS_ARRAY (list));
  g_assert_true (gst_structure_get (s, "width", G_TYPE_INT, &width, "height", G_TYPE_INT, &height, NULL));
  g_assert_true (width == 64 && height == 48);
  region = gst_value_get_structure (gst_value_array_get_value (list, 0));
  g_assert_true (gst_structure_get (region, "x", G_TYPE_INT, &x, "y", G_TYPE_INT, &y, "w", G_TYPE_INT, &w, "h",
          G_TYPE_INT, &h, "id", G_TYPE_INT64, &id, "running-time", G_TYPE_UINT64, &time, NULL));
  g_assert_true (x == 1 && y == 2 && w == 30 && h == 40 && id == 77 && time == 20);
  g_assert_cmpstr (gst_structure_get_string (region, "class"), ==, "animal");
  g_assert_cmpstr (g_value_get_string (gst_value_array_get_value (gst_structure_get_value (region, "labels"), 1)), ==,
      "cat");
  region = gst_value_get_structure (gst_value_array_get_value (list, 1));
  g_assert_false (gst_structure_has_field (region, "running-time"));
}

/* A list that somebody else spoilt makes the whole meta one to pass over. */
static void
test_foreign (void)
{
  for (guint spoilt = 0; spoilt < 4; spoilt++) {
    g_autoptr (GstBuffer) buffer = gst_buffer_new ();
    guint seen = 0;

    cnx_label_meta_add (buffer, &listed);
    GstStructure *s = gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, CNX_LABEL_META_NAME));
    GValue list = G_VALUE_INIT, item = G_VALUE_INIT;
    GstStructure *region = gst_structure_copy (gst_value_get_structure (gst_value_array_get_value
            (gst_structure_get_value (s, "regions"), 0)));
    if (spoilt == 0)
      gst_structure_set (region, "x", G_TYPE_STRING, "1", NULL);
    else if (spoilt == 1)
      gst_structure_remove_field (region, "ids");
    else if (spoilt == 2)
      gst_structure_remove_field (region, "class");
    g_value_init (&list, GST_TYPE_ARRAY);
    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item, region);
    gst_value_array_append_and_take_value (&list, &item);
    if (spoilt < 3) {
      gst_structure_take_value (s, "regions", &list);
    } else {
      g_value_unset (&list);
      gst_structure_set (s, "regions", G_TYPE_INT, 3, NULL);
    }
    g_assert_cmpuint (cnx_label_meta_foreach (buffer, check_list, &seen), ==, 0);
  }
}

/* ---- what marks them ---- */

static void
test_roi (void)
{
  GstHarness *h = gst_harness_new_parse (LINE "min-region=8");
  GstBuffer *frame = cnx_test_frame (CAPS, 1, 0);
  const GstVideoRectangle boxes[] = { {0, 0, 30, 40}, {10, 10, 2, 2}, {20, 0, 40, 40} };

  gst_harness_set_src_caps_str (h, CAPS);
  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++)
    cnx_test_mark (frame, "thing", i + 1, &boxes[i]);
  GstBuffer *out = gst_harness_push_and_pull (h, frame);
  g_autoptr (GstBuffer) copy = gst_buffer_copy (out);
  const CnxTestSeen seen = cnx_test_seen (out);
  g_assert_cmpuint (seen.n, ==, 2);
  for (guint i = 0, n = 0; i < G_N_ELEMENTS (boxes); i++) {
    GstVideoRegionOfInterestMeta *roi = gst_buffer_get_video_region_of_interest_meta_id (copy, i + 1);
    GstStructure *s = gst_video_region_of_interest_meta_get_param (roi, "classification");
    int id = -1;
    double confidence = 0;
    g_assert_true ((s != NULL) == (i != 1));
    if (!s)
      continue;
    const CnxTestRegion *region = &seen.regions[n++];
    const GValue *ids = gst_structure_get_value (s, "ids"), *confidences = gst_structure_get_value (s, "confidences");
    g_assert_cmpuint (gst_value_array_get_size (ids), ==, 3);
    for (guint k = 0; k < 3; k++) {
      g_assert_cmpint (g_value_get_int (gst_value_array_get_value (ids, k)), ==, region->ids[k]);
      g_assert_cmpfloat (g_value_get_double (gst_value_array_get_value (confidences, k)), ==, region->confidences[k]);
    }
    g_assert_true (gst_structure_get_int (s, "label_id", &id) && id == region->ids[0]);
    g_assert_true (gst_structure_get_double (s, "confidence", &confidence) && confidence == region->confidences[0]);
    g_assert_nonnull (gst_structure_get_string (s, "label"));
    g_assert_cmpstr (gst_structure_get_string (s, "model_name"), ==, "convnext_everyday");
  }
  gst_harness_teardown (h);
}

/* A region in which nothing reaches the threshold. */
static void
test_roi_without_labels (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  GstVideoRegionOfInterestMeta *roi = cnx_test_mark (buffer, "thing", 1, &regions[1].box);

  cnx_region_meta_tie (buffer, roi, CNX_NO_DETECTION, "model", &regions[1]);
  const GstStructure *s = gst_video_region_of_interest_meta_get_param (roi, "classification");
  g_assert_nonnull (s);
  g_assert_false (gst_structure_has_field (s, "label"));
  g_assert_cmpuint (gst_value_array_get_size (gst_structure_get_value (s, "labels")), ==, 0);
}

#if HAVE_ANALYTICS
static void
test_detection (void)
{
  GstHarness *h = gst_harness_new_parse (LINE);
  GstBuffer *frame = cnx_test_frame (CAPS, 1, 0);
  GstAnalyticsRelationMeta *meta = gst_buffer_add_analytics_relation_meta (frame);
  const GQuark kind = g_quark_from_string ("thing");
  GstAnalyticsMtd detections[2], other, found;
  const float level = 0.5;

  gst_harness_set_src_caps_str (h, CAPS);
  gst_analytics_relation_meta_add_od_mtd (meta, kind, 0, 0, 30, 40, 0.5, &detections[0]);
  gst_analytics_relation_meta_add_od_mtd (meta, kind, 20, 0, 40, 40, 0.5, &detections[1]);
  gst_analytics_relation_meta_add_cls_mtd (meta, 1, (float *) &level, (GQuark *) & kind, &found);
  gst_analytics_relation_meta_set_relation (meta, GST_ANALYTICS_REL_TYPE_CONTAIN, detections[0].id, found.id);
  gst_analytics_relation_meta_add_cls_mtd (meta, 1, (float *) &level, (GQuark *) & kind, &other);
  GstBuffer *out = gst_harness_push_and_pull (h, frame);
  meta = gst_buffer_get_analytics_relation_meta (out);
  const guint ids[] = { detections[0].id, detections[1].id };
  gst_buffer_ref (out);
  const CnxTestSeen seen = cnx_test_seen (out);
  g_assert_cmpuint (seen.n, ==, 2);
  g_assert_cmpuint (seen.metas, ==, 1);
  g_assert_cmpuint (seen.others, ==, 1);        /* of the frame, by somebody else; not those of regions */
  for (guint i = 0; i < 2; i++) {
    gpointer state = NULL;
    g_assert_true (gst_analytics_relation_meta_get_direct_related (meta, ids[i], GST_ANALYTICS_REL_TYPE_RELATE_TO,
            gst_analytics_cls_mtd_get_mtd_type (), &state, &found));
    g_assert_cmpuint (gst_analytics_cls_mtd_get_length (&found), ==, 3);
    for (guint k = 0; k < 3; k++)
      g_assert_cmpfloat (gst_analytics_cls_mtd_get_level (&found, k), ==, (float) seen.regions[i].confidences[k]);
    g_assert_cmpint (gst_analytics_relation_meta_get_relation (meta, ids[i], found.id), ==,
        GST_ANALYTICS_REL_TYPE_RELATE_TO | GST_ANALYTICS_REL_TYPE_CONTAIN);
    g_assert_cmpint (gst_analytics_relation_meta_get_relation (meta, found.id, ids[i]), ==,
        GST_ANALYTICS_REL_TYPE_IS_PART_OF);
    g_assert_cmpint (gst_analytics_relation_meta_get_relation (meta, ids[1 - i], found.id), ==,
        GST_ANALYTICS_REL_TYPE_NONE);
  }
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

/* As many as no detector finds. */
static void
test_many_detections (void)
{
  const GstAnalyticsRelationMetaInitParams size = { 10000, 1 << 20 };
  GstHarness *h = gst_harness_new_parse (LINE "max-regions=5");
  GstBuffer *frame = cnx_test_frame (CAPS, 1, 0);
  GstAnalyticsRelationMeta *meta = gst_buffer_add_analytics_relation_meta_full (frame,
      (GstAnalyticsRelationMetaInitParams *) & size);
  GstAnalyticsODMtd detection;

  gst_harness_set_src_caps_str (h, CAPS);
  for (int i = 0; i < 10000; i++)
    gst_analytics_relation_meta_add_od_mtd (meta, g_quark_from_string ("x"), i % 60, i % 40, 1 + i % 50, 1 + i % 30,
        0.5, &detection);
  const CnxTestSeen seen = cnx_test_seen (gst_harness_push_and_pull (h, frame));
  g_assert_cmpuint (seen.n, ==, 5);
  g_assert_cmpuint (seen.others, ==, 0);
  gst_harness_teardown (h);
}

/* How many bytes of a grey frame, in which two things were detected, GStreamer's overlay has painted. @labelled: they
 * were classified, too. */
static guint
painted (gboolean labelled)
{
  g_autofree char *line = g_strdup_printf ("convnext inference-region=%s threshold=0 top-k=1 mode=every-frame ! "
      "objectdetectionoverlay", labelled ? "roi-list" : "full-frame");
  const char *caps = "video/x-raw,format=BGRA,width=640,height=480,framerate=25/1";
  GstHarness *h = gst_harness_new_parse (line);
  GstBuffer *frame = cnx_test_frame (caps, 1, 0);
  GstAnalyticsODMtd detection;
  GstMapInfo map;
  guint n = 0;

  gst_buffer_memset (frame, 0, 128, -1);
  GstAnalyticsRelationMeta *meta = gst_buffer_add_analytics_relation_meta (frame);
  for (int i = 0; i < 2; i++)
    gst_analytics_relation_meta_add_od_mtd (meta, g_quark_from_string ("x"), 20 + 300 * i, 60, 200, 300, 0.5,
        &detection);
  gst_harness_set_src_caps_str (h, caps);
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, frame);
  g_assert_true (gst_buffer_map (out, &map, GST_MAP_READ));
  for (gsize i = 0; i < map.size; i++)
    n += map.data[i] != 128;
  gst_buffer_unmap (out, &map);
  gst_harness_teardown (h);
  return n;
}

/* It writes what a detection is related to beside what it was detected as. */
static void
test_overlay (void)
{
  g_autoptr (GstElementFactory) overlay = gst_element_factory_find ("objectdetectionoverlay");

  if (!overlay) {
    g_test_skip ("GStreamer's objectdetectionoverlay is not installed");
    return;
  }
  const guint detected = painted (FALSE), classified = painted (TRUE);
  g_test_message ("%u bytes painted of detections, %u of what they were classified as", detected, classified);
  g_assert_cmpuint (detected, >, 0);
  g_assert_cmpuint (classified, >, detected + 200);
}
#endif

int
main (int argc, char **argv)
{
  cnx_test_init_elements (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/region-ties/list", test_list);
  g_test_add_func ("/region-ties/empty", test_empty);
  g_test_add_func ("/region-ties/boxes", test_boxes);
  g_test_add_func ("/region-ties/fields", test_fields);
  g_test_add_func ("/region-ties/foreign", test_foreign);
  g_test_add_func ("/region-ties/roi", test_roi);
  g_test_add_func ("/region-ties/roi-without-labels", test_roi_without_labels);
#if HAVE_ANALYTICS
  g_test_add_func ("/region-ties/detection", test_detection);
  g_test_add_func ("/region-ties/many-detections", test_many_detections);
  g_test_add_func ("/region-ties/overlay", test_overlay);
#endif
  return g_test_run ();
}
