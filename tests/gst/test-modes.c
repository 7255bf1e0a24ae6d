/* Who waits for whom, with a network made slow on purpose. */
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/gstconvnext.h"
#include "tests/gst/elements.h"

#include <string.h>

#define RGB "video/x-raw,format=RGB,width=64,height=48,framerate=30/1"
#define SLOW_MS 150

static gboolean
slow (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_usleep (SLOW_MS * 1000);
  return cnx_classifier_forward (classifier, in, logits, error);
}

static gboolean
failing (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the device went away");
  return FALSE;
}

static void
replace_network (GstElement * element, CnxForwardFunc forward)
{
  CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (element));

  g_assert_nonnull (classifier);
  cnx_classifier_set_forward (classifier, forward, classifier);
}

/* A file: each frame has its own labels, however slow the network. */
static void
test_file (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext threshold=0");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");

  gst_harness_set_live (h, FALSE);
  replace_network (element, slow);
  gst_harness_set_src_caps_str (h, RGB);
  for (guint i = 0; i < 4; i++) {
    GstBuffer *out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, i, i * GST_SECOND));
    g_assert_cmpuint (cnx_test_running_time (out), ==, i * GST_SECOND);
    gst_buffer_unref (out);
  }
  gst_harness_teardown (h);
}

/* Nothing that was classified before a flush, new caps or a new stream is attached after it. */
static void
test_nothing_stale (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=latest threshold=0");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");

  replace_network (element, slow);
  gst_harness_set_src_caps_str (h, RGB);
  for (int what = 0; what < 3; what++) {
    gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, 0)));
    if (what == 0) {
      gst_harness_push_event (h, gst_event_new_flush_start ());
      gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
      GstSegment segment;
      gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_harness_push_event (h, gst_event_new_segment (&segment));
    } else if (what == 1) {
      gst_harness_set_src_caps_str (h, "video/x-raw,format=RGB,width=32,height=32,framerate=30/1");
      gst_harness_set_src_caps_str (h, RGB);
    } else {
      gst_harness_push_event (h, gst_event_new_stream_start ("another"));
      gst_harness_set_src_caps_str (h, RGB);
    }
    g_usleep (2 * SLOW_MS * 1000);
    GstBuffer *out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 2, GST_SECOND));
    g_assert_cmpuint (cnx_test_classifications (out), ==, 0);
    gst_buffer_unref (out);
    g_usleep (2 * SLOW_MS * 1000);
    out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 3, 2 * GST_SECOND));
    g_assert_cmpuint (cnx_test_running_time (out), ==, GST_SECOND);
    gst_buffer_unref (out);
    g_usleep (2 * SLOW_MS * 1000);
  }
  gst_harness_teardown (h);
}

/* What was found before frames waited is older than what they have had since. */
static void
test_mode_and_back (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=latest threshold=0");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  static const char *const modes[] = { "latest", "every-frame", "latest" };
  static const GstClockTime times[] = { GST_CLOCK_TIME_NONE, GST_SECOND, GST_SECOND };

  gst_harness_set_src_caps_str (h, RGB);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    gst_util_set_object_arg (G_OBJECT (element), "mode", modes[i]);
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, i, i * GST_SECOND));
    g_assert_cmpuint (cnx_test_running_time (out), ==, times[i]);
    cnx_classifier_drain (gst_convnext_classifier (GST_CONVNEXT (element)), G_USEC_PER_SEC * 60);
  }
  gst_harness_teardown (h);
}

static void
test_failure (void)
{
  const char *const lines[] = { "convnext mode=every-frame", "convnext mode=latest" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    GstHarness *h = gst_harness_new_parse (lines[i]);
    g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
    g_autoptr (GstBus) bus = gst_bus_new ();
    GstFlowReturn flow = GST_FLOW_OK;

    gst_element_set_bus (element, bus);
    replace_network (element, failing);
    gst_harness_set_src_caps_str (h, RGB);
    for (int n = 0; n < 100 && flow == GST_FLOW_OK; n++) {
      flow = gst_harness_push (h, cnx_test_frame (RGB, n, n));
      g_usleep (1000);
    }
    g_assert_cmpint (flow, ==, GST_FLOW_ERROR);
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_autoptr (GError) error = NULL;
    gst_message_parse_error (message, &error, NULL);
    g_assert_nonnull (strstr (error->message, "the device went away"));
    gst_element_set_bus (element, NULL);
    gst_harness_teardown (h);
  }
}

/* An element with a bus, in mode latest, whose network is @forward. */
static GstHarness *
latest_with (CnxForwardFunc forward, GstElement ** element, GstBus ** bus)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=latest threshold=0 post-messages=true");

  *element = gst_harness_find_element (h, "convnext");
  *bus = gst_bus_new ();
  gst_element_set_bus (*element, *bus);
  replace_network (*element, forward);
  gst_harness_set_src_caps_str (h, RGB);
  return h;
}

static void
end (GstHarness * h, GstElement * element, GstBus * bus)
{
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (h);
  gst_object_unref (element);
  gst_object_unref (bus);
}

/* One frame, and no other that its result could come with: it is told when it is made, and once. */
static void
test_posted_when_made (void)
{
  GstElement *element;
  GstBus *bus;
  GstHarness *h = latest_with (slow, &element, &bus);
  GstClockTime time;

  gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, 7)));
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  g_assert_true (gst_structure_get_uint64 (gst_message_get_structure (message), "running-time", &time));
  g_assert_cmpuint (time, ==, 7);
  GstBuffer *next;
  do {                          /* until the worker's slot is free, which it is a moment later */
    next = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 2, 8));
    time = cnx_test_running_time (next);
    gst_buffer_unref (next);
  } while (time == GST_CLOCK_TIME_NONE);
  g_assert_cmpuint (time, ==, 7);
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT));
  end (h, element, bus);
}

/* What the last frame shows is told before the end of the stream is. */
static void
test_last_result (void)
{
  GstElement *element;
  GstBus *bus;
  GstHarness *h = latest_with (slow, &element, &bus);

  gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, 7)));
  g_assert_true (gst_harness_push_event (h, gst_event_new_eos ()));
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  end (h, element, bus);
}

static gboolean
fail_slowly (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_usleep (SLOW_MS * 1000);
  return failing (classifier, in, logits, error);
}

/* So is that its device has failed, whatever came after it. */
static void
test_last_failure (void)
{
  for (int flushes = 0; flushes < 2; flushes++) {
    GstElement *element;
    GstBus *bus;
    GstHarness *h = latest_with (fail_slowly, &element, &bus);

    gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, 7)));
    if (flushes) {
      gst_harness_push_event (h, gst_event_new_flush_start ());
      gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
    } else {
      g_assert_true (gst_harness_push_event (h, gst_event_new_eos ()));
      g_assert_true (gst_bus_have_pending (bus));
    }
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    end (h, element, bus);
  }
}

/* A device that does not answer, until it is let go. */
static struct
{
  GMutex lock;
  GCond changed;
  gboolean entered, released;
} device;

static gboolean
stuck (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_mutex_lock (&device.lock);
  device.entered = TRUE;
  g_cond_broadcast (&device.changed);
  while (!device.released)
    g_cond_wait (&device.changed, &device.lock);
  g_mutex_unlock (&device.lock);
  return cnx_classifier_forward (classifier, in, logits, error);
}

static void
await_stuck (void)
{
  g_mutex_lock (&device.lock);
  while (!device.entered)
    g_cond_wait (&device.changed, &device.lock);
  g_mutex_unlock (&device.lock);
}

static void
let_go (void)
{
  g_mutex_lock (&device.lock);
  device.released = TRUE;
  g_cond_broadcast (&device.changed);
  g_mutex_unlock (&device.lock);
}

static gpointer
push_end (gpointer harness)
{
  gst_harness_push_event (harness, gst_event_new_eos ());
  return NULL;
}

/* Who seeks away while the last result is waited for does not wait for it. */
static void
test_flush_while_ending (void)
{
  GstElement *element;
  GstBus *bus;
  GstHarness *h = latest_with (stuck, &element, &bus);

  gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, 7)));
  await_stuck ();
  GThread *thread = g_thread_new ("end", push_end, h);
  g_usleep (50000);             /* so that it waits; if it does not yet, it will not */
  gst_harness_push_event (h, gst_event_new_flush_start ());
  g_thread_join (thread);
  g_assert_false (gst_bus_have_pending (bus));  /* it would tell that it has waited long enough */
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  let_go ();
  end (h, element, bus);
}

/* ---- latency ---- */

static GstClockTime
latency_of (const char *line, CnxForwardFunc forward)
{
  GstHarness *h = gst_harness_new_parse (line);
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");

  replace_network (element, forward);
  gst_harness_set_upstream_latency (h, 10 * GST_MSECOND);
  gst_harness_set_src_caps_str (h, RGB);
  const GstClockTime latency = gst_harness_query_latency (h);
  gst_harness_teardown (h);
  return latency;
}

/* A live pipeline is told what frames wait for before the first has come. */
static void
test_latency (void)
{
  g_assert_cmpuint (latency_of ("convnext mode=every-frame", slow), >=, (10 + SLOW_MS) * GST_MSECOND);
  g_assert_cmpuint (latency_of ("convnext mode=latest", slow), ==, 10 * GST_MSECOND);
  g_assert_cmpuint (latency_of ("convnext", slow), ==, 10 * GST_MSECOND);
}

/* And again when that has changed. */
static void
test_latency_moves (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (element, bus);
  gst_harness_set_src_caps_str (h, RGB);
  const GstClockTime before = gst_harness_query_latency (h);
  replace_network (element, slow);
  gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, 0)));
  if (before < SLOW_MS * GST_MSECOND / 2) {     /* a machine may be as slow as that itself */
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_LATENCY);
    g_assert_nonnull (message);
  }
  g_assert_cmpuint (gst_harness_query_latency (h), >=, SLOW_MS * GST_MSECOND);
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (h);
}

/* Without a timestamp where @time is GST_CLOCK_TIME_NONE. */
static guint
labels_at (GstHarness * h, GstClockTime time)
{
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, time));

  return cnx_test_classifications (out);
}

/* What another network took says nothing of this one: it is tried before the first frame too. */
static void
test_latency_of_another (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");

  gst_harness_set_src_caps_str (h, RGB);
  gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, 0)));
  gst_element_set_state (element, GST_STATE_READY);
  g_object_set (element, "batch", 2, NULL);
  gst_element_set_state (element, GST_STATE_PLAYING);
  gst_harness_set_src_caps_str (h, RGB);
  replace_network (element, cnx_test_forward_counted);
  cnx_test_forwards = 0;
  gst_harness_query_latency (h);
  g_assert_cmpuint (cnx_test_forwards, ==, 1);
  gst_harness_teardown (h);
}

/* Who was told that frames wait is told when they do not any more, and the other way round; nobody else. */
static void
test_latency_of_mode (void)
{
  static const struct
  {
    const char *mode;
    gboolean told;
  } steps[] = { {"every-frame", FALSE}, {"latest", TRUE}, {"latest", FALSE}, {"auto", FALSE}, {"every-frame", TRUE} };
  GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (element, bus);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    gst_util_set_object_arg (G_OBJECT (element), "mode", steps[i].mode);
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_LATENCY);
    g_assert_cmpint (message != NULL, ==, steps[i].told);
  }
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (h);
}

/* When the device hangs, what it said last is not said for ever. */
static void
test_label_timeout (void)
{
  const guint timeouts[] = { 2000, 500, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++) {
    const GstClockTime timeout = timeouts[i] * GST_MSECOND;
    GstElement *element;
    GstBus *bus;
    GstHarness *h = latest_with (slow, &element, &bus);

    if (i > 0)                  /* the first is the default */
      g_object_set (element, "label-timeout", timeouts[i], NULL);
    device.entered = device.released = FALSE;
    while (labels_at (h, GST_SECOND) == 0)
      g_usleep (10000);
    cnx_classifier_drain (gst_convnext_classifier (GST_CONVNEXT (element)), G_USEC_PER_SEC * 60);
    replace_network (element, stuck);
    g_assert_cmpuint (labels_at (h, GST_SECOND), ==, 1);
    await_stuck ();
    g_assert_cmpuint (labels_at (h, GST_SECOND + timeout), ==, 1);
    g_assert_cmpuint (labels_at (h, GST_SECOND + (timeout ? timeout : 1000 * GST_SECOND) + 1), ==, timeout ? 0 : 1);
    let_go ();
    while (labels_at (h, 2000 * GST_SECOND) == 0)
      g_usleep (10000);
    end (h, element, bus);
  }
}

/* An element in mode latest that has said something about a frame at @time, and whose device hangs. */
static GstHarness *
hung_at (GstClockTime time, GstElement ** element, GstBus ** bus)
{
  GstHarness *h = latest_with (slow, element, bus);

  g_object_set (*element, "label-timeout", 2000, NULL);
  device.entered = device.released = FALSE;
  while (labels_at (h, time) == 0)
    g_usleep (10000);
  cnx_classifier_drain (gst_convnext_classifier (GST_CONVNEXT (*element)), G_USEC_PER_SEC * 60);
  replace_network (*element, stuck);
  g_assert_cmpuint (labels_at (h, time), ==, 1);
  await_stuck ();
  return h;
}

/* Buffers without timestamps carry no labels for ever either: what counts is the first that has one, or the clock. */
static void
test_label_timeout_unstamped (void)
{
  GstElement *element;
  GstBus *bus;
  GstHarness *h = hung_at (GST_CLOCK_TIME_NONE, &element, &bus);

  g_assert_cmpuint (labels_at (h, GST_SECOND), ==, 1);
  g_assert_cmpuint (labels_at (h, GST_CLOCK_TIME_NONE), ==, 1);
  g_assert_cmpuint (labels_at (h, 3 * GST_SECOND), ==, 1);
  g_assert_cmpuint (labels_at (h, 3 * GST_SECOND + 1), ==, 0);
  let_go ();
  end (h, element, bus);

  h = hung_at (GST_CLOCK_TIME_NONE, &element, &bus);
  gst_harness_use_testclock (h);
  gst_element_set_base_time (element, 0);
  g_assert_cmpuint (labels_at (h, GST_CLOCK_TIME_NONE), ==, 1);
  gst_harness_set_time (h, 100 * GST_SECOND);
  g_assert_cmpuint (labels_at (h, GST_CLOCK_TIME_NONE), ==, 0);
  let_go ();
  end (h, element, bus);
}

/* The labels of a frame at a second that are made at once and taken @wait later with the frame at @next. */
static guint
labels_taken (guint timeout, guint wait_ms, GstClockTime next)
{
  GstElement *element;
  GstBus *bus;
  GstHarness *h = latest_with (slow, &element, &bus);

  g_object_set (element, "label-timeout", timeout, NULL);
  g_assert_cmpuint (labels_at (h, GST_SECOND), ==, 0);
  cnx_classifier_drain (gst_convnext_classifier (GST_CONVNEXT (element)), G_USEC_PER_SEC * 60);
  g_usleep (wait_ms * 1000);
  const guint labels = labels_at (h, next);
  end (h, element, bus);
  return labels;
}

/* A camera that stood still: what was made before that is not what the first frame after it shows. */
static void
test_stall (void)
{
  g_assert_cmpuint (labels_taken (100, 200, GST_SECOND * 2), ==, 0);
  /* a pause, in which the running time does not go on */
  g_assert_cmpuint (labels_taken (100, 200, GST_SECOND + 1), ==, 1);
  /* frames far from each other, or that come faster than they are played: made just now */
  g_assert_cmpuint (labels_taken (1000 * 1000, 0, GST_SECOND * 2000), ==, 1);
  g_assert_cmpuint (labels_taken (0, 200, GST_SECOND * 2), ==, 1);
}

/* ---- who comes first ---- */

/* On the worker's thread: whether it has told why before the streaming thread can stop for it. */
static GstBusSyncReply
take_meanwhile (GstBus * bus, GstMessage * message, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (CnxResult) result = cnx_classifier_take (gst_convnext_classifier (user_data), &error);
    g_assert_null (result);
    g_assert_no_error (error);
  }
  return GST_BUS_PASS;
}

static void
test_told_first (void)
{
  GstElement *element;
  GstBus *bus;
  GstHarness *h = latest_with (fail_slowly, &element, &bus);

  gst_bus_set_sync_handler (bus, take_meanwhile, element, NULL);
  gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, 7)));
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  end (h, element, bus);
}

static gpointer
try_one (gpointer classifier)
{
  g_assert_true (cnx_classifier_try (classifier, 0));
  return NULL;
}

static gint stopped;

static gpointer
stop_one (gpointer classifier)
{
  cnx_classifier_stop (classifier);
  g_atomic_int_set (&stopped, TRUE);
  return NULL;
}

/* A pass that is being tried has the slot until it is done. */
static void
test_stop_waits (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (element));

  device.entered = device.released = FALSE;
  replace_network (element, stuck);
  GThread *tries = g_thread_new ("tries", try_one, classifier);
  await_stuck ();
  GThread *stops = g_thread_new ("stops", stop_one, classifier);
  g_usleep (50000);             /* for one that does not wait to get there */
  g_assert_false (g_atomic_int_get (&stopped));
  let_go ();
  g_thread_join (stops);
  g_thread_join (tries);
  gst_harness_teardown (h);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/modes/file", test_file);
  g_test_add_func ("/modes/nothing-stale", test_nothing_stale);
  g_test_add_func ("/modes/mode-and-back", test_mode_and_back);
  g_test_add_func ("/modes/failure", test_failure);
  g_test_add_func ("/modes/posted-when-made", test_posted_when_made);
  g_test_add_func ("/modes/last-result", test_last_result);
  g_test_add_func ("/modes/last-failure", test_last_failure);
  g_test_add_func ("/modes/flush-while-ending", test_flush_while_ending);
  g_test_add_func ("/modes/latency", test_latency);
  g_test_add_func ("/modes/latency-moves", test_latency_moves);
  g_test_add_func ("/modes/latency-of-another", test_latency_of_another);
  g_test_add_func ("/modes/latency-of-mode", test_latency_of_mode);
  g_test_add_func ("/modes/label-timeout", test_label_timeout);
  g_test_add_func ("/modes/label-timeout-unstamped", test_label_timeout_unstamped);
  g_test_add_func ("/modes/stall", test_stall);
  g_test_add_func ("/modes/told-first", test_told_first);
  g_test_add_func ("/modes/stop-waits", test_stop_waits);
  return g_test_run ();
}
