/* Hashing of text that comes out of a file. The function of GLib is known to whoever writes the file, and so are
 * thousands of names that it gives one value: a table keyed by them takes a time that grows with their number squared.
 * This one has a key that is drawn at random when the process first asks, so that nobody can choose such names. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SipHash-2-4 of @length bytes under @key (Aumasson and Bernstein, 2012). Thread-safe. */
guint64 cnx_siphash (const guint64 key[2], const char *bytes, gsize length);

/** The same under this process's own key. Thread-safe. */
guint64 cnx_name_hash64 (const char *name, gsize length);

/** A GHashFunc for text, in place of g_str_hash(). Thread-safe. */
guint cnx_name_hash (gconstpointer name);

G_END_DECLS
