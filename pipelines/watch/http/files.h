/* The files of the page, which are in the program. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxFile:
 * @type: for Content-Type
 * @tag: an ETag, which is another where the bytes are
 */
typedef struct
{
  const char *type;
  GBytes *bytes;
  char *tag;
} CnxFile;

/** The file @name; NULL where there is none. Free with cnx_file_free(). */
CnxFile *cnx_file_new (const char *name);
void cnx_file_free (CnxFile * file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxFile, cnx_file_free)

G_END_DECLS
