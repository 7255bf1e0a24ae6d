/* Weights as named tensors. Nothing is read but the header before a value is asked for, and nothing in a header is
 * trusted.
 *
 * Formats, told apart by what the file holds:
 * - safetensors: an 8-byte little-endian header length, a JSON header of {name: {dtype, shape, data_offsets}}, then
 *   the data; or the index.json of weights that are spread over several such files beside it;
 * - PyTorch's .pth and .pt: a zip archive with a pickle of the tensors and the data (core/weights/torch_file.h). */
#pragma once

#include <glib-object.h>

#include "core/weights/tensor.h"

G_BEGIN_DECLS

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

/** Calls tensor @i @name from now on: only while nobody else has @checkpoint. FALSE, and nothing is changed, where
 * another is called so already. */
gboolean cnx_checkpoint_rename (CnxCheckpoint * checkpoint, guint i, const char *name);

/** Keeps that @what, a tensor's name or a dict of tensors, is in the file and is not read: only while nobody else has
 * @checkpoint. */
void cnx_checkpoint_add_unread (CnxCheckpoint * checkpoint, const char *what);
/** The first CNX_MAX_UNREAD of them, NULL-terminated, @count in all. Owned by the checkpoint. */
#define CNX_MAX_UNREAD 5
const char *const *cnx_checkpoint_unread (CnxCheckpoint * checkpoint, guint * count);

/** Whether all that was read so far is what the files held when they were opened: to be asked after the last read.
 * Thread-safe. Errors: CNX_ERROR_FORMAT, for a file that was cut short or written to meanwhile. */
gboolean cnx_checkpoint_check (CnxCheckpoint * checkpoint, GError ** error);

G_END_DECLS
