/* Hugging Face's preprocessor_config.json: where the real processors put a picture, by class and option, and what of
 * them is refused. */
#include <string.h>

#include "core/error.h"
#include "core/model/recipe.h"

static gboolean
parse (const char *json, CnxRecipe * recipe, GError ** error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();

  g_assert_true (json_parser_load_from_data (parser, json, -1, NULL));
  cnx_recipe_init (recipe);
  return cnx_recipe_from_hugging_face (recipe, json_node_get_object (json_parser_get_root (parser)), error);
}

#define MOST_SHAPES 9

/* Made by the processors of transformers 5.24, the slow ones (PIL): `tests/bench/processors.py --table`. The fast ones
 * (torchvision 0.28) put them there too. */
static const struct
{
  const char *json;
  struct
  {
    int width, height;          /* 0: no more */
    CnxCropPlan plan;
  } shapes[MOST_SHAPES];
} places[] = {
  {"{\"image_processor_type\": \"ConvNextImageProcessor\", \"size\": {\"shortest_edge\": 224}}",
      {{322, 256, {322, 256, 49, 16}}, {323, 256, {323, 256, 49, 16}}, {640, 427, {383, 256, 79, 16}},
          {427, 640, {256, 383, 16, 79}}, {99, 101, {256, 261, 16, 18}}, {229, 400, {256, 447, 16, 111}},
          {150, 77, {498, 256, 137, 16}}, {641, 479, {342, 256, 59, 16}}, {383, 385, {256, 257, 16, 16}}}},
  {"{\"image_processor_type\": \"ConvNextImageProcessor\", \"size\": {\"shortest_edge\": 224}, "
      "\"crop_pct\": 0.95, \"resample\": 2}",
      {{322, 256, {295, 235, 35, 5}}, {323, 256, {296, 235, 36, 5}}, {640, 427, {352, 235, 64, 5}},
          {427, 640, {235, 352, 5, 64}}, {99, 101, {235, 239, 5, 7}}, {229, 400, {235, 410, 5, 93}},
          {150, 77, {457, 235, 116, 5}}, {641, 479, {314, 235, 45, 5}}, {383, 385, {235, 236, 5, 6}}}},
  {"{\"image_processor_type\": \"ConvNextImageProcessor\", \"size\": {\"shortest_edge\": 288}, "
      "\"crop_pct\": 1.0}",
      {{322, 256, {362, 288, 37, 0}}, {323, 256, {363, 288, 37, 0}}, {640, 427, {431, 288, 71, 0}},
          {427, 640, {288, 431, 0, 71}}, {99, 101, {288, 293, 0, 2}}, {229, 400, {288, 503, 0, 107}},
          {150, 77, {561, 288, 136, 0}}, {641, 479, {385, 288, 48, 0}}, {383, 385, {288, 289, 0, 0}}}},
  {"{\"image_processor_type\": \"ConvNextImageProcessor\"}",
      {{322, 256, {384, 384, 0, 0}}, {323, 256, {384, 384, 0, 0}}}},
  {"{\"image_processor_type\": \"ViTImageProcessor\", \"size\": {\"height\": 192, "
      "\"width\": 256}, \"resample\": 3}",
      {{322, 256, {256, 192, 0, 0}}, {323, 256, {256, 192, 0, 0}}}},
  {"{\"image_processor_type\": \"DeiTImageProcessor\"}",
      {{322, 256, {256, 256, 16, 16}}, {323, 256, {256, 256, 16, 16}}}},
  {"{\"image_processor_type\": \"CLIPImageProcessor\"}",
      {{322, 256, {281, 224, 28, 0}}, {323, 256, {282, 224, 29, 0}}, {640, 427, {335, 224, 55, 0}},
          {427, 640, {224, 335, 0, 55}}, {99, 101, {224, 228, 0, 2}}, {229, 400, {224, 391, 0, 83}},
          {150, 77, {436, 224, 106, 0}}, {641, 479, {299, 224, 37, 0}}, {383, 385, {224, 225, 0, 0}}}},
  {"{\"image_processor_type\": \"CLIPImageProcessor\", \"size\": {\"shortest_edge\": 235}}",
      {{322, 256, {295, 235, 35, 5}}, {323, 256, {296, 235, 36, 5}}, {640, 427, {352, 235, 64, 5}},
          {427, 640, {235, 352, 5, 64}}, {99, 101, {235, 239, 5, 7}}, {229, 400, {235, 410, 5, 93}},
          {150, 77, {457, 235, 116, 5}}, {641, 479, {314, 235, 45, 5}}, {383, 385, {235, 236, 5, 6}}}},
  {"{\"image_processor_type\": \"BitImageProcessor\", \"size\": {\"shortest_edge\": 256}, "
      "\"crop_size\": 224, \"image_mean\": [0.485, 0.456, 0.406]}",
      {{322, 256, {322, 256, 49, 16}}, {323, 256, {323, 256, 49, 16}}, {640, 427, {383, 256, 79, 16}},
          {427, 640, {256, 383, 16, 79}}, {99, 101, {256, 261, 16, 18}}, {229, 400, {256, 447, 16, 111}},
          {150, 77, {498, 256, 137, 16}}, {641, 479, {342, 256, 59, 16}}, {383, 385, {256, 257, 16, 16}}}},
};

static void
test_places (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autoptr (GError) error = NULL;
    CnxRecipe recipe;

    parse (places[i].json, &recipe, &error);
    g_assert_no_error (error);
    g_assert_cmpint (recipe.crop_rounding, ==, CNX_CROP_ROUNDING_DOWN);
    for (guint s = 0; s < MOST_SHAPES && places[i].shapes[s].width; s++) {
      const CnxCropPlan *wanted = &places[i].shapes[s].plan;
      CnxCropPlan plan;

      cnx_recipe_plan (&recipe, places[i].shapes[s].width, places[i].shapes[s].height, &plan);
      g_test_message ("%s: %dx%d at %d,%d", places[i].json, plan.resized_width, plan.resized_height, plan.x, plan.y);
      g_assert_cmpint (plan.resized_width, ==, wanted->resized_width);
      g_assert_cmpint (plan.resized_height, ==, wanted->resized_height);
      g_assert_cmpint (plan.x, ==, wanted->x);
      g_assert_cmpint (plan.y, ==, wanted->y);
    }
  }
}

/* What each class has where the file says nothing, by every name that it goes by. */
static void
test_classes (void)
{
  static const struct
  {
    const char *type;
    int size, resize;
    CnxInterpolation interpolation;
    CnxCropMode crop_mode;
    float mean, std;            /* of red */
  } rows[] = {
    {"\"feature_extractor_type\": \"ConvNextFeatureExtractor\"", 384, 384, CNX_INTERPOLATION_BICUBIC,
        CNX_CROP_SQUASH, 0.5f, 0.5f},
    {"\"image_processor_type\": \"ConvNextImageProcessorFast\"", 384, 384, CNX_INTERPOLATION_BICUBIC,
        CNX_CROP_SQUASH, 0.5f, 0.5f},
    {"\"image_processor_type\": null", 384, 384, CNX_INTERPOLATION_BICUBIC, CNX_CROP_SQUASH, 0.5f, 0.5f},
    {"\"image_processor_type\": \"ViTImageProcessor\", \"feature_extractor_type\": \"ConvNextFeatureExtractor\"", 224,
        224, CNX_INTERPOLATION_BILINEAR, CNX_CROP_SQUASH, 0.5f, 0.5f},
    {"\"image_processor_type\": \"DINOv3ViTImageProcessorFast\"", 224, 224, CNX_INTERPOLATION_BILINEAR,
        CNX_CROP_SQUASH, 0.485f, 0.229f},
    {"\"image_processor_type\": \"DeiTImageProcessorPil\"", 224, 256, CNX_INTERPOLATION_BICUBIC, CNX_CROP_SQUASH, 0.5f,
        0.5f},
    {"\"feature_extractor_type\": \"CLIPFeatureExtractor\"", 224, 224, CNX_INTERPOLATION_BICUBIC, CNX_CROP_CENTER,
        0.48145466f, 0.26862954f},
    {"\"image_processor_type\": \"BitImageProcessor\"", 224, 224, CNX_INTERPOLATION_BICUBIC, CNX_CROP_CENTER,
        0.48145466f, 0.26862954f},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *json = g_strdup_printf ("{%s}", rows[i].type);
    g_autoptr (GError) error = NULL;
    CnxRecipe recipe;

    g_test_message ("%s", json);
    parse (json, &recipe, &error);
    g_assert_no_error (error);
    g_assert_true (recipe.width == rows[i].size && recipe.height == rows[i].size);
    g_assert_cmpint (recipe.resize, ==, rows[i].resize);
    g_assert_cmpint (recipe.interpolation, ==, rows[i].interpolation);
    g_assert_cmpint (recipe.crop_mode, ==, rows[i].crop_mode);
    g_assert_cmpfloat (recipe.mean[0], ==, rows[i].mean);
    g_assert_cmpfloat (recipe.std[0], ==, rows[i].std);
  }
}

#define OF(class, keys) "{\"image_processor_type\": \"" class "ImageProcessor\", " keys "}"

/* Keys and values that are honoured. */
static void
test_keys (void)
{
  static const struct
  {
    const char *json;
    int width, height, resize;
    CnxCropMode crop_mode;
  } rows[] = {
    {OF ("ViT", "\"size\": 256"), 256, 256, 256, CNX_CROP_SQUASH},
    {OF ("ViT", "\"size\": 256, \"default_to_square\": false, \"do_center_crop\": true, \"crop_size\": 224"), 224, 224,
        256, CNX_CROP_CENTER},
    {OF ("ViT", "\"size\": {\"height\": 224, \"width\": 320}"), 320, 224, 224, CNX_CROP_SQUASH},
    {OF ("ViT", "\"size\": 224, \"crop_pct\": 0.5, \"crop_size\": 96"), 224, 224, 224, CNX_CROP_SQUASH},
    {OF ("CLIP", "\"size\": 256, \"crop_size\": 224"), 224, 224, 256, CNX_CROP_CENTER},
    {OF ("CLIP", "\"size\": {\"shortest_edge\": 256, \"longest_edge\": null}"), 224, 224, 256, CNX_CROP_CENTER},
    {OF ("CLIP", "\"size\": {\"height\": 224, \"width\": 224}, \"do_center_crop\": false"), 224, 224, 224,
        CNX_CROP_SQUASH},
    {OF ("DeiT", "\"size\": {\"height\": 256, \"width\": 320}, \"crop_size\": {\"height\": 224, \"width\": 280}"), 280,
        224, 256, CNX_CROP_SQUASH},
    {OF ("Bit", "\"do_pad\": false, \"do_pad_more\": null, \"do_convert_rgb\": true"), 224, 224, 224, CNX_CROP_CENTER},
    {OF ("ConvNext", "\"size\": 224, \"do_center_crop\": true, \"crop_size\": 224"), 224, 224, 256, CNX_CROP_CENTER},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    CnxRecipe recipe;

    g_test_message ("%s", rows[i].json);
    parse (rows[i].json, &recipe, &error);
    g_assert_no_error (error);
    g_assert_true (recipe.width == rows[i].width && recipe.height == rows[i].height);
    g_assert_cmpint (recipe.resize, ==, rows[i].resize);
    g_assert_cmpint (recipe.crop_mode, ==, rows[i].crop_mode);
  }
}

static void
test_refused (void)
{
  static const char *const rows[][3] = {
    {"{\"image_processor_type\": \"SiglipImageProcessor\"}", "image_processor_type", "Siglip"},
    {"{\"image_processor_type\": \"ViTHybridImageProcessor\"}", "image_processor_type", "ViTHybrid"},
    {"{\"feature_extractor_type\": \"ConvNextThing\"}", "feature_extractor_type", "ConvNextImageProcessor, ViT"},
    {"{\"image_processor_type\": 3}", "image_processor_type", "3"},
    {OF ("ConvNext", "\"size\": {\"height\": 224, \"width\": 224}"), "\"size\"", "shortest_edge"},
    {OF ("ConvNext", "\"size\": 224, \"do_center_crop\": true"), "crop_size", "missing"},
    {OF ("ConvNext", "\"size\": 256, \"do_center_crop\": true, \"crop_size\": 224"), "crop_size", "224"},
    {OF ("ViT", "\"size\": {\"shortest_edge\": 224}"), "do_center_crop", "missing"},
    {OF ("ViT", "\"size\": 256, \"do_center_crop\": true"), "crop_size", "missing"},
    {OF ("CLIP", "\"do_center_crop\": false"), "do_center_crop", "false"},
    {OF ("CLIP", "\"crop_size\": {\"height\": 224, \"width\": 192}"), "crop_size", "192"},
    {OF ("CLIP", "\"crop_size\": {\"shortest_edge\": 224}"), "crop_size", "shortest_edge"},
    {OF ("CLIP", "\"size\": {\"shortest_edge\": 224, \"longest_edge\": 300}"), "\"size\"", "300"},
    {OF ("CLIP", "\"size\": {\"max_height\": 224, \"max_width\": 224}"), "\"size\"", "max_height"},
    {OF ("DeiT", "\"crop_size\": {\"height\": 224, \"width\": 192}"), "crop_size", "192"},
    {OF ("Bit", "\"do_pad\": true"), "do_pad", "true"},
    {OF ("Bit", "\"do_flip_channel_order\": true"), "do_flip_channel_order", "true"},
    {OF ("Bit", "\"do_center_crop\": 1"), "do_center_crop", "true or false"},
    {OF ("ViT", "\"do_rescale\": false"), "do_rescale", "false"},
    {OF ("ViT", "\"resample\": 1"), "resample", "bicubic"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    CnxRecipe recipe, before;

    cnx_recipe_init (&before);
    g_assert_false (parse (rows[i][0], &recipe, &error));
    g_test_message ("%s: %s", rows[i][0], error->message);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, rows[i][1]));
    g_assert_nonnull (strstr (error->message, rows[i][2]));
    g_assert_cmpint (recipe.resize, ==, before.resize);
  }
}

/* timm rounds a half to even, and what `convert` wrote of Hugging Face's says that it does not. */
static void
test_rounding (void)
{
  static const struct
  {
    const char *json;
    int x;                      /* 5.5 */
  } rows[] = {
    {"{}", 6}, {"{\"crop_rounding\": \"half-even\"}", 6}, {"{\"crop_rounding\": \"down\"}", 5},
    {"{\"crop_rounding\": \"up\"}", -1},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autoptr (GError) error = NULL;
    CnxRecipe recipe;
    CnxCropPlan plan;

    cnx_recipe_init (&recipe);
    g_assert_true (json_parser_load_from_data (parser, rows[i].json, -1, NULL));
    if (!cnx_recipe_from_timm (&recipe, json_node_get_object (json_parser_get_root (parser)), &error)) {
      g_assert_nonnull (strstr (error->message, "crop_rounding"));
      g_assert_cmpint (rows[i].x, ==, -1);
      continue;
    }
    recipe.resize = 235;
    cnx_recipe_plan (&recipe, 300, 300, &plan);
    g_assert_cmpint (plan.x, ==, rows[i].x);
    g_assert_cmpint (plan.y, ==, rows[i].x);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/processors/places", test_places);
  g_test_add_func ("/processors/classes", test_classes);
  g_test_add_func ("/processors/keys", test_keys);
  g_test_add_func ("/processors/refused", test_refused);
  g_test_add_func ("/processors/rounding", test_rounding);
  return g_test_run ();
}
