/* Passwords and tokens, which stand in files of their own. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** A text that cnx_secret_free() wipes. */
typedef char CnxSecret;

/** The first line of the regular file @path, of at most 4 KiB, without its end. Errors: CNX_ERROR_NOT_FOUND and
 * CNX_ERROR_FORMAT as cnx_input_file_load() has them, CNX_ERROR_INPUT where that line is empty or has a NUL in it; with
 * the path, and nothing of what the file holds. Free with cnx_secret_free(). */
CnxSecret *cnx_secret_load (const char *path, GError ** error);

/** Leaves nothing of it in memory; NULL: nothing is done. */
void cnx_secret_free (CnxSecret * secret);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxSecret, cnx_secret_free)

G_END_DECLS
