/* Lines of text to a picture that lies over a frame: Pango sets it, Cairo paints it. */
#pragma once

#include <gst/video/video.h>
#include <gst/video/video-overlay-composition.h>

#include "gst-plugin/overlay/looks.h"

G_BEGIN_DECLS

/** Paints @text (Pango markup, one label a line) for frames of @info, narrowed by its pixel aspect ratio so
 * that it looks right when displayed. NULL where the frame is too small to show anything, and, with @legible set to
 * FALSE, where no font has a letter of it. Free with gst_video_overlay_composition_unref(). */
GstVideoOverlayComposition *cnx_paint_labels (const char *text, const GstVideoInfo * info,
    const CnxLooks * looks, gboolean * legible);

G_END_DECLS
