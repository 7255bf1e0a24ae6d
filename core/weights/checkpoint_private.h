/* What the readers of each format know of a checkpoint. For core/weights/checkpoint.c and them alone. */
#pragma once

#include "core/weights/checkpoint.h"
#include "core/input/input_file.h"

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

/** Sets @tensor's dtype, its name and its size to those of the safetensors dtype @name. FALSE where none is called
 * so. */
gboolean cnx_tensor_set_dtype (CnxTensor * tensor, const char *name);

/** Adds the tensors of a safetensors file that was opened. Errors: CNX_ERROR_FORMAT. */
gboolean cnx_safetensors_read (CnxCheckpoint * checkpoint, CnxInputFile * file, GError ** error);

G_END_DECLS
