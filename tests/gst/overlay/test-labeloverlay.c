/* labeloverlay on video as it comes: every raw format, odd and tiny sizes, interlaced, non-square pixels,
 * text that upstream has put there already, names that are too long or no UTF-8, nothing to draw. */
#include "tests/gst/overlay/drawn.h"

#include <gst/video/video-overlay-composition.h>
#include <glib/gstdio.h>
#include <string.h>

/* Where it draws one label on a frame of @caps. */
static CnxTestBox
drawn (const char *properties, const char *caps, const char *name)
{
  GstBuffer *in = cnx_test_labelled (caps, 1, name, 0.5);
  g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);
  g_autoptr (GstBuffer) out = cnx_test_draw (properties, caps, in);

  return cnx_test_changes (plain, out, caps);
}

static gboolean
is_accepted (GstVideoFormat format)
{
  GstHarness *h = gst_harness_new_parse ("labeloverlay");
  g_autofree char *text = cnx_test_caps (gst_video_format_to_string (format), 320, 240, "");
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (h->element, "sink");
  const gboolean accepted = gst_pad_query_accept_caps (pad, caps);

  gst_harness_teardown (h);
  return accepted;
}

/* Every format but the one with a palette is drawn on, in the corner and nowhere else. */
static void
test_every_format (void)
{
  guint n = 0, drawn_on = 0;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  for (guint i = 0; i < n; i++) {
    const char *format = gst_video_format_to_string (formats[i]);
    g_test_message ("%s", format);
    if (!is_accepted (formats[i])) {
      g_assert_cmpint (formats[i], ==, GST_VIDEO_FORMAT_RGB8P);
      continue;
    }
    drawn_on++;
    g_autofree char *caps = cnx_test_caps (format, 322, 242, "");
    const CnxTestBox box = drawn ("", caps, "dog");
    g_assert_cmpint (box.left, <, 12);
    g_assert_cmpint (box.right, >, 60);
    g_assert_cmpint (box.right, <, 161);
    g_assert_cmpint (box.top, <, 12);
    g_assert_cmpint (box.bottom, >, 20);
    g_assert_cmpint (box.bottom, <, 60);
    /* an odd width ends within a pixel group, where some formats' own functions lose the last chroma */
    g_autofree char *odd = cnx_test_caps (format, 321, 241, "");
    const CnxTestBox odd_box = drawn ("", odd, "dog");
    g_assert_cmpint (odd_box.left, <, 12);
    g_assert_cmpint (odd_box.top, <, 12);
  }
  g_assert_cmpuint (drawn_on, >=, 100);
}

/* Neither drawn on nor copied: no labels, and a classification that found none. */
static void
test_unlabelled (void)
{
  const CnxMetaLabels none = { "model", "stream", 0, 0, NULL };
  g_autofree char *caps = cnx_test_caps ("RGB", 320, 240, "");

  for (int classified = 0; classified < 2; classified++) {
    GstBuffer *in = cnx_test_frame (caps, 2, 0);
    if (classified)
      cnx_label_meta_add (in, &none);
    g_autofree char *before = cnx_test_digest (in);
    g_autoptr (GstBuffer) out = cnx_test_draw ("", caps, in);
    g_autofree char *after = cnx_test_digest (out);
    g_assert_true (out == in);
    g_assert_cmpstr (before, ==, after);
  }
}

/* The other branch of a tee keeps its pixels. */
static void
test_shared (void)
{
  g_autofree char *caps = cnx_test_caps ("RGB", 320, 240, "");
  g_autoptr (GstBuffer) in = cnx_test_labelled (caps, 3, "cat", 0.5);
  g_autofree char *before = cnx_test_digest (in);
  g_autoptr (GstBuffer) out = cnx_test_draw ("", caps, gst_buffer_ref (in));
  g_autofree char *after = cnx_test_digest (in), *drawn_on = cnx_test_digest (out);

  g_assert_cmpstr (before, ==, after);
  g_assert_cmpstr (before, !=, drawn_on);
}

/* Frames that are too small for text do no harm. */
static void
test_tiny (void)
{
  const char *const formats[] = { "I420", "NV12", "YUY2", "RGB", "GRAY8", "P010_10LE" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    for (int size = 1; size < 24; size += 3) {
      g_autofree char *caps = cnx_test_caps (formats[i], size, size, "");
      g_autoptr (GstBuffer) out = cnx_test_draw ("", caps, cnx_test_labelled (caps, 2, "dog", 0.5));
    }
}

/* Wide pixels take narrow letters: as many lines, half the columns. */
static void
test_pixel_aspect (void)
{
  g_autofree char *square = cnx_test_caps ("RGB", 720, 480, ",pixel-aspect-ratio=1/1");
  g_autofree char *wide = cnx_test_caps ("RGB", 720, 480, ",pixel-aspect-ratio=2/1");
  const CnxTestBox a = drawn ("", square, "cup of coffee"), b = drawn ("", wide, "cup of coffee");

  g_assert_cmpint (a.bottom, ==, b.bottom);
  g_assert_cmpint (ABS ((a.right - a.left) - 2 * (b.right - b.left)), <=, 4);
}

static void
test_interlaced (void)
{
  g_autofree char *caps = cnx_test_caps ("I420", 720, 576, ",interlace-mode=interleaved");
  const CnxTestBox box = drawn ("", caps, "dog");

  g_assert_cmpint (box.right, >, 100);
  g_assert_cmpint (box.right, <, 360);
  g_assert_cmpint (box.bottom, <, 144);
}

static void
test_corners (void)
{
  g_autofree char *caps = cnx_test_caps ("NV12", 320, 240, "");
  const CnxTestBox a = drawn ("", caps, "dog"), b = drawn ("position=bottom-right", caps, "dog");
  const CnxTestBox c = drawn ("position=top-right", caps, "dog"), d =
      drawn ("position=bottom-left", caps, "dog");

  g_assert_cmpint (b.right, >, 300);
  g_assert_cmpint (b.bottom, >, 220);
  g_assert_cmpint (b.right - b.left, <=, a.right - a.left + 2);
  g_assert_cmpint (c.right, >, 300);
  g_assert_cmpint (c.top, <, 12);
  g_assert_cmpint (d.left, <, 12);
  g_assert_cmpint (d.bottom, >, 220);
}

/* A name that is wider than the frame keeps the margin on both sides, and its confidence. */
static void
test_long_name (void)
{
  g_autofree char *caps = cnx_test_caps ("RGB", 320, 240, "");
  g_autofree char *name = g_strnfill (300, 'm');
  const CnxTestBox shorter = drawn ("", caps, "m"), box = drawn ("", caps, name);
  g_autoptr (GstBuffer) a = cnx_test_draw ("", caps, cnx_test_labelled (caps, 3, name, 0.11));
  g_autoptr (GstBuffer) b = cnx_test_draw ("", caps, cnx_test_labelled (caps, 3, name, 0.99));
  const CnxTestBox confidence = cnx_test_changes (a, b, caps);

  g_assert_cmpint (box.left, ==, shorter.left);
  g_assert_cmpint (box.bottom, ==, shorter.bottom);
  g_assert_cmpint (box.right, >, 280);
  g_assert_cmpint (box.right, <=, 320 - shorter.left);
  g_assert_cmpint (confidence.right, >, 280);
}

/* A label may be anything that a file or another element holds; warnings end this program. */
static void
test_any_text (void)
{
  g_autofree char *caps = cnx_test_caps ("RGB", 320, 240, "");
  const char *const names[] =
      { "<b>&amp;", "caf\xe9", "two\nlines", "\xf0\x9f\x90\x95 \xe7\x8a\xac", "" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const CnxTestBox box = drawn ("", caps, names[i]);
    g_assert_cmpint (box.right, >, 20);
    g_assert_cmpint (box.bottom, <, 44);        /* one line */
  }
}

/* Two classifiers: each one's labels below the name of its model. */
static void
test_two_classifiers (void)
{
  g_autofree char *caps = cnx_test_caps ("RGB", 320, 240, "");
  const CnxMetaLabel label = { 1, "cat", 0.7 };
  const CnxMetaLabels second = { "other", "stream", 0, 1, &label }, empty =
      { "other", "stream", 0, 0, &label };
  GstBuffer *in = cnx_test_labelled (caps, 4, "dog", 0.5), *with_empty = gst_buffer_copy_deep (in);
  g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);
  const int one = drawn ("", caps, "dog").bottom;

  cnx_label_meta_add (in, &second);
  g_autoptr (GstBuffer) out = cnx_test_draw ("", caps, in);
  g_assert_cmpint (cnx_test_changes (plain, out, caps).bottom, >, one + 25);     /* three lines more */
  cnx_label_meta_add (with_empty, &empty);
  g_autoptr (GstBuffer) same = cnx_test_draw ("", caps, with_empty);
  g_assert_cmpint (cnx_test_changes (plain, same, caps).bottom, ==, one);
}

static void
test_gap (void)
{
  g_autofree char *caps = cnx_test_caps ("RGB", 320, 240, "");
  GstBuffer *in = cnx_test_labelled (caps, 5, "dog", 0.5);

  GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_GAP);
  g_autofree char *before = cnx_test_digest (in);
  g_autoptr (GstBuffer) out = cnx_test_draw ("", caps, in);
  g_autofree char *after = cnx_test_digest (out);
  g_assert_true (out == in);
  g_assert_cmpstr (before, ==, after);
}

/* New caps in mid-stream: the text is painted anew, to the new height. */
static void
test_new_caps (void)
{
  g_autofree char *small = cnx_test_caps ("RGB", 320, 240, ""), *large = cnx_test_caps ("I420", 640, 480, "");
  const char *const steps[] = { small, large, small };
  GstHarness *h = gst_harness_new_parse ("labeloverlay");

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    GstBuffer *in = cnx_test_labelled (steps[i], 6, "dog", 0.5);
    g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);
    gst_harness_set_src_caps_str (h, steps[i]);
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, in);
    const int bottom = cnx_test_changes (plain, out, steps[i]).bottom;
    g_assert_cmpint (bottom, >, i == 1 ? 44 : 20);
    g_assert_cmpint (bottom, <, i == 1 ? 100 : 44);
  }
  gst_harness_teardown (h);
}

/* Where a crop meta leaves the cropping to downstream, the text is in the corner of what remains. */
static void
test_crop (void)
{
  const char *const formats[] = { "RGB", "I420", "YUY2" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *whole = cnx_test_caps (formats[i], 320, 240, "");
    g_autofree char *part = cnx_test_caps (formats[i], 200, 160, "");
    const CnxTestBox expected = drawn ("position=bottom-right", part, "dog");
    GstBuffer *in = cnx_test_labelled (whole, 9, "dog", 0.5);
    g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);

    gst_buffer_add_video_meta (in, GST_VIDEO_FRAME_FLAG_NONE,
        gst_video_format_from_string (formats[i]), 320, 240);
    GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (in);
    crop->x = 40;
    crop->y = 30;
    crop->width = 200;
    crop->height = 160;
    g_autoptr (GstBuffer) out = cnx_test_draw ("position=bottom-right", part, in);
    const CnxTestBox box = cnx_test_changes (plain, out, whole);
    g_assert_cmpint (box.left, ==, expected.left + 40);
    g_assert_cmpint (box.right, ==, expected.right + 40);
    g_assert_cmpint (box.top, ==, expected.top + 30);
    g_assert_cmpint (box.bottom, ==, expected.bottom + 30);
  }
}

/* Downstream that draws compositions itself gets one, and the pixels stay. */
static void
test_attaches (void)
{
  GstHarness *h = gst_harness_new ("labeloverlay");
  g_autofree char *caps = cnx_test_caps ("RGB", 320, 240, "");
  GstBuffer *first = cnx_test_labelled (caps, 5, "dog", 0.5);
  g_autofree char *before = cnx_test_digest (first);

  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  gst_harness_set_sink_caps_str (h, CNX_TEST_COMPOSITION_CAPS);
  gst_harness_set_src_caps_str (h, caps);
  g_autoptr (GstBuffer) a = gst_harness_push_and_pull (h, first);
  g_autoptr (GstBuffer) b = gst_harness_push_and_pull (h, cnx_test_labelled (caps, 5, "dog", 0.5));
  g_autofree char *after = cnx_test_digest (a);
  g_assert_cmpstr (before, ==, after);
  GstVideoOverlayCompositionMeta *on_a = gst_buffer_get_video_overlay_composition_meta (a);
  GstVideoOverlayCompositionMeta *on_b = gst_buffer_get_video_overlay_composition_meta (b);
  g_assert_nonnull (on_a);
  g_assert_nonnull (on_b);
  g_assert_true (on_a->overlay == on_b->overlay);       /* the same text is painted once */
  gst_harness_teardown (h);
}

static GstVideoOverlayComposition *
dot (void)
{
  GstBuffer *pixels = gst_buffer_new_allocate (NULL, 16 * 16 * 4, NULL);

  gst_buffer_memset (pixels, 0, 255, 16 * 16 * 4);
  gst_buffer_add_video_meta (pixels, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, 16, 16);
  GstVideoOverlayRectangle *rectangle =
      gst_video_overlay_rectangle_new_raw (pixels, 100, 100, 16, 16, 0);
  GstVideoOverlayComposition *composition = gst_video_overlay_composition_new (rectangle);
  gst_video_overlay_rectangle_unref (rectangle);
  gst_buffer_unref (pixels);
  return composition;
}

/* What upstream put over the frame stays there, in the one composition that a sink looks at. */
static void
test_joins_upstream (void)
{
  GstHarness *h = gst_harness_new_parse ("labeloverlay");
  g_autofree char *format = cnx_test_caps ("RGB", 320, 240, "");
  g_autoptr (GString) caps = g_string_new (format);
  GstBuffer *in = cnx_test_labelled (format, 7, "dog", 0.5);
  GstVideoOverlayComposition *upstream = dot ();

  g_string_replace (caps, "video/x-raw", CNX_TEST_COMPOSITION_CAPS, 1);
  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  gst_harness_set_sink_caps_str (h, CNX_TEST_COMPOSITION_CAPS);
  gst_harness_set_src_caps_str (h, caps->str);
  gst_buffer_add_video_overlay_composition_meta (in, upstream);
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, in);
  GstVideoOverlayCompositionMeta *meta = gst_buffer_get_video_overlay_composition_meta (out);
  g_assert_cmpuint (gst_buffer_get_n_meta (out, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE), ==,
      1);
  g_assert_cmpuint (gst_video_overlay_composition_n_rectangles (meta->overlay), ==, 2);
  g_assert_cmpuint (gst_video_overlay_composition_n_rectangles (upstream), ==, 1);
  gst_video_overlay_composition_unref (upstream);
  gst_harness_teardown (h);
}

/* Downstream's answer to ALLOCATION queries: composition metas while @user_data's flag is set. */
static GstPadProbeReturn
answer_allocation (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_PAD_PROBE_OK;
  if (*(gboolean *) user_data)
    gst_query_add_allocation_meta (query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  return GST_PAD_PROBE_HANDLED;
}

/* Another sink with the same caps that draws no compositions gets the text in its pixels. */
static void
test_asks_again (void)
{
  GstHarness *h = gst_harness_new_parse ("labeloverlay");
  g_autofree char *caps = cnx_test_caps ("RGB", 320, 240, "");
  GstBuffer *in = cnx_test_labelled (caps, 8, "dog", 0.5);
  g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);
  gboolean draws = TRUE;

  gst_pad_add_probe (h->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM | GST_PAD_PROBE_TYPE_PUSH,
      answer_allocation, &draws, NULL);
  gst_harness_set_sink_caps_str (h, CNX_TEST_COMPOSITION_CAPS);
  gst_harness_set_src_caps_str (h, caps);
  g_autoptr (GstBuffer) attached = gst_harness_push_and_pull (h, gst_buffer_copy_deep (in));
  g_assert_nonnull (gst_buffer_get_video_overlay_composition_meta (attached));
  draws = FALSE;
  gst_harness_push_upstream_event (h, gst_event_new_reconfigure ());
  g_autoptr (GstBuffer) blended = gst_harness_push_and_pull (h, in);
  g_assert_null (gst_buffer_get_video_overlay_composition_meta (blended));
  g_assert_cmpint (cnx_test_changes (plain, blended, caps).right, >, 60);
  gst_harness_teardown (h);
}

/* A field is drawn on as the picture of half as many rows that it is, whose pixels are twice as high. */
static void
test_fields (void)
{
  const char *const formats[] = { "I420", "RGB", "UYVY" };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *fields = g_strdup_printf ("video/x-raw(format:Interlaced),format=%s,width=320,height=240,"
        "framerate=25/1,interlace-mode=alternate", formats[f]);
    g_autofree char *frames = cnx_test_caps (formats[f], 320, 120, ",pixel-aspect-ratio=1/2");
    g_autoptr (GstBuffer) plain = cnx_test_labelled (frames, 8, "dog", 0.5);
    g_autoptr (GstBuffer) expected = cnx_test_draw ("", frames, gst_buffer_copy_deep (plain));
    g_autoptr (GstBuffer) found = cnx_test_draw ("", fields, gst_buffer_copy_deep (plain));
    g_autofree char *before = cnx_test_digest (plain), *right = cnx_test_digest (expected), *digest =
        cnx_test_digest (found);

    g_assert_cmpstr (digest, ==, right);
    g_assert_cmpstr (digest, !=, before);
  }
}

/* A machine without fonts: no panel of boxes, and somebody says so. The rest is done in a process of its own, which has
 * not looked for fonts yet. */
static void
test_no_fonts (void)
{
  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed ();
    return;
  }
  const char *set_up = "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig/>";
  g_autofree char *folder = g_dir_make_tmp ("no-fonts-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "fonts.conf", NULL);
  g_autofree char *caps = cnx_test_caps ("RGB", 320, 240, "");
  GstHarness *h = gst_harness_new_parse ("labeloverlay");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "labeloverlay");
  g_autoptr (GstBus) bus = gst_bus_new ();

  g_assert_true (g_file_set_contents (file, set_up, -1, NULL));
  g_setenv ("FONTCONFIG_FILE", file, TRUE);
  g_log_set_always_fatal (G_LOG_FATAL_MASK);    /* Pango warns too, or not: as its release has it */
  gst_element_set_bus (element, bus);
  gst_harness_set_src_caps_str (h, caps);
  for (int i = 0; i < 2; i++) {
    GstBuffer *in = cnx_test_labelled (caps, 8, i ? "cat" : "dog", 0.5);
    g_autofree char *before = cnx_test_digest (in);
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, in);
    g_autofree char *after = cnx_test_digest (out);
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
    g_assert_cmpstr (before, ==, after);
    g_assert_true (i ? message == NULL : message != NULL);
  }
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (h);
  g_unlink (file);
  g_rmdir (folder);
}

static void
test_allocation (void)
{
  g_autofree char *caps = cnx_test_caps ("RGB", 320, 240, "");

  cnx_test_offers_what_downstream_does ("labeloverlay", caps);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/labeloverlay/every-format", test_every_format);
  g_test_add_func ("/labeloverlay/unlabelled", test_unlabelled);
  g_test_add_func ("/labeloverlay/shared", test_shared);
  g_test_add_func ("/labeloverlay/tiny", test_tiny);
  g_test_add_func ("/labeloverlay/pixel-aspect", test_pixel_aspect);
  g_test_add_func ("/labeloverlay/interlaced", test_interlaced);
  g_test_add_func ("/labeloverlay/fields", test_fields);
  g_test_add_func ("/labeloverlay/no-fonts", test_no_fonts);
  g_test_add_func ("/labeloverlay/corners", test_corners);
  g_test_add_func ("/labeloverlay/long-name", test_long_name);
  g_test_add_func ("/labeloverlay/any-text", test_any_text);
  g_test_add_func ("/labeloverlay/two-classifiers", test_two_classifiers);
  g_test_add_func ("/labeloverlay/gap", test_gap);
  g_test_add_func ("/labeloverlay/new-caps", test_new_caps);
  g_test_add_func ("/labeloverlay/crop", test_crop);
  g_test_add_func ("/labeloverlay/attaches", test_attaches);
  g_test_add_func ("/labeloverlay/allocation", test_allocation);
  g_test_add_func ("/labeloverlay/joins-upstream", test_joins_upstream);
  g_test_add_func ("/labeloverlay/asks-again", test_asks_again);
  return g_test_run ();
}
