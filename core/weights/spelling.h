/* Names that people's files have for what a naming scheme of core/model/naming.h calls otherwise. */
#pragma once

#include "core/weights/checkpoint.h"

G_BEGIN_DECLS

/** Gives @checkpoint's tensors, which nothing else uses yet, the names that a scheme has for them:
 * - OpenMMLab's (mmpretrain: `backbone.stages.0.0.depthwise_conv`, `head.fc`), which are the original's but for a few;
 * - GRN's `gamma` and `beta` in Hugging Face's naming, as transformers called them at first;
 * - a classifier that is the only layer with tensors in an nn.Sequential (`head.fc.1`, behind a dropout);
 * - a classifier that is the only layer beside a network without one (`backbone.` and `fc`), if it fits.
 * What it does not know it leaves as it is. FALSE and CNX_ERROR_MODEL where a name tells that the weights are no plain
 * classifier's: adapters, quantized ones, backbones of other networks, stems for other than three channels. */
gboolean cnx_spelling_settle (CnxCheckpoint * checkpoint, GError ** error);

G_END_DECLS
