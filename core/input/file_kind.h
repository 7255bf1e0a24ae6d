/* What people hand over in place of weights, by a file's first bytes. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Bytes of a file that tell. */
#define CNX_KIND_BYTES 264

/** What a file that begins with these bytes seems to be, with its article, and what to do about it ("a PNG picture");
 * NULL where it is nothing that is known. Static. Some safetensors files begin with such bytes too: to be asked only of
 * one that is none. */
const char *cnx_file_kind (const guint8 * start, gsize length);

/** The same of the file @path; NULL too where it cannot be read. */
const char *cnx_file_kind_of (const char *path);

G_END_DECLS
