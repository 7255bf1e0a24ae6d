/* What both sides of frames.h agree on. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/** Frames on their way, at most. */
#define CNX_FRAMES_SLOTS 4

/** A buffer's flags that say how its rows lie. */
#define CNX_FRAMES_FLAGS (GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF | GST_VIDEO_BUFFER_FLAG_RFF \
    | GST_VIDEO_BUFFER_FLAG_ONEFIELD)

G_END_DECLS
