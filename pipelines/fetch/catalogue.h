/* The published checkpoints that `convnext fetch` knows by name. */
#pragma once

#include "core/model/arch.h"

G_BEGIN_DECLS

/**
 * CnxPublished:
 * @variant: the published name of its size ("tiny")
 * @id: "owner/repository" on the hub; NULL: the one that core/model/arch.c names as the variant's usual weights
 * @top1: published top-1 accuracy on ImageNet-1k at 224 x 224, in percent; 0: not known
 * @licence: of the weights, by its SPDX name
 * @has_preprocessor: whether there is a preprocessor_config.json too
 */
typedef struct
{
  const char *variant;
  const char *id;
  double top1;
  const char *licence;
  gboolean has_preprocessor;
} CnxPublished;

/** All of them, ended by one whose variant is NULL. Static. */
const CnxPublished *cnx_catalogue (void);

/** Its "owner/repository". Static. */
const char *cnx_published_id (const CnxPublished * published);

/** Whether it is what its variant's name stands for. */
gboolean cnx_published_is_usual (const CnxPublished * published);

/** Whether its licence forbids commercial use. */
gboolean cnx_published_is_non_commercial (const CnxPublished * published);

/** Trainable parameters, and the bytes of a download of them: fp32, as all of them are published. */
guint64 cnx_published_parameters (const CnxPublished * published);
guint64 cnx_published_bytes (const CnxPublished * published);

/** The one called @name, in any case: an id, an id without its owner, or a variant (its usual weights); or NULL. */
const CnxPublished *cnx_catalogue_find (const char *name);

/** The names most like @name, best first, separated by ", "; "" when none is. Free with g_free(). */
char *cnx_catalogue_near (const char *name);

G_END_DECLS
