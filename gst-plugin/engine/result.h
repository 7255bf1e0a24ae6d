/* What a pass found, of a frame or of parts of one. */
#pragma once

#include "core/model/labels.h"
#include "core/model/model.h"
#include "gst-plugin/labels/metalabels.h"
#include "gst-plugin/regions/regions.h"

G_BEGIN_DECLS

/**
 * CnxResult:
 * @model: whose it is; the result keeps it
 * @running_time: what was given with the frame; G_MAXUINT64 if unknown
 * @made: when it was, as g_get_monotonic_time() tells
 * @pass: how long the network took, with its waiting for others', in ns
 * @reading: how long its frame took to be read by who ran the pass, in ns; 0: it was there already
 * @heat: where the first label's class was seen; NULL where that is not wanted, or there is no label
 * @parts: CnxPart, with labels all; NULL: it is of the frame
 * @width, @height: of the frame in whose pixels @parts are; 0 without them
 * @n, @labels: best first, or the one that stands and then the best; may be 0, and is with @parts
 *
 * What one forward pass found. Immutable; free with cnx_result_unref().
 */
typedef struct _CnxResult CnxResult;
struct _CnxResult
{
  CnxModel *model;
  guint64 running_time;
  gint64 made;
  guint64 pass;
  guint64 reading;
  CnxMetaHeat *heat;
  GPtrArray *parts;
  int width, height;
  guint n;
  CnxLabel labels[];
};

CnxResult *cnx_result_ref (CnxResult * result);
void cnx_result_unref (CnxResult * result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxResult, cnx_result_unref)

/**
 * CnxPart:
 * @frame: which one of its stream it is of, counted by who asks
 * @labels: what it was found to be, owned; NULL: it is yet to be classified
 *
 * A region that is classified by itself.
 */
typedef struct
{
  CnxRegion region;
  guint64 frame;
  CnxResult *labels;
} CnxPart;

/** Room for CnxPart. Free with g_ptr_array_unref(). */
GPtrArray *cnx_parts_new (void);
/** Appends one, with a reference of @labels. */
void cnx_parts_add (GPtrArray * parts, const CnxRegion * region, guint64 frame, CnxResult * labels);
/** One of @running_time that was made just now, with room for so many labels and none of them yet. */
CnxResult *cnx_result_new (CnxModel * model, guint room, guint64 running_time);
/** A result of @parts, which it takes, of a frame of @width x @height, without a pass. */
CnxResult *cnx_result_new_of (CnxModel * model, GPtrArray * parts, int width, int height, guint64 running_time);

/** @result as it rides on buffers; @items is room for its labels. What it points to is the result's and what is
 * given. */
CnxMetaLabels cnx_result_describe (const CnxResult * result, const char *stream, const char *source,
    CnxMetaLabel * items);

G_END_DECLS
