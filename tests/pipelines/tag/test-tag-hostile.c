/* What a decoder's process says that a file has taken over: frames that are none, and messages that no decoder of ours
 * sends. */
#include "pipelines/tag/read/snapshot.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vips/vips.h>

#define ROOM (1 << 20)
#define WIDTH 62
#define HEIGHT 32

/* ---- frames ---- */

/* Memory that ends where nobody may read. */
static guint8 *
make_room (void)
{
  const gsize page = sysconf (_SC_PAGESIZE);
  guint8 *room = mmap (NULL, ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  g_assert_true (room != MAP_FAILED);
  g_assert_no_errno (mprotect (room + ROOM, page, PROT_NONE));
  return room;
}

/* Whether a small picture came of a frame of @info in the last @size bytes of @room. */
static gboolean
shoot (const GstVideoInfo * info, guint8 * room, gsize size, const gsize * offsets, const int *strides)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY, room + ROOM - size, size, 0,
      size, NULL, NULL);
  g_autoptr (CnxTagThumbs) thumbs = cnx_tag_thumbs_new (4);
  GstVideoFrame frame;

  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT (info), WIDTH, HEIGHT,
      GST_VIDEO_INFO_N_PLANES (info), (gsize *) offsets, (int *) strides);
  if (!gst_video_frame_map (&frame, info, buffer, GST_MAP_READ))
    return FALSE;
  cnx_snapshot_add (thumbs, 0, &frame, GST_VIDEO_ORIENTATION_IDENTITY);
  gst_video_frame_unmap (&frame);
  return cnx_tag_thumbs_list (thumbs)->len > 0;
}

/* As GStreamer lays it out, and not a byte more: a picture. Rows of a byte each, or that begin with the last bytes:
 * whatever comes of it, nobody reads what is not there. */
static void
shoot_format (GstVideoFormat format, guint8 * room)
{
  gsize offsets[GST_VIDEO_MAX_PLANES];
  int strides[GST_VIDEO_MAX_PLANES];
  GstVideoInfo info;

  gst_video_info_init (&info);
  if (!gst_video_info_set_format (&info, format, WIDTH, HEIGHT))
    return;
  g_test_message ("%s", gst_video_format_to_string (format));
  g_assert_true (shoot (&info, room, info.size, info.offset, info.stride));
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (&info); p++) {
    offsets[p] = MIN (info.offset[p], HEIGHT - 1);
    strides[p] = 1;
  }
  shoot (&info, room, HEIGHT, offsets, strides);
  shoot (&info, room, info.size, info.offset, strides);
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (&info); p++)
    offsets[p] = info.size - 4;
  g_assert_false (shoot (&info, room, info.size, offsets, info.stride));
  g_assert_false (shoot (&info, room, info.size / 4, info.offset, info.stride));
}

static void
test_snapshots (void)
{
  guint n;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);
  guint8 *room = make_room ();

  for (guint i = 0; i < n; i++)
    shoot_format (formats[i], room);
  munmap (room, ROOM + sysconf (_SC_PAGESIZE));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  gst_debug_set_default_threshold (GST_LEVEL_NONE);
  g_assert_cmpint (vips_init (argv[0]), ==, 0);
  g_test_add_func ("/tag/hostile/snapshots", test_snapshots);
  return g_test_run ();
}
