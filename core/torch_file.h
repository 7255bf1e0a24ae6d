/* A file that torch.save() made, PyTorch 1.6 or later: where in it each tensor's values are.
 *
 * Format: a zip archive of NAME/data.pkl, a pickle that describes the tensors, and of their storages NAME/data/KEY,
 * stored as they are. Nothing in it is trusted, nothing it names is run, and no storage is read. */
#pragma once

#include <glib.h>

#include "core/checkpoint.h"

G_BEGIN_DECLS

/**
 * CnxTorchTensor:
 * @name: its key in the state dict, printable UTF-8; owned by the array
 * @dtype: how each value is stored, little-endian
 * @dtype_name: as safetensors has it ("I64"); static
 * @element_size: bytes of a value
 * @n_dims: number of dimensions, 0 for a scalar
 * @dims: shape, outermost first
 * @strides: values from one index of a dimension to the next, never negative; row-major for weights, as a rule
 * @offset: byte of the file where the tensor's first value is, at any alignment
 *
 * Every value lies inside the file, and the tensor takes no more bytes than the file has.
 */
typedef struct
{
  char *name;
  CnxDtype dtype;
  const char *dtype_name;
  int element_size;
  int n_dims;
  gint64 dims[CNX_MAX_DIMS];
  gint64 strides[CNX_MAX_DIMS];
  guint64 offset;
} CnxTorchTensor;

/** Whether a file with these first bytes is for cnx_torch_file_read(): a zip archive, or what PyTorch saved before
 * 1.6, which it refuses with advice. 16 bytes are enough. */
gboolean cnx_torch_file_matches (const guint8 * bytes, gsize length);

/** Reads the tensors of the file @fd, of @size bytes, with pread(): a file that is cut short meanwhile is an error.
 * @path names it in messages. Returns CnxTorchTensor in the pickle's order, no name twice; tensors may share bytes.
 * Free with g_array_unref(). Error: CNX_ERROR_FORMAT. */
GArray *cnx_torch_file_read (int fd, guint64 size, const char *path, GError ** error);

G_END_DECLS
