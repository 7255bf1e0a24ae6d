/* A file of weights, read piece by piece where values are asked for: it is neither copied nor mapped. A mapping would
 * spare one copy in the cache of what is packed at once anyway, and end the process with SIGBUS when somebody cuts the
 * file short meanwhile; a read ends in an error. */
#pragma once

#include <glib.h>
#include <glib-object.h>

G_BEGIN_DECLS

typedef struct _CnxWeightsFile CnxWeightsFile;

/** Opens the regular file @path. Free with cnx_weights_file_free(). Errors: CNX_ERROR_NOT_FOUND. */
CnxWeightsFile *cnx_weights_file_open (const char *path, GError ** error);
void cnx_weights_file_free (CnxWeightsFile * file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxWeightsFile, cnx_weights_file_free)

const char *cnx_weights_file_path (const CnxWeightsFile * file);
/** Bytes that it had when it was opened. */
guint64 cnx_weights_file_size (const CnxWeightsFile * file);
/** For readers of their own; owned by @file. */
int cnx_weights_file_fd (const CnxWeightsFile * file);

/** Reads @length bytes from byte @offset on into @out. Where they cannot be read, @out is zeros, the answer FALSE, and
 * every later cnx_weights_file_check() an error. Thread-safe. */
gboolean cnx_weights_file_read (CnxWeightsFile * file, guint64 offset, gsize length, void *out);

/** Whether all that was read is what the file held when it was opened: no read failed, and its size and its time of
 * change are the same. Renaming another file over it changes nothing: this one stays open. Thread-safe.
 * Errors: CNX_ERROR_FORMAT. */
gboolean cnx_weights_file_check (CnxWeightsFile * file, GError ** error);

G_END_DECLS
