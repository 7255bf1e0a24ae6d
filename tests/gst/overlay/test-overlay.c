/* overlay: labels reach the sink, and which sink that is. */
#include "tests/gst/elements.h"

#include <string.h>

#define RGB "video/x-raw,format=RGB,width=320,height=240,framerate=25/1"

static void
on_frame (GstElement * sink, GstBuffer * buffer, GstPad * pad, gpointer user_data)
{
  GMutex *lock = ((gpointer *) user_data)[0];
  GstBuffer **last = ((gpointer *) user_data)[1];

  g_mutex_lock (lock);
  gst_buffer_replace (last, buffer);
  g_mutex_unlock (lock);
}

/* A frame without labels is shown as it is, one with labels is not. */
static void
test_sink_shows_text (void)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstElement *overlay = gst_element_factory_make ("overlay", NULL);
  const CnxMetaLabel label = { 3, "mushroom", 0.7 };
  const CnxMetaLabels labels = { "model", "stream", 0, 1, &label };
  GstBuffer *last = NULL;
  GMutex lock;
  gpointer both[] = { &lock, &last };

  g_mutex_init (&lock);
  g_object_set (sink, "signal-handoffs", TRUE, "async", FALSE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), both);
  g_object_set (overlay, "video-sink", sink, NULL);
  GstHarness *h = gst_harness_new_with_element (overlay, "sink", NULL);
  gst_object_unref (overlay);
  gst_harness_set_src_caps_str (h, RGB);
  for (int labelled = 0; labelled < 2; labelled++) {
    GstBuffer *in = cnx_test_frame (RGB, 6, 0);
    g_autofree char *plain = cnx_test_digest (in);
    if (labelled)
      cnx_label_meta_add (in, &labels);
    g_assert_cmpint (gst_harness_push (h, in), ==, GST_FLOW_OK);
    g_mutex_lock (&lock);
    g_assert_nonnull (last);
    g_autofree char *shown = cnx_test_digest (last);
    g_mutex_unlock (&lock);
    g_assert_cmpint (g_str_equal (shown, plain), ==, !labelled);
  }
  gst_harness_teardown (h);
  gst_clear_buffer (&last);
  g_mutex_clear (&lock);
}

static void
test_sink_without_display (void)
{
  g_autoptr (GstElement) overlay = gst_object_ref_sink (gst_element_factory_make ("overlay", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GError) error = NULL;

  g_unsetenv ("DISPLAY");
  g_unsetenv ("WAYLAND_DISPLAY");
  gst_element_set_bus (overlay, bus);
  for (int again = 0; again < 2; again++) {
    g_assert_cmpint (gst_element_set_state (overlay, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_clear_error (&error);
    gst_message_parse_error (message, &error, NULL);
    g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
    g_assert_nonnull (strstr (error->message, "video-sink"));
  }
  gst_element_set_bus (overlay, NULL);
  gst_element_set_state (overlay, GST_STATE_NULL);
}

static void
test_sink_cycles (void)
{
  g_autoptr (GstElement) overlay = gst_object_ref_sink (gst_element_factory_make ("overlay", NULL));
  GstElement *sink = gst_object_ref_sink (gst_element_factory_make ("fakesink", NULL));

  g_object_set (overlay, "video-sink", sink, NULL);
  for (int i = 0; i < 5; i++) {
    g_assert_cmpint (gst_element_set_state (overlay, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state (overlay, GST_STATE_NULL);
  }
  g_object_set (overlay, "video-sink", NULL, NULL);
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (sink), ==, 1);
  gst_object_unref (sink);
}

/* A sink that another bin holds is refused, and stays as it is there. */
static void
test_sink_of_another (void)
{
  g_autoptr (GstElement) overlay = gst_object_ref_sink (gst_element_factory_make ("overlay", NULL));
  g_autoptr (GstElement) other = gst_object_ref_sink (gst_bin_new (NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GError) error = NULL;
  GstElement *sink = gst_element_factory_make ("fakesink", "theirs");

  gst_bin_add (GST_BIN (other), sink);
  g_assert_cmpint (gst_element_set_state (other, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  g_object_set (overlay, "video-sink", sink, NULL);
  gst_element_set_bus (overlay, bus);
  g_assert_cmpint (gst_element_set_state (overlay, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "theirs cannot be used as video-sink"));
  g_assert_cmpint (GST_STATE (sink), ==, GST_STATE_READY);
  gst_element_set_bus (overlay, NULL);
  gst_element_set_state (overlay, GST_STATE_NULL);
  gst_element_set_state (other, GST_STATE_NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/overlay/shows-text", test_sink_shows_text);
  g_test_add_func ("/overlay/without-display", test_sink_without_display);
  g_test_add_func ("/overlay/sink-of-another", test_sink_of_another);
  g_test_add_func ("/overlay/cycles", test_sink_cycles);
  return g_test_run ();
}
