/* How a frame lies in memory changes nothing of what is read of it: rows from any byte on, as far apart as they like,
 * upwards too, and with nothing behind the last one. */
#include "gst-plugin/frame/framein.h"
#include "core/error.h"
#include "tests/gst/elements.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH 81
#define HEIGHT 50
#define SIDE 32
#define VALUES (SIDE * SIDE * 3)

/* Room of @size bytes behind which a page begins that nobody may read. */
static guint8 *
room_new (gsize size, gsize * mapped)
{
  const gsize page = sysconf (_SC_PAGESIZE);
  const gsize pages = (size + page - 1) / page * page;
  guint8 *room = mmap (NULL, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  g_assert_true (room != MAP_FAILED);
  g_assert_cmpint (mprotect (room + pages, page, PROT_NONE), ==, 0);
  *mapped = pages + page;
  return room;
}

static int
rows_of (const GstVideoInfo * info, guint plane)
{
  int components[GST_VIDEO_MAX_COMPONENTS];

  gst_video_format_info_component (info->finfo, plane, components);
  return GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (info->finfo, components[0], info->height);
}

/* The pixels of @buffer, frames of @info, laid out as @layout says, in @size bytes at @data. */
static GstBuffer *
laid_out (GstBuffer * buffer, const GstVideoInfo * info, GstVideoInfo * layout, guint8 * data, gsize size)
{
  GstBuffer *to = gst_buffer_new_wrapped_full (0, data, size, 0, size, NULL, NULL);
  GstMapInfo map;

  gst_buffer_add_video_meta_full (to, 0, GST_VIDEO_INFO_FORMAT (info), info->width, info->height,
      GST_VIDEO_INFO_N_PLANES (info), layout->offset, layout->stride);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++)
    for (int row = 0; row < rows_of (info, p); row++)
      memcpy (data + (gssize) layout->offset[p] + (gssize) row * layout->stride[p],
          map.data + info->offset[p] + (gsize) row * info->stride[p], info->stride[p]);
  gst_buffer_unmap (buffer, &map);
  return to;
}

typedef struct
{
  const char *name;
  int start, between, apart;    /* bytes before the first plane, after each, and after each row */
  gboolean upwards;
} Way;

static const Way ways[] = {
  {"rows four bytes longer", 0, 0, 4, FALSE},
  {"from an odd byte on", 1, 3, 5, FALSE},
  {"upwards", 0, 0, 0, TRUE},
  {"upwards and apart", 2, 1, 7, TRUE},
};

/* Returns how many bytes that takes. */
static gsize
lay_out (const GstVideoInfo * info, const Way * way, GstVideoInfo * layout)
{
  gsize end = way->start;

  *layout = *info;
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++) {
    const int rows = rows_of (info, p);
    const int stride = info->stride[p] + way->apart;
    layout->offset[p] = end + (way->upwards ? (rows - 1) * stride : 0);
    layout->stride[p] = way->upwards ? -stride : stride;
    end += (gsize) rows * stride + way->between;
  }
  return end - way->between;
}

static gboolean
read_tensor (GstBuffer * buffer, const GstVideoInfo * info, float *tensor, GError ** error)
{
  const CnxRecipe recipe = cnx_test_plain_recipe (SIDE);
  g_autoptr (CnxFrameIn) in = cnx_frame_in_new (info, &recipe, NULL);
  GstVideoFrame frame;

  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  const gboolean read = cnx_frame_in_run (in, &frame, tensor, error);
  gst_video_frame_unmap (&frame);
  return read;
}

static void
crop_to (GstBuffer * buffer, guint width, guint height)
{
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);

  crop->width = width;
  crop->height = height;
}

/* Of these GStreamer takes what is at the end of a row from what follows it, wherever that is. */
static gboolean
is_read_in_words (const GstVideoFormatInfo * format)
{
  return GST_VIDEO_FORMAT_INFO_PSTRIDE (format, 0) == 0 || GST_VIDEO_FORMAT_INFO_W_SUB (format, 1) > 1;
}

/* Widths for which the converter's fast ways are taken, and not. */
static void
check_way (const GstVideoInfo * info, const Way * way, guint width)
{
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (info);
  g_autofree char *text = gst_caps_to_string (caps);
  g_autoptr (GstBuffer) plain = cnx_test_frame (text, 7, 0);
  float expected[VALUES], found[VALUES];
  GstVideoInfo layout;
  gsize mapped;

  const gsize size = lay_out (info, way, &layout);
  guint8 *room = room_new (size, &mapped);
  guint8 *data = room + mapped - sysconf (_SC_PAGESIZE) - size;
  GstBuffer *buffer = laid_out (plain, info, &layout, data, size);
  crop_to (plain, width, HEIGHT - 10);
  crop_to (buffer, width, HEIGHT - 10);
  g_test_message ("%s, %u of %d pixels, %s", gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)), width,
      info->width, way->name);
  g_assert_true (read_tensor (plain, info, expected, NULL));
  g_assert_true (read_tensor (buffer, info, found, NULL));
  if (!is_read_in_words (info->finfo))
    g_assert_cmpmem (found, sizeof found, expected, sizeof expected);
  gst_buffer_unref (buffer);
  munmap (room, mapped);
}

static void
test_every_layout (void)
{
  static const guint widths[] = { WIDTH, WIDTH - 1, WIDTH - 6, 33 };
  guint n;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  for (guint f = 0; f < n; f++) {
    const GstVideoFormatInfo *format = gst_video_format_get_info (formats[f]);
    GstVideoInfo info;

    if (GST_VIDEO_FORMAT_INFO_IS_TILED (format) || GST_VIDEO_FORMAT_INFO_HAS_PALETTE (format))
      continue;
    gst_video_info_init (&info);
    g_assert_true (gst_video_info_set_format (&info, formats[f], WIDTH, HEIGHT));
    info.fps_n = 25;
    info.fps_d = 1;
    for (guint w = 0; w < G_N_ELEMENTS (ways); w++)
      for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
        check_way (&info, &ways[w], widths[i]);
  }
}

/* A meta that says more than there is. */
static void
test_short (void)
{
  const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_I420,
    GST_VIDEO_FORMAT_AYUV, GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_v210, GST_VIDEO_FORMAT_NV12_4L4
  };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    float tensor[VALUES];
    g_autoptr (GError) error = NULL;
    GstVideoInfo info;

    gst_video_info_init (&info);
    g_assert_true (gst_video_info_set_format (&info, formats[f], 64, 64));
    const gsize size = info.size - (GST_VIDEO_FORMAT_INFO_IS_TILED (info.finfo) ? 1 : info.stride[0]);
    g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, size, NULL);
    gst_buffer_add_video_meta_full (buffer, 0, formats[f], 64, 64, GST_VIDEO_INFO_N_PLANES (&info), info.offset,
        info.stride);
    g_assert_false (read_tensor (buffer, &info, tensor, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    g_assert_nonnull (strstr (error->message, "too short"));
  }
}

/* A field's pixels are twice as high: a ratio near the end of its numbers is still one. */
static void
test_aspect_of_fields (void)
{
  const CnxRecipe recipe = cnx_test_plain_recipe (SIDE);
  g_autoptr (GError) error = NULL;
  GstVideoInfo info;

  gst_video_info_init (&info);
  g_assert_true (gst_video_info_set_interlaced_format (&info, GST_VIDEO_FORMAT_RGB,
          GST_VIDEO_INTERLACE_MODE_ALTERNATE, 64, 64));
  info.par_n = G_MAXINT - 1;
  info.par_d = G_MAXINT;
  g_autoptr (CnxFrameIn) in = cnx_frame_in_new (&info, &recipe, &error);
  g_assert_no_error (error);
  g_assert_nonnull (in);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/layout/every-layout", test_every_layout);
  g_test_add_func ("/layout/short", test_short);
  g_test_add_func ("/layout/aspect-of-fields", test_aspect_of_fields);
  return g_test_run ();
}
