/* What GKeyFile passes over in a text of groups and keys, or tells in words that repeat it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Whether each of @text's lines is a group, a key with its value, or nothing, each group is there once, and so is each
 * key of a group, of which GKeyFile would take the last. Errors: CNX_ERROR_INPUT, with the number of the line, and no
 * more of it than names that can be shown. */
gboolean cnx_lines_check (const char *text, GError ** error);

G_END_DECLS
