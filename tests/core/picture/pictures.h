/* What the preprocessing tests share: the golden pictures, a resize written from its definition,
 * and frames of video made from a picture by a conversion in double. */
#pragma once

#include "core/model/recipe.h"
#include "core/picture/resample.h"

G_BEGIN_DECLS

/** 8-bit RGB, rows without padding. */
typedef struct
{
  int width, height;
  guint8 *rgb;
} Picture;

/** Decoded by libvips, not resized. Stops the test where @path cannot be read. */
Picture *picture_load (const char *path);
/** The top left @width x @height of @picture. */
Picture *picture_cut (const Picture * picture, int width, int height);
void picture_free (Picture * picture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Picture, picture_free)

/** @picture as doubles in 0..255: height x width x 3. Free with g_free(). */
double *picture_to_doubles (const Picture * picture);

/** One case of preprocess.json. */
typedef struct
{
  char *name, *path;
  CnxRecipe recipe;
  Picture *expected;
} GoldenCase;

/** The cases of tests/data/preprocess/preprocess.json. Free with g_ptr_array_unref(). */
GPtrArray *golden_cases (void);

/** A file under tests/data. Free with g_free(). */
char *data_path (const char *folder, const char *file);

/** How far an input is from the picture it should be, in 8-bit levels. */
typedef struct
{
  double mean, most;
  double within_8;              /* the share of values at most 8 levels off */
} Distance;

/** @input: height x width x 3 by @recipe, normalised; @expected: 0..255. */
Distance distance_to_doubles (const float *input, const CnxRecipe * recipe, const double *expected);
Distance distance_to_picture (const float *input, const CnxRecipe * recipe,
    const Picture * expected);

/** The project's tolerance: mean at most 0.5, 99.9 % of values within 8. */
gboolean distance_is_small (const Distance * distance);

/** @rgb (height x width x 3, 0..255), as if @square_width wide, by @recipe: every weight from the
 * filter's definition, rounded once. Returns @recipe's height x width x 3, 0..255. Free with
 * g_free(). */
double *reference_resize (const double *rgb, int width, int height, int square_width,
    const CnxRecipe * recipe);

/** A frame of any of the layouts, and the float conversion of its bytes back to RGB. */
typedef struct
{
  CnxFrameFormat format;
  CnxFramePlanes planes;
  guint8 *memory[3];
  double *rgb;                  /* height x width x 3, 0..255 */
} Frame;

/** @picture in @format (its width and height are set from it), each row @padding bytes longer than
 * need be;
 * @upside_down: the last row lies first, so strides are negative. Free with frame_free(). */
Frame *frame_new (const Picture * picture, const CnxFrameFormat * format, int padding,
    gboolean upside_down);
void frame_free (Frame * frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Frame, frame_free)

/** A resampler made and run once: the input (free with g_free()). Stops the test on an error. */
float *frame_resample (const Frame * frame, const CnxRecipe * recipe);

G_END_DECLS
