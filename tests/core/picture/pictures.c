#include "tests/core/picture/pictures.h"

#include <math.h>
#include <string.h>
#include <vips/vips.h>

char *
data_path (const char *folder, const char *file)
{
  return g_build_filename (g_getenv ("CNX_TEST_DATA"), folder, file, NULL);
}

Picture *
picture_load (const char *path)
{
  Picture *picture = g_new0 (Picture, 1);
  VipsImage *loaded = vips_image_new_from_file (path, NULL), *rgb = NULL;
  void *bytes;
  gsize size;

  if (loaded == NULL || vips_colourspace (loaded, &rgb, VIPS_INTERPRETATION_sRGB, NULL) != 0)
    g_error ("%s: %s", path, vips_error_buffer ());
  g_assert_cmpint (vips_image_get_bands (rgb), ==, 3);
  picture->width = vips_image_get_width (rgb);
  picture->height = vips_image_get_height (rgb);
  bytes = vips_image_write_to_memory (rgb, &size);
  picture->rgb = g_memdup2 (bytes, size);
  g_free (bytes);
  g_object_unref (rgb);
  g_object_unref (loaded);
  return picture;
}

Picture *
picture_cut (const Picture * picture, int width, int height)
{
  Picture *cut = g_new0 (Picture, 1);

  g_assert_true (width <= picture->width && height <= picture->height);
  *cut = (Picture) {width, height, g_malloc (3 * width * height)};
  for (int y = 0; y < height; y++)
    memcpy (cut->rgb + 3 * width * y, picture->rgb + 3 * picture->width * y, 3 * width);
  return cut;
}

void
picture_free (Picture * picture)
{
  g_free (picture->rgb);
  g_free (picture);
}

double *
picture_to_doubles (const Picture * picture)
{
  int count = 3 * picture->width * picture->height;
  double *values = g_new (double, count);

  for (int i = 0; i < count; i++)
    values[i] = picture->rgb[i];
  return values;
}

static void
golden_case_free (gpointer data)
{
  GoldenCase *golden = data;

  g_free (golden->name);
  g_free (golden->path);
  picture_free (golden->expected);
  g_free (golden);
}

static GoldenCase *
golden_case_new (JsonObject * object)
{
  GoldenCase *golden = g_new0 (GoldenCase, 1);
  const char *crop = json_object_get_string_member (object, "crop_mode");
  const char *filter = json_object_get_string_member (object, "interpolation");
  g_autofree char *expected = NULL;

  golden->name = g_strdup (json_object_get_string_member (object, "expected"));
  golden->path = data_path ("preprocess", json_object_get_string_member (object, "picture"));
  expected = data_path ("preprocess", golden->name);
  golden->expected = picture_load (expected);
  cnx_recipe_init (&golden->recipe);
  golden->recipe.width = golden->recipe.height = json_object_get_int_member (object, "size");
  golden->recipe.resize = json_object_has_member (object, "resize")
      ? json_object_get_int_member (object, "resize")
      : cnx_recipe_resize_for (golden->recipe.width, json_object_get_double_member (object,
          "crop_pct"));
  golden->recipe.crop_mode = g_str_equal (crop, "squash") ? CNX_CROP_SQUASH : CNX_CROP_CENTER;
  golden->recipe.interpolation = g_str_equal (filter, "bicubic") ? CNX_INTERPOLATION_BICUBIC
      : CNX_INTERPOLATION_BILINEAR;
  g_assert_cmpint (golden->expected->width, ==, golden->recipe.width);
  g_assert_cmpint (golden->expected->height, ==, golden->recipe.height);
  return golden;
}

GPtrArray *
golden_cases (void)
{
  g_autofree char *path = data_path ("preprocess", "preprocess.json");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  GPtrArray *cases = g_ptr_array_new_with_free_func (golden_case_free);
  JsonArray *array;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  array = json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)),
      "cases");
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_ptr_array_add (cases, golden_case_new (json_array_get_object_element (array, i)));
  g_assert_cmpuint (cases->len, >=, 6);
  return cases;
}

Distance
distance_to_doubles (const float *input, const CnxRecipe * recipe, const double *expected)
{
  int count = 3 * recipe->width * recipe->height, near = 0;
  Distance distance = { 0 };

  for (int i = 0; i < count; i++) {
    double value = (input[i] * recipe->std[i % 3] + recipe->mean[i % 3]) * 255.0;
    double off = fabs (value - expected[i]);

    distance.mean += off / count;
    distance.most = MAX (distance.most, off);
    near += off <= 8.0 + 1e-3;
  }
  distance.within_8 = (double) near / count;
  return distance;
}

Distance
distance_to_picture (const float *input, const CnxRecipe * recipe, const Picture * expected)
{
  g_autofree double *values = picture_to_doubles (expected);

  return distance_to_doubles (input, recipe, values);
}

gboolean
distance_is_small (const Distance * distance)
{
  return distance->mean <= 0.5 && distance->within_8 >= 0.999;
}

static double
filter_value (CnxInterpolation interpolation, double x)
{
  x = fabs (x);
  if (interpolation == CNX_INTERPOLATION_BILINEAR)
    return x < 1.0 ? 1.0 - x : 0.0;
  if (x < 1.0)
    return 1.5 * x * x * x - 2.5 * x * x + 1.0;
  return x < 2.0 ? -0.5 * x * x * x + 2.5 * x * x - 4.0 * x + 2.0 : 0.0;
}

/* out[o] = the weighted mean around pixel first + o, of @size samples @step doubles apart. */
static void
resize_line (const double *in, int size, int step, int resized, int first, int count,
    CnxInterpolation interpolation, double *out, int out_step)
{
  double scale = (double) size / resized, stretch = MAX (scale, 1.0);

  for (int o = 0; o < count; o++) {
    double centre = (first + o + 0.5) * scale, sum = 0.0, weights = 0.0;
    int from = MAX (0, (int) floor (centre - 2.0 * stretch) - 1);
    int to = MIN (size, (int) ceil (centre + 2.0 * stretch) + 1);

    for (int s = from; s < to; s++) {
      double weight = filter_value (interpolation, (s + 0.5 - centre) / stretch);

      sum += weight * in[s * step];
      weights += weight;
    }
    out[o * out_step] = sum / weights;
  }
}

double *
reference_resize (const double *rgb, int width, int height, int square_width,
    const CnxRecipe * recipe)
{
  double *out = g_new (double, 3 * recipe->width * recipe->height);
  g_autofree double *narrow = g_new (double, 3 * recipe->width * height);
  CnxCropPlan plan;
  int left, top, covered_width, covered_height;

  cnx_recipe_plan (recipe, square_width, height, &plan);
  left = MAX (0, -plan.x);
  top = MAX (0, -plan.y);
  covered_width = MIN (recipe->width, plan.resized_width - plan.x) - left;
  covered_height = MIN (recipe->height, plan.resized_height - plan.y) - top;
  for (int i = 0; i < 3 * recipe->width * recipe->height; i++)
    out[i] = recipe->crop_mode == CNX_CROP_BORDER ? rint (255.0 * recipe->mean[i % 3]) : 0.0;
  for (int y = 0; y < height; y++)
    for (int c = 0; c < 3; c++)
      resize_line (rgb + 3 * width * y + c, width, 3, plan.resized_width, plan.x + left,
          covered_width, recipe->interpolation, narrow + 3 * recipe->width * y + c, 3);
  for (int x = 0; x < covered_width; x++)
    for (int c = 0; c < 3; c++)
      resize_line (narrow + 3 * x + c, height, 3 * recipe->width, plan.resized_height, plan.y + top,
          covered_height, recipe->interpolation, out + 3 * (recipe->width * top + left + x) + c,
          3 * recipe->width);
  for (int i = 0; i < 3 * recipe->width * recipe->height; i++)
    out[i] = floor (CLAMP (out[i], 0.0, 255.0) + 0.5);
  return out;
}
