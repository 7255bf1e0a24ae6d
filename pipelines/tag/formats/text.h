/* Labels come out of model files that nobody vouches for: what of them a person is shown. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** @label on one line: UTF-8, each run of white space and line ends one space, none at the ends, other control
 * characters and what is no character as U+FFFD; without the invisible characters that turn the direction of what
 * follows, so that it cannot reorder the text around it. "class 17" for @id 17 where nothing is left, or @label is
 * NULL. Free with g_free(). Thread-safe. */
char *cnx_tag_plain_label (const char *label, int id);

/** Appends @text with & < > as XML's entities, which HTML and WebVTT have too: between tags, not in an attribute. */
void cnx_tag_append_escaped (GString * out, const char *text);

G_END_DECLS
