#include "tests/gst/pace/rig.h"
#include "gst-plugin/gstconvnext.h"

static struct
{
  GMutex lock;
  GCond changed;
  guint passes;
  gboolean held;
} device;

static gboolean
pass (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_mutex_lock (&device.lock);
  device.passes++;
  g_cond_broadcast (&device.changed);
  while (device.held)
    g_cond_wait (&device.changed, &device.lock);
  g_mutex_unlock (&device.lock);
  return cnx_classifier_forward (classifier, in, logits, error);
}

guint
cnx_test_rig_passes (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&device.lock);

  return device.passes;
}

void
cnx_test_rig_await (guint passes)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&device.lock);

  while (device.passes < passes)
    g_cond_wait (&device.changed, &device.lock);
}

void
cnx_test_rig_hold (gboolean held)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&device.lock);

  device.held = held;
  g_cond_broadcast (&device.changed);
}

CnxTestRig
cnx_test_rig (const char *line)
{
  CnxTestRig rig = { gst_harness_new_parse (line) };

  rig.element = gst_harness_find_element (rig.harness, "convnext");
  rig.classifier = gst_convnext_classifier (GST_CONVNEXT (rig.element));
  device.passes = 0;
  device.held = FALSE;
  cnx_classifier_set_forward (rig.classifier, pass, rig.classifier);
  gst_harness_set_src_caps_str (rig.harness, CNX_TEST_RIG_CAPS);
  return rig;
}

void
cnx_test_rig_clear (CnxTestRig * rig)
{
  gst_harness_teardown (rig->harness);
  gst_object_unref (rig->element);
}

GstClockTime
cnx_test_rig_push (CnxTestRig * rig, GstBuffer * frame)
{
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (rig->harness, frame);

  g_assert_cmpuint (cnx_test_classifications (out), <=, 1);
  return cnx_test_running_time (out);
}

GstClockTime
cnx_test_rig_carried (CnxTestRig * rig, GstClockTime time)
{
  return cnx_test_rig_push (rig, cnx_test_frame (CNX_TEST_RIG_CAPS, 1, time));
}

void
cnx_test_rig_drain (CnxTestRig * rig)
{
  g_assert_true (cnx_classifier_drain (rig->classifier, 60 * G_USEC_PER_SEC));
}

void
cnx_test_rig_check (CnxTestRig * rig, guint n, const GstClockTime * times, const GstClockTime * expected)
{
  for (guint i = 0; i < n; i++) {
    g_test_message ("frame %u", i);
    g_assert_cmpuint (cnx_test_rig_carried (rig, times[i]), ==, expected[i]);
    cnx_test_rig_drain (rig);
  }
}

static void
flush (GstHarness * harness)
{
  GstSegment segment;

  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
}

static void
change_caps (GstHarness * harness)
{
  gst_harness_set_src_caps_str (harness, "video/x-raw,format=RGB,width=32,height=32,framerate=30/1");
  gst_harness_set_src_caps_str (harness, CNX_TEST_RIG_CAPS);
}

static void
start_stream (GstHarness * harness)
{
  gst_harness_push_event (harness, gst_event_new_stream_start ("another"));
  gst_harness_set_src_caps_str (harness, CNX_TEST_RIG_CAPS);
}

void
cnx_test_rig_reset (CnxTestRig * rig, guint kind)
{
  void (*const kinds[CNX_TEST_RIG_RESETS]) (GstHarness *) = { flush, change_caps, start_stream };

  kinds[kind] (rig->harness);
}

void
cnx_test_rig_segment (CnxTestRig * rig, GstClockTime start, GstClockTime stop, GstClockTime base)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = start;
  segment.stop = stop;
  segment.base = base;
  gst_harness_push_event (rig->harness, gst_event_new_segment (&segment));
}
