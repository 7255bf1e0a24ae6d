/* Preprocessing recipes: what is read from the files beside the weights, what is refused, and where
 * a picture lands. */
#include <string.h>

#include "core/error.h"
#include "core/model/recipe.h"

typedef gboolean (*FromJson) (CnxRecipe * recipe, JsonObject * config, GError ** error);

static gboolean
parse (FromJson from_json, const char *json, CnxRecipe * recipe, GError ** error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) syntax = NULL;

  json_parser_load_from_data (parser, json, -1, &syntax);
  g_assert_no_error (syntax);
  return from_json (recipe, json_node_get_object (json_parser_get_root (parser)), error);
}

static void
test_defaults (void)
{
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  g_assert_cmpint (recipe.width, ==, 224);
  g_assert_cmpint (recipe.height, ==, 224);
  g_assert_cmpint (recipe.resize, ==, 256);
  g_assert_cmpint (recipe.interpolation, ==, CNX_INTERPOLATION_BICUBIC);
  g_assert_cmpint (recipe.crop_mode, ==, CNX_CROP_CENTER);
  g_assert_cmpfloat (recipe.mean[0], ==, 0.485f);
  g_assert_cmpfloat (recipe.mean[2], ==, 0.406f);
  g_assert_cmpfloat (recipe.std[0], ==, 0.229f);
  g_assert_cmpfloat (recipe.std[2], ==, 0.225f);
}

static void
test_resize_for (void)
{
  static const struct
  {
    int size;
    double crop_pct;
    int resize;
  } rows[] = {
    {224, 0.875, 256}, {224, 0.95, 235}, {224, 0.9, 248}, {224, 1.0, 224}, {288, 0.95, 303},
    {288, 1.0, 288}, {384, 1.0, 384}, {384, 0.95, 404}, {64, 1.0, 64}, {320, 0.965, 331},
    /* No double is exactly 0.64, 0.7 or 0.3, but the quotients round to whole numbers. */
    {256, 0.64, 400}, {224, 0.7, 320}, {9, 0.3, 30}, {224, 1.5, 149},
    {224, 0.0, 0}, {224, -1.0, 0}, {0, 0.9, 0}, {-224, 0.9, 0}, {224, G_MINDOUBLE, G_MAXINT},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (cnx_recipe_resize_for (rows[i].size, rows[i].crop_pct), ==, rows[i].resize);
  g_assert_cmpint (cnx_recipe_resize_for (224, 0.0 / 0.0), ==, 0);
}

typedef struct
{
  const char *json;
  int width, height, resize;
  CnxInterpolation interpolation;
  CnxCropMode crop_mode;
} Reads;

static void
check_reads (FromJson from_json, const Reads * rows, guint count)
{
  for (guint i = 0; i < count; i++) {
    g_autoptr (GError) error = NULL;
    CnxRecipe recipe;

    cnx_recipe_init (&recipe);
    g_test_message ("%s", rows[i].json);
    parse (from_json, rows[i].json, &recipe, &error);
    g_assert_no_error (error);
    g_assert_cmpint (recipe.width, ==, rows[i].width);
    g_assert_cmpint (recipe.height, ==, rows[i].height);
    g_assert_cmpint (recipe.resize, ==, rows[i].resize);
    g_assert_cmpint (recipe.interpolation, ==, rows[i].interpolation);
    g_assert_cmpint (recipe.crop_mode, ==, rows[i].crop_mode);
  }
}

#define TIMM(keys) "{\"pretrained_cfg\": {" keys "}}"
#define CUBIC CNX_INTERPOLATION_BICUBIC
#define LINEAR CNX_INTERPOLATION_BILINEAR
#define CENTER CNX_CROP_CENTER

static void
test_timm (void)
{
  static const Reads rows[] = {
    {"{}", 224, 224, 256, CUBIC, CENTER},
    {"{\"pretrained_cfg\": null}", 224, 224, 256, CUBIC, CENTER},
    {TIMM (""), 224, 224, 256, CUBIC, CENTER},
    {TIMM ("\"input_size\": [3, 224, 224], \"crop_pct\": 0.95, \"interpolation\": \"bicubic\""),
        224, 224, 235, CUBIC, CENTER},
    {TIMM ("\"crop_pct\": 1.0, \"input_size\": [3, 384, 384], \"crop_mode\": \"squash\""),
        384, 384, 384, CUBIC, CNX_CROP_SQUASH},
    {TIMM ("\"crop_pct\": 1, \"input_size\": [3, 64, 64], \"interpolation\": \"bilinear\""),
        64, 64, 64, LINEAR, CENTER},
    {TIMM ("\"interpolation\": \"random\", \"crop_mode\": \"border\""), 224, 224, 256, CUBIC,
    CNX_CROP_BORDER},
    /* Without crop_pct the default of 0.875 goes on to the new size. */
    {TIMM ("\"input_size\": [3, 288, 288]"), 288, 288, 329, CUBIC, CENTER},
    {TIMM ("\"input_size\": [3, 224, 320], \"crop_pct\": 0.875"), 320, 224, 256, CUBIC, CENTER},
    {TIMM ("\"crop_mode\": null, \"mean\": null"), 224, 224, 256, CUBIC, CENTER},
    {"{\"input_size\": [3, 96, 96], \"crop_pct\": 0.96}", 96, 96, 100, CUBIC, CENTER},
  };

  check_reads (cnx_recipe_from_timm, rows, G_N_ELEMENTS (rows));
}

static void
test_hugging_face (void)
{
  static const Reads rows[] = {
    {"{}", 384, 384, 384, CUBIC, CNX_CROP_SQUASH},
    {"{\"size\": 224}", 224, 224, 256, CUBIC, CENTER},
    {"{\"size\": 224, \"crop_pct\": 0.875, \"resample\": 3}", 224, 224, 256, CUBIC, CENTER},
    {"{\"size\": {\"shortest_edge\": 224}, \"crop_pct\": 0.95, \"resample\": 2}", 224, 224, 235,
    LINEAR, CENTER},
    {"{\"size\": 383, \"crop_pct\": 1.0}", 383, 383, 383, CUBIC, CENTER},
    /* From 384 up the crop_pct is not looked at. */
    {"{\"size\": 384, \"crop_pct\": 0.875}", 384, 384, 384, CUBIC, CNX_CROP_SQUASH},
    {"{\"size\": {\"shortest_edge\": 512}}", 512, 512, 512, CUBIC, CNX_CROP_SQUASH},
    {"{\"size\": 224, \"do_resize\": true, \"do_normalize\": true, \"do_rescale\": true, "
          "\"rescale_factor\": 0.00392156862745098}", 224, 224, 256, CUBIC, CENTER},
  };

  check_reads (cnx_recipe_from_hugging_face, rows, G_N_ELEMENTS (rows));
}

static void
test_mean_std (void)
{
  CnxRecipe timm, hugging_face;

  cnx_recipe_init (&timm);
  hugging_face = timm;
  g_assert_true (parse (cnx_recipe_from_timm, TIMM ("\"mean\": [0.5, 0, 1], \"std\": [1, 0.25, 2]"),
      &timm, NULL));
  g_assert_true (parse (cnx_recipe_from_hugging_face,
          "{\"image_mean\": [0.5, 0, 1], \"image_std\": [1, 0.25, 2]}", &hugging_face, NULL));
  for (int c = 0; c < 3; c++) {
    g_assert_cmpfloat (timm.mean[c], ==, ((float[]) {0.5f, 0.0f, 1.0f})[c]);
    g_assert_cmpfloat (timm.std[c], ==, ((float[]) {1.0f, 0.25f, 2.0f})[c]);
    g_assert_cmpfloat (timm.mean[c], ==, hugging_face.mean[c]);
    g_assert_cmpfloat (timm.std[c], ==, hugging_face.std[c]);
  }
}

typedef struct
{
  const char *json;
  const char *key, *value;      /* that the message has to name */
} Refused;

static void
check_refused (FromJson from_json, const char *file, const Refused * rows, guint count)
{
  for (guint i = 0; i < count; i++) {
    g_autoptr (GError) error = NULL;
    CnxRecipe recipe, before;

    memset (&recipe, 0, sizeof recipe);
    cnx_recipe_init (&recipe);
    before = recipe;
    g_assert_false (parse (from_json, rows[i].json, &recipe, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, file));
    g_assert_nonnull (strstr (error->message, rows[i].key));
    g_assert_nonnull (strstr (error->message, rows[i].value));
    g_assert_nonnull (strstr (error->message, "must be"));
    /* A refused file leaves nothing half read. */
    g_assert_cmpmem (&recipe, sizeof recipe, &before, sizeof before);
  }
}

static void
test_timm_refused (void)
{
  static const Refused rows[] = {
    {"{\"pretrained_cfg\": [1]}", "pretrained_cfg", "[1]"},
    {TIMM ("\"input_size\": 224"), "input_size", "224"},
    {TIMM ("\"input_size\": [3, 224]"), "input_size", "[3,224]"},
    {TIMM ("\"input_size\": [3, 224, 224, 1]"), "input_size", "[3,224,224,1]"},
    {TIMM ("\"input_size\": [1, 224, 224]"), "input_size", "[1,224,224]"},
    {TIMM ("\"input_size\": [3, 0, 224]"), "input_size", "[3,0,224]"},
    {TIMM ("\"input_size\": [3, -32, 224]"), "input_size", "-32"},
    {TIMM ("\"input_size\": [3, 224, 1000000000000]"), "input_size", "1000000000000"},
    {TIMM ("\"input_size\": [3, 224.5, 224]"), "input_size", "224.5"},
    {TIMM ("\"input_size\": [3, \"224\", 224]"), "input_size", "\"224\""},
    {TIMM ("\"input_size\": [3, null, {}]"), "input_size", "[3,null,{}]"},
    {TIMM ("\"crop_pct\": 0"), "crop_pct", "0"},
    {TIMM ("\"crop_pct\": -0.5"), "crop_pct", "-0.5"},
    {TIMM ("\"crop_pct\": 1e-300"), "crop_pct", "1e-300"},
    {TIMM ("\"crop_pct\": 1e300"), "crop_pct", "1e+300"},
    {TIMM ("\"crop_pct\": 1e999"), "crop_pct", "inf"},
    {TIMM ("\"crop_pct\": \"0.875\""), "crop_pct", "\"0.875\""},
    {TIMM ("\"crop_pct\": true"), "crop_pct", "true"},
    {TIMM ("\"interpolation\": \"lanczos\""), "interpolation", "lanczos"},
    {TIMM ("\"interpolation\": 3"), "interpolation", "3"},
    {TIMM ("\"crop_mode\": \"corner\""), "crop_mode", "corner"},
    {TIMM ("\"crop_mode\": {}"), "crop_mode", "{}"},
    {TIMM ("\"mean\": [0.5, 0.5]"), "mean", "[0.5,0.5]"},
    {TIMM ("\"mean\": [123.7, 116.3, 103.5]"), "mean", "123.7"},
    {TIMM ("\"mean\": 0.5"), "mean", "0.5"},
    {TIMM ("\"std\": [0.2, 0, 0.2]"), "std", "0"},
    {TIMM ("\"std\": [0.2, 0.2, \"x\"]"), "std", "\"x\""},
  };

  check_refused (cnx_recipe_from_timm, "config.json", rows, G_N_ELEMENTS (rows));
}

static void
test_hugging_face_refused (void)
{
  static const Refused rows[] = {
    {"{\"size\": \"224\"}", "size", "\"224\""},
    {"{\"size\": 0}", "size", "0"},
    {"{\"size\": 1e9}", "size", "1"},
    {"{\"size\": [224, 224]}", "size", "[224,224]"},
    {"{\"size\": {}}", "size", "{}"},
    {"{\"size\": {\"height\": 224}}", "size", "height"},
    {"{\"size\": {\"shortest_edge\": null}}", "size", "null"},
    {"{\"size\": {\"shortest_edge\": -224}}", "size", "-224"},
    {"{\"size\": 224, \"crop_pct\": 0}", "crop_pct", "0"},
    {"{\"size\": {\"height\": 256, \"width\": 320}}", "size", "shortest_edge"},
    {"{\"resample\": 1}", "resample", "1"},
    {"{\"resample\": \"bicubic\"}", "resample", "bicubic"},
    {"{\"image_mean\": [0.5]}", "image_mean", "[0.5]"},
    {"{\"image_std\": [0.5, 0.5, -0.5]}", "image_std", "-0.5"},
    {"{\"do_normalize\": false}", "do_normalize", "false"},
    {"{\"do_resize\": 1}", "do_resize", "1"},
    {"{\"rescale_factor\": 1}", "rescale_factor", "1"},
  };

  check_refused (cnx_recipe_from_hugging_face, "preprocessor_config.json", rows,
      G_N_ELEMENTS (rows));
}

/* A value of any length is named by its beginning. */
static void
test_long_value (void)
{
  g_autoptr (GString) json = g_string_new ("{\"pretrained_cfg\": {\"crop_mode\": \"");
  g_autoptr (GError) error = NULL;
  CnxRecipe recipe;

  for (int i = 0; i < 5000; i++)
    g_string_append (json, "\303\251");
  g_string_append (json, "\"}}");
  cnx_recipe_init (&recipe);
  g_assert_false (parse (cnx_recipe_from_timm, json->str, &recipe, &error));
  g_assert_cmpuint (strlen (error->message), <, 400);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_plan (void)
{
  static const struct
  {
    int input_width, input_height, resize;
    CnxCropMode crop_mode;
    int width, height;
    CnxCropPlan plan;
  } rows[] = {
    /* 640 * 235 / 427 = 352.22; (352 - 224) / 2 = 64; (235 - 224) / 2 = 5.5 rounds to 6 (even). */
    {224, 224, 235, CENTER, 640, 427, {352, 235, 64, 6}},
    {224, 224, 235, CENTER, 427, 640, {235, 352, 6, 64}},
    /* 451 * 256 / 300 = 384.85, cut; (384 - 224) / 2 = 80. */
    {224, 224, 256, CENTER, 451, 300, {384, 256, 80, 16}},
    /* (229 - 224) / 2 = 2.5 rounds to 2 (even). */
    {224, 224, 229, CENTER, 100, 100, {229, 229, 2, 2}},
    {224, 224, 256, CENTER, 1920, 1080, {455, 256, 116, 16}},
    {224, 224, 256, CENTER, 1, 1, {256, 256, 16, 16}},
    {64, 64, 64, CENTER, 32768, 1, {2097152, 64, 1048544, 0}},
    /* Resized to less than the input: padded, the odd pixel at the right and the bottom. */
    {224, 224, 149, CENTER, 100, 100, {149, 149, -37, -37}},
    {224, 224, 219, CENTER, 200, 100, {438, 219, 107, -2}},
    {384, 384, 384, CNX_CROP_SQUASH, 640, 427, {384, 384, 0, 0}},
    {224, 224, 256, CNX_CROP_SQUASH, 640, 427, {256, 256, 16, 16}},
    /* 427 * 224 / 640 = 149.45; (224 - 149) / 2 = 37 above. */
    {224, 224, 224, CNX_CROP_BORDER, 640, 427, {224, 149, 0, -37}},
    {224, 224, 224, CNX_CROP_BORDER, 427, 640, {149, 224, -37, 0}},
    {224, 224, 224, CNX_CROP_BORDER, 1000, 1, {224, 1, 0, -111}},
    {320, 224, 256, CNX_CROP_SQUASH, 100, 100, {365, 256, 22, 16}},
    /* The box is 365 x 256: 427 / 256 = 1.668 is the smaller ratio; 640 / 1.668 = 383.7, up. */
    {320, 224, 256, CENTER, 640, 427, {384, 256, 32, 16}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CnxRecipe recipe;
    CnxCropPlan plan;

    cnx_recipe_init (&recipe);
    recipe.width = rows[i].input_width;
    recipe.height = rows[i].input_height;
    recipe.resize = rows[i].resize;
    recipe.crop_mode = rows[i].crop_mode;
    cnx_recipe_plan (&recipe, rows[i].width, rows[i].height, &plan);
    g_test_message ("row %u: %dx%d at %d,%d", i, plan.resized_width, plan.resized_height, plan.x,
        plan.y);
    g_assert_cmpint (plan.resized_width, ==, rows[i].plan.resized_width);
    g_assert_cmpint (plan.resized_height, ==, rows[i].plan.resized_height);
    g_assert_cmpint (plan.x, ==, rows[i].plan.x);
    g_assert_cmpint (plan.y, ==, rows[i].plan.y);
  }
}

static void
test_override (void)
{
  CnxRecipe recipe;
  g_autoptr (GError) error = NULL;

  cnx_recipe_init (&recipe);
  g_assert_true (cnx_recipe_override (&recipe, "size=288, crop-pct = 1.0", &error));
  g_assert_true (recipe.width == 288 && recipe.height == 288 && recipe.resize == 288);
  g_assert_true (recipe.interpolation == CNX_INTERPOLATION_BICUBIC && recipe.mean[0] == 0.485f);
  g_assert_true (cnx_recipe_override (&recipe, "size=384x256,crop-mode=squash,interpolation=bilinear", &error));
  g_assert_true (recipe.width == 384 && recipe.height == 256 && recipe.resize == 256);
  g_assert_true (recipe.crop_mode == CNX_CROP_SQUASH && recipe.interpolation == CNX_INTERPOLATION_BILINEAR);
  g_assert_true (cnx_recipe_override (&recipe, "mean=0.5,std=0.1:0.2:0.3", &error));
  g_assert_true (recipe.mean[0] == 0.5f && recipe.mean[2] == 0.5f && recipe.std[0] == 0.1f && recipe.std[2] == 0.3f);
  g_assert_no_error (error);

  /* Without a crop-pct the crop keeps its share. */
  cnx_recipe_init (&recipe);
  g_assert_true (cnx_recipe_override (&recipe, "size=448", NULL));
  g_assert_cmpint (recipe.resize, ==, 512);
}

/* Each is refused, with a word of it in the message, and changes nothing. */
static void
test_override_refused (void)
{
  static const char *const rows[][2] = {
    {",", "''"}, {"size", "'size'"}, {"size=", "'size'"}, {"size=abc", "'size'"}, {"size=1x2x3", "'size'"},
    {"size=288,", "''"}, {"width=3", "'width'"}, {"size=0", "input_size"}, {"size=224.5", "input_size"},
    {"size=99999", "input_size"}, {"size=-32", "input_size"}, {"size=nan", "input_size"}, {"crop-pct=0", "crop_pct"},
    {"crop-pct=one", "'crop-pct'"}, {"crop-pct=0.000001", "crop_pct"}, {"crop-mode=middle", "crop_mode"},
    {"interpolation=nearest", "interpolation"}, {"mean=0.1:0.2", "'mean'"}, {"mean=2", "mean"}, {"std=0", "std"},
    {"std=1:2:3:4", "'std'"}, {"std=inf", "std"}, {"size=288=3", "'size'"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    CnxRecipe recipe, before;

    memset (&recipe, 0, sizeof recipe);
    cnx_recipe_init (&recipe);
    before = recipe;
    g_test_message ("%s", rows[i][0]);
    g_assert_false (cnx_recipe_override (&recipe, rows[i][0], &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    g_assert_nonnull (strstr (error->message, rows[i][1]));
    g_assert_cmpmem (&recipe, sizeof recipe, &before, sizeof before);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recipe/defaults", test_defaults);
  g_test_add_func ("/recipe/resize-for", test_resize_for);
  g_test_add_func ("/recipe/timm", test_timm);
  g_test_add_func ("/recipe/hugging-face", test_hugging_face);
  g_test_add_func ("/recipe/mean-std", test_mean_std);
  g_test_add_func ("/recipe/timm-refused", test_timm_refused);
  g_test_add_func ("/recipe/hugging-face-refused", test_hugging_face_refused);
  g_test_add_func ("/recipe/long-value", test_long_value);
  g_test_add_func ("/recipe/plan", test_plan);
  g_test_add_func ("/recipe/override", test_override);
  g_test_add_func ("/recipe/override-refused", test_override_refused);
  return g_test_run ();
}
