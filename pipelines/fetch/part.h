/* The part of a file that has come so far, on disk: noted, checked and renamed. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxPart:
 * @path: of the file that it is to become
 * @part, @note, @rejected: STEM.part, STEM.part.note and STEM.rejected
 * @fd: of @part, open for writing
 * @done: bytes of it that are there
 * @total: the whole file's length; 0: not known
 * @begun: cnx_part_begin() was called: what is there is of this source
 * @etag: the strong ETag of the file that it is of; NULL: it cannot be gone on with
 * @sha256: what the server said its SHA-256 is, in lower case; NULL: it did not
 */
typedef struct
{
  const char *path;
  char *part, *note, *rejected;
  int fd;
  guint64 done, total;
  gboolean begun;
  char *etag, *sha256;
} CnxPart;

/** Opens or creates STEM.part, of what is to become @path (on the same file system). What is there already counts only
 * when its note says that it came from @url; the note has the URL's SHA-256, not the URL.
 * One process at a time. Close it with cnx_part_close(), also after a failure. Errors: CNX_DOWNLOAD_ERROR_DISK. */
gboolean cnx_part_open (CnxPart * part, const char *path, const char *stem, const char *url, GError ** error);

/** Forgets what is there, and begins one of another file: sets @total, @etag and @sha256, and notes them. */
gboolean cnx_part_begin (CnxPart * part, const char *url, guint64 total, const char *etag, const char *sha256,
    GError ** error);

gboolean cnx_part_write (CnxPart * part, const void *data, gsize size, GError ** error);

/** All of it is on disk once this has returned TRUE. */
gboolean cnx_part_sync (CnxPart * part, GError ** error);

/** Makes it the file at @path. */
gboolean cnx_part_finish (CnxPart * part, GError ** error);

/** Makes it STEM.rejected. */
void cnx_part_reject (CnxPart * part);

/** Frees it; a part that cannot be gone on with, or has nothing in it, is removed. */
void cnx_part_close (CnxPart * part);

G_END_DECLS
