/* Pictures decoded smaller than they are: the input made of them against that of the whole ones. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <vips/vips.h>

#include "core/error.h"
#include "core/picture/picture.h"
#include "core/picture/vips_use.h"
#include "tests/core/picture/pictures.h"

/* No side is a multiple of eight, and a whole number of pixels at no shrink factor. */
#define WIDTH 1237
#define HEIGHT 1027
#define SIDE 32
/* So many pixels that nothing is shrunk. */
#define EVERYTHING 100000

static char *folder;

/* A photograph enlarged, that is to be turned by @orientation, in @suffix's format. */
static char *
make (const char *suffix, int orientation)
{
  g_autofree char *source = data_path ("pictures", "china.jpg");
  char *path = g_strdup_printf ("%s/%d%s", folder, orientation, suffix);
  VipsImage *small = vips_image_new_from_file (source, NULL), *large = NULL, *writable = NULL;

  g_assert_nonnull (small);
  g_assert_cmpint (vips_resize (small, &large, (double) WIDTH / small->Xsize, "vscale",
          (double) HEIGHT / small->Ysize, NULL), ==, 0);
  g_assert_cmpint (vips_copy (large, &writable, NULL), ==, 0);
  g_assert_cmpint (writable->Xsize, ==, WIDTH);
  g_assert_cmpint (writable->Ysize, ==, HEIGHT);
  vips_image_remove (writable, VIPS_META_ICC_NAME);
  vips_image_set_int (writable, VIPS_META_ORIENTATION, orientation);
  g_assert_cmpint (vips_image_write_to_file (writable, path, NULL), ==, 0);
  g_object_unref (writable);
  g_object_unref (large);
  g_object_unref (small);
  return path;
}

/* The network's input of @path, decoded for a shorter side of @shorter. */
static float *
input_of (const char *path, int shorter, gboolean placed, CnxPicture * picture, const CnxRecipe * recipe)
{
  float *input = g_new (float, 3 * SIDE * SIDE);
  g_autoptr (GError) error = NULL;

  g_assert_true (cnx_picture_load (path, shorter, NULL, picture, &error));
  g_assert_no_error (error);
  CnxFrameFormat format = {.width = picture->width,.height = picture->height,.pixels = CNX_PIXELS_RGB,.par_n = 1,
    .par_d = 1
  };
  const CnxFramePlanes planes = { {g_bytes_get_data (picture->pixels, NULL)}, {3 * picture->width} };
  if (placed)
    format.whole = picture->whole;
  g_autoptr (CnxResampler) resampler = cnx_resampler_new (&format, recipe, &error);
  g_assert_no_error (error);
  cnx_resampler_run (resampler, &planes, input);
  return input;
}

/* In levels of 255. */
static double
apart (const float *a, const float *b, const CnxRecipe * recipe)
{
  double sum = 0;

  for (int i = 0; i < 3 * SIDE * SIDE; i++)
    sum += fabs ((double) a[i] - b[i]) * recipe->std[i % 3] * 255;
  return sum / (3 * SIDE * SIDE);
}

static void
check (const char *suffix, int orientation, const CnxRecipe * recipe)
{
  g_autofree char *path = make (suffix, orientation);
  g_auto (CnxPicture) whole = { 0 }, small = { 0 }, same = { 0 };
  g_autofree float *exact = input_of (path, EVERYTHING, TRUE, &whole, recipe);
  g_autofree float *found = input_of (path, SIDE, TRUE, &small, recipe);
  g_autofree float *unplaced = input_of (path, SIDE, FALSE, &same, recipe);
  const double with = apart (found, exact, recipe), without = apart (unplaced, exact, recipe);

  g_test_message ("%s turned by %d: %dx%d of %dx%d, %.3f levels apart; %.3f where its place is not known", suffix,
      orientation, small.width, small.height, whole.width, whole.height, with, without);
  g_assert_cmpint (small.width, <, whole.width / 3);
  g_assert_cmpint (small.whole.width, ==, whole.width);
  g_assert_cmpint (small.whole.height, ==, whole.height);
  g_assert_cmpint (whole.width, ==, orientation > 4 ? HEIGHT : WIDTH);
  g_assert_cmpfloat (with, <, 0.5);
  /* libwebp scales to whole pixels */
  if (strcmp (suffix, ".webp") != 0)
    g_assert_cmpfloat (without, >, 2 * with);
}

static void
test_reduced (gconstpointer data)
{
  const char *suffix = data;
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = recipe.resize = SIDE;
  /* libvips writes no orientation into a PNG */
  const int orientations = strcmp (suffix, ".png") == 0 ? 1 : 8;
  for (int orientation = 1; orientation <= orientations; orientation++)
    check (suffix, orientation, &recipe);
  recipe.crop_mode = CNX_CROP_SQUASH;
  check (suffix, orientations, &recipe);
}

/* ---- strips ---- */

/* @width x @height of a photograph that is stretched to a strip, from the row @top on, as a TIFF. */
static char *
make_strip (int width, int whole, int top, int height)
{
  g_autofree char *source = data_path ("pictures", "china.jpg");
  char *path = g_strdup_printf ("%s/strip%d.tif", folder, height);
  VipsImage *small = vips_image_new_from_file (source, NULL), *strip = NULL, *part = NULL;

  g_assert_nonnull (small);
  g_assert_cmpint (vips_resize (small, &strip, (double) width / small->Xsize, "vscale", (double) whole / small->Ysize,
          NULL), ==, 0);
  g_assert_cmpint (vips_extract_area (strip, &part, 0, top, width, height, NULL), ==, 0);
  vips_image_remove (part, VIPS_META_ICC_NAME);
  g_assert_cmpint (vips_image_write_to_file (part, path, NULL), ==, 0);
  g_object_unref (part);
  g_object_unref (strip);
  g_object_unref (small);
  return path;
}

/* A screenshot of a whole page is longer than a frame may be, and its middle is seen nevertheless. */
static void
test_strip (void)
{
  const int width = 300, height = 33000, part = 1200;
  g_autofree char *path = make_strip (width, height, 0, height);
  g_autofree char *middle = make_strip (width, height, (height - part) / 2, part);
  g_auto (CnxPicture) strip = { 0 }, cut = { 0 };
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = recipe.resize = SIDE;
  g_autofree float *expected = input_of (middle, EVERYTHING, TRUE, &cut, &recipe);
  g_autofree float *found = input_of (path, SIDE, TRUE, &strip, &recipe);
  g_assert_cmpint (strip.height, <=, CNX_FRAME_MAX_SIDE);
  g_assert_cmpint (strip.whole.height, ==, height);
  g_assert_cmpfloat (apart (found, expected, &recipe), <, 0.5);
}

static void
remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_unlink (path);
  }
  g_rmdir (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnx_vips_start (NULL));
  vips_cache_set_max (0);
  folder = g_dir_make_tmp ("test-picture-XXXXXX", NULL);
  g_test_add_data_func ("/picture/reduced/jpeg", ".jpg", test_reduced);
  g_test_add_data_func ("/picture/reduced/png", ".png", test_reduced);
  g_test_add_data_func ("/picture/reduced/tiff", ".tif", test_reduced);
  g_test_add_data_func ("/picture/reduced/webp", ".webp", test_reduced);
  g_test_add_func ("/picture/strip", test_strip);
  const int result = g_test_run ();
  remove_folder ();
  vips_shutdown ();
  return result;
}
