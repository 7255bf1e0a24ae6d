/* How like each other two words are, for who wrote a name slightly wrong. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** How many letters must be put in, taken out or replaced to make @b of @a, case of ASCII aside (Levenshtein). Takes a
 * time that grows with both their lengths: not for text of any length. Thread-safe. */
guint cnx_edits (const char *a, const char *b);

G_END_DECLS
