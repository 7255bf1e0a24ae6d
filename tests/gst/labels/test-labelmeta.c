/* Labels on a buffer: what was written is read again, here and through GStreamer's own analytics, and it
 * survives the elements that it should survive. */
#include "tests/gst/elements.h"

#if HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#define RGB "video/x-raw,format=RGB,width=64,height=48,framerate=25/1"

static const CnxMetaLabel three[] = { {7, "dog", 0.75}, {2, "cat & <kitten>", 0.125}, {0, "", 0.0625} };

static const CnxMetaLabels all = { "model", "a stream", 40 * GST_MSECOND, 3, three, "garage", 41700000 };

static gboolean
check_all (const CnxMetaLabels * labels, gpointer user_data)
{
  g_assert_cmpstr (labels->model, ==, "model");
  g_assert_cmpstr (labels->stream, ==, "a stream");
  g_assert_cmpstr (labels->source, ==, "garage");
  g_assert_cmpuint (labels->running_time, ==, 40 * GST_MSECOND);
  g_assert_cmpuint (labels->pass, ==, 41700000);
  g_assert_cmpuint (labels->n, ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpint (labels->labels[i].id, ==, three[i].id);
    g_assert_cmpstr (labels->labels[i].label, ==, three[i].label);
    g_assert_cmpfloat (labels->labels[i].confidence, ==, three[i].confidence);
  }
  ++*(guint *) user_data;
  return TRUE;
}

static void
assert_all (GstBuffer * buffer, guint times)
{
  guint seen = 0;

  g_assert_cmpuint (cnx_label_meta_foreach (buffer, check_all, &seen), ==, times);
  g_assert_cmpuint (seen, ==, times);
}

static void
test_round_trip (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();

  assert_all (buffer, 0);
  cnx_label_meta_add (buffer, &all);
  assert_all (buffer, 1);
  cnx_label_meta_add (buffer, &all);
  assert_all (buffer, 2);
  g_autoptr (GstBuffer) copy = gst_buffer_copy_deep (buffer);
  assert_all (copy, 2);
}

static gboolean
check_empty (const CnxMetaLabels * labels, gpointer user_data)
{
  g_assert_cmpuint (labels->n, ==, 0);
  g_assert_cmpuint (labels->running_time, ==, 5);
  g_assert_cmpuint (labels->pass, ==, 0);
  return TRUE;
}

static void
test_empty (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  const CnxMetaLabels none = { "model", "", 5, 0, NULL };

  cnx_label_meta_add (buffer, &none);
  g_assert_cmpuint (cnx_label_meta_foreach (buffer, check_empty, NULL), ==, 1);
  const GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, CNX_LABEL_META_NAME);
  g_assert_false (gst_structure_has_field (gst_custom_meta_get_structure ((GstCustomMeta *) meta), "pass"));
}

static void
test_survives (void)
{
  const char *const lines[] = { "queue", "tee ! identity",
    "videoconvert ! capsfilter caps=video/x-raw,format=I420",
    "videoscale ! capsfilter caps=video/x-raw,width=20,height=20", "videorate", "videocrop left=8 right=8"
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    GstHarness *h = gst_harness_new_parse (lines[i]);
    GstBuffer *in = cnx_test_frame (RGB, i, 0), *out;
    g_test_message ("%s", lines[i]);
    gst_harness_set_src_caps_str (h, RGB);
    cnx_label_meta_add (in, &all);
    gst_harness_push (h, in);
    if (g_str_equal (lines[i], "videorate"))    /* lets a frame go when the next one is there */
      gst_harness_push_event (h, gst_event_new_eos ());
    out = gst_harness_pull (h);
    g_assert_nonnull (out);
    assert_all (out, 1);
    gst_buffer_unref (out);
    gst_harness_teardown (h);
  }
}

/* What is on the bus, or in a Python reader's hands. */
static void
test_structure (void)
{
  g_autoptr (GstStructure) s = cnx_label_meta_to_structure (&all);
  const GValue *labels = gst_structure_get_value (s, "labels");
  guint64 time = 0;

  g_assert_true (gst_structure_has_name (s, "convnext"));
  g_assert_cmpuint (gst_value_array_get_size (labels), ==, 3);
  g_assert_cmpstr (g_value_get_string (gst_value_array_get_value (labels, 1)), ==, "cat & <kitten>");
  g_assert_true (gst_structure_get_uint64 (s, "running-time", &time));
  g_assert_cmpuint (time, ==, 40 * GST_MSECOND);
}

/* A structure that somebody else spoilt is passed over. */
static void
test_foreign_structure (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();

  cnx_label_meta_add (buffer, &all);
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, CNX_LABEL_META_NAME);
  GstStructure *s = gst_custom_meta_get_structure (meta);
  gst_structure_set (s, "ids", G_TYPE_STRING, "seven", NULL);
#if HAVE_ANALYTICS
  g_assert_cmpuint (cnx_test_classifications (buffer), ==, 1);  /* the standard's own is still there */
#else
  g_assert_cmpuint (cnx_test_classifications (buffer), ==, 0);
#endif
}

#if HAVE_ANALYTICS
static void
test_analytics (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  GstAnalyticsClsMtd mtd;
  gpointer state = NULL;

  cnx_label_meta_add (buffer, &all);
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);
  g_assert_nonnull (meta);
  g_assert_true (gst_analytics_relation_meta_iterate (meta, &state, gst_analytics_cls_mtd_get_mtd_type (),
          (GstAnalyticsMtd *) & mtd));
  g_assert_cmpuint (gst_analytics_cls_mtd_get_length (&mtd), ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpfloat (gst_analytics_cls_mtd_get_level (&mtd, i), ==, three[i].confidence);
    g_assert_cmpstr (g_quark_to_string (gst_analytics_cls_mtd_get_quark (&mtd, i)), ==, three[i].label);
  }
  /* read once, not once for each carrier */
  assert_all (buffer, 1);
}

static gboolean
check_foreign (const CnxMetaLabels * labels, gpointer user_data)
{
  const char *const best_first[] = { "bird", "plane", "kite" };

  g_assert_null (labels->model);
  g_assert_cmpuint (labels->n, ==, G_N_ELEMENTS (best_first));
  for (guint i = 0; i < labels->n; i++)
    g_assert_cmpstr (labels->labels[i].label, ==, best_first[i]);
  return TRUE;
}

/* Another element lists its classes in the order of its model. */
static void
test_foreign_classification (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  GstAnalyticsRelationMeta *meta = gst_buffer_add_analytics_relation_meta (buffer);
  GstAnalyticsClsMtd mtd;
  gfloat levels[] = { 0.25, 0.125, 0.5 };
  GQuark quarks[] = { g_quark_from_string ("plane"), g_quark_from_string ("kite"),
    g_quark_from_string ("bird")
  };

  gst_analytics_relation_meta_add_cls_mtd (meta, 3, levels, quarks, &mtd);
  g_assert_cmpuint (cnx_label_meta_foreach (buffer, check_foreign, NULL), ==, 1);
}
#endif

/* A time that is unknown is left out, and not a number of five hundred years. */
static void
test_no_running_time (void)
{
  const CnxMetaLabels timeless = { "model", "", GST_CLOCK_TIME_NONE, 0, NULL };
  g_autoptr (GstStructure) s = cnx_label_meta_to_structure (&timeless);

  g_assert_false (gst_structure_has_field (s, "running-time"));
}

/* Who can see a buffer's first meta alone finds the others' there. */
static void
test_others (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();

  for (guint n = 0; n < 3; n++) {
    cnx_label_meta_add (buffer, &all);
    const GstStructure *first =
        gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, CNX_LABEL_META_NAME));
    const GValue *others = gst_structure_get_value (first, "others");
    g_assert_cmpuint (others ? gst_value_array_get_size (others) : 0, ==, n);
    if (others) {
      const GstStructure *other = gst_value_get_structure (gst_value_array_get_value (others, n - 1));
      g_assert_cmpstr (gst_structure_get_string (other, "source"), ==, "garage");
      g_assert_false (gst_structure_has_field (other, "others"));
    }
  }
  assert_all (buffer, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/labelmeta/round-trip", test_round_trip);
  g_test_add_func ("/labelmeta/empty", test_empty);
  g_test_add_func ("/labelmeta/survives", test_survives);
  g_test_add_func ("/labelmeta/structure", test_structure);
  g_test_add_func ("/labelmeta/foreign-structure", test_foreign_structure);
#if HAVE_ANALYTICS
  g_test_add_func ("/labelmeta/analytics", test_analytics);
  g_test_add_func ("/labelmeta/foreign-classification", test_foreign_classification);
#endif
  g_test_add_func ("/labelmeta/no-running-time", test_no_running_time);
  g_test_add_func ("/labelmeta/others", test_others);
  return g_test_run ();
}
