/* The plain-C forward pass: against the logits of the libraries that the checkpoints come from, and each
 * operation against arithmetic done another way. */
#include <math.h>
#include <string.h>
#include <json-glib/json-glib.h>

#include "core/error.h"
#include "core/reference/reference.h"
#include "tests/support/golden.h"
#include "core/model/random_checkpoint.h"
#include "tests/support/temp_files.h"

#define TOLERANCE 1e-5
#define PICTURES CNX_GOLDEN_PICTURES
#define HEIGHT CNX_GOLDEN_HEIGHT
#define WIDTH CNX_GOLDEN_WIDTH

static double
difference (JsonArray * expected, const float *logits, int classes)
{
  double largest = 0;

  g_assert_cmpuint (json_array_get_length (expected), ==, PICTURES);
  for (int i = 0; i < PICTURES; i++) {
    JsonArray *row = json_array_get_array_element (expected, i);

    g_assert_cmpuint (json_array_get_length (row), ==, classes);
    for (int c = 0; c < classes; c++) {
      double distance = fabs (json_array_get_double_element (row, c) - logits[i * classes + c]);

      g_assert_true (isfinite (distance));
      largest = MAX (largest, distance);
    }
  }
  return largest;
}

static void
check_golden_file (const char *name, JsonArray * expected, const float *input)
{
  g_autofree char *relative = g_build_filename ("golden", name, NULL);
  g_autofree char *path = cnx_test_data (relative);
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_autofree float *logits = NULL;
  double distance;
  int classes;

  g_assert_no_error (error);
  classes = cnx_model_arch (model)->classes;
  logits = g_new (float, PICTURES * classes);
  g_assert_true (cnx_reference_forward (model, input, PICTURES, HEIGHT, WIDTH, logits, &error));
  g_assert_no_error (error);
  distance = difference (expected, logits, classes);
  g_test_message ("%s (%s naming, V%d): largest difference %.2g", name,
      cnx_scheme_name (cnx_model_scheme (model)), cnx_model_arch (model)->version, distance);
  g_assert_cmpfloat (distance, <=, TOLERANCE);
}

static void
test_golden (void)
{
  g_autofree char *path = cnx_test_data ("golden/golden.json");
  g_autofree float *input = cnx_test_golden_input ();
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonObject *files;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  guint checked = 0;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  files =
      json_object_get_object_member (json_node_get_object (json_parser_get_root (parser)), "files");
  json_object_iter_init (&iter, files);
  while (json_object_iter_next (&iter, &name, &node)) {
    if (!g_str_has_suffix (name, ".safetensors"))
      continue;
    check_golden_file (name, json_object_get_array_member (json_node_get_object (node), "logits"),
        input);
    checked++;
  }
  g_assert_cmpuint (checked, >=, 11);
}

/* Against what PyTorch's modules give at the same place. */
static void
test_features (void)
{
  static const char *const files[][2] = {
    {"timm_v1.safetensors", "v1"}, {"timm_convmlp_v1.safetensors", "v1"}, {"hf_v1/model.safetensors", "v1"},
    {"torchvision_v1.safetensors", "v1"}, {"timm_v2.safetensors", "v2"}, {"timm_convmlp_v2.safetensors", "v2"},
    {"hf_v2/model.safetensors", "v2"},
  };
  g_autofree char *path = cnx_test_data ("golden/features.json");
  g_autofree float *input = cnx_test_golden_input ();
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  JsonObject *root = json_node_get_object (json_parser_get_root (parser));
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *relative = g_build_filename ("golden", files[i][0], NULL);
    g_autofree char *weights = cnx_test_data (relative);
    g_autoptr (CnxModel) model = cnx_model_load (weights, &error);
    g_assert_no_error (error);
    const int channels = cnx_model_arch (model)->dims[CNX_STAGES - 1];
    g_autofree float *features = g_new (float, PICTURES * channels);
    g_assert_true (cnx_reference_features_in (model, CNX_PRECISION_FP32, 0, input, PICTURES, HEIGHT, WIDTH, features,
            &error));
    const double off = difference (json_object_get_array_member (root, files[i][1]), features, channels);
    g_test_message ("%s: largest difference %.2g", files[i][0], off);
    g_assert_cmpfloat (off, <=, TOLERANCE);
  }
}

/* One picture alone gives what it gives in a batch. */
static void
test_batch (void)
{
  const CnxArch arch = {.version = 2,.depths = {1, 1, 2, 1},.dims = {5, 7, 11, 13},.classes = 3 };
  const gsize picture = 32 * 64 * 3;
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree float *input = g_new (float, 3 * picture);
  g_autoptr (CnxModel) model = NULL;
  g_autoptr (GError) error = NULL;
  float together[3][3], alone[3];

  g_assert_true (cnx_write_random_checkpoint (dir, &arch, 1, &error));
  model = cnx_model_load (dir, &error);
  g_assert_no_error (error);
  cnx_fill_random (input, 3 * picture, 2, 2);
  g_assert_true (cnx_reference_forward (model, input, 3, 32, 64, together[0], &error));
  g_assert_cmpfloat (fabs (together[0][0] - together[1][0]), >, 1e-4);
  for (int i = 0; i < 3; i++) {
    g_assert_true (cnx_reference_forward (model, input + i * picture, 1, 32, 64, alone, &error));
    g_assert_cmpmem (alone, sizeof alone, together[i], sizeof alone);
  }
}

static void
test_refusals (void)
{
  CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {2, 2, 2, 2},.classes = 0 };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree float *input = g_new0 (float, 64 * 64 * 3);
  g_autoptr (CnxModel) model = NULL;
  g_autoptr (GError) error = NULL;
  float logits[1], features[2];

  g_assert_true (cnx_write_random_checkpoint (dir, &arch, 1, &error));
  model = cnx_model_load (dir, &error);
  g_assert_no_error (error);
  g_assert_false (cnx_reference_forward (model, input, 1, 32, 48, logits, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  g_clear_error (&error);
  g_assert_false (cnx_reference_forward (model, input, 1, 32, 32, logits, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
  cnx_test_assert_message (error, "no classifier", NULL);
  g_clear_error (&error);
  g_assert_false (cnx_reference_features_in (model, CNX_PRECISION_FP32, 0, input, 1, 32, 48, features, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  g_clear_error (&error);
  g_assert_true (cnx_reference_features_in (model, CNX_PRECISION_FP32, 0, input, 1, 32, 32, features, &error));
  g_assert_true (isfinite (features[0]) && isfinite (features[1]));
  input[5] = NAN;
  g_assert_false (cnx_reference_features_in (model, CNX_PRECISION_FP32, 0, input, 1, 32, 32, features, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_NUMBERS);
}

/* Numbers that are not finite are an error, and those of the pictures beside them are there all the same. */
static void
test_not_finite (void)
{
  CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {2, 2, 2, 2},.classes = 3 };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree float *input = g_new0 (float, 2 * 32 * 32 * 3);
  g_autoptr (GError) error = NULL;
  float want[6], got[6] = { 0 };

  g_assert_true (cnx_write_random_checkpoint (dir, &arch, 1, &error));
  g_autoptr (CnxModel) model = cnx_model_load (dir, &error);
  g_assert_no_error (error);
  g_assert_true (cnx_reference_forward (model, input, 2, 32, 32, want, &error));
  input[0] = INFINITY;
  g_assert_false (cnx_reference_forward (model, input, 2, 32, 32, got, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_NUMBERS);
  g_assert_false (isfinite (got[0]));
  g_assert_cmpmem (got + 3, 3 * sizeof *got, want + 3, 3 * sizeof *want);
}

/* Random weights must exercise the network: logits of order 1, and different for different pictures. */
static void
test_random_weights_are_sane (void)
{
  static const char *const names[] = { "atto", "v2-atto" };
  g_autofree float *input = g_new (float, 2 * 64 * 64 * 3);
  g_autofree float *logits = g_new (float, 2 * 1000);

  cnx_fill_random (input, 2 * 64 * 64 * 3, 5, 2);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autoptr (CnxModel) model = NULL;
    g_autoptr (GError) error = NULL;
    double square = 0, apart = 0;

    g_assert_true (cnx_write_random_checkpoint (dir, &cnx_variant_find (names[i])->arch, 3,
            &error));
    model = cnx_model_load (dir, &error);
    g_assert_no_error (error);
    g_assert_true (cnx_reference_forward (model, input, 2, 64, 64, logits, &error));
    for (int c = 0; c < 1000; c++) {
      square += logits[c] * logits[c] / 1000;
      apart += fabs (logits[c] - logits[1000 + c]) / 1000;
    }
    g_test_message ("%s: logits of %.3g, two pictures %.3g apart", names[i], sqrt (square), apart);
    g_assert_cmpfloat (sqrt (square), >, 0.1);
    g_assert_cmpfloat (sqrt (square), <, 10);
    g_assert_cmpfloat (apart, >, 0.01);
  }
}

static void
test_patchify (void)
{
  enum
  { N = 2, H = 4, W = 6, C = 3, P = 2 };
  float in[N * H * W * C], out[N * H * W * C];
  gsize at = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (in); i++)
    in[i] = i;
  cnx_reference_patchify (in, N, H, W, C, P, out);
  for (int n = 0; n < N; n++)
    for (int y = 0; y < H / P; y++)
      for (int x = 0; x < W / P; x++)
        for (int k = 0; k < P * P; k++)
          for (int c = 0; c < C; c++)
            g_assert_cmpfloat (out[at++], ==,
                ((n * H + y * P + k / P) * W + x * P + k % P) * C + c);
}

static void
test_linear (void)
{
  enum
  { ROWS = 19, INPUTS = 13, OUTPUTS = 5 };
  float in[ROWS * INPUTS], weight[OUTPUTS * INPUTS], bias[OUTPUTS], out[ROWS * OUTPUTS];
  float plain[ROWS * OUTPUTS];

  cnx_fill_random (in, G_N_ELEMENTS (in), 1, 3);
  cnx_fill_random (weight, G_N_ELEMENTS (weight), 2, 1);
  cnx_fill_random (bias, G_N_ELEMENTS (bias), 3, 1);
  cnx_reference_linear (in, ROWS, INPUTS, OUTPUTS, weight, bias, out);
  cnx_reference_linear (in, ROWS, INPUTS, OUTPUTS, weight, NULL, plain);
  for (int r = 0; r < ROWS; r++) {
    for (int o = 0; o < OUTPUTS; o++) {
      double sum = 0;

      for (int k = 0; k < INPUTS; k++)
        sum += (double) in[r * INPUTS + k] * weight[o * INPUTS + k];
      g_assert_cmpfloat_with_epsilon (out[r * OUTPUTS + o], sum + bias[o], 1e-6);
      g_assert_cmpfloat_with_epsilon (plain[r * OUTPUTS + o], sum, 1e-6);
    }
  }
}

/* Impulses: each tap of the kernel lands where the definition of a correlation puts it, zeros outside. */
static void
test_depthwise (void)
{
  enum
  { N = 2, H = 3, W = 9, C = 2 };
  float weight[C * 49], out[N * H * W * C];
  const float bias[C] = { 0.5f, -2 };

  cnx_fill_random (weight, G_N_ELEMENTS (weight), 4, 1);
  for (int at = 0; at < N * H * W * C; at++) {
    float in[N * H * W * C] = { 0 };
    int c = at % C, x = at / C % W, y = at / C / W % H, n = at / C / W / H;

    in[at] = 1;
    cnx_reference_depthwise (in, N, H, W, C, 7, weight, bias, out);
    for (int i = 0; i < N * H * W * C; i++) {
      int dx = x - i / C % W + 3, dy = y - i / C / W % H + 3;
      gboolean hit = i % C == c && i / C / W / H == n && dx >= 0 && dx < 7 && dy >= 0 && dy < 7;
      float expected = bias[i % C] + (hit ? weight[c * 49 + dy * 7 + dx] : 0);

      g_assert_cmpfloat_with_epsilon (out[i], expected, 1e-6);
    }
  }
}

static void
test_layer_norm (void)
{
  enum
  { ROWS = 3, C = 4 };
  /* A plain row, a constant one, and one far from zero, where a sum of squares in float fails. */
  float x[ROWS * C] = { 1, 2, 3, 4, 5, 5, 5, 5, 10001, 10002, 10003, 10004 };
  const float weight[C] = { 1, 1, 1, 2 }, bias[C] = { 0, 0, 0, 10 };
  const double scale = 1 / sqrt (1.25 + 1e-6);
  const float expected[ROWS * C] =
      { -1.5 * scale, -0.5 * scale, 0.5 * scale, 3 * scale + 10, 0, 0, 0,
    10, -1.5 * scale, -0.5 * scale, 0.5 * scale, 3 * scale + 10
  };

  cnx_reference_layer_norm (x, ROWS, C, weight, bias, 1e-6, x);
  for (int i = 0; i < ROWS * C; i++)
    g_assert_cmpfloat_with_epsilon (x[i], expected[i], 1e-6);
}

static void
test_gelu (void)
{
  /* x * Phi (x), from tables of the normal distribution. */
  static const float rows[][2] = {
    {0, 0}, {1, 0.84134475f}, {-1, -0.15865525f}, {2, 1.95449974f}, {-3, -0.00404969f},
    {0.5f, 0.34573123f}, {40, 40}, {-40, 0}, {-1e30f, 0}, {1e30f, 1e30f},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    float x = rows[i][0];

    cnx_reference_activate (CNX_ACTIVATION_GELU, &x, 1);
    g_assert_cmpfloat_with_epsilon (x, rows[i][1], 1e-6);
  }
}

static void
test_grn (void)
{
  /* Norms of the channels: 5 and 0 in the first picture, 1 and 3 in the second. */
  float x[] = { 3, 0, 4, 0, 1, 0, 0, -3 };
  const float weight[] = { 2, 0.5f }, bias[] = { 0.25f, -1 };
  const double first = 5 / (2.5 + 1e-6), low = 1 / (2 + 1e-6), high = 3 / (2 + 1e-6);
  const double expected[] = {
    2 * 3 * first + 0.25 + 3, -1, 2 * 4 * first + 0.25 + 4, -1,
    2 * 1 * low + 0.25 + 1, -1, 0.25, 0.5 * -3 * high - 1 - 3,
  };
  float zeros[4] = { 0 };

  cnx_reference_grn (x, 2, 2, 2, weight, bias);
  for (guint i = 0; i < G_N_ELEMENTS (x); i++)
    g_assert_cmpfloat_with_epsilon (x[i], expected[i], 1e-5);
  cnx_reference_grn (zeros, 1, 2, 2, weight, bias);
  for (guint i = 0; i < G_N_ELEMENTS (zeros); i++)
    g_assert_cmpfloat (zeros[i], ==, bias[i % 2]);
}

static void
test_scale_add_and_pool (void)
{
  float x[] = { 1, 2, 3, 4 };
  const float y[] = { 10, 20, 30, 40 }, scale[] = { 0.5f, -1 };
  const float pixels[] = { 1, 10, 3, 30, 2, 5, 4, 7 };
  const float means[] = { 2, 20, 3, 6 };
  float pooled[4];

  cnx_reference_scale_add (x, y, 2, 2, scale);
  g_assert_true (x[0] == 6 && x[1] == -18 && x[2] == 18 && x[3] == -36);
  cnx_reference_scale_add (x, y, 2, 2, NULL);
  g_assert_true (x[0] == 16 && x[1] == 2 && x[2] == 48 && x[3] == 4);
  cnx_reference_pool (pixels, 2, 2, 2, pooled);
  g_assert_cmpmem (pooled, sizeof pooled, means, sizeof means);
}

/* How long the oracle takes at full size; only in `-m perf`. */
static void
test_speed (void)
{
  g_autoptr (CnxTestDir) dir = NULL;
  g_autofree float *input = g_new (float, 224 * 224 * 3);
  g_autofree float *logits = g_new (float, 1000);
  g_autoptr (CnxModel) model = NULL;
  g_autoptr (GError) error = NULL;
  double seconds;

  if (!g_test_perf ()) {
    g_test_skip ("runs with -m perf");
    return;
  }
  dir = cnx_test_make_dir ();
  g_assert_true (cnx_write_random_checkpoint (dir, &cnx_variant_find ("T")->arch, 1, &error));
  model = cnx_model_load (dir, &error);
  g_assert_no_error (error);
  cnx_fill_random (input, 224 * 224 * 3, 2, 2);
  g_test_timer_start ();
  g_assert_true (cnx_reference_forward (model, input, 1, 224, 224, logits, &error));
  seconds = g_test_timer_elapsed ();
  g_test_minimized_result (seconds, "ConvNeXt-T at 224: %.2f s", seconds);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reference/golden", test_golden);
  g_test_add_func ("/reference/features", test_features);
  g_test_add_func ("/reference/batch", test_batch);
  g_test_add_func ("/reference/refusals", test_refusals);
  g_test_add_func ("/reference/not-finite", test_not_finite);
  g_test_add_func ("/reference/random-weights-are-sane", test_random_weights_are_sane);
  g_test_add_func ("/reference/patchify", test_patchify);
  g_test_add_func ("/reference/linear", test_linear);
  g_test_add_func ("/reference/depthwise", test_depthwise);
  g_test_add_func ("/reference/layer-norm", test_layer_norm);
  g_test_add_func ("/reference/gelu", test_gelu);
  g_test_add_func ("/reference/grn", test_grn);
  g_test_add_func ("/reference/scale-add-and-pool", test_scale_add_and_pool);
  g_test_add_func ("/reference/speed", test_speed);
  return g_test_run ();
}
