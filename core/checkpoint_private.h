/* What the readers of each format know of a checkpoint. For core/checkpoint.c and them alone. */
#pragma once

#include "core/checkpoint.h"
#include "core/input_file.h"

G_BEGIN_DECLS

struct _CnxCheckpoint
{
  gatomicrefcount refs;
  char *path;
  GPtrArray *files;             /* CnxInputFile: one, or one for each shard */
  GPtrArray *tensors;           /* CnxTensor, names owned */
  GHashTable *by_name;          /* CnxTensor.name -> CnxTensor */
};

/** Adds a copy of @tensor, whose name it takes over also where it fails: a name that stands there already is
 * CNX_ERROR_FORMAT. Its `count` and `contiguous` are worked out here. */
gboolean cnx_checkpoint_add (CnxCheckpoint * checkpoint, CnxTensor * tensor, GError ** error);

/** Sets @tensor's strides to those of row-major values without gaps. */
void cnx_tensor_set_row_major (CnxTensor * tensor);

/** Bytes of a value of the safetensors dtype @name, and what it is; 0 where none is called so. */
int cnx_dtype_find (const char *name, CnxDtype * dtype, const char **static_name);
/** Bytes of a value of @tensor. */
int cnx_tensor_value_size (const CnxTensor * tensor);

/** Adds the tensors of a safetensors file that was opened. Errors: CNX_ERROR_FORMAT. */
gboolean cnx_safetensors_read (CnxCheckpoint * checkpoint, CnxInputFile * file, GError ** error);

G_END_DECLS
