/* The two things that `convnext run` runs on. */
#pragma once

#include "pipelines/command/runner.h"

G_BEGIN_DECLS

/** What is wrong with --shape, or NULL. */
const char *cnx_run_check_shape (const CnxRunOptions * options);

/** Runs @model on the tensor, or on the pictures, and prints what it says. Returns the process's exit status. */
int cnx_run_tensor (const CnxRunOptions * options, CnxModel * model);
int cnx_run_images (const CnxRunOptions * options, CnxModel * model);

G_END_DECLS
