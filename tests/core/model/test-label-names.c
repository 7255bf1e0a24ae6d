/* What classes are called where nothing, or not everything, is said about them. */
#include "core/error.h"
#include "core/model/label_names.h"
#include "core/model/model.h"
#include "core/model/model_config.h"
#include "core/model/random_checkpoint.h"
#include "tests/support/temp_files.h"

/* Some that everybody knows; each stands once, the two cranes and the two maillots too. */
static void
test_imagenet_names (void)
{
  static const struct
  {
    int id;
    const char *name;
  } rows[] = {
    {0, "tench"}, {1, "goldfish"}, {2, "great white shark"}, {281, "tabby"}, {504, "coffee mug"},
    {999, "toilet tissue"},
  };
  g_auto (GStrv) names = cnx_labels_of_imagenet ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_cmpuint (g_strv_length (names), ==, CNX_IMAGENET_CLASSES);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpstr (names[rows[i].id], ==, rows[i].name);
  for (int i = 0; i < CNX_IMAGENET_CLASSES; i++) {
    g_assert_true (names[i][0] && !g_ascii_isspace (names[i][0]));
    g_assert_true (g_utf8_validate (names[i], -1, NULL));
    if (!g_hash_table_add (seen, names[i]))
      g_test_fail_printf ("'%s' stands twice", names[i]);
  }
  g_assert_cmpstr (names[134], !=, names[517]);
  g_assert_cmpstr (names[638], !=, names[639]);
}

/* {"0": PREFIX_0, ...} with @count entries, the last of which is @last where that is set. */
static char *
make_id2label (int count, const char *prefix, const char *last)
{
  GString *json = g_string_new ("{\"id2label\": {");

  for (int i = 0; i < count - 1; i++)
    g_string_append_printf (json, "\"%d\": \"%s%d\", ", i, prefix, i);
  g_string_append_printf (json, "\"%d\": \"%s", count - 1, last ? last : prefix);
  if (!last)
    g_string_append_printf (json, "%d", count - 1);
  return g_string_free (g_string_append (json, "\"}}"), FALSE);
}

/* What the first class of a model with so many classes is called, and by whom. */
static void
test_whose_labels (void)
{
  g_autofree char *placeholders = make_id2label (1000, "LABEL_", NULL);
  g_autofree char *few = make_id2label (3, "LABEL_", NULL);
  g_autofree char *others = make_id2label (2, "LABEL_", NULL);
  g_autofree char *one_named = make_id2label (3, "LABEL_", "bird");
  g_autofree char *small_letters = make_id2label (3, "label_", NULL);
  g_autofree char *named = make_id2label (1000, "mine ", NULL);
  const struct
  {
    int classes;
    const char *config;         /* NULL: there is none */
    const char *label, *from;   /* NULL: nothing names the classes */
  } rows[] = {
    {1000, NULL, "tench", CNX_IMAGENET_NAME}, {1000, "{}", "tench", CNX_IMAGENET_NAME},
    {1000, "{\"architecture\": \"a\", \"num_classes\": 1000}", "tench", CNX_IMAGENET_NAME},
    {1000, placeholders, "tench", CNX_IMAGENET_NAME}, {1000, named, "mine 0", "config.json"},
    {3, NULL, "class 0", NULL}, {3, few, "class 0", NULL}, {3, others, "class 0", NULL},
    {3, one_named, "LABEL_0", "config.json"}, {3, small_letters, "label_0", "config.json"},
    {3, "{\"architecture\": \"a\", \"label_names\": [\"a\", \"b\", \"c\"]}", "a", "config.json"},
    {999, NULL, "class 0", NULL}, {1001, NULL, "class 0", NULL}, {21841, NULL, "class 0", NULL},
    {0, NULL, NULL, NULL}, {0, one_named, NULL, NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *weights = g_build_filename (dir, "mine.safetensors", NULL);
    g_autofree char *path = rows[i].config ? cnx_test_write_text (dir, "config.json", rows[i].config) : NULL;
    const char *from = g_strcmp0 (rows[i].from, "config.json") == 0 ? path : rows[i].from;
    CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {2, 2, 2, 2},.classes = rows[i].classes };
    CnxModelConfig config = { 0 };
    g_autoptr (GError) error = NULL;

    g_test_message ("%d classes, %.60s", arch.classes, rows[i].config ? rows[i].config : "no config.json");
    g_assert_true (cnx_model_config_load (&config, weights, &arch, CNX_SCHEME_TIMM, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (g_strv_length (config.labels), ==, arch.classes);
    g_assert_cmpstr (config.labels[0], ==, rows[i].label);
    g_assert_cmpstr (config.labels_from, ==, from);
    cnx_model_config_clear (&config);
  }
}

/* A thousand classes from the weights on, and a file of labels that goes before them. */
static void
test_thousand_classes (void)
{
  const CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {2, 2, 2, 2},.classes = 1000 };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < arch.classes; i++)
    g_string_append_printf (text, "mine %d\n", i);
  g_autofree char *file = cnx_test_write_text (dir, "labels.txt", text->str);
  g_assert_true (cnx_write_random_checkpoint (dir, &arch, 1, &error));
  g_autoptr (CnxModel) model = cnx_model_open (dir, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (cnx_model_label (model, 999), ==, "toilet tissue");
  g_assert_cmpstr (cnx_model_labels_from (model), ==, CNX_IMAGENET_NAME);
  g_autoptr (CnxModel) labelled = cnx_model_open (dir, NULL, file, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (cnx_model_label (labelled, 999), ==, "mine 999");
  g_assert_cmpstr (cnx_model_labels_from (labelled), ==, file);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/label-names/imagenet", test_imagenet_names);
  g_test_add_func ("/label-names/whose", test_whose_labels);
  g_test_add_func ("/label-names/thousand-classes", test_thousand_classes);
  return g_test_run ();
}
