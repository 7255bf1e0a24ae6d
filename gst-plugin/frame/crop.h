/* How large the frame in a buffer is, and what of it is the picture. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/** Makes @width and @height, which the caps of @buffer say, those of the frame in whose pixels boxes on it count: where
 * a GstVideoCropMeta leaves only a part of that, they are what its GstVideoMeta says. */
void cnx_frame_size (GstBuffer * buffer, int *width, int *height);

/** What of @buffer, a frame of @info, is the picture: as much as the caps say, or what a GstVideoCropMeta says. In the
 * frame's pixels; of fields in buffers of their own, in those of both. May be empty. */
GstVideoRectangle cnx_frame_picture (GstBuffer * buffer, const GstVideoInfo * info);

G_END_DECLS
