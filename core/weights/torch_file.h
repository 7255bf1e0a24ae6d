/* A file that torch.save() made, PyTorch 1.6 or later: where in it each tensor's values are.
 *
 * Format: a zip archive of NAME/data.pkl, a pickle that describes the tensors, and of their storages NAME/data/KEY,
 * stored as they are. Nothing in it is trusted, nothing it names is run, and no storage is read. */
#pragma once

#include "core/weights/tensor.h"

G_BEGIN_DECLS

/** Whether a file with these first bytes is for cnx_torch_file_read(): a zip archive, or what PyTorch saved before
 * 1.6, which it refuses with advice. CNX_TORCH_FILE_START bytes are enough. */
#define CNX_TORCH_FILE_START 32
gboolean cnx_torch_file_matches (const guint8 * bytes, gsize length);

/** Reads the tensors of @file. @others: gets strings, of which other dicts of tensors there are; or NULL. Returns
 * CnxTensor (its `count` and `contiguous` not worked out yet) in the pickle's
 * order, no name twice, every value inside the file; tensors may share bytes. Free with g_array_unref().
 * Error: CNX_ERROR_FORMAT. */
GArray *cnx_torch_file_read (CnxInputFile * file, GPtrArray * others, GError ** error);

G_END_DECLS
