/* What goes wrong with a download, on the network or on the disk. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNX_DOWNLOAD_ERROR (cnx_download_error_quark ())

/**
 * CnxDownloadError:
 * @CNX_DOWNLOAD_ERROR_ABSENT: the server says that there is no such file (404, 410)
 * @CNX_DOWNLOAD_ERROR_NETWORK: it cannot be reached, or the connection breaks or stalls, again and again
 * @CNX_DOWNLOAD_ERROR_ANSWER: what the server answers cannot be used
 * @CNX_DOWNLOAD_ERROR_REJECTED: the file is there, and wrong; it is kept as STEM.rejected
 * @CNX_DOWNLOAD_ERROR_DISK: it cannot be written here
 */
typedef enum
{
  CNX_DOWNLOAD_ERROR_ABSENT,
  CNX_DOWNLOAD_ERROR_NETWORK,
  CNX_DOWNLOAD_ERROR_ANSWER,
  CNX_DOWNLOAD_ERROR_REJECTED,
  CNX_DOWNLOAD_ERROR_DISK,
} CnxDownloadError;

GQuark cnx_download_error_quark (void);

G_END_DECLS
