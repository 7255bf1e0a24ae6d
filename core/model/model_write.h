/* Writes a model down again in the one form that everything here, timm and most other readers take. */
#pragma once

#include "core/model/model.h"

G_BEGIN_DECLS

/** Called between tensors; @done and @total: values. */
typedef void (*CnxProgressFunc) (guint64 done, guint64 total, gpointer user_data);

/** How a model's weights would be stored: their own type where all share one of fp32, fp16 and bf16, else fp32. */
CnxDtype cnx_model_dtype (CnxModel * model);

/** Writes @weights, a safetensors file in timm's naming and shapes with the values rounded to @dtype (fp32, fp16 or
 * bf16), and @config, timm's config.json with the recipe and the labels. Each appears when it is whole. @progress may
 * be NULL. Errors: CNX_ERROR_NOT_FOUND where it cannot be written, CNX_ERROR_MODEL for a value that is too large for
 * @dtype, CNX_ERROR_FORMAT as cnx_model_check(). */
gboolean cnx_model_write (CnxModel * model, const char *weights, const char *config, CnxDtype dtype,
    CnxProgressFunc progress, gpointer user_data, GError ** error);

G_END_DECLS
