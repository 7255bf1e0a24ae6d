/* Names that people's files have: each gives the same tensors as a file in the scheme's own names, or says why not. */
#include <string.h>

#include "core/error.h"
#include "core/model/model.h"
#include "tests/support/temp_files.h"

static const CnxArch shapes[] = {
  {.version = 1,.depths = {1, 2, 1, 1},.dims = {3, 5, 7, 9},.classes = 4},
  {.version = 2,.depths = {1, 2, 1, 1},.dims = {3, 5, 7, 9},.classes = 4},
};

typedef struct
{
  const char *part, *becomes;   /* of names, the first that is in it; "" becomes what stands before all */
} Change;

typedef struct
{
  GString *header;
  gsize offset;
  CnxScheme scheme;
  const char *prefix;
  const Change *changes;
} Builder;

static char *
respell (const Builder * builder, char *name)
{
  for (const Change * change = builder->changes; change && change->part; change++) {
    char *at = strstr (name, change->part);
    char *changed;

    if (!at)
      continue;
    changed = g_strdup_printf ("%.*s%s%s", (int) (at - name), name, change->becomes, at + strlen (change->part));
    g_free (name);
    return changed;
  }
  return name;
}

static void
add_entry (Builder * builder, const char *name, int n_dims, const gint64 * dims)
{
  g_autoptr (GString) shape = g_string_new (NULL);
  gsize bytes = 2;

  for (int i = 0; i < n_dims; i++) {
    g_string_append_printf (shape, "%s%d", i ? "," : "", (int) dims[i]);
    bytes *= dims[i];
  }
  g_string_append_printf (builder->header, "%s\"%s\":{\"dtype\":\"F16\",\"shape\":[%s],\"data_offsets\":[%"
      G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}", builder->offset ? "," : "", name, shape->str, builder->offset,
      builder->offset + bytes);
  builder->offset += bytes;
}

static void
add_tensor (CnxRole role, int stage, int block, int n_dims, const gint64 * dims, gpointer user_data)
{
  Builder *builder = user_data;
  g_autofree char *name =
      respell (builder, cnx_scheme_file_name (builder->scheme, builder->prefix, role, stage, block));

  add_entry (builder, name, n_dims, dims);
}

/* @more: a square matrix that is there too; NULL: none. */
static CnxModel *
load (Builder builder, const CnxArch * arch, const char *more, GError ** error)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (GString) header = g_string_new ("{");
  const gint64 square[] = { 4, 4 };

  builder.header = header;
  cnx_arch_foreach_tensor (arch, add_tensor, &builder);
  if (more)
    add_entry (&builder, more, 2, square);
  g_string_append_c (header, '}');
  g_autofree char *path = cnx_test_write_safetensors (dir, "a.safetensors", header->str, builder.offset);
  return cnx_model_load (path, error);
}

typedef struct
{
  CnxModel *model;
  guint64 start;                /* of the first tensor */
} Placed;

static void
compare_place (CnxRole role, int stage, int block, int n_dims, const gint64 * dims, gpointer user_data)
{
  const Placed *placed = user_data;
  const CnxTensor *first = cnx_model_tensor (placed[0].model, role, stage, block);
  const CnxTensor *second = cnx_model_tensor (placed[1].model, role, stage, block);

  g_assert_nonnull (second);
  g_assert_cmpuint (first->offset - placed[0].start, ==, second->offset - placed[1].start);
}

static guint64
start_of (CnxModel * model)
{
  return cnx_model_tensor (model, CNX_ROLE_STEM_WEIGHT, 0, 0)->offset;
}

static const struct
{
  const char *what;
  int version;
  CnxScheme scheme;
  const char *prefix;
  Change changes[6];
  const char *more;
  const char *says;             /* NULL: it loads */
} rows[] = {
  {"mm", 1, CNX_SCHEME_ORIGINAL, "backbone.", {{"dwconv", "depthwise_conv"}, {"pwconv", "pointwise_conv"},
          {"backbone.norm.", "backbone.norm3."}, {"backbone.head.", "head.fc."}}},
  {"mm-2", 2, CNX_SCHEME_ORIGINAL, "module.backbone.", {{"dwconv", "depthwise_conv"}, {"pwconv", "pointwise_conv"},
          {"backbone.norm.", "backbone.norm3."}, {"backbone.head.", "head.fc."}}},
  {"mm-without-backbone", 1, CNX_SCHEME_ORIGINAL, "", {{"dwconv", "depthwise_conv"}, {"pwconv", "pointwise_conv"},
          {"head.", "head.fc."}}},
  {"old-grn", 2, CNX_SCHEME_HUGGING_FACE, "convnextv2.", {{"grn.weight", "grn.gamma"}, {"grn.bias", "grn.beta"}}},
  {"sequential", 1, CNX_SCHEME_TIMM, "", {{"head.fc.", "head.fc.1."}}},
  {"sequential-deeper", 1, CNX_SCHEME_TIMM, "model.", {{"head.fc.", "head.fc.2.0."}}},
  {"sequential-original", 1, CNX_SCHEME_ORIGINAL, "", {{"head.", "head.1."}}},
  {"sequential-torchvision", 1, CNX_SCHEME_TORCHVISION, "", {{"classifier.2.", "classifier.2.1."}}},
  {"sequential-longer", 1, CNX_SCHEME_TORCHVISION, "net.", {{"classifier.2.", "classifier.3."}}},
  {"sequential-hugging-face", 1, CNX_SCHEME_HUGGING_FACE, "convnext.", {{"classifier.", "classifier.1."}}},
  {"sequential-hugging-face-2", 2, CNX_SCHEME_HUGGING_FACE, "m.convnextv2.", {{"classifier.", "classifier.1."}}},
  {"mm-stacked", 1, CNX_SCHEME_ORIGINAL, "backbone.", {{"dwconv", "depthwise_conv"}, {"pwconv", "pointwise_conv"},
          {"backbone.norm.", "backbone.norm3."}, {"backbone.head.", "head.layers.0.fc."}}},
  {"sequential-bare-hugging-face", 1, CNX_SCHEME_HUGGING_FACE, "", {{"classifier.", "classifier.1."}}},
  {"sequential-dinov3", 1, CNX_SCHEME_DINOV3, "", {{"classifier.", "classifier.1."}}},
  {"sequential-dinov3-inside", 1, CNX_SCHEME_DINOV3, "model.", {{"classifier.", "classifier.1.0."}}},
  {"sequential-dinov3-outside", 1, CNX_SCHEME_DINOV3, "m.model.", {{"m.model.classifier.", "m.classifier.1."}}},
  {"beside", 1, CNX_SCHEME_TIMM, "backbone.", {{"backbone.head.fc.", "fc."}}},
  {"beside-sequential", 2, CNX_SCHEME_TIMM, "backbone.", {{"backbone.head.fc.", "head.1."}}},
  {"beside-original", 1, CNX_SCHEME_ORIGINAL, "m.backbone.", {{"m.backbone.head.", "m.classifier."}}},
  {"beside-torchvision", 1, CNX_SCHEME_TORCHVISION, "net.", {{"net.classifier.2.", "linear."}}},
  {"beside-hugging-face", 1, CNX_SCHEME_HUGGING_FACE, "convnext.", {{"classifier.", "fc."}}},
  {"beside-bare-hugging-face", 1, CNX_SCHEME_HUGGING_FACE, "backbone.", {{"backbone.classifier.", "classifier."}}},
  {"beside-dinov3", 1, CNX_SCHEME_DINOV3, "m.model.", {{"m.model.classifier.", "m.fc."}}},
  {"hidden", 1, CNX_SCHEME_TIMM, "", {{"head.fc.", "head.fc.0."}}, "head.fc.2.weight",
      "'head.fc.0.weight' of shape (4, 9) is unexpected"},
  {"two-linears", 1, CNX_SCHEME_HUGGING_FACE, "convnext.", {{"classifier.", "classifier.1."}}, "classifier.3.weight",
      "'classifier.1.weight' of shape (4, 9) is unexpected"},
  {"named", 1, CNX_SCHEME_TIMM, "", {{"head.fc.", "head.fc.arc."}}, NULL,
      "'head.fc.arc.weight' of shape (4, 9) is unexpected"},
  {"lora", 1, CNX_SCHEME_TIMM, "", {{NULL}}, "stages.0.blocks.0.mlp.fc1.lora_A.weight", "a LoRA adapter"},
  {"unmerged", 1, CNX_SCHEME_HUGGING_FACE, "base_model.model.convnext.", {{"model.classifier.",
              "model.classifier.modules_to_save.default."}}, NULL, "a model with adapters"},
  {"gptq", 1, CNX_SCHEME_TIMM, "", {{"fc1.weight", "fc1.qweight"}}, NULL, "quantized by GPTQ or AWQ"},
  {"bitsandbytes", 1, CNX_SCHEME_TIMM, "", {{NULL}}, "stages.0.blocks.0.mlp.fc1.SCB", "quantized by bitsandbytes"},
  {"pruned", 1, CNX_SCHEME_TIMM, "", {{"fc1.weight", "fc1.weight_orig"}}, "stages.0.blocks.0.mlp.fc1.weight_mask",
      "a pruned model"},
  {"weight-norm", 1, CNX_SCHEME_TIMM, "", {{"head.fc.weight", "head.fc.weight_v"}}, "head.fc.weight_g",
      "remove_weight_norm"},
  {"parametrized", 1, CNX_SCHEME_ORIGINAL, "", {{"head.weight", "head.parametrizations.weight.original1"}},
      "head.parametrizations.weight.original0", "remove_parametrizations"},
  {"backbone-class", 1, CNX_SCHEME_HUGGING_FACE, "", {{NULL}}, "hidden_states_norms.stage1.weight",
      "a Backbone class of transformers"},
  {"segmentation", 1, CNX_SCHEME_ORIGINAL, "backbone.", {{NULL}}, "decode_head.conv_seg.weight", "for segmentation"},
  {"another-bias", 1, CNX_SCHEME_TIMM, "", {{"head.fc.bias", "head.fc.2.bias"}, {"head.fc.", "head.fc.1."}}, NULL,
      "'head.fc.1.weight' of shape (4, 9) is unexpected"},
};

static void
test_spelling (gconstpointer data)
{
  const guint i = GPOINTER_TO_SIZE (data);
  const CnxArch *arch = &shapes[rows[i].version - 1];
  const Builder plain = {.scheme = rows[i].scheme,.prefix = rows[i].prefix };
  Builder spelled = plain;
  g_autoptr (GError) error = NULL;

  spelled.changes = rows[i].changes;
  g_autoptr (CnxModel) first = load (plain, arch, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (CnxModel) second = load (spelled, arch, rows[i].more, &error);
  if (rows[i].says) {
    g_assert_null (second);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
    cnx_test_assert_message (error, rows[i].says, NULL);
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpint (cnx_model_arch (second)->classes, ==, arch->classes);
  const Placed placed[] = { {first, start_of (first)}, {second, start_of (second)} };
  cnx_arch_foreach_tensor (arch, compare_place, (gpointer) placed);
}

/* What may be something else than a classifier is none, and named where labels are asked for. */
static void
test_unused (void)
{
  static const struct
  {
    Change changes[2];
    const char *more, *says;
  } files[] = {
    {{{"backbone.head.fc.", "fc."}}, "neck.weight", "'fc.weight', 'fc.bias', 'neck.weight'"},
    {{{"backbone.head.fc.", "arc."}}, NULL, "'arc.weight', 'arc.bias'"},
    {{{"backbone.head.fc.", "y.fc."}}, NULL, "'y.fc.weight', 'y.fc.bias'"},
    {{{"backbone.head.fc.", "x."}}, "fc.weight", "'x.weight', 'x.bias', 'fc.weight'"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    const Builder builder = {.scheme = CNX_SCHEME_TIMM,.prefix = "backbone.",.changes = files[i].changes };
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = load (builder, &shapes[0], files[i].more, &error);

    g_assert_no_error (error);
    g_assert_cmpint (cnx_model_arch (model)->classes, ==, 0);
    g_assert_false (cnx_model_check_classifier (model, &error));
    cnx_test_assert_message (error, "no classifier", "--features", files[i].says, NULL);
  }
}

/* Stems for grey pictures, and for those with more than three channels. */
static void
test_channels (void)
{
  static const struct
  {
    int channels;
    const char *says;
  } stems[] = { {1, "takes pictures of 1 channel, and only those of three"}, {4, "takes pictures of 4 channels"} };

  for (guint i = 0; i < G_N_ELEMENTS (stems); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    const int bytes = 3 * stems[i].channels * 4 * 4 * 2;
    g_autofree char *header = g_strdup_printf ("{\"m.stem.0.weight\":{\"dtype\":\"F16\",\"shape\":[3,%d,4,4],"
        "\"data_offsets\":[0,%d]}}", stems[i].channels, bytes);
    g_autofree char *path = cnx_test_write_safetensors (dir, "a.safetensors", header, bytes);
    g_autoptr (GError) error = NULL;

    g_assert_null (cnx_model_load (path, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
    cnx_test_assert_message (error, path, "'m.stem.0.weight'", stems[i].says, NULL);
  }
}

/* A file of several is told by its name, and one that stands for all is not. */
static void
test_shard (void)
{
  static const struct
  {
    const char *name, *says;
  } files[] = {
    {"model-00001-of-00003.safetensors", "one of 3 shards"}, {"model-00001-of-00001.safetensors", "not a safetensors"},
    {"pytorch_model-00002-of-00002.bin", "one of 2 shards"}, {"a-of-b-00002-of-00012.fp16.safetensors", "one of 12"},
    {"best-of-7.safetensors", "not a safetensors"}, {"fold-1-of-5.safetensors", "not a safetensors"},
    {"00001-of-00003.safetensors", "not a safetensors"}, {"-of-00003.safetensors", "not a safetensors"},
    {"run000001-of-00003.safetensors", "not a safetensors"}, {"a-00001-of-000003.safetensors", "not a safetensors"},
    {"a-00001-of-3.safetensors", "not a safetensors"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *path = cnx_test_write_text (dir, files[i].name, "a text that is no file of weights");
    g_autoptr (GError) error = NULL;

    g_assert_null (cnx_model_load (path, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
    cnx_test_assert_message (error, path, files[i].says, NULL);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = g_strconcat ("/spelling/", rows[i].what, NULL);

    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_spelling);
  }
  g_test_add_func ("/spelling/unused", test_unused);
  g_test_add_func ("/spelling/channels", test_channels);
  g_test_add_func ("/spelling/shard", test_shard);
  return g_test_run ();
}
