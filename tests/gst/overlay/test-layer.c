/* Pictures laid on frames: every format of bytes against a computation in double, colours against published values, and
 * the others as GStreamer lays them. */
#include "gst-plugin/overlay/blend.h"
#include "gst-plugin/overlay/canvas.h"
#include "gst-plugin/overlay/layer.h"
#include "tests/gst/elements.h"

#include <math.h>
#include <string.h>

#define WIDTH 37                /* odd, as the height: the last samples of chroma are of fewer pixels */
#define HEIGHT 23

static void
fill_noise (GRand * random, guint8 *bytes, gsize n)
{
  for (gsize i = 0; i < n; i++)
    bytes[i] = (guint8) g_rand_int (random);
}

/* Of every opacity, and some of it none or all. */
static GstVideoOverlayRectangle *
noise_picture (GRand * random, int x, int y, int width, int height)
{
  CnxCanvas canvas;

  g_assert_true (cnx_canvas_begin (&canvas, width, height, 1));
  for (int row = 0; row < height; row++)
    for (int column = 0; column < width; column++) {
      const int drawn = g_rand_int_range (random, -60, 316), alpha = CLAMP (drawn, 0, 255);
      guint32 pixel = (guint32) alpha;
      for (int i = 0; i < 3; i++)
        pixel = pixel << 8 | (guint) g_rand_int_range (random, 0, alpha + 1);
      memcpy (canvas.pixels + row * canvas.stride + column * 4, &pixel, sizeof pixel);
    }
  return cnx_canvas_end (&canvas, x, y);
}

static GstVideoOverlayRectangle *
plain_picture (guint32 colour, int width, int height)
{
  CnxCanvas canvas;

  g_assert_true (cnx_canvas_begin (&canvas, width, height, 1));
  cnx_canvas_set_colour (&canvas, colour, 1);
  cairo_paint (canvas.cr);
  return cnx_canvas_end (&canvas, 0, 0);
}

/* ---- what it should come to ---- */

/* Alpha, red, green and blue of the picture at a pixel of the frame, 0..1 and premultiplied. */
static void
look_up (GstVideoOverlayRectangle * picture, int x, int y, double pixel[4])
{
  GstBuffer *buffer = gst_video_overlay_rectangle_get_pixels_unscaled_raw (picture,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);
  guint width, height;
  int left, top;
  guint32 value = 0;

  gst_video_overlay_rectangle_get_render_rectangle (picture, &left, &top, &width, &height);
  if (x >= left && y >= top && x < left + (int) width && y < top + (int) height)
    gst_buffer_extract (buffer, (gsize) (y - top) * meta->stride[0] + (gsize) (x - left) * 4, &value, sizeof value);
  for (int i = 0; i < 4; i++)
    pixel[i] = (value >> (24 - 8 * i) & 0xff) / 255.0;
}

/* A component's value, 0..255, of a pixel. */
static double
component_of (const GstVideoInfo * info, guint c, const double pixel[4])
{
  const double red = pixel[1], green = pixel[2], blue = pixel[3];
  const gboolean full = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  double kr, kb;

  if (GST_VIDEO_INFO_IS_RGB (info))
    return pixel[1 + c] * 255;
  g_assert_true (gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix, &kr, &kb));
  const double luma = kr * red + (1 - kr - kb) * green + kb * blue;
  if (c == 0)
    return full ? luma * 255 : 16 * pixel[0] + luma * 219;
  const double chroma = c == 1 ? (blue - luma) / (2 * (1 - kb)) : (red - luma) / (2 * (1 - kr));
  return 128 * pixel[0] + chroma * (full ? 255 : 224);
}

/* The sample of component @c at @x, @y, counted in its samples, that was @before. */
static double
expect_sample (const GstVideoInfo * info, GstVideoOverlayRectangle * picture, guint c, int x, int y, guint8 before)
{
  const int across = 1 << info->finfo->w_sub[c], down = 1 << info->finfo->h_sub[c];
  double add = 0, cover = 0;
  int n = 0;

  for (int row = y * down; row < MIN ((y + 1) * down, info->height); row++)
    for (int column = x * across; column < MIN ((x + 1) * across, info->width); column++, n++) {
      double pixel[4];
      look_up (picture, column, row, pixel);
      add += component_of (info, c, pixel);
      cover += pixel[0];
    }
  return before * (1 - cover / n) + add / n;
}

static guint8 *
sample_at (GstVideoFrame * frame, guint c, int x, int y)
{
  return (guint8 *) GST_VIDEO_FRAME_COMP_DATA (frame, c) + (gssize) y * GST_VIDEO_FRAME_COMP_STRIDE (frame, c)
      + (gssize) x * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, c);
}

static gboolean
is_of_bytes (const GstVideoFormatInfo * info)
{
  gboolean bytes = !(info->flags & (GST_VIDEO_FORMAT_FLAG_COMPLEX | GST_VIDEO_FORMAT_FLAG_TILED
          | GST_VIDEO_FORMAT_FLAG_PALETTE));

  for (guint c = 0; c < info->n_components; c++)
    bytes = bytes && info->depth[c] == 8 && info->shift[c] == 0 && info->pixel_stride[c] > 0;    /* IYU1: 1.5 */
  return bytes;
}

/* The rounding of what stays, of what is added, and of the cover of several pixels. */
#define ROUNDING 1.6

static void
check_samples (const GstVideoInfo * info, GstVideoOverlayRectangle * picture, GstVideoFrame * before,
    GstVideoFrame * after)
{
  for (guint c = 0; c < info->finfo->n_components; c++) {
    const int width = -(-info->width >> info->finfo->w_sub[c]), height = -(-info->height >> info->finfo->h_sub[c]);

    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) {
        const guint8 was = *sample_at (before, c, x, y), is = *sample_at (after, c, x, y);
        const double expected = c == GST_VIDEO_COMP_A ? was : expect_sample (info, picture, c, x, y, was);
        if (!(fabs (is - expected) < ROUNDING))
          g_error ("%s: component %u at %d, %d was %u, is %u, should be %f",
              gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)), c, x, y, was, is, expected);
      }
  }
}

/* Of bytes that belong to no sample of the picture none may change: those are all that differ when the samples are put
 * back. */
static void
check_rest (const GstVideoInfo * info, GstVideoFrame * before, GstVideoFrame * after, GstBuffer * was, GstBuffer * is)
{
  for (guint c = 0; c < info->finfo->n_components; c++)
    for (int y = 0; y < -(-info->height >> info->finfo->h_sub[c]); y++)
      for (int x = 0; x < -(-info->width >> info->finfo->w_sub[c]); x++)
        *sample_at (after, c, x, y) = *sample_at (before, c, x, y);
  g_autofree guint8 *old = g_malloc (info->size), *new = g_malloc (info->size);
  gst_buffer_extract (was, 0, old, info->size);
  gst_buffer_extract (is, 0, new, info->size);
  g_assert_cmpmem (old, info->size, new, info->size);
}

static void
lay_and_check (const GstVideoInfo * info, GstVideoOverlayRectangle * picture, GRand * random)
{
  g_autofree guint8 *noise = g_malloc (info->size);
  GstVideoFrame before, after;

  fill_noise (random, noise, info->size);
  g_autoptr (GstBuffer) was = gst_buffer_new_memdup (noise, info->size);
  g_autoptr (GstBuffer) is = gst_buffer_new_memdup (noise, info->size);
  CnxLayer *layer = cnx_layer_new (picture, info, 0, 0);
  g_test_message ("%s", gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)));
  g_assert_nonnull (layer);
  g_assert_true (gst_video_frame_map (&before, info, was, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&after, info, is, GST_MAP_READWRITE));
  cnx_layer_lay (layer, &after);
  check_samples (info, picture, &before, &after);
  check_rest (info, &before, &after, was, is);
  gst_video_frame_unmap (&before);
  gst_video_frame_unmap (&after);
  cnx_layer_free (layer);
}

static const struct
{
  int x, y, width, height;
} places[] = { {0, 0, WIDTH, HEIGHT}, {3, 5, 8, 7}, {4, 4, 1, 1}, {-3, -5, 9, 11}, {WIDTH - 4, HEIGHT - 3, 9, 9} };

static void
test_every_format (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (15);
  guint n = 0, of_bytes = 0;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  for (guint i = 0; i < n; i++) {
    GstVideoInfo info;
    g_assert_true (gst_video_info_set_format (&info, formats[i], WIDTH, HEIGHT));
    if (!is_of_bytes (info.finfo))
      continue;
    of_bytes++;
    for (guint j = 0; j < G_N_ELEMENTS (places); j++) {
      g_autoptr (GstVideoOverlayRectangle) picture = noise_picture (random, places[j].x, places[j].y, places[j].width,
          places[j].height);
      lay_and_check (&info, picture, random);
    }
  }
  g_assert_cmpuint (of_bytes, >=, 35);
}

/* Ranges and matrices that caps may say. */
static void
test_colorimetries (void)
{
  static const char *const names[] = { "bt601", "bt709", "bt2020", "1:4:0:0", "1:3:5:1" };
  g_autoptr (GRand) random = g_rand_new_with_seed (16);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstVideoOverlayRectangle) picture = noise_picture (random, 1, 1, 20, 20);
    GstVideoInfo info;
    g_assert_true (gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT));
    g_assert_true (gst_video_colorimetry_from_string (&info.colorimetry, names[i]));
    lay_and_check (&info, picture, random);
  }
}

/* The bars of ITU-R BT.471 at 100 % in 8 bits, as BT.601 and BT.709 define them. */
static void
test_published_colours (void)
{
  static const struct
  {
    const char *colorimetry;
    guint32 colour;
    guint8 yuv[3];
  } cases[] = {
    {"bt601", 0xffffffff, {235, 128, 128}}, {"bt601", 0xffff0000, {81, 90, 240}}, {"bt601", 0xff00ff00, {145, 54, 34}},
    {"bt601", 0xff0000ff, {41, 240, 110}}, {"bt601", 0xff000000, {16, 128, 128}}, {"bt709", 0xffff0000, {63, 102, 240}},
    {"bt709", 0xff00ff00, {173, 42, 26}}, {"bt709", 0xff0000ff, {32, 240, 118}}
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstVideoOverlayRectangle) picture = plain_picture (cases[i].colour, 16, 16);
    GstVideoFrame frame;
    GstVideoInfo info;
    g_assert_true (gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, 16, 16));
    g_assert_true (gst_video_colorimetry_from_string (&info.colorimetry, cases[i].colorimetry));
    g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
    gst_buffer_memset (buffer, 0, 77, info.size);
    g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE));
    CnxLayer *layer = cnx_layer_new (picture, &info, 0, 0);
    cnx_layer_lay (layer, &frame);
    for (guint c = 0; c < 3; c++)
      g_assert_cmpint (ABS (*sample_at (&frame, c, 3, 3) - cases[i].yuv[c]), <=, 1);
    cnx_layer_free (layer);
    gst_video_frame_unmap (&frame);
  }
}

static void
test_none (void)
{
  static const GstVideoFormat others[] = { GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_v210, GST_VIDEO_FORMAT_RGB16,
    GST_VIDEO_FORMAT_NV12_64Z32, GST_VIDEO_FORMAT_ARGB64
  };
  g_autoptr (GstVideoOverlayRectangle) picture = plain_picture (0x80ffffff, 8, 8);
  GstVideoInfo info;

  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    g_assert_true (gst_video_info_set_format (&info, others[i], 64, 64));
    g_assert_null (cnx_layer_new (picture, &info, 0, 0));
  }
  g_assert_true (gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, 64, 64));
  static const int beside[][2] = { {64, 0}, {0, 64}, {-8, 0}, {0, -8} };
  for (guint i = 0; i < G_N_ELEMENTS (beside); i++)
    g_assert_null (cnx_layer_new (picture, &info, beside[i][0], beside[i][1]));
}

/* ---- compositions ---- */

/* What a composition on a grey frame of @format comes to, laid by @lay. */
typedef gboolean (*Lay) (GstVideoOverlayComposition * composition, GstVideoFrame * frame);

static gboolean
lay_ours (GstVideoOverlayComposition * composition, GstVideoFrame * frame)
{
  return cnx_blend (composition, frame, 0, 0);
}

static GstBuffer *
laid_by (Lay lay, GstVideoOverlayComposition * composition, GstVideoFormat format)
{
  GstVideoFrame frame;
  GstVideoInfo info;

  g_assert_true (gst_video_info_set_format (&info, format, 64, 48));
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_memset (buffer, 0, 100, info.size);
  g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE));
  g_assert_true (lay (composition, &frame));
  gst_video_frame_unmap (&frame);
  return buffer;
}

/* Two pictures that lie on each other, on what is laid here and on what GStreamer lays. */
static void
test_like_gstreamer (void)
{
  static const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_GBR, GST_VIDEO_FORMAT_RGB16 };
  g_autoptr (GRand) random = g_rand_new_with_seed (17);
  g_autoptr (GstVideoOverlayRectangle) below = noise_picture (random, 2, 3, 30, 20);
  g_autoptr (GstVideoOverlayRectangle) above = noise_picture (random, 20, 10, 30, 30);
  g_autoptr (GstVideoOverlayComposition) both = gst_video_overlay_composition_new (below);

  gst_video_overlay_composition_add_rectangle (both, above);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autoptr (GstBuffer) ours = laid_by (lay_ours, both, formats[i]);
    g_autoptr (GstBuffer) theirs = laid_by (gst_video_overlay_composition_blend, both, formats[i]);
    GstMapInfo x, y;
    g_assert_true (gst_buffer_map (ours, &x, GST_MAP_READ) && gst_buffer_map (theirs, &y, GST_MAP_READ));
    for (gsize j = 0; j < x.size; j++)
      g_assert_cmpint (ABS (x.data[j] - y.data[j]), <=, formats[i] == GST_VIDEO_FORMAT_RGB16 ? 0 : 3);
    gst_buffer_unmap (ours, &x);
    gst_buffer_unmap (theirs, &y);
  }
}

/* What is kept with a picture is for one place and one kind of frames. */
static void
test_kept (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (18);
  g_autoptr (GstVideoOverlayRectangle) picture = noise_picture (random, 4, 4, 16, 16);
  g_autoptr (GstVideoOverlayComposition) composition = gst_video_overlay_composition_new (picture);
  static const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_RGB };
  static const int shifts[] = { 0, 5, 0, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (formats) * G_N_ELEMENTS (shifts); i++) {
    const int shift = shifts[i % G_N_ELEMENTS (shifts)];
    g_autoptr (GstVideoOverlayRectangle) fresh = gst_video_overlay_rectangle_copy (picture);
    GstVideoFrame frames[2];
    GstBuffer *buffers[2];
    GstVideoInfo info;

    g_assert_true (gst_video_info_set_format (&info, formats[i / G_N_ELEMENTS (shifts)], 64, 48));
    for (guint j = 0; j < 2; j++) {
      buffers[j] = gst_buffer_new_allocate (NULL, info.size, NULL);
      gst_buffer_memset (buffers[j], 0, 55, info.size);
      g_assert_true (gst_video_frame_map (&frames[j], &info, buffers[j], GST_MAP_READWRITE));
    }
    g_assert_true (cnx_blend (composition, &frames[0], shift, shift));
    CnxLayer *layer = cnx_layer_new (fresh, &info, shift, shift);
    cnx_layer_lay (layer, &frames[1]);
    cnx_layer_free (layer);
    gst_video_frame_unmap (&frames[0]);
    gst_video_frame_unmap (&frames[1]);
    g_autofree guint8 *expected = g_malloc (info.size);
    gst_buffer_extract (buffers[1], 0, expected, info.size);
    g_assert_cmpint (gst_buffer_memcmp (buffers[0], 0, expected, info.size), ==, 0);
    gst_buffer_unref (buffers[0]);
    gst_buffer_unref (buffers[1]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/layer/every-format", test_every_format);
  g_test_add_func ("/layer/colorimetries", test_colorimetries);
  g_test_add_func ("/layer/published-colours", test_published_colours);
  g_test_add_func ("/layer/none", test_none);
  g_test_add_func ("/blend/like-gstreamer", test_like_gstreamer);
  g_test_add_func ("/blend/kept", test_kept);
  return g_test_run ();
}
