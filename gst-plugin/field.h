/* Properties whose values are kept in a struct, a member for each: by where the member is. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** The member at @field, whose type is that of @value: a uint, a double, a boolean, an enumeration, or a string that is
 * @field's own. */
void cnx_field_get (gconstpointer field, GValue * value);
/** Of a string it keeps a copy, and frees the one before. */
void cnx_field_set (gpointer field, const GValue * value);

/** Whether the member at @field is another than @value. */
gboolean cnx_field_differs (gconstpointer field, const GValue * value);

G_END_DECLS
