/* How much a frame differs from the last classified one. */
#include "gst-plugin/pace/scene.h"

#include <math.h>

#define CELLS (CNX_SCENE_SIDE * CNX_SCENE_SIDE)

static CnxRecipe
recipe_of (int width, int height)
{
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = width;
  recipe.height = height;
  return recipe;
}

/* A picture of one colour, in 0..1, as the network gets it. */
static float *
plain (const CnxRecipe * recipe, float r, float g, float b)
{
  const float colour[3] = { r, g, b };
  const gsize n = (gsize) recipe->width * recipe->height * 3;
  float *tensor = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    tensor[i] = (colour[i % 3] - recipe->mean[i % 3]) / recipe->std[i % 3];
  return tensor;
}

static void
set_pixel (const CnxRecipe * recipe, float *tensor, int x, int y, float value)
{
  for (int c = 0; c < 3; c++)
    tensor[3 * (y * recipe->width + x) + c] = (value - recipe->mean[c]) / recipe->std[c];
}

static void
test_colours (void)
{
  static const struct
  {
    float colour[3];
    double grey;
  } colours[] = { {{0, 0, 0}, 0}, {{1, 1, 1}, 1}, {{1, 0, 0}, 0.299}, {{0, 1, 0}, 0.587}, {{0, 0, 1}, 0.114},
      {{0.5f, 0.25f, 0.75f}, 0.1495 + 0.14675 + 0.0855} };
  const CnxRecipe recipe = recipe_of (64, 48);

  for (guint i = 0; i < G_N_ELEMENTS (colours); i++) {
    const float *colour = colours[i].colour;
    g_autofree float *tensor = plain (&recipe, colour[0], colour[1], colour[2]);
    float grey[CELLS];

    cnx_scene_grey (tensor, &recipe, grey);
    for (int j = 0; j < CELLS; j++)
      g_assert_cmpfloat_with_epsilon (grey[j], colours[i].grey, 1e-5);
  }
}

/* Each pixel counts in the cell where it is, whatever the sides are, and all of them alike in it. */
static void
test_places (void)
{
  static const int sides[][2] = { {32, 32}, {64, 64}, {224, 224}, {100, 37}, {33, 65}, {320, 96} };

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
    const CnxRecipe recipe = recipe_of (sides[i][0], sides[i][1]);
    g_autofree float *tensor = plain (&recipe, 0, 0, 0);
    g_autoptr (GRand) rand = g_rand_new_with_seed (i);

    for (int n = 0; n < 20; n++) {
      const int x = g_rand_int_range (rand, 0, recipe.width), y = g_rand_int_range (rand, 0, recipe.height);
      float grey[CELLS];
      int lit = 0;

      set_pixel (&recipe, tensor, x, y, 1);
      cnx_scene_grey (tensor, &recipe, grey);
      set_pixel (&recipe, tensor, x, y, 0);
      for (int j = 0; j < CELLS; j++) {
        const int row = j / CNX_SCENE_SIDE, column = j % CNX_SCENE_SIDE;
        const int top = row * recipe.height / CNX_SCENE_SIDE, bottom = (row + 1) * recipe.height / CNX_SCENE_SIDE;
        const int left = column * recipe.width / CNX_SCENE_SIDE, right = (column + 1) * recipe.width / CNX_SCENE_SIDE;
        const gboolean here = y >= top && y < bottom && x >= left && x < right;

        g_assert_cmpfloat_with_epsilon (grey[j], here ? 1.0 / ((bottom - top) * (right - left)) : 0.0, 1e-5);
        lit += here;
      }
      g_assert_cmpint (lit, ==, 1);
    }
  }
}

/* An input with fewer pixels than there are cells. */
static void
test_small_input (void)
{
  const CnxRecipe recipe = recipe_of (8, 16);
  g_autofree float *tensor = plain (&recipe, 0, 0, 0);
  float grey[CELLS];
  double sum = 0;

  set_pixel (&recipe, tensor, 7, 15, 1);
  cnx_scene_grey (tensor, &recipe, grey);
  for (int i = 0; i < CELLS; i++)
    sum += grey[i];
  g_assert_cmpfloat_with_epsilon (grey[CELLS - 1], 1, 1e-5);
  g_assert_cmpfloat_with_epsilon (sum, 4 * 2, 1e-3);    /* the pixel's share of the picture */
}

static void
test_difference (void)
{
  float a[CELLS] = { 0 }, b[CELLS] = { 0 };

  g_assert_cmpfloat (cnx_scene_difference (a, b), ==, 0);
  for (int i = 0; i < CELLS / 2; i++)
    b[i] = i % 2 ? 0.5f : -0.5f;
  g_assert_cmpfloat_with_epsilon (cnx_scene_difference (a, b), 0.25, 1e-9);
  g_assert_cmpfloat_with_epsilon (cnx_scene_difference (b, a), 0.25, 1e-9);
}

static gboolean
stands_by (CnxScene * scene, CnxSceneRule rule, guint64 now, float level)
{
  const CnxRecipe recipe = recipe_of (64, 64);
  g_autofree float *tensor = plain (&recipe, level, level, level);

  return cnx_scene_judge (scene, &rule, now, tensor, &recipe) == CNX_SCENE_STANDS;
}

static gboolean
stands_when_asked (CnxScene * scene, double threshold, guint asked, float level)
{
  return stands_by (scene, (CnxSceneRule) { threshold, asked }, G_MAXUINT64, level);
}

static gboolean
stands (CnxScene * scene, double threshold, float level)
{
  return stands_when_asked (scene, threshold, 0, level);
}

/* Held against the last that was classified, and not against the last: what changes slowly changes. */
static void
test_stands (void)
{
  CnxScene scene = { 0 };

  g_assert_false (stands (&scene, 0.1, 0.5f));
  g_assert_true (stands (&scene, 0.1, 0.5f));
  g_assert_true (stands (&scene, 0.1, 0.55f));
  g_assert_true (stands (&scene, 0.1, 0.59f));
  g_assert_false (stands (&scene, 0.1, 0.61f));
  g_assert_true (stands (&scene, 0.1, 0.52f));
  g_assert_false (stands (&scene, 0.1, 0.5f));
  g_assert_true (stands (&scene, 0.3, 0.3f));
  g_assert_false (stands (&scene, 0.1, 0.3f));
  cnx_scene_forget (&scene);
  g_assert_false (stands (&scene, 0.1, 0.3f));
  g_assert_true (stands (&scene, 0.1, 0.3f));
}

static void
test_asked_otherwise (void)
{
  CnxScene scene = { 0 };

  g_assert_false (stands_when_asked (&scene, 0.1, 7, 0.5f));
  g_assert_true (stands_when_asked (&scene, 0.1, 7, 0.5f));
  g_assert_false (stands_when_asked (&scene, 0.1, 8, 0.5f));
  g_assert_true (stands_when_asked (&scene, 0.1, 8, 0.5f));
}

/* What is averaged is classified until it is at rest, counted from the last frame that differed. */
static void
test_settles (void)
{
  const CnxSceneRule rule = { 0.1, 0, 100 };
  CnxScene scene = { 0 };

  g_assert_false (stands_by (&scene, rule, 1000, 0.5f));
  g_assert_false (stands_by (&scene, rule, 1099, 0.5f));
  g_assert_true (stands_by (&scene, rule, 1100, 0.5f));
  g_assert_false (stands_by (&scene, rule, 1110, 0.7f));
  g_assert_false (stands_by (&scene, rule, 1200, 0.7f));
  g_assert_true (stands_by (&scene, rule, 1210, 0.7f));
  g_assert_false (stands_by (&scene, rule, 5, 0.7f));   /* time has gone back */
  g_assert_false (stands_by (&scene, rule, 104, 0.7f));
  g_assert_true (stands_by (&scene, rule, 105, 0.7f));
  g_assert_false (stands_by (&scene, rule, G_MAXUINT64, 0.7f));
  g_assert_true (stands_by (&scene, rule, 106, 0.7f));
}

/* Nobody knows how long it stands. */
static void
test_settles_unknown (void)
{
  const CnxSceneRule rule = { 0.1, 0, 100 };
  CnxScene scene = { 0 };

  for (guint i = 0; i < 3; i++)
    g_assert_false (stands_by (&scene, rule, G_MAXUINT64, 0.5f));
  g_assert_false (stands_by (&scene, rule, 1000, 0.5f));
  g_assert_false (stands_by (&scene, rule, 1050, 0.5f));
  g_assert_true (stands_by (&scene, rule, 1100, 0.5f));
}

static void
test_off (void)
{
  const double off[] = { 0, -0.0, -1, NAN, -INFINITY };

  for (guint i = 0; i < G_N_ELEMENTS (off); i++) {
    CnxScene scene = { 0 };
    g_assert_false (stands (&scene, off[i], 0.5f));
    g_assert_false (stands (&scene, off[i], 0.5f));
    g_assert_false (stands (&scene, 0.1, 0.5f));        /* what was classified meanwhile was not looked at */
    g_assert_true (stands (&scene, 0.1, 0.5f));
    g_assert_false (stands (&scene, off[i], 0.9f));
    g_assert_false (stands (&scene, 0.1, 0.5f));
  }
}

static CnxSceneAnswer
judge (CnxScene * scene, double threshold, double cut, gboolean unanswered, float level)
{
  const CnxSceneRule rule = {.threshold = threshold,.cut = cut,.unanswered = unanswered };
  const CnxRecipe recipe = recipe_of (64, 64);
  g_autofree float *tensor = plain (&recipe, level, level, level);

  return cnx_scene_judge (scene, &rule, 0, tensor, &recipe);
}

/* What differs by more from the last that was classified, whatever else it is looked at for. */
static void
test_cut (void)
{
  for (guint also = 0; also < 2; also++) {
    const double threshold = also ? 0.1 : 0;
    CnxScene scene = { 0 };

    g_assert_cmpint (judge (&scene, threshold, 0.3, FALSE, 0.9f), ==, CNX_SCENE_CHANGES);       /* the first is none */
    g_assert_cmpint (judge (&scene, threshold, 0.3, FALSE, 0.61f), ==, CNX_SCENE_CHANGES);
    g_assert_cmpint (judge (&scene, threshold, 0.3, FALSE, 0.3f), ==, CNX_SCENE_CUTS);
    g_assert_cmpint (judge (&scene, threshold, 0.3, FALSE, 0.3f), ==, also ? CNX_SCENE_STANDS : CNX_SCENE_CHANGES);
    g_assert_cmpint (judge (&scene, threshold, 0.3, FALSE, 0.61f), ==, CNX_SCENE_CUTS);
    cnx_scene_forget (&scene);
    g_assert_cmpint (judge (&scene, threshold, 0.3, FALSE, 0.1f), ==, CNX_SCENE_CHANGES);
  }
}

/* Where what is passed over differs by more than a cut, it is passed over. */
static void
test_cut_that_stands (void)
{
  CnxScene scene = { 0 };

  g_assert_cmpint (judge (&scene, 0.5, 0.3, FALSE, 0.5f), ==, CNX_SCENE_CHANGES);
  g_assert_cmpint (judge (&scene, 0.5, 0.3, FALSE, 0.9f), ==, CNX_SCENE_STANDS);
  g_assert_cmpint (judge (&scene, 0.5, 0.3, FALSE, 0.5f), ==, CNX_SCENE_STANDS);
}

/* What has lost its answer is classified again, and a cut is one all the same. */
static void
test_unanswered (void)
{
  CnxScene scene = { 0 };

  g_assert_cmpint (judge (&scene, 0.1, 0.3, TRUE, 0.5f), ==, CNX_SCENE_CHANGES);
  g_assert_cmpint (judge (&scene, 0.1, 0.3, TRUE, 0.5f), ==, CNX_SCENE_CHANGES);
  g_assert_cmpint (judge (&scene, 0.1, 0.3, TRUE, 0.9f), ==, CNX_SCENE_CUTS);
  g_assert_cmpint (judge (&scene, 0.1, 0.3, FALSE, 0.9f), ==, CNX_SCENE_STANDS);
}

/* No cut without a number for it. */
static void
test_cut_off (void)
{
  const double off[] = { 0, -0.0, -1, NAN, -INFINITY };

  for (guint i = 0; i < G_N_ELEMENTS (off); i++) {
    CnxScene scene = { 0 };
    g_assert_false (cnx_scene_looks (&(CnxSceneRule) {.cut = off[i] }));
    g_assert_cmpint (judge (&scene, 0.1, off[i], FALSE, 0), ==, CNX_SCENE_CHANGES);
    g_assert_cmpint (judge (&scene, 0.1, off[i], FALSE, 1), ==, CNX_SCENE_CHANGES);
  }
  g_assert_true (cnx_scene_looks (&(CnxSceneRule) {.cut = 0.3 }));
  g_assert_true (cnx_scene_looks (&(CnxSceneRule) {.threshold = 0.3 }));
}

/* The whole range: black and white differ by 1, and not by less. */
static void
test_most (void)
{
  float black[CELLS] = { 0 }, white[CELLS];

  for (int i = 0; i < CELLS; i++)
    white[i] = 1;
  g_assert_cmpfloat (cnx_scene_difference (black, white), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scene/colours", test_colours);
  g_test_add_func ("/scene/places", test_places);
  g_test_add_func ("/scene/small-input", test_small_input);
  g_test_add_func ("/scene/difference", test_difference);
  g_test_add_func ("/scene/stands", test_stands);
  g_test_add_func ("/scene/asked-otherwise", test_asked_otherwise);
  g_test_add_func ("/scene/settles", test_settles);
  g_test_add_func ("/scene/settles-unknown", test_settles_unknown);
  g_test_add_func ("/scene/off", test_off);
  g_test_add_func ("/scene/cut", test_cut);
  g_test_add_func ("/scene/cut-that-stands", test_cut_that_stands);
  g_test_add_func ("/scene/unanswered", test_unanswered);
  g_test_add_func ("/scene/cut-off", test_cut_off);
  g_test_add_func ("/scene/most", test_most);
  return g_test_run ();
}
