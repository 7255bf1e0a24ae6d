#include "pipelines/tag/read/signature.h"

#include <string.h>

#define BOX_HEADER 8
#define LONG_BOX_HEADER 16
/* A box that may stand before the one that tells is not alone for ever. */
#define MOST_BOXES 64

typedef struct
{
  const char *bytes;
  guint8 length, offset;
} Signature;

static gboolean
has_any (const guint8 * head, gsize size, const Signature * all, guint n)
{
  for (guint i = 0; i < n; i++)
    if (size >= (gsize) all[i].offset + all[i].length
        && memcmp (head + all[i].offset, all[i].bytes, all[i].length) == 0)
      return TRUE;
  return FALSE;
}

/* ---- cameras' raw files ---- */

/* Canon's three, Fujifilm's, Panasonic's and Leica's, Olympus', Minolta's, Sigma's. */
static const Signature raws[] = {
  {"ftypcrx ", 8, 4}, {"II*\0\x10\0\0\0CR", 10, 0}, {"II\x1a\0\0\0HEAPCCDR", 14, 0}, {"FUJIFILMCCD-RAW", 15, 0},
  {"IIU\0", 4, 0}, {"IIRO", 4, 0}, {"IIRS", 4, 0}, {"MMOR", 4, 0}, {"\0MRM", 4, 0}, {"FOVb", 4, 0},
};

static const Signature tiffs[] = { {"II*\0", 4, 0}, {"MM\0*", 4, 0} };

static gboolean
is_raw_name (const char *name)
{
  static const char *const extensions[] = { "3fr", "arw", "cr2", "dcr", "dng", "erf", "fff", "iiq", "k25", "kdc", "mef",
    "mos", "nef", "nrw", "orf", "pef", "raw", "rw2", "rwl", "sr2", "srf", "srw"
  };
  const char *point = strrchr (name, '.');

  for (guint i = 0; point && i < G_N_ELEMENTS (extensions); i++)
    if (g_ascii_strcasecmp (point + 1, extensions[i]) == 0)
      return TRUE;
  return FALSE;
}

gboolean
cnx_signature_is_raw (const guint8 * head, gsize size, const char *name)
{
  return has_any (head, size, raws, G_N_ELEMENTS (raws))
      || (has_any (head, size, tiffs, G_N_ELEMENTS (tiffs)) && is_raw_name (name));
}

/* ---- pictures that are taken for films ---- */

gboolean
cnx_signature_is_heif (const guint8 * head, gsize size)
{
  static const Signature brands[] = { {"heic", 4, 8}, {"heix", 4, 8}, {"heim", 4, 8}, {"heis", 4, 8}, {"mif1", 4, 8},
    {"avif", 4, 8}
  };

  return size >= 12 && memcmp (head + 4, "ftyp", 4) == 0 && has_any (head, size, brands, G_N_ELEMENTS (brands));
}

gboolean
cnx_signature_is_jpeg_xl (const guint8 * head, gsize size)
{
  static const Signature starts[] = { {"\xff\x0a", 2, 0}, {"\0\0\0\x0cJXL \r\n\x87\n", 12, 0} };

  return has_any (head, size, starts, G_N_ELEMENTS (starts));
}

/* ---- boxes ---- */

typedef enum
{ UNKNOWN, ANYWHERE, TELLING } BoxKind;

static BoxKind
box_kind (const guint8 * type)
{
  static const char telling[][5] = { "ftyp", "moov", "mdat", "moof", "styp", "sidx" };
  static const char anywhere[][5] = { "free", "skip", "wide", "pnot", "PICT", "prfl", "junk", "uuid", "meta", "udta",
    "pdin"
  };

  for (guint i = 0; i < G_N_ELEMENTS (telling); i++)
    if (memcmp (type, telling[i], 4) == 0)
      return TELLING;
  for (guint i = 0; i < G_N_ELEMENTS (anywhere); i++)
    if (memcmp (type, anywhere[i], 4) == 0)
      return ANYWHERE;
  return UNKNOWN;
}

static guint64
read_number (const guint8 * bytes, guint n)
{
  guint64 value = 0;

  for (guint i = 0; i < n; i++)
    value = value << 8 | bytes[i];
  return value;
}

/* Bytes that a line of text may begin with. */
static gboolean
is_text (const guint8 * bytes)
{
  for (guint i = 0; i < 4; i++)
    if (!g_ascii_isprint (bytes[i]) && !g_ascii_isspace (bytes[i]) && bytes[i] < 0x80)
      return FALSE;
  return TRUE;
}

gboolean
cnx_signature_is_boxes (const guint8 * head, gsize size, guint64 file_size)
{
  guint64 at = 0;

  for (guint i = 0; i < MOST_BOXES && at + BOX_HEADER <= size; i++) {
    const guint8 *box = head + at;
    const BoxKind kind = box_kind (box + 4);
    guint64 length = read_number (box, 4);
    if (length == 1 && at + LONG_BOX_HEADER <= size)
      length = read_number (box + 8, 8);
    else if (length == 0)
      length = file_size - at;
    const gboolean fits = length >= BOX_HEADER && length <= file_size - at;
    if (kind == UNKNOWN || (!fits && (kind == ANYWHERE || is_text (box))))
      return FALSE;
    if (kind == TELLING)
      return TRUE;
    at += length;
  }
  return at > size && at < file_size;   /* nobody looked further */
}
