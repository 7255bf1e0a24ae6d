/* Regions to pictures that lie over a frame: a line around each, and a tag that says what it is. */
#pragma once

#include "gst-plugin/overlay/boxes.h"
#include "gst-plugin/overlay/canvas.h"

G_BEGIN_DECLS

/** Paints @boxes for frames of @info and adds what comes of it to @pictures, of GstVideoOverlayRectangle: of a box's
 * inside nothing, so that large ones cost little. Tags whose letters no font has are left away, and @legible set to
 * FALSE. */
void cnx_paint_boxes (const GArray * boxes, const GstVideoInfo * info, const CnxLooks * looks, GPtrArray * pictures,
    gboolean * legible);

G_END_DECLS
