/* What network.c, network_weights.c and network_heat.c share; the first stands on the others. */
#pragma once

#include "opencl/network.h"

typedef struct
{
  int height, width, channels;
  int variant;                  /* the stage's kernels, see cnx_ops_select() */
  cl_mem downsample_norm_weight, downsample_norm_bias;  /* stages 1 to 3 */
  CnxLinear downsample;         /* stage 0: the stem */
  int n_blocks;
  CnxBlock *blocks;             /* scale: of ones where the model has none */
  cl_mem patches;               /* the downsample's input, patch by patch */
  CnxBlockBuffers buffers;      /* x: the stage's activations; normalised, hidden: NULL where every block is fused;
                                 * norms: V2 only */
} Stage;

struct _CnxNetwork
{
  gatomicrefcount refs;
  GMutex lock;
  CnxDevice *device;
  CnxOps *ops;
  CnxArch arch;
  int height, width, max_batch;
  CnxPrecision precision;       /* of all the variants that operations choose from */
  double norm_eps, final_norm_eps;
  cl_mem input, stem_norm_weight, stem_norm_bias;
  CnxLinear stem_first;         /* of an overlapping stem, whose second is stages[0].downsample */
  cl_mem stem_patches, stem_rows;       /* its input, patch by patch, and its output */
  Stage stages[CNX_STAGES];
  cl_mem pooled, normalised, logits;
  cl_mem hidden_rows, embedded; /* NULL where the head has no such layer */
  cl_mem final_norm_weight, final_norm_bias;
  CnxLinear hidden, embedding, classifier;
  gboolean gives_features;      /* and has no classifier and no logits */
  CnxFrameKernels *frame;       /* NULL unless asked for */

  GMutex heat_lock;             /* guards what follows */
  GHashTable *directions;       /* a class's number to its direction (core/heat/heat.h), of those that were asked for */
};

/** Packs and uploads all weights that the passes read. Errors: as cnx_model_check(). */
gboolean cnx_network_upload (CnxNetwork * net, CnxModel * model, GError ** error);

void cnx_network_heat_init (CnxNetwork * net);
void cnx_network_heat_clear (CnxNetwork * net);
