/* The three arrays of labels that our structures hold. For labelmeta.c and regionmeta.c alone. */
#pragma once

#include "gst-plugin/labels/metalabels.h"

G_BEGIN_DECLS

/** Sets ids, labels and confidences of @s to those of @n @labels. */
void cnx_label_fields_write (GstStructure * s, const CnxMetaLabel * labels, guint n);

/** Appends the labels in @s to @items, of CnxMetaLabel; their strings stay the structure's. FALSE where a field is
 * missing, has another type, or the arrays differ in length. */
gboolean cnx_label_fields_read (const GstStructure * s, GArray * items);

/** Appends a value of @type, given as for g_object_set(), to @array. */
void cnx_label_fields_append (GValue * array, GType type, ...);

G_END_DECLS
