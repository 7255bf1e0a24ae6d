/* What a file is, by what is in it, and by its name where that alone says little. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CNX_KIND_OTHER, CNX_KIND_PICTURE, CNX_KIND_FILM, CNX_KIND_RAW, CNX_KIND_SESSION, CNX_KIND_PLAYLIST, CNX_KIND_UNKNOWN
} CnxKind;

/** CNX_KIND_RAW: a camera's raw file, which nothing here develops; CNX_KIND_SESSION: SDP, which says where a film is
 * sent, and CNX_KIND_PLAYLIST, which says where some are: neither holds one, and nothing is fetched; never
 * CNX_KIND_UNKNOWN, which is what nobody has looked at. Errors: G_FILE_ERROR, where it cannot be read. Call gst_init()
 * and vips_init() before. Thread-safe. */
gboolean cnx_kind_find (const char *path, CnxKind * kind, GError ** error);

/** Whether who calls a file @name means a film or a picture that is read here, by its extension: one that is neither is
 * damaged then, and no other kind of file. Thread-safe. */
gboolean cnx_kind_is_promised (const char *name);

G_END_DECLS
