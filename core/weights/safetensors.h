/* A safetensors file: where in it each tensor's values are.
 *
 * Format: an 8-byte little-endian header length, a JSON header of {name: {dtype, shape, data_offsets}}, then the
 * data. Nothing in the header is trusted. */
#pragma once

#include "core/weights/tensor.h"

G_BEGIN_DECLS

/** Reads the tensors of @file. Returns CnxTensor that own their names, in the header's order, none twice, every value
 * inside the file, no two over the same bytes. Free with g_array_unref(). Errors: CNX_ERROR_FORMAT. */
GArray *cnx_safetensors_read (CnxInputFile * file, GError ** error);

G_END_DECLS
