#include "core/input/file_kind.h"

#include <string.h>

#include "core/input/input_file.h"

#define MAGIC(text) text, sizeof text - 1
#define PICKLE "a bare pickle, as pickle.dump() writes: save its tensors, made of arrays by torch.from_numpy(), with " \
  "torch.save()"

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
  {0, MAGIC ("<?xml"), "an XML file, as OpenVINO describes networks: take the weights that it was converted from"},
  {0, MAGIC ("<"), "a web page: was it downloaded from the right link?"},
  {0, MAGIC ("{"), "JSON text: a config, or a server's error in the place of the file"},
  {0, MAGIC ("\211PNG\r\n\032\n"), "a PNG picture"},
  {0, MAGIC ("\377\330\377"), "a JPEG picture"},
  {0, MAGIC ("GIF8"), "a GIF picture"},
  {8, MAGIC ("WEBP"), "a WebP picture"},
  {0, MAGIC ("\211HDF\r\n\032\n"), "an HDF5 file, as Keras writes weights"},
  {4, MAGIC ("TFL3"), "a TensorFlow Lite model"},
  {0, MAGIC ("GGUF"), "a GGUF file"},
  {0, MAGIC ("\223NUMPY"), "a NumPy array"},
  {0, MAGIC ("%PDF-"), "a PDF document"},
  {0, MAGIC ("\037\213"), "packed with gzip: unpack it first"},
  {0, MAGIC ("\3757zXZ"), "packed with xz: unpack it first"},
  {257, MAGIC ("ustar"), "a tar archive: unpack it first"},
  {0, MAGIC ("ftrt"), "a TensorRT engine: take the weights that it was built from"},
  /* protocols 0 and 1: a dict, a list, the class of another dict or of an array */
  {0, MAGIC ("(dp0\n"), PICKLE},
  {0, MAGIC ("(lp0\n"), PICKLE},
  {0, MAGIC ("}q\0("), PICKLE},
  {0, MAGIC ("]q\0"), PICKLE},
  {0, MAGIC ("ccollections\n"), PICKLE},
  {0, MAGIC ("cnumpy."), PICKLE},
  {0, MAGIC ("7z\274\257\047\034"), "a 7-Zip archive: unpack it first"},
};

/* Formats that begin with numbers of their own, each by a few bytes. */
static const struct
{
  struct
  {
    guint8 from, to;
  } bytes[3];
  const char *what;
} ranges[] = {
  /* schema version 1, then a graph with its length */
  {{{8, 8}, {1, 1}, {0x12, 0x12}}, "a TensorFlow SavedModel: take the weights as PyTorch has them"},
  /* ir_version, a number in one byte, then the producer's name, the graph or the set of operators */
  {{{8, 8}, {2, 31}, {0x12, 0x12}}, "an ONNX or Core ML model: take the weights that it was exported from"},
  {{{8, 8}, {2, 31}, {0x3a, 0x3a}}, "an ONNX model: take the weights that it was exported from"},
  {{{8, 8}, {2, 31}, {0x42, 0x42}}, "an ONNX model: take the weights that it was exported from"},
  /* PROTO of a protocol, then a dict, a list, a class or a frame */
  {{{0x80, 0x80}, {2, 5}, {']', '}'}}, PICKLE},
  {{{0x80, 0x80}, {2, 5}, {0x95, 0x95}}, PICKLE},
  /* a map of up to 15 members, then a short name */
  {{{0x81, 0x8f}, {0xa1, 0xbf}, {'0', 'z'}}, "a MessagePack file, as Flax writes weights: save them as safetensors"},
};

static gboolean
is_in_range (guint i, const guint8 * start)
{
  for (guint b = 0; b < G_N_ELEMENTS (ranges[i].bytes); b++)
    if (start[b] < ranges[i].bytes[b].from || start[b] > ranges[i].bytes[b].to)
      return FALSE;
  return TRUE;
}

const char *
cnx_file_kind (const guint8 * start, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (length >= kinds[i].offset + kinds[i].length
        && memcmp (start + kinds[i].offset, kinds[i].magic, kinds[i].length) == 0)
      return kinds[i].what;
  for (guint i = 0; length > G_N_ELEMENTS (ranges[0].bytes) && i < G_N_ELEMENTS (ranges); i++)
    if (is_in_range (i, start))
      return ranges[i].what;
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
