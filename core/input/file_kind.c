#include "core/input/file_kind.h"

#include <string.h>

#include "core/input/input_file.h"

#define MAGIC(text) text, sizeof text - 1

/* By the formats' own specifications. */
static const struct
{
  guint offset;
  const char *magic;
  gsize length;
  const char *what;
} kinds[] = {
  {0, MAGIC ("version https://git-lfs"), "a Git LFS pointer, not the file that it stands for: run `git lfs pull` where "
      "it comes from"},
  {0, MAGIC ("<"), "a web page: was it downloaded from the right link?"},
  {0, MAGIC ("{"), "JSON text: a config, or a server's error in the place of the file"},
  {0, MAGIC ("\211PNG\r\n\032\n"), "a PNG picture"},
  {0, MAGIC ("\377\330\377"), "a JPEG picture"},
  {0, MAGIC ("GIF8"), "a GIF picture"},
  {8, MAGIC ("WEBP"), "a WebP picture"},
  {0, MAGIC ("\211HDF\r\n\032\n"), "an HDF5 file, as Keras writes weights"},
  {4, MAGIC ("TFL3"), "a TensorFlow Lite model"},
  /* ir_version, a number in one byte, then producer_name: what most of them are written by. */
  {2, MAGIC ("\022\007pytorch"), "an ONNX model"},
  {2, MAGIC ("\022\007tf2onnx"), "an ONNX model"},
  {0, MAGIC ("GGUF"), "a GGUF file"},
  {0, MAGIC ("\223NUMPY"), "a NumPy array"},
  {0, MAGIC ("%PDF-"), "a PDF document"},
  {0, MAGIC ("\037\213"), "packed with gzip: unpack it first"},
  {0, MAGIC ("\3757zXZ"), "packed with xz: unpack it first"},
  {0, MAGIC ("7z\274\257\047\034"), "a 7-Zip archive: unpack it first"},
};

const char *
cnx_file_kind (const guint8 * start, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (length >= kinds[i].offset + kinds[i].length
        && memcmp (start + kinds[i].offset, kinds[i].magic, kinds[i].length) == 0)
      return kinds[i].what;
  return NULL;
}

const char *
cnx_file_kind_of (const char *path)
{
  g_autoptr (CnxInputFile) file = cnx_input_file_open (path, NULL);
  guint8 start[CNX_KIND_BYTES];
  const gsize length = file ? MIN (sizeof start, cnx_input_file_size (file)) : 0;

  return length > 0 && cnx_input_file_read (file, 0, length, start) ? cnx_file_kind (start, length) : NULL;
}
