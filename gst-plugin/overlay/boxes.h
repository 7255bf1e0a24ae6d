/* The classified regions of a frame, to be drawn: a description, which is painted where it is not the same as the one
 * before. */
#pragma once

#include <gst/video/video.h>

#include "gst-plugin/overlay/looks.h"

G_BEGIN_DECLS

/** More are not drawn: nobody could tell them apart. */
#define CNX_BOXES_MOST 64

/**
 * CnxBox:
 * @left, @top, @right, @bottom: in the picture's pixels, right and bottom exclusive; they may lie outside of it
 * @text: its best label that @looks lets through, else what the detector took it for, as a line of valid UTF-8
 * @figure: what stands behind it, paler; NULL: nothing
 */
typedef struct
{
  int left, top, right, bottom;
  char *text, *figure;
} CnxBox;

/** The regions of @buffer, a frame of @info, that were classified: GstVideoRegionOfInterestMeta with a param
 * "classification" that holds `labels` (GstValueArray of string) and `confidences` (GstValueArray of double), best
 * first. Where there are none, and a classification @lists regions, those, scaled to the frame. @rows_apart: of the
 * frame's rows, in which they count, how many lie between two of the picture's. An array of CnxBox. Free with
 * g_array_unref(). */
GArray *cnx_boxes_read (GstBuffer * buffer, const GstVideoInfo * info, const CnxLooks * looks, int rows_apart,
    gboolean lists);

/** None. */
GArray *cnx_boxes_new (void);

/** Whether they look the same. @b may be NULL. */
gboolean cnx_boxes_equal (const GArray * a, const GArray * b);

G_END_DECLS
