/* Regions of a frame to tensors: each as if its pixels were a frame of their own, wherever it begins. */
#include "core/error.h"
#include "gst-plugin/frame/crop.h"
#include "gst-plugin/frame/framein.h"
#include "tests/gst/elements.h"

#include <math.h>
#include <string.h>

#define WIDTH 96
#define HEIGHT 64
#define SIDE 24
#define VALUES (SIDE * SIDE * 3)

typedef struct
{
  GstVideoInfo info;
  GstBuffer *buffer;
} Picture;

static void
picture_clear (Picture * picture)
{
  gst_clear_buffer (&picture->buffer);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Picture, picture_clear)

static GstVideoInfo
info_of (const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstVideoInfo info;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  return info;
}

static Picture
noise (const char *caps, guint32 seed)
{
  return (Picture) { info_of (caps), cnx_test_frame (caps, seed, 0) };
}

static char *
caps_of (const char *format, int width, int height)
{
  return g_strdup_printf ("video/x-raw,format=%s,width=%d,height=%d,framerate=25/1,chroma-site=jpeg", format, width,
      height);
}

/* ---- what is expected ---- */

/* What of a plane @at pixels are, in bytes or rows. */
static int
along (const GstVideoFormatInfo * format, int component, int at, gboolean rows)
{
  return rows ? GST_VIDEO_SUB_SCALE (format->h_sub[component], at) :
      GST_VIDEO_SUB_SCALE (format->w_sub[component], at) * format->pixel_stride[component];
}

/* The pixels at @box in a frame of their own. It must begin with a whole chroma sample. */
static Picture
cut (const Picture * from, const GstVideoRectangle * box)
{
  const char *format = gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&from->info));
  g_autofree char *caps = caps_of (format, box->w, box->h);
  Picture to = noise (caps, 99);
  GstVideoFrame in, out;

  g_assert_true (gst_video_frame_map (&in, &from->info, from->buffer, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&out, &to.info, to.buffer, GST_MAP_WRITE));
  for (guint p = 0; p < GST_VIDEO_FRAME_N_PLANES (&in); p++) {
    int components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component (in.info.finfo, p, components);
    const int c = components[0], rows = along (in.info.finfo, c, box->h, TRUE);
    const int begin = along (in.info.finfo, c, box->x, FALSE);
    for (int y = 0; y < rows; y++)      /* with what pixels at the end share */
      memcpy ((guint8 *) out.data[p] + y * out.info.stride[p],
          (guint8 *) in.data[p] + (along (in.info.finfo, c, box->y, TRUE) + y) * in.info.stride[p] + begin,
          MIN (out.info.stride[p], in.info.stride[p] - begin));
  }
  gst_video_frame_unmap (&out);
  gst_video_frame_unmap (&in);
  return to;
}

/* The picture in a mirror, from left to right and from top to bottom. Chroma that lies between pixels is mirrored with
 * them. */
static Picture
mirrored (const Picture * from)
{
  Picture to = { from->info, gst_buffer_copy_deep (from->buffer) };
  GstVideoFrame in, out;

  g_assert_true (gst_video_frame_map (&in, &from->info, from->buffer, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&out, &to.info, to.buffer, GST_MAP_WRITE));
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&in); c++) {
    const int width = GST_VIDEO_FRAME_COMP_WIDTH (&in, c), height = GST_VIDEO_FRAME_COMP_HEIGHT (&in, c);
    const int step = GST_VIDEO_FRAME_COMP_PSTRIDE (&in, c), stride = GST_VIDEO_FRAME_COMP_STRIDE (&in, c);
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        GST_VIDEO_FRAME_COMP_DATA (&out, c)[y * stride + x * step] =
            GST_VIDEO_FRAME_COMP_DATA (&in, c)[(height - 1 - y) * stride + (width - 1 - x) * step];
  }
  gst_video_frame_unmap (&out);
  gst_video_frame_unmap (&in);
  return to;
}

/* ---- what is found ---- */

static gboolean
try_regions (const Picture * picture, GstVideoOrientationMethod direction, const GstVideoRectangle * boxes, guint n,
    float *out, GError ** error)
{
  const CnxRecipe recipe = cnx_test_plain_recipe (SIDE);
  g_autoptr (CnxFrameIn) in = cnx_frame_in_new (&picture->info, &recipe, NULL);
  GstVideoFrame frame;

  cnx_frame_in_set_direction (in, direction);
  g_assert_true (gst_video_frame_map (&frame, &picture->info, picture->buffer, GST_MAP_READ));
  for (guint i = 0; i < n * VALUES; i++)
    out[i] = NAN;
  const gboolean good = cnx_frame_in_run_regions (in, &frame, boxes, n, out, error);
  gst_video_frame_unmap (&frame);
  return good;
}

static float *
regions_of (const Picture * picture, GstVideoOrientationMethod direction, const GstVideoRectangle * boxes, guint n)
{
  float *out = g_new (float, n * VALUES);
  g_autoptr (GError) error = NULL;

  g_assert_true (try_regions (picture, direction, boxes, n, out, &error));
  g_assert_no_error (error);
  return out;
}

/* The whole of @picture, by the way that frames go. */
static float *
frame_of (const Picture * picture, GstVideoOrientationMethod direction)
{
  const CnxRecipe recipe = cnx_test_plain_recipe (SIDE);
  g_autoptr (CnxFrameIn) in = cnx_frame_in_new (&picture->info, &recipe, NULL);
  float *out = g_new (float, VALUES);
  GstVideoFrame frame;

  cnx_frame_in_set_direction (in, direction);
  g_assert_true (gst_video_frame_map (&frame, &picture->info, picture->buffer, GST_MAP_READ));
  g_assert_true (cnx_frame_in_run (in, &frame, out, NULL));
  gst_video_frame_unmap (&frame);
  return out;
}

static double
worst_difference (const float *a, const float *b)
{
  double worst = 0;

  for (int i = 0; i < VALUES; i++) {
    if (isnan (a[i]) || isnan (b[i]))
      return G_MAXDOUBLE;
    worst = MAX (worst, fabs (a[i] - b[i]));
  }
  return worst;
}

/* ---- tests ---- */

static const GstVideoRectangle even[] = { {0, 0, WIDTH, HEIGHT}, {20, 10, 40, 30}, {0, 0, 7, 9}, {88, 60, 8, 4},
{94, 62, 2, 2}, {40, 0, 3, 64}, {20, 10, 40, 30}, {2, 2, 1, 1}
};

/* All regions of a frame, in one call, to the last bit. */
static void
test_as_alone (void)
{
  const char *const formats[] = { "RGB", "BGR", "BGRx", "xRGB", "GRAY8", "NV12", "I420", "YV12", "YUY2" };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *caps = caps_of (formats[f], WIDTH, HEIGHT);
    g_auto (Picture) picture = noise (caps, f);
    g_autofree float *found = regions_of (&picture, GST_VIDEO_ORIENTATION_IDENTITY, even, G_N_ELEMENTS (even));

    for (guint i = 0; i < G_N_ELEMENTS (even); i++) {
      g_auto (Picture) alone = cut (&picture, &even[i]);
      g_autofree float *expected = frame_of (&alone, GST_VIDEO_ORIENTATION_IDENTITY);
      g_test_message ("%s, region %u", formats[f], i);
      g_assert_cmpfloat (worst_difference (found + i * VALUES, expected), ==, 0);
    }
  }
}

/* Where no chroma is shared a region may begin anywhere. */
static void
test_odd_alone (void)
{
  static const GstVideoRectangle odd[] = { {21, 11, 40, 30}, {1, 0, 7, 9}, {0, 1, 7, 9}, {95, 63, 1, 1} };
  const char *const formats[] = { "RGB", "xBGR", "GRAY8" };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *caps = caps_of (formats[f], WIDTH, HEIGHT);
    g_auto (Picture) picture = noise (caps, f);
    g_autofree float *found = regions_of (&picture, GST_VIDEO_ORIENTATION_IDENTITY, odd, G_N_ELEMENTS (odd));

    for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
      g_auto (Picture) alone = cut (&picture, &odd[i]);
      g_autofree float *expected = frame_of (&alone, GST_VIDEO_ORIENTATION_IDENTITY);
      g_assert_cmpfloat (worst_difference (found + i * VALUES, expected), ==, 0);
    }
  }
}

/* A region that begins within a chroma sample and ends with one is, in a mirror, one that begins with one: it must read
 * the same there, turned back. Chroma that is half a sample off does not. */
static void
test_within_chroma (void)
{
  static const GstVideoRectangle odd[] = { {21, 11, 31, 21}, {1, 1, 95, 63}, {95, 63, 1, 1}, {33, 10, 3, 54},
  {20, 33, 76, 7}
  };
  const char *const formats[] = { "I420", "NV12", "YV12", "YUY2" };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *caps = caps_of (formats[f], WIDTH, HEIGHT);
    g_auto (Picture) picture = noise (caps, f);
    g_auto (Picture) mirror = mirrored (&picture);
    g_autofree float *found = regions_of (&picture, GST_VIDEO_ORIENTATION_IDENTITY, odd, G_N_ELEMENTS (odd));

    for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
      const GstVideoRectangle *box = &odd[i];
      const GstVideoRectangle other = { WIDTH - box->x - box->w, HEIGHT - box->y - box->h, box->w, box->h };
      g_autofree float *expected = regions_of (&mirror, GST_VIDEO_ORIENTATION_180, &other, 1);
      g_test_message ("%s, region %u", formats[f], i);
      /* sums in another order may round to another whole level */
      g_assert_cmpfloat (worst_difference (found + i * VALUES, expected), <=, 1);
    }
  }
}

static void
test_turned (void)
{
  const char *const formats[] = { "RGB", "I420", "NV12" };
  const GstVideoRectangle box = { 20, 10, 40, 31 };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *caps = caps_of (formats[f], WIDTH, HEIGHT);
    g_auto (Picture) picture = noise (caps, f);
    g_auto (Picture) alone = cut (&picture, &box);

    for (int way = GST_VIDEO_ORIENTATION_IDENTITY; way <= GST_VIDEO_ORIENTATION_UR_LL; way++) {
      g_autofree float *found = regions_of (&picture, way, &box, 1), *expected = frame_of (&alone, way);
      g_assert_cmpfloat (worst_difference (found, expected), ==, 0);
    }
  }
}

/* Formats that GStreamer converts first: once a frame, and then as all others. */
static void
test_converted (void)
{
  const char *const formats[] = { "UYVY", "Y42B", "Y444", "AYUV", "GBR", "NV21", "GRAY16_LE" };
  static const GstVideoRectangle boxes[] = { {20, 10, 40, 30}, {88, 60, 8, 4}, {0, 0, 30, 20} };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *caps = caps_of (formats[f], WIDTH, HEIGHT);
    g_auto (Picture) picture = noise (caps, f);
    g_autofree float *found = regions_of (&picture, GST_VIDEO_ORIENTATION_IDENTITY, boxes, G_N_ELEMENTS (boxes));

    for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
      g_auto (Picture) alone = cut (&picture, &boxes[i]);
      g_autofree float *expected = frame_of (&alone, GST_VIDEO_ORIENTATION_IDENTITY);
      g_test_message ("%s, region %u", formats[f], i);
      g_assert_cmpfloat (worst_difference (found + i * VALUES, expected), <=, 1);
    }
  }
}

/* In a frame of which a crop meta shows a part, regions count as the frame does. */
static void
test_cropped (void)
{
  g_autofree char *caps = caps_of ("I420", WIDTH, HEIGHT);
  g_auto (Picture) picture = noise (caps, 1);
  const GstVideoRectangle within = { 30, 20, 21, 11 }, beyond = { 28, 20, 21, 11 }, outside = { 0, 0, 4, 4 };
  g_autofree float *expected = regions_of (&picture, GST_VIDEO_ORIENTATION_IDENTITY, &within, 1);
  g_autofree float *out = g_new (float, VALUES);
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (picture.buffer);

  crop->x = 29;
  crop->y = 19;
  crop->width = 33;
  crop->height = 33;
  g_autofree float *found = regions_of (&picture, GST_VIDEO_ORIENTATION_IDENTITY, &within, 1);
  g_assert_cmpfloat (worst_difference (found, expected), ==, 0);
  g_assert_false (try_regions (&picture, GST_VIDEO_ORIENTATION_IDENTITY, &beyond, 1, out, NULL));
  g_assert_false (try_regions (&picture, GST_VIDEO_ORIENTATION_IDENTITY, &outside, 1, out, NULL));
  crop->width = 0;
  g_assert_false (try_regions (&picture, GST_VIDEO_ORIENTATION_IDENTITY, &within, 1, out, NULL));
}

/* What is said to be the picture is what is read: all of it, and nothing beyond. */
static void
test_picture (void)
{
  static const guint crops[][4] = { {0, 0, 96, 64}, {29, 19, 33, 33}, {30, 20, 66, 44}, {95, 62, 500, 500},
  {0, 2, G_MAXUINT, G_MAXUINT}
  };
  const char *const all[] = { "video/x-raw,format=RGB,width=96,height=64,framerate=25/1",
    "video/x-raw(format:Interlaced),format=NV12,width=96,height=64,framerate=25/1,interlace-mode=alternate"
  };
  g_autofree float *out = g_new (float, VALUES);

  for (guint c = 0; c < G_N_ELEMENTS (all); c++) {
    g_auto (Picture) picture = noise (all[c], 1);
    GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (picture.buffer);
    for (guint i = 0; i < G_N_ELEMENTS (crops); i++) {
      crop->x = crops[i][0];
      crop->y = crops[i][1];
      crop->width = crops[i][2];
      crop->height = crops[i][3];
      const GstVideoRectangle box = cnx_frame_picture (picture.buffer, &picture.info);
      const GstVideoRectangle beyond[] = { {box.x - 1, box.y, box.w + 1, box.h}, {box.x, box.y - 1, box.w, box.h + 1},
      {box.x, box.y, box.w + 1, box.h}, {box.x, box.y, box.w, box.h + 1}
      };
      g_test_message ("caps %u, crop %u", c, i);
      g_assert_true (try_regions (&picture, GST_VIDEO_ORIENTATION_IDENTITY, &box, 1, out, NULL));
      for (guint k = 0; k < G_N_ELEMENTS (beyond); k++)
        g_assert_false (try_regions (&picture, GST_VIDEO_ORIENTATION_IDENTITY, &beyond[k], 1, out, NULL));
    }
  }
}

/* A field in a buffer of its own has every other row of what a region says. */
static void
test_field (void)
{
  const char *caps = "video/x-raw(format:Interlaced),format=NV12,width=96,height=128,framerate=25/1,"
      "interlace-mode=alternate,chroma-site=jpeg";
  g_autofree char *small = caps_of ("NV12", WIDTH, HEIGHT);
  g_auto (Picture) field = noise (caps, 1);
  g_auto (Picture) frame = noise (small, 1);
  static const GstVideoRectangle boxes[][2] = { {{20, 20, 40, 60}, {20, 10, 40, 30}}, {{21, 23, 40, 60}, {21, 11, 40,
        31}}, {{0, 127, 96, 1}, {0, 63, 96, 1}}
  };

  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
    g_autofree float *found = regions_of (&field, GST_VIDEO_ORIENTATION_IDENTITY, &boxes[i][0], 1);
    g_autofree float *expected = regions_of (&frame, GST_VIDEO_ORIENTATION_IDENTITY, &boxes[i][1], 1);
    g_assert_cmpfloat (worst_difference (found, expected), ==, 0);
  }
}

static void
test_refused (void)
{
  static const GstVideoRectangle bad[] = { {0, 0, 0, 4}, {0, 0, 4, 0}, {-1, 0, 4, 4}, {0, -1, 4, 4}, {0, 0, -4, 4},
  {93, 0, 4, 4}, {0, 61, 4, 4}, {96, 0, 1, 1}, {0, 64, 1, 1}, {1, 0, G_MAXINT, 1}, {0, 1, 1, G_MAXINT},
  {G_MAXINT, 0, 1, 1}, {0, G_MAXINT, 1, 1}, {G_MININT, G_MININT, G_MAXINT, G_MAXINT}
  };
  const char *const all[] = { "video/x-raw,format=RGB,width=96,height=64,framerate=25/1",
    "video/x-raw(format:Interlaced),format=NV12,width=96,height=64,framerate=25/1,interlace-mode=alternate"
  };
  g_autofree float *out = g_new (float, VALUES);

  for (guint c = 0; c < G_N_ELEMENTS (all); c++) {
    g_auto (Picture) picture = noise (all[c], 1);
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
      g_autoptr (GError) error = NULL;
      g_test_message ("region %u", i);
      g_assert_false (try_regions (&picture, GST_VIDEO_ORIENTATION_IDENTITY, &bad[i], 1, out, &error));
      g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/regions-in/as-alone", test_as_alone);
  g_test_add_func ("/regions-in/odd-alone", test_odd_alone);
  g_test_add_func ("/regions-in/within-chroma", test_within_chroma);
  g_test_add_func ("/regions-in/turned", test_turned);
  g_test_add_func ("/regions-in/converted", test_converted);
  g_test_add_func ("/regions-in/cropped", test_cropped);
  g_test_add_func ("/regions-in/picture", test_picture);
  g_test_add_func ("/regions-in/field", test_field);
  g_test_add_func ("/regions-in/refused", test_refused);
  return g_test_run ();
}
