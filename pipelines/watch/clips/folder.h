/* The folder that clips are in: their names, and how much it may hold.
 *
 * Safe to be used by several threads. Everything here may wait for the disk, and is not for threads that must not. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNX_CLIP_ENDING ".mkv"

typedef struct _CnxClipFolder CnxClipFolder;

/** @path is made where it is not there; what a run that broke off left unfinished is removed. @limit: bytes that the
 * clips in it may have; 0: any. Errors: CNX_ERROR_INPUT where it cannot be made or written to. */
CnxClipFolder *cnx_clip_folder_new (const char *path, guint64 limit, GError ** error);
CnxClipFolder *cnx_clip_folder_ref (CnxClipFolder * folder);
void cnx_clip_folder_unref (CnxClipFolder * folder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxClipFolder, cnx_clip_folder_unref)

/** CAMERA-YYYYMMDDTHHMMSSZ-LABEL without an ending: @real_time is g_get_real_time() and told in UTC; of @label what is
 * no letter or digit is "_". Free with g_free(). */
char *cnx_clip_name (const char *camera, gint64 real_time, const char *label);

/** Whether @name is one that cnx_clip_name() makes, with its ending. Nothing else in the folder is ever deleted. */
gboolean cnx_clip_name_is_ours (const char *name);

/** A clip that is written; for one thread. */
typedef struct _CnxClipFile CnxClipFile;

/** Begins one under a temporary name that gets @name when it is kept, or @name with a number where that is taken.
 * Errors: of G_FILE_ERROR. */
CnxClipFile *cnx_clip_file_new (CnxClipFolder * folder, const char *name, GError ** error);

/** To write to and seek in. Owned by @file. */
int cnx_clip_file_fd (const CnxClipFile * file);

/** Sees to it that @bytes more may be written: the oldest clips are deleted until they fit. FALSE: they cannot,
 * whatever is deleted. */
gboolean cnx_clip_file_reserve (CnxClipFile * file, guint64 bytes);

/** It is whole: on the disk, under its name. Frees @file. Errors: of G_FILE_ERROR; then it is dropped. */
gboolean cnx_clip_file_keep (CnxClipFile * file, GError ** error);

/** Removes and frees it. */
void cnx_clip_file_drop (CnxClipFile * file);

G_END_DECLS
