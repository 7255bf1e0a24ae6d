/* A zip archive's entries, through libzip: read whole, or found where they lie in the file. */
#pragma once

#include "core/input/input_file.h"

G_BEGIN_DECLS

typedef struct _CnxZip CnxZip;

/**
 * CnxZipEntry:
 * @name: as the archive has it, printable UTF-8; no two entries have the same
 * @size: bytes when uncompressed, as the directory says; not checked yet
 *
 * Owned by the archive.
 */
typedef struct
{
  const char *name;
  guint64 size;
  /*< private >*/
  guint64 index, stored_size;
  gboolean is_stored, is_encrypted;
} CnxZipEntry;

/** Reads the directory of the archive @file, which must outlive it. Refuses more than @max_entries. Free with
 * cnx_zip_free(). Error: CNX_ERROR_FORMAT. */
CnxZip *cnx_zip_open (CnxInputFile * file, guint max_entries, GError ** error);
void cnx_zip_free (CnxZip * zip);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxZip, cnx_zip_free)

/** Entries in the order of the directory. */
guint cnx_zip_n_entries (const CnxZip * zip);
const CnxZipEntry *cnx_zip_entry (const CnxZip * zip, guint i);
/** The entry called @name, or NULL. */
const CnxZipEntry *cnx_zip_find (const CnxZip * zip, const char *name);

/** Where in the file the bytes of @entry begin, all of which are inside it; 0 where it has none. Refused if they are
 * compressed. */
gboolean cnx_zip_locate (CnxZip * zip, const CnxZipEntry * entry, guint64 * start,
    GError ** error);

/** The bytes of @entry, checked by their checksum; refused if they are more than @max. Free with g_free(). */
guint8 *cnx_zip_read (CnxZip * zip, const CnxZipEntry * entry, gsize max, GError ** error);

G_END_DECLS
