/* Models written down again: the same values, recipe, labels and epsilon come back, in every dtype and from every
 * naming. */
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "core/error.h"
#include "core/model/cost.h"
#include "core/model/model_write.h"
#include "core/model/precision.h"
#include "core/model/random_checkpoint.h"
#include "core/weights/half.h"
#include "tests/support/golden.h"
#include "tests/support/models.h"
#include "tests/support/temp_files.h"

static const char *const files[] = {
  "timm_v1.safetensors", "timm_v2.safetensors", "timm_convmlp_v1.safetensors", "timm_convmlp_v2.safetensors",
  "timm_fp16_v1.safetensors", "timm_bf16_v2.safetensors", "torchvision_v1.safetensors", "hf_v1", "hf_v2"
};

/* @model, written to @dir and read back. */
static CnxModel *
rewrite (CnxModel * model, const char *dir, CnxDtype dtype)
{
  g_autofree char *weights = g_build_filename (dir, "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (dir, "config.json", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (cnx_model_write (model, weights, config, dtype, NULL, NULL, &error));
  g_assert_no_error (error);
  return cnx_test_load_model (dir);
}

typedef struct
{
  CnxModel *from, *to;
  CnxDtype dtype;
} Pair;

static float
rounded (float value, CnxDtype dtype)
{
  if (dtype == CNX_DTYPE_F16)
    return cnx_fp16_to_float (cnx_fp16_from_float (value));
  return dtype == CNX_DTYPE_BF16 ? cnx_bf16_to_float (cnx_bf16_from_float (value)) : value;
}

static void
compare_tensor (CnxRole role, int stage, int block, int n_dims, const gint64 * dims, gpointer user_data)
{
  const Pair *pair = user_data;
  const CnxTensor *tensor = cnx_model_tensor (pair->to, role, stage, block);
  g_autofree float *from = cnx_model_values (pair->from, role, stage, block);
  g_autofree float *to = cnx_model_values (pair->to, role, stage, block);

  g_assert_cmpint (tensor->dtype, ==, pair->dtype);
  for (gsize i = 0; i < tensor->count; i++)
    g_assert_true (to[i] == rounded (from[i], pair->dtype));
}

static void
compare (CnxModel * from, CnxModel * to, CnxDtype dtype)
{
  Pair pair = { from, to, dtype };
  const CnxRecipe *a = cnx_model_recipe (from), *b = cnx_model_recipe (to);

  g_assert_cmpint (cnx_model_scheme (to), ==, CNX_SCHEME_TIMM);
  g_assert_cmpmem (cnx_model_arch (from), sizeof (CnxArch), cnx_model_arch (to), sizeof (CnxArch));
  cnx_arch_foreach_tensor (cnx_model_arch (from), compare_tensor, &pair);
  g_assert_true (cnx_model_final_norm_eps (from) == cnx_model_final_norm_eps (to));
  if (!cnx_variant_of (cnx_model_arch (from)))  /* which are named after it */
    g_assert_cmpstr (cnx_model_name (from), ==, cnx_model_name (to));
  for (int i = 0; i < cnx_model_arch (from)->classes; i++)
    g_assert_cmpstr (cnx_model_label (from, i), ==, cnx_model_label (to, i));
  g_assert_true (a->width == b->width && a->height == b->height && a->resize == b->resize);
  g_assert_true (a->interpolation == b->interpolation && a->crop_mode == b->crop_mode);
  g_assert_cmpint (a->crop_rounding, ==, b->crop_rounding);
  g_assert_cmpmem (a->mean, sizeof a->mean, b->mean, sizeof b->mean);
  g_assert_cmpmem (a->std, sizeof a->std, b->std, sizeof b->std);
}

static void
test_golden (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    for (CnxDtype dtype = CNX_DTYPE_F32; dtype <= CNX_DTYPE_BF16; dtype++) {
      g_autofree char *path = g_build_filename ("golden", files[i], NULL), *full = cnx_test_data (path);
      g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
      g_autoptr (CnxModel) from = cnx_test_load_model (full);
      g_autoptr (CnxModel) to = rewrite (from, dir, dtype);

      compare (from, to, dtype);
      g_assert_cmpint (cnx_model_dtype (to), ==, dtype);
    }
}

/* The arguments that are written give back what no tensor shows; a CLIP's projection has no form there. */
static void
write_relative (const char *name, const char *path, JsonObject * golden, gpointer user_data)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (CnxModel) from = cnx_test_load_model (path);
  g_autofree char *weights = g_build_filename (dir, "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (dir, "config.json", NULL);
  g_autoptr (GError) error = NULL;

  if (cnx_model_arch (from)->embedding > 0) {
    g_assert_false (cnx_model_write (from, weights, config, CNX_DTYPE_F32, NULL, NULL, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
    cnx_test_assert_message (error, path, "CLIP", NULL);
    g_assert_false (g_file_test (weights, G_FILE_TEST_EXISTS) || g_file_test (config, G_FILE_TEST_EXISTS));
    return;
  }
  g_autoptr (CnxModel) to = rewrite (from, dir, CNX_DTYPE_F32);
  g_test_message ("%s", name);
  compare (from, to, CNX_DTYPE_F32);
}

static void
test_relatives (void)
{
  cnx_test_each_relative (write_relative, NULL);
}

/* timm's linears are 1 x 1 convolutions in its smallest sizes, and only there. */
static void
test_convolutions (void)
{
  static const struct
  {
    const char *variant;
    int n_dims;
  } rows[] = { {"atto", 4}, {"v2-atto", 4}, {"v2-femto", 4}, {"pico", 4}, {"nano", 4}, {"tiny", 2} };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autoptr (CnxTestDir) out = cnx_test_make_dir ();
    g_autoptr (GError) error = NULL;
    CnxArch arch = cnx_variant_find (rows[i].variant)->arch;

    arch.classes = 2;
    g_assert_true (cnx_write_random_checkpoint (dir, &arch, 1, &error));
    g_autoptr (CnxModel) from = cnx_test_load_model (dir);
    g_autoptr (CnxModel) to = rewrite (from, out, CNX_DTYPE_F16);
    const CnxTensor *fc2 = cnx_model_tensor (to, CNX_ROLE_LINEAR2_WEIGHT, 1, 1);
    g_assert_cmpint (fc2->n_dims, ==, rows[i].n_dims);
    g_assert_cmpint (fc2->dims[0] * 4, ==, fc2->dims[1]);
  }
}

static void
expect_four (JsonObject * args, const char *key, const int wanted[CNX_STAGES])
{
  JsonArray *array = json_object_get_array_member (args, key);

  g_assert_cmpuint (json_array_get_length (array), ==, CNX_STAGES);
  for (int s = 0; s < CNX_STAGES; s++)
    g_assert_cmpint (json_array_get_int_element (array, s), ==, wanted[s]);
}

/* An architecture that timm has, told the sizes. */
static void
check_timm_config (const char *dir, const CnxArch * arch)
{
  g_autofree char *path = g_build_filename (dir, "config.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();

  g_assert_true (json_parser_load_from_file (parser, path, NULL));
  JsonObject *config = json_node_get_object (json_parser_get_root (parser));
  JsonObject *args = json_object_get_object_member (config, "model_args");
  g_assert_cmpstr (json_object_get_string_member (config, "architecture"), ==,
      arch->version == 2 ? "convnextv2_tiny" : "convnext_tiny");
  expect_four (args, "depths", arch->depths);
  expect_four (args, "dims", arch->dims);
}

/* Sizes of one's own, also those that timm's tests have, under names that timm knows something else by: what is
 * computed comes back, whatever is called how. */
static void
test_own_sizes (void)
{
  static const struct
  {
    CnxArch arch;
    const char *config;         /* beside the weights that are read; NULL: none */
    CnxActivation activation;
    CnxNorm norm;
    double eps;
  } rows[] = {
    {{1, {1, 1, 1, 1}, {32, 64, 96, 128}, 3}, NULL},
    {{1, {1, 2, 4, 2}, {24, 32, 48, 64}, 3}, "{\"architecture\": \"convnext_mine\"}"},
    {{1, {1, 2, 1, 1}, {8, 16, 16, 24}, 3}, "{\"architecture\": \"convnext_tiny.mine\", "
      "\"model_args\": {\"depths\": [1, 2, 1, 1], \"dims\": [8, 16, 16, 24]}}"},
    {{1, {1, 1, 2, 1}, {8, 16, 16, 24}, 3}, "{\"architecture\": \"test_convnext3\", "
      "\"model_args\": {\"act_layer\": \"gelu\"}}", 0, 0, 1e-5},
    {{1, {1, 1, 2, 1}, {8, 16, 16, 24}, 3}, "{\"architecture\": \"test_convnext3\"}", CNX_ACTIVATION_SILU, 0, 1e-5},
    {{1, {1, 1, 2, 1}, {8, 16, 16, 24}, 0}, "{\"hidden_act\": \"relu\"}", CNX_ACTIVATION_RELU},
    {{2, {1, 1, 2, 1}, {8, 16, 16, 24}, 3}, "{\"architecture\": \"mine\"}"},
    {{2, {2, 2, 2, 2}, {8, 16, 16, 24}, 1}, NULL},
    {{1, {2, 2, 4, 2}, {32, 64, 128, 256}, 3,.norm = CNX_NORM_RMS},
      "{\"model_args\": {\"norm_layer\": \"rmsnorm\"}}", 0, CNX_NORM_RMS},
    {{1, {2, 2, 4, 2}, {32, 64, 128, 256}, 3,.norm = CNX_NORM_SIMPLE,.kernels = {5, 3, 1, 7},.no_conv_bias = TRUE},
      NULL, 0, CNX_NORM_SIMPLE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_model (&rows[i].arch, rows[i].config), out = cnx_test_make_dir ();
    g_autoptr (CnxModel) from = cnx_test_load_model (dir);
    g_assert_cmpint (cnx_model_arch (from)->activation, ==, rows[i].activation);
    g_assert_cmpint (cnx_model_arch (from)->norm, ==, rows[i].norm);
    g_assert_cmpfloat (cnx_arch_norm_eps (cnx_model_arch (from)), ==, rows[i].eps ? rows[i].eps : CNX_NORM_EPS);
    g_autoptr (CnxModel) to = rewrite (from, out, CNX_DTYPE_F32);
    compare (from, to, CNX_DTYPE_F32);
    check_timm_config (out, cnx_model_arch (from));
  }
}

/* Its recipe crops, its labels are words. */
static void
test_everyday (void)
{
  g_autofree char *path = cnx_test_models ("everyday");
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (CnxModel) from = cnx_test_load_model (path);
  g_autoptr (CnxModel) to = rewrite (from, dir, cnx_model_dtype (from));

  compare (from, to, cnx_model_dtype (from));
}

/* Hugging Face's crop is rounded down there and here, whatever timm does. */
static void
test_crop_rounding (void)
{
  g_autofree char *golden = cnx_test_data ("golden/timm_v1.safetensors");
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir (), out = cnx_test_make_dir ();
  g_autofree char *weights = cnx_test_copy (golden, dir, "model.safetensors");
  g_autofree char *config = cnx_test_write_text (dir, "preprocessor_config.json",
      "{\"size\": 224, \"crop_pct\": 0.95}");
  g_autoptr (CnxModel) from = cnx_test_load_model (dir);
  g_autoptr (CnxModel) to = rewrite (from, out, CNX_DTYPE_F32);

  g_assert_cmpint (cnx_model_recipe (from)->crop_rounding, ==, CNX_CROP_ROUNDING_DOWN);
  compare (from, to, CNX_DTYPE_F32);
}

static void
expect_shape (CnxModel * model, CnxRole role, const char *wanted)
{
  g_autofree char *shape = cnx_tensor_shape_string (cnx_model_tensor (model, role, 2, 1));

  g_assert_cmpstr (shape, ==, wanted);
}

/* Of the sizes that timm makes with 1 x 1 convolutions it reads no others; of those that it does not, and of one's own,
 * linears are linears, however they were stored. */
static void
test_shapes (void)
{
  static const struct
  {
    CnxArch arch;
    const char *linears[2], *depthwise, *classifier;
  } rows[] = {
    {{1, {2, 2, 6, 2}, {40, 80, 160, 320}, 3}, {"(640, 160, 1, 1)", "(160, 640, 1, 1)"}, "(160, 1, 7, 7)", "(3, 320)"},
    {{2, {2, 2, 6, 2}, {40, 80, 160, 320}, 3}, {"(640, 160, 1, 1)", "(160, 640, 1, 1)"}, "(160, 1, 7, 7)", "(3, 320)"},
    {{1, {2, 2, 6, 2}, {8, 16, 32, 64}, 3}, {"(128, 32)", "(32, 128)"}, "(32, 1, 7, 7)", "(3, 64)"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir (), out = cnx_test_make_dir ();
    g_autoptr (GError) error = NULL;

    g_assert_true (cnx_write_random_checkpoint (dir, &rows[i].arch, 1, &error));
    g_assert_no_error (error);
    g_autoptr (CnxModel) from = cnx_test_load_model (dir);
    g_autoptr (CnxModel) to = rewrite (from, out, CNX_DTYPE_F16);
    compare (from, to, CNX_DTYPE_F16);
    expect_shape (to, CNX_ROLE_LINEAR1_WEIGHT, rows[i].linears[0]);
    expect_shape (to, CNX_ROLE_LINEAR2_WEIGHT, rows[i].linears[1]);
    expect_shape (to, CNX_ROLE_DEPTHWISE_WEIGHT, rows[i].depthwise);
    expect_shape (to, CNX_ROLE_CLASSIFIER_WEIGHT, rows[i].classifier);
  }
}

/* Every resize that a recipe may ask for comes back. */
static void
test_resizes (void)
{
  static const int sides[] = { 64, 96, 224, 256, 288, 384, 1024 };

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    for (int resize = sides[i] / 2; resize < sides[i] * 3; resize += 23) {
      g_autofree char *json = g_strdup_printf ("{\"pretrained_cfg\":{\"input_size\":[3,%d,%d],\"crop_pct\":%.17g}}",
          sides[i], sides[i], (double) sides[i] / (resize + 0.5));
      g_autofree char *golden = cnx_test_data ("golden/timm_v1.safetensors");
      g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
      g_autofree char *weights = cnx_test_copy (golden, dir, "model.safetensors");
      g_autofree char *config = cnx_test_write_text (dir, "config.json", json);
      g_autoptr (CnxModel) from = cnx_test_load_model (weights);
      g_autoptr (CnxModel) to = NULL;

      g_assert_cmpint (cnx_model_recipe (from)->resize, ==, resize);
      to = rewrite (from, dir, CNX_DTYPE_F32);
      g_assert_cmpint (cnx_model_recipe (to)->resize, ==, resize);
    }
}

/* Weights of 1e6 are no fp16; what was there before stays, and nothing half done is left. */
static void
test_too_large (void)
{
  g_autofree char *golden = cnx_test_data ("golden/timm_v1.safetensors");
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = cnx_test_copy (golden, dir, "large.safetensors");
  g_autofree char *out = cnx_test_write_text (dir, "out/model.safetensors", "before");
  g_autofree char *config = g_build_filename (dir, "out/config.json", NULL), *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = cnx_test_load_model (path);
  const CnxTensor *bias = cnx_model_tensor (model, CNX_ROLE_STEM_BIAS, 0, 0);
  const guint64 place = bias->offset;
  const float large = 1e6f;
  g_autoptr (GDir) listing = NULL;

  FILE *file = g_fopen (path, "r+b");
  g_assert_cmpint (fseek (file, place, SEEK_SET), ==, 0);
  g_assert_cmpuint (fwrite (&large, sizeof large, 1, file), ==, 1);
  g_assert_cmpint (fclose (file), ==, 0);
  cnx_model_unref (g_steal_pointer (&model));
  model = cnx_test_load_model (path);
  g_assert_false (cnx_model_write (model, out, config, CNX_DTYPE_F16, NULL, NULL, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
  cnx_test_assert_message (error, path, "stem.0.bias", "bf16", NULL);
  g_assert_true (g_file_get_contents (out, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "before");
  g_free (g_steal_pointer (&text));
  text = g_path_get_dirname (out);
  listing = g_dir_open (text, 0, NULL);
  g_assert_cmpstr (g_dir_read_name (listing), ==, "model.safetensors");
  g_assert_null (g_dir_read_name (listing));
}

static void
test_nowhere (void)
{
  g_autofree char *golden = cnx_test_data ("golden/timm_v1.safetensors");
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *weights = g_build_filename (dir, "missing", "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (dir, "config.json", NULL);
  g_autofree char *no_config = g_build_filename (dir, "missing", "config.json", NULL);
  g_autofree char *full = g_build_filename (dir, "model.safetensors", NULL);
  g_autoptr (CnxModel) model = cnx_test_load_model (golden);
  const char *const pairs[][2] = { {weights, config}, {full, no_config}, {"/dev/full/model.safetensors", config} };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (cnx_model_write (model, pairs[i][0], pairs[i][1], CNX_DTYPE_F32, NULL, NULL, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
    g_assert_false (g_file_test (pairs[i][0], G_FILE_TEST_EXISTS));
  }
}

/* Cut short after it was loaded, a model cannot be written. */
static void
test_cut_short (void)
{
  g_autofree char *golden = cnx_test_data ("golden/timm_v1.safetensors");
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = cnx_test_copy (golden, dir, "short.safetensors");
  g_autofree char *out = g_build_filename (dir, "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (dir, "config.json", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = cnx_test_load_model (path);

  g_assert_cmpint (truncate (path, 100000), ==, 0);
  g_assert_false (cnx_model_write (model, out, config, CNX_DTYPE_F32, NULL, NULL, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
  cnx_test_assert_message (error, path, "cut short", NULL);
  g_assert_false (g_file_test (out, G_FILE_TEST_EXISTS));
}

static void
count_calls (guint64 done, guint64 total, gpointer user_data)
{
  guint64 *last = user_data;

  g_assert_cmpuint (done, >, last[0]);
  g_assert_cmpuint (done, <=, total);
  last[0] = done;
  last[1] = total;
}

static void
test_progress (void)
{
  g_autofree char *golden = cnx_test_data ("golden/timm_v1.safetensors");
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *out = g_build_filename (dir, "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (dir, "config.json", NULL);
  g_autoptr (CnxModel) model = cnx_test_load_model (golden);
  guint64 last[2] = { 0 };

  g_assert_true (cnx_model_write (model, out, config, CNX_DTYPE_F32, count_calls, last, NULL));
  g_assert_cmpuint (last[0], ==, cnx_arch_parameters (cnx_model_arch (model)));
  g_assert_cmpuint (last[0], ==, last[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model-write/golden", test_golden);
  g_test_add_func ("/model-write/relatives", test_relatives);
  g_test_add_func ("/model-write/convolutions", test_convolutions);
  g_test_add_func ("/model-write/own-sizes", test_own_sizes);
  g_test_add_func ("/model-write/everyday", test_everyday);
  g_test_add_func ("/model-write/shapes", test_shapes);
  g_test_add_func ("/model-write/crop-rounding", test_crop_rounding);
  g_test_add_func ("/model-write/resizes", test_resizes);
  g_test_add_func ("/model-write/too-large", test_too_large);
  g_test_add_func ("/model-write/nowhere", test_nowhere);
  g_test_add_func ("/model-write/cut-short", test_cut_short);
  g_test_add_func ("/model-write/progress", test_progress);
  return g_test_run ();
}
