/* What people's config.json has for labels, and which file is the config of weights. */
#include <string.h>

#include "core/error.h"
#include "core/model/model.h"
#include "tests/support/models.h"
#include "tests/support/temp_files.h"

/* The shapes that labels come in; given ones win over all of them, and over those that are no labels. */
static void
test_label_shapes (void)
{
  static const struct
  {
    const char *config;
    const char *labels[3];      /* NULL: an error but where labels are given */
  } rows[] = {
    {"{\"id2label\": {\"0\": \"a\", \"1\": 7, \"2\": null}}", {"a", "7", "class 2"}},
    {"{\"id2label\": {\"0\": 0, \"1\": 1, \"2\": 2.5}}", {"0", "1", "2.5"}},
    {"{\"id2label\": {\"0\": true, \"1\": false, \"2\": \"x\"}}", {"true", "false", "x"}},
    {"{\"id2label\": {\"0\": null, \"1\": null, \"2\": null}, \"label2id\": {\"c\": 2, \"a\": 0, \"b\": 1}}",
        {"a", "b", "c"}},
    {"{\"id2label\": [\"a\", \"b\", 3]}", {"a", "b", "3"}},
    {"{\"id2label\": [\"LABEL_0\", \"LABEL_1\", \"LABEL_2\"]}", {"class 0", "class 1", "class 2"}},
    {"{\"id2label\": {\"c\": \"2\", \"a\": \"0\", \"b\": 1}}", {"a", "b", "c"}},
    {"{\"label2id\": {\"LABEL_0\": 0, \"LABEL_1\": 1, \"LABEL_2\": 2}}", {"class 0", "class 1", "class 2"}},
    {"{\"label2id\": {\"0\": 0, \"1\": 1, \"2\": 2}}", {"0", "1", "2"}},
    {"{\"architecture\": \"a\", \"label_names\": {\"0\": \"n0\", \"1\": \"n1\", \"2\": null}, "
          "\"label_descriptions\": {\"n0\": \"cat\"}}", {"cat", "n1", "class 2"}},
    {"{\"architecture\": \"a\", \"label_names\": null, \"id2label\": [1, 2, 3]}", {"1", "2", "3"}},
    {"{\"id2label\": {\"0\": \"a\"}}", {NULL}},
    {"{\"architecture\": \"a\", \"label_names\": \"abc\"}", {NULL}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_small_model (rows[i].config);
    g_autofree char *given = cnx_test_write_text (dir, "labels.txt", "x\ny\nz\n");
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (dir, &error);

    for (int id = 0; id < 3 && rows[i].labels[0]; id++) {
      g_assert_no_error (error);
      g_assert_cmpstr (cnx_model_label (model, id), ==, rows[i].labels[id]);
    }
    g_assert_cmpint (model == NULL, ==, rows[i].labels[0] == NULL);
    g_clear_error (&error);
    g_autoptr (CnxModel) labelled = cnx_model_open (dir, NULL, given, NULL, &error);
    g_auto (GStrv) notes = labelled ? cnx_model_notes (labelled) : NULL;
    g_assert_no_error (error);
    g_assert_cmpstr (cnx_model_label (labelled, 2), ==, "z");
    g_assert_cmpint (g_strv_length (notes), ==, rows[i].labels[0] ? 0 : 1);
    if (notes[0])
      g_assert_nonnull (strstr (notes[0], "config.json"));
  }
}

/* A training's log beside the weights that is called as they are is no config; a broken one that was meant is told. */
static void
test_other_json (void)
{
  static const struct
  {
    const char *text, *name;    /* NULL: an error */
  } rows[] = {
    {"{\"epoch\": 3, \"val_acc\": 0.91}", "shared"}, {"[{\"epoch\": 3}]", "shared"}, {"{\"epoch\": 3,", "shared"},
    {"", "shared"}, {"\x1f\x8b", "shared"}, {"{\"nested\": {\"architecture\": 1}}", "shared"},
    {"{\"architecture\": \"own\"}", "own"}, {"{\"id2label\": null}", "mine"},
    {"{\"architecture\": \"own\",", NULL}, {"{\"num_classes\": 4}", NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_small_model ("{\"architecture\": \"shared\"}");
    g_autofree char *weights = g_build_filename (dir, "model.safetensors", NULL);
    g_autofree char *mine = cnx_test_copy (weights, dir, "mine.safetensors");
    g_autofree char *own = cnx_test_write_text (dir, "mine.json", rows[i].text);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (mine, &error);

    g_autofree char *shown = g_strescape (rows[i].text, NULL);
    g_test_message ("%s", shown);
    if (rows[i].name) {
      g_assert_no_error (error);
      g_assert_cmpstr (cnx_model_name (model), ==, rows[i].name);
    } else {
      g_assert_null (model);
      cnx_test_assert_message (error, own, NULL);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/configs/label-shapes", test_label_shapes);
  g_test_add_func ("/configs/other-json", test_other_json);
  return g_test_run ();
}
