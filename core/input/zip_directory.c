#include "core/input/zip_directory.h"

#include <string.h>

#include "core/input/crowd.h"
#include "core/error.h"

/* Sizes of the records in PKWARE's APPNOTE.TXT, 4.3.12 to 4.3.16, up to what has no fixed length. */
#define ENTRY_SIZE 46
#define END_SIZE 22
#define END64_SIZE 56
#define LOCATOR_SIZE 20

/* As far from the file's end as a comment can put the end record, and a locator before it. */
#define TAIL_SIZE (LOCATOR_SIZE + END_SIZE + 65535)

/* End records that are followed: one is the archive's, and bytes of weights might look like another. */
#define MAX_ENDS 16
/* Bytes of all directories: an entry's takes about a hundred. */
#define MAX_DIRECTORIES (64 * 1024 * 1024)

typedef struct
{
  CnxInputFile *file;
  guint max_entries;
  CnxCrowd *crowd;
  gsize bytes;                  /* of directories so far */
} Look;

/* *INDENT-OFF* */
static gboolean refuse (const Look * look, GError ** error, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* *INDENT-ON* */

static gboolean
refuse (const Look * look, GError ** error, const char *format, ...)
{
  g_autofree char *where = g_strdup_printf ("'%s'", cnx_input_file_path (look->file));
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_FORMAT, where, format, args);
  va_end (args);
  return FALSE;
}

static guint64
number_at (const guint8 * bytes, int size)
{
  guint64 number = 0;

  for (int i = 0; i < size; i++)
    number |= (guint64) bytes[i] << (8 * i);
  return number;
}

static gboolean
has_signature (const guint8 * bytes, char a, char b)
{
  return bytes[0] == 'P' && bytes[1] == 'K' && bytes[2] == a && bytes[3] == b;
}

/* Adds the names of all entries, up to the first that is none. */
static gboolean
read_entries (Look * look, const guint8 * directory, gsize size, GError ** error)
{
  gsize at = 0;

  for (guint n = 0; size - at >= ENTRY_SIZE && has_signature (directory + at, 1, 2); n++) {
    const guint8 *entry = directory + at;
    const gsize name_length = number_at (entry + 28, 2);
    const gsize rest = name_length + number_at (entry + 30, 2) + number_at (entry + 32, 2);

    if (n >= look->max_entries)
      return refuse (look, error, "the zip archive has more than %u entries", look->max_entries);
    if (rest > size - at - ENTRY_SIZE)
      break;
    cnx_crowd_add (look->crowd, (const char *) entry + ENTRY_SIZE, name_length);
    at += ENTRY_SIZE + rest;
  }
  return TRUE;
}

/* A directory of which an end record says that it is there; not where it cannot be. */
static gboolean
follow (Look * look, guint64 start, guint64 size, GError ** error)
{
  const guint64 file_size = cnx_input_file_size (look->file);
  g_autofree guint8 *directory = NULL;
  guint8 signature[4];

  if (start > file_size || size > file_size - start || size < ENTRY_SIZE
      || !cnx_input_file_read (look->file, start, sizeof signature, signature) || !has_signature (signature, 1, 2))
    return TRUE;
  if (size > MAX_DIRECTORIES - look->bytes)
    return refuse (look, error, "the directory of the zip archive has more than %d bytes", MAX_DIRECTORIES);
  look->bytes += size;
  if (!(directory = cnx_try_new (size, 1, "the directory of the zip archive", error)))
    return FALSE;
  return !cnx_input_file_read (look->file, start, size, directory) || read_entries (look, directory, size, error);
}

/* @end is in the last bytes of the file, of which @before come before it. */
static gboolean
follow_end (Look * look, const guint8 * end, gsize before, GError ** error)
{
  const gboolean has_locator = before >= LOCATOR_SIZE && has_signature (end - LOCATOR_SIZE, 6, 7);
  const guint64 place = has_locator ? number_at (end - LOCATOR_SIZE + 8, 8) : 0;
  const guint64 file_size = cnx_input_file_size (look->file);
  guint8 end64[END64_SIZE];

  if (has_locator && file_size >= END64_SIZE && place <= file_size - END64_SIZE
      && cnx_input_file_read (look->file, place, sizeof end64, end64) && has_signature (end64, 6, 6)
      && !follow (look, number_at (end64 + 48, 8), number_at (end64 + 40, 8), error))
    return FALSE;
  return follow (look, number_at (end + 16, 4), number_at (end + 12, 4), error);
}

gboolean
cnx_zip_check_directory (CnxInputFile * file, guint max_entries, GError ** error)
{
  const guint64 file_size = cnx_input_file_size (file);
  const gsize size = MIN (TAIL_SIZE, file_size);
  g_autofree guint8 *tail = g_malloc (size + 1);
  g_autoptr (CnxCrowd) crowd = cnx_crowd_new (CNX_CROWD_LIBZIP);
  Look look = {.file = file,.max_entries = max_entries,.crowd = crowd };
  guint ends = 0;

  if (!cnx_input_file_read (file, file_size - size, size, tail))
    return TRUE;                /* libzip meets the same */
  for (gsize at = 0; size - at >= END_SIZE; at++) {
    if (!has_signature (tail + at, 5, 6))
      continue;
    if (++ends > MAX_ENDS)
      return refuse (&look, error, "more than %d ends of a zip archive are in it", MAX_ENDS);
    if (!follow_end (&look, tail + at, at, error))
      return FALSE;
  }
  return !cnx_crowd_is_dense (crowd)
      || refuse (&look, error, "the names of its entries share hash values, as they do where they are made to slow a "
      "reader down: take it from another source");
}
