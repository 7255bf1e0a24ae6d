/* A file that nobody vouches for, read piece by piece where bytes are asked for: it is neither copied whole nor mapped.
 * A mapping would spare one copy in the cache of what is packed at once anyway, and end the process with SIGBUS when
 * somebody cuts the file short meanwhile; a read ends in an error. */
#pragma once

#include <glib.h>
#include <glib-object.h>

G_BEGIN_DECLS

typedef struct _CnxInputFile CnxInputFile;

/** Opens the regular file @path. Free with cnx_input_file_free(). Errors: CNX_ERROR_NOT_FOUND. */
CnxInputFile *cnx_input_file_open (const char *path, GError ** error);
void cnx_input_file_free (CnxInputFile * file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxInputFile, cnx_input_file_free)

const char *cnx_input_file_path (const CnxInputFile * file);
/** Bytes that it had when it was opened. */
guint64 cnx_input_file_size (const CnxInputFile * file);

/** Reads @length bytes from byte @offset on into @out. What cannot be read is zeros in @out; then the answer is
 * FALSE, errno 0 where the file ended, and every later cnx_input_file_check() an error. Thread-safe. */
gboolean cnx_input_file_read (CnxInputFile * file, guint64 offset, gsize length, void *out);

/** Whether all that was read is what the file held when it was opened: no read failed, and its size and its time of
 * change are the same. Renaming another file over it changes nothing: this one stays open. Thread-safe.
 * Errors: CNX_ERROR_FORMAT. */
gboolean cnx_input_file_check (CnxInputFile * file, GError ** error);

/** The whole of a file of at most @max bytes, with a NUL behind it that @length does not count. Free with g_free().
 * Errors: CNX_ERROR_NOT_FOUND, CNX_ERROR_FORMAT where it is larger. */
char *cnx_input_file_load (const char *path, gsize max, gsize * length, GError ** error);

G_END_DECLS
