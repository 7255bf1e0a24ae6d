/* What labeloverlay draws of a heat map: its colours, where they lie, and when they are painted anew. */
#include "gst-plugin/overlay/heatpaint.h"
#include "tests/gst/overlay/drawn.h"

#include <math.h>

#define WIDTH 640
#define HEIGHT 480
#define RGB "video/x-raw,format=RGB,width=640,height=480,framerate=25/1"
#define GREY 128
#define ONLY_HEAT "heatmap=true opacity=0 colour=0"

/* ---- colours ---- */

static double
channel (guint32 colour, int shift)
{
  return (colour >> shift & 0xff) / 255.0;
}

/* Relative luminance, as it is linear (IEC 61966-2-1). */
static double
luminance (guint32 colour)
{
  static const struct
  {
    int shift;
    double weight;
  } parts[] = { {16, 0.2126}, {8, 0.7152}, {0, 0.0722} };
  double sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    const double value = channel (colour, parts[i].shift);

    sum += parts[i].weight * (value <= 0.04045 ? value / 12.92 : pow ((value + 0.055) / 1.055, 2.4));
  }
  return sum;
}

/* The greater the lighter, and the less can be seen through it. To who is blind to red or green a colour is its
 * lightness and how blue or yellow it is: red and green are never far apart, so that nothing else is told by them. */
static void
test_colours (void)
{
  double lightness = -1;
  guint alpha = 0;

  for (int i = 0; i <= 32; i++) {
    const guint32 colour = cnx_heat_colour (i / 32.0);
    const double now = cbrt (luminance (colour));       /* even steps of it look even */

    g_assert_cmpfloat (now, >, lightness + (i > 0 ? 0.01 : 0));
    g_assert_cmpuint (colour >> 24, >=, alpha);
    g_assert_cmpfloat (fabs (channel (colour, 16) - channel (colour, 8)), <, 0.1);
    lightness = now;
    alpha = colour >> 24;
  }
  g_assert_cmpuint (cnx_heat_colour (0) >> 24, ==, 0);
  g_assert_cmpuint (cnx_heat_colour (1) >> 24, ==, (guint) lrint (255 * CNX_HEAT_OPACITY));
  g_assert_cmpuint (cnx_heat_colour (-1), ==, cnx_heat_colour (0));
  g_assert_cmpuint (cnx_heat_colour (2), ==, cnx_heat_colour (1));
}

/* ---- frames ---- */

/* 4 x 3 places, of which the one at @column, @row is 1, over all of the frame. */
static CnxMetaHeat *
hot_at (int column, int row)
{
  CnxMetaHeat *heat = cnx_meta_heat_new (4, 3);

  heat->values[row * 4 + column] = 1;
  heat->w = heat->h = 1;
  return heat;
}

/* A grey frame of @caps with a label, and @heat, which it takes; NULL: none. */
static GstBuffer *
frame_with (const char *caps, CnxMetaHeat * heat, double confidence)
{
  const CnxMetaLabel label = { 3, "cup", confidence };
  const CnxMetaLabels labels = {.model = "model",.stream = "s",.n = 1,.labels = &label,.heat = heat };
  GstBuffer *buffer = cnx_test_frame (caps, 1, 0);

  gst_buffer_memset (buffer, 0, GREY, -1);
  cnx_label_meta_add (buffer, &labels);
  g_clear_pointer (&heat, cnx_meta_heat_unref);
  return buffer;
}

static CnxTestBox
drawn (const char *properties, const char *caps, GstBuffer * in)
{
  g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (in);
  g_autoptr (GstBuffer) out = cnx_test_draw (properties, caps, in);

  return cnx_test_changes (plain, out, caps);
}

/* Red, green and blue of a pixel: @value's colour over grey. */
static void
assert_colour (const GstMapInfo * map, int x, int y, double value)
{
  const guint8 *pixel = map->data + (y * WIDTH + x) * 3;
  const guint32 colour = cnx_heat_colour (value);
  const double alpha = (colour >> 24) / 255.0;

  for (int c = 0; c < 3; c++)
    g_assert_cmpfloat_with_epsilon (pixel[c], alpha * (colour >> (16 - 8 * c) & 0xff) + (1 - alpha) * GREY, 3.5);
}

/* At a place's middle its own colour, at its neighbours' middles theirs, and smooth between. */
static void
test_places (void)
{
  g_autoptr (GstBuffer) out = cnx_test_draw (ONLY_HEAT, RGB, frame_with (RGB, hot_at (2, 1), 0.9));
  GstMapInfo map;

  gst_buffer_map (out, &map, GST_MAP_READ);
  for (int row = 0; row < 3; row++)
    for (int column = 0; column < 4; column++)
      assert_colour (&map, column * 160 + 80, row * 160 + 80, column == 2 && row == 1);
  assert_colour (&map, 320, 240, 0.5);
  for (int x = 240; x < 399; x++) {
    const int step = map.data[(240 * WIDTH + x + 1) * 3] - map.data[(240 * WIDTH + x) * 3];

    g_assert_cmpint (ABS (step), <=, 4);
  }
  gst_buffer_unmap (out, &map);
}

/* The outer places' middles lie half a place within; up to the edge it is as there. */
static void
test_edges (void)
{
  g_autoptr (GstBuffer) out = cnx_test_draw (ONLY_HEAT, RGB, frame_with (RGB, hot_at (0, 0), 0.9));
  GstMapInfo map;

  gst_buffer_map (out, &map, GST_MAP_READ);
  assert_colour (&map, 0, 0, 1);
  assert_colour (&map, 80, 0, 1);
  assert_colour (&map, WIDTH - 1, HEIGHT - 1, 0);
  gst_buffer_unmap (out, &map);
}

static void
assert_within (CnxTestBox box, int left, int top, int right, int bottom)
{
  g_assert_cmpint (box.left, >=, left);
  g_assert_cmpint (box.top, >=, top);
  g_assert_cmpint (box.right, <=, right);
  g_assert_cmpint (box.bottom, <=, bottom);
  g_assert_cmpint (box.right - box.left, >, (right - left) * 2 / 5);
  g_assert_cmpint (box.bottom - box.top, >, (bottom - top) * 2 / 5);
}

/* Over that part of the frame that the map says, in any format, and no further than the frame. */
static void
test_region (void)
{
  static const char *const formats[] = { "RGB", "I420", "NV12", "BGRx", "GRAY8" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *caps = cnx_test_caps (formats[i], WIDTH, HEIGHT, "");
    CnxMetaHeat *heat = hot_at (1, 1);

    heat->x = 0.25;
    heat->y = 0.5;
    heat->w = 0.5;
    heat->h = 0.25;
    assert_within (drawn (ONLY_HEAT, caps, frame_with (caps, heat, 0.9)), 160, 240, 480, 360);
  }
  CnxMetaHeat *beyond = hot_at (1, 1);
  beyond->x = beyond->y = -0.5;
  beyond->w = beyond->h = 2;
  assert_within (drawn (ONLY_HEAT, RGB, frame_with (RGB, beyond, 0.9)), 0, 0, WIDTH, HEIGHT);
}

/* Shares of a frame are as right behind a scaler. */
static void
test_scaled (void)
{
  const char *small = "video/x-raw,format=RGB,width=320,height=160,framerate=25/1";
  GstHarness *h = gst_harness_new_parse ("videoscale ! "
      "capsfilter caps=video/x-raw,width=320,height=160,pixel-aspect-ratio=1/1");
  CnxMetaHeat *heat = hot_at (1, 1);

  heat->x = 0.25;
  heat->y = 0.5;
  heat->w = 0.5;
  heat->h = 0.25;
  gst_harness_set_src_caps_str (h, RGB);
  GstBuffer *in = gst_harness_push_and_pull (h, frame_with (RGB, heat, 0.9));
  assert_within (drawn (ONLY_HEAT, small, in), 80, 80, 240, 120);
  gst_harness_teardown (h);
}

/* Of what a crop meta leaves, and of a field's rows. */
static void
test_crop_and_fields (void)
{
  static const char fields[] = "video/x-raw(format:Interlaced),format=RGB,width=640,height=960,framerate=25/1,"
      "interlace-mode=alternate";
  g_autofree char *small = cnx_test_caps ("RGB", 320, 240, "");
  GstBuffer *cropped = frame_with (RGB, hot_at (1, 1), 0.9);
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (cropped);
  GstHarness *h = gst_harness_new_parse ("labeloverlay " ONLY_HEAT);

  gst_buffer_add_video_meta (cropped, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  crop->x = 300;
  crop->y = 200;
  crop->width = 320;
  crop->height = 240;
  g_autoptr (GstBuffer) plain = gst_buffer_copy_deep (cropped);
  gst_harness_set_src_caps_str (h, small);
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, cropped);
  assert_within (cnx_test_changes (plain, out, RGB), 300, 200, 620, 440);
  gst_harness_teardown (h);

  GstBuffer *field = frame_with (RGB, hot_at (1, 1), 0.9);      /* as many rows as one of those has */
  g_autoptr (GstBuffer) field_plain = gst_buffer_copy_deep (field);
  g_autoptr (GstBuffer) field_out = cnx_test_draw (ONLY_HEAT, fields, field);
  assert_within (cnx_test_changes (field_plain, field_out, RGB), 0, 0, 480, 480);
}

/* ---- when ---- */

static void
assert_nothing (const char *properties, GstBuffer * in)
{
  const CnxTestBox box = drawn (properties, RGB, in);

  g_assert_cmpint (box.right, ==, 0);
}

/* Not by itself, not without a map or with one of zeros, and not where the label is not drawn either. */
static void
test_nothing (void)
{
  CnxMetaHeat *zeros = cnx_meta_heat_new (4, 3), *outside = hot_at (1, 1), *odd = hot_at (1, 1), *thin = hot_at (1, 1);
  GstBuffer *gap = frame_with (RGB, hot_at (1, 1), 0.9);

  zeros->w = zeros->h = 1;
  outside->x = 1.5;
  odd->x = -1e300;
  odd->w = 1e299;
  thin->w = 1e-300;
  GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP);
  assert_nothing ("opacity=0 colour=0", frame_with (RGB, hot_at (1, 1), 0.9));
  assert_nothing (ONLY_HEAT, frame_with (RGB, NULL, 0.9));
  assert_nothing (ONLY_HEAT, frame_with (RGB, zeros, 0.9));
  assert_nothing (ONLY_HEAT, frame_with (RGB, outside, 0.9));
  assert_nothing (ONLY_HEAT, frame_with (RGB, odd, 0.9));
  assert_nothing (ONLY_HEAT " threshold=0.95", frame_with (RGB, hot_at (1, 1), 0.9));
  assert_nothing (ONLY_HEAT, gap);
  gst_buffer_unref (cnx_test_draw (ONLY_HEAT, RGB, frame_with (RGB, thin, 0.9)));       /* no crash */
}

/* The same map is the same picture, below the text; another is another, and without one there is none. */
static void
test_only_when_it_changes (void)
{
  GstHarness *h = cnx_test_attaching ("heatmap=true", RGB);
  GstVideoOverlayRectangle *pictures[3];
  CnxMetaHeat *const maps[] = { hot_at (1, 1), hot_at (1, 1), hot_at (2, 1) };

  for (guint i = 0; i < G_N_ELEMENTS (maps); i++) {
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, frame_with (RGB, maps[i], 0.9));
    GstVideoOverlayCompositionMeta *meta = gst_buffer_get_video_overlay_composition_meta (out);

    g_assert_cmpuint (gst_video_overlay_composition_n_rectangles (meta->overlay), ==, 2);
    pictures[i] = (GstVideoOverlayRectangle *)
        gst_mini_object_ref (GST_MINI_OBJECT_CAST (gst_video_overlay_composition_get_rectangle (meta->overlay, 0)));
  }
  g_assert_true (pictures[0] == pictures[1]);
  g_assert_true (pictures[1] != pictures[2]);
  g_autoptr (GstBuffer) none = gst_harness_push_and_pull (h, frame_with (RGB, NULL, 0.9));
  g_assert_cmpuint (gst_video_overlay_composition_n_rectangles (gst_buffer_get_video_overlay_composition_meta (none)->
          overlay), ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (pictures); i++)
    gst_video_overlay_rectangle_unref (pictures[i]);
  gst_harness_teardown (h);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/heatpaint/colours", test_colours);
  g_test_add_func ("/heatpaint/places", test_places);
  g_test_add_func ("/heatpaint/edges", test_edges);
  g_test_add_func ("/heatpaint/region", test_region);
  g_test_add_func ("/heatpaint/scaled", test_scaled);
  g_test_add_func ("/heatpaint/crop-and-fields", test_crop_and_fields);
  g_test_add_func ("/heatpaint/nothing", test_nothing);
  g_test_add_func ("/heatpaint/only-when-it-changes", test_only_when_it_changes);
  return g_test_run ();
}
