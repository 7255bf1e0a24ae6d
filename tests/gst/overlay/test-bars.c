/* labeloverlay's styles: bars, colours, the threshold, and that nothing is painted that shows the same. */
#include "tests/gst/overlay/drawn.h"

#include <gst/video/video-overlay-composition.h>
#include <math.h>

#define RGB "video/x-raw,format=RGB,width=640,height=480,framerate=25/1"
#define FRAME (40 * GST_MSECOND)

typedef struct
{
  int id;
  const char *name;
  double confidence;
} Said;

/* A grey frame at @time with @n labels. */
static GstBuffer *
frame_at (GstClockTime time, const Said * said, guint n)
{
  CnxMetaLabel items[16];
  const CnxMetaLabels labels = { "model", "stream", time, n, items };
  GstBuffer *buffer = cnx_test_frame (RGB, 1, time);

  for (guint i = 0; i < n; i++)
    items[i] = (CnxMetaLabel) { said[i].id, said[i].name, said[i].confidence };
  gst_buffer_memset (buffer, 0, 128, -1);
  cnx_label_meta_add (buffer, &labels);
  return buffer;
}

/* Which composition is on what @h gives for @in; 0 for none. */
static guint
composition_of (GstHarness * h, GstBuffer * in)
{
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, in);
  GstVideoOverlayCompositionMeta *meta = gst_buffer_get_video_overlay_composition_meta (out);

  return meta ? gst_video_overlay_composition_get_seqnum (meta->overlay) : 0;
}

/* How many pixels of a drawn-on frame are nearer to a colour than 10 levels. */
static guint
count_pixels (GstBuffer * buffer, int red, int green, int blue)
{
  GstMapInfo map;
  guint n = 0;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (gsize i = 0; i + 2 < map.size; i += 3)
    n += abs (map.data[i] - red) < 10 && abs (map.data[i + 1] - green) < 10 && abs (map.data[i + 2] - blue) < 10;
  gst_buffer_unmap (buffer, &map);
  return n;
}

static CnxTestBox
drawn (const char *properties, const Said * said, guint n)
{
  GstBuffer *in = frame_at (0, said, n);
  g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);
  g_autoptr (GstBuffer) out = cnx_test_draw (properties, RGB, in);

  return cnx_test_changes (plain, out, RGB);
}

/* A film's first frame, or a single picture, has its bars at once: they are as long as what they stand for. */
static void
test_length (void)
{
  double full = 0;

  for (int i = 4; i >= 0; i--) {
    const Said said = { 1, "", i / 4.0 };
    g_autoptr (GstBuffer) out = cnx_test_draw ("style=bars show-confidence=false colour=0xffff0000 opacity=1", RGB,
        frame_at (0, &said, 1));
    /* the bar has nine tenths of its colour's opacity, and lies on its track */
    const double n = count_pixels (out, 235, 0, 0);
    if (i == 4)
      full = n;
    g_assert_cmpfloat (full, >, 500);
    g_assert_cmpfloat (fabs (n / full - i / 4.0), <, 0.03);
  }
}

/* As many rows as labels, as wide whatever they say, and no more rows than the frame has room for. */
static void
test_size (void)
{
  const Said said[10] = { {0, "dog", 0.4}, {1, "a", 0.3}, {2, "a much longer name than there is room for here", 0.1},
  {3, "b", 0.05}, {4, "c", 0.05}, {5, "d", 0.05}, {6, "e", 0.03}, {7, "f", 0.01}, {8, "g", 0.005}, {9, "h", 0.005}
  };
  const char *bars = "style=bars max-labels=10", *large = "style=bars max-labels=10 text-height=20";
  const CnxTestBox one = drawn (bars, said, 1), three = drawn (bars, said, 3);
  const CnxTestBox ten = drawn (bars, said, 10), high = drawn (large, said, 10);

  g_assert_cmpint (one.right, ==, three.right);
  g_assert_cmpint (one.right, ==, ten.right);
  g_assert_cmpint (ABS (three.bottom - one.bottom - 2 * (ten.bottom - one.bottom) / 9), <=, 2);
  g_assert_cmpint (ten.bottom, <, 480);
  g_assert_cmpint (high.bottom, <=, 480);
}

/* In a frame that is high and narrow the panel takes its width and no more, and leaves the labels their share. */
static void
test_narrow (void)
{
  g_autofree char *narrow = cnx_test_caps ("RGB", 240, 640, ""), *wide = cnx_test_caps ("RGB", 640, 240, "");
  const char *const frames[] = { narrow, wide };
  const char *properties = "style=bars text-height=10";
  int height[2];

  for (int i = 0; i < 2; i++) {
    GstBuffer *in = cnx_test_labelled (frames[i], 1, "dog", 0.5);
    g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);
    g_autoptr (GstBuffer) out = cnx_test_draw (properties, frames[i], in);
    const CnxTestBox box = cnx_test_changes (plain, out, frames[i]);
    g_assert_cmpint (box.left, >, 0);
    g_assert_cmpint (box.right, <, i ? 400 : 240);
    height[i] = box.bottom - box.top;
  }
  g_assert_cmpint (height[0], <, height[1]);    /* of lines of 64 pixels, and of 24 */
}

/* Painted anew in each frame while they move, and not once more after. */
static void
test_moves (void)
{
  const Said dog = { 1, "dog", 0.5 }, surer = { 1, "dog", 0.9 };
  GstHarness *h = cnx_test_attaching ("style=bars", RGB);
  const guint first = composition_of (h, frame_at (0, &dog, 1));
  GstClockTime time = FRAME;
  guint last = first;

  g_assert_cmpuint (first, !=, 0);
  for (; time < GST_SECOND; time += FRAME)
    g_assert_cmpuint (composition_of (h, frame_at (time, &dog, 1)), ==, first);
  for (int i = 0; i < 25; i++, time += FRAME) {
    const guint now = composition_of (h, frame_at (time, &surer, 1));
    g_assert_cmpint (now != last, ==, i < 8);
    last = now;
  }
  gst_harness_teardown (h);
}

/* The same frames give the same pictures; the last of them is that of a picture on its own. */
static void
test_repeatable (void)
{
  const Said dog = { 1, "dog", 0.5 }, cat = { 2, "cat", 0.9 };
  char *digests[2][12];

  for (int run = 0; run < 2; run++) {
    GstHarness *h = gst_harness_new_parse ("labeloverlay style=bars");
    gst_harness_set_src_caps_str (h, RGB);
    for (int i = 0; i < 12; i++) {
      g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, frame_at (i * FRAME, i ? &cat : &dog, 1));
      digests[run][i] = cnx_test_digest (out);
    }
    gst_harness_teardown (h);
  }
  g_autoptr (GstBuffer) alone = cnx_test_draw ("style=bars", RGB, frame_at (0, &cat, 1));
  g_autofree char *settled = cnx_test_digest (alone);
  g_assert_cmpstr (digests[0][11], ==, settled);
  g_assert_cmpstr (digests[0][1], !=, settled);
  for (int i = 0; i < 12; i++) {
    g_assert_cmpstr (digests[0][i], ==, digests[1][i]);
    g_free (digests[0][i]);
    g_free (digests[1][i]);
  }
}

/* After a flush, and in another stream, nothing moves from what was there before. */
static void
test_begins_anew (void)
{
  const Said dog = { 1, "dog", 0.5 }, cat = { 2, "cat", 0.9 };
  g_autoptr (GstBuffer) alone = cnx_test_draw ("style=bars", RGB, frame_at (0, &cat, 1));
  g_autofree char *settled = cnx_test_digest (alone);

  for (int flushes = 0; flushes < 2; flushes++) {
    GstHarness *h = gst_harness_new_parse ("labeloverlay style=bars");
    GstSegment segment;
    gst_harness_set_src_caps_str (h, RGB);
    g_autoptr (GstBuffer) before = gst_harness_push_and_pull (h, frame_at (0, &dog, 1));
    if (flushes) {
      gst_harness_push_event (h, gst_event_new_flush_start ());
      gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
    } else
      gst_harness_push_event (h, gst_event_new_stream_start ("another"));
    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_harness_push_event (h, gst_event_new_segment (&segment));
    g_autoptr (GstBuffer) after = gst_harness_push_and_pull (h, frame_at (FRAME, &cat, 1));
    g_autofree char *digest = cnx_test_digest (after);
    g_assert_cmpstr (digest, ==, settled);
    gst_harness_teardown (h);
  }
}

/* Text is painted anew where it says something else: a tenth of a percent is nothing that it says. */
static void
test_text_paints (void)
{
  const Said dog = { 1, "dog", 0.501 }, same = { 1, "dog", 0.502 }, other = { 1, "dog", 0.51 };
  GstHarness *h = cnx_test_attaching ("style=text", RGB);
  const guint first = composition_of (h, frame_at (0, &dog, 1));

  g_assert_cmpuint (first, !=, 0);
  g_assert_cmpuint (composition_of (h, frame_at (FRAME, &same, 1)), ==, first);
  g_assert_cmpuint (composition_of (h, frame_at (2 * FRAME, &other, 1)), !=, first);
  gst_harness_teardown (h);
}

static void
test_colours (void)
{
  const char *const styles[] = { "text", "bars" };
  const Said dog = { 1, "dog", 0.5 };

  for (guint i = 0; i < G_N_ELEMENTS (styles); i++) {
    g_autofree char *opaque = g_strdup_printf ("style=%s colour=0xff00ff00 background=0xff0000ff opacity=1", styles[i]);
    g_autofree char *half = g_strdup_printf ("style=%s colour=0xff00ff00 background=0x800000ff opacity=1", styles[i]);
    g_autofree char *none = g_strdup_printf ("style=%s colour=0x00ff0000 background=0x000000ff opacity=1", styles[i]);
    g_autoptr (GstBuffer) a = cnx_test_draw (opaque, RGB, frame_at (0, &dog, 1));
    g_autoptr (GstBuffer) b = cnx_test_draw (half, RGB, frame_at (0, &dog, 1));
    g_autoptr (GstBuffer) c = cnx_test_draw (none, RGB, frame_at (0, &dog, 1));
    g_assert_cmpuint (count_pixels (a, 0, 255, 0), >, 50);
    g_assert_cmpuint (count_pixels (a, 0, 0, 255), >, 1000);
    g_assert_cmpuint (count_pixels (b, 64, 64, 191), >, 1000);
    g_assert_cmpuint (count_pixels (c, 128, 128, 128), ==, 640 * 480);
  }
}

/* Labels below it are as if they were not there, and so is a classifier that has no others. */
static void
test_threshold (void)
{
  const Said said[] = { {1, "dog", 0.6}, {2, "cat", 0.3}, {3, "cup", 0.1} };
  const char *const styles[] = { "text", "bars" };
  const CnxMetaLabel faint = { 1, "bird", 0.2 };
  const CnxMetaLabels other = { "other", "stream", 0, 1, &faint };

  for (guint i = 0; i < G_N_ELEMENTS (styles); i++) {
    g_autofree char *some = g_strdup_printf ("style=%s threshold=0.3", styles[i]);
    g_autofree char *none = g_strdup_printf ("style=%s threshold=0.7", styles[i]);
    GstBuffer *in = frame_at (0, said, 3), *above = frame_at (0, said, 2);
    cnx_label_meta_add (in, &other);
    g_autoptr (GstBuffer) out = cnx_test_draw (some, RGB, in);
    g_autoptr (GstBuffer) expected = cnx_test_draw (some, RGB, above);
    g_autofree char *digest = cnx_test_digest (out), *right = cnx_test_digest (expected);
    g_assert_cmpstr (digest, ==, right);
    g_assert_cmpint (drawn (none, said, 3).right, ==, 0);
  }
}

/* Any text, any confidence, any size of frame: nothing worse than nothing to see. */
static void
test_anything (void)
{
  const Said said[] = { {1, "<b>&amp;", 7.5}, {2, "caf\xe9", -3}, {3, "two\nlines", NAN}, {4, "", INFINITY},
  {5, "\xd7\x9b\xd7\x9c\xd7\x91", 0.5}
  };

  for (int size = 1; size < 80; size += 6) {
    g_autofree char *caps = cnx_test_caps ("I420", size, size, "");
    GstBuffer *in = cnx_test_frame (caps, 2, 0);
    CnxMetaLabel items[G_N_ELEMENTS (said)];
    for (guint i = 0; i < G_N_ELEMENTS (said); i++)
      items[i] = (CnxMetaLabel) { said[i].id, said[i].name, said[i].confidence };
    const CnxMetaLabels labels = { "model", "stream", 0, G_N_ELEMENTS (said), items };
    cnx_label_meta_add (in, &labels);
    g_autoptr (GstBuffer) out = cnx_test_draw ("style=bars max-labels=10", caps, in);
  }
  g_assert_cmpint (drawn ("style=bars max-labels=10", said, G_N_ELEMENTS (said)).right, >, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/bars/length", test_length);
  g_test_add_func ("/bars/size", test_size);
  g_test_add_func ("/bars/narrow", test_narrow);
  g_test_add_func ("/bars/moves", test_moves);
  g_test_add_func ("/bars/repeatable", test_repeatable);
  g_test_add_func ("/bars/begins-anew", test_begins_anew);
  g_test_add_func ("/bars/text-paints", test_text_paints);
  g_test_add_func ("/bars/colours", test_colours);
  g_test_add_func ("/bars/threshold", test_threshold);
  g_test_add_func ("/bars/anything", test_anything);
  return g_test_run ();
}
