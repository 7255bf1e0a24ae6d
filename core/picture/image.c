#include "core/picture/image.h"

#include <math.h>
#include <sys/stat.h>
#include <vips/vips.h>

#include "core/error.h"
#include "core/input/read_all.h"
#include "core/picture/jpeg_end.h"
#include "core/picture/vips_use.h"

/* libvips' reduce refuses more than 2000 taps: from this shrink on it may average blocks first. */
#define LARGE_SHRINK 400.0

/* What comes through a pipe has no length to be checked beforehand. */
#define MOST_PIPED ((gsize) 1 << 30)

/* Names of our own, since libvips may or may not have made its own ready for g_autoptr. */
typedef VipsImage Image;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Image, g_object_unref)
typedef VipsInterpolate Neighbours;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Neighbours, g_object_unref)

static gboolean
fail (const char *path, const char *doing, GError ** error)
{
  g_autofree char *words = cnx_vips_words ();

  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s: cannot be %s: %s", path, doing, words);
  return FALSE;
}

/* Three bands of 8-bit sRGB, upright, whatever @in is. */
static Image *
to_rgb (Image * in)
{
  g_autoptr (Image) upright = NULL;
  g_autoptr (Image) opaque = NULL;
  g_autoptr (Image) srgb = NULL;
  g_autoptr (Image) bytes = NULL;
  Image *rgb = NULL;

  if (vips_autorot (in, &upright, NULL) != 0)
    return NULL;
  /* The background is black unless told otherwise. */
  if (!vips_image_hasalpha (upright))
    opaque = g_object_ref (upright);
  else if (vips_flatten (upright, &opaque, NULL) != 0)
    return NULL;
  if (vips_colourspace (opaque, &srgb, VIPS_INTERPRETATION_sRGB, NULL) != 0
      || vips_cast_uchar (srgb, &bytes, NULL) != 0
      || vips_extract_band (bytes, &rgb, 0, "n", 3, NULL) != 0)
    return NULL;
  return rgb;
}

/* Pixel centres on pixel centres, which vips_resize() does not do when it enlarges. */
static Image *
enlarge (Image * in, CnxInterpolation interpolation, double across, double down, int width,
    int height)
{
  g_autoptr (Neighbours) neighbours =
      vips_interpolate_new (interpolation == CNX_INTERPOLATION_BICUBIC ? "bicubic" : "bilinear");
  VipsArrayInt *area;
  Image *out = NULL;

  if (neighbours == NULL)
    return NULL;
  area = vips_array_int_newv (4, 0, 0, width, height);
  vips_affine (in, &out, across, 0.0, 0.0, down, "interpolate", neighbours, "oarea", area, "odx",
      (across - 1.0) / 2.0, "ody", (down - 1.0) / 2.0, "extend", VIPS_EXTEND_COPY, NULL);
  vips_area_unref (VIPS_AREA (area));
  return out;
}

static Image *
resize (Image * in, const CnxRecipe * recipe, const CnxCropPlan * plan)
{
  double across = (double) plan->resized_width / vips_image_get_width (in);
  double down = (double) plan->resized_height / vips_image_get_height (in);
  VipsKernel kernel = recipe->interpolation == CNX_INTERPOLATION_BICUBIC ? VIPS_KERNEL_CUBIC
      : VIPS_KERNEL_LINEAR;
  g_autoptr (Image) floats = NULL;
  g_autoptr (Image) shrunk = NULL;

  /* In bytes libvips computes coarsely, most of all in its vector path: 600x400 to 64x43 came out 1.1
   * levels off on average, in floats 0.05. */
  if (vips_cast_float (in, &floats, NULL) != 0)
    return NULL;
  /* No gap: the filter does the whole shrink, as PIL's does. */
  if (vips_resize (floats, &shrunk, MIN (across, 1.0), "vscale", MIN (down, 1.0), "kernel", kernel,
      "gap", MIN (across, down) < 1.0 / LARGE_SHRINK ? 2.0 : 0.0, NULL) != 0)
    return NULL;
  if (across <= 1.0 && down <= 1.0)
    return g_steal_pointer (&shrunk);
  return enlarge (shrunk, recipe->interpolation, MAX (across, 1.0), MAX (down, 1.0),
      plan->resized_width, plan->resized_height);
}

/* The input's rectangle out of the resized picture in whole levels, padded where the picture does
 * not reach. */
static Image *
crop (Image * in, const CnxRecipe * recipe, const CnxCropPlan * plan)
{
  int left = MAX (0, plan->x), top = MAX (0, plan->y);
  int width = MIN (recipe->width, vips_image_get_width (in) - left);
  int height = MIN (recipe->height, vips_image_get_height (in) - top);
  g_autoptr (Image) covered = NULL;
  g_autoptr (Image) rounded = NULL;
  g_autoptr (Image) bytes = NULL;
  double colour[3] = { 0.0 };
  VipsArrayDouble *background;
  Image *out = NULL;

  if (vips_extract_area (in, &covered, left, top, width, height, NULL) != 0
      || vips_rint (covered, &rounded, NULL) != 0 || vips_cast_uchar (rounded, &bytes, NULL) != 0)
    return NULL;
  if (recipe->crop_mode == CNX_CROP_BORDER)
    for (int c = 0; c < 3; c++)
      colour[c] = rint (255.0 * recipe->mean[c]);
  background = vips_array_double_new (colour, 3);
  vips_embed (bytes, &out, MAX (0, -plan->x), MAX (0, -plan->y), recipe->width, recipe->height,
      "extend", VIPS_EXTEND_BACKGROUND, "background", background, NULL);
  vips_area_unref (VIPS_AREA (background));
  return out;
}

static void
normalise (const guint8 * bytes, const CnxRecipe * recipe, float *out)
{
  gsize count = 3 * (gsize) recipe->width * recipe->height;

  for (gsize i = 0; i < count; i++)
    out[i] = (bytes[i] / 255.0f - recipe->mean[i % 3]) / recipe->std[i % 3];
}

static gboolean
refuse (const char *path, const char *why, GError ** error)
{
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s: cannot be read: %s", path, why);
  return FALSE;
}

/* Read here and not by libvips, which would answer from its cache after the file has changed. */
static char *
read_file (const char *path, gsize * size, GError ** error)
{
  struct stat is;
  g_autofree char *bytes = NULL;
  g_autoptr (GError) cause = NULL;
  const gboolean found = stat (path, &is) == 0;

  if (found && !S_ISREG (is.st_mode) && !S_ISFIFO (is.st_mode)) {
    refuse (path, S_ISDIR (is.st_mode) ? "it is a folder" : "it is neither a file nor a pipe", error);
    return NULL;
  }
  const gsize most = MAX (found ? (gsize) is.st_size : 0, MOST_PIPED);
  if (!(bytes = cnx_read_all (path, most, size, &cause))) {
    refuse (path, cause->message, error);
    return NULL;
  }
  if (*size <= most)
    return g_steal_pointer (&bytes);
  refuse (path, "more than 1 GiB has come, and it has not ended", error);
  return NULL;
}

/* Whether it may be read: what libvips does not know it tells of itself. */
static gboolean
check_format (const char *path, const char *file, gsize size, GError ** error)
{
  const char *name = vips_foreign_find_load_buffer (file, size);
  const char *loader = name ? vips_nickname_find (g_type_from_name (name)) : NULL;

  if (!loader || !cnx_vips_blocks (loader))
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s: is left alone: " CNX_VIPS_BLOCKED, path, loader);
  return FALSE;
}

/* The picture in @file, which must outlive it; what it lacks, if that is little, is grey. NULL after vips_error(). */
static Image *
open_image (const char *file, gsize size, CnxJpegEnd end)
{
  g_autoptr (Image) loaded = vips_image_new_from_buffer (file, size, "", "fail_on",
      end == CNX_JPEG_ENDS ? VIPS_FAIL_ON_ERROR : VIPS_FAIL_ON_NONE, NULL);
  g_autoptr (Image) memory = NULL;
  g_autoptr (Image) rgb = NULL;
  g_autofree guint8 *pixels = NULL;
  gsize bytes;

  if (!loaded || end != CNX_JPEG_LACKS_ROWS)
    return g_steal_pointer (&loaded);
  /* in the order of the file, before it is turned */
  if (!(memory = vips_image_copy_memory (loaded))
      || vips_colourspace (memory, &rgb, VIPS_INTERPRETATION_sRGB, NULL) != 0
      || !(pixels = vips_image_write_to_memory (rgb, &bytes)))
    return NULL;
  if (cnx_jpeg_is_nearly_whole (pixels, vips_image_get_width (rgb), vips_image_get_height (rgb)))
    return g_steal_pointer (&memory);
  vips_error ("jpegload", CNX_JPEG_IS_CUT);
  return NULL;
}

gboolean
cnx_image_load (const char *path, const CnxRecipe * recipe, float *out, const char **oddity, GError ** error)
{
  g_autofree char *file = NULL;
  g_autofree guint8 *bytes = NULL;
  g_autoptr (Image) loaded = NULL;
  g_autoptr (Image) rgb = NULL;
  g_autoptr (Image) resized = NULL;
  g_autoptr (Image) input = NULL;
  CnxCropPlan plan;
  gsize size;

  cnx_vips_begin ();
  if (!(file = read_file (path, &size, error)) || !check_format (path, file, size, error))
    return FALSE;
  const CnxJpegEnd end = cnx_jpeg_end ((const guint8 *) file, size);
  if (oddity)
    *oddity = end == CNX_JPEG_ENDS ? NULL : CNX_JPEG_WAS_CUT;
  if (end == CNX_JPEG_LACKS_MUCH)
    return refuse (path, CNX_JPEG_IS_CUT, error);
  loaded = open_image (file, size, end);
  if (loaded == NULL)
    return fail (path, "read as a picture", error);
  rgb = to_rgb (loaded);
  if (rgb == NULL)
    return fail (path, "brought to 8-bit sRGB", error);
  cnx_recipe_plan (recipe, vips_image_get_width (rgb), vips_image_get_height (rgb), &plan);
  resized = resize (rgb, recipe, &plan);
  if (resized != NULL)
    input = crop (resized, recipe, &plan);
  if (input != NULL)
    bytes = vips_image_write_to_memory (input, &size);
  if (bytes == NULL)
    return fail (path, "decoded and resized", error);
  normalise (bytes, recipe, out);
  return TRUE;
}
