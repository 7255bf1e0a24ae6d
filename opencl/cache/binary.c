#include "opencl/cache/binary.h"
#include "opencl/cache/folder.h"

#include <string.h>

#define MAGIC "cnxbin2\n"
#define MAX_FILE (256 << 20)
#define DIGEST 64               /* hexadecimal digits of a SHA-256 */
#define HEADER (sizeof MAGIC - 1 + 2 * DIGEST + sizeof (guint64))

/* The binary inside a file, or NULL when the file is not whole or not for this key. */
static const guchar *
find (const char *text, gsize length, const char *key, gsize * size)
{
  guint64 stated;

  if (length < HEADER || memcmp (text, MAGIC, sizeof MAGIC - 1) != 0)
    return NULL;
  text += sizeof MAGIC - 1;
  if (memcmp (text, key, DIGEST) != 0)
    return NULL;
  const char *digest = text + DIGEST;
  memcpy (&stated, digest + DIGEST, sizeof stated);
  const guchar *binary = (const guchar *) digest + DIGEST + sizeof stated;
  if (GUINT64_FROM_LE (stated) != length - HEADER)
    return NULL;
  *size = length - HEADER;
  g_autofree char *found = g_compute_checksum_for_data (G_CHECKSUM_SHA256, binary, *size);
  return memcmp (found, digest, DIGEST) == 0 ? binary : NULL;
}

static char *
file_name (const char *key)
{
  return g_strconcat (key, ".clbin", NULL);
}

guchar *
cnx_cache_read_binary (int folder, const char *key, gsize * size)
{
  g_autofree char *name = file_name (key);
  gsize length = 0;
  g_autofree char *text = cnx_cache_read (folder, name, MAX_FILE, &length);
  const guchar *binary = text ? find (text, length, key, size) : NULL;

  if (binary) {
    memmove (text, binary, *size);
    return (guchar *) g_steal_pointer (&text);
  }
  if (text)
    g_debug ("kernel cache: %s is not whole; building from source", name);
  return NULL;
}

void
cnx_cache_write_binary (int folder, const char *key, const guchar * binary, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = file_name (key);
  g_autofree char *digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, binary, size);
  const gsize length = HEADER + size;
  g_autofree char *file = g_try_malloc (length);
  const guint64 stated = GUINT64_TO_LE ((guint64) size);

  if (!file)
    return;
  memcpy (file, MAGIC, sizeof MAGIC - 1);
  char *to = file + sizeof MAGIC - 1;
  memcpy (to, key, DIGEST);
  memcpy (to + DIGEST, digest, DIGEST);
  memcpy (to + 2 * DIGEST, &stated, sizeof stated);
  if (size > 0)
    memcpy (file + HEADER, binary, size);
  if (!cnx_cache_write (folder, name, file, length, &error))
    g_debug ("kernel cache: cannot be written: %s", error->message);
}
