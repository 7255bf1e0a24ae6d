/* Weights as named tensors. Nothing is read but the header before a value is asked for, and nothing in a header is
 * trusted.
 *
 * Formats, told apart by what the file holds:
 * - safetensors: an 8-byte little-endian header length, a JSON header of {name: {dtype, shape, data_offsets}}, then
 *   the data; or the index.json of weights that are spread over several such files beside it;
 * - PyTorch's .pth and .pt: a zip archive with a pickle of the tensors and the data (core/weights/torch_file.h). */
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
 * @name: as the file has it
 * @dtype: how each value is stored, little-endian
 * @dtype_name: as safetensors calls it ("I64"), for messages; static
 * @value_size: bytes of a value
 * @n_dims: number of dimensions, 0 for a scalar
 * @dims: shape, outermost first
 * @strides: for each dimension, how many values further the next one of it is stored
 * @contiguous: whether the values are stored in the order of @dims, without gaps
 * @count: product of @dims
 * @file, @offset: where it is stored, and the byte of the first value; for cnx_tensor_read()
 *
 * Immutable; owned by its checkpoint.
 */
typedef struct
{
  const char *name;
  CnxDtype dtype;
  const char *dtype_name;
  int value_size;
  int n_dims;
  gint64 dims[CNX_MAX_DIMS];
  gint64 strides[CNX_MAX_DIMS];
  gboolean contiguous;
  gsize count;
  struct _CnxInputFile *file;
  guint64 offset;
} CnxTensor;

typedef struct _CnxCheckpoint CnxCheckpoint;

/** Opens @path and checks its whole header: every offset inside the file, sizes that match their shapes, no name twice,
 * in safetensors no overlap. Free with cnx_checkpoint_unref().
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

/** Reads values @first .. @first + @count - 1, counted in the order of the shape, as floats into @out (caller's, @count
 * floats). Not for CNX_DTYPE_OTHER. What cannot be read is 0, and told by cnx_checkpoint_check(). Thread-safe. */
void cnx_tensor_read (const CnxTensor * tensor, gsize first, gsize count, float *out);

/** Whether all that was read so far is what the files held when they were opened: to be asked after the last read.
 * Thread-safe. Errors: CNX_ERROR_FORMAT, for a file that was cut short or written to meanwhile. */
gboolean cnx_checkpoint_check (CnxCheckpoint * checkpoint, GError ** error);

/** "(96, 3, 4, 4)", for messages. Free with g_free(). */
char *cnx_tensor_shape_string (const CnxTensor * tensor);

const char *cnx_dtype_name (CnxDtype dtype);

G_END_DECLS
