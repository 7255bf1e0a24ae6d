/* Names that people's files have for what a naming scheme of core/model/naming.h calls otherwise. */
#pragma once

#include "core/weights/checkpoint.h"

G_BEGIN_DECLS

/** Gives @checkpoint's tensors, which nothing else uses yet, the names that a scheme has for them:
 * - OpenMMLab's (mmpretrain: `backbone.stages.0.0.depthwise_conv`, `head.fc`), which are the original's but for a few;
 * - GRN's `gamma` and `beta` in Hugging Face's naming, as transformers called them at first;
 * - a classifier that is the only layer with tensors in an nn.Sequential (`head.fc.1`, behind a dropout).
 * What it does not know it leaves as it is. */
void cnx_spelling_settle (CnxCheckpoint * checkpoint);

G_END_DECLS
