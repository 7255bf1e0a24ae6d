/* A tensor of weights that lies in a file: what it is called, how it is stored, and its values where they are asked
 * for. */
#pragma once

#include "core/input/input_file.h"

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
  CnxInputFile *file;
  guint64 offset;
} CnxTensor;

/** Reads values @first .. @first + @count - 1, counted in the order of the shape, as floats into @out (caller's, @count
 * floats). Not for CNX_DTYPE_OTHER. What cannot be read is 0, and told by cnx_checkpoint_check(). Thread-safe. */
void cnx_tensor_read (const CnxTensor * tensor, gsize first, gsize count, float *out);

/** Sets @tensor's strides to those of row-major values without gaps. */
void cnx_tensor_set_row_major (CnxTensor * tensor);

/** Works out `count` and `contiguous` from its dims and strides. */
void cnx_tensor_set_count (CnxTensor * tensor);

/** Sets @tensor's dtype, its name and its size to those of the safetensors dtype @name. FALSE where none is called
 * so. */
gboolean cnx_tensor_set_dtype (CnxTensor * tensor, const char *name);

/** "(96, 3, 4, 4)", for messages. Free with g_free(). */
char *cnx_tensor_shape_string (const CnxTensor * tensor);

const char *cnx_dtype_name (CnxDtype dtype);


/** For an array of CnxTensor that own their names: a GDestroyNotify for g_array_set_clear_func(). */
void cnx_tensor_clear (gpointer tensor);

G_END_DECLS
