/* What a driver compiled, in a file of the cache: a magic, the key, the SHA-256 and the size of what follows. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The binary that the folder @folder has for @key, "" with a @size of 0 where the driver keeps it itself. NULL where
 * there is none, or one that is not whole. Free with g_free(). */
guchar *cnx_cache_read_binary (int folder, const char *key, gsize * size);

/** Puts it there all at once; a cache that cannot be written is a debug message. */
void cnx_cache_write_binary (int folder, const char *key, const guchar * binary, gsize size);

G_END_DECLS
