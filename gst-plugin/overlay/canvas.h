/* A picture that lies over a part of a frame: Cairo paints it, Pango sets its letters. */
#pragma once

#include <gst/video/video.h>
#include <gst/video/video-overlay-composition.h>
#include <pango/pangocairo.h>

G_BEGIN_DECLS

/** Of a colour's opacity, where a word is less than a label. */
#define CNX_PALE 0.75

/**
 * CnxCanvas:
 * @cr: paints in pixels as they are displayed, square, from the picture's corner on
 * @pixels, @width, @height, @stride: ARGB of the frame's pixels
 */
typedef struct
{
  cairo_t *cr;
  guint8 *pixels;
  int width, height, stride;
} CnxCanvas;

/** How many of a frame's pixels lie in a row on the width of one as it is displayed. */
double cnx_canvas_narrow (const GstVideoInfo * info);

/** An empty picture of @width x @height frame pixels. FALSE where there is no memory for it. */
gboolean cnx_canvas_begin (CnxCanvas * canvas, int width, int height, double narrow);

/** Ends what cnx_canvas_begin() began: the picture with its corner at @x, @y. */
GstVideoOverlayRectangle *cnx_canvas_end (CnxCanvas * canvas, int x, int y);

/** Paints with 0xAARRGGBB from now on, of which @share (0..1) is there. */
void cnx_canvas_set_colour (CnxCanvas * canvas, guint32 colour, double share);

/** Fills a rectangle with round corners; a @radius that is too large for it is made smaller. */
void cnx_canvas_fill_rounded (CnxCanvas * canvas, double x, double y, double width, double height, double radius);

/** Letters for lines of that many pixels in @font, a Pango font description without a size; NULL or "": "Sans Bold".
 * Free with g_object_unref(). */
PangoLayout *cnx_letters_new (double line, const char *font);

/** How many letters there are, and for how many of them no font has one: those become boxes. Adds to @letters and
 * @unknown. */
void cnx_letters_count (PangoLayout * layout, int *letters, int *unknown);

/** What is wider than @pixels loses its end or middle, as @mode has it. */
void cnx_letters_fit (PangoLayout * layout, double pixels, PangoEllipsizeMode mode);

G_END_DECLS
