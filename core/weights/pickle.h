/* The tensors that a PyTorch pickle of weights describes, read without running anything.
 *
 * A pickle is a program for a small stack machine, and Python runs what it names. This reader knows the opcodes of
 * protocols 2 to 5 and the few classes that a state dict and a training checkpoint around it need; all else is refused.
 * The values themselves lie outside, in storages that the pickle names. */
#pragma once

#include <glib.h>

#include "core/weights/tensor.h"

G_BEGIN_DECLS

/** The longest pickle that is read, in bytes. */
#define CNX_MAX_PICKLE (64 * 1024 * 1024)

/**
 * CnxPickledTensor:
 * @name: its key in the state dict ("stages.0.0.norm.weight"), printable UTF-8
 * @storage: key of its storage, printable UTF-8; several tensors may share one
 * @dtype: how the storage holds each value
 * @dtype_name: as safetensors has it ("I64"); static
 * @element_size: bytes of a value
 * @storage_count: values in the storage, as the pickle says; times @element_size it fits a gint64
 * @offset: place of the tensor's first value in the storage, in values
 * @n_dims: number of dimensions, 0 for a scalar
 * @dims: shape, outermost first
 * @strides: values from one index of a dimension to the next, never negative
 *
 * Every value lies inside the storage, and the tensor has no more values than the storage.
 * Immutable; lives as long as its state dict.
 */
typedef struct
{
  const char *name;
  const char *storage;
  CnxDtype dtype;
  const char *dtype_name;
  int element_size;
  gint64 storage_count;
  gint64 offset;
  int n_dims;
  gint64 dims[CNX_MAX_DIMS];
  gint64 strides[CNX_MAX_DIMS];
} CnxPickledTensor;

typedef struct _CnxStateDict CnxStateDict;

/** Reads the pickle in @bytes, which nothing needs afterwards. @what names it in messages ("'x.pth': its data.pkl").
 * The state dict is what cnx_pickle_find_state_dict() finds. What else it holds is skipped. Takes time and memory in
 * proportion to @length.
 * Free with cnx_state_dict_free(). Error: CNX_ERROR_FORMAT. */
CnxStateDict *cnx_pickle_read (const guint8 * bytes, gsize length, const char *what,
    GError ** error);
void cnx_state_dict_free (CnxStateDict * dict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxStateDict, cnx_state_dict_free)

guint cnx_state_dict_n_tensors (const CnxStateDict * dict);
/** What cnx_pickle_find_state_dict() says of other dicts of tensors, as char *; owned by @dict. */
const GPtrArray *cnx_state_dict_others (const CnxStateDict * dict);
/** Tensors in the order of the pickle; no two have the same name. */
const CnxPickledTensor *cnx_state_dict_tensor (const CnxStateDict * dict, guint i);

G_END_DECLS
