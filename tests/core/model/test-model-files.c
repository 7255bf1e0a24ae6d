/* What stands beside the weights - config.json, labels - and where weights are looked for. */
#include <math.h>
#include <string.h>
#include <glib/gstdio.h>

#include "core/error.h"
#include "core/model/model.h"
#include "core/model/model_config.h"
#include "core/reference/reference.h"
#include "core/model/random_checkpoint.h"
#include "tests/support/models.h"
#include "tests/support/temp_files.h"

static void
test_timm_config (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_small_model ("{\"architecture\": \"convnext_mine.v3\", "
      "\"num_classes\": 3, \"label_names\": [\"n01\", \"dog\", \"Fu\\u00dfball\"], "
      "\"label_descriptions\": {\"n01\": \"cat\"}, \"pretrained_cfg\": {\"num_classes\": 1000, "
      "\"input_size\": [3, 96, 96], \"crop_pct\": 1.0, \"interpolation\": \"bilinear\"}}");
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = cnx_model_load (dir, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (cnx_model_name (model), ==, "convnext_mine.v3");
  g_assert_cmpstr (cnx_model_label (model, 0), ==, "cat");
  g_assert_cmpstr (cnx_model_label (model, 1), ==, "dog");
  g_assert_cmpstr (cnx_model_label (model, 2), ==, "Fu\xc3\x9f" "ball");
  g_assert_cmpint (cnx_model_recipe (model)->width, ==, 96);
  g_assert_cmpint (cnx_model_recipe (model)->resize, ==, 96);
  g_assert_cmpint (cnx_model_recipe (model)->interpolation, ==, CNX_INTERPOLATION_BILINEAR);
  g_assert_cmpfloat (cnx_model_final_norm_eps (model), ==, 1e-6);
}

/* The folder of the golden Hugging Face checkpoint, with a preprocessor beside it. */
static void
test_hugging_face_config (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *weights = cnx_test_data ("golden/hf_v1/model.safetensors");
  g_autofree char *config = cnx_test_data ("golden/hf_v1/config.json");
  g_autofree char *a = cnx_test_copy (weights, dir, "model.safetensors");
  g_autofree char *b = cnx_test_copy (config, dir, "config.json");
  g_autofree char *c = cnx_test_write_text (dir, "preprocessor_config.json",
      "{\"size\": {\"shortest_edge\": 384}, \"resample\": 2, \"image_mean\": [0.5, 0.25, 0.125]}");
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = cnx_model_load (dir, &error);
  g_autofree char *folder = g_path_get_basename (dir);

  g_assert_no_error (error);
  g_assert_cmpstr (cnx_model_name (model), ==, folder);
  g_assert_cmpstr (cnx_model_label (model, 0), ==, "class a");
  g_assert_cmpstr (cnx_model_label (model, 6), ==, "class g");
  g_assert_cmpfloat (cnx_model_final_norm_eps (model), ==, 1e-12);
  g_assert_cmpint (cnx_model_recipe (model)->height, ==, 384);
  g_assert_cmpint (cnx_model_recipe (model)->crop_mode, ==, CNX_CROP_SQUASH);
  g_assert_cmpfloat (cnx_model_recipe (model)->mean[2], ==, 0.125f);
}

/* layer_norm_eps must reach the arithmetic; the golden logits alone hardly show it. */
static void
test_hugging_face_eps (void)
{
  g_autofree float *input = g_new (float, 32 * 32 * 3);
  float logits[3][7];

  cnx_fill_random (input, 32 * 32 * 3, 1, 2);
  for (int i = 0; i < 3; i++) {
    static const char *const configs[] =
        { "{}", "{\"layer_norm_eps\": 1e8}", "{\"layer_norm_eps\": 1}" };
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *weights = cnx_test_data ("golden/hf_v2/model.safetensors");
    g_autofree char *a = cnx_test_copy (weights, dir, "model.safetensors");
    g_autofree char *b = cnx_test_write_text (dir, "config.json", configs[i]);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (dir, &error);

    if (i == 1) {
      g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
      cnx_test_assert_message (error, "layer_norm_eps", NULL);
      continue;
    }
    g_assert_no_error (error);
    g_assert_cmpfloat (cnx_model_final_norm_eps (model), ==, i == 0 ? 1e-12 : 1);
    g_assert_true (cnx_reference_forward (model, input, 1, 32, 32, logits[i], &error));
  }
  for (int c = 0; c < 7; c++)
    g_assert_cmpfloat (fabsf (logits[0][c] - logits[2][c]), >, 1e-3);
}

/* Weights beside which there is no other file. */
static void
test_bare_recipes (void)
{
  static const struct
  {
    const char *variant;
    CnxScheme scheme;
    CnxInterpolation interpolation;
    int resize;
  } rows[] = {
    {"T", CNX_SCHEME_TORCHVISION, CNX_INTERPOLATION_BILINEAR, 236},
    {"S", CNX_SCHEME_TORCHVISION, CNX_INTERPOLATION_BILINEAR, 230},
    {"B", CNX_SCHEME_TORCHVISION, CNX_INTERPOLATION_BILINEAR, 232},
    {"L", CNX_SCHEME_TORCHVISION, CNX_INTERPOLATION_BILINEAR, 232},
    {"T", CNX_SCHEME_TIMM, CNX_INTERPOLATION_BICUBIC, 256},
    {"v2-T", CNX_SCHEME_TIMM, CNX_INTERPOLATION_BICUBIC, 256},
    {"S", CNX_SCHEME_HUGGING_FACE, CNX_INTERPOLATION_BICUBIC, 256},
    {"v2-B", CNX_SCHEME_HUGGING_FACE, CNX_INTERPOLATION_BICUBIC, 256},
    {"XL", CNX_SCHEME_ORIGINAL, CNX_INTERPOLATION_BICUBIC, 256},
  };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *weights = g_build_filename (dir, "bare.safetensors", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CnxArch arch = cnx_variant_find (rows[i].variant)->arch;
    CnxModelConfig config = { 0 };
    g_autoptr (GError) error = NULL;

    g_assert_true (cnx_model_config_load (&config, weights, &arch, rows[i].scheme, &error));
    g_assert_no_error (error);
    g_assert_cmpint (config.recipe.interpolation, ==, rows[i].interpolation);
    g_assert_cmpint (config.recipe.resize, ==, rows[i].resize);
    g_assert_cmpint (config.recipe.width, ==, 224);
    g_assert_cmpint (config.recipe.height, ==, 224);
    g_assert_cmpint (config.recipe.crop_mode, ==, CNX_CROP_CENTER);
    g_assert_cmpfloat (config.recipe.mean[0], ==, 0.485f);
    g_assert_cmpfloat (config.recipe.std[2], ==, 0.225f);
    g_assert_cmpstr (config.labels[0], ==, "tench");
    cnx_model_config_clear (&config);
  }
}

static void
test_torchvision_recipe (void)
{
  g_autofree char *path = cnx_test_data ("golden/torchvision_v1.safetensors");
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (cnx_model_name (model), ==, "torchvision_v1");
  g_assert_cmpint (cnx_model_recipe (model)->interpolation, ==, CNX_INTERPOLATION_BILINEAR);
  g_assert_cmpint (cnx_model_recipe (model)->width, ==, 224);
  g_assert_cmpint (cnx_model_recipe (model)->resize, ==, 232);
}

/* Configs that must not pass, with what the message must say. */
static const struct
{
  const char *config;
  CnxError code;
  const char *says[2];
} bad_configs[] = {
  {"{\"num_classes\": 4, \"architecture\": \"a\"}", CNX_ERROR_MODEL, {"4", "3"}},
  {"{\"pretrained_cfg\": {\"num_classes\": 1000}}", CNX_ERROR_MODEL, {"1000", "3"}},
  {"{\"architecture\": \"a\", \"label_names\": [\"a\", \"b\"]}", CNX_ERROR_MODEL,
      {"'label_names' counts 2", "have 3"}},
  {"{\"architecture\": \"a\", \"label_names\": [\"a\", \"b\", []]}", CNX_ERROR_FORMAT,
      {"label_names", "class 2"}},
  {"{\"architecture\": \"a\", \"label_names\": \"abc\"}", CNX_ERROR_FORMAT, {"label_names",
          "array"}},
  {"{\"id2label\": {\"0\": \"a\", \"1\": \"b\"}}", CNX_ERROR_MODEL, {"'id2label' counts 2",
          "have 3"}},
  {"{\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"3\": \"c\"}}", CNX_ERROR_FORMAT,
      {"id2label", "class 2"}},
  {"{\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": {}}}", CNX_ERROR_FORMAT, {"id2label",
          "class 2"}},
  {"{\"id2label\": [\"a\", \"b\"]}", CNX_ERROR_MODEL, {"'id2label' counts 2", "have 3"}},
  {"{\"label2id\": {\"a\": 0, \"b\": 1, \"c\": 3}}", CNX_ERROR_FORMAT, {"label2id", "from 0 to 2"}},
  {"{\"label2id\": {\"a\": 0, \"b\": 1, \"c\": 1}}", CNX_ERROR_FORMAT, {"label2id", "of another"}},
  {"{\"label2id\": {\"a\": 0, \"b\": 1, \"c\": null}}", CNX_ERROR_FORMAT, {"label2id", "from 0 to 2"}},
  {"{\"architecture\": \"convnext_tiny.fb_in1k\"}", CNX_ERROR_MODEL, {"convnext_tiny", "others"}},
  {"{\"hidden_sizes\": [2, 2, 2, 4]}", CNX_ERROR_MODEL, {"hidden_sizes", "2, 2, 2, 2"}},
  {"{\"depths\": [1, 1, 1]}", CNX_ERROR_MODEL, {"depths", "1, 1, 1, 1"}},
  {"{\"depths\": [1, 1, 1, 1, 1]}", CNX_ERROR_MODEL, {"depths", "1, 1, 1, 1"}},
  {"{\"depths\": [1, 1, \"1\", 1]}", CNX_ERROR_MODEL, {"depths", "1, 1, 1, 1"}},
  {"{\"hidden_act\": \"mish\"}", CNX_ERROR_MODEL, {"hidden_act", "mish"}},
  {"{\"global_pool\": \"max\"}", CNX_ERROR_MODEL, {"global_pool", "supported is 'avg'"}},
  {"{\"model_type\": \"swin\"}", CNX_ERROR_MODEL, {"'model_type' is 'swin'",
          "supported is 'convnext', 'convnextv2', 'dinov3_convnext', 'timm_wrapper'"}},
  {"{\"pretrained_cfg\": {\"crop_pct\": \"all\"}}", CNX_ERROR_FORMAT, {"config.json", "crop_pct"}},
  {"{\"pretrained_cfg\": ", CNX_ERROR_FORMAT, {"config.json", "JSON"}},
  {"{\"architecture\": \"\\ud800\"}", CNX_ERROR_FORMAT, {"config.json", "surrogate"}},
  {"{\"architecture\": \"\\ude00\\ud83d\"}", CNX_ERROR_FORMAT, {"config.json", "surrogate"}},
  {"{\"architecture\": \"\\ud83d\\u0041\"}", CNX_ERROR_FORMAT, {"config.json", "surrogate"}},
  {"{\"architecture\": \"\\ud83x\"}", CNX_ERROR_FORMAT, {"config.json", "an escape"}},
  {"{\"architecture\": \"\\ucc1n\"}", CNX_ERROR_FORMAT, {"config.json", "an escape"}},
  {"{\"architecture\": \"\\q\"}", CNX_ERROR_FORMAT, {"config.json", "an escape"}},
  {"{\"architecture\": \"x\\u001b[31mred\"}", CNX_ERROR_FORMAT, {"config.json", "not printable"}},
  {"{\"architecture\": \"a\", \"num_classes\": 1e300}", CNX_ERROR_FORMAT, {"num_classes", "1e+300"}},
  {"{\"architecture\": \"a\", \"num_classes\": 2.5}", CNX_ERROR_FORMAT, {"num_classes", "2.5"}},
  {"{\"architecture\": \"a\", \"num_classes\": -3}", CNX_ERROR_FORMAT, {"num_classes", "-3"}},
  {"{\"architecture\": \"\\ud83d\\ude00\", \"pretrained_cfg\": ", CNX_ERROR_FORMAT, {"config.json", "ends"}},
  {"", CNX_ERROR_FORMAT, {"config.json", "empty"}},
  {"[]", CNX_ERROR_FORMAT, {"config.json", "object"}},
};

static void
test_bad_configs (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_configs); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_small_model (bad_configs[i].config);
    g_autofree char *path = g_build_filename (dir, "config.json", NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (dir, &error);

    g_test_message ("%s: %s", bad_configs[i].config, error ? error->message : "loaded");
    g_assert_null (model);
    g_assert_error (error, CNX_ERROR, (int) bad_configs[i].code);
    cnx_test_assert_message (error, path, bad_configs[i].says[0], bad_configs[i].says[1], NULL);
  }
}

static void
test_deep_config (void)
{
  g_autoptr (GString) config = g_string_new ("{\"a\":");
  g_autoptr (CnxTestDir) dir = NULL;
  g_autoptr (CnxModel) model = NULL;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 200000; i++)
    g_string_append_c (config, '[');
  dir = cnx_test_make_small_model (config->str);
  model = cnx_model_load (dir, &error);
  g_assert_null (model);
  g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
  cnx_test_assert_message (error, "nested", NULL);
}

/* Nulls, other types and keys that say nothing are let be. */
static void
test_odd_configs (void)
{
  static const char *const rows[] = {
    "{}",
    "{\"architecture\": \"a \\\"quoted\\\" [{ name \\\\\"}",
    "{\"architecture\": null, \"label_names\": null, \"id2label\": null, \"num_classes\": null}",
    "{\"model_args\": [], \"depths\": 3, \"model_type\": \"convnext\", \"hidden_act\": \"gelu\"}",
    "{\"architecture\": \"my own\", \"global_pool\": \"avg\", \"model_args\": {\"norm_eps\": 1e-06}}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_small_model (rows[i]);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (dir, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (cnx_model_label (model, 2), ==, "class 2");
  }
}

/* Of two weights in one folder, each takes the config of its name first. */
static void
test_own_config (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_small_model ("{\"architecture\": \"shared\"}");
  g_autofree char *weights = g_build_filename (dir, "model.safetensors", NULL);
  g_autofree char *mine = cnx_test_copy (weights, dir, "mine.safetensors");
  g_autofree char *other = cnx_test_copy (weights, dir, "other.safetensors");
  g_autofree char *own = cnx_test_write_text (dir, "mine.json", "{\"architecture\": \"own\"}");
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) first = cnx_model_load (mine, &error);
  g_autoptr (CnxModel) second = cnx_model_load (other, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (cnx_model_name (first), ==, "own");
  g_assert_cmpstr (cnx_model_name (second), ==, "shared");
}

/* A preprocessor_config.json in the folder is for weights whose config says nothing of it. */
static void
test_preprocessor (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_small_model ("{\"hidden_act\": \"gelu\"}");
  g_autofree char *weights = g_build_filename (dir, "model.safetensors", NULL);
  g_autofree char *mine = cnx_test_copy (weights, dir, "mine.safetensors");
  g_autofree char *own =
      cnx_test_write_text (dir, "mine.json", "{\"pretrained_cfg\": {\"input_size\": [3, 288, 288]}}");
  g_autofree char *shared = cnx_test_write_text (dir, "preprocessor_config.json", "{\"size\": 320}");
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) first = cnx_model_load (mine, &error);
  g_autoptr (CnxModel) second = cnx_model_load (weights, &error);

  g_assert_no_error (error);
  g_assert_cmpint (cnx_model_recipe (first)->width, ==, 288);
  g_assert_cmpint (cnx_model_recipe (second)->width, ==, 320);
}

static void
test_labels_file (void)
{
  static const struct
  {
    const char *text;
    int lines;                  /* -1: three labels that do */
  } rows[] = {
    {"cat\ndog\nbird\n", -1}, {"cat\ndog\nbird", -1}, {"\xef\xbb\xbf" "cat\r\ndog\r\nbird\r\n\r\n",
        -1},
    {"cat\ndog\n", 2}, {"cat\ndog\nbird\nfish\n", 4}, {"", 0}, {"\n\n\n", 0},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_small_model ("{}");
    g_autofree char *path = cnx_test_write_text (dir, "labels.txt", rows[i].text);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (dir, &error);
    g_autoptr (CnxModel) labelled = cnx_model_with_labels (model, path, &error);
    g_autofree char *count = g_strdup_printf ("%d lines", rows[i].lines);

    if (rows[i].lines >= 0) {
      g_assert_null (labelled);
      g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
      cnx_test_assert_message (error, path, count, "3 classes", NULL);
      continue;
    }
    g_assert_no_error (error);
    g_assert_cmpstr (cnx_model_label (model, 0), ==, "class 0");
    g_clear_pointer (&model, cnx_model_unref);  /* the copy lives on without it */
    g_assert_cmpstr (cnx_model_label (labelled, 0), ==, "cat");
    g_assert_cmpstr (cnx_model_label (labelled, 2), ==, "bird");
    g_assert_nonnull (cnx_model_tensor (labelled, CNX_ROLE_STEM_WEIGHT, 0, 0));
    g_assert_cmpint (cnx_model_arch (labelled)->classes, ==, 3);
  }
}

static void
test_bad_labels_files (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_small_model ("{}");
  g_autofree char *latin1 = cnx_test_write_text (dir, "labels.txt", "F\xfc\xdf" "e\nb\nc\n");
  g_autofree char *missing = g_build_filename (dir, "missing.txt", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = cnx_model_load (dir, &error);

  g_assert_no_error (error);
  g_assert_null (cnx_model_with_labels (model, latin1, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
  cnx_test_assert_message (error, latin1, "UTF-8", NULL);
  g_clear_error (&error);
  g_assert_null (cnx_model_with_labels (model, missing, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
  cnx_test_assert_message (error, missing, NULL);
}

/* The shipped model, whatever it knows: its labels are as many as its classes, and each is a word. */
static void
test_everyday (void)
{
  g_autofree char *path = cnx_test_models ("everyday");
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  const CnxRecipe *recipe;
  int classes;

  g_assert_no_error (error);
  recipe = cnx_model_recipe (model);
  g_assert_true (cnx_arch_check_input (recipe->height, recipe->width, &error));
  classes = cnx_model_arch (model)->classes;
  g_assert_cmpint (classes, >, 1);
  for (int i = 0; i < classes; i++) {
    g_autofree char *unnamed = g_strdup_printf ("class %d", i);

    g_assert_cmpstr (cnx_model_label (model, i), !=, "");
    g_assert_cmpstr (cnx_model_label (model, i), !=, unnamed);
  }
}

/* ---- looking for weights ---- */

static void
test_find (void)
{
  static const struct
  {
    const char *name;
    const char *file;           /* of the only weights there are */
    gboolean found;
  } rows[] = {
    {"S", "small/model.safetensors", TRUE},
    {"S", "S.safetensors", TRUE},
    {"small", "convnext_small.safetensors", TRUE},
    {"S", "convnext_small/model.safetensors", TRUE},
    {"S", "convnext-small-224/model.safetensors", TRUE},
    {"S", "convnext_small.fb_in1k/model.safetensors", TRUE},
    {"S", "timm--convnext_small.fb_in1k/model.safetensors", TRUE},
    {"XL", "convnext_xlarge.fb_in22k_ft_in1k.safetensors", TRUE},
    {"v2-T", "v2-tiny/model.safetensors", TRUE},
    {"v2-T", "convnextv2_tiny.fcmae_ft_in1k.safetensors", TRUE},
    {"v2-T", "convnextv2-tiny-1k-224/model.safetensors", TRUE},
    {"everyday", "everyday/model.safetensors", TRUE},
    {"mine.safetensors", "mine.safetensors", TRUE},
    {"S", "convnext_tiny.safetensors", FALSE},
    {"S", "v2-small/model.safetensors", FALSE},
    {"T", "v2-tiny/model.safetensors", FALSE},
    {"v2-T", "tiny/model.safetensors", FALSE},
    {"S", "small/weights.safetensors", TRUE},
    {"S", "convnext_small_1k_224_ema.pth", TRUE},
    {"S", "convnext_small-0c510722.pth", TRUE},
    {"v2-T", "convnextv2_tiny_22k_224_ema.pt", TRUE},
    {"mine", "mine.pt", TRUE},
    {"mine", "mine/pytorch_model.bin", TRUE},
    {"S", "convnext_base-6075fbad.pth", FALSE},
    {"mine", "mine/model.safetensors/x", FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) empty = cnx_test_make_dir ();
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *file = cnx_test_write_text (dir, rows[i].file, "");
    const char *dirs[] = { "/nonexistent", empty, dir, NULL };
    g_autoptr (GError) error = NULL;
    g_autofree char *found = cnx_model_find (rows[i].name, dirs, empty, &error);

    g_test_message ("%s, %s", rows[i].name, rows[i].file);
    g_assert_cmpstr (found, ==, rows[i].found ? file : NULL);
    if (!rows[i].found)
      g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
  }
}

static void
test_find_order (void)
{
  g_autoptr (CnxTestDir) one = cnx_test_make_dir ();
  g_autoptr (CnxTestDir) two = cnx_test_make_dir ();
  g_autofree char *usual = cnx_test_write_text (one, "convnext_small.safetensors", "");
  g_autofree char *plain = cnx_test_write_text (two, "small/model.safetensors", "");
  const char *forth[] = { one, two, NULL }, *back[] = { two, one, NULL };
  g_autofree char *first = cnx_model_find ("S", forth, one, NULL);
  g_autofree char *second = cnx_model_find ("S", back, one, NULL);

  g_assert_cmpstr (first, ==, usual);
  g_assert_cmpstr (second, ==, plain);
}

/* Weights that are there and cannot be chosen from are told, unless others are found by the name. */
static void
test_find_several (void)
{
  g_autoptr (CnxTestDir) one = cnx_test_make_dir ();
  g_autoptr (CnxTestDir) two = cnx_test_make_dir ();
  g_autofree char *first = cnx_test_write_text (one, "birds/a.safetensors", "");
  g_autofree char *second = cnx_test_write_text (one, "birds/b.pth", "");
  g_autofree char *empty = cnx_test_write_text (two, "birds/notes.txt", "");
  const char *dirs[] = { two, one, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *missing = cnx_model_find ("birds", dirs, one, &error);
  g_autofree char *folder = g_path_get_dirname (first);

  g_assert_null (missing);
  g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
  cnx_test_assert_message (error, "'birds'", folder, "several files of weights (a.safetensors, b.pth)", NULL);
  g_assert_null (strstr (error->message, "looked in"));

  g_autofree char *good = cnx_test_write_text (two, "birds/c.safetensors", "");
  for (int i = 0; i < 2; i++) {
    const char *both[] = { i ? one : two, i ? two : one, NULL };
    g_autoptr (GError) none = NULL;
    g_autofree char *found = cnx_model_find ("birds", both, one, &none);

    g_assert_no_error (none);
    g_assert_cmpstr (found, ==, good);
  }
}

/* Two such folders: the first is told, and the other's error goes nowhere. */
static void
test_find_several_twice (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  static const char *const files[] = { "S/a.pth", "S/b.pth", "small/c.pth", "small/d.pth" };
  const char *dirs[] = { dir, dir, NULL };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    g_free (cnx_test_write_text (dir, files[i], ""));
  g_assert_null (cnx_model_find ("S", dirs, dir, &error));
  cnx_test_assert_message (error, "several files of weights (a.pth, b.pth)", NULL);
}

/* The message alone must do: where it looked, what to download, and a destination that is then found. */
static void
test_find_mends (void)
{
  for (const CnxVariant * variant = cnx_variants (); variant->name; variant++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    const char *dirs[] = { "/nonexistent", dir, NULL };
    g_autoptr (GError) error = NULL;
    g_autofree char *missing = cnx_model_find (variant->name, dirs, dir, &error);
    g_auto (GStrv) words = NULL;
    g_autofree char *found = NULL;
    const char *destination = NULL;

    g_assert_null (missing);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
    g_autofree char *command = g_strdup_printf ("`convnext fetch %s`", variant->name);
    g_autofree char *url = cnx_hub_url (variant->id, "model.safetensors");
    cnx_test_assert_message (error, "looked in: /nonexistent, ", dir, command, url, "config.json", NULL);
    words = g_strsplit_set (error->message, " ,", -1);
    for (guint i = 0; words[i]; i++) {
      if (g_str_has_prefix (words[i], dir) && g_str_has_suffix (words[i], ".safetensors"))
        destination = words[i];
    }
    g_assert_nonnull (destination);
    g_free (cnx_test_write_text ("/", destination, ""));
    found = cnx_model_find (variant->name, dirs, dir, NULL);
    g_assert_cmpstr (found, ==, destination);
  }
}

static void
test_find_refuses (void)
{
  static const char *const names[] = { "", ".", "..", "../small", "/small", "a/b", "nothing" };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *inside = g_build_filename (dir, "inside", NULL);
  g_autofree char *small = cnx_test_write_text (dir, "small/model.safetensors", "");
  g_autofree char *itself = cnx_test_write_text (dir, "inside/model.safetensors", "");
  const char *dirs[] = { inside, NULL };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *found = cnx_model_find (names[i], dirs, NULL, &error);

    g_assert_null (found);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model-files/timm-config", test_timm_config);
  g_test_add_func ("/model-files/hugging-face-config", test_hugging_face_config);
  g_test_add_func ("/model-files/hugging-face-eps", test_hugging_face_eps);
  g_test_add_func ("/model-files/bare-recipes", test_bare_recipes);
  g_test_add_func ("/model-files/torchvision-recipe", test_torchvision_recipe);
  g_test_add_func ("/model-files/bad-configs", test_bad_configs);
  g_test_add_func ("/model-files/deep-config", test_deep_config);
  g_test_add_func ("/model-files/odd-configs", test_odd_configs);
  g_test_add_func ("/model-files/own-config", test_own_config);
  g_test_add_func ("/model-files/preprocessor", test_preprocessor);
  g_test_add_func ("/model-files/labels-file", test_labels_file);
  g_test_add_func ("/model-files/bad-labels-files", test_bad_labels_files);
  g_test_add_func ("/model-files/everyday", test_everyday);
  g_test_add_func ("/model-files/find", test_find);
  g_test_add_func ("/model-files/find-order", test_find_order);
  g_test_add_func ("/model-files/find-several", test_find_several);
  g_test_add_func ("/model-files/find-several-twice", test_find_several_twice);
  g_test_add_func ("/model-files/find-mends", test_find_mends);
  g_test_add_func ("/model-files/find-refuses", test_find_refuses);
  return g_test_run ();
}
