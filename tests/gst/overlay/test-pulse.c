/* What labeloverlay tells of how it goes: the figures, when they change, and where they come from. */
#include "gst-plugin/overlay/pulse.h"
#include "tests/gst/overlay/drawn.h"
#include "tests/gst/pace/rig.h"

#include <gst/video/video-overlay-composition.h>

#define RGB "video/x-raw,format=RGB,width=640,height=480,framerate=25/1"
#define FRAME (40 * GST_MSECOND)

static const CnxLooks looks = {.style = CNX_STYLE_TEXT };

/* A frame at @time, with labels that are so old and took so long. */
static GstBuffer *
frame_at (GstClockTime time, GstClockTime age, guint64 pass)
{
  const CnxMetaLabel label = { 1, "dog", 0.5 };
  const CnxMetaLabels labels = {.model = "model",.stream = "stream",.running_time = time - age,.n = 1,.labels = &label,
    .pass = pass
  };
  GstBuffer *buffer = cnx_test_frame (RGB, 1, time);

  cnx_label_meta_add (buffer, &labels);
  return buffer;
}

/* What is told with @buffer, which it takes: the figures, with a space between; "" for nothing. */
static char *
told (CnxPulse * pulse, GstBuffer * buffer, GstClockTime time)
{
  g_autoptr (GArray) panel = cnx_panel_new ();
  GString *text = g_string_new (NULL);

  cnx_pulse_append (pulse, panel, &looks, buffer, time);
  gst_buffer_unref (buffer);
  for (guint i = 0; i < panel->len; i++)
    g_string_append_printf (text, "%s%s", i ? " | " : "", g_array_index (panel, CnxPanelRow, i).figure);
  return g_string_free (text, FALSE);
}

static void
assert_told (CnxPulse * pulse, GstBuffer * buffer, GstClockTime time, const char *expected)
{
  g_autofree char *text = told (pulse, buffer, time);

  g_assert_cmpstr (text, ==, expected);
}

/* At the first frame what that one says, then twice a second the average of those since. */
static void
test_figures (void)
{
  CnxPulse pulse = { 0 };
  GstClockTime time = GST_SECOND;

  assert_told (&pulse, frame_at (time, 80 * GST_MSECOND, 42 * GST_MSECOND), time, "– | 42 ms | 80 ms");
  for (int i = 1; i < 13; i++)
    assert_told (&pulse, frame_at (time + i * FRAME, 100 * GST_MSECOND, (i % 2 ? 20 : 30) * GST_MSECOND),
        time + i * FRAME, "– | 42 ms | 80 ms");
  time += 13 * FRAME;
  assert_told (&pulse, frame_at (time, 100 * GST_MSECOND, 25 * GST_MSECOND), time, "25.0 | 25 ms | 100 ms");
  for (int i = 1; i < 10; i++)
    assert_told (&pulse, gst_buffer_new (), time + i * 50 * GST_MSECOND, "25.0 | 25 ms | 100 ms");
  assert_told (&pulse, gst_buffer_new (), time + 500 * GST_MSECOND, "20.0 | – | –");
  cnx_pulse_forget (&pulse);
  assert_told (&pulse, gst_buffer_new (), time, "– | – | –");
  cnx_pulse_forget (&pulse);
}

/* Frames without a time count for nothing, time that goes back begins anew, and a label from later has no age. */
static void
test_times (void)
{
  CnxPulse pulse = { 0 };

  assert_told (&pulse, frame_at (0, 0, 5 * GST_MSECOND), GST_CLOCK_TIME_NONE, "");
  assert_told (&pulse, frame_at (GST_SECOND, 0, 5 * GST_MSECOND), GST_SECOND, "– | 5 ms | 0 ms");
  assert_told (&pulse, frame_at (0, 0, 9 * GST_MSECOND), GST_CLOCK_TIME_NONE, "– | 5 ms | 0 ms");
  assert_told (&pulse, frame_at (GST_SECOND, 0, 7 * GST_MSECOND), GST_MSECOND, "– | 7 ms | –");
  assert_told (&pulse, frame_at (GST_SECOND, 0, 7 * GST_MSECOND), 501 * GST_MSECOND, "2.0 | 7 ms | –");
  cnx_pulse_forget (&pulse);
}

static guint
composition_of (GstHarness * h, GstBuffer * in)
{
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, in);
  GstVideoOverlayCompositionMeta *meta = gst_buffer_get_video_overlay_composition_meta (out);

  return meta ? gst_video_overlay_composition_get_seqnum (meta->overlay) : 0;
}

/* Drawn below the labels, and where there are none; painted when figures are told, and not between. */
static void
test_drawn (void)
{
  const char *const styles[] = { "show-stats=true style=text", "show-stats=true style=bars" };

  for (guint s = 0; s < G_N_ELEMENTS (styles); s++) {
    GstHarness *h = cnx_test_attaching (styles[s], RGB);
    guint last = 0, paints = 0;
    for (int i = 0; i < 100; i++) {
      const guint now = composition_of (h, frame_at (i * FRAME, i < 10 ? 0 : 80 * GST_MSECOND, (i + 1) * GST_MSECOND));
      g_assert_cmpuint (now, !=, 0);
      paints += now != last;
      last = now;
    }
    g_assert_cmpuint (paints, ==, 1 + 100 / 13);
    gst_harness_teardown (h);

    GstBuffer *in = cnx_test_frame (RGB, 1, 0), *with = frame_at (0, 0, 0);
    g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in), plain_with = gst_buffer_copy_deep (with);
    g_autoptr (GstBuffer) out = cnx_test_draw (styles[s], RGB, in), out_with = cnx_test_draw (styles[s], RGB, with);
    const int bottom = cnx_test_changes (plain, out, RGB).bottom;
    g_assert_cmpint (bottom, >, 60);
    g_assert_cmpint (cnx_test_changes (plain_with, out_with, RGB).bottom, >, bottom + 20);
  }
}

#define PASS_TIME (3 * 1000)    /* microseconds */

static gboolean
slow_pass (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_usleep (PASS_TIME);
  return cnx_classifier_forward (classifier, in, logits, error);
}

static gboolean
keep_pass (const CnxMetaLabels * labels, gpointer user_data)
{
  *(guint64 *) user_data = labels->pass;
  return TRUE;
}

/* convnext says how long its pass took, in either mode. */
static void
test_measured (void)
{
  const char *const lines[] = { "convnext mode=every-frame threshold=0", "convnext mode=latest threshold=0" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_auto (CnxTestRig) rig = cnx_test_rig (lines[i]);
    guint64 pass = 0;
    cnx_classifier_set_forward (rig.classifier, slow_pass, rig.classifier);
    for (int frame = 0; frame < 2; frame++) {
      g_autoptr (GstBuffer) out =
          gst_harness_push_and_pull (rig.harness, cnx_test_frame (CNX_TEST_RIG_CAPS, frame, frame * FRAME));
      cnx_test_rig_drain (&rig);
      cnx_label_meta_foreach (out, keep_pass, &pass);
    }
    g_assert_cmpuint (pass, >=, PASS_TIME * 1000);
    g_assert_cmpuint (pass, <, 60 * GST_SECOND);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/pulse/figures", test_figures);
  g_test_add_func ("/pulse/times", test_times);
  g_test_add_func ("/pulse/drawn", test_drawn);
  g_test_add_func ("/pulse/measured", test_measured);
  return g_test_run ();
}
