/* Folders that kernels are kept in: what is read there runs in this process, so nobody else may write to them. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Of what OpenCL's parts have to say to people: g_log() with warnings and infos. */
#define CNX_LOG_DOMAIN "convnext"

/** $XDG_CACHE_HOME/convnext. Free with g_free(). */
char *cnx_cache_path (void);

/** Opens the folder @path, which is made, with those above it, where it is missing. It must be ours or root's, and
 * writable to its owner alone. Returns its descriptor; -1 and G_FILE_ERROR, PERM where it is there and not to be
 * trusted. */
int cnx_cache_open_folder (const char *path, GError ** error);

/** The same where @path itself is no link: for a name that others may have put there. */
int cnx_cache_open_unlinked (const char *path, GError ** error);

/** The same for cnx_cache_path(); -1 where there is none, with a warning, once in a process, where it is not to be
 * trusted. */
int cnx_cache_open (void);

/** The whole of a file in the folder @folder, with a NUL behind it that @length does not count. NULL where it is not
 * there, is no file, has more than @most bytes or, with a warning, others than we and root may write to it. Links are
 * not followed. Free with g_free(). */
char *cnx_cache_read (int folder, const char *name, gsize most, gsize * length);

/** Puts a file of those bytes at @name, all at once: written under another name, synced and renamed.
 * Errors: G_FILE_ERROR. */
gboolean cnx_cache_write (int folder, const char *name, const void *bytes, gsize length, GError ** error);

G_END_DECLS
