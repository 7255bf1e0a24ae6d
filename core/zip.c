#include "core/zip.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

#define MAX_NAME 1024
#define MAX_DIRECTORY (64 * 1024 * 1024)
#define FLAG_ENCRYPTED 1

/* Records of the format: their signatures, and their lengths without names, extra fields and comments. */
#define LOCAL_SIGNATURE 0x04034b50
#define LOCAL_LENGTH 30
#define RECORD_SIGNATURE 0x02014b50
#define RECORD_LENGTH 46
#define END_SIGNATURE 0x06054b50
#define END_LENGTH 22
#define MAX_COMMENT 65535
#define END64_SIGNATURE 0x06064b50
#define END64_LENGTH 56
#define LOCATOR_SIGNATURE 0x07064b50
#define LOCATOR_LENGTH 20
/* The extra field of 64-bit sizes, and what stands in a field that it holds. */
#define EXTRA_ZIP64 1
#define IN_ZIP64 G_MAXUINT32

struct _CnxZip
{
  const char *path;
  int fd;
  guint64 size;
  GArray *entries;              /* CnxZipEntry, in the order of their names */
  GStringChunk *names;
};

typedef struct
{
  guint64 start, length, n_entries;
} Directory;

gssize
cnx_pread (int fd, void *bytes, gsize length, guint64 offset)
{
  gsize done = 0;

  while (done < length) {
    ssize_t n = pread (fd, (char *) bytes + done, length - done, offset + done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    done += n;
  }
  return done;
}

/* The little-endian number of @size bytes. */
static guint64
number_at (const guint8 * bytes, guint size)
{
  guint64 number = 0;

  for (guint i = 0; i < size; i++)
    number |= (guint64) bytes[i] << (8 * i);
  return number;
}

/* "'PATH': REASON", or with an @entry "'PATH': entry 'NAME': REASON"; returns FALSE. */
/* *INDENT-OFF* */
static gboolean refuse (const CnxZip * zip, const CnxZipEntry * entry, GError ** error,
    const char *format, ...)
    G_GNUC_PRINTF (4, 5);
/* *INDENT-ON* */

static gboolean
refuse (const CnxZip * zip, const CnxZipEntry * entry, GError ** error, const char *format, ...)
{
  g_autofree char *where = entry ? g_strdup_printf ("'%s': entry '%s'", zip->path, entry->name)
      : g_strdup_printf ("'%s'", zip->path);
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_FORMAT, where, format, args);
  va_end (args);
  return FALSE;
}

/* Bytes that the file should have: @offset and @length are inside its size. */
static gboolean
read_at (const CnxZip * zip, void *bytes, gsize length, guint64 offset, GError ** error)
{
  gssize n = cnx_pread (zip->fd, bytes, length, offset);

  if (n < 0)
    return refuse (zip, NULL, error, "it cannot be read: %s", g_strerror (errno));
  if ((gsize) n < length)
    return refuse (zip, NULL, error, "the file became shorter while it was read");
  return TRUE;
}

/* Replaces @directory by what zip64 says of it. @end: where the old end record is. */
static gboolean
read_end64 (const CnxZip * zip, guint64 end, Directory * directory, GError ** error)
{
  guint8 locator[LOCATOR_LENGTH], record[END64_LENGTH];
  guint64 at;

  if (end < LOCATOR_LENGTH)
    return TRUE;
  if (!read_at (zip, locator, sizeof locator, end - LOCATOR_LENGTH, error))
    return FALSE;
  if (number_at (locator, 4) != LOCATOR_SIGNATURE)
    return TRUE;
  at = number_at (locator + 8, 8);
  if (at > end || end - at < sizeof record + sizeof locator)
    return refuse (zip, NULL, error, "its zip64 end record is outside the file: "
        "is the download complete?");
  if (!read_at (zip, record, sizeof record, at, error))
    return FALSE;
  if (number_at (record, 4) != END64_SIGNATURE)
    return refuse (zip, NULL, error, "its zip64 end record is not where it should be");
  directory->n_entries = number_at (record + 32, 8);
  directory->length = number_at (record + 40, 8);
  directory->start = number_at (record + 48, 8);
  return TRUE;
}

/* The end record is the last that is followed by a comment to the end of the file. */
static gboolean
find_directory (const CnxZip * zip, Directory * directory, GError ** error)
{
  gsize length = MIN (zip->size, END_LENGTH + MAX_COMMENT);
  g_autofree guint8 *tail = g_malloc (length + 1);
  gint64 at = (gint64) length - END_LENGTH;
  guint64 end;

  if (!read_at (zip, tail, length, zip->size - length, error))
    return FALSE;
  while (at >= 0 && (number_at (tail + at, 4) != END_SIGNATURE
          || at + END_LENGTH + number_at (tail + at + 20, 2) != length))
    at--;
  if (at < 0)
    return refuse (zip, NULL, error,
        "its zip directory is not at its end: is the download complete?");
  directory->n_entries = number_at (tail + at + 10, 2);
  directory->length = number_at (tail + at + 12, 4);
  directory->start = number_at (tail + at + 16, 4);
  end = zip->size - length + at;
  if (!read_end64 (zip, end, directory, error))
    return FALSE;
  if (directory->start > end || directory->length > end - directory->start
      || directory->length > MAX_DIRECTORY)
    return refuse (zip, NULL, error, "its zip directory of %" G_GUINT64_FORMAT
        " bytes is outside the file, or longer than %d", directory->length, MAX_DIRECTORY);
  return TRUE;
}

/* Takes the next 64-bit number of the extra field for a @field that says so. */
static gboolean
take_zip64 (guint64 * field, const guint8 ** bytes, gsize * length)
{
  if (*field != IN_ZIP64)
    return TRUE;
  if (*length < 8)
    return FALSE;
  *field = number_at (*bytes, 8);
  *bytes += 8;
  *length -= 8;
  return TRUE;
}

/* Without such a field, the numbers stand as they are. */
static gboolean
read_extra (CnxZipEntry * entry, const guint8 * extra, gsize length)
{
  while (length >= 4) {
    guint id = number_at (extra, 2);
    gsize size = number_at (extra + 2, 2);

    extra += 4;
    length -= 4;
    if (size > length)
      return FALSE;
    if (id == EXTRA_ZIP64)
      return take_zip64 (&entry->size, &extra, &size)
          && take_zip64 (&entry->stored_size, &extra, &size)
          && take_zip64 (&entry->header, &extra, &size);
    extra += size;
    length -= size;
  }
  return TRUE;
}

static gboolean
name_is_printable (const char *name, gsize length)
{
  if (!g_utf8_validate_len (name, length, NULL))
    return FALSE;
  for (const char *at = name; at < name + length; at = g_utf8_next_char (at)) {
    if (g_unichar_iscntrl (g_utf8_get_char (at)))
      return FALSE;
  }
  return TRUE;
}

/* Reads the directory's record at @bytes, of which @length follow; @taken: how long it is. */
static gboolean
add_entry (CnxZip * zip, const guint8 * bytes, gsize length, gsize * taken, GError ** error)
{
  guint i = zip->entries->len;
  gsize name_length, extra_length;
  const char *name = (const char *) bytes + RECORD_LENGTH;
  CnxZipEntry entry;

  if (length < RECORD_LENGTH || number_at (bytes, 4) != RECORD_SIGNATURE)
    return refuse (zip, NULL, error, "its zip directory is broken after %u entries", i);
  name_length = number_at (bytes + 28, 2);
  extra_length = number_at (bytes + 30, 2);
  *taken = RECORD_LENGTH + name_length + extra_length + number_at (bytes + 32, 2);
  if (*taken > length)
    return refuse (zip, NULL, error, "its zip directory ends inside entry %u", i);
  if (name_length > MAX_NAME || !name_is_printable (name, name_length))
    return refuse (zip, NULL, error, "entry %u of its zip directory has a name that is longer "
        "than %d bytes or not printable", i, MAX_NAME);
  entry = (CnxZipEntry) {
  .name = g_string_chunk_insert_len (zip->names, name, name_length),.flags =
        number_at (bytes + 8, 2),.method = number_at (bytes + 10, 2),.crc =
        number_at (bytes + 16, 4),.stored_size = number_at (bytes + 20, 4),.size =
        number_at (bytes + 24, 4),.header = number_at (bytes + 42, 4)};
  if (!read_extra (&entry, bytes + RECORD_LENGTH + name_length, extra_length))
    return refuse (zip, &entry, error, "its extra field in the zip directory is broken");
  g_array_append_val (zip->entries, entry);
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (((const CnxZipEntry *) a)->name, ((const CnxZipEntry *) b)->name);
}

/* By sorting: a hash table can be made slow by whoever chooses the names. */
static gboolean
sort_entries (CnxZip * zip, GError ** error)
{
  g_array_sort (zip->entries, compare_names);
  for (guint i = 1; i < zip->entries->len; i++) {
    const CnxZipEntry *entry = cnx_zip_entry (zip, i);

    if (strcmp (cnx_zip_entry (zip, i - 1)->name, entry->name) == 0)
      return refuse (zip, entry, error, "it is there twice");
  }
  return TRUE;
}

static gboolean
read_directory (CnxZip * zip, guint max_entries, GError ** error)
{
  Directory directory = { 0 };
  g_autofree guint8 *bytes = NULL;
  gsize at = 0;

  if (!find_directory (zip, &directory, error))
    return FALSE;
  if (directory.n_entries > max_entries)
    return refuse (zip, NULL, error, "%" G_GUINT64_FORMAT " entries in its zip directory; "
        "at most %u are read", directory.n_entries, max_entries);
  bytes = g_malloc (directory.length + 1);
  if (!read_at (zip, bytes, directory.length, directory.start, error))
    return FALSE;
  for (guint i = 0; i < directory.n_entries; i++) {
    gsize taken = 0;

    if (!add_entry (zip, bytes + at, directory.length - at, &taken, error))
      return FALSE;
    at += taken;
  }
  if (at != directory.length)
    return refuse (zip, NULL, error, "its zip directory says that it has %u entries, and has more",
        zip->entries->len);
  return sort_entries (zip, error);
}

CnxZip *
cnx_zip_open (int fd, guint64 size, const char *path, guint max_entries, GError ** error)
{
  g_autoptr (CnxZip) zip = g_new0 (CnxZip, 1);

  zip->path = path;
  zip->fd = fd;
  zip->size = size;
  zip->entries = g_array_new (FALSE, FALSE, sizeof (CnxZipEntry));
  zip->names = g_string_chunk_new (4096);
  if (!read_directory (zip, max_entries, error))
    return NULL;
  return g_steal_pointer (&zip);
}

void
cnx_zip_free (CnxZip * zip)
{
  if (!zip)
    return;
  g_array_unref (zip->entries);
  g_string_chunk_free (zip->names);
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
  return &g_array_index (zip->entries, CnxZipEntry, i);
}

const CnxZipEntry *
cnx_zip_find (const CnxZip * zip, const char *name)
{
  CnxZipEntry key = {.name = name };
  gboolean found;
  guint place;

  found = g_array_binary_search (zip->entries, &key, compare_names, &place);
  return found ? cnx_zip_entry (zip, place) : NULL;
}

gboolean
cnx_zip_locate (const CnxZip * zip, const CnxZipEntry * entry, guint64 * start, GError ** error)
{
  guint8 header[LOCAL_LENGTH + MAX_NAME];
  gsize name_length = strlen (entry->name);
  gsize length = LOCAL_LENGTH + name_length;

  if (entry->flags & FLAG_ENCRYPTED)
    return refuse (zip, entry, error, "it is encrypted");
  if (entry->method != 0 || entry->stored_size != entry->size)
    return refuse (zip, entry, error, "it is compressed: PyTorch stores it as it is; "
        "save the file again with torch.save()");
  if (entry->header > zip->size || zip->size - entry->header < length)
    return refuse (zip, entry, error, "its header is outside the file: is the download complete?");
  if (!read_at (zip, header, length, entry->header, error))
    return FALSE;
  if (number_at (header, 4) != LOCAL_SIGNATURE || number_at (header + 8, 2) != entry->method
      || number_at (header + 26, 2) != name_length
      || memcmp (header + LOCAL_LENGTH, entry->name, name_length) != 0)
    return refuse (zip, entry, error, "what the zip directory says of it is not what is there");
  *start = entry->header + length + number_at (header + 28, 2);
  if (*start > zip->size || entry->size > zip->size - *start)
    return refuse (zip, entry, error, "it reaches past the end of the file: "
        "is the download complete?");
  return TRUE;
}

static guint32
crc_of (const guint8 * bytes, gsize size)
{
  guint32 table[256], crc = G_MAXUINT32;

  for (guint32 i = 0; i < 256; i++) {
    table[i] = i;
    for (int bit = 0; bit < 8; bit++)
      table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
  }
  for (gsize i = 0; i < size; i++)
    crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
  return ~crc;
}

guint8 *
cnx_zip_read (const CnxZip * zip, const CnxZipEntry * entry, gsize max, GError ** error)
{
  g_autofree guint8 *bytes = NULL;
  guint64 start;

  if (entry->size > max) {
    refuse (zip, entry, error, "it has %" G_GUINT64_FORMAT " bytes; at most %" G_GSIZE_FORMAT
        " are read", entry->size, max);
    return NULL;
  }
  if (!cnx_zip_locate (zip, entry, &start, error))
    return NULL;
  bytes = g_malloc (entry->size + 1);
  if (!read_at (zip, bytes, entry->size, start, error))
    return NULL;
  if (crc_of (bytes, entry->size) != entry->crc) {
    refuse (zip, entry, error, "its bytes are not those of its checksum: "
        "is the download complete?");
    return NULL;
  }
  return g_steal_pointer (&bytes);
}
