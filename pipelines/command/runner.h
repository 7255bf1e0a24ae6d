/* The model of `convnext run` at work, and the options that say how. */
#pragma once

#include "pipelines/command/command.h"

G_BEGIN_DECLS

/**
 * CnxRunOptions:
 * @tensor, @shape, @labels, @recipe, @reference, @features, @top_k, @threshold: the options of those names, or their
 *   defaults
 */
typedef struct
{
  CnxCommonOptions common;
  char *tensor, *shape, *labels, *recipe;
  gboolean reference, features;
  int top_k;
  double threshold;
} CnxRunOptions;

/** A model on a device or, with --reference, in plain C. */
typedef struct _CnxRunner CnxRunner;

/** For pictures of one size, at most @most in a call. Keeps a reference to @model.
 * Errors: those of cnx_device_open() and cnx_network_new(). Free with cnx_runner_free(). */
CnxRunner *cnx_runner_new (const CnxRunOptions * options, CnxModel * model, int height, int width, int most,
    GError ** error);
void cnx_runner_free (CnxRunner * runner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxRunner, cnx_runner_free)

/** @in: (n, height, width, 3), normalised; @out: (n, cnx_run_outputs()). Errors: those of
 * cnx_network_forward() and cnx_reference_forward(). */
gboolean cnx_runner_forward (CnxRunner * runner, const float *in, int n, float *out, GError ** error);

/** How many numbers a picture gets: logits, or with --features features. */
int cnx_run_outputs (const CnxRunOptions * options, CnxModel * model);
/** How many of @n pictures of that size go through the network at once. */
int cnx_run_batch (int height, int width, int n);
/** Prints [1, 2, ...]. */
void cnx_run_print_row (const float *values, int count);

G_END_DECLS
