/* Timing the blocks of a stage with one set of tiles. */
#pragma once

#include "opencl/ops/ops.h"

G_BEGIN_DECLS

/**
 * CnxTrialShape:
 * @channels, @height, @width, @version: of a stage
 * @blocks: how many the stage has
 */
typedef struct
{
  int channels, height, width, version, blocks;
} CnxTrialShape;

/**
 * CnxTrial:
 *
 * Random weights and activations of a stage's blocks, for one variant of @ops (cnx_ops_add()). One thread at a time.
 */
typedef struct _CnxTrial CnxTrial;

/** Errors: CNX_ERROR_DEVICE. Keeps @ops, which must stay. Free with cnx_trial_free(). */
CnxTrial *cnx_trial_new (CnxOps * ops, int variant, const CnxTrialShape * shape, GError ** error);
void cnx_trial_free (CnxTrial * trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxTrial, cnx_trial_free)

/** Runs the blocks for some @seconds and returns the least time of one block so far, in milliseconds. Negative, and
 * CNX_ERROR_DEVICE, when the device fails. */
double cnx_trial_run (CnxTrial * trial, double seconds, GError ** error);

G_END_DECLS
