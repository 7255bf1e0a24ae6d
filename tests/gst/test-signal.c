/* The signal `labels`: who is told of what, by which thread, and when. */
#include "tests/gst/pace/rig.h"

#define WAITS "convnext threshold=0 post-messages=true mode=every-frame"
#define LATEST "convnext threshold=0 post-messages=true mode=latest"

/**
 * Heard:
 * @times: of the frames that were told of, in order
 * @buffers: that had come out of the element by then, each time
 * @found: the last
 */
typedef struct
{
  CnxTestRig *rig;
  GThread *thread;
  gulong handler;
  GArray *times, *buffers;
  GstStructure *found;
  char *stream;
} Heard;

static void
on_labels (GstElement * element, const char *stream, guint64 running_time, const GstStructure * found,
    gpointer user_data)
{
  Heard *heard = user_data;
  const guint buffers = gst_harness_buffers_received (heard->rig->harness);

  g_assert_true (element == heard->rig->element);
  g_assert_true (g_thread_self () == heard->thread);
  g_array_append_val (heard->times, running_time);
  g_array_append_val (heard->buffers, buffers);
  g_clear_pointer (&heard->found, gst_structure_free);
  heard->found = gst_structure_copy (found);
  g_free (heard->stream);
  heard->stream = g_strdup (stream);
}

static Heard
listen (CnxTestRig * rig)
{
  Heard heard = { rig, g_thread_self () };

  heard.times = g_array_new (FALSE, FALSE, sizeof (guint64));
  heard.buffers = g_array_new (FALSE, FALSE, sizeof (guint));
  return heard;
}

static void
clear (Heard * heard)
{
  g_array_unref (heard->times);
  g_array_unref (heard->buffers);
  g_clear_pointer (&heard->found, gst_structure_free);
  g_free (heard->stream);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Heard, clear)

static void
connect (Heard * heard)
{
  heard->handler = g_signal_connect (heard->rig->element, "labels", G_CALLBACK (on_labels), heard);
}

/* The @n last times that were told are @times, and no others since the last call. */
static void
check (Heard * heard, guint n, const guint64 * times)
{
  g_assert_cmpuint (heard->times->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (g_array_index (heard->times, guint64, i), ==, times[i]);
  g_array_set_size (heard->times, 0);
}

#define CHECK(heard, ...) check (heard, sizeof ((guint64[]) { __VA_ARGS__ }) / sizeof (guint64), \
    (guint64[]) { __VA_ARGS__ })

static void
push (CnxTestRig * rig, GstClockTime time)
{
  cnx_test_rig_carried (rig, time);
  cnx_test_rig_drain (rig);
}

/* Each frame is told before it is passed on, in the words that are on the bus. */
static void
test_every_frame (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);
  g_auto (Heard) heard = listen (&rig);
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (rig.element, bus);
  gst_harness_push_event (rig.harness, gst_event_new_stream_start ("a-stream"));
  gst_harness_set_src_caps_str (rig.harness, CNX_TEST_RIG_CAPS);
  push (&rig, 0);
  connect (&heard);
  push (&rig, 1);
  push (&rig, 2);
  CHECK (&heard, 1, 2);
  g_assert_cmpuint (g_array_index (heard.buffers, guint, 0), ==, 1);
  g_assert_cmpuint (g_array_index (heard.buffers, guint, 1), ==, 2);
  g_assert_cmpstr (heard.stream, ==, "a-stream");
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
    g_assert_nonnull (message);
    g_assert_cmpint (gst_structure_is_equal (gst_message_get_structure (message), heard.found), ==, i == 2);
  }
  gst_element_set_bus (rig.element, NULL);
}

/* What the worker finds is told by the streaming thread too: before the buffer that is the first to carry it. */
static void
test_latest (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LATEST " interval=3");
  g_auto (Heard) heard = listen (&rig);

  connect (&heard);
  push (&rig, 0);
  g_assert_cmpuint (heard.times->len, ==, 0);
  for (guint i = 1; i < 6; i++)
    push (&rig, i);
  CHECK (&heard, 0, 3);
  g_assert_cmpuint (g_array_index (heard.buffers, guint, 0), ==, 1);
  g_assert_cmpuint (g_array_index (heard.buffers, guint, 1), ==, 4);
}

/* Frames that carry what others were found to show are told of no more. */
static void
test_once (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS " interval=2");
  g_auto (Heard) heard = listen (&rig);

  connect (&heard);
  for (guint i = 0; i < 5; i++)
    push (&rig, i);
  CHECK (&heard, 0, 2, 4);
}

/* No buffer carries what the last frame shows: it is told before the end is. */
static void
test_last_result (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LATEST);
  g_auto (Heard) heard = listen (&rig);

  connect (&heard);
  cnx_test_rig_carried (&rig, 7);
  g_assert_true (gst_harness_push_event (rig.harness, gst_event_new_eos ()));
  CHECK (&heard, 7);
}

static gboolean
fail (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the device went away");
  return FALSE;
}

/* A device that has failed by the end is one that has failed, for those who wind back from there too. */
static void
test_failure (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LATEST);
  g_auto (Heard) heard = listen (&rig);

  connect (&heard);
  cnx_classifier_set_forward (rig.classifier, fail, NULL);
  push (&rig, 0);
  g_assert_true (gst_harness_push_event (rig.harness, gst_event_new_eos ()));
  cnx_test_rig_reset (&rig, 0);
  g_assert_cmpint (gst_harness_push (rig.harness, cnx_test_frame (CNX_TEST_RIG_CAPS, 1, 1)), ==, GST_FLOW_ERROR);
  g_assert_cmpuint (heard.times->len, ==, 0);
}

/* Nothing of before is told after a flush, other caps or another stream. */
static void
test_forgotten (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LATEST);
  g_auto (Heard) heard = listen (&rig);

  connect (&heard);
  for (guint kind = 0; kind < CNX_TEST_RIG_RESETS; kind++) {
    push (&rig, 10 * kind);
    cnx_test_rig_reset (&rig, kind);
    push (&rig, 10 * kind + 1);
    g_assert_cmpuint (heard.times->len, ==, 0);
    push (&rig, 10 * kind + 2);
    CHECK (&heard, 10 * kind + 1);
    push (&rig, 10 * kind + 3);
    CHECK (&heard, 10 * kind + 2);
    cnx_test_rig_reset (&rig, 0);
  }
}

/* Of two results that come with one frame, as those that wait come to be wanted, the older is told first. */
static void
test_both (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LATEST);
  g_auto (Heard) heard = listen (&rig);

  connect (&heard);
  push (&rig, 1);
  gst_util_set_object_arg (G_OBJECT (rig.element), "mode", "every-frame");
  push (&rig, 2);
  CHECK (&heard, 1, 2);
}

/* A frame without a time. */
static void
test_no_time (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);
  g_auto (Heard) heard = listen (&rig);

  connect (&heard);
  push (&rig, GST_CLOCK_TIME_NONE);
  CHECK (&heard, G_MAXUINT64);
  g_assert_false (gst_structure_has_field (heard.found, "running-time"));
}

/* ---- what handlers do ---- */

static void
set_properties (GstElement * element, const char *stream, guint64 time, const GstStructure * found, gpointer user_data)
{
  g_object_set (element, "top-k", 2, "source", "door", "mode", 1, NULL);
}

static void
go_away (GstElement * element, const char *stream, guint64 time, const GstStructure * found, Heard * heard)
{
  g_signal_handler_disconnect (element, heard->handler);
  g_signal_handlers_disconnect_by_func (element, go_away, heard);
}

/* Properties that a handler sets count from the next frame on, and those that go away are called no more. */
static void
test_handlers (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (WAITS);
  g_auto (Heard) heard = listen (&rig);
  g_autofree char *source = NULL;

  connect (&heard);
  g_signal_connect (rig.element, "labels", G_CALLBACK (go_away), &heard);
  push (&rig, 0);
  push (&rig, 1);
  CHECK (&heard, 0);
  g_signal_connect (rig.element, "labels", G_CALLBACK (set_properties), NULL);
  connect (&heard);
  push (&rig, 2);
  push (&rig, 3);
  push (&rig, 4);
  CHECK (&heard, 2, 3);
  g_object_get (rig.element, "source", &source, NULL);
  g_assert_cmpstr (source, ==, "door");
  g_assert_cmpstr (gst_structure_get_string (heard.found, "source"), ==, "door");
  g_assert_cmpuint (gst_value_array_get_size (gst_structure_get_value (heard.found, "ids")), ==, 2);
}

static void
flush (GstElement * element, const char *stream, guint64 time, const GstStructure * found, CnxTestRig * rig)
{
  cnx_test_rig_reset (rig, 0);
}

/* One that seeks takes what the frame carried away under it. */
static void
test_flush (void)
{
  static const char *const lines[] = { WAITS, LATEST };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_auto (CnxTestRig) rig = cnx_test_rig (lines[i]);
    const gulong handler = g_signal_connect (rig.element, "labels", G_CALLBACK (flush), &rig);

    for (guint n = 0; n < 4; n++)
      push (&rig, n);
    g_signal_handler_disconnect (rig.element, handler);
    g_assert_nonnull (cnx_classifier_claim (rig.classifier, TRUE));     /* when it is done with what is forgotten */
    cnx_classifier_release (rig.classifier);
    push (&rig, 10);
    g_assert_cmpuint (cnx_test_rig_carried (&rig, 11), ==, i == 0 ? 11 : 10);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/signal/every-frame", test_every_frame);
  g_test_add_func ("/signal/latest", test_latest);
  g_test_add_func ("/signal/once", test_once);
  g_test_add_func ("/signal/last-result", test_last_result);
  g_test_add_func ("/signal/failure", test_failure);
  g_test_add_func ("/signal/forgotten", test_forgotten);
  g_test_add_func ("/signal/both", test_both);
  g_test_add_func ("/signal/no-time", test_no_time);
  g_test_add_func ("/signal/handlers", test_handlers);
  g_test_add_func ("/signal/flush", test_flush);
  return g_test_run ();
}
