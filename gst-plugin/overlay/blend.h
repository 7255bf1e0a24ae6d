/* Lays what is painted on a frame. */
#pragma once

#include <gst/video/video.h>
#include <gst/video/video-overlay-composition.h>

G_BEGIN_DECLS

/**
 * cnx_blend:
 * @composition: pictures without an alpha of their own for the whole of them
 * @frame: mapped for reading and writing
 * @x, @y: where on the frame the composition's corner lies
 *
 * What a picture comes to is kept with it, for the frames that follow. Returns: FALSE where a picture cannot be laid on
 * a frame of that format.
 */
gboolean cnx_blend (GstVideoOverlayComposition * composition, GstVideoFrame * frame, int x, int y);

G_END_DECLS
