/* Writes a safetensors file from beginning to end: first what the tensors are, then their values, in the same order. */
#pragma once

#include "core/weights/checkpoint.h"

G_BEGIN_DECLS

typedef struct _CnxSafetensorsWriter CnxSafetensorsWriter;

/** What becomes @path once it is whole; until then it has another name beside it. Free with
 * cnx_safetensors_writer_free(), which removes what was not finished. Never fails. */
CnxSafetensorsWriter *cnx_safetensors_writer_new (const char *path);
void cnx_safetensors_writer_free (CnxSafetensorsWriter * writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxSafetensorsWriter, cnx_safetensors_writer_free)

/** The other name that @path has until it is whole. Free with g_free(). */
char *cnx_safetensors_part_name (const char *path);

/** Declares the next tensor. @name needs no escape in JSON. @dtype: fp32, fp16 or bf16. */
void cnx_safetensors_writer_declare (CnxSafetensorsWriter * writer, const char *name, CnxDtype dtype, int n_dims,
    const gint64 * dims);

/** The next @count values, after every tensor was declared: rounded to the nearest of the tensor's dtype. A failure is
 * told by cnx_safetensors_writer_finish(). */
void cnx_safetensors_writer_add (CnxSafetensorsWriter * writer, CnxDtype dtype, const float *values, gsize count);

/** Makes the file whole and gives it its name; where it is @durable, once it is on the disk.
 * Errors: CNX_ERROR_NOT_FOUND. */
gboolean cnx_safetensors_writer_finish (CnxSafetensorsWriter * writer, gboolean durable, GError ** error);

G_END_DECLS
