#include "gst-plugin/frame/layout.h"
#include "core/error.h"

#include <string.h>

#define ALIGNMENT 8
#define SPARE 16                /* at least; bytes behind a copied plane */
#define PALETTE_BYTES (256 * 4)

/* The rows of a plane. Those of a tiled one count as one, and so does a palette. */
typedef struct
{
  gint64 stride;
  gint64 rows, bytes;           /* bytes of each that hold pixels */
  gint64 least;                 /* of the last one, as many must be there */
} Plane;

/* Whether @plane's pixels lie across bytes, or four of them share a colour: what is read in words. */
static gboolean
is_read_in_words (const GstVideoFormatInfo * format, guint plane)
{
  for (guint c = 0; c < format->n_components; c++)
    if (format->plane[c] == plane && (format->pixel_stride[c] == 0 || format->w_sub[c] > 1))
      return TRUE;
  return FALSE;
}

/* Up to the end of @plane's last pixel in a row, or of the last component that it has; 0 where pixels lie across bytes.
 * GStreamer does not say of every format where in a pixel its components are. */
static gint64
bytes_of_row (const GstVideoFormatInfo * format, guint plane, int width)
{
  gint64 end = 0;

  for (guint c = 0; c < format->n_components; c++) {
    if (format->plane[c] != plane)
      continue;
    if (format->pixel_stride[c] == 0)
      return 0;
    const gint64 last = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (format, c, width) - 1;
    const int held = (int) (format->shift[c] + format->depth[c] + 7) / 8;
    const int ends = format->poffset[c] ? (int) format->poffset[c] + held : format->pixel_stride[c];
    end = MAX (end, last * format->pixel_stride[c] + ends);
  }
  return end;
}

/* FALSE where there are fewer tiles than the picture needs. */
static gboolean
measure_tiles (const GstVideoFormatInfo * format, guint p, int stride, int usual, Plane * plane)
{
  const gint64 across = GST_VIDEO_TILE_X_TILES (stride), down = GST_VIDEO_TILE_Y_TILES (stride);

  plane->bytes = plane->least = across * down * GST_VIDEO_FORMAT_INFO_TILE_SIZE (format, p);
  return across >= GST_VIDEO_TILE_X_TILES (usual) && down >= GST_VIDEO_TILE_Y_TILES (usual);
}

/* FALSE where that many pixels cannot be there. */
static gboolean
measure (const GstVideoFrame * frame, guint p, int width, int height, Plane * plane)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  int components[GST_VIDEO_MAX_COMPONENTS];
  GstVideoInfo usual;

  *plane = (Plane) {.rows = 1,.stride = frame->info.stride[p],.bytes = PALETTE_BYTES,.least = PALETTE_BYTES };
  if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE (format) && p == 1)
    return TRUE;
  gst_video_info_init (&usual);
  if (!gst_video_info_set_format (&usual, GST_VIDEO_FRAME_FORMAT (frame), width, height))
    return FALSE;
  if (GST_VIDEO_FORMAT_INFO_IS_TILED (format))
    return measure_tiles (format, p, frame->info.stride[p], usual.stride[p], plane);
  gst_video_format_info_component (format, p, components);
  plane->rows = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (format, components[0], height);
  plane->bytes = plane->least = bytes_of_row (format, p, width);
  if (plane->bytes == 0) {      /* as much as GStreamer itself allows for, the last row perhaps without its padding */
    plane->bytes = usual.stride[p];
    plane->least = 1;
  }
  return plane->rows == 1 || ABS (plane->stride) >= plane->least;
}

/* How many bytes there are before and behind the plane's first row's beginning. FALSE where that is not known. */
static gboolean
find_memory (const GstVideoFrame * frame, guint p, gint64 * before, gint64 * behind)
{
  const GstMapInfo *map = &frame->map[frame->meta ? p : 0];
  const guint8 *data = frame->data[p];

  if (!map->data || data < map->data || data > map->data + map->size)
    return FALSE;
  *before = data - map->data;
  *behind = map->data + map->size - data;
  return TRUE;
}

gboolean
cnx_layout_holds (const GstVideoFrame * frame, int width, int height)
{
  for (guint p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++) {
    gint64 before, behind;
    Plane plane;

    if (!measure (frame, p, width, height, &plane))
      return FALSE;
    const gint64 last = (plane.rows - 1) * plane.stride;
    if (find_memory (frame, p, &before, &behind)
        && (MIN (last, 0) < -before || MAX (last, 0) + plane.least > behind))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_easy (const GstVideoFrame * frame, guint p, const Plane * plane)
{
  gint64 before, behind;

  if (plane->stride < 0 || plane->stride % ALIGNMENT != 0 || GPOINTER_TO_SIZE (frame->data[p]) % ALIGNMENT != 0)
    return FALSE;
  return !is_read_in_words (frame->info.finfo, p) || (find_memory (frame, p, &before, &behind)
      && MAX ((plane->rows - 1) * plane->stride, 0) + plane->bytes + SPARE <= behind);
}

static gint64
rounded_up (gint64 bytes)
{
  return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* To @to, each row rounded up and the last one SPARE longer, with zeros where there was nothing. */
static void
copy_rows (const GstVideoFrame * frame, guint p, const Plane * plane, guint8 * to)
{
  const gint64 pitch = rounded_up (plane->bytes);
  gint64 before, behind = G_MAXINT64;

  find_memory (frame, p, &before, &behind);
  for (gint64 row = 0; row < plane->rows; row++, to += pitch) {
    const gint64 at = row * plane->stride, held = MIN (plane->bytes, behind - at);
    memcpy (to, (const guint8 *) frame->data[p] + at, held);
    memset (to + held, 0, pitch - held);
  }
  memset (to, 0, SPARE);
}

static gboolean
make_room (CnxLayoutCopy * copy, gsize size, GError ** error)
{
  if (size <= copy->size)
    return TRUE;
  g_clear_pointer (&copy->bytes, g_free);
  copy->bytes = cnx_try_new (size, 1, "a copy of a frame", error);
  copy->size = copy->bytes ? size : 0;
  return copy->bytes != NULL;
}

gboolean
cnx_layout_ease (GstVideoFrame * frame, int width, int height, CnxLayoutCopy * copy, GError ** error)
{
  const guint n = GST_VIDEO_FRAME_N_PLANES (frame);
  Plane planes[GST_VIDEO_MAX_PLANES];
  gint64 offsets[GST_VIDEO_MAX_PLANES], size = 0;
  gboolean easy = TRUE;

  for (guint p = 0; p < n; p++) {
    measure (frame, p, width, height, &planes[p]);
    easy = easy && is_easy (frame, p, &planes[p]);
    offsets[p] = size;
    size += planes[p].rows * rounded_up (planes[p].bytes) + SPARE;
  }
  if (easy)
    return TRUE;
  if (!make_room (copy, size, error))
    return FALSE;
  for (guint p = 0; p < n; p++) {
    copy_rows (frame, p, &planes[p], copy->bytes + offsets[p]);
    frame->data[p] = copy->bytes + offsets[p];
    if (planes[p].rows > 1)     /* a tiled plane's says how many tiles there are */
      frame->info.stride[p] = rounded_up (planes[p].bytes);
  }
  return TRUE;
}
