/* Where an output goes: a name in a folder, which the file gets once it is whole. Until then it has a random one of
 * this program's, made by it and nobody else: a folder may be somebody else's, and full of links. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CnxPlace CnxPlace;

/** The place called @name in @folder. Touches nothing. Free with cnx_place_free(), which removes what was written and
 * not put. */
CnxPlace *cnx_place_new (const char *folder, const char *name);
void cnx_place_free (CnxPlace * place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxPlace, cnx_place_free)

/** The path, for messages; valid until cnx_place_follow(). */
const char *cnx_place_path (const CnxPlace * place);

/** Where a link has the name, what it points at is the place from now on: a file in or below the folder @within.
 * Errors: CNX_ERROR_INPUT for a link that leads anywhere else; G_FILE_ERROR. */
gboolean cnx_place_follow (CnxPlace * place, const char *within, GError ** error);

/** What is there, at most @most bytes of a regular file, whose permissions the new one will have. NULL without an error
 * where nothing is. Free with g_bytes_unref(). Errors: CNX_ERROR_FORMAT for what is no such file; G_FILE_ERROR. */
GBytes *cnx_place_read (CnxPlace * place, gsize most, GError ** error);

/** Adds to the file; the first call makes the folder and it. Errors: G_FILE_ERROR; CNX_ERROR_INPUT where a file has the
 * name that may not be written to. */
gboolean cnx_place_write (CnxPlace * place, const char *text, gsize size, GError ** error);

/** Whether anything was written. */
gboolean cnx_place_is_begun (const CnxPlace * place);

/** What has the name when the file is put there is called NAME~ from then on. */
void cnx_place_keep_old (CnxPlace * place);

/** Has the disk take what was written: begins with it, and waits for it. Errors: G_FILE_ERROR. */
void cnx_place_begin_sync (CnxPlace * place);
gboolean cnx_place_sync (CnxPlace * place, GError ** error);

/** Gives the file its name, in the stead of what has it. Errors: G_FILE_ERROR, and nothing is left. */
gboolean cnx_place_put (CnxPlace * place, GError ** error);

/** Has the disk take the name, too. Errors: G_FILE_ERROR. */
gboolean cnx_place_sync_folder (CnxPlace * place, GError ** error);

/** Removes from @folder the files that killed runs did not put; those that another one writes stay. */
void cnx_place_sweep (const char *folder);

/** Opens the regular file @name in @folder for reading: no link, nothing that waits, no name with a folder in it.
 * Returns a descriptor, below 0 for an error in errno. */
int cnx_place_open_file (const char *folder, const char *name);

G_END_DECLS
