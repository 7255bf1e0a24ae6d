/* Frames that are not classified carry what is known by then. */
#include "tests/gst/pace/rig.h"

#include <math.h>

#define RGB CNX_TEST_RIG_CAPS
#define NONE GST_CLOCK_TIME_NONE
#define MS GST_MSECOND

static const GstClockTime every_40[] = { 0, 40 * MS, 80 * MS, 120 * MS, 160 * MS, 200 * MS, 240 * MS, 280 * MS };

/* What frames 40 ms apart carry in either mode, where three of them are classified. */
static void
check_both (const char *rule, const GstClockTime * waited, const GstClockTime * latest)
{
  g_autofree char *every_frame_line = g_strdup_printf ("convnext threshold=0 %s mode=every-frame", rule);
  g_autofree char *latest_line = g_strdup_printf ("convnext threshold=0 %s mode=latest", rule);
  g_auto (CnxTestRig) a = cnx_test_rig (every_frame_line);

  cnx_test_rig_check (&a, G_N_ELEMENTS (every_40), every_40, waited);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 3);
  g_auto (CnxTestRig) b = cnx_test_rig (latest_line);
  cnx_test_rig_check (&b, G_N_ELEMENTS (every_40), every_40, latest);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 3);
}

static void
test_interval (void)
{
  const GstClockTime waited[] = { 0, 0, 0, 120 * MS, 120 * MS, 120 * MS, 240 * MS, 240 * MS };
  const GstClockTime latest[] = { NONE, 0, 0, 0, 120 * MS, 120 * MS, 120 * MS, 240 * MS };

  check_both ("interval=3", waited, latest);
}

static void
test_max_rate (void)
{
  const GstClockTime waited[] = { 0, 0, 0, 120 * MS, 120 * MS, 200 * MS, 200 * MS, 200 * MS };
  const GstClockTime latest[] = { NONE, 0, 0, 0, 120 * MS, 120 * MS, 200 * MS, 200 * MS };

  check_both ("max-rate=10", waited, latest);
}

/* Time is the running time, not the timestamps'. */
static void
test_segment (void)
{
  const GstClockTime times[] = { 1000 * MS, 1040 * MS, 1100 * MS, 1160 * MS, 1200 * MS };
  const GstClockTime expected[] = { 0, 0, 0, 0, 100 * MS };
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 max-rate=10 mode=every-frame");
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 1000 * MS;
  segment.rate = 2;
  gst_harness_push_event (rig.harness, gst_event_new_segment (&segment));
  cnx_test_rig_check (&rig, G_N_ELEMENTS (times), times, expected);
}

/* Frames without timestamps: those of a camera by the clock, and those that wait are all classified, as they come. */
static void
test_unstamped (void)
{
  const guint steps[] = { 0, 40, 80, 120, 160, 200 };
  const guint passes[] = { 1, 1, 1, 2, 2, 3 };

  for (int latest = 0; latest < 2; latest++) {
    g_auto (CnxTestRig) rig = cnx_test_rig (latest ? "convnext threshold=0 max-rate=10 mode=latest" :
        "convnext threshold=0 max-rate=10 mode=every-frame");
    gst_harness_use_testclock (rig.harness);
    gst_element_set_base_time (rig.element, 0);
    for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
      gst_harness_set_time (rig.harness, steps[i] * MS);
      gst_buffer_unref (gst_harness_push_and_pull (rig.harness, cnx_test_frame (RGB, 1, NONE)));
      cnx_test_rig_drain (&rig);
      g_assert_cmpuint (cnx_test_rig_passes (), ==, latest ? passes[i] : i + 1);
    }
  }
}

/* What is due while the device is busy is not lost: the first frame after that is classified. */
static void
test_busy (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 interval=3 mode=latest");

  cnx_test_rig_hold (TRUE);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpuint (cnx_test_rig_carried (&rig, i), ==, NONE);
  cnx_test_rig_hold (FALSE);
  cnx_test_rig_drain (&rig);
  cnx_test_rig_check (&rig, 4, (GstClockTime[]) { 5, 6, 7, 8 }, (GstClockTime[]) { 0, 5, 5, 5 });
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 3);
}

/* Labels are as new as was asked for: label-timeout is for a device that owes newer ones. */
static void
test_label_timeout (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 interval=20 label-timeout=500 mode=latest");
  GstClockTime time = 0;

  cnx_test_rig_check (&rig, 1, &time, &(GstClockTime) { NONE });
  for (guint i = 1; i < 20; i++)
    g_assert_cmpuint (cnx_test_rig_carried (&rig, time = i * 400 * MS), ==, 0);
  cnx_test_rig_hold (TRUE);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, time += 400 * MS), ==, 0);        /* is classified, in vain */
  cnx_test_rig_await (2);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, time + 100 * MS), ==, 0);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, time + 501 * MS), ==, NONE);
  cnx_test_rig_hold (FALSE);
}

/* Where the camera itself stood still they are old. */
static void
test_stall (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 interval=20 label-timeout=100 mode=latest");

  cnx_test_rig_check (&rig, 2, (GstClockTime[]) { 0, 40 * MS }, (GstClockTime[]) { NONE, 0 });
  g_usleep (200000);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 80 * MS), ==, 0); /* it was a pause */
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 181 * MS), ==, NONE);
}

/* In every-frame they are what there is. */
static void
test_no_timeout (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 interval=3 label-timeout=1 mode=every-frame");

  g_assert_cmpuint (cnx_test_rig_carried (&rig, 0), ==, 0);
  g_usleep (5000);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, GST_SECOND), ==, 0);
  g_assert_cmpuint (cnx_test_rig_carried (&rig, 3600 * GST_SECOND), ==, 0);
}

/* After each the next frame is classified at once, and none before it is carried. */
static void
test_begins_anew (void)
{
  const char *const lines[] = { "convnext threshold=0 interval=1000 mode=every-frame",
    "convnext threshold=0 max-rate=0.001 mode=every-frame", "convnext threshold=0 interval=1000 mode=latest",
    "convnext threshold=0 max-rate=0.001 mode=latest"
  };
  const GstClockTime times[] = { 7, 8, 9 };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    const GstClockTime first = i < 2 ? 7 : NONE;
    g_auto (CnxTestRig) rig = cnx_test_rig (lines[i]);
    for (guint j = 0; j < CNX_TEST_RIG_RESETS; j++) {
      cnx_test_rig_check (&rig, 3, times, (GstClockTime[]) { first, 7, 7 });
      g_assert_cmpuint (cnx_test_rig_passes (), ==, 2 * j + 1);
      cnx_test_rig_reset (&rig, j);
      cnx_test_rig_check (&rig, 3, times, (GstClockTime[]) { first, 7, 7 });
      g_assert_cmpuint (cnx_test_rig_passes (), ==, 2 * j + 2);
      cnx_test_rig_reset (&rig, j);
    }
  }
}

/* A seek that does not flush: the first frame after it is classified. One that is told again, or ends elsewhere, is
 * none. */
static void
test_seek (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 interval=1000 mode=every-frame");

  cnx_test_rig_segment (&rig, 0, NONE, 0);
  cnx_test_rig_check (&rig, 2, (GstClockTime[]) { 0, 1 }, (GstClockTime[]) { 0, 0 });
  cnx_test_rig_segment (&rig, 0, NONE, 0);
  cnx_test_rig_check (&rig, 2, (GstClockTime[]) { 2, 3 }, (GstClockTime[]) { 0, 0 });
  cnx_test_rig_segment (&rig, 0, GST_SECOND, 0);
  cnx_test_rig_check (&rig, 2, (GstClockTime[]) { 4, 5 }, (GstClockTime[]) { 0, 0 });
  cnx_test_rig_segment (&rig, 100, GST_SECOND, 6);
  cnx_test_rig_check (&rig, 2, (GstClockTime[]) { 100, 101 }, (GstClockTime[]) { 6, 6 });
}

/* Whoever waits from now on does so when a frame is due; until then the newest labels are carried. */
static void
test_mode_changes (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 interval=4 mode=every-frame");

  cnx_test_rig_check (&rig, 2, (GstClockTime[]) { 0, 1 }, (GstClockTime[]) { 0, 0 });
  gst_util_set_object_arg (G_OBJECT (rig.element), "mode", "latest");
  cnx_test_rig_check (&rig, 4, (GstClockTime[]) { 2, 3, 4, 5 }, (GstClockTime[]) { 0, 0, 0, 4 });
  cnx_test_rig_check (&rig, 3, (GstClockTime[]) { 6, 7, 8 }, (GstClockTime[]) { 4, 4, 4 });     /* 8 is classified */
  gst_util_set_object_arg (G_OBJECT (rig.element), "mode", "every-frame");
  cnx_test_rig_check (&rig, 4, (GstClockTime[]) { 9, 10, 11, 12 }, (GstClockTime[]) { 8, 8, 8, 12 });
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 4);
}

static void
test_set_in_playing (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 interval=2000000000 mode=every-frame");

  cnx_test_rig_check (&rig, 3, every_40, (GstClockTime[]) { 0, 0, 0 });
  g_object_set (rig.element, "interval", 2, NULL);
  cnx_test_rig_check (&rig, 2, every_40 + 3, (GstClockTime[]) { 120 * MS, 120 * MS });
  g_object_set (rig.element, "interval", 1, "max-rate", 0.01, NULL);
  cnx_test_rig_check (&rig, 2, every_40 + 5, (GstClockTime[]) { 200 * MS, 200 * MS });
  g_object_set (rig.element, "max-rate", 0.0, NULL);
  cnx_test_rig_check (&rig, 1, every_40 + 7, (GstClockTime[]) { 280 * MS });
}

/* Only what is new is told. */
static void
test_messages (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 interval=3 post-messages=true mode=every-frame");
  g_autoptr (GstBus) bus = gst_bus_new ();
  guint messages = 0;

  gst_element_set_bus (rig.element, bus);
  for (guint i = 0; i < 7; i++)
    cnx_test_rig_carried (&rig, i);
  for (GstMessage * message; (message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT)); messages++)
    gst_message_unref (message);
  g_assert_cmpuint (messages, ==, 3);
  gst_element_set_bus (rig.element, NULL);
}

/* What holds no picture is no frame to count, and carries nothing. */
static void
test_gaps (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 interval=2 mode=every-frame");

  cnx_test_rig_check (&rig, 2, (GstClockTime[]) { 0, 1 }, (GstClockTime[]) { 0, 0 });
  for (guint i = 2; i < 5; i++) {
    GstBuffer *gap = cnx_test_frame (RGB, 1, i);
    GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP);
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (rig.harness, gap);
    g_assert_cmpuint (cnx_test_classifications (out), ==, 0);
  }
  cnx_test_rig_check (&rig, 2, (GstClockTime[]) { 5, 6 }, (GstClockTime[]) { 5, 5 });
}

/* What GObject says when it refuses a value. */
static void
count_refusal (const gchar * domain, GLogLevelFlags level, const gchar * message, gpointer refusals)
{
  ++*(guint *) refusals;
}

static gboolean
go_on (const gchar * domain, GLogLevelFlags level, const gchar * message, gpointer user_data)
{
  return FALSE;
}

static void
test_bad_values (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("convnext", NULL));
  const double rates[] = { NAN, -NAN, -1, -1e-9, INFINITY, -INFINITY }, scenes[] = { NAN, -0.1, 1.1, INFINITY };
  const int intervals[] = { 0, -1, G_MININT };
  guint refusals = 0, interval;
  double rate, scene;

  g_object_set (element, "interval", 4, "max-rate", 2.5, "scene-threshold", 0.5, NULL);
  const guint handler = g_log_set_handler ("GLib-GObject", G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL, count_refusal,
      &refusals);
  g_test_log_set_fatal_handler (go_on, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    g_object_set (element, "max-rate", rates[i], NULL);
  for (guint i = 0; i < G_N_ELEMENTS (intervals); i++)
    g_object_set (element, "interval", intervals[i], NULL);
  for (guint i = 0; i < G_N_ELEMENTS (scenes); i++)
    g_object_set (element, "scene-threshold", scenes[i], NULL);
  g_log_remove_handler ("GLib-GObject", handler);
  g_object_get (element, "interval", &interval, "max-rate", &rate, "scene-threshold", &scene, NULL);
  g_assert_cmpuint (refusals, ==, G_N_ELEMENTS (rates) + G_N_ELEMENTS (intervals) + G_N_ELEMENTS (scenes));
  g_assert_cmpuint (interval, ==, 4);
  g_assert_cmpfloat (rate, ==, 2.5);
  g_assert_cmpfloat (scene, ==, 0.5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/passed-over/interval", test_interval);
  g_test_add_func ("/passed-over/max-rate", test_max_rate);
  g_test_add_func ("/passed-over/segment", test_segment);
  g_test_add_func ("/passed-over/unstamped", test_unstamped);
  g_test_add_func ("/passed-over/busy", test_busy);
  g_test_add_func ("/passed-over/label-timeout", test_label_timeout);
  g_test_add_func ("/passed-over/stall", test_stall);
  g_test_add_func ("/passed-over/no-timeout", test_no_timeout);
  g_test_add_func ("/passed-over/begins-anew", test_begins_anew);
  g_test_add_func ("/passed-over/seek", test_seek);
  g_test_add_func ("/passed-over/mode-changes", test_mode_changes);
  g_test_add_func ("/passed-over/set-in-playing", test_set_in_playing);
  g_test_add_func ("/passed-over/messages", test_messages);
  g_test_add_func ("/passed-over/gaps", test_gaps);
  g_test_add_func ("/passed-over/bad-values", test_bad_values);
  return g_test_run ();
}
