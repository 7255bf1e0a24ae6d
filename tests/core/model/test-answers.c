/* What config.json says of a model's answers, and what `convert` keeps of it. */
#include "core/error.h"
#include "core/model/model.h"
#include "core/model/model_write.h"
#include "tests/support/models.h"
#include "tests/support/temp_files.h"

/* Random weights of @classes, and @config beside them. */
static char *
make_model (int classes, const char *config)
{
  const CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {2, 2, 2, 2},.classes = classes };

  return cnx_test_make_model (&arch, config);
}

/* @model, written to @dir and read back. */
static CnxModel *
rewrite (CnxModel * model, const char *dir)
{
  g_autofree char *weights = g_build_filename (dir, "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (dir, "config.json", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (cnx_model_write (model, weights, config, CNX_DTYPE_F32, NULL, NULL, &error));
  g_assert_no_error (error);
  return cnx_test_load_model (dir);
}

/* ---- threshold ---- */

static void
test_threshold (void)
{
  static const struct
  {
    const char *config;
    double threshold;           /* -1: none */
  } rows[] = {
    {NULL, -1},
    {"{}", -1},
    {"{\"threshold\": null}", -1},
    {"{\"threshold\": 0.25}", 0.25},
    {"{\"threshold\": 0}", 0},
    {"{\"architecture\": \"mine\", \"threshold\": 1}", 1},
    {"{\"pretrained_cfg\": {}, \"threshold\": 0.7}", 0.7},
    {"{\"model_type\": \"convnext\", \"threshold\": 0.1}", 0.1},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = make_model (3, rows[i].config), to = cnx_test_make_dir ();
    g_autoptr (CnxModel) model = cnx_test_load_model (dir), written = rewrite (model, to);
    const double wanted = rows[i].threshold;

    g_assert_cmpfloat (cnx_model_threshold (model, -1, -1), ==, wanted);
    g_assert_cmpfloat (cnx_model_threshold (model, -1, 0.5), ==, wanted < 0 ? 0.5 : wanted);
    g_assert_cmpfloat (cnx_model_threshold (model, 0, 0.5), ==, 0);
    g_assert_cmpfloat (cnx_model_threshold (model, 0.75, 0.5), ==, 0.75);
    g_assert_cmpfloat (cnx_model_threshold (written, -1, -1), ==, wanted);
  }
}

/* ---- confidences ---- */

static void
test_confidence (void)
{
  static const struct
  {
    int classes;
    const char *config;
    CnxConfidence confidence;
  } rows[] = {
    {3, NULL, CNX_CONFIDENCE_SOFTMAX},
    {3, "{\"problem_type\": null}", CNX_CONFIDENCE_SOFTMAX},
    {3, "{\"problem_type\": \"single_label_classification\"}", CNX_CONFIDENCE_SOFTMAX},
    {3, "{\"problem_type\": \"multi_label_classification\"}", CNX_CONFIDENCE_SIGMOID},
    {3, "{\"architecture\": \"mine\", \"problem_type\": \"multi_label_classification\"}", CNX_CONFIDENCE_SIGMOID},
    {1, NULL, CNX_CONFIDENCE_SIGMOID},
    {1, "{\"pretrained_cfg\": {\"num_classes\": 1}}", CNX_CONFIDENCE_SIGMOID},
    {1, "{\"problem_type\": \"single_label_classification\"}", CNX_CONFIDENCE_SIGMOID},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = make_model (rows[i].classes, rows[i].config), to = cnx_test_make_dir ();
    g_autoptr (CnxModel) model = cnx_test_load_model (dir), written = rewrite (model, to);

    g_assert_cmpint (cnx_model_confidence (model), ==, rows[i].confidence);
    g_assert_cmpint (cnx_model_confidence (written), ==, rows[i].confidence);
  }
}

/* Other labels and another recipe are still the model's answers. */
static void
test_copies (void)
{
  g_autoptr (CnxTestDir) dir = make_model (3, "{\"threshold\": 0.3, \"problem_type\": \"multi_label_classification\"}");
  g_autofree char *names = cnx_test_write_text (dir, "names.txt", "a\nb\nc\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = cnx_model_open (dir, NULL, names, "size=64", &error);

  g_assert_no_error (error);
  g_assert_cmpfloat (cnx_model_threshold (model, -1, -1), ==, 0.3);
  g_assert_cmpint (cnx_model_confidence (model), ==, CNX_CONFIDENCE_SIGMOID);
}

static void
test_bad (void)
{
  static const struct
  {
    const char *config;
    CnxError code;
    const char *says[2];
  } rows[] = {
    {"{\"threshold\": \"high\"}", CNX_ERROR_FORMAT, {"threshold", "0 to 1"}},
    {"{\"threshold\": -0.1}", CNX_ERROR_FORMAT, {"threshold", "0 to 1"}},
    {"{\"threshold\": 50}", CNX_ERROR_FORMAT, {"threshold", "0 to 1"}},
    {"{\"threshold\": true}", CNX_ERROR_FORMAT, {"threshold", "0 to 1"}},
    {"{\"architecture\": \"mine\", \"threshold\": [0.5]}", CNX_ERROR_FORMAT, {"threshold", "0 to 1"}},
    {"{\"problem_type\": \"regression\"}", CNX_ERROR_MODEL, {"problem_type", "\"regression\""}},
    {"{\"architecture\": \"mine\", \"problem_type\": \"x\\u001b[31m\"}", CNX_ERROR_MODEL, {"problem_type", "\\u001b"}},
    {"{\"problem_type\": [1]}", CNX_ERROR_MODEL, {"problem_type", "[1]"}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = make_model (3, rows[i].config);
    g_autofree char *path = g_build_filename (dir, "config.json", NULL);
    g_autoptr (GError) error = NULL;

    g_assert_null (cnx_model_load (dir, &error));
    g_assert_error (error, CNX_ERROR, (int) rows[i].code);
    cnx_test_assert_message (error, path, rows[i].says[0], rows[i].says[1], NULL);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/answers/threshold", test_threshold);
  g_test_add_func ("/answers/confidence", test_confidence);
  g_test_add_func ("/answers/copies", test_copies);
  g_test_add_func ("/answers/bad", test_bad);
  return g_test_run ();
}
