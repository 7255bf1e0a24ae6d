/* Frames that come late, as the sink of a live pipeline says, are not made later by a classification. */
#include "tests/gst/pace/rig.h"

#include <gst/base/gstbasetransform.h>

#define WAITS "convnext threshold=0 mode=every-frame"
#define SECOND GST_SECOND

/* The rig, whose pipeline's clock says 1000 s: what a pass takes is nothing beside that. */
static CnxTestRig
begin (const char *line, gboolean live)
{
  CnxTestRig rig = cnx_test_rig (line);

  gst_harness_set_live (rig.harness, live);
  gst_harness_use_testclock (rig.harness);
  gst_element_set_base_time (rig.element, 0);
  gst_harness_set_time (rig.harness, 1000 * SECOND);
  return rig;
}

/* The sink says of the frame of 900 s, which has just come, that it is late by 100: each must be there at its time. */
static void
complain (CnxTestRig * rig)
{
  g_assert_true (gst_harness_push_upstream_event (rig->harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.1,
              100 * SECOND, 900 * SECOND)));
}

/* Frames that are late have the labels of the last that was not; those to come are classified. */
static void
test_late (void)
{
  g_auto (CnxTestRig) rig = begin (WAITS, TRUE);
  GstClockTime time;

  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (cnx_test_rig_carried (&rig, i * SECOND), ==, i * SECOND);
  complain (&rig);
  for (time = 900 * SECOND; time < 903 * SECOND; time += SECOND)
    g_assert_cmpuint (cnx_test_rig_carried (&rig, time), ==, 2 * SECOND);
  for (time = 2000 * SECOND; time < 2003 * SECOND; time += SECOND)
    g_assert_cmpuint (cnx_test_rig_carried (&rig, time), ==, time);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 990 * SECOND), ==, 2002 * SECOND);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 6);
}

#define SLOW_US 20000

static gboolean
slow_pass (gpointer user_data, const float *in, float *logits, GError ** error)
{
  g_usleep (SLOW_US);
  for (guint i = 0; i < GPOINTER_TO_UINT (user_data); i++)
    logits[i] = 0;
  return TRUE;
}

/* One that comes in time, and would not be after what the last one took, has no time for it. */
static void
test_takes_too_long (void)
{
  g_auto (CnxTestRig) rig = begin (WAITS, TRUE);
  const GstClockTime now = 1000 * SECOND, half = SLOW_US * GST_USECOND / 2;

  cnx_classifier_set_forward (rig.classifier, slow_pass,
      GUINT_TO_POINTER (cnx_network_classes (cnx_engine_network (cnx_classifier_engine (rig.classifier)))));
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 0), ==, 0);
  complain (&rig);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, now + half), ==, 0);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 2 * now), ==, 2 * now);
}

/* When frames have been in time for long, one that is not is as good as any. */
static void
test_recovers (void)
{
  g_auto (CnxTestRig) rig = begin (WAITS, TRUE);

  complain (&rig);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 900 * SECOND), ==, GST_CLOCK_TIME_NONE);
  for (guint i = 0; i < 50; i++)
    g_assert_cmpuint (cnx_test_rig_carried (&rig, (2000 + i) * SECOND), ==, (2000 + i) * SECOND);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 900 * SECOND), ==, 900 * SECOND);
}

/* One that is passed over leaves the next one due. */
static void
test_with_interval (void)
{
  g_auto (CnxTestRig) rig = begin (WAITS " interval=3", TRUE);

  g_assert_cmpuint (cnx_test_rig_carried (&rig, 0), ==, 0);
  complain (&rig);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (cnx_test_rig_carried (&rig, 900 * SECOND + i), ==, 0);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 2000 * SECOND), ==, 2000 * SECOND);
}

/* A file waits for as long as it must, and has the same labels each time. */
static void
test_not_live (void)
{
  g_auto (CnxTestRig) rig = begin (WAITS, FALSE);

  complain (&rig);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 900 * SECOND), ==, 900 * SECOND);
}

/* Nothing waits there. */
static void
test_latest (void)
{
  g_auto (CnxTestRig) rig = begin ("convnext threshold=0 mode=latest", TRUE);

  complain (&rig);
  for (guint i = 0; i < 3; i++) {
    cnx_test_rig_carried (&rig, 900 * SECOND + i);
    cnx_test_rig_drain (&rig);
  }
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 3);
}

/* What is said of frames in time, or by who wants fewer of them, is no complaint. */
static void
test_no_complaint (void)
{
  g_auto (CnxTestRig) rig = begin (WAITS, TRUE);

  gst_harness_push_upstream_event (rig.harness, gst_event_new_qos (GST_QOS_TYPE_OVERFLOW, 0.5, -100 * (gint64) SECOND,
          900 * SECOND));
  gst_harness_push_upstream_event (rig.harness, gst_event_new_qos (GST_QOS_TYPE_THROTTLE, 1, 100 * SECOND,
          900 * SECOND));
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 900 * SECOND), ==, 900 * SECOND);
}

/* What was said of other streams, places and latencies. */
static void
test_begins_anew (void)
{
  for (guint i = 0; i < CNX_TEST_RIG_RESETS + 2; i++) {
    g_auto (CnxTestRig) rig = begin (WAITS, TRUE);

    complain (&rig);
    if (i < CNX_TEST_RIG_RESETS)
      cnx_test_rig_reset (&rig, i);
    else if (i == CNX_TEST_RIG_RESETS)
      cnx_test_rig_segment (&rig, 100 * SECOND, GST_CLOCK_TIME_NONE, 100 * SECOND);
    else
      gst_harness_push_upstream_event (rig.harness, gst_event_new_latency (SECOND));
    g_assert_cmpuint (cnx_test_rig_carried (&rig, 900 * SECOND), ==, 900 * SECOND);
  }
}

/* No frame is dropped, whatever the base class would do; and who makes them hears of it too. */
static void
test_never_dropped (void)
{
  g_auto (CnxTestRig) rig = begin (WAITS, TRUE);

  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (rig.element), TRUE);
  for (GstEvent * before; (before = gst_harness_try_pull_upstream_event (rig.harness));)
    gst_event_unref (before);
  complain (&rig);
  g_autoptr (GstEvent) event = gst_harness_try_pull_upstream_event (rig.harness);
  g_assert_nonnull (event);
  g_assert_cmpint (GST_EVENT_TYPE (event), ==, GST_EVENT_QOS);
  for (guint i = 1; i <= 5; i++) {
    g_assert_cmpint (gst_harness_push (rig.harness, cnx_test_frame (CNX_TEST_RIG_CAPS, 1, 900 * SECOND)), ==,
        GST_FLOW_OK);
    g_assert_cmpuint (gst_harness_buffers_received (rig.harness), ==, i);
  }
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/late/late", test_late);
  g_test_add_func ("/late/takes-too-long", test_takes_too_long);
  g_test_add_func ("/late/recovers", test_recovers);
  g_test_add_func ("/late/with-interval", test_with_interval);
  g_test_add_func ("/late/not-live", test_not_live);
  g_test_add_func ("/late/latest", test_latest);
  g_test_add_func ("/late/no-complaint", test_no_complaint);
  g_test_add_func ("/late/begins-anew", test_begins_anew);
  g_test_add_func ("/late/never-dropped", test_never_dropped);
  return g_test_run ();
}
