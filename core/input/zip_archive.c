#include "core/input/zip_archive.h"

#include <errno.h>
#include <zip.h>

#include "core/error.h"
#include "core/input/name_hash.h"
#include "core/input/zip_directory.h"

struct _CnxZip
{
  CnxInputFile *file;
  zip_t *archive;
  zip_error_t error;            /* of the source below */
  guint64 position, read_at;    /* where it stands, and where it last read */
  gboolean shorter;             /* a read found less than the file had */
  GPtrArray *entries;           /* CnxZipEntry */
  GHashTable *by_name;
};

/* "'PATH': REASON", or "'PATH': entry 'NAME': REASON"; returns FALSE. */
static gboolean refuse (const CnxZip * zip, const CnxZipEntry * entry, GError ** error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

static gboolean
refuse (const CnxZip * zip, const CnxZipEntry * entry, GError ** error, const char *format, ...)
{
  const char *path = cnx_input_file_path (zip->file);
  g_autofree char *where = entry ? g_strdup_printf ("'%s': entry '%s'", path, entry->name)
      : g_strdup_printf ("'%s'", path);
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_FORMAT, where, format, args);
  va_end (args);
  return FALSE;
}

/* What libzip says of @problem, or that the file changed under its hands. */
static gboolean
refuse_with (const CnxZip * zip, const CnxZipEntry * entry, zip_error_t * problem, GError ** error)
{
  if (zip->shorter)
    return refuse (zip, entry, error, "the file became shorter while it was read");
  return refuse (zip, entry, error, "cannot be read%s (%s): is the download complete?",
      entry ? "" : " as a zip archive", zip_error_strerror (problem));
}

/* ---- the file, as libzip reads it ---- */

static zip_int64_t
read_source (CnxZip * zip, void *data, zip_uint64_t length)
{
  const guint64 size = cnx_input_file_size (zip->file), left = size - MIN (zip->position, size);
  const guint64 n = MIN (length, left);

  if (!cnx_input_file_read (zip->file, zip->position, n, data)) {
    zip_error_set (&zip->error, ZIP_ER_READ, errno);
    zip->shorter |= errno == 0;
    return -1;
  }
  zip->read_at = zip->position;
  zip->position += n;
  return n;
}

static zip_int64_t
seek_source (CnxZip * zip, void *data, zip_uint64_t length)
{
  const zip_int64_t to = zip_source_seek_compute_offset (zip->position, cnx_input_file_size (zip->file), data, length,
      &zip->error);

  if (to < 0)
    return -1;
  zip->position = to;
  return 0;
}

static zip_int64_t
on_source (void *user_data, void *data, zip_uint64_t length, zip_source_cmd_t command)
{
  CnxZip *zip = user_data;

  switch (command) {
    case ZIP_SOURCE_OPEN:
      zip->position = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return read_source (zip, data, length);
    case ZIP_SOURCE_SEEK:
      return seek_source (zip, data, length);
    case ZIP_SOURCE_TELL:
      return zip->position;
    case ZIP_SOURCE_STAT:
      zip_stat_init (data);
      ((zip_stat_t *) data)->valid = ZIP_STAT_SIZE;
      ((zip_stat_t *) data)->size = cnx_input_file_size (zip->file);
      return sizeof (zip_stat_t);
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data (&zip->error, data, length);
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap (ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_SEEK,
          ZIP_SOURCE_TELL, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SUPPORTS, -1);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
      return 0;
    default:
      zip_error_set (&zip->error, ZIP_ER_OPNOTSUPP, 0);
      return -1;
  }
}

static gboolean
open_archive (CnxZip * zip, GError ** error)
{
  zip_error_t problem;
  zip_source_t *source;
  gboolean ok;

  zip_error_init (&problem);
  source = zip_source_function_create (on_source, zip, &problem);
  zip->archive = source ? zip_open_from_source (source, ZIP_RDONLY, &problem) : NULL;
  ok = zip->archive || refuse_with (zip, NULL, &problem, error);
  if (source && !zip->archive)
    zip_source_free (source);
  zip_error_fini (&problem);
  return ok;
}

/* ---- its entries ---- */

static gboolean
add_entry (CnxZip * zip, guint64 i, GError ** error)
{
  zip_stat_t stat;
  CnxZipEntry *entry;

  if (zip_stat_index (zip->archive, i, ZIP_FL_ENC_RAW, &stat) != 0)
    return refuse_with (zip, NULL, zip_get_error (zip->archive), error);
  if (!cnx_name_is_printable (stat.name))
    return refuse (zip, NULL, error, "entry %" G_GUINT64_FORMAT " of the zip archive has a name that is longer than %d "
        "bytes or not printable", i, CNX_MAX_NAME);
  entry = g_new0 (CnxZipEntry, 1);
  *entry = (CnxZipEntry) {.name = stat.name,.size = stat.size,.stored_size = stat.comp_size,.index = i,
    .is_stored = stat.comp_method == ZIP_CM_STORE && stat.comp_size == stat.size,
    .is_encrypted = stat.encryption_method != ZIP_EM_NONE
  };
  g_ptr_array_add (zip->entries, entry);
  if (!g_hash_table_add (zip->by_name, entry))
    return refuse (zip, entry, error, "it is there twice");
  return TRUE;
}

static guint
hash_entry (gconstpointer entry)
{
  return cnx_name_hash (((const CnxZipEntry *) entry)->name);
}

static gboolean
entries_are_equal (gconstpointer a, gconstpointer b)
{
  return g_str_equal (((const CnxZipEntry *) a)->name, ((const CnxZipEntry *) b)->name);
}

CnxZip *
cnx_zip_open (CnxInputFile * file, guint max_entries, GError ** error)
{
  g_autoptr (CnxZip) zip = g_new0 (CnxZip, 1);
  zip_int64_t n;

  zip->file = file;
  zip->entries = g_ptr_array_new_with_free_func (g_free);
  zip->by_name = g_hash_table_new (hash_entry, entries_are_equal);
  zip_error_init (&zip->error);
  if (!cnx_zip_check_directory (file, max_entries, error) || !open_archive (zip, error))
    return NULL;
  n = zip_get_num_entries (zip->archive, 0);
  for (zip_int64_t i = 0; i < n; i++)
    if (!add_entry (zip, i, error))
      return NULL;
  return g_steal_pointer (&zip);
}

void
cnx_zip_free (CnxZip * zip)
{
  if (zip->archive)
    zip_discard (zip->archive);
  zip_error_fini (&zip->error);
  g_hash_table_unref (zip->by_name);
  g_ptr_array_unref (zip->entries);
  g_free (zip);
}

guint
cnx_zip_n_entries (const CnxZip * zip)
{
  return zip->entries->len;
}

const CnxZipEntry *
cnx_zip_entry (const CnxZip * zip, guint i)
{
  return g_ptr_array_index (zip->entries, i);
}

const CnxZipEntry *
cnx_zip_find (const CnxZip * zip, const char *name)
{
  const CnxZipEntry wanted = {.name = name };

  return g_hash_table_lookup (zip->by_name, &wanted);
}

/* ---- their bytes ---- */

static zip_file_t *
open_entry (CnxZip * zip, const CnxZipEntry * entry, zip_flags_t flags, GError ** error)
{
  zip_file_t *file;

  if (entry->is_encrypted) {
    refuse (zip, entry, error, "it is encrypted");
    return NULL;
  }
  file = zip_fopen_index (zip->archive, entry->index, flags);
  if (!file)
    refuse_with (zip, entry, zip_get_error (zip->archive), error);
  return file;
}

/* libzip does not tell where an entry lies; but the first byte that it reads of one, it asks this file for. */
gboolean
cnx_zip_locate (CnxZip * zip, const CnxZipEntry * entry, guint64 * start, GError ** error)
{
  const guint64 size = cnx_input_file_size (zip->file);
  zip_file_t *file;
  guint8 byte;
  gboolean ok = TRUE;

  *start = 0;
  if (!entry->is_stored)
    return refuse (zip, entry, error, "it is compressed: PyTorch stores weights as they are");
  if (entry->size == 0)
    return TRUE;
  if (!(file = open_entry (zip, entry, ZIP_FL_COMPRESSED, error)))
    return FALSE;
  if (zip_fread (file, &byte, 1) == 1)
    *start = zip->read_at;
  else
    ok = refuse_with (zip, entry, zip_file_get_error (file), error);
  zip_fclose (file);
  if (ok && (*start > size || entry->size > size - *start))
    return refuse (zip, entry, error, "it reaches past the end of the file: is the download complete?");
  return ok;
}

guint8 *
cnx_zip_read (CnxZip * zip, const CnxZipEntry * entry, gsize max, GError ** error)
{
  g_autofree guint8 *bytes = NULL;
  gboolean ok = FALSE;
  zip_file_t *file;
  zip_int64_t n;

  if (entry->size > max) {
    refuse (zip, entry, error, "it has %" G_GUINT64_FORMAT " bytes; at most %" G_GSIZE_FORMAT " are read", entry->size,
        max);
    return NULL;
  }
  if (!(bytes = cnx_try_new (entry->size + 1, 1, "what is in the zip archive", error))
      || !(file = open_entry (zip, entry, 0, error)))
    return NULL;
  n = zip_fread (file, bytes, entry->size);
  if (n >= 0 && (guint64) n == entry->size)
    n += zip_fread (file, bytes + n, 1);        /* nothing is left, and the checksum is compared: -1 where it differs */
  if (n >= 0 && (guint64) n == entry->size)
    ok = TRUE;
  else if (zip_error_code_zip (zip_file_get_error (file)) != ZIP_ER_OK)
    refuse_with (zip, entry, zip_file_get_error (file), error);
  else
    refuse (zip, entry, error, "it has not the %" G_GUINT64_FORMAT " bytes that the directory says", entry->size);
  zip_fclose (file);
  return ok ? g_steal_pointer (&bytes) : NULL;
}
