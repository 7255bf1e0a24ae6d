/* A frame of a film as a small picture for the report. */
#pragma once

#include <gst/video/video.h>

#include "pipelines/tag/formats/thumb.h"

G_BEGIN_DECLS

/** Adds @frame, which is mapped for reading, turned upright by @direction, to @thumbs. A frame that no small picture
 * can be made of is left out. */
void cnx_snapshot_add (CnxTagThumbs * thumbs, double time, GstVideoFrame * frame,
    GstVideoOrientationMethod direction);

G_END_DECLS
