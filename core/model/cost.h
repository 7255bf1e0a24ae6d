/* What an architecture costs: parameters and multiply-accumulates, part by part. */
#pragma once

#include "core/model/arch.h"

G_BEGIN_DECLS

/** Where a picture runs through, in order: the patchify stem with its norm; the stages, CNX_PART_STAGE + 0 .. 3, each
 * with the downsample before it; the norm and the classifier behind the pool. */
typedef enum
{
  CNX_PART_STEM,
  CNX_PART_STAGE,
  CNX_PART_HEAD = CNX_PART_STAGE + CNX_STAGES,
  CNX_N_PARTS,
} CnxPart;

/**
 * CnxPartCost:
 * @height, @width: what comes out of it, in pixels; 1 x 1 for the head
 * @channels: what comes out of it for each pixel; for the head the classes, or without a classifier the channels
 * @blocks: of a stage; 0 elsewhere
 * @parameters, @macs: as cnx_arch_parameters() and cnx_arch_macs() count them, which are their sums
 */
typedef struct
{
  int height, width;
  int channels;
  int blocks;
  guint64 parameters, macs;
} CnxPartCost;

/** What each part of @arch is, and what it takes for one picture of @height x @width. */
void cnx_arch_costs (const CnxArch * arch, int height, int width, CnxPartCost costs[CNX_N_PARTS]);

/** "stem", "stage 1" ... "stage 4", "head". Static. */
const char *cnx_part_name (CnxPart part);

/** Trainable parameters, all of them: weights, biases, norms, layer scale or GRN, classifier. */
guint64 cnx_arch_parameters (const CnxArch * arch);

/** Multiply-accumulates of the convolutions and linears for one picture of @height x @width. */
guint64 cnx_arch_macs (const CnxArch * arch, int height, int width);

G_END_DECLS
