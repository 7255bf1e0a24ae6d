/* What labelmeta.h writes to a buffer, and reads from one. */
#pragma once

#include <gst/video/video.h>

#include "gst-plugin/labels/metaheat.h"

G_BEGIN_DECLS

typedef struct
{
  int id;
  const char *label;
  double confidence;
} CnxMetaLabel;

/**
 * CnxMetaRegion:
 * @box: in the pixels of the frame that was classified, as it lies; see cnx_region_meta_box()
 * @id: what it is tracked by from frame to frame; -1: nothing
 * @kind: what it was detected as, or ""
 * @running_time: of the frame that its labels came from; GST_CLOCK_TIME_NONE if unknown
 * @n, @labels: best first; may be 0
 */
typedef struct
{
  GstVideoRectangle box;
  gint64 id;
  const char *kind;
  GstClockTime running_time;
  guint n;
  const CnxMetaLabel *labels;
} CnxMetaRegion;

/**
 * CnxMetaLabels:
 * @model: the model's name, or NULL where another element's classification holds none
 * @stream: the stream's id, or ""
 * @running_time: of the frame the labels came from, GST_CLOCK_TIME_NONE if unknown
 * @n, @labels: best first; may be 0 (a frame that was classified, with nothing above the threshold)
 * @source: what the user calls where the stream comes from, or "" or NULL
 * @pass: how long the network took, with its waiting for others, in ns; 0: unknown
 * @regions, @n_regions: of the frame that carries them; may be 0 of them. NULL: it is the frame that was classified
 * @heat: where the first label was seen, or NULL
 * @width, @height: of the frame in whose pixels the regions' boxes are; 0: unknown, or there are no regions
 */
typedef struct
{
  const char *model;
  const char *stream;
  GstClockTime running_time;
  guint n;
  const CnxMetaLabel *labels;
  const char *source;
  guint64 pass;
  guint n_regions;
  const CnxMetaRegion *regions;
  CnxMetaHeat *heat;
  int width, height;
} CnxMetaLabels;

G_END_DECLS
