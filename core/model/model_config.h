/* What the files beside the weights say: name, labels, preprocessing, and whether the arithmetic is one that
 * is known. Part of model.[ch], for nobody else but its tests. */
#pragma once

#include "core/model/arch.h"
#include "core/model/labels.h"
#include "core/model/naming.h"
#include "core/model/recipe.h"

G_BEGIN_DECLS

/**
 * CnxModelConfig:
 * @name: short name of the model
 * @recipe: its preprocessing
 * @final_norm_eps: of the norm before the classifier
 * @labels: one per class, NULL-terminated
 * @labels_from: as cnx_model_labels_from() has it
 * @labels_error: why the labels that the config has cannot be used; NULL
 * @confidence: what makes confidences of its logits
 * @threshold: the confidence that its makers recommend to use it with; -1: none
 */
typedef struct
{
  char *name;
  CnxRecipe recipe;
  double final_norm_eps;
  char **labels;
  char *labels_from;
  GError *labels_error;
  CnxConfidence confidence;
  double threshold;
} CnxModelConfig;

/** Fills @config for the weights @file: from `<file without its ending>.json` or else `config.json` beside it,
 * and preprocessor_config.json; with what holds for @scheme where they are not there. What they say of the arithmetic,
 * and no tensor shows, goes to @arch.
 * Errors: CNX_ERROR_FORMAT, CNX_ERROR_MODEL when they belong to other weights or ask for other arithmetic.
 * Clear with cnx_model_config_clear(), also after an error. */
gboolean cnx_model_config_load (CnxModelConfig * config, const char *file, CnxArch * arch,
    CnxScheme scheme, GError ** error);
void cnx_model_config_clear (CnxModelConfig * config);

G_END_DECLS
