/* Still pictures to the network's input: the references' pictures, and every kind of file made
 * here. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

#include "core/error.h"
#include "core/picture/image.h"
#include "core/picture/vips_use.h"
#include "tests/core/picture/pictures.h"

static char *folder;            /* of the files made here */

static char *
made (const char *file)
{
  return g_build_filename (folder, file, NULL);
}

static float *
load (const char *path, const CnxRecipe * recipe)
{
  float *input = g_new (float, 3 * recipe->width * recipe->height);
  g_autoptr (GError) error = NULL;

  cnx_image_load (path, recipe, input, NULL, &error);
  g_assert_no_error (error);
  return input;
}

static CnxRecipe
recipe_of (int size, int resize, CnxCropMode crop_mode)
{
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = size;
  recipe.resize = resize;
  recipe.crop_mode = crop_mode;
  return recipe;
}

/* Channel @c of pixel @x, @y as an 8-bit level. */
static double
level (const float *input, const CnxRecipe * recipe, int x, int y, int c)
{
  return 255.0 * (input[3 * (y * recipe->width + x) + c] * recipe->std[c] + recipe->mean[c]);
}

static void
assert_pixel (const float *input, const CnxRecipe * recipe, int x, int y, double r, double g,
    double b)
{
  g_assert_cmpfloat_with_epsilon (level (input, recipe, x, y, 0), r, 1.5);
  g_assert_cmpfloat_with_epsilon (level (input, recipe, x, y, 1), g, 1.5);
  g_assert_cmpfloat_with_epsilon (level (input, recipe, x, y, 2), b, 1.5);
}

/* A picture of one colour with as many bands as @interpretation has, written to @file. */
static char *
make_flat (const char *file, int width, int height, VipsBandFormat format,
    VipsInterpretation interpretation, const double *bands, int n_bands)
{
  char *path = made (file);
  VipsImage *black = NULL, *filled = NULL, *cast = NULL, *typed = NULL;
  double ones[5] = { 1.0, 1.0, 1.0, 1.0, 1.0 };

  g_assert_cmpint (vips_black (&black, width, height, "bands", n_bands, NULL), ==, 0);
  g_assert_cmpint (vips_linear (black, &filled, ones, bands, n_bands, NULL), ==, 0);
  g_assert_cmpint (vips_cast (filled, &cast, format, NULL), ==, 0);
  g_assert_cmpint (vips_copy (cast, &typed, "interpretation", interpretation, NULL), ==, 0);
  if (vips_image_write_to_file (typed, path, NULL) != 0)
    g_error ("%s: %s", path, vips_error_buffer ());
  g_object_unref (typed);
  g_object_unref (cast);
  g_object_unref (filled);
  g_object_unref (black);
  return path;
}

static void
test_golden (void)
{
  g_autoptr (GPtrArray) cases = golden_cases ();

  for (guint i = 0; i < cases->len; i++) {
    const GoldenCase *golden = g_ptr_array_index (cases, i);
    g_autofree float *input = load (golden->path, &golden->recipe);
    Distance distance = distance_to_picture (input, &golden->recipe, golden->expected);

    g_test_message ("%s: mean %.3f, most %.0f, within 8: %.4f %%", golden->name, distance.mean,
        distance.most, 100.0 * distance.within_8);
    g_assert_true (distance_is_small (&distance));
  }
}

/* The modes and shapes that the golden pictures have not. */
static void
test_crop_modes (void)
{
  static const int sizes[][3] = { {96, 96, 71}, {96, 64, 80}, {64, 160, 64}, {224, 224, 900} };
  static const CnxCropMode modes[] = { CNX_CROP_CENTER, CNX_CROP_SQUASH, CNX_CROP_BORDER };
  g_autofree char *path = data_path ("preprocess", "coffee.png");
  g_autoptr (Picture) picture = picture_load (path);
  g_autofree double *rgb = picture_to_doubles (picture);

  for (guint i = 0; i < G_N_ELEMENTS (sizes) * G_N_ELEMENTS (modes); i++) {
    const int *size = sizes[i / G_N_ELEMENTS (modes)];
    CnxRecipe recipe = recipe_of (size[0], size[2], modes[i % G_N_ELEMENTS (modes)]);
    g_autofree double *expected = NULL;
    g_autofree float *input = NULL;
    Distance distance;

    recipe.height = size[1];
    expected = reference_resize (rgb, picture->width, picture->height, picture->width, &recipe);
    input = load (path, &recipe);
    distance = distance_to_doubles (input, &recipe, expected);
    g_test_message ("%dx%d from %d, mode %d: mean %.3f, most %.0f, within 8: %.4f %%", recipe.width,
        recipe.height, recipe.resize, recipe.crop_mode, distance.mean, distance.most,
        100.0 * distance.within_8);
    g_assert_true (distance_is_small (&distance));
  }
}

/* 8 and 16 bits, grey, alpha and CMYK: the colour in the middle of what comes out. */
static void
test_kinds (void)
{
  static const struct
  {
    const char *file;
    VipsBandFormat format;
    VipsInterpretation interpretation;
    int n_bands;
    double bands[5];
    double r, g, b;
  } rows[] = {
    {"rgb.png", VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, {200, 100, 50}, 200, 100, 50},
    {"rgb.tif", VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, {200, 100, 50}, 200, 100, 50},
    {"rgb.webp", VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, {128, 128, 128}, 128, 128, 128},
    {"grey.png", VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W, 1, {77}, 77, 77, 77},
    {"rgb16.png", VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_RGB16, 3, {51400, 25700, 12850}, 200, 100,
    50},
    {"grey16.png", VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_GREY16, 1, {25700}, 100, 100, 100},
    {"rgba.png", VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 4, {200, 100, 50, 255}, 200, 100, 50},
    {"half.png", VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 4, {200, 100, 50, 128}, 100, 50, 25},
    {"clear.png", VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 4, {200, 100, 50, 0}, 0, 0, 0},
    {"half-grey.png", VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W, 2, {200, 128}, 100, 100, 100},
    {"half16.png", VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_RGB16, 4, {51400, 25700, 12850, 32896},
          100, 50, 25},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = make_flat (rows[i].file, 50, 40, rows[i].format, rows[i].interpretation,
        rows[i].bands, rows[i].n_bands);
    CnxRecipe recipe = recipe_of (32, 36, CNX_CROP_CENTER);
    g_autofree float *input = load (path, &recipe);

    g_test_message ("%s: %.1f %.1f %.1f", rows[i].file, level (input, &recipe, 16, 16, 0),
        level (input, &recipe, 16, 16, 1), level (input, &recipe, 16, 16, 2));
    assert_pixel (input, &recipe, 16, 16, rows[i].r, rows[i].g, rows[i].b);
    assert_pixel (input, &recipe, 0, 31, rows[i].r, rows[i].g, rows[i].b);
  }
}

/* What CMYK ink looks like is a profile's matter: no ink is white, much cyan is neither red nor
 * dark. */
static void
test_cmyk (void)
{
  static const double none[4] = { 0, 0, 0, 0 }, cyan[4] = { 255, 0, 0, 0 };
  g_autofree char *white = make_flat ("white.jpg", 50, 40, VIPS_FORMAT_UCHAR,
      VIPS_INTERPRETATION_CMYK, none, 4);
  g_autofree char *blue = make_flat ("cyan.jpg", 50, 40, VIPS_FORMAT_UCHAR,
      VIPS_INTERPRETATION_CMYK, cyan, 4);
  CnxRecipe recipe = recipe_of (32, 32, CNX_CROP_CENTER);
  g_autofree float *from_white = load (white, &recipe), *from_blue = load (blue, &recipe);

  assert_pixel (from_white, &recipe, 9, 9, 255, 255, 255);
  g_assert_cmpfloat (level (from_blue, &recipe, 9, 9, 0), <, 60);
  g_assert_cmpfloat (level (from_blue, &recipe, 9, 9, 1), >, 120);
  g_assert_cmpfloat (level (from_blue, &recipe, 9, 9, 2), >, 200);
}

/* A palette picture with few colours. */
static void
test_palette (void)
{
  static const double colour[3] = { 200, 100, 50 };
  g_autofree char *rgb = make_flat ("plain.png", 50, 40, VIPS_FORMAT_UCHAR,
      VIPS_INTERPRETATION_sRGB, colour, 3);
  g_autofree char *path = made ("palette.png");
  VipsImage *image = vips_image_new_from_file (rgb, NULL);
  CnxRecipe recipe = recipe_of (32, 32, CNX_CROP_CENTER);
  g_autofree float *input = NULL;

  g_assert_nonnull (image);
  g_assert_cmpint (vips_pngsave (image, path, "palette", TRUE, "bitdepth", 2, NULL), ==, 0);
  g_object_unref (image);
  input = load (path, &recipe);
  assert_pixel (input, &recipe, 5, 20, 200, 100, 50);
}

/* One pixel, one row, one column. */
static void
test_tiny (void)
{
  static const int sizes[][2] = { {1, 1}, {1, 300}, {300, 1}, {2, 3} };
  static const double colour[3] = { 10, 250, 130 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autofree char *file = g_strdup_printf ("tiny%u.png", i);
    g_autofree char *path = make_flat (file, sizes[i][0], sizes[i][1], VIPS_FORMAT_UCHAR,
        VIPS_INTERPRETATION_sRGB, colour, 3);
    CnxRecipe recipe = recipe_of (64, 73, CNX_CROP_CENTER);
    g_autofree float *input = load (path, &recipe);

    assert_pixel (input, &recipe, 0, 0, 10, 250, 130);
    assert_pixel (input, &recipe, 63, 63, 10, 250, 130);
  }
}

/* Far wider than libvips' own reduce goes in one step. */
static void
test_very_wide (void)
{
  static const double colour[3] = { 10, 250, 130 };
  g_autofree char *path = make_flat ("wide.png", 60000, 3, VIPS_FORMAT_UCHAR,
      VIPS_INTERPRETATION_sRGB, colour, 3);
  CnxRecipe recipe = recipe_of (64, 64, CNX_CROP_SQUASH);
  g_autofree float *input = load (path, &recipe);

  assert_pixel (input, &recipe, 0, 0, 10, 250, 130);
  assert_pixel (input, &recipe, 63, 63, 10, 250, 130);
}

/* Resized to 32 in an input of 48: black around it, or the mean colour. */
static void
test_padding (void)
{
  static const double colour[3] = { 200, 100, 50 };
  g_autofree char *path = make_flat ("pad.png", 64, 64, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB,
      colour, 3);
  CnxRecipe center = recipe_of (48, 32, CNX_CROP_CENTER);
  CnxRecipe border = recipe_of (48, 32, CNX_CROP_BORDER);
  g_autofree float *black = load (path, &center), *mean = load (path, &border);

  assert_pixel (black, &center, 7, 24, 0, 0, 0);
  assert_pixel (black, &center, 8, 24, 200, 100, 50);
  assert_pixel (black, &center, 39, 24, 200, 100, 50);
  assert_pixel (black, &center, 40, 24, 0, 0, 0);
  assert_pixel (mean, &border, 24, 7, 124, 116, 104);
  assert_pixel (mean, &border, 24, 8, 200, 100, 50);
}

/* The same picture stored in each of EXIF's eight ways comes out upright: 5 has the picture's left
 * column as its first row, from the top; 7 the right one, from the bottom (EXIF 2.3, tag 274). */
static void
test_orientation (void)
{
  g_autofree char *path = data_path ("preprocess", "coffee.png");
  CnxRecipe recipe = recipe_of (64, 64, CNX_CROP_SQUASH);
  g_autofree float *upright = load (path, &recipe);
  static const struct
  {
    VipsAngle angle;
    gboolean flip;
  } stored[9] = {               /* what turns the upright picture into the stored one */
    [1] = {VIPS_ANGLE_D0, FALSE},[2] = {VIPS_ANGLE_D0, TRUE},[3] = {VIPS_ANGLE_D180, FALSE},
    [4] = {VIPS_ANGLE_D180, TRUE},[5] = {VIPS_ANGLE_D90, TRUE},[6] = {VIPS_ANGLE_D270, FALSE},
    [7] = {VIPS_ANGLE_D270, TRUE},[8] = {VIPS_ANGLE_D90, FALSE},
  };

  for (int o = 1; o <= 8; o++) {
    g_autofree char *file = g_strdup_printf ("turned%d.tif", o);
    g_autofree char *turned = made (file);
    VipsImage *image = vips_image_new_from_file (path, NULL), *rotated = NULL, *flipped = NULL,
        *tagged = NULL;
    g_autofree float *input = NULL;
    double mean = 0.0;

    g_assert_cmpint (vips_rot (image, &rotated, stored[o].angle, NULL), ==, 0);
    if (stored[o].flip)
      g_assert_cmpint (vips_flip (rotated, &flipped, VIPS_DIRECTION_HORIZONTAL, NULL), ==, 0);
    else
      flipped = g_object_ref (rotated);
    g_assert_cmpint (vips_copy (flipped, &tagged, NULL), ==, 0);
    vips_image_set_int (tagged, VIPS_META_ORIENTATION, o);
    g_assert_cmpint (vips_image_write_to_file (tagged, turned, NULL), ==, 0);
    g_object_unref (tagged);
    g_object_unref (flipped);
    g_object_unref (rotated);
    g_object_unref (image);
    input = load (turned, &recipe);
    for (int i = 0; i < 3 * 64 * 64; i++)
      mean += fabs (input[i] - upright[i]) / (3 * 64 * 64);
    g_test_message ("orientation %d: mean %.4f", o, mean);
    /* 0.02 of a standard deviation is about one level. */
    g_assert_cmpfloat (mean, <, 0.02);
  }
}

/* The first frame of an animation, not a strip of them. */
static void
test_animation (void)
{
  static const double red[3] = { 255, 0, 0 }, blue[3] = { 0, 0, 255 };
  g_autofree char *first = make_flat ("first.png", 40, 40, VIPS_FORMAT_UCHAR,
      VIPS_INTERPRETATION_sRGB, red, 3);
  g_autofree char *second = make_flat ("second.png", 40, 40, VIPS_FORMAT_UCHAR,
      VIPS_INTERPRETATION_sRGB, blue, 3);
  g_autofree char *path = made ("animated.webp");
  VipsImage *frames[2] = {
    vips_image_new_from_file (first, NULL), vips_image_new_from_file (second, NULL)
  };
  VipsImage *joined = NULL, *strip = NULL;
  CnxRecipe recipe = recipe_of (32, 32, CNX_CROP_SQUASH);
  g_autofree float *input = NULL;

  g_assert_cmpint (vips_arrayjoin (frames, &joined, 2, "across", 1, NULL), ==, 0);
  g_assert_cmpint (vips_copy (joined, &strip, NULL), ==, 0);
  vips_image_set_int (strip, VIPS_META_PAGE_HEIGHT, 40);
  g_assert_cmpint (vips_webpsave (strip, path, "lossless", TRUE, NULL), ==, 0);
  g_object_unref (strip);
  g_object_unref (joined);
  g_object_unref (frames[0]);
  g_object_unref (frames[1]);
  input = load (path, &recipe);
  assert_pixel (input, &recipe, 16, 2, 255, 0, 0);
  assert_pixel (input, &recipe, 16, 29, 255, 0, 0);
}

/* A file that is written again is read again. */
static void
test_changed_file (void)
{
  static const double red[3] = { 255, 0, 0 }, blue[3] = { 0, 0, 255 };
  CnxRecipe recipe = recipe_of (32, 32, CNX_CROP_SQUASH);

  for (int i = 0; i < 2; i++) {
    g_autofree char *path = make_flat ("changing.png", 40, 40, VIPS_FORMAT_UCHAR,
        VIPS_INTERPRETATION_sRGB, i == 0 ? red : blue, 3);
    g_autofree float *input = load (path, &recipe);

    assert_pixel (input, &recipe, 16, 16, i == 0 ? 255 : 0, 0, i == 0 ? 0 : 255);
  }
}

static void
assert_refused (const char *path)
{
  g_autoptr (GError) error = NULL;
  CnxRecipe recipe = recipe_of (32, 32, CNX_CROP_CENTER);
  g_autofree float *input = g_new (float, 3 * 32 * 32);

  g_assert_false (cnx_image_load (path, &recipe, input, NULL, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_cmpuint (strlen (error->message), >, strlen (path) + 24);
  /* libvips' words are taken, so that they do not turn up in the next error. */
  g_assert_cmpstr (vips_error_buffer (), ==, "");
}

static void
test_errors (void)
{
  g_autofree char *picture = data_path ("preprocess", "china.jpg");
  g_autofree char *missing = made ("missing.png"), *empty = made ("empty.png");
  g_autofree char *text = made ("text.jpg");
  g_autofree char *cut = made ("cut.jpg"), *bytes = NULL;
  gsize size;

  /* libvips warns of what it also returns as an error; GLib's tests would stop at a warning. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_assert_true (g_file_set_contents (empty, "", 0, NULL));
  g_assert_true (g_file_set_contents (text, "not a picture at all", -1, NULL));
  g_assert_true (g_file_get_contents (picture, &bytes, &size, NULL));
  g_assert_true (g_file_set_contents (cut, bytes, size / 2, NULL));
  assert_refused (missing);
  assert_refused (empty);
  assert_refused (text);
  assert_refused (cut);
  assert_refused (folder);
  const int cached = vips_cache_get_max ();
  vips_cache_set_max (0);       /* what it keeps it warns of when it lets go of it */
  vips_cache_set_max (cached);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
}

/* Writes a picture to a pipe, or zeros without end. */
typedef struct
{
  int end;
  const char *picture;
} Writing;

static gpointer
write_pipe (gpointer data)
{
  const Writing *writing = data;
  const int fd = writing->end;
  g_autofree char *bytes = g_malloc0 (1 << 20);
  gsize size = 1 << 20;

  if (writing->picture) {
    g_free (bytes);
    g_assert_true (g_file_get_contents (writing->picture, &bytes, &size, NULL));
  }
  for (gsize done = 0; done < size;) {
    const gssize written = write (fd, bytes + done, MIN (5000, size - done));
    if (written < 0)
      break;                    /* the reader has had enough */
    done = writing->picture ? done + written : 0;
  }
  close (fd);
  return NULL;
}

static void
test_pipe (void)
{
  g_autofree char *path = data_path ("preprocess", "coffee.png");
  CnxRecipe recipe = recipe_of (32, 32, CNX_CROP_CENTER);
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  g_autofree char *piped_from = g_strdup_printf ("/dev/fd/%d", ends[0]);
  Writing writing = { ends[1], path };
  GThread *writer = g_thread_new ("write", write_pipe, &writing);
  g_autofree float *piped = load (piped_from, &recipe), *read = load (path, &recipe);
  g_thread_join (writer);
  close (ends[0]);
  g_assert_cmpmem (piped, 3 * 32 * 32 * sizeof *piped, read, 3 * 32 * 32 * sizeof *read);
}

/* What never ends: a device is not read at all, a pipe up to a bound. */
static void
test_endless (void)
{
  static const char *const devices[] = { "/dev/zero", "/dev/null" };
  g_autofree char *named = made ("named.png");
  int ends[2];
  g_autoptr (GError) error = NULL;
  CnxRecipe recipe = recipe_of (32, 32, CNX_CROP_CENTER);
  g_autofree float *input = g_new (float, 3 * 32 * 32);

  for (guint i = 0; i < G_N_ELEMENTS (devices); i++) {
    g_autoptr (GError) refused = NULL;

    g_assert_false (cnx_image_load (devices[i], &recipe, input, NULL, &refused));
    g_assert_error (refused, CNX_ERROR, CNX_ERROR_INPUT);
    g_assert_nonnull (strstr (refused->message, "neither a file nor a pipe"));
  }
  g_assert_cmpint (pipe (ends), ==, 0);
  signal (SIGPIPE, SIG_IGN);
  g_autofree char *path = g_strdup_printf ("/dev/fd/%d", ends[0]);
  Writing writing = { ends[1], NULL };
  GThread *writer = g_thread_new ("write", write_pipe, &writing);
  g_assert_false (cnx_image_load (path, &recipe, input, NULL, &error));
  close (ends[0]);
  g_thread_join (writer);
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  g_assert_nonnull (strstr (error->message, "more than 1 GiB"));
  g_clear_error (&error);
  /* nobody will ever write to it */
  g_assert_cmpint (mkfifo (named, 0600), ==, 0);
  g_assert_false (cnx_image_load (named, &recipe, input, NULL, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  g_assert_nonnull (strstr (error->message, "a pipe with a name"));
}

static gpointer
load_many (gpointer data)
{
  const GoldenCase *golden = data;

  for (int i = 0; i < 4; i++) {
    g_autofree float *input = load (golden->path, &golden->recipe);
    Distance distance = distance_to_picture (input, &golden->recipe, golden->expected);

    if (!distance_is_small (&distance))
      return data;
  }
  vips_thread_shutdown ();
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (GPtrArray) cases = golden_cases ();
  GThread *threads[6];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("load", load_many, g_ptr_array_index (cases, i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_null (g_thread_join (threads[i]));
}

static void
remove_folder (void)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const char *file;

  while ((file = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = made (file);

    g_unlink (path);
  }
  g_dir_close (dir);
  g_rmdir (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnx_vips_start (NULL));
  folder = g_dir_make_tmp ("test-image-XXXXXX", NULL);
  g_assert_nonnull (folder);
  g_test_add_func ("/image/golden", test_golden);
  g_test_add_func ("/image/crop-modes", test_crop_modes);
  g_test_add_func ("/image/kinds", test_kinds);
  g_test_add_func ("/image/cmyk", test_cmyk);
  g_test_add_func ("/image/palette", test_palette);
  g_test_add_func ("/image/tiny", test_tiny);
  g_test_add_func ("/image/very-wide", test_very_wide);
  g_test_add_func ("/image/padding", test_padding);
  g_test_add_func ("/image/orientation", test_orientation);
  g_test_add_func ("/image/animation", test_animation);
  g_test_add_func ("/image/changed-file", test_changed_file);
  g_test_add_func ("/image/errors", test_errors);
  g_test_add_func ("/image/pipe", test_pipe);
  g_test_add_func ("/image/endless", test_endless);
  g_test_add_func ("/image/threads", test_threads);
  result = g_test_run ();
  remove_folder ();
  vips_shutdown ();
  return result;
}
