/* A panel to a picture that lies over a frame. */
#pragma once

#include "gst-plugin/overlay/canvas.h"
#include "gst-plugin/overlay/panel.h"

G_BEGIN_DECLS

/** Paints @panel in its corner for frames of @info, narrowed by their pixel aspect ratio so that it looks right when
 * displayed. NULL where the frame is too small to show anything, or the panel shows nothing, and, with @legible set to
 * FALSE, where no font has a letter of it. Free with gst_video_overlay_rectangle_unref(). */
GstVideoOverlayRectangle *cnx_paint_panel (const GArray * panel, const GstVideoInfo * info, const CnxLooks * looks,
    gboolean * legible);

G_END_DECLS
