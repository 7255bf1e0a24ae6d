/* A file of weights as named tensors, memory-mapped and never copied.
 *
 * Format: safetensors, as its specification has it: an 8-byte little-endian header length, a JSON
 * header of {name: {dtype, shape, data_offsets}}, then the data. Nothing in the header is trusted. A file that is
 * cut short while it is mapped ends the process: replace weights by renaming a new file over the old one. */
#pragma once

#include <glib.h>
#include <glib-object.h>

G_BEGIN_DECLS

#define CNX_MAX_DIMS 6

typedef enum
{
  CNX_DTYPE_F32,
  CNX_DTYPE_F16,
  CNX_DTYPE_BF16,
  CNX_DTYPE_F64,
  CNX_DTYPE_OTHER,              /* known to the format, but not a type of weights: never read */
} CnxDtype;

/**
 * CnxTensor:
 * @name: as the file has it; owned by the checkpoint
 * @dtype: how each value is stored, little-endian
 * @dtype_name: as the file has it ("I64"), for messages; static
 * @n_dims: number of dimensions, 0 for a scalar
 * @dims: row-major shape, outermost first
 * @count: product of @dims
 * @data: first value, inside the mapped file; may be unaligned
 * @size: bytes of @data
 *
 * Immutable; lives as long as its checkpoint.
 */
typedef struct
{
  const char *name;
  CnxDtype dtype;
  const char *dtype_name;
  int n_dims;
  gint64 dims[CNX_MAX_DIMS];
  gsize count;
  const guint8 *data;
  gsize size;
} CnxTensor;

typedef struct _CnxCheckpoint CnxCheckpoint;

/** Maps @path and checks its whole header: every offset inside the file, no overlap, sizes that match
 * their shapes, no name twice. Free with cnx_checkpoint_unref().
 * Errors: CNX_ERROR_NOT_FOUND, CNX_ERROR_FORMAT; both name the file and, where there is one, the tensor. */
CnxCheckpoint *cnx_checkpoint_open (const char *path, GError ** error);
CnxCheckpoint *cnx_checkpoint_ref (CnxCheckpoint * checkpoint);
void cnx_checkpoint_unref (CnxCheckpoint * checkpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxCheckpoint, cnx_checkpoint_unref)

const char *cnx_checkpoint_path (CnxCheckpoint * checkpoint);
guint cnx_checkpoint_n_tensors (CnxCheckpoint * checkpoint);
/** Tensors in the order of the file's header. */
const CnxTensor *cnx_checkpoint_tensor (CnxCheckpoint * checkpoint, guint i);
/** The tensor called @name, or NULL. Thread-safe. */
const CnxTensor *cnx_checkpoint_find (CnxCheckpoint * checkpoint, const char *name);

/** Converts values @first .. @first + @count - 1 to float into @out (caller's, @count floats).
 * Not for CNX_DTYPE_OTHER. Thread-safe. */
void cnx_tensor_read (const CnxTensor * tensor, gsize first, gsize count, float *out);

/** Lets go of the memory that reading filled: the file stays mapped. Thread-safe. */
void cnx_checkpoint_drop_pages (CnxCheckpoint * checkpoint);

/** "(96, 3, 4, 4)", for messages. Free with g_free(). */
char *cnx_tensor_shape_string (const CnxTensor * tensor);

const char *cnx_dtype_name (CnxDtype dtype);

G_END_DECLS
