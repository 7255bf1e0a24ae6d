/* Models: what is read off the tensors, what is refused and in which words, the files beside the
 * weights, and where weights are looked for. Small architectures everywhere; the shipped model by its
 * structure only. */
#include <stdlib.h>
#include <string.h>
#include <glib/gstdio.h>

#include "core/error.h"
#include "core/model/model.h"
#include "core/model/random_checkpoint.h"
#include "tests/support/temp_files.h"

static const CnxArch small_v1 = {.version = 1,.depths = {1, 2, 1, 1},.dims = {3, 5, 7, 9},
.classes = 4
};

static const CnxArch small_v2 = {.version = 2,.depths = {1, 2, 1, 1},.dims = {3, 5, 7, 9},
.classes = 4
};

/* ---- checkpoints with a fault, made from names and shapes; every value is zero ---- */

/* A change to one tensor of an otherwise right file. */
typedef struct
{
  const char *name;             /* in the file; NULL: none */
  const char *replace_name;     /* instead; "" leaves it out */
  const char *shape;            /* instead, "[1,2]" */
  const char *dtype;            /* instead of F16 */
  int bytes;                    /* that shape and dtype take, where not as many as before; -1: none */
} Fault;

typedef struct
{
  CnxScheme scheme;
  const char *prefix;
  const Fault *fault;
  GString *header;
  gsize offset;
} Builder;

static void
add_entry (Builder * builder, const char *name, const char *shape, const char *dtype, gsize bytes)
{
  g_string_append_printf (builder->header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":%s,"
      "\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}",
      builder->header->len > 1 ? "," : "", name, dtype, shape, builder->offset,
      builder->offset + bytes);
  builder->offset += bytes;
}

static void
build_tensor (CnxRole role, int stage, int block, int n_dims, const gint64 * dims,
    gpointer user_data)
{
  Builder *builder = user_data;
  const Fault *fault = builder->fault;
  g_autofree char *name =
      cnx_scheme_file_name (builder->scheme, builder->prefix, role, stage, block);
  g_autoptr (GString) shape = g_string_new ("[");
  gsize bytes = 2;

  for (int i = 0; i < n_dims; i++) {
    g_string_append_printf (shape, "%s%d", i ? "," : "", (int) dims[i]);
    bytes *= dims[i];
  }
  g_string_append_c (shape, ']');
  if (!fault || !fault->name || strcmp (fault->name, name) != 0)
    add_entry (builder, name, shape->str, "F16", bytes);
  else if (!fault->replace_name || fault->replace_name[0])
    add_entry (builder, fault->replace_name ? fault->replace_name : name,
        fault->shape ? fault->shape : shape->str, fault->dtype ? fault->dtype : "F16",
        fault->bytes ? (gsize) MAX (fault->bytes, 0) : bytes);
}

/* Writes @dir/@name in any naming, with @fault in one tensor and @added after the last; either may be
 * NULL. */
static char *
build (const char *dir, const char *name, const CnxArch * arch, CnxScheme scheme,
    const char *prefix, const Fault * fault, const Fault * added)
{
  g_autoptr (GString) header = g_string_new ("{");
  Builder builder = {.scheme = scheme,.prefix = prefix,.fault = fault,.header = header };

  cnx_arch_foreach_tensor (arch, build_tensor, &builder);
  if (added)
    add_entry (&builder, added->name, added->shape, added->dtype, added->bytes);
  g_string_append_c (header, '}');
  return cnx_test_write_safetensors (dir, name, header->str, builder.offset);
}

static void
assert_same_arch (const CnxArch * found, const CnxArch * expected)
{
  g_assert_cmpint (found->version, ==, expected->version);
  g_assert_cmpint (found->classes, ==, expected->classes);
  g_assert_cmpmem (found->depths, sizeof found->depths, expected->depths, sizeof found->depths);
  g_assert_cmpmem (found->dims, sizeof found->dims, expected->dims, sizeof found->dims);
}

static void
test_namings (void)
{
  static const struct
  {
    CnxScheme scheme;
    const char *prefix;
    const CnxArch *arch;
  } rows[] = {
    {CNX_SCHEME_TIMM, "", &small_v1}, {CNX_SCHEME_TIMM, "", &small_v2},
    {CNX_SCHEME_TIMM, "module.", &small_v1}, {CNX_SCHEME_TIMM, "model.module.", &small_v2},
    {CNX_SCHEME_HUGGING_FACE, "convnext.", &small_v1},
    {CNX_SCHEME_HUGGING_FACE, "convnextv2.", &small_v2},
    {CNX_SCHEME_HUGGING_FACE, "", &small_v1}, {CNX_SCHEME_HUGGING_FACE, "model.convnext.",
        &small_v1},
    {CNX_SCHEME_TORCHVISION, "", &small_v1}, {CNX_SCHEME_TORCHVISION, "module.", &small_v1},
    {CNX_SCHEME_ORIGINAL, "", &small_v1}, {CNX_SCHEME_ORIGINAL, "model.", &small_v2},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *path = build (dir, "mine.safetensors", rows[i].arch, rows[i].scheme,
        rows[i].prefix, NULL, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (path, &error);

    g_assert_no_error (error);
    assert_same_arch (cnx_model_arch (model), rows[i].arch);
    g_assert_cmpint (cnx_model_scheme (model), ==, rows[i].scheme);
    g_assert_cmpstr (cnx_model_name (model), ==, "mine");
    g_assert_cmpstr (cnx_model_path (model), ==, path);
    g_assert_cmpstr (cnx_model_label (model, 3), ==, "class 3");
    g_assert_nonnull (cnx_model_label (model, 4));
    g_assert_nonnull (cnx_model_label (model, -1));
    g_assert_cmpfloat (cnx_model_final_norm_eps (model), ==,
        rows[i].scheme == CNX_SCHEME_HUGGING_FACE ? 1e-12 : 1e-6);
  }
}

/* Each role's tensor is the one of that name, whatever the order in the file. */
static void
test_tensors (void)
{
  const CnxArch *archs[] = { &small_v1, &small_v2 };

  for (guint i = 0; i < G_N_ELEMENTS (archs); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = NULL;

    g_assert_true (cnx_write_random_checkpoint (dir, archs[i], 1, &error));
    model = cnx_model_load (dir, &error);
    g_assert_no_error (error);
    for (int role = 0; role < CNX_N_ROLES; role++) {
      for (int stage = -1; stage <= CNX_STAGES; stage++) {
        for (int block = -1; block < 4; block++) {
          const CnxTensor *tensor = cnx_model_tensor (model, role, stage, block);
          gboolean staged = cnx_role_is_per_stage (role), blocked = cnx_role_is_per_block (role);
          gboolean inside = (!staged || (stage >= 0 && stage < CNX_STAGES))
              && (!blocked || (block >= 0 && block < archs[i]->depths[stage]));
          g_autofree char *name = cnx_scheme_tensor_name (CNX_SCHEME_TIMM, role, stage, block);
          gint64 dims[4];

          if (!inside || !cnx_role_shape (archs[i], role, staged ? stage : 0, dims)) {
            g_assert_null (tensor);
            continue;
          }
          g_assert_nonnull (tensor);
          g_assert_cmpstr (tensor->name, ==, name);
        }
      }
    }
  }
}

static void
test_no_classifier (void)
{
  CnxArch arch = small_v1;
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *labels = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = NULL;

  arch.classes = 0;
  g_assert_true (cnx_write_random_checkpoint (dir, &arch, 1, &error));
  model = cnx_model_load (dir, &error);
  g_assert_no_error (error);
  assert_same_arch (cnx_model_arch (model), &arch);
  g_assert_null (cnx_model_tensor (model, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0));
  g_assert_nonnull (cnx_model_label (model, 0));
  g_assert_false (cnx_model_check_classifier (model, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
  cnx_test_assert_message (error, dir, "no classifier", "--features", NULL);
  g_clear_error (&error);
  labels = cnx_test_write_text (dir, "labels.txt", "one\n");
  g_assert_null (cnx_model_with_labels (model, labels, &error));
  cnx_test_assert_message (error, "no classifier", NULL);
}

/* Other shapes of the same values. */
static void
test_shapes_that_do (void)
{
  static const Fault rows[] = {
    {.name = "stages.1.blocks.0.mlp.fc1.weight",.shape = "[20,5,1,1]"},
    {.name = "stages.1.blocks.0.mlp.fc2.weight",.shape = "[5,20,1,1]"},
    {.name = "stages.1.blocks.0.gamma",.shape = "[5,1,1]"},
    {.name = "head.fc.weight",.shape = "[4,9,1,1]"},
    {.name = "stages.1.blocks.1.mlp.grn.weight",.shape = "[1,1,1,20]"},
    {.name = "stages.1.blocks.1.mlp.grn.bias",.shape = "[1,1,1,20]"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *path = build (dir, "a.safetensors",
        strstr (rows[i].name, "grn") ? &small_v2 : &small_v1, CNX_SCHEME_TIMM, "", &rows[i], NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (path, &error);

    g_assert_no_error (error);
    g_assert_nonnull (model);
  }
}

/* A fault in timm naming, and two texts that its message must hold. */
static const struct
{
  int version;
  Fault fault;
  const char *says[2];
} faults[] = {
  {1, {"stages.1.blocks.0.gamma", ""}, {"'stages.1.blocks.0.gamma' of shape (5)", "timm"}},
  {2, {"stages.1.blocks.1.mlp.grn.bias", ""}, {"stages.1.blocks.1.mlp.grn.bias", "(20)"}},
  {1, {"stages.0.blocks.0.gamma", ""}, {"stages.0.blocks.0.gamma", "missing"}},
  {1, {"head.norm.weight", "norm_pre.weight"}, {"'norm_pre.bias'", "'head.norm.bias'"}},
  {1, {"head.fc.bias", ""}, {"head.fc.bias", "missing"}},
  {1, {"head.fc.weight", ""}, {"head.fc.bias", "unexpected"}},
  {1, {"stem.1.bias", "stem.2.bias"}, {"stem.1.bias", "stem.2.bias"}},
  {1, {"stages.2.blocks.0.conv_dw.weight", ""}, {"stages.2.blocks.0.conv_dw.weight", "missing"}},
  {1, {"stages.1.blocks.1.norm.weight", NULL, "[4]", NULL, 8}, {"should have the shape (5)",
          "has (4)"}},
  {1, {"stages.1.blocks.1.conv_dw.weight", NULL, "[5,1,5,5]", NULL, 250}, {"(5, 1, 7, 7)",
          "(5, 1, 5, 5)"}},
  {1, {"stages.1.blocks.1.conv_dw.weight", NULL, "[5,7,7]"}, {"(5, 1, 7, 7)", "(5, 7, 7)"}},
  {1, {"stages.1.blocks.1.mlp.fc1.weight", NULL, "[15,5]", NULL, 150}, {"(20, 5)", "(15, 5)"}},
  {1, {"stages.1.blocks.1.mlp.fc1.weight", NULL, "[5,20]"}, {"(20, 5)", "(5, 20)"}},
  {1, {"stages.1.blocks.1.mlp.fc1.weight", NULL, "[100]"}, {"(20, 5)", "(100)"}},
  {1, {"stages.1.blocks.1.mlp.fc1.weight", NULL, "[1,20,5]"}, {"(20, 5)", "(1, 20, 5)"}},
  {1, {"stages.1.blocks.1.mlp.fc2.weight", NULL, "[1,1,5,20]"}, {"(5, 20)", "(1, 1, 5, 20)"}},
  {1, {"stages.1.blocks.1.mlp.fc1.weight", NULL, "[20,1,5]"}, {"(20, 5)", "(20, 1, 5)"}},
  {1, {"stages.1.downsample.1.weight", NULL, "[5,3,3,3]", NULL, 270}, {"(5, 3, 2, 2)",
          "(5, 3, 3, 3)"}},
  {1, {"stem.0.weight", NULL, "[3,3,7,7]", NULL, 882}, {"(3, 3, 4, 4)", "(3, 3, 7, 7)"}},
  {1, {"stem.0.weight", NULL, "[3,1,4,4]", NULL, 96}, {"stem.0.weight", "of 1 channel"}},
  {1, {"stem.0.weight", NULL, "[3,3,3,4]", NULL, 216}, {"(3, 3, 4, 4)", "(3, 3, 3, 4)"}},
  {1, {"stem.0.weight", NULL, "[3,4,4,3]"}, {"(3, 3, 4, 4)", "(3, 4, 4, 3)"}},
  {1, {"stages.3.blocks.0.conv_dw.weight", NULL, "[0,1,7,7]", NULL, -1}, {"(0, 1, 7, 7)",
          "first size"}},
  {1, {"stages.3.blocks.0.conv_dw.weight", NULL, "[]", NULL, 2}, {"()", "first size"}},
  {1, {"stages.1.blocks.1.norm.weight", NULL, NULL, "I16"}, {"I16", "F32"}},
  {1, {"stages.0.blocks.0.norm.bias", "stages.0.blocks.0.norm.offset"},
      {"'stages.0.blocks.0.norm.bias'", "'stages.0.blocks.0.norm.offset'"}},
};

static void
test_faults (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *path = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = NULL;

    path = build (dir, "a.safetensors", faults[i].version == 1 ? &small_v1 : &small_v2,
        CNX_SCHEME_TIMM, "", &faults[i].fault, NULL);
    model = cnx_model_load (path, &error);
    g_assert_null (model);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
    g_test_message ("%s", error->message);
    cnx_test_assert_message (error, path, faults[i].says[0], faults[i].says[1], NULL);
  }
}

static void
test_additions (void)
{
  static const struct
  {
    int version;
    Fault added;
    const char *says;           /* NULL: loads */
  } rows[] = {
    {1, {"num_batches_tracked", NULL, "[]", "I64", 8}, NULL},
    {1, {"head.pre_logits.fc.weight", NULL, "[2]", "F16", 4}, "head.pre_logits.fc.bias"},
    {1, {"stages.0.blocks.2.gamma", NULL, "[3]", "F16", 6}, "stages.0.blocks.2.gamma"},
    {1, {"stages.4.blocks.0.gamma", NULL, "[3]", "F16", 6}, "stages.4.blocks.0.gamma"},
    {1, {"stages.0.blocks.0.mlp.grn.weight", NULL, "[12]", "F16", 24}, "hybrid"},
    {1, {"stages.1.blocks.0.mlp.grn.weight", NULL, "[20]", "F16", 40}, "unexpected"},
    {2, {"stages.0.blocks.0.gamma", NULL, "[3]", "F16", 6}, "hybrid"},
    {1, {"model_ema.stem.0.weight", NULL, "[3,3,4,4]", "F16", 288}, "model_ema.stem.0.weight"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *path =
        build (dir, "a.safetensors", rows[i].version == 1 ? &small_v1 : &small_v2,
        CNX_SCHEME_TIMM, "", NULL, &rows[i].added);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (path, &error);

    if (!rows[i].says) {
      g_assert_no_error (error);
      continue;
    }
    g_assert_null (model);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
    cnx_test_assert_message (error, rows[i].says, NULL);
  }
}

/* Weights of other networks. */
static void
test_other_networks (void)
{
  static const struct
  {
    const char *header;
    gsize size;
    const char *says[2];
  } rows[] = {
    {"{}", 0, {"not a ConvNeXt", "stem.0.weight"}},
    {"{\"conv1.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
        {"not a ConvNeXt", "conv1.weight"}},
    /* A Swin transformer of torchvision's begins like its ConvNeXt. */
    {"{\"features.0.0.weight\":{\"dtype\":\"F32\",\"shape\":[1,3,4,4],\"data_offsets\":[0,192]}}",
          192,
        {"torchvision", "features.1.0.block.0.weight"}},
    {"{\"stem.0.weight\":{\"dtype\":\"F32\",\"shape\":[1,3,4,4],\"data_offsets\":[0,192]}}", 192,
        {"timm", "stages.0.blocks.0.conv_dw.weight"}},
    /* Ends like a stem, but is another word. */
    {"{\"system.0.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
        {"not a ConvNeXt", "system.0.weight"}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autofree char *path =
        cnx_test_write_safetensors (dir, "a.safetensors", rows[i].header, rows[i].size);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (path, &error);

    g_assert_null (model);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
    cnx_test_assert_message (error, path, rows[i].says[0], rows[i].says[1], NULL);
  }
}

/* ConvNeXt V2 as its pre-training leaves it. */
static void
test_pre_trained (void)
{
  static const char *const rows[] = {
    "stem.0.weight 3,3,4,4;stem.0.bias 3;stem.1.weight 3;stem.1.bias 3;stages.0.blocks.0.mlp.grn.weight 12",
    "downsample_layers.0.0.weight 3,3,4,4;downsample_layers.0.0.bias 3;downsample_layers.0.1.weight 3;"
        "downsample_layers.0.1.bias 3;stages.0.0.grn.gamma 1,1,1,12",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autoptr (GString) header = g_string_new ("{");
    g_auto (GStrv) tensors = g_strsplit (rows[i], ";", -1);
    Builder builder = {.header = header };

    for (guint t = 0; tensors[t]; t++) {
      g_auto (GStrv) parts = g_strsplit (tensors[t], " ", 2);
      g_auto (GStrv) dims = g_strsplit (parts[1], ",", -1);
      g_autofree char *shape = g_strdup_printf ("[%s]", parts[1]);
      gsize bytes = 2;

      for (guint d = 0; dims[d]; d++)
        bytes *= atoi (dims[d]);
      add_entry (&builder, parts[0], shape, "F16", bytes);
    }
    g_string_append_c (header, '}');
    g_autofree char *path = cnx_test_write_safetensors (dir, "a.safetensors", header->str, builder.offset);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (path, &error);

    g_assert_null (model);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
    cnx_test_assert_message (error, path, "FCMAE", NULL);
  }
}

/* Which weights a folder stands for. */
static void
test_folders (void)
{
  static const struct
  {
    const char *files, *says;   /* the one that is taken, or why none is */
    gboolean found;
  } rows[] = {
    {"model.safetensors pytorch_model.bin a.pth", "model.safetensors'", TRUE},
    {"pytorch_model.bin a.safetensors", "pytorch_model.bin'", TRUE},
    {"a.pth config.json", "a.pth'", TRUE},
    {"last.ckpt hparams.yaml", "last.ckpt'", TRUE},
    {"mine.pth.tar args.yaml", "mine.pth.tar'", TRUE},
    {"model_best.pth.tar last.pth.tar checkpoint-9.pth.tar", "model_best.pth.tar'", TRUE},
    {"a.pth optimizer.pt scheduler.pt training_args.bin rng_state_0.pth", "a.pth'", TRUE},
    {"a.ckpt last.ckpt", "several files of weights (a.ckpt, last.ckpt)", FALSE},
    {"a.pth b.safetensors", "several files of weights (a.pth, b.safetensors)", FALSE},
    {"config.json", "holds no model.safetensors", FALSE},
    {"checkpoint-9/trainer_state.json", "nor another file of weights", FALSE},
    {"checkpoint-9/pytorch_model.bin checkpoint-10/a.pth b/c/d/e.pth config.json",
        "name one in it that does: 'checkpoint-10', 'checkpoint-9'", FALSE},
    {"refs/main snapshots/0a1b/model.safetensors", "name one in it that does: 'snapshots/0a1b'", FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_auto (GStrv) files = g_strsplit (rows[i].files, " ", -1);
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = NULL;

    for (guint f = 0; files[f]; f++)
      g_free (cnx_test_write_text (dir, files[f], "{}"));
    model = cnx_model_load (dir, &error);
    g_assert_null (model);      /* what is taken is too short to be weights */
    g_assert_error (error, CNX_ERROR, rows[i].found ? CNX_ERROR_FORMAT : CNX_ERROR_NOT_FOUND);
    cnx_test_assert_message (error, dir, rows[i].says, NULL);
  }
}

/* What people give in place of a path. */
static void
test_no_path (void)
{
  static const struct
  {
    const char *path, *says;
  } rows[] = {
    {"https://example.org/model.safetensors", "save what is there as a file first"},
    {"hf_hub:timm/convnext_tiny.fb_in1k", "is a name on a hub"},
    {"file:///models/a.pth", "give the path behind file:// alone"},
    {"~/models/a.pth", "~ is replaced by a shell"},
    {"$HOME/models/a.pth", "a variable is replaced by a shell"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (cnx_model_load (rows[i].path, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
    cnx_test_assert_message (error, rows[i].path, rows[i].says, NULL);
  }
}

static void
test_not_there (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *missing = g_build_filename (dir, "missing", NULL);
  const char *paths[] = { dir, missing };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = cnx_model_load (paths[i], &error);

    g_assert_null (model);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND);
    cnx_test_assert_message (error, paths[i], NULL);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model/namings", test_namings);
  g_test_add_func ("/model/tensors", test_tensors);
  g_test_add_func ("/model/no-classifier", test_no_classifier);
  g_test_add_func ("/model/shapes-that-do", test_shapes_that_do);
  g_test_add_func ("/model/faults", test_faults);
  g_test_add_func ("/model/additions", test_additions);
  g_test_add_func ("/model/other-networks", test_other_networks);
  g_test_add_func ("/model/pre-trained", test_pre_trained);
  g_test_add_func ("/model/folders", test_folders);
  g_test_add_func ("/model/not-there", test_not_there);
  g_test_add_func ("/model/no-path", test_no_path);
  return g_test_run ();
}
