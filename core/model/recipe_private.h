/* What the readers of recipes share: recipe.c, which knows timm's keys, and recipe_hugging_face.c. For nobody else. */
#pragma once

#include "core/model/recipe.h"

G_BEGIN_DECLS

/** One object of an untrusted JSON file, and how messages call it. */
typedef struct
{
  const char *file;
  JsonObject *object;
} CnxRecipeSection;

/** Sets "FILE: KEY is VALUE; it must be WANTED", CNX_ERROR_FORMAT, and returns FALSE. The key must be there. */
gboolean cnx_recipe_refuse (const CnxRecipeSection * section, const char *key, const char *wanted, GError ** error);

/** The value of @key; NULL where it is missing or null. */
JsonNode *cnx_recipe_find (const CnxRecipeSection * section, const char *key);

/** Whether @node, which may be NULL, is a number that a side may have in pixels. */
gboolean cnx_recipe_side (JsonNode * node, int *side);

/** Read what is there into @recipe, and keep what it holds where nothing is. Errors: those of cnx_recipe_refuse().
 * The resize is for the shorter input side, which has been read, and where there is no `crop_pct` for the one that
 * @before stands for. */
gboolean cnx_recipe_read_mean_std (const CnxRecipeSection * section, const char *mean_key, const char *std_key,
    CnxRecipe * recipe, GError ** error);
gboolean cnx_recipe_read_crop_pct (const CnxRecipeSection * section, const CnxRecipe * before, CnxRecipe * recipe,
    GError ** error);

G_END_DECLS
