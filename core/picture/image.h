/* Still pictures to the network's input, through libvips, by a recipe. A library of its own: the
 * plugin never links it. */
#pragma once

#include "core/model/recipe.h"

G_BEGIN_DECLS

/** Loads any picture that libvips reads, turned by its EXIF orientation, alpha flattened on black,
 * in sRGB, and writes @recipe's input to @out: height x width x 3 floats (HWC, R G B), normalised.
 * @path is a file or a pipe; what comes through a pipe may be 1 GiB.
 * Errors: CNX_ERROR_INPUT with libvips' own words. Call vips_init() once before. Thread-safe. */
gboolean cnx_image_load (const char *path, const CnxRecipe * recipe, float *out, GError ** error);

G_END_DECLS
