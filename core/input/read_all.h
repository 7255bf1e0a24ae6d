/* All bytes of a file, a pipe or a device, up to a bound. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Reads @path until it ends, or has given more than @most bytes: then @length is @most + 1. What is read grows with
 * what comes, whatever @most is. Free with g_free(). Errors: G_FILE_ERROR. */
char *cnx_read_all (const char *path, gsize most, gsize * length, GError ** error);

G_END_DECLS
