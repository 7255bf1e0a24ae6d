/* Class activation maps: what places add up to is the logit, for every head that gives one; and the map that is made of
 * the folded steps is the one that is made step by step. */
#include <math.h>

#include "core/error.h"
#include "core/heat/heat.h"
#include "core/reference/reference.h"
#include "tests/support/golden.h"
#include "tests/support/models.h"
#include "tests/support/temp_files.h"

#define PICTURES CNX_GOLDEN_PICTURES
#define HEIGHT CNX_GOLDEN_HEIGHT
#define WIDTH CNX_GOLDEN_WIDTH
#define PLACES ((HEIGHT / 32) * (WIDTH / 32))

static void
check_sum (CnxModel * model, const float *last, const float *logits, int id)
{
  const int classes = cnx_model_arch (model)->classes;
  float shares[PICTURES * PLACES];

  g_assert_true (cnx_reference_shares (model, last, PICTURES, PLACES, id, shares, NULL));
  for (int i = 0; i < PICTURES; i++) {
    double sum = 0;

    for (int p = 0; p < PLACES; p++)
      sum += shares[i * PLACES + p];
    g_assert_cmpfloat_with_epsilon (sum / PLACES + cnx_test_logit_offset (model, id), logits[i * classes + id], 1e-5);
  }
}

/* The map as a network makes it: of what the last stage gives, and the class's direction. Returns whether anything
 * speaks for the class. */
static gboolean
check_fold (CnxModel * model, const float *input, const float *last, int id)
{
  g_autoptr (GError) error = NULL;
  const CnxArch *arch = cnx_model_arch (model);
  const int channels = arch->dims[CNX_STAGES - 1];
  g_autofree float *weight = g_new (float, channels), *direction = g_new (float, channels);
  g_autofree float *norm_weight = cnx_model_values (model, CNX_ROLE_FINAL_NORM_WEIGHT, 0, 0);
  float want[PICTURES * PLACES], got[PLACES];
  gboolean any = FALSE;

  g_assert_true (cnx_reference_heat_in (model, CNX_PRECISION_FP32, 0, input, PICTURES, HEIGHT, WIDTH, id, want,
          &error));
  cnx_model_rows (model, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0, id, 1, weight);
  cnx_heat_direction (arch, weight, norm_weight, direction);
  for (int i = 0; i < PICTURES; i++) {
    cnx_heat_map (arch, cnx_model_final_norm_eps (model), last + (gsize) i * PLACES * channels, PLACES, direction, got);
    for (int p = 0; p < PLACES; p++) {
      g_assert_cmpfloat_with_epsilon (got[p], want[i * PLACES + p], 1e-5);
      any |= got[p] > 0;
    }
  }
  return any;
}

static void
check_model (CnxModel * model, const float *input)
{
  const int classes = cnx_model_arch (model)->classes, channels = cnx_model_arch (model)->dims[CNX_STAGES - 1];
  gboolean any = FALSE;
  g_autofree float *logits = g_new (float, PICTURES * classes);
  g_autofree float *last = g_new (float, PICTURES * PLACES * channels);

  g_assert_true (cnx_reference_forward (model, input, PICTURES, HEIGHT, WIDTH, logits, NULL));
  g_assert_true (cnx_reference_last_in (model, CNX_PRECISION_FP32, 0, input, PICTURES, HEIGHT, WIDTH, last, NULL));
  for (int id = 0; id < classes; id++) {
    check_sum (model, last, logits, id);
    any |= check_fold (model, input, last, id);
  }
  g_assert_true (any);
}

static void
test_golden (void)
{
  static const char *const files[] = {
    "golden/timm_v1.safetensors", "golden/timm_convmlp_v1.safetensors", "golden/hf_v1/model.safetensors",
    "golden/timm_v2.safetensors", "golden/hf_v2/model.safetensors"
  };
  g_autofree float *input = cnx_test_golden_input ();

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = cnx_test_data (files[i]);
    g_autoptr (CnxModel) model = cnx_test_load_model (path);

    check_model (model, input);
  }
}

typedef struct
{
  const float *input;
  guint mapped, norm_first, other_norms, refused;
} Relatives;

static void
check_relative (const char *name, const char *path, JsonObject * golden, gpointer user_data)
{
  Relatives *relatives = user_data;
  g_autoptr (CnxModel) model = cnx_test_load_model (path);
  const CnxArch *arch = cnx_model_arch (model);
  g_autoptr (GError) error = NULL;
  float maps[PICTURES * PLACES];

  if (arch->classes > 0 && arch->hidden == 0) {
    check_model (model, relatives->input);
    relatives->mapped++;
    relatives->norm_first += arch->norm_first;
    relatives->other_norms += arch->norm != CNX_NORM_LAYER;
    return;
  }
  g_assert_false (cnx_reference_heat_in (model, CNX_PRECISION_FP32, 0, relatives->input, PICTURES, HEIGHT, WIDTH, 0,
          maps, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
  cnx_test_assert_message (error, "no heat map", arch->classes > 0 ? "hidden layer" : "no classifier", NULL);
  relatives->refused++;
}

/* Every kind of head is among them. */
static void
test_relatives (void)
{
  g_autofree float *input = cnx_test_golden_input ();
  Relatives relatives = { input };

  cnx_test_each_relative (check_relative, &relatives);
  g_assert_cmpuint (relatives.mapped, >=, 8);
  g_assert_cmpuint (relatives.norm_first, >=, 1);
  g_assert_cmpuint (relatives.other_norms, >=, 2);
  g_assert_cmpuint (relatives.refused, >=, 2);
}

/* By hand: two channels, a LayerNorm of weights 3 and 1, and a class that asks for the first. */
static void
test_by_hand (void)
{
  const CnxArch arch = {.version = 1,.dims = {2, 2, 2, 2},.classes = 1 };
  const float weight[2] = { 1, 0 }, norm_weight[2] = { 3, 1 };
  /* 3 * (f0 - (f0 + f1) / 2): -3, 6, 0, 1.5 */
  const float rows[4][2] = { {1, 3}, {4, 0}, {9, 9}, {2, 1} }, want[4] = { 0, 1, 0, 0.25 };
  float direction[2], map[4];

  cnx_heat_direction (&arch, weight, norm_weight, direction);
  cnx_heat_map (&arch, 1e-6, rows[0], 4, direction, map);
  for (int p = 0; p < 4; p++)
    g_assert_cmpfloat_with_epsilon (map[p], want[p], 1e-7);
}

static void
test_scale (void)
{
  float mixed[4] = { -1, 2, 0.5, 0 }, none[2] = { -3, 0 }, huge[2] = { 3e38, 1.5e38 };

  cnx_heat_scale (mixed, 4);
  g_assert_cmpfloat (mixed[0], ==, 0);
  g_assert_cmpfloat (mixed[1], ==, 1);
  g_assert_cmpfloat (mixed[2], ==, 0.25);
  g_assert_cmpfloat (mixed[3], ==, 0);
  cnx_heat_scale (none, 2);
  g_assert_cmpfloat (none[0], ==, 0);
  g_assert_cmpfloat (none[1], ==, 0);
  cnx_heat_scale (huge, 2);
  g_assert_cmpfloat (huge[0], ==, 1);
  g_assert_cmpfloat (huge[1], ==, 0.5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/heat/golden", test_golden);
  g_test_add_func ("/heat/relatives", test_relatives);
  g_test_add_func ("/heat/by-hand", test_by_hand);
  g_test_add_func ("/heat/scale", test_scale);
  return g_test_run ();
}
