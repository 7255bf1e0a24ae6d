/* Points in time, as they are written down. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** @real_time, as g_get_real_time() has it, as RFC 3339 has it, in UTC, with @digits (1..6) of the second's parts: what
 * is beyond them is cut off. Returns: (nullable): NULL beyond the years that GLib knows. Free with g_free().
 * Thread-safe. */
char *cnx_time_text (gint64 real_time, int digits);

G_END_DECLS
