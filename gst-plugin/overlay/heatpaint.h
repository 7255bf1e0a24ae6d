/* A heat map to a picture that lies over a frame. */
#pragma once

#include <gst/video/video.h>
#include <gst/video/video-overlay-composition.h>

#include "gst-plugin/labels/metaheat.h"
#include "gst-plugin/overlay/looks.h"

G_BEGIN_DECLS

/** How much of the frame is hidden where the map is 1. */
#define CNX_HEAT_OPACITY 0.75

/** The colour of @value, 0..1, as 0xAARRGGBB, not premultiplied: from dark blue over grey to yellow, lighter all the
 * way, which those who are blind to red or green tell apart as others do, and from nothing to CNX_HEAT_OPACITY. */
guint32 cnx_heat_colour (double value);

/** The first heat map on @buffer whose label @looks lets through; NULL where there is none. Free with
 * cnx_meta_heat_unref(). */
CnxMetaHeat *cnx_heat_read (GstBuffer * buffer, const CnxLooks * looks);

/** Paints @heat, smoothly, over that part of a frame of @info that it covers. NULL where that lies outside, where it is
 * zero all over, and where there is no memory for it. Free with gst_video_overlay_rectangle_unref(). */
GstVideoOverlayRectangle *cnx_paint_heat (const CnxMetaHeat * heat, const GstVideoInfo * info);

G_END_DECLS
