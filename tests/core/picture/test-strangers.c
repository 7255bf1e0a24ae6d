/* Pictures as archives have them: cut short, in formats that are not read, and what is said of them. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <vips/vips.h>

#include "core/error.h"
#include "core/picture/image.h"
#include "core/picture/jpeg_end.h"
#include "core/picture/picture.h"
#include "core/picture/vips_use.h"
#include "tests/core/picture/pictures.h"

#define SIDE 32
/* So many pixels that nothing is shrunk. */
#define EVERYTHING 100000

static char *folder;

static char *
made (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* A photograph of 900 x 700, grey or in colours, turned by @orientation, as @name. */
static char *
make_jpeg (const char *name, gboolean progressive, gboolean grey, int orientation)
{
  g_autofree char *source = data_path ("pictures", "china.jpg");
  char *path = made (name);
  VipsImage *small = vips_image_new_from_file (source, NULL), *large = NULL, *bands = NULL;

  g_assert_nonnull (small);
  g_assert_cmpint (vips_resize (small, &large, 900.0 / small->Xsize, "vscale", 700.0 / small->Ysize, NULL), ==, 0);
  g_assert_cmpint (vips_extract_band (large, &bands, 0, "n", grey ? 1 : 3, NULL), ==, 0);
  vips_image_remove (bands, VIPS_META_ICC_NAME);
  vips_image_set_int (bands, VIPS_META_ORIENTATION, orientation);
  g_assert_cmpint (vips_jpegsave (bands, path, "Q", 90, "interlace", progressive, NULL), ==, 0);
  g_object_unref (bands);
  g_object_unref (large);
  g_object_unref (small);
  return path;
}

/* ---- cut short ---- */

static void
check_error (const GError * error)
{
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  g_assert_nonnull (strstr (error->message, CNX_JPEG_IS_CUT));
}

/* The network's input, by both ways that there are, at @readable; whether the picture was odd. */
static gboolean
check_loads (const char *path, gboolean readable, float *input)
{
  const int sides[] = { SIDE, EVERYTHING };
  g_autoptr (GError) error = NULL;
  const char *oddity;
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = recipe.resize = SIDE;
  const gboolean loaded = cnx_image_load (path, &recipe, input, &oddity, &error);
  g_assert_cmpint (loaded, ==, readable);
  if (!readable)
    check_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
    g_auto (CnxPicture) picture = { 0 };
    g_autoptr (GError) cause = NULL;
    g_assert_cmpint (cnx_picture_load (path, sides[i], NULL, &picture, &cause), ==, readable);
    if (readable)
      g_assert_cmpstr (picture.oddity, ==, oddity);
    else
      check_error (cause);
  }
  return readable && oddity != NULL;
}

/* Without the mark of its end, or with 99 % of its bytes, a JPEG is a picture, and odd; with half of them it is not. */
static void
test_cut (gconstpointer data)
{
  const int kind = GPOINTER_TO_INT (data);
  g_autofree char *path = make_jpeg ("whole.jpg", kind & 1, kind & 2, kind & 4 ? 6 : 1), *cut = made ("cut.jpg");
  float whole[3 * SIDE * SIDE], found[3 * SIDE * SIDE];
  g_autofree char *bytes = NULL;
  double worst = 0;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_false (check_loads (path, TRUE, whole));
  const struct
  {
    gsize size;
    gboolean readable;
  } rows[] = { {size - 2, TRUE}, {size - 1, TRUE}, {size * 99 / 100, TRUE}, {size / 2, FALSE}, {size / 4, FALSE} };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes", rows[i].size, size);
    g_assert_true (g_file_set_contents (cut, bytes, rows[i].size, NULL));
    g_assert_cmpint (check_loads (cut, rows[i].readable, found), ==, rows[i].readable);
    for (int j = 0; rows[i].readable && j < 3 * SIDE * SIDE; j++)
      worst = MAX (worst, fabs ((double) found[j] - whole[j]));
    /* the crop of all sides but one does not reach the rows that are missing */
    if (rows[i].readable && !(kind & 4))
      g_assert_cmpfloat (worst, <, 1.5);
  }
}

/* Zeros behind the end, as cards leave them, and a thumbnail's own end before it. */
static void
test_ends (void)
{
  static const guint8 thumbnail[] = { 0xff, 0xd8, 0xff, 0xe1, 0, 8, 0xff, 0xd8, 0xff, 0xd9, 0, 0 };
  g_autofree char *path = make_jpeg ("end.jpg", FALSE, FALSE, 1), *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_autofree guint8 *longer = g_malloc0 (sizeof thumbnail + size + 100);
  memcpy (longer, thumbnail, sizeof thumbnail);
  memcpy (longer + sizeof thumbnail, bytes + 2, size - 2);
  const gsize whole = sizeof thumbnail + size - 2;
  g_assert_cmpint (cnx_jpeg_end (longer, whole), ==, CNX_JPEG_ENDS);
  g_assert_cmpint (cnx_jpeg_end (longer, whole + 100), ==, CNX_JPEG_ENDS);
  g_assert_cmpint (cnx_jpeg_end (longer, whole - 2), ==, CNX_JPEG_LACKS_ROWS);
  g_assert_cmpint (cnx_jpeg_end ((const guint8 *) "GIF89a", 6), ==, CNX_JPEG_ENDS);
  for (gsize part = 4; part < 400; part++)
    cnx_jpeg_end (longer, part);        /* a sanitizer looks at this */
  g_assert_cmpint (cnx_jpeg_end (longer, 20), ==, CNX_JPEG_LACKS_MUCH);
}

/* ---- what is said ---- */

/* What libvips said of another file, or what somebody else asked of it, is nothing of this one. */
static void
test_words (void)
{
  g_autofree char *path = make_jpeg ("words.jpg", FALSE, FALSE, 1), *bytes = NULL;
  g_autoptr (GError) error = NULL, other = NULL;
  g_auto (CnxPicture) picture = { 0 };
  float input[3 * SIDE * SIDE];
  CnxRecipe recipe;
  gsize size;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = recipe.resize = SIDE;
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_true (g_file_set_contents (path, bytes, size / 2, NULL));
  vips_error ("another", "file of somebody else's");
  g_assert_false (cnx_picture_load (path, SIDE, NULL, &picture, &error));
  g_assert_null (strstr (error->message, "somebody"));
  vips_error ("another", "file of somebody else's");
  g_assert_false (cnx_image_load (path, &recipe, input, NULL, &other));
  g_assert_null (strstr (other->message, "somebody"));
}

/* ---- formats ---- */

/* A photograph, in the format that @saver, of libvips, writes; NULL where it has none. */
static char *
save (const char *saver, const char *name)
{
  g_autofree char *source = data_path ("pictures", "china.jpg"), *path = made (name);
  VipsImage *photograph = vips_image_new_from_file (source, NULL);

  g_assert_nonnull (photograph);
  const gboolean can = vips_type_find ("VipsForeignSave", saver) != 0
      && vips_call (saver, photograph, path, NULL) == 0;
  vips_error_clear ();
  g_object_unref (photograph);
  return can ? g_steal_pointer (&path) : NULL;
}

static void
test_formats (void)
{
  static const struct
  {
    const char *saver, *name;
    gboolean is_one, readable;
  } rows[] = {
    {"jpegsave", "f.jpg", TRUE, TRUE}, {"pngsave", "f.png", TRUE, TRUE}, {"webpsave", "f.webp", TRUE, TRUE},
    {"gifsave", "f.gif", TRUE, TRUE}, {"tiffsave", "f.tif", TRUE, TRUE}, {"heifsave", "f.heic", TRUE, TRUE},
    {"heifsave", "f.avif", TRUE, TRUE}, {"jp2ksave", "f.jp2", TRUE, FALSE}, {"jxlsave", "f.jxl", TRUE, FALSE},
    {"ppmsave", "f.ppm", TRUE, FALSE}, {"radsave", "f.hdr", TRUE, FALSE}, {"fitssave", "f.fits", FALSE, FALSE},
    {"vipssave", "f.v", FALSE, FALSE}, {"magicksave", "f.bmp", FALSE, FALSE}, {"magicksave", "f.tga", FALSE, FALSE},
    {"magicksave", "f.psd", FALSE, FALSE}, {"magicksave", "f.pcx", FALSE, FALSE},
  };
  float input[3 * SIDE * SIDE];
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = recipe.resize = SIDE;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = save (rows[i].saver, rows[i].name);
    g_autoptr (GError) error = NULL, other = NULL;
    g_auto (CnxPicture) picture = { 0 };
    g_test_message ("%s%s", rows[i].name, path ? "" : ": this libvips does not write it");
    if (!path)
      continue;
    /* newer versions do not know any more what they are not to read */
    if (rows[i].readable || !rows[i].is_one)
      g_assert_cmpint (cnx_picture_is_one (path), ==, rows[i].is_one);
    g_assert_cmpint (cnx_picture_load (path, SIDE, NULL, &picture, &error), ==, rows[i].readable);
    g_assert_cmpint (cnx_image_load (path, &recipe, input, NULL, &other), ==, rows[i].readable);
    if (rows[i].readable)
      continue;
    g_assert_nonnull (strstr (error->message, CNX_VIPS_READS));
    g_assert_error (other, CNX_ERROR, CNX_ERROR_INPUT);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* libvips warns of what it also returns as an error */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_assert_true (cnx_vips_start (NULL));
  vips_cache_set_max (0);
  folder = g_dir_make_tmp ("test-strangers-XXXXXX", NULL);
  g_test_add_data_func ("/strangers/cut/baseline", GINT_TO_POINTER (0), test_cut);
  g_test_add_data_func ("/strangers/cut/progressive", GINT_TO_POINTER (1), test_cut);
  g_test_add_data_func ("/strangers/cut/grey", GINT_TO_POINTER (2), test_cut);
  g_test_add_data_func ("/strangers/cut/turned", GINT_TO_POINTER (4), test_cut);
  g_test_add_func ("/strangers/ends", test_ends);
  g_test_add_func ("/strangers/words", test_words);
  g_test_add_func ("/strangers/formats", test_formats);
  const int result = g_test_run ();
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name (dir));) {
    g_autofree char *path = made (name);
    g_unlink (path);
  }
  g_rmdir (folder);
  g_free (folder);
  return result;
}
