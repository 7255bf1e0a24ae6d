/* How labels ride on a buffer. The only file that knows.
 *
 * Always: a GstCustomMeta "convnext-labels" whose GstStructure holds
 *   model (string), running-time (guint64, of the frame that was classified; not there where it is unknown), stream
 *   (string), source (string: what the user calls it, or ""), pass (guint64: how many ns that took; not there where it
 *   is unknown),
 *   ids (GstValueArray of gint), labels (GstValueArray of string), confidences (GstValueArray of double),
 * best first; where regions of the frame were classified, and not the frame,
 *   regions (GstValueArray of structures), width and height (int): regionmeta.h;
 * and where it was asked for
 *   heatmap and the fields beside it (metaheat.h): where in the frame the first label was seen.
 * Each classification has a meta of its own; the first one of a buffer also holds what was added after it,
 *   others (GstValueArray of structures with these fields),
 * for bindings that see one meta of a name. On GStreamer >= 1.24 also a GstAnalyticsRelationMeta with one
 * GstAnalyticsClsMtd, or one for each region. */
#pragma once

#include <gst/gst.h>

#include "gst-plugin/labels/metalabels.h"

G_BEGIN_DECLS

#define CNX_LABEL_META_NAME "convnext-labels"

/** Registers the custom meta, unless a plugin or a program in this process has. Call it once, before it is used. */
void cnx_label_meta_register (void);

/** Adds @labels to @buffer, which must be writable (its memory need not be). */
void cnx_label_meta_add (GstBuffer * buffer, const CnxMetaLabels * labels);

/** Called for each classification on a buffer; strings live only during the call, the heat map as long as somebody
 * holds it. Return FALSE to stop. */
typedef gboolean (*CnxLabelMetaFunc) (const CnxMetaLabels * labels, gpointer user_data);

/** Walks every classification on @buffer in the order added: ours, and on GStreamer >= 1.24 those of other
 * elements (a GstAnalyticsClsMtd that repeats one of ours, or is of a region, is passed over). Returns how many there
 * were. */
guint cnx_label_meta_foreach (GstBuffer * buffer, CnxLabelMetaFunc func, gpointer user_data);

/** The structure that `post-messages` puts on the bus: the meta's fields, named "convnext". */
GstStructure *cnx_label_meta_to_structure (const CnxMetaLabels * labels);

G_END_DECLS
