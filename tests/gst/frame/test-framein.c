/* Frames of every raw format to the same tensor: those that the resampler reads, and those that are
 * converted first. What to expect is the tensor of the same picture in RGB. */
#include "gst-plugin/frame/framein.h"
#include "core/error.h"
#include "tests/gst/elements.h"

#include <gst/check/gstharness.h>
#include <math.h>
#include <string.h>

#define WIDTH 96
#define HEIGHT 64
#define SIDE 64
#define VALUES (SIDE * SIDE * 3)

static GstVideoInfo
info_of (const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstVideoInfo info;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  return info;
}

static GstVideoInfo
format_info (GstVideoFormat format, int width, int height)
{
  GstVideoInfo info;

  gst_video_info_init (&info);
  g_assert_true (gst_video_info_set_format (&info, format, width, height));
  return info;
}

/* Smooth in both directions, colours from dull to vivid, as a photograph has them. */
static GstBuffer *
picture (const GstVideoInfo * rgb)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, rgb->size, NULL);
  GstVideoFrame frame;

  g_assert_true (gst_video_frame_map (&frame, rgb, buffer, GST_MAP_WRITE));
  for (int y = 0; y < rgb->height; y++) {
    guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0);

    row += y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);
    for (int x = 0; x < rgb->width; x++) {
      const double u = (double) x / rgb->width, v = (double) y / rgb->height;

      row[3 * x] = lrint (40 + 150 * u);
      row[3 * x + 1] = lrint (110 + 60 * sin (3 * u + 2 * v));
      row[3 * x + 2] = lrint (60 + 130 * v);
    }
  }
  gst_video_frame_unmap (&frame);
  return buffer;
}

/* @from's picture in another format. The converter works at full precision and does not dither. */
static GstBuffer *
converted (GstBuffer * from, const GstVideoInfo * from_info, const GstVideoInfo * to_info)
{
  GstVideoConverter *converter = gst_video_converter_new (from_info, to_info,
      gst_structure_new ("o", GST_VIDEO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_VIDEO_DITHER_METHOD,
          GST_VIDEO_DITHER_NONE, NULL));
  GstBuffer *to = gst_buffer_new_allocate (NULL, to_info->size, NULL);
  GstVideoFrame in, out;

  g_assert_nonnull (converter);
  g_assert_true (gst_video_frame_map (&in, from_info, from, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&out, to_info, to, GST_MAP_WRITE));
  gst_video_converter_frame (converter, &in, &out);
  gst_video_frame_unmap (&out);
  gst_video_frame_unmap (&in);
  gst_video_converter_free (converter);
  return to;
}

static float *
tensor_of (GstBuffer * buffer, const GstVideoInfo * info)
{
  const CnxRecipe recipe = cnx_test_plain_recipe (SIDE);
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxFrameIn) in = cnx_frame_in_new (info, &recipe, &error);
  float *tensor = g_new (float, VALUES);
  GstVideoFrame frame;

  g_assert_no_error (error);
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (int i = 0; i < VALUES; i++)
    tensor[i] = NAN;
  g_assert_true (cnx_frame_in_run (in, &frame, tensor, &error));
  gst_video_frame_unmap (&frame);
  return tensor;
}

static double
mean_difference (const float *a, const float *b, double *signed_mean)
{
  double sum = 0, total = 0;

  for (int i = 0; i < VALUES; i++) {
    sum += a[i] - b[i];
    total += fabs (a[i] - b[i]);
  }
  if (signed_mean)
    *signed_mean = sum / VALUES;
  return total / VALUES;
}

static gboolean
is_near (const char *what, const float *found, const float *expected, double tolerance)
{
  double bias;
  const double difference = mean_difference (found, expected, &bias);

  g_test_message ("%s: mean difference %.2f, bias %+.2f, at most %.2f", what, difference, bias,
      tolerance);
  return difference <= tolerance;       /* not a number is not near */
}

/* What a format cannot hold: its few bits, or no colour. */
static double
tolerance_for (const GstVideoFormatInfo * finfo)
{
  int bits = 8;

  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo) && c < 3; c++)
    bits = MIN (bits, (int) GST_VIDEO_FORMAT_INFO_DEPTH (finfo, c));
  if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE (finfo))
    return 26;                  /* six levels of each colour, 51 apart */
  return bits < 8 ? (double) (256 >> bits) / 2 + 1 : 1.5;
}

/* Some formats GStreamer only reads: it cannot make a frame of them for us. */
static gboolean
can_be_made (GstVideoFormat format)
{
  const GstVideoFormatInfo *finfo = gst_video_format_get_info (format);

  return finfo->pack_func && finfo->unpack_func;
}

static void
test_every_format (void)
{
  const GstVideoInfo rgb = format_info (GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  const GstVideoInfo grey = format_info (GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  g_autoptr (GstBuffer) source = picture (&rgb);
  g_autoptr (GstBuffer) grey_source = converted (source, &rgb, &grey);
  g_autofree float *colour = tensor_of (source, &rgb);
  g_autofree float *colourless = tensor_of (grey_source, &grey);
  guint n = 0;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  g_assert_cmpuint (n, >, 90);
  for (guint i = 0; i < n; i++) {
    if (!can_be_made (formats[i]))
      continue;
    const GstVideoFormatInfo *finfo = gst_video_format_get_info (formats[i]);
    const GstVideoInfo info = format_info (formats[i], WIDTH, HEIGHT);
    g_autoptr (GstBuffer) buffer = converted (source, &rgb, &info);
    g_autofree float *tensor = tensor_of (buffer, &info);

    if (!is_near (GST_VIDEO_FORMAT_INFO_NAME (finfo), tensor,
            GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo) ? colourless : colour, tolerance_for (finfo)))
      g_test_fail ();
  }
}

/* Every format in a size that no subsampling divides. */
static void
test_odd_size (void)
{
  const GstVideoInfo rgb = format_info (GST_VIDEO_FORMAT_RGB, 35, 19);
  g_autoptr (GstBuffer) source = picture (&rgb);
  guint n = 0;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  for (guint i = 0; i < n; i++) {
    if (!can_be_made (formats[i]))
      continue;
    const GstVideoInfo info = format_info (formats[i], 35, 19);
    g_autoptr (GstBuffer) buffer = converted (source, &rgb, &info);
    g_autofree float *tensor = tensor_of (buffer, &info);

    for (int v = 0; v < VALUES; v++)
      g_assert_true (tensor[v] >= 0 && tensor[v] <= 255);
  }
}

/* The picture in @caps (96 x 64) is the picture in RGB. */
static void
assert_same_picture (const char *caps, double tolerance)
{
  const GstVideoInfo rgb = format_info (GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  const GstVideoInfo info = info_of (caps);
  GstVideoInfo written = info;
  g_autoptr (GstBuffer) source = picture (&rgb);
  g_autofree float *expected = tensor_of (source, &rgb);

  written.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  written.fps_n = rgb.fps_n;    /* the converter wants these to agree */
  written.fps_d = rgb.fps_d;
  g_autoptr (GstBuffer) buffer = converted (source, &rgb, &written);
  g_autofree float *tensor = tensor_of (buffer, &info);
  if (!is_near (caps, tensor, expected, tolerance))
    g_test_fail ();
}

#define SIZE ",width=96,height=64,framerate=25/1"

static void
test_colours (void)
{
  const char *const formats[] =
      { "I420", "NV12", "YUY2", "UYVY", "Y42B", "AYUV", "P010_10LE", "NV21" };
  const char *const colours[] = { "bt601", "bt709", "1:3:5:1", "1:4:5:1",
    "bt2020"
  };
  const char *const sites[] =
      { "", ",chroma-site=jpeg", ",chroma-site=mpeg2", ",chroma-site=cosited" };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++)
    for (guint c = 0; c < G_N_ELEMENTS (colours); c++)
      for (guint s = 0; s < G_N_ELEMENTS (sites); s++) {
        g_autofree char *caps = g_strdup_printf ("video/x-raw,format=%s,colorimetry=%s%s" SIZE,
            formats[f], colours[c], sites[s]);
        assert_same_picture (caps, 1.5);
      }
}

/* Both fields in one buffer: its rows are a picture already, whatever is done about chroma. */
static void
test_interleaved (void)
{
  const char *const formats[] = { "NV12", "YUY2", "UYVY", "Y42B", "P010_10LE", "GBR", "v210" };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *caps = g_strdup_printf ("video/x-raw,format=%s,interlace-mode=interleaved,"
        "field-order=top-field-first" SIZE, formats[f]);
    assert_same_picture (caps, 1.5);
  }
}

/* One field in each buffer, half as tall: the same picture when it is brought to the same size. */
static void
test_alternate (void)
{
  const char *const formats[] = { "NV12", "I420", "RGB", "UYVY", "Y42B", "P010_10LE", "GRAY16_LE" };
  CnxRecipe recipe = cnx_test_plain_recipe (SIDE);

  recipe.crop_mode = CNX_CROP_CENTER;   /* the one that depends on the shape of pixels */
  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *caps = g_strdup_printf ("video/x-raw(format:Interlaced),format=%s,"
        "interlace-mode=alternate" SIZE, formats[f]);
    const GstVideoInfo info = info_of (caps);
    const GstVideoFormat format = GST_VIDEO_INFO_FORMAT (&info);
    const GstVideoInfo rgb = format_info (GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT / 2);
    const GstVideoInfo field = format_info (format, WIDTH, HEIGHT / 2);
    const GstVideoInfo whole_rgb = format_info (GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
    const GstVideoInfo whole = format_info (format, WIDTH, HEIGHT);
    g_autoptr (GstBuffer) source = picture (&rgb);
    g_autoptr (GstBuffer) buffer = converted (source, &rgb, &field);
    g_autoptr (GstBuffer) whole_source = picture (&whole_rgb);
    g_autoptr (GstBuffer) whole_buffer = converted (whole_source, &whole_rgb, &whole);
    g_autoptr (CnxFrameIn) in = cnx_frame_in_new (&info, &recipe, NULL);
    g_autoptr (CnxFrameIn) whole_in = cnx_frame_in_new (&whole, &recipe, NULL);
    g_autofree float *found = g_new0 (float, VALUES), *expected = g_new0 (float, VALUES);
    GstVideoFrame frame;

    g_assert_cmpuint (gst_buffer_get_size (buffer), ==, info.size);
    g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
    g_assert_true (cnx_frame_in_run (in, &frame, found, NULL));
    gst_video_frame_unmap (&frame);
    g_assert_true (gst_video_frame_map (&frame, &whole, whole_buffer, GST_MAP_READ));
    g_assert_true (cnx_frame_in_run (whole_in, &frame, expected, NULL));
    gst_video_frame_unmap (&frame);
    if (!is_near (caps, found, expected, 2))
      g_test_fail ();
  }
}

/* Rows further apart than they are long, and planes apart from each other, as GstVideoMeta says. */
static void
test_padding (void)
{
  const GstVideoFormat formats[] =
      { GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12,
    GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_P010_10LE
  };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    const GstVideoInfo rgb = format_info (GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
    const GstVideoInfo tight = format_info (formats[f], WIDTH, HEIGHT);
    GstVideoInfo padded = tight;
    GstVideoAlignment align;
    g_autoptr (GstBuffer) source = picture (&rgb);
    g_autoptr (GstBuffer) expected_buffer = converted (source, &rgb, &tight);

    gst_video_alignment_reset (&align);
    align.padding_left = 16;
    align.padding_right = 48;
    align.padding_top = 2;
    align.padding_bottom = 6;
    g_assert_true (gst_video_info_align (&padded, &align));
    g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, padded.size, NULL);
    gst_buffer_memset (buffer, 0, 0xee, padded.size);
    gst_buffer_add_video_meta_full (buffer, 0, formats[f], WIDTH, HEIGHT,
        GST_VIDEO_INFO_N_PLANES (&padded), padded.offset, padded.stride);

    GstVideoFrame from, to;
    g_assert_true (gst_video_frame_map (&from, &tight, expected_buffer, GST_MAP_READ));
    g_assert_true (gst_video_frame_map (&to, &tight, buffer, GST_MAP_WRITE));
    g_assert_cmpint (to.info.stride[0], >, from.info.stride[0]);
    g_assert_true (gst_video_frame_copy (&to, &from));
    gst_video_frame_unmap (&to);
    gst_video_frame_unmap (&from);

    g_autofree float *expected = tensor_of (expected_buffer, &tight);
    g_autofree float *found = tensor_of (buffer, &tight);
    g_assert_cmpmem (found, VALUES * sizeof (float), expected, VALUES * sizeof (float));
  }
}

/* Caps that say nothing of colour read as GStreamer's default for their size. */
static void
test_unknown_colour (void)
{
  const GstVideoFormat formats[] =
      { GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_GRAY8 };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    const GstVideoInfo rgb = format_info (GST_VIDEO_FORMAT_RGB, 96, 720);
    const GstVideoInfo usual = format_info (formats[f], 96, 720);
    GstVideoInfo silent = usual;
    g_autoptr (GstBuffer) source = picture (&rgb);
    g_autoptr (GstBuffer) buffer = converted (source, &rgb, &usual);

    silent.colorimetry.range = GST_VIDEO_COLOR_RANGE_UNKNOWN;
    silent.colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_UNKNOWN;
    silent.chroma_site = GST_VIDEO_CHROMA_SITE_UNKNOWN;
    g_autofree float *expected = tensor_of (buffer, &usual);
    g_autofree float *found = tensor_of (buffer, &silent);
    if (!is_near (gst_video_format_to_string (formats[f]), found, expected, 0.01))
      g_test_fail ();
  }
}

/* ---- GstVideoCropMeta ---- */

#define FULL_WIDTH 160
#define FULL_HEIGHT 120

/* What @from's buffer shows at @x, @y in frames of @to's size. */
static GstBuffer *
cut_out (GstBuffer * from, const GstVideoInfo * from_info, const GstVideoInfo * to, int x, int y)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, to->size, NULL);
  GstVideoFrame source, target;

  g_assert_true (gst_video_frame_map (&source, from_info, from, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&target, to, buffer, GST_MAP_WRITE));
  for (int row = 0; row < to->height; row++)
    memcpy ((guint8 *) target.data[0] + row * target.info.stride[0],
        (guint8 *) source.data[0] + (y + row) * source.info.stride[0] + 3 * x, 3 * to->width);
  gst_video_frame_unmap (&target);
  gst_video_frame_unmap (&source);
  return buffer;
}

/* A buffer as a decoder makes it: more than the caps say, and where in it the picture is. */
static void
add_crop (GstBuffer * buffer, const GstVideoInfo * info, int rows_per_row, guint x, guint y,
    guint width, guint height)
{
  GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);
  GstVideoInfo whole = *info;

  if (!crop) {
    gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_INFO_FORMAT (info), info->width,
        info->height * rows_per_row, GST_VIDEO_INFO_N_PLANES (info), whole.offset, whole.stride);
    crop = gst_buffer_add_video_crop_meta (buffer);
  }
  crop->x = x;
  crop->y = y * rows_per_row;
  crop->width = width;
  crop->height = height * rows_per_row;
}

/* A region of a larger frame reads as the same pixels in a frame of their own. */
static void
test_crop_meta (void)
{
  const char *const formats[] = { "NV12", "I420", "YV12", "YUY2", "RGB", "BGRx", "xRGB", "GRAY8",
    "UYVY", "Y42B", "Y444", "P010_10LE", "v210", "GBR"
  };

  for (guint f = 0; f < 2 * G_N_ELEMENTS (formats); f++) {
    const gboolean fields = f % 2;
    g_autofree char *caps = g_strdup_printf ("video/x-raw%s,format=%s,width=96,height=%d,framerate=25/1%s",
        fields ? "(format:Interlaced)" : "", formats[f / 2], fields ? 128 : 64,
        fields ? ",interlace-mode=alternate" : "");
    const GstVideoInfo info = info_of (caps);
    const GstVideoFormat format = GST_VIDEO_INFO_FORMAT (&info);
    const GstVideoInfo rgb = format_info (GST_VIDEO_FORMAT_RGB, FULL_WIDTH, FULL_HEIGHT);
    const GstVideoInfo full = format_info (format, FULL_WIDTH, FULL_HEIGHT);
    const GstVideoInfo small_rgb = format_info (GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
    const GstVideoInfo small = format_info (format, WIDTH, HEIGHT);
    g_autoptr (GstBuffer) source = picture (&rgb);
    g_autoptr (GstBuffer) buffer = converted (source, &rgb, &full);
    g_autoptr (GstBuffer) small_source = cut_out (source, &rgb, &small_rgb, 36, 22);
    g_autoptr (GstBuffer) small_buffer = converted (small_source, &small_rgb, &small);

    add_crop (buffer, &full, 1 + fields, 36, 22, WIDTH, HEIGHT);
    g_autofree float *expected = tensor_of (small_buffer, &info);
    g_autofree float *found = tensor_of (buffer, &info);
    if (!is_near (caps, found, expected, 0.25))
      g_test_fail ();
  }
}

/* One reader, frame by frame: cropped, cropped elsewhere, to another size, over the edge, not at all. */
static void
test_crop_changes (void)
{
  static const guint crops[][4] = { {36, 22, 96, 64}, {10, 40, 96, 64}, {37, 23, 61, 33},
  {120, 90, 96, 64}, {0, 0, G_MAXUINT, G_MAXUINT}, {159, 119, 1, 1}
  };
  const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_NV12,
    GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_Y42B
  };
  const CnxRecipe recipe = cnx_test_plain_recipe (SIDE);
  const GstVideoInfo rgb = format_info (GST_VIDEO_FORMAT_RGB, FULL_WIDTH, FULL_HEIGHT);
  g_autoptr (GstBuffer) source = picture (&rgb);

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    const GstVideoInfo full = format_info (formats[f], FULL_WIDTH, FULL_HEIGHT);
    const GstVideoInfo info = format_info (formats[f], WIDTH, HEIGHT);
    g_autoptr (GstBuffer) buffer = converted (source, &rgb, &full);
    g_autoptr (CnxFrameIn) in = cnx_frame_in_new (&info, &recipe, NULL);
    g_autofree float *found = g_new0 (float, VALUES);
    g_autoptr (GError) error = NULL;
    GstVideoFrame frame;

    for (guint i = 0; i < G_N_ELEMENTS (crops); i++) {
      const guint *crop = crops[i];
      const GstVideoInfo part = format_info (GST_VIDEO_FORMAT_RGB, MIN (crop[2], 160 - crop[0]),
          MIN (crop[3], 120 - crop[1]));
      g_autoptr (GstBuffer) cut = cut_out (source, &rgb, &part, crop[0], crop[1]);
      g_autofree float *expected = tensor_of (cut, &part);

      add_crop (buffer, &full, 1, crop[0], crop[1], crop[2], crop[3]);
      g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
      g_assert_true (cnx_frame_in_run (in, &frame, found, &error));
      gst_video_frame_unmap (&frame);
      if (!is_near (gst_video_format_to_string (formats[f]), found, expected, 1.5))
        g_test_fail ();
    }

    add_crop (buffer, &full, 1, 160, 0, 96, 64);
    g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
    g_assert_false (cnx_frame_in_run (in, &frame, found, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    gst_video_frame_unmap (&frame);

    gst_buffer_remove_meta (buffer, (GstMeta *) gst_buffer_get_video_crop_meta (buffer));
    g_autofree float *uncropped = tensor_of (buffer, &info);
    g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
    g_assert_true (cnx_frame_in_run (in, &frame, found, NULL));
    gst_video_frame_unmap (&frame);
    g_assert_cmpmem (found, VALUES * sizeof (float), uncropped, VALUES * sizeof (float));
  }
}

/* ---- direction ---- */

/* @buffer, turned by GStreamer's own element. Frames of 96 x 64 in RGB have no padding, whichever way up. */
static GstBuffer *
flipped (GstBuffer * buffer, GstVideoInfo * info, GstVideoOrientationMethod direction)
{
  g_autofree char *line = g_strdup_printf ("videoflip video-direction=%d", direction);
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_set_src_caps (h, gst_video_info_to_caps (info));
  GstBuffer *out = gst_harness_push_and_pull (h, gst_buffer_ref (buffer));
  g_assert_nonnull (out);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->sinkpad);
  g_assert_true (gst_video_info_from_caps (info, caps));
  gst_harness_teardown (h);
  return out;
}

static float *
upright_tensor (GstBuffer * buffer, const GstVideoInfo * info, const CnxRecipe * recipe,
    GstVideoOrientationMethod direction, gboolean pack)
{
  g_autoptr (CnxFrameIn) in = cnx_frame_in_new (info, recipe, NULL);
  float *tensor = g_new (float, (gsize) recipe->width * recipe->height * 3);
  CnxFramePlan *plan = NULL;
  GstVideoFrame frame;

  cnx_frame_in_set_direction (in, direction);
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  g_assert_true (pack ? cnx_frame_in_pack (in, &frame, tensor, &plan, NULL) :
      cnx_frame_in_run (in, &frame, tensor, NULL));
  g_assert_null (plan);
  gst_video_frame_unmap (&frame);
  return tensor;
}

/* Turning the tensor is turning the frame: for a square input and one that is not, and every direction. */
static void
test_direction (gconstpointer data)
{
  CnxRecipe recipe = cnx_test_plain_recipe (SIDE);
  const GstVideoInfo rgb = format_info (GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  g_autoptr (GstBuffer) source = picture (&rgb);

  recipe.crop_mode = GPOINTER_TO_INT (data);
  for (int height = SIDE; height >= SIDE / 2; height /= 2) {
    recipe.height = height;
    for (GstVideoOrientationMethod d = GST_VIDEO_ORIENTATION_IDENTITY; d < GST_VIDEO_ORIENTATION_AUTO; d++) {
      GstVideoInfo info = rgb;
      g_autoptr (GstBuffer) turned = flipped (source, &info, d);
      g_autofree float *expected = upright_tensor (turned, &info, &recipe, GST_VIDEO_ORIENTATION_AUTO, FALSE);
      g_autofree float *found = upright_tensor (source, &rgb, &recipe, d, d != GST_VIDEO_ORIENTATION_IDENTITY);
      double worst = 0, sum = 0;

      for (int i = 0; i < SIDE * height * 3; i++) {
        worst = MAX (worst, fabs (found[i] - expected[i]));
        sum += fabs (found[i] - expected[i]);
      }
      g_test_message ("direction %d, %d rows: at most %.4f levels off", d, height, worst);
      /* Levels are rounded between columns and rows; a crop by half a pixel, to the left or the top. */
      const gboolean crops = recipe.crop_mode == CNX_CROP_CENTER;
      g_assert_cmpfloat (worst, <=, crops ? 4 : 1);
      g_assert_cmpfloat (sum / (SIDE * height * 3), <, crops ? 2 : 0.2);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/framein/every-format", test_every_format);
  g_test_add_func ("/framein/odd-size", test_odd_size);
  g_test_add_func ("/framein/colours", test_colours);
  g_test_add_func ("/framein/interleaved", test_interleaved);
  g_test_add_func ("/framein/alternate", test_alternate);
  g_test_add_func ("/framein/padding", test_padding);
  g_test_add_func ("/framein/unknown-colour", test_unknown_colour);
  g_test_add_func ("/framein/crop-meta", test_crop_meta);
  g_test_add_func ("/framein/crop-changes", test_crop_changes);
  g_test_add_data_func ("/framein/direction/squash", GINT_TO_POINTER (CNX_CROP_SQUASH), test_direction);
  g_test_add_data_func ("/framein/direction/center", GINT_TO_POINTER (CNX_CROP_CENTER), test_direction);
  return g_test_run ();
}
