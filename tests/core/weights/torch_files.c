#include "tests/core/weights/torch_files.h"

#include <string.h>

static void
add_number (GByteArray * bytes, guint64 number, guint size)
{
  number = GUINT64_TO_LE (number);
  g_byte_array_append (bytes, (const guint8 *) &number, size);
}

static void
add_text (GByteArray * bytes, const char *text, gsize length)
{
  g_byte_array_append (bytes, (const guint8 *) text, length);
}

static void
add_integer (GByteArray * pickle, gint64 number)
{
  if (number >= 0 && number < 256) {
    add_text (pickle, "K", 1);
    add_number (pickle, number, 1);
  } else if (number >= G_MININT32 && number <= G_MAXINT32) {
    add_text (pickle, "J", 1);
    add_number (pickle, number, 4);
  } else {
    add_text (pickle, "\x8a\x08", 2);
    add_number (pickle, number, 8);
  }
}

static void
add_word (GByteArray * pickle, const char *word)
{
  gsize length = strlen (word);

  if (word[0] == '\'') {
    g_assert_true (length >= 2 && word[length - 1] == '\'');
    add_text (pickle, "X", 1);
    add_number (pickle, length - 2, 4);
    add_text (pickle, word + 1, length - 2);
  } else if (word[0] == '@') {
    const char *slash = strchr (word, '/');

    add_text (pickle, "c", 1);
    add_text (pickle, word + 1, slash - word - 1);
    add_text (pickle, "\n", 1);
    add_text (pickle, slash + 1, strlen (slash + 1));
    add_text (pickle, "\n", 1);
  } else if (word[0] == 'x' && length == 3) {
    add_number (pickle, g_ascii_xdigit_value (word[1]) * 16 + g_ascii_xdigit_value (word[2]), 1);
  } else if (g_ascii_isdigit (word[0]) || (word[0] == '-' && length > 1)) {
    add_integer (pickle, g_ascii_strtoll (word, NULL, 10));
  } else {
    add_text (pickle, word, length);
  }
}

void
cnx_test_pickle_add (GByteArray * pickle, const char *program)
{
  g_auto (GStrv) words = g_strsplit (program, " ", -1);

  for (guint i = 0; words[i]; i++) {
    if (*words[i])
      add_word (pickle, words[i]);
  }
}

GByteArray *
cnx_test_pickle (const char *program)
{
  GByteArray *pickle = g_byte_array_new ();

  cnx_test_pickle_add (pickle, program);
  return pickle;
}

static guint32
crc_of (const guint8 * bytes, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

CnxTestZip *
cnx_test_zip_new (void)
{
  CnxTestZip *zip = g_new0 (CnxTestZip, 1);

  zip->bytes = g_byte_array_new ();
  zip->directory = g_byte_array_new ();
  return zip;
}

/* What a local header and a directory record share: from the version to the lengths of name and extra field. */
static void
add_common (GByteArray * to, gboolean zip64, guint32 crc, gsize size, gsize name_length,
    guint extra_length)
{
  add_number (to, zip64 ? 45 : 20, 2);
  add_number (to, 0, 2);
  add_number (to, 0, 2);        /* stored */
  add_number (to, 0x210000, 4); /* the first of January 1980 */
  add_number (to, crc, 4);
  add_number (to, zip64 ? G_MAXUINT32 : size, 4);
  add_number (to, zip64 ? G_MAXUINT32 : size, 4);
  add_number (to, name_length, 2);
  add_number (to, extra_length, 2);
}

guint
cnx_test_zip_add (CnxTestZip * zip, const char *name, const void *bytes, gsize size)
{
  guint32 crc = crc_of (bytes, size);
  guint record = zip->directory->len;
  guint64 place = zip->bytes->len;

  add_text (zip->bytes, "PK\003\004", 4);
  add_common (zip->bytes, zip->zip64, crc, size, strlen (name),
      zip->zip64 ? 20 : 0);
  add_text (zip->bytes, name, strlen (name));
  if (zip->zip64) {
    add_number (zip->bytes, 16 << 16 | 1, 4);
    add_number (zip->bytes, size, 8);
    add_number (zip->bytes, size, 8);
  }
  add_text (zip->bytes, bytes, size);

  add_text (zip->directory, "PK\001\002", 4);
  add_number (zip->directory, 20, 2);
  add_common (zip->directory, zip->zip64, crc, size, strlen (name),
      zip->zip64 ? 28 : 0);
  add_number (zip->directory, 0, 8);    /* comment, disk, attributes */
  add_number (zip->directory, 0, 2);
  add_number (zip->directory, zip->zip64 ? G_MAXUINT32 : place, 4);
  add_text (zip->directory, name, strlen (name));
  if (zip->zip64) {
    add_number (zip->directory, 24 << 16 | 1, 4);
    add_number (zip->directory, size, 8);
    add_number (zip->directory, size, 8);
    add_number (zip->directory, place, 8);
  }
  zip->n++;
  return record;
}

GByteArray *
cnx_test_zip_end (CnxTestZip * zip, int n)
{
  GByteArray *bytes = zip->bytes;
  guint64 start = bytes->len, length = zip->directory->len;
  guint64 claimed = n < 0 ? zip->n : (guint) n;

  g_byte_array_append (bytes, zip->directory->data, length);
  if (zip->zip64) {
    guint64 end = bytes->len;

    add_text (bytes, "PK\006\006", 4);
    add_number (bytes, 44, 8);
    add_number (bytes, 45 << 16 | 45, 4);
    add_number (bytes, 0, 8);
    add_number (bytes, claimed, 8);
    add_number (bytes, claimed, 8);
    add_number (bytes, length, 8);
    add_number (bytes, start, 8);
    add_text (bytes, "PK\006\007", 4);
    add_number (bytes, 0, 4);
    add_number (bytes, end, 8);
    add_number (bytes, 1, 4);
  }
  add_text (bytes, "PK\005\006", 4);
  add_number (bytes, 0, 4);
  add_number (bytes, zip->zip64 ? 0xffff : claimed, 2);
  add_number (bytes, zip->zip64 ? 0xffff : claimed, 2);
  add_number (bytes, zip->zip64 ? G_MAXUINT32 : length, 4);
  add_number (bytes, zip->zip64 ? G_MAXUINT32 : start, 4);
  add_number (bytes, 0, 2);
  g_byte_array_unref (zip->directory);
  g_free (zip);
  return bytes;
}
