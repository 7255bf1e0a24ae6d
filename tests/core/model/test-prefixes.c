/* Which network of a file is read, by the prefix of its names, and what may stand beside it. */
#include <string.h>

#include "core/error.h"
#include "core/model/model.h"
#include "tests/support/temp_files.h"

static const CnxArch small = {.version = 1,.depths = {1, 2, 1, 1},.dims = {3, 5, 7, 9},.classes = 4 };

/* A network of a file. */
typedef struct
{
  CnxScheme scheme;
  const char *prefix;
  const char *dtype;            /* of a byte, instead of F16 */
  const char *lacks;            /* a tensor; NULL: none */
} Part;

/* A vector of three that stands beside the networks, a stem, or what has another shape. */
typedef struct
{
  const char *name;
  gboolean is_stem;
  const char *shape;
  int values;
} Beside;

typedef struct
{
  GString *header;
  gsize offset;
  const Part *part;
} Builder;

static void
add_entry (Builder * builder, const char *name, const char *shape, const char *dtype, gsize bytes)
{
  g_string_append_printf (builder->header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%"
      G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}", builder->offset ? "," : "", name, dtype, shape, builder->offset,
      builder->offset + bytes);
  builder->offset += bytes;
}

static void
add_tensor (CnxRole role, int stage, int block, int n_dims, const gint64 * dims, gpointer user_data)
{
  Builder *builder = user_data;
  const Part *part = builder->part;
  g_autofree char *name = cnx_scheme_file_name (part->scheme, part->prefix, role, stage, block);
  g_autoptr (GString) shape = g_string_new (NULL);
  gsize bytes = part->dtype ? 1 : 2;

  if (g_strcmp0 (name, part->lacks) == 0)
    return;
  for (int i = 0; i < n_dims; i++) {
    g_string_append_printf (shape, "%s%d", i ? "," : "", (int) dims[i]);
    bytes *= dims[i];
  }
  add_entry (builder, name, shape->str, part->dtype ? part->dtype : "F16", bytes);
}

/* Writes networks of one size, one behind the other, and what stands beside them. */
static char *
build (const char *dir, const Part * parts, guint n, const Beside * beside)
{
  g_autoptr (GString) header = g_string_new ("{");
  Builder builder = {.header = header };

  for (guint i = 0; i < n; i++) {
    builder.part = &parts[i];
    cnx_arch_foreach_tensor (&small, add_tensor, &builder);
  }
  for (; beside && beside->name; beside++)
    add_entry (&builder, beside->name, beside->shape ? beside->shape : beside->is_stem ? "3,3,4,4" : "3", "F16",
        beside->shape ? 2 * beside->values : beside->is_stem ? 288 : 6);
  g_string_append_c (header, '}');
  return cnx_test_write_safetensors (dir, "a.safetensors", header->str, builder.offset);
}

/* What is not read is told, by its first names and in a line. */
static void
check_unread (CnxModel * model, const Beside * beside)
{
  g_auto (GStrv) notes = cnx_model_notes (model);
  guint count, n = 0;
  const char *const *unread = cnx_model_unread (model, &count);

  for (; beside[n].name; n++)
    g_assert_cmpstr (unread[n], ==, beside[n].name);
  g_assert_cmpuint (count, ==, n);
  g_assert_null (unread[n]);
  g_assert_nonnull (strstr (notes[0], beside[0].name));
  g_assert_null (notes[1]);
}

/* What a training saves beside its network is let be outside the network's prefix, and refused inside it. */
static void
test_beside (void)
{
  static const struct
  {
    Part part;
    Beside beside[4];
    const char *says;           /* NULL: loads */
  } rows[] = {
    {{CNX_SCHEME_TIMM, "model."}, {{"criterion.weight"}, {"ema.decay"}, {"modelled"}}, NULL},
    {{CNX_SCHEME_TIMM, "model."}, {{"criterion.weight"}, {"model.extra.weight"}}, "model.extra.weight"},
    {{CNX_SCHEME_TIMM, "a.model."}, {{"a.criterion.weight"}}, NULL},
    {{CNX_SCHEME_TIMM, ""}, {{"criterion.weight"}}, "criterion.weight"},
    {{CNX_SCHEME_TIMM, "model."}, {{"x.stem.0.weight", TRUE}}, NULL},
    {{CNX_SCHEME_TIMM, "model."}, {{"stem.0.weight", TRUE}}, NULL},
    {{CNX_SCHEME_TORCHVISION, "net."}, {{"classifier.weight"}}, NULL},
    {{CNX_SCHEME_HUGGING_FACE, "convnext."}, {{"criterion.weight"}}, NULL},
    {{CNX_SCHEME_HUGGING_FACE, "convnext."}, {{"classifier.0.weight"}}, "classifier.0.weight"},
    {{CNX_SCHEME_HUGGING_FACE, "m.convnext."}, {{"criterion.weight"}, {"classifier.weight"}, {"x.classifier.y"}}, NULL},
    {{CNX_SCHEME_HUGGING_FACE, "m.convnext."}, {{"m.classifier.scale"}}, "m.classifier.scale"},
    {{CNX_SCHEME_TIMM, "visual.trunk."}, {{"head.proj.bias"}, {"text.head.proj.bias"}, {"visual.heads"}}, NULL},
    {{CNX_SCHEME_TIMM, "visual.trunk."}, {{"text.x"}, {"visual.head.proj.bias"}}, "visual.head.proj.bias"},
    {{CNX_SCHEME_TIMM, "visual.trunk."}, {{"visual.head.mlp.fc2.bias"}}, "visual.head.mlp.fc2.bias"},
    {{CNX_SCHEME_TIMM, "trunk."}, {{"head.pool.qkv.weight"}}, "head.pool.qkv.weight"},
    {{CNX_SCHEME_HUGGING_FACE, "m.convnext."}, {{"m.convnext.scale"}}, "m.convnext.scale"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *path = build (dir, &rows[i].part, 1, rows[i].beside);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (path, &error);

    if (!rows[i].says) {
      g_assert_no_error (error);
      check_unread (model, rows[i].beside);
      g_assert_cmpint (cnx_model_arch (model)->classes, ==, small.classes);
      g_assert_nonnull (cnx_model_tensor (model, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0));
    } else {
      g_assert_null (model);
      g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
      cnx_test_assert_message (error, path, rows[i].says, "unexpected", NULL);
    }
  }
}

/* Of two networks none is chosen, unless one could not be read at all. */
static void
test_two_networks (void)
{
  static const struct
  {
    Part parts[2];
    const char *says[2];        /* NULL: loads */
  } rows[] = {
    {{{CNX_SCHEME_TIMM, "student."}, {CNX_SCHEME_TIMM, "teacher."}}, {"'student.'", "'teacher.'"}},
    {{{CNX_SCHEME_TIMM, "model_ema."}, {CNX_SCHEME_TIMM, "model."}}, {"'model_ema.'", "'model.'"}},
    {{{CNX_SCHEME_TIMM, ""}, {CNX_SCHEME_TIMM, "ema."}}, {"''", "'ema.'"}},
    {{{CNX_SCHEME_TIMM, "a."}, {CNX_SCHEME_ORIGINAL, "b."}}, {"'a.'", "'b.'"}},
    {{{CNX_SCHEME_TIMM, "a."}, {CNX_SCHEME_HUGGING_FACE, "b.convnext."}}, {"'a.'", "'b.convnext.'"}},
    {{{CNX_SCHEME_TIMM, "a.", NULL, "a.head.norm.bias"}, {CNX_SCHEME_TIMM, "long."}}, {"'a.'", "'long.'"}},
    {{{CNX_SCHEME_TIMM, "model."}, {CNX_SCHEME_TIMM, "q.", "I8"}}, {NULL}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *path = build (dir, rows[i].parts, 2, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (path, &error);

    if (!rows[i].says[0]) {
      g_assert_no_error (error);
      g_assert_cmpstr (cnx_model_tensor (model, CNX_ROLE_STEM_BIAS, 0, 0)->name, ==, "model.stem.0.bias");
      continue;
    }
    g_assert_null (model);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
    cnx_test_assert_message (error, path, "more than one", rows[i].says[0], rows[i].says[1], NULL);
  }
}

/* A matrix outside that takes the four classes is the real classifier; others are not. */
static void
test_second_head (void)
{
  static const struct
  {
    Beside beside[3];
    const char *says;           /* NULL: loads */
  } rows[] = {
    {{{"fc.weight", FALSE, "2,4", 8}, {"fc.bias", FALSE, "2", 2}}, "'fc.weight' of shape (2, 4), which takes the "
        "classifier's 4 outputs"},
    {{{"x.y", FALSE, "2", 2}, {"head.2.weight", FALSE, "4,4", 16}}, "'head.2.weight' of shape (4, 4)"},
    {{{"centres", FALSE, "4,9", 36}, {"conv", FALSE, "1,4,3,3", 36}}, NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const Part part = {.scheme = CNX_SCHEME_TIMM,.prefix = "backbone." };
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *path = build (dir, &part, 1, rows[i].beside);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (path, &error);

    if (!rows[i].says) {
      g_assert_no_error (error);
      check_unread (model, rows[i].beside);
      continue;
    }
    g_assert_null (model);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
    cnx_test_assert_message (error, path, rows[i].says, NULL);
  }
}

/* Without a block in each stage, it is the network of the shortest prefix that the error is about. */
static void
test_none_whole (void)
{
  static const Part parts[] = {
    {CNX_SCHEME_TIMM, "student.", NULL, "student.stages.1.blocks.0.conv_dw.weight"},
    {CNX_SCHEME_TIMM, "model.", NULL, "model.stages.2.blocks.0.conv_dw.weight"},
  };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = build (dir, parts, 2, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (cnx_model_load (path, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
  cnx_test_assert_message (error, path, "'model.stages.2.blocks.0.conv_dw.weight' is missing", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prefixes/beside", test_beside);
  g_test_add_func ("/prefixes/two-networks", test_two_networks);
  g_test_add_func ("/prefixes/second-head", test_second_head);
  g_test_add_func ("/prefixes/none-whole", test_none_whole);
  return g_test_run ();
}
