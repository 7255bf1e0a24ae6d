/* What shows the same is not classified again. */
#include "tests/gst/pace/rig.h"

#define NONE GST_CLOCK_TIME_NONE
#define WAITS "convnext threshold=0 scene-threshold=0.1 mode=every-frame"
#define LATEST "convnext threshold=0 scene-threshold=0.1 mode=latest"

/* A frame at @time whose left half has the level @left of 0..255, the other @right. */
static GstBuffer *
halves (GstClockTime time, guint8 left, guint8 right)
{
  GstBuffer *frame = cnx_test_frame (CNX_TEST_RIG_CAPS, 1, time);
  GstMapInfo map;

  gst_buffer_map (frame, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = i / 3 % 64 < 32 ? left : right;
  gst_buffer_unmap (frame, &map);
  return frame;
}

/* The time of the frame whose answer such a one carries. */
static GstClockTime
carried (CnxTestRig * rig, GstClockTime time, guint8 left, guint8 right)
{
  const GstClockTime answer = cnx_test_rig_push (rig, halves (time, left, right));

  cnx_test_rig_drain (rig);
  return answer;
}

static GstClockTime
level_at (CnxTestRig * rig, GstClockTime time, guint8 level)
{
  return carried (rig, time, level, level);
}

/* A static camera, and a cut. */
static void
test_static (void)
{
  g_auto (CnxTestRig) waits = cnx_test_rig (WAITS);

  for (guint i = 0; i < 6; i++)
    g_assert_cmpuint (level_at (&waits, i, 100 + i % 2), ==, 0);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 1);
  for (guint i = 6; i < 9; i++)
    g_assert_cmpuint (level_at (&waits, i, 200), ==, 6);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 2);

  g_auto (CnxTestRig) latest = cnx_test_rig (LATEST);
  g_assert_cmpuint (level_at (&latest, 0, 100), ==, NONE);
  for (guint i = 1; i < 6; i++)
    g_assert_cmpuint (level_at (&latest, i, 100 + i % 2), ==, 0);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 1);
  g_assert_cmpuint (level_at (&latest, 6, 200), ==, 0);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 2);
  for (guint i = 7; i < 9; i++)
    g_assert_cmpuint (level_at (&latest, i, 200), ==, 6);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 2);
}

/* What changes slowly is held against the last that was classified: a tenth of 255 is 25.5. */
static void
test_slow (void)
{
  const struct
  {
    guint8 level;
    GstClockTime carried;
  } frames[] = { {100, 0}, {110, 0}, {120, 0}, {125, 0}, {126, 4}, {136, 4}, {151, 4}, {152, 7}, {101, 8} };
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);

  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    g_assert_cmpuint (level_at (&rig, i, frames[i].level), ==, frames[i].carried);
}

/* Frames that come while the first is classified, as each does in life, show the same as that one. */
static void
test_busy (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LATEST);

  cnx_test_rig_hold (TRUE);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (cnx_test_rig_carried (&rig, i), ==, NONE);
  cnx_test_rig_hold (FALSE);
  cnx_test_rig_drain (&rig);
  for (guint i = 3; i < 6; i++)
    g_assert_cmpuint (cnx_test_rig_carried (&rig, i), ==, 0);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 1);
}

/* Off, as it is without being asked for. */
static void
test_off (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext threshold=0 mode=every-frame");

  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (level_at (&rig, i, 100), ==, i);
  g_object_set (rig.element, "scene-threshold", 0.1, NULL);
  for (guint i = 3; i < 6; i++)
    g_assert_cmpuint (level_at (&rig, i, 100), ==, 3);
  g_object_set (rig.element, "scene-threshold", 0.0, NULL);
  for (guint i = 6; i < 9; i++)
    g_assert_cmpuint (level_at (&rig, i, 100), ==, i);
}

static void
test_begins_anew (void)
{
  for (int latest = 0; latest < 2; latest++) {
    g_auto (CnxTestRig) rig = cnx_test_rig (latest ? LATEST : WAITS);
    for (guint i = 0; i < CNX_TEST_RIG_RESETS; i++) {
      for (guint j = 0; j < 3; j++)
        g_assert_cmpuint (level_at (&rig, 10 * i + j, 100), ==, latest && j == 0 ? NONE : 10 * i);
      g_assert_cmpuint (cnx_test_rig_passes (), ==, i + 1);
      cnx_test_rig_reset (&rig, i);
    }
  }
}

static void
test_seek (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);

  cnx_test_rig_segment (&rig, 0, NONE, 0);
  g_assert_cmpuint (level_at (&rig, 0, 100), ==, 0);
  cnx_test_rig_segment (&rig, 0, NONE, 0);
  g_assert_cmpuint (level_at (&rig, 1, 100), ==, 0);
  cnx_test_rig_segment (&rig, 100, NONE, 2);
  g_assert_cmpuint (level_at (&rig, 100, 100), ==, 2);
  g_assert_cmpuint (level_at (&rig, 101, 100), ==, 2);
}

/* What is counted is what the network sees: upright, and otherwise than before when it is turned. */
static void
test_turned (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);

  g_assert_cmpuint (carried (&rig, 0, 20, 220), ==, 0);
  g_assert_cmpuint (carried (&rig, 1, 20, 220), ==, 0);
  g_assert_cmpuint (carried (&rig, 2, 220, 20), ==, 2);
  gst_util_set_object_arg (G_OBJECT (rig.element), "video-direction", "horiz");
  g_assert_cmpuint (carried (&rig, 3, 220, 20), ==, 3);
  g_assert_cmpuint (carried (&rig, 4, 220, 20), ==, 3);
}

/* Other answers are asked for: they are given at once, and once. */
static void
test_asked_otherwise (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);

  g_assert_cmpuint (level_at (&rig, 0, 100), ==, 0);
  g_object_set (rig.element, "top-k", 1, NULL);
  g_assert_cmpuint (level_at (&rig, 1, 100), ==, 1);
  g_assert_cmpuint (level_at (&rig, 2, 100), ==, 1);
}

/* Its labels as the average has them: a cut counts in it until it is at rest, as if each frame were classified. */
static void
test_smoothed (void)
{
  static const char *const lines[] = { "convnext threshold=0 smoothing=100 scene-cut=0 mode=every-frame",
    WAITS " smoothing=100 scene-cut=0" };
  CnxTestAnswer answers[2];

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_auto (CnxTestRig) rig = cnx_test_rig (lines[i]);
    for (guint j = 0; j < 25; j++)
      gst_buffer_unref (gst_harness_push_and_pull (rig.harness, j < 5 ? cnx_test_frame (CNX_TEST_RIG_CAPS, 1,
                  j * 40 * GST_MSECOND) : halves (j * 40 * GST_MSECOND, 220, 220)));
    g_autoptr (GstBuffer) last = gst_harness_push_and_pull (rig.harness, halves (GST_SECOND, 220, 220));
    g_assert_true (cnx_test_only_answer (last, &answers[i]));
    g_assert_cmpuint (cnx_test_rig_passes (), ==, i == 0 ? 26 : 5 + 13);
  }
  for (guint j = 0; j < CNX_TEST_TOP; j++)      /* of 0.02; the first answer after the cut is 0.0005 off */
    g_assert_cmpfloat_with_epsilon (answers[0].confidences[j], answers[1].confidences[j], 5e-5);
}

/* Each frame that is due is looked at, until one is classified. */
static void
test_with_interval (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS " interval=3");

  for (guint i = 0; i < 5; i++)
    g_assert_cmpuint (level_at (&rig, i, 100), ==, 0);
  g_assert_cmpuint (level_at (&rig, 5, 200), ==, 5);    /* due since the third */
  g_assert_cmpuint (level_at (&rig, 6, 100), ==, 5);
  g_assert_cmpuint (level_at (&rig, 7, 100), ==, 5);
  g_assert_cmpuint (level_at (&rig, 8, 100), ==, 8);
}

/* The answer to what stands does not get too old; where it has, as the camera stood still, it is asked for again. */
static void
test_label_timeout (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LATEST " label-timeout=100");

  g_assert_cmpuint (level_at (&rig, 0, 100), ==, NONE);
  for (guint i = 1; i < 20; i++)
    g_assert_cmpuint (level_at (&rig, i * 40 * GST_MSECOND, 100), ==, 0);
  g_usleep (200000);
  g_assert_cmpuint (level_at (&rig, 20 * GST_SECOND, 100), ==, NONE);
  g_assert_cmpuint (level_at (&rig, 20 * GST_SECOND + 1, 100), ==, 20 * GST_SECOND);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 2);
}

/* Where the device makes the tensor of the frame, it is made here to be looked at. */
static void
test_planes (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);

  g_assert_true (cnx_classifier_set_takes_frames (rig.classifier, TRUE, &error));
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (level_at (&rig, i, 100), ==, 0);
  g_assert_null (cnx_classifier_plan (rig.classifier));
  g_assert_cmpuint (level_at (&rig, 3, 200), ==, 3);
  g_object_set (rig.element, "scene-threshold", 0.0, NULL);
  g_assert_cmpuint (level_at (&rig, 4, 200), ==, 4);
  g_assert_nonnull (cnx_classifier_plan (rig.classifier));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/scene-stands/static", test_static);
  g_test_add_func ("/scene-stands/slow", test_slow);
  g_test_add_func ("/scene-stands/busy", test_busy);
  g_test_add_func ("/scene-stands/off", test_off);
  g_test_add_func ("/scene-stands/begins-anew", test_begins_anew);
  g_test_add_func ("/scene-stands/seek", test_seek);
  g_test_add_func ("/scene-stands/turned", test_turned);
  g_test_add_func ("/scene-stands/asked-otherwise", test_asked_otherwise);
  g_test_add_func ("/scene-stands/smoothed", test_smoothed);
  g_test_add_func ("/scene-stands/with-interval", test_with_interval);
  g_test_add_func ("/scene-stands/label-timeout", test_label_timeout);
  g_test_add_func ("/scene-stands/planes", test_planes);
  return g_test_run ();
}
