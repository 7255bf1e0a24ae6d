/* labeloverlay and overlay: pixels where there are labels, none where there are not. */
#include "tests/gst/elements.h"

#include <gst/video/video-overlay-composition.h>
#include <string.h>

#define FRAME "video/x-raw,format=%s,width=320,height=240,framerate=25/1"
#define RGB "video/x-raw,format=RGB,width=320,height=240,framerate=25/1"

static void
add_labels (GstBuffer * buffer, const char *name, double confidence)
{
  const CnxMetaLabel label = { 3, name, confidence };
  const CnxMetaLabels labels = { "model", "stream", 0, name ? 1 : 0, &label };

  cnx_label_meta_add (buffer, &labels);
}

/* How many bytes differ in the upper left quarter and elsewhere, for one plane of packed rows. */
static void
count_changes (GstBuffer * a, GstBuffer * b, guint * corner, guint * elsewhere)
{
  GstMapInfo x, y;

  *corner = *elsewhere = 0;
  gst_buffer_map (a, &x, GST_MAP_READ);
  gst_buffer_map (b, &y, GST_MAP_READ);
  g_assert_cmpuint (x.size, ==, y.size);
  for (gsize i = 0; i < x.size; i++)
    if (x.data[i] != y.data[i]) {
      if (i / 960 < 120 && i % 960 < 800)
        ++*corner;
      else
        ++*elsewhere;
    }
  gst_buffer_unmap (a, &x);
  gst_buffer_unmap (b, &y);
}

static void
test_draws (void)
{
  GstHarness *h = gst_harness_new_parse ("labeloverlay");
  GstBuffer *in = cnx_test_frame (RGB, 1, 0), *plain = gst_buffer_copy_deep (in);
  guint corner, elsewhere;

  gst_harness_set_src_caps_str (h, RGB);
  add_labels (in, "cup of <coffee> & cake", 0.93);
  GstBuffer *out = gst_harness_push_and_pull (h, in);
  count_changes (out, plain, &corner, &elsewhere);
  g_assert_cmpuint (corner, >, 2000);
  g_assert_cmpuint (elsewhere, ==, 0);
  gst_buffer_unref (out);
  gst_buffer_unref (plain);
  gst_harness_teardown (h);
}

static void
test_passes_unlabelled (void)
{
  GstHarness *h = gst_harness_new_parse ("labeloverlay");

  gst_harness_set_src_caps_str (h, RGB);
  for (int empty = 0; empty < 2; empty++) {
    GstBuffer *in = cnx_test_frame (RGB, 2, 0);
    if (empty)
      add_labels (in, NULL, 0);
    g_autofree char *before = cnx_test_digest (in);
    GstBuffer *out = gst_harness_push_and_pull (h, in);
    g_autofree char *after = cnx_test_digest (out);
    g_assert_true (out == in);
    g_assert_cmpstr (before, ==, after);
    gst_buffer_unref (out);
  }
  gst_harness_teardown (h);
}

/* The other branch of a tee keeps its pixels. */
static void
test_shared (void)
{
  GstHarness *h = gst_harness_new_parse ("labeloverlay");
  GstBuffer *in = cnx_test_frame (RGB, 3, 0);

  gst_harness_set_src_caps_str (h, RGB);
  add_labels (in, "cat", 0.5);
  g_autofree char *before = cnx_test_digest (in);
  GstBuffer *out = gst_harness_push_and_pull (h, gst_buffer_ref (in));
  g_autofree char *after = cnx_test_digest (in);
  g_autofree char *drawn = cnx_test_digest (out);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpstr (before, !=, drawn);
  gst_buffer_unref (out);
  gst_buffer_unref (in);
  gst_harness_teardown (h);
}

static void
test_formats (void)
{
  const char *const formats[] = { "I420", "NV12", "YUY2", "BGRx", "RGB", "ARGB", "Y444", "UYVY",
    "GRAY8", "YV12", "NV21"
  };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *caps = g_strdup_printf (FRAME, formats[i]);
    GstHarness *h = gst_harness_new_parse ("labeloverlay");
    GstBuffer *in = cnx_test_frame (caps, 4, 0);
    g_autofree char *before = cnx_test_digest (in);
    gst_harness_set_src_caps_str (h, caps);
    add_labels (in, "dog", 0.5);
    GstBuffer *out = gst_harness_push_and_pull (h, in);
    g_assert_nonnull (out);
    g_autofree char *after = cnx_test_digest (out);
    g_assert_cmpstr (before, !=, after);
    gst_buffer_unref (out);
    gst_harness_teardown (h);
  }
}

/* Downstream that draws compositions itself gets one, and the pixels stay. */
static void
test_attaches (void)
{
  GstHarness *h = gst_harness_new_parse ("labeloverlay");
  GstBuffer *first = cnx_test_frame (RGB, 5, 0), *second = cnx_test_frame (RGB, 5, 1);
  g_autofree char *before = cnx_test_digest (first);

  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  gst_harness_set_sink_caps_str (h, "video/x-raw(memory:SystemMemory,meta:GstVideoOverlayComposition)");
  gst_harness_set_src_caps_str (h, RGB);
  add_labels (first, "dog", 0.5);
  add_labels (second, "dog", 0.5);
  GstBuffer *a = gst_harness_push_and_pull (h, first);
  GstBuffer *b = gst_harness_push_and_pull (h, second);
  g_autofree char *after = cnx_test_digest (a);
  g_assert_cmpstr (before, ==, after);
  GstVideoOverlayCompositionMeta *on_a = gst_buffer_get_video_overlay_composition_meta (a);
  GstVideoOverlayCompositionMeta *on_b = gst_buffer_get_video_overlay_composition_meta (b);
  g_assert_nonnull (on_a);
  g_assert_nonnull (on_b);
  g_assert_true (on_a->overlay == on_b->overlay);       /* the same text is painted once */
  gst_buffer_unref (a);
  gst_buffer_unref (b);
  gst_harness_teardown (h);
}

/* ---- overlay ---- */

static void
on_frame (GstElement * sink, GstBuffer * buffer, GstPad * pad, gpointer user_data)
{
  GMutex *lock = ((gpointer *) user_data)[0];
  GstBuffer **last = ((gpointer *) user_data)[1];

  g_mutex_lock (lock);
  gst_buffer_replace (last, buffer);
  g_mutex_unlock (lock);
}

static void
test_sink_shows_text (void)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstElement *overlay = gst_element_factory_make ("overlay", NULL);
  GstBuffer *in = cnx_test_frame (RGB, 6, 0), *plain = gst_buffer_copy_deep (in), *last = NULL;
  GMutex lock;
  gpointer both[] = { &lock, &last };
  guint corner, elsewhere;

  g_mutex_init (&lock);
  g_object_set (sink, "signal-handoffs", TRUE, "async", FALSE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), both);
  g_object_set (overlay, "video-sink", sink, NULL);
  GstHarness *h = gst_harness_new_with_element (overlay, "sink", NULL);
  gst_object_unref (overlay);
  gst_harness_set_src_caps_str (h, RGB);
  add_labels (in, "mushroom", 0.7);
  g_assert_cmpint (gst_harness_push (h, in), ==, GST_FLOW_OK);
  g_mutex_lock (&lock);
  g_assert_nonnull (last);
  count_changes (last, plain, &corner, &elsewhere);
  g_mutex_unlock (&lock);
  g_assert_cmpuint (corner, >, 2000);
  g_assert_cmpuint (elsewhere, ==, 0);
  gst_buffer_unref (plain);
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
  g_test_add_func ("/labeloverlay/draws", test_draws);
  g_test_add_func ("/labeloverlay/passes-unlabelled", test_passes_unlabelled);
  g_test_add_func ("/labeloverlay/shared", test_shared);
  g_test_add_func ("/labeloverlay/formats", test_formats);
  g_test_add_func ("/labeloverlay/attaches", test_attaches);
  g_test_add_func ("/overlay/shows-text", test_sink_shows_text);
  g_test_add_func ("/overlay/without-display", test_sink_without_display);
  g_test_add_func ("/overlay/sink-of-another", test_sink_of_another);
  g_test_add_func ("/overlay/cycles", test_sink_cycles);
  return g_test_run ();
}
