/* How the labels of regions ride on a buffer. The only file that knows.
 *
 * All together in our meta (labelmeta.h), each a structure "region" that holds
 *   x, y, w, h (int, in the frame's pixels), id (gint64: what it is tracked by; -1: nothing), class (string: what it
 *   was detected as, or ""), running-time (guint64, of the frame that its labels came from; not there where it is
 *   unknown), and ids, labels and confidences as the meta has them,
 * and beside them width and height (int, of that frame: a scaler leaves all of it as it was; not there where they are
 *   unknown).
 * And each with what marks it. A GstVideoRegionOfInterestMeta gets a structure "classification" among its params, with
 *   ids, labels and confidences, model_name (string), and the best once more, as DL Streamer's readers look for it:
 *   label (string), label_id (int), confidence (double); not there without labels.
 * A GstAnalyticsODMtd gets a GstAnalyticsClsMtd, which it relates to (GStreamer's overlay follows that) and contains
 * (as DL Streamer writes it), and which is a part of it. */
#pragma once

#include "gst-plugin/labels/metalabels.h"

#if HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

G_BEGIN_DECLS

/** Room for what is read of a structure: of CnxMetaLabel, of CnxMetaRegion, and of all regions' CnxMetaLabel. */
typedef struct
{
  GArray *labels;
  GArray *regions, *regions_labels;
} CnxLabelRoom;

CnxLabelRoom cnx_label_room (void);
void cnx_label_room_clear (CnxLabelRoom * room);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CnxLabelRoom, cnx_label_room_clear)

/** Writes the regions of @labels, where it lists any or none, to the meta's structure @s. */
void cnx_region_meta_write (GstStructure * s, const CnxMetaLabels * labels);

/** Reads them again, to @labels, whose regions are @room's; strings stay the structure's. FALSE for what somebody else
 * wrote. */
gboolean cnx_region_meta_read (const GstStructure * s, CnxLabelRoom * room, CnxMetaLabels * labels);

/** The box of the @i-th region of @labels in the pixels of a frame of @width x @height: scaled as GStreamer's elements
 * scale a GstVideoRegionOfInterestMeta. As it is where one of both sizes is unknown, 0. What has cropped or turned the
 * frame since, or put borders around it, is not made up for. */
GstVideoRectangle cnx_region_meta_box (const CnxMetaLabels * labels, guint i, int width, int height);

/** Ties the labels of @region, by the model of that name, to what marks it on @buffer, which must be writable: @roi,
 * unless it is NULL, and the detection of that id in its GstAnalyticsRelationMeta, unless that is G_MAXUINT. */
void cnx_region_meta_tie (GstBuffer * buffer, GstVideoRegionOfInterestMeta * roi, guint detection, const char *model,
    const CnxMetaRegion * region);

#if HAVE_ANALYTICS
/** Whether the classification of that id in @meta is one of a region. */
gboolean cnx_region_meta_has (GstAnalyticsRelationMeta * meta, guint classification);
#endif

G_END_DECLS
