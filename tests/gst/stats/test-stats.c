/* What `stats` says of what was done. */
#include "tests/gst/pace/rig.h"
#include "tests/gst/regions/seen.h"

#define WAITS "convnext threshold=0 mode=every-frame "
#define LATEST "convnext threshold=0 mode=latest "
#define MS GST_MSECOND

static GstStructure *
stats_of (GstElement * element)
{
  GstStructure *stats;

  g_object_get (element, "stats", &stats, NULL);
  g_assert_nonnull (stats);
  return stats;
}

static guint64
count (const GstStructure * stats, const char *field)
{
  guint64 value;

  g_assert_true (gst_structure_get_uint64 (stats, field, &value));
  return value;
}

static double
number (const GstStructure * stats, const char *field)
{
  double value;

  g_assert_true (gst_structure_get_double (stats, field, &value));
  return value;
}

static void
push (CnxTestRig * rig, GstClockTime time)
{
  cnx_test_rig_carried (rig, time);
  cnx_test_rig_drain (rig);
}

/* ---- frames ---- */

static const char *const fates[] = { "classified", "skipped-interval", "skipped-rate", "skipped-scene", "skipped-busy",
  "skipped-qos", "skipped-known"
};

/* Those of @expected, by what became of them, and no others. */
static void
check_frames (GstElement * element, const guint * expected)
{
  g_autoptr (GstStructure) stats = stats_of (element);
  guint frames = 0;

  for (guint i = 0; i < G_N_ELEMENTS (fates); i++) {
    g_test_message ("%s", fates[i]);
    g_assert_cmpuint (count (stats, fates[i]), ==, expected[i]);
    frames += expected[i];
  }
  g_assert_cmpuint (count (stats, "frames"), ==, frames);
}

static void
test_frames (void)
{
  static const struct
  {
    const char *rest;
    guint expected[G_N_ELEMENTS (fates)];
  } cases[] = {
    {"", {6}}, {"interval=2", {3, 3}}, {"max-rate=10", {2, 0, 4}}, {"scene-threshold=0.1", {1, 0, 0, 5}},
    {"interval=2 max-rate=10", {2, 2, 2}}, {"interval=2 scene-threshold=0.1", {1, 1, 0, 4}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint latest = 0; latest < 2; latest++) {
      g_autofree char *line = g_strconcat (latest ? LATEST : WAITS, cases[i].rest, NULL);
      g_auto (CnxTestRig) rig = cnx_test_rig (line);

      g_test_message ("%s", line);
      for (guint n = 0; n < 6; n++)
        push (&rig, n * 33 * MS);
      check_frames (rig.element, cases[i].expected);
    }
}

static void
test_busy (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LATEST);

  cnx_test_rig_hold (TRUE);
  for (guint i = 0; i < 3; i++)
    cnx_test_rig_carried (&rig, i);
  check_frames (rig.element, (guint[]) { 1, 0, 0, 0, 2, 0, 0 });
  cnx_test_rig_hold (FALSE);
}

static void
test_late (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);

  gst_harness_use_testclock (rig.harness);
  gst_element_set_base_time (rig.element, 0);
  gst_harness_set_time (rig.harness, 1000 * GST_SECOND);
  push (&rig, 0);
  gst_harness_push_upstream_event (rig.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.1, 100 * GST_SECOND,
          900 * GST_SECOND));
  push (&rig, 900 * GST_SECOND);
  push (&rig, 901 * GST_SECOND);
  check_frames (rig.element, (guint[]) { 1, 0, 0, 0, 0, 2, 0 });
}

/* Frames whose regions are all known are not classified, nor are those without any; what has to be is. */
static void
test_known (void)
{
  static const struct
  {
    int ids[2];                 /* 0: there is no such region; -1: nobody tracks it */
    guint classified, known;    /* so far */
  } frames[] = { {{0, 0}, 0, 1}, {{5, 0}, 1, 1}, {{5, 0}, 1, 2}, {{5, 6}, 2, 2}, {{6, 5}, 2, 3}, {{6, 0}, 2, 4},
  {{0, 0}, 2, 5}, {{5, -1}, 3, 5}, {{5, 0}, 3, 6}
  };
  static const GstVideoRectangle box = { 2, 2, 40, 40 };

  for (guint latest = 0; latest < 2; latest++) {
    g_autofree char *line = g_strconcat (latest ? LATEST : WAITS, "inference-region=roi-list reclassify-interval=0",
        NULL);
    g_auto (CnxTestRig) rig = cnx_test_rig (line);

    for (guint i = 0; i < G_N_ELEMENTS (frames); i++) {
      GstBuffer *frame = cnx_test_frame (CNX_TEST_RIG_CAPS, 1, i * 40 * MS);
      for (guint k = 0; k < 2; k++)
        if (frames[i].ids[k])
          cnx_test_mark (frame, "thing", frames[i].ids[k], &box);
      gst_buffer_unref (gst_harness_push_and_pull (rig.harness, frame));
      cnx_test_rig_drain (&rig);
      g_test_message ("frame %u", i);
      check_frames (rig.element, (guint[]) { frames[i].classified, 0, 0, 0, 0, 0, frames[i].known });
    }
  }
}

/* ---- times ---- */

static gboolean
slow (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_usleep (20000);
  return cnx_classifier_forward (classifier, in, logits, error);
}

static void
test_times (void)
{
  for (guint latest = 0; latest < 2; latest++) {
    g_auto (CnxTestRig) rig = cnx_test_rig (latest ? LATEST : WAITS);

    cnx_classifier_set_forward (rig.classifier, slow, rig.classifier);
    for (guint n = 0; n < 3; n++)
      push (&rig, n * 40 * MS);
    g_autoptr (GstStructure) stats = stats_of (rig.element);
    g_assert_cmpfloat (number (stats, "pass-mean"), >=, 20);
    g_assert_cmpfloat (number (stats, "pass-p50"), >=, 20 * 0.98);
    g_assert_cmpfloat (number (stats, "pass-p99"), >=, number (stats, "pass-p50"));
    g_assert_cmpfloat (number (stats, "preprocess-mean"), >, 0);
    g_assert_cmpfloat (number (stats, "preprocess-p99"), >=, number (stats, "preprocess-p50"));
  }
}

/* Of the labels on each frame that has some: 40, 80 and 120 ms, then 40 and 80 again. */
static void
test_ages (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LATEST "interval=3");

  for (guint n = 0; n < 6; n++)
    push (&rig, n * 40 * MS);
  g_autoptr (GstStructure) stats = stats_of (rig.element);
  g_assert_cmpfloat_with_epsilon (number (stats, "age-mean"), 72, 1e-9);
  g_assert_cmpfloat_with_epsilon (number (stats, "age-p99"), 120, 120 / 64.0);

  g_auto (CnxTestRig) waits = cnx_test_rig (WAITS);
  push (&waits, 40 * MS);
  g_autoptr (GstStructure) of_waits = stats_of (waits.element);
  g_assert_cmpfloat (number (of_waits, "age-mean"), ==, 0);
}

/* Frames without a time have labels of no age. */
static void
test_no_times (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);

  push (&rig, GST_CLOCK_TIME_NONE);
  g_autoptr (GstStructure) stats = stats_of (rig.element);
  g_assert_false (gst_structure_has_field (stats, "age-mean"));
  g_assert_cmpuint (count (stats, "classified"), ==, 1);
}

/* ---- whose ---- */

static void
test_engine (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS "precision=int8");
  CnxEngine *engine = cnx_classifier_engine (rig.classifier);

  g_autoptr (GstStructure) before = stats_of (rig.element);
  for (guint n = 0; n < 3; n++)
    push (&rig, n);
  g_autoptr (GstStructure) stats = stats_of (rig.element);
  g_assert_cmpuint (count (stats, "batches"), ==, count (before, "batches") + 3);
  g_assert_cmpfloat (number (stats, "batch-mean"), ==, 1);
  g_assert_cmpstr (gst_structure_get_string (stats, "precision"), ==, "int8");
  g_assert_cmpstr (gst_structure_get_string (stats, "model"), ==, cnx_model_name (cnx_engine_model (engine)));
  g_assert_cmpstr (gst_structure_get_string (stats, "device"), ==, cnx_device_info (cnx_engine_device (engine))->name);
}

/* Before it is opened, and after. */
static void
test_closed (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("convnext", NULL));

  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstStructure) closed = stats_of (element);
    g_assert_false (gst_structure_has_field (closed, "model"));
    g_assert_false (gst_structure_has_field (closed, "batches"));
    g_assert_cmpuint (count (closed, "frames"), ==, 0);
    gst_element_set_state (element, GST_STATE_READY);
    g_autoptr (GstStructure) open = stats_of (element);
    g_assert_true (gst_structure_has_field (open, "model"));
    gst_element_set_state (element, GST_STATE_NULL);
  }
}

/* What was is to be had until it begins again. */
static void
test_begins_anew (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);

  push (&rig, 0);
  gst_element_set_state (rig.element, GST_STATE_READY);
  check_frames (rig.element, (guint[]) { 1, 0, 0, 0, 0, 0, 0 });
  gst_element_set_state (rig.element, GST_STATE_PLAYING);
  check_frames (rig.element, (guint[]) { 0, 0, 0, 0, 0, 0, 0 });
  g_autoptr (GstStructure) stats = stats_of (rig.element);
  g_assert_false (gst_structure_has_field (stats, "pass-mean"));
  g_assert_false (gst_structure_has_field (stats, "preprocess-p99"));
}

/* ---- who reads ---- */

static gint done;

/* Every look is at one moment: no frame is counted and not told what became of. */
static gpointer
read_on (gpointer element)
{
  guint64 before = 0;

  while (!g_atomic_int_get (&done)) {
    g_autoptr (GstStructure) stats = stats_of (element);
    guint64 sum = 0;
    for (guint i = 0; i < G_N_ELEMENTS (fates); i++)
      sum += count (stats, fates[i]);
    g_assert_cmpuint (count (stats, "frames"), ==, sum);
    g_assert_cmpuint (sum, >=, before);
    before = sum;
  }
  return NULL;
}

static void
test_other_threads (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LATEST "interval=2");
  GThread *threads[2];

  done = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reads", read_on, rig.element);
  for (guint n = 0; n < 200; n++)
    cnx_test_rig_carried (&rig, n * 40 * MS);
  g_atomic_int_set (&done, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_autoptr (GstStructure) stats = stats_of (rig.element);
  g_assert_cmpuint (count (stats, "frames"), ==, 200);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/stats/frames", test_frames);
  g_test_add_func ("/stats/busy", test_busy);
  g_test_add_func ("/stats/late", test_late);
  g_test_add_func ("/stats/known", test_known);
  g_test_add_func ("/stats/times", test_times);
  g_test_add_func ("/stats/ages", test_ages);
  g_test_add_func ("/stats/no-times", test_no_times);
  g_test_add_func ("/stats/engine", test_engine);
  g_test_add_func ("/stats/closed", test_closed);
  g_test_add_func ("/stats/begins-anew", test_begins_anew);
  g_test_add_func ("/stats/other-threads", test_other_threads);
  return g_test_run ();
}
