#include "pipelines/tag/read/snapshot.h"

#include <string.h>

#include "gst-plugin/frame/direction.h"
#include "gst-plugin/frame/layout.h"

/* Twice as high as the small picture, which is made of it with more care. */
#define HEIGHT (2 * CNX_TAG_THUMB_HEIGHT)

int
cnx_snapshot_shown_width (const GstVideoInfo * info)
{
  const guint64 width = gst_util_uint64_scale_round (info->width, MAX (info->par_n, 1), MAX (info->par_d, 1));

  return CLAMP (width, 1, G_MAXINT);
}

/* The rows of @frame, which are a field's where it is one, as a picture of their own. FALSE where they are not all in
 * its memory: how they lie is what a decoder says. */
static gboolean
take_rows (const GstVideoFrame * frame, GstVideoFrame * rows, CnxLayoutCopy * copy)
{
  *rows = *frame;
  rows->info.height = GST_VIDEO_INFO_FIELD_HEIGHT (&frame->info);
  rows->info.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  rows->flags = GST_VIDEO_FRAME_FLAG_NONE;
  return cnx_layout_holds (rows, rows->info.width, rows->info.height)
      && cnx_layout_ease (rows, rows->info.width, rows->info.height, copy, NULL);
}

/* @rows scaled down, as packed RGB in square pixels, mapped in @small; FALSE where it cannot be. */
static gboolean
convert (const GstVideoFrame * rows, GstVideoInfo * info, GstBuffer ** buffer, GstVideoFrame * small)
{
  GstVideoConverter *converter = gst_video_converter_new ((GstVideoInfo *) & rows->info, info, NULL);

  if (!converter)
    return FALSE;
  *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  const gboolean ok = gst_video_frame_map (small, info, *buffer, GST_MAP_READWRITE);
  if (ok)
    gst_video_converter_frame (converter, rows, small);
  gst_video_converter_free (converter);
  return ok;
}

static gboolean
scale (const GstVideoFrame * frame, GstVideoInfo * info, GstBuffer ** buffer, GstVideoFrame * small)
{
  const GstVideoInfo *from = &frame->info;
  const int height = MIN (HEIGHT, from->height);
  const guint64 width = gst_util_uint64_scale_round (from->width, (guint64) height * MAX (from->par_n, 1),
      (guint64) from->height * MAX (from->par_d, 1));
  CnxLayoutCopy copy = { NULL, 0 };
  GstVideoFrame rows;

  gst_video_info_set_format (info, GST_VIDEO_FORMAT_RGB, CLAMP (width, 1, 8 * HEIGHT), height);
  info->fps_n = from->fps_n;
  info->fps_d = from->fps_d;
  const gboolean ok = take_rows (frame, &rows, &copy) && convert (&rows, info, buffer, small);
  g_free (copy.bytes);
  return ok;
}

/* The pixels of @small by @direction, rows without gaps; its sides to @width and @height. Free with g_free(). */
static guint8 *
turn (const GstVideoFrame * small, GstVideoOrientationMethod method, int *width, int *height)
{
  const int w = small->info.width, h = small->info.height, stride = GST_VIDEO_FRAME_PLANE_STRIDE (small, 0);
  const guint8 *pixels = GST_VIDEO_FRAME_PLANE_DATA (small, 0);
  const CnxDirection direction = cnx_direction_of (method);
  guint8 *out = g_new (guint8, 3 * (gsize) w * h), *to = out;

  *width = direction.swaps ? h : w;
  *height = direction.swaps ? w : h;
  for (int y = 0; y < *height; y++) {
    for (int x = 0; x < *width; x++, to += 3) {
      int row, column;
      cnx_direction_find (&direction, w, h, x, y, &column, &row);
      memcpy (to, pixels + row * (gsize) stride + 3 * column, 3);
    }
  }
  return out;
}

void
cnx_snapshot_add (CnxTagThumbs * thumbs, double time, GstVideoFrame * frame, GstVideoOrientationMethod direction)
{
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GError) error = NULL;
  GstVideoFrame small;
  GstVideoInfo info;
  int width, height;

  if (!scale (frame, &info, &buffer, &small))
    return;
  g_autofree guint8 *pixels = turn (&small, direction, &width, &height);
  gst_video_frame_unmap (&small);
  if (!cnx_tag_thumbs_add (thumbs, time, pixels, width, height, 3 * width, &error))
    g_debug ("no small picture: %s", error->message);
}
