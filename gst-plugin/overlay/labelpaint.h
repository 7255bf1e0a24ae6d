/* Lines of text to a picture that lies over a frame: Pango sets it, Cairo paints it. */
#pragma once

#include <gst/video/video.h>
#include <gst/video/video-overlay-composition.h>

G_BEGIN_DECLS

typedef enum
{
  CNX_POSITION_TOP_LEFT,
  CNX_POSITION_TOP_RIGHT,
  CNX_POSITION_BOTTOM_LEFT,
  CNX_POSITION_BOTTOM_RIGHT,
} CnxPosition;

/**
 * CnxPaintStyle:
 * @font: a Pango font description without a size; NULL: "Sans Bold"
 * @text_height: a line's height, in hundredths of the frame's height
 * @opacity: of the panel behind the text, 0..1
 * @position: the frame's corner
 */
typedef struct
{
  const char *font;
  double text_height;
  double opacity;
  CnxPosition position;
} CnxPaintStyle;

/** Paints @text (Pango markup, one label a line) for frames of @info, narrowed by its pixel aspect ratio so
 * that it looks right when displayed. NULL where the frame is too small to show anything, and, with @legible set to
 * FALSE, where no font has a letter of it. Free with gst_video_overlay_composition_unref(). */
GstVideoOverlayComposition *cnx_paint_labels (const char *text, const GstVideoInfo * info,
    const CnxPaintStyle * style, gboolean * legible);

G_END_DECLS
