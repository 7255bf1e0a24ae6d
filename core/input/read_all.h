/* All bytes of a file, a pipe or a device, up to a bound; and how to open one without waiting for ever. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Opens @path to be read. A pipe with a name is refused, for nobody may ever write to it; those that are open already
 * (/dev/stdin, /dev/fd/3) are not. Returns the descriptor; -1 and G_FILE_ERROR. */
int cnx_open_for_reading (const char *path, GError ** error);

/** Reads @path until it ends, or has given more than @most bytes: then @length is @most + 1. What is read grows with
 * what comes, whatever @most is. Free with g_free(). Errors: G_FILE_ERROR. */
char *cnx_read_all (const char *path, gsize most, gsize * length, GError ** error);

G_END_DECLS
