/* Seeded random weights and inputs, for tests and benchmarks: the same on every machine. */
#pragma once

#include "core/model/arch.h"

G_BEGIN_DECLS

/** Writes @dir/model.safetensors (timm's naming, fp32, 2-D MLP weights) with random weights whose activations
 * stay of order 1, and @dir/config.json with `architecture` (the variant's timm name, or "convnext_random"),
 * `num_classes` and a `pretrained_cfg` for 224 x 224. @dir is made when it is not there. */
gboolean cnx_write_random_checkpoint (const char *dir, const CnxArch * arch, guint32 seed, GError ** error);

/** Fills @out with @count uniform values in -@scale .. @scale. */
void cnx_fill_random (float *out, gsize count, guint32 seed, float scale);

G_END_DECLS
