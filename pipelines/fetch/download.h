/* One file over HTTP or HTTPS, through libcurl: whole and checked, or not there at all.
 *
 * What comes goes to STEM.part, and STEM.part.note beside it keeps what a later try needs to go on from there: the
 * URL's SHA-256, the length and the ETag (RFC 9110, 8.8.3). A server that has another file by then, or cannot send a
 * range, sends the whole file, and the part is begun anew. One process at a time downloads to one stem: see lock.h. */
#pragma once

#include "pipelines/fetch/download_error.h"

G_BEGIN_DECLS

/**
 * CnxDownload:
 * @url: where from, http: or https:
 * @path: where to; its folder is there
 * @stem: of the names of its part, on the same file system; NULL: @path
 * @sha256: what its SHA-256 must be, 64 hexadecimal digits; NULL: what the server names as such, or any
 * @ca_file: certificates of the authorities to trust, in PEM; NULL: the system's
 * @timeout: seconds that connecting may take, and that nothing (less than 1 kB a second) may come
 * @retries: how many times to try again after a failure that may pass
 * @most: bytes that the file may have
 * @check: whether the finished file is what it should be, before it gets its name; FALSE and an error otherwise
 * @ready: called once all of it is checked and on disk, right before it gets its name; FALSE and an error: it does
 *   not, and the part is kept. NULL: it does
 * @progress: called now and then, and when the part is begun or found: @done bytes of @total are there (0: not
 *   known); @kept: a later try can go on from them
 * @say: called with a line for the user: that it goes on from a part, or tries again
 * @user_data: for those four
 */
typedef struct
{
  const char *url, *path, *stem, *sha256, *ca_file;
  int timeout, retries;
  guint64 most;
  gboolean (*check) (const char *path, gpointer user_data, GError ** error);
  gboolean (*ready) (gpointer user_data, GError ** error);
  void (*progress) (guint64 done, guint64 total, gboolean kept, gpointer user_data);
  void (*say) (const char *line, gpointer user_data);
  gpointer user_data;
} CnxDownload;

/** Downloads; blocks until it is done. A redirect is followed to http: and https: only, never from https: to http:,
 * and ten times at most; proxies are taken from the environment (https_proxy and so on). What is secret in a URL is in
 * no message.
 * Errors: those of CNX_DOWNLOAD_ERROR, after all but CNX_DOWNLOAD_ERROR_REJECTED the part is kept. */
gboolean cnx_download (const CnxDownload * download, GError ** error);

/** Whether a download of @url before left a part at @stem that the next one can go on from. */
gboolean cnx_download_is_begun (const char *stem, const char *url);

/** The SHA-256 of a file as 64 hexadecimal digits in lower case; NULL and a CNX_DOWNLOAD_ERROR_DISK. Free with
 * g_free(). */
char *cnx_file_sha256 (const char *path, GError ** error);

/** Whether @text is 64 hexadecimal digits. */
gboolean cnx_is_sha256 (const char *text);

G_END_DECLS
