#include "gst-plugin/frame/crop.h"

void
cnx_frame_size (GstBuffer * buffer, int *width, int *height)
{
  const GstVideoMeta *meta = gst_buffer_get_video_crop_meta (buffer) ? gst_buffer_get_video_meta (buffer) : NULL;

  if (!meta)
    return;
  *width = MIN (meta->width, G_MAXINT);
  *height = MIN (meta->height, G_MAXINT);
}

GstVideoRectangle
cnx_frame_picture (GstBuffer * buffer, const GstVideoInfo * info)
{
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);
  const gboolean fields = GST_VIDEO_INFO_INTERLACE_MODE (info) == GST_VIDEO_INTERLACE_MODE_ALTERNATE;
  const guint odd = fields ? 1 : 0;     /* whole rows of one field */
  int width = info->width, height = info->height;

  if (!crop)
    return (GstVideoRectangle) { 0, 0, width, height };
  cnx_frame_size (buffer, &width, &height);
  const guint x = MIN (crop->x, (guint) width), y = MIN (crop->y & ~odd, (guint) height);
  return (GstVideoRectangle) { x, y, MIN (crop->width, width - x), MIN (crop->height & ~odd, height - y) };
}
