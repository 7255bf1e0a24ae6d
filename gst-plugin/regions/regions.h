/* The regions of a frame that elements upstream have marked: GstVideoRegionOfInterestMeta, and on GStreamer >= 1.24
 * GstAnalyticsODMtd. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

#define CNX_REGION_NO_ID (-1)

/**
 * CnxRegion:
 * @box: in the frame's pixels, as it lies; within the picture, with at least one pixel
 * @id: what it is tracked by, from frame to frame, above or at 0; CNX_REGION_NO_ID: nobody tracks it
 * @kind: what it was detected as; 0: that is not said
 *
 * A plain value.
 */
typedef struct
{
  GstVideoRectangle box;
  gint64 id;
  GQuark kind;
} CnxRegion;

#define CNX_NO_DETECTION G_MAXUINT

/**
 * CnxMarkedRegion:
 * @roi: what marks it, the buffer's; NULL: no such meta does
 * @detection: the id of the GstAnalyticsODMtd that does, in the buffer's GstAnalyticsRelationMeta; CNX_NO_DETECTION:
 *   none does
 */
typedef struct
{
  CnxRegion region;
  GstVideoRegionOfInterestMeta *roi;
  guint detection;
} CnxMarkedRegion;

/**
 * CnxRegionRule:
 * @kinds: only those that were detected as one of these: names with commas between; NULL or "": any
 * @shortest: only those whose shorter side, of what is within the picture, has at least so many pixels
 * @most: at most so many, the largest
 */
typedef struct
{
  const char *kinds;
  guint shortest;
  guint most;
} CnxRegionRule;

/** The regions marked on @buffer, a frame of @info, that @rule lets pass, in the order that they were marked in. What
 * lies beyond the picture is cut off. Those that are empty, have a negative size, end beyond what an int holds or lie
 * outside are passed over. One that both kinds of meta mark, with the same box and name, is there once. An id that is
 * there twice tracks nothing. Free with g_array_unref(); of CnxMarkedRegion. */
GArray *cnx_regions_collect (GstBuffer * buffer, const GstVideoInfo * info, const CnxRegionRule * rule);

/** How much of what two boxes cover both do: 0 (they do not touch) .. 1 (they are the same). */
double cnx_regions_overlap (const GstVideoRectangle * a, const GstVideoRectangle * b);

G_END_DECLS
