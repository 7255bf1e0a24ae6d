/* The command line of `convnext tag`. */
#pragma once

#include "pipelines/command/command.h"
#include "pipelines/tag/inputs.h"
#include "pipelines/tag/read/sampling.h"

G_BEGIN_DECLS

/**
 * CnxTagOptions:
 * @common: --variant, --device, --threads, --precision
 * @model, @labels, @recipe, @top_k: of the classifier
 * @threshold: as cnx_model_threshold() takes it
 * @sampling, @gap, @min_length: of films
 * @formats: const CnxTagFormat *
 * @inputs: what to read, and where outputs go
 * @to_stdout: --output -
 * @jobs, @batch: files read, and frames classified, at the same time
 * @file_timeout, @file_memory: seconds without progress, and MiB, after which a file is given up; 0: never
 * @quiet: nothing but errors is said
 */
typedef struct
{
  CnxCommonOptions common;
  char *model, *labels, *recipe;
  int top_k;
  double threshold;
  CnxSampling sampling;
  double gap, min_length;
  GPtrArray *formats;
  CnxInputOptions inputs;
  gboolean to_stdout;
  int jobs, batch;
  int file_timeout, file_memory;
  gboolean quiet;

  /* what the fields above point to, or are made of */
  char *format, *output, *list, *start, *end;
  int every;
} CnxTagOptions;

/** FALSE after printing what is wrong. Clear with cnx_tag_options_clear() in any case. */
gboolean cnx_tag_options_parse (CnxTagOptions * options, int argc, char **argv);
void cnx_tag_options_clear (CnxTagOptions * options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CnxTagOptions, cnx_tag_options_clear)

G_END_DECLS
