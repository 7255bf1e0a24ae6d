/* A frame of a film as a small picture for the report. */
#pragma once

#include <gst/video/video.h>

#include "pipelines/tag/formats/thumb.h"

G_BEGIN_DECLS

/** How wide a frame is in square pixels that are as high as its own. */
int cnx_snapshot_shown_width (const GstVideoInfo * info);

/** Adds @frame, which is mapped for reading, turned upright by @direction, to @thumbs. A frame that no small picture
 * can be made of is left out. */
void cnx_snapshot_add (CnxTagThumbs * thumbs, double time, GstVideoFrame * frame,
    GstVideoOrientationMethod direction);

G_END_DECLS
