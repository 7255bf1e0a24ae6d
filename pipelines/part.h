/* The part of a file that has come so far, on disk: locked, noted, checked and renamed. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxPart:
 * @path: of the file that it is to become
 * @part, @note: PATH.part and PATH.part.note
 * @fd: of @part, open for writing and locked
 * @done: bytes of it that are there
 * @total: the whole file's length; 0: not known
 * @etag: the strong ETag of the file that it is of; NULL: it cannot be gone on with
 * @sha256: what the server said its SHA-256 is, in lower case; NULL: it did not
 */
typedef struct
{
  const char *path;
  char *part, *note;
  int fd;
  guint64 done, total;
  char *etag, *sha256;
} CnxPart;

/** Opens or creates PATH.part and takes its lock; @wait is called once before it waits for another process. What is
 * there already counts only when its note says that it came from @url.
 * Close it with cnx_part_close(), also after a failure. Errors: CNX_DOWNLOAD_ERROR_DISK. */
gboolean cnx_part_open (CnxPart * part, const char *path, const char *url, void (*wait) (gpointer), gpointer user_data,
    GError ** error);

/** Forgets what is there, and begins one of another file: sets @total, @etag and @sha256, and notes them. */
gboolean cnx_part_begin (CnxPart * part, const char *url, guint64 total, const char *etag, const char *sha256,
    GError ** error);

gboolean cnx_part_write (CnxPart * part, const void *data, gsize size, GError ** error);

/** Makes it the file at @path, all of it on disk first. */
gboolean cnx_part_finish (CnxPart * part, GError ** error);

/** Makes it PATH.rejected. */
void cnx_part_reject (CnxPart * part);

/** Frees it and lets the lock go; a part that cannot be gone on with, or has nothing in it, is removed. */
void cnx_part_close (CnxPart * part);

G_END_DECLS
