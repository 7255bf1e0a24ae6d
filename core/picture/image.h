/* Still pictures to the network's input, through libvips, by a recipe. A library of its own: the
 * plugin never links it. */
#pragma once

#include "core/model/recipe.h"

G_BEGIN_DECLS

/** Loads a picture that libvips reads as cnx_vips_start() has it, turned by its EXIF orientation, alpha flattened on
 * black, in sRGB, and writes @recipe's input to @out: height x width x 3 floats (HWC, R G B), normalised.
 * @path is a file or a pipe; what comes through a pipe may be 1 GiB. *@oddity: what is wrong with the file although it
 * was loaded, a sentence, or NULL: a JPEG may lack a little of its end; may be NULL.
 * Errors: CNX_ERROR_INPUT with libvips' own words. Call cnx_vips_start() once before. Thread-safe. */
gboolean cnx_image_load (const char *path, const CnxRecipe * recipe, float *out, const char **oddity,
    GError ** error);

G_END_DECLS
