/* Variants, their names, and what they cost. */
#include <string.h>

#include "core/model/arch.h"
#include "core/error.h"
#include "core/model/cost.h"
#include "core/model/naming.h"
#include "tests/support/temp_files.h"

/* Published figures; multiply-accumulates in millions at 224 x 224, norms not counted; 0: not published. */
static const struct
{
  const char *name;
  guint64 parameters;
  guint64 mega_macs;
} published[] = {
  {"atto", 3695520, 0},
  {"femto", 5217784, 780},
  {"pico", 9045672, 0},
  {"nano", 15593560, 2446},
  {"tiny", 28589128, 4456},
  {"small", 50223688, 8684},
  {"base", 88591464, 15355},
  {"large", 197767336, 34361},
  {"xlarge", 350196968, 60921},
  {"v2-atto", 3708400, 0},
  {"v2-femto", 5233240, 780},
  {"v2-pico", 9066280, 0},
  {"v2-nano", 15623800, 2446},
  {"v2-tiny", 28635496, 4456},
  {"v2-base", 88717800, 15355},
  {"v2-large", 197956840, 34361},
  {"v2-huge", 660289640, 0},
};

static void
test_costs (void)
{
  guint known = 0;

  for (const CnxVariant * variant = cnx_variants (); variant->name; variant++)
    known++;
  g_assert_cmpuint (known, ==, G_N_ELEMENTS (published));

  for (guint i = 0; i < G_N_ELEMENTS (published); i++) {
    const CnxVariant *variant = cnx_variant_find (published[i].name);

    g_assert_nonnull (variant);
    g_assert_cmpstr (variant->name, ==, published[i].name);
    g_assert_cmpuint (cnx_arch_parameters (&variant->arch), ==, published[i].parameters);
    if (published[i].mega_macs)
      g_assert_cmpuint ((cnx_arch_macs (&variant->arch, 224, 224) + 500000) / 1000000, ==,
          published[i].mega_macs);
  }
}

static void
test_macs_of_small_input (void)
{
  /* By hand: 32 x 32, one block of 1, 2, 4, 8 channels at 64, 16, 4, 1 pixels, 3 classes. */
  const CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {1, 2, 4, 8},.classes = 3 };
  guint64 stem = 64 * 48;
  guint64 blocks = 64 * (49 + 8) + 16 * (98 + 32) + 4 * (196 + 128) + 1 * (392 + 512);
  guint64 downsamples = 16 * 4 * 1 * 2 + 4 * 4 * 2 * 4 + 1 * 4 * 4 * 8;

  g_assert_cmpuint (cnx_arch_macs (&arch, 32, 32), ==, stem + blocks + downsamples + 8 * 3);
  g_assert_cmpuint (cnx_arch_macs (&arch, 32, 64) - 8 * 3, ==, 2 * (stem + blocks + downsamples));
}

/* By hand: one block of 1, 2, 4, 8 channels a stage, as above; every parameter of each part. */
static void
test_parts_of_small_input (void)
{
  static const CnxPartCost wanted[CNX_N_PARTS] = {
    {8, 16, 1, 0, 48 + 1 + 2, 2 * 64 * 48},
    {8, 16, 1, 1, 50 + 2 + 8 + 5 + 1, 2 * 64 * (49 + 8)},
    {4, 8, 2, 1, 2 + 8 + 2 + 100 + 4 + 16 + 8 + 18 + 2, 2 * (16 * (98 + 32) + 16 * 4 * 1 * 2)},
    {2, 4, 4, 1, 4 + 32 + 4 + 200 + 8 + 64 + 16 + 68 + 4, 2 * (4 * (196 + 128) + 4 * 4 * 2 * 4)},
    {1, 2, 8, 1, 8 + 128 + 8 + 400 + 16 + 256 + 32 + 264 + 8, 2 * ((392 + 512) + 4 * 4 * 8)},
    {1, 1, 3, 0, 16 + 24 + 3, 24},
  };
  CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {1, 2, 4, 8},.classes = 3 };
  CnxPartCost costs[CNX_N_PARTS];

  cnx_arch_costs (&arch, 32, 64, costs);
  for (int part = 0; part < CNX_N_PARTS; part++) {
    g_test_message ("%s", cnx_part_name (part));
    g_assert_cmpint (costs[part].height, ==, wanted[part].height);
    g_assert_cmpint (costs[part].width, ==, wanted[part].width);
    g_assert_cmpint (costs[part].channels, ==, wanted[part].channels);
    g_assert_cmpint (costs[part].blocks, ==, wanted[part].blocks);
    g_assert_cmpuint (costs[part].parameters, ==, wanted[part].parameters);
    g_assert_cmpuint (costs[part].macs, ==, wanted[part].macs);
  }

  arch.version = 2;             /* GRN's 2 x 4C for layer scale's C */
  arch.classes = 0;
  cnx_arch_costs (&arch, 32, 64, costs);
  g_assert_cmpuint (costs[CNX_PART_STAGE + 3].parameters, ==, wanted[CNX_PART_STAGE + 3].parameters + 64 - 8);
  g_assert_cmpuint (costs[CNX_PART_HEAD].parameters, ==, 16);
  g_assert_cmpuint (costs[CNX_PART_HEAD].macs, ==, 0);
  g_assert_cmpint (costs[CNX_PART_HEAD].channels, ==, 8);
}

/* The parts of every variant, at two sizes, add up to the whole, which test_costs() has from outside. */
static void
test_parts_add_up (void)
{
  static const int sides[] = { 224, 384 };

  for (const CnxVariant * variant = cnx_variants (); variant->name; variant++)
    for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
      CnxPartCost costs[CNX_N_PARTS];
      guint64 parameters = 0, macs = 0;

      cnx_arch_costs (&variant->arch, sides[i], sides[i], costs);
      for (int part = 0; part < CNX_N_PARTS; part++) {
        g_assert_cmpuint (costs[part].parameters, >, 0);
        parameters += costs[part].parameters;
        macs += costs[part].macs;
      }
      g_assert_cmpuint (parameters, ==, cnx_arch_parameters (&variant->arch));
      g_assert_cmpuint (macs, ==, cnx_arch_macs (&variant->arch, sides[i], sides[i]));
    }
}

static void
test_names (void)
{
  static const struct
  {
    const char *asked;
    const char *found;
  } rows[] = {
    {"T", "tiny"}, {"t", "tiny"}, {"tiny", "tiny"}, {"TINY", "tiny"}, {"S", "small"},
    {"B", "base"}, {"L", "large"}, {"xl", "xlarge"}, {"XLarge", "xlarge"}, {"atto", "atto"},
    {"v2-T", "v2-tiny"}, {"V2-huge", "v2-huge"}, {"v2_base", "v2-base"}, {"v2-H", "v2-huge"},
    {"convnext_small", "small"}, {"convnextv2_nano", "v2-nano"},
    {"", NULL}, {"v2-", NULL}, {"huge", NULL}, {"v2-xlarge", NULL}, {"v2-small", NULL},
    {"xxlarge", NULL}, {"tin", NULL}, {"tiny2", NULL}, {"v2-v2-tiny", NULL}, {NULL, NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const CnxVariant *variant = cnx_variant_find (rows[i].asked);

    g_assert_cmpstr (variant ? variant->name : NULL, ==, rows[i].found);
  }
}

static void
test_variant_of (void)
{
  CnxArch arch;

  for (const CnxVariant * variant = cnx_variants (); variant->name; variant++) {
    arch = variant->arch;
    arch.classes = 7;
    g_assert_true (cnx_variant_of (&arch) == variant);
    arch.depths[2]++;
    g_assert_null (cnx_variant_of (&arch));
    arch.depths[2]--;
    arch.dims[3]++;
    g_assert_null (cnx_variant_of (&arch));
  }
}

/* Those that timm's convnext.py has with `conv_mlp=True`, in both versions, and no others. */
static void
test_conv_mlp (void)
{
  static const char *const names[] = { "atto", "femto", "pico", "nano", "v2-atto", "v2-femto", "v2-pico", "v2-nano",
    NULL
  };

  for (const CnxVariant * variant = cnx_variants (); variant->name; variant++)
    g_assert_true (variant->conv_mlp == g_strv_contains (names, variant->name));
}

static void
test_urls (void)
{
  for (const CnxVariant * variant = cnx_variants (); variant->name; variant++) {
    g_assert_true (g_str_has_prefix (variant->id, "timm/convnext"));
    g_assert_true (g_str_has_suffix (variant->id, "_in1k"));
  }
  g_assert_cmpstr (cnx_variant_find ("S")->id, ==, "timm/convnext_small.fb_in1k");
  g_assert_cmpstr (cnx_variant_find ("v2-T")->id, ==, "timm/convnextv2_tiny.fcmae_ft_in1k");
  g_autofree char *url = cnx_hub_url (cnx_variant_find ("T")->id, "config.json");
  g_assert_cmpstr (url, ==, "https://huggingface.co/timm/convnext_tiny.fb_in1k/resolve/main/config.json");
}

static void
test_input_sizes (void)
{
  static const struct
  {
    int height, width;
    const char *nearest;        /* NULL: works */
  } rows[] = {
    {32, 32, NULL}, {224, 224, NULL}, {64, 96, NULL}, {4096, 4096, NULL},
    {225, 224, "224 x 224"}, {224, 250, "256 x 224"}, {0, 224, "224 x 32"}, {-32, 32, "32 x 32"},
    {1, 1, "32 x 32"}, {4128, 64, "64 x 4096"}, {G_MAXINT, G_MININT, "32 x 4096"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    gboolean works = cnx_arch_check_input (rows[i].height, rows[i].width, &error);

    g_assert_cmpint (works, ==, rows[i].nearest == NULL);
    if (works) {
      g_assert_no_error (error);
      continue;
    }
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    cnx_test_assert_message (error, rows[i].nearest, "32", NULL);
  }
}

/* One row for each module: stage 2, block 4. */
static void
test_tensor_names (void)
{
  static const struct
  {
    CnxRole role;
    const char *names[CNX_N_SCHEMES];   /* timm, Hugging Face, torchvision, original, DINOv3 */
  } rows[] = {
    {CNX_ROLE_STEM_WEIGHT, {"stem.0.weight", "embeddings.patch_embeddings.weight",
            "features.0.0.weight", "downsample_layers.0.0.weight",
            "stages.0.downsample_layers.0.weight"}},
    {CNX_ROLE_STEM_NORM_BIAS, {"stem.1.bias", "embeddings.layernorm.bias", "features.0.1.bias",
            "downsample_layers.0.1.bias",
            "stages.0.downsample_layers.1.bias"}},
    {CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT, {"stages.2.downsample.0.weight",
                "encoder.stages.2.downsampling_layer.0.weight", "features.4.0.weight",
            "downsample_layers.2.0.weight",
            "stages.2.downsample_layers.0.weight"}},
    {CNX_ROLE_DOWNSAMPLE_BIAS, {"stages.2.downsample.1.bias",
                "encoder.stages.2.downsampling_layer.1.bias", "features.4.1.bias",
            "downsample_layers.2.1.bias",
            "stages.2.downsample_layers.1.bias"}},
    {CNX_ROLE_DEPTHWISE_WEIGHT, {"stages.2.blocks.4.conv_dw.weight",
                "encoder.stages.2.layers.4.dwconv.weight", "features.5.4.block.0.weight",
            "stages.2.4.dwconv.weight",
            "stages.2.layers.4.depthwise_conv.weight"}},
    {CNX_ROLE_BLOCK_NORM_WEIGHT, {"stages.2.blocks.4.norm.weight",
                "encoder.stages.2.layers.4.layernorm.weight", "features.5.4.block.2.weight",
            "stages.2.4.norm.weight",
            "stages.2.layers.4.layer_norm.weight"}},
    {CNX_ROLE_LINEAR1_BIAS, {"stages.2.blocks.4.mlp.fc1.bias",
                "encoder.stages.2.layers.4.pwconv1.bias", "features.5.4.block.3.bias",
            "stages.2.4.pwconv1.bias",
            "stages.2.layers.4.pointwise_conv1.bias"}},
    {CNX_ROLE_LINEAR2_WEIGHT, {"stages.2.blocks.4.mlp.fc2.weight",
                "encoder.stages.2.layers.4.pwconv2.weight", "features.5.4.block.5.weight",
            "stages.2.4.pwconv2.weight",
            "stages.2.layers.4.pointwise_conv2.weight"}},
    {CNX_ROLE_LAYER_SCALE, {"stages.2.blocks.4.gamma",
                "encoder.stages.2.layers.4.layer_scale_parameter", "features.5.4.layer_scale",
            "stages.2.4.gamma",
            "stages.2.layers.4.gamma"}},
    {CNX_ROLE_GRN_WEIGHT, {"stages.2.blocks.4.mlp.grn.weight",
            "encoder.stages.2.layers.4.grn.weight", NULL, "stages.2.4.grn.gamma"}},
    {CNX_ROLE_GRN_BIAS, {"stages.2.blocks.4.mlp.grn.bias",
            "encoder.stages.2.layers.4.grn.bias", NULL, "stages.2.4.grn.beta"}},
    {CNX_ROLE_FINAL_NORM_WEIGHT, {"head.norm.weight", "layernorm.weight", "classifier.0.weight",
            "norm.weight",
            "layer_norm.weight"}},
    {CNX_ROLE_CLASSIFIER_BIAS, {"head.fc.bias", "classifier.bias", "classifier.2.bias",
            "head.bias",
            "classifier.bias"}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    for (int scheme = 0; scheme < CNX_N_SCHEMES; scheme++) {
      g_autofree char *name = cnx_scheme_tensor_name (scheme, rows[i].role, 2, 4);

      g_assert_cmpstr (name, ==, rows[i].names[scheme]);
    }
  }
}

/* Where the kind of stem and head moves a name. */
static void
test_relatives_names (void)
{
  static const struct
  {
    CnxStem stem;
    gboolean norm_first;
    CnxRole role;
    const char *name;
  } rows[] = {
    {CNX_STEM_PATCH, FALSE, CNX_ROLE_STEM_NORM_WEIGHT, "stem.1.weight"},
    {CNX_STEM_OVERLAP, FALSE, CNX_ROLE_STEM_SECOND_BIAS, "stem.1.bias"},
    {CNX_STEM_OVERLAP, FALSE, CNX_ROLE_STEM_NORM_WEIGHT, "stem.2.weight"},
    {CNX_STEM_OVERLAP_ACT, FALSE, CNX_ROLE_STEM_SECOND_WEIGHT, "stem.2.weight"},
    {CNX_STEM_OVERLAP_ACT, FALSE, CNX_ROLE_STEM_NORM_BIAS, "stem.3.bias"},
    {CNX_STEM_PATCH, TRUE, CNX_ROLE_FINAL_NORM_BIAS, "norm_pre.bias"},
    {CNX_STEM_PATCH, FALSE, CNX_ROLE_HIDDEN_WEIGHT, "head.pre_logits.fc.weight"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const CnxArch arch = {.stem = rows[i].stem,.norm_first = rows[i].norm_first };
    g_autofree char *name = cnx_arch_tensor_name (&arch, CNX_SCHEME_TIMM, rows[i].role, 0, 0);

    g_assert_cmpstr (name, ==, rows[i].name);
  }
}

static void
test_prefixes (void)
{
  static const struct
  {
    CnxScheme scheme;
    const char *prefix;
    CnxRole role;
    const char *name;
  } rows[] = {
    {CNX_SCHEME_TIMM, "module.", CNX_ROLE_CLASSIFIER_BIAS, "module.head.fc.bias"},
    {CNX_SCHEME_HUGGING_FACE, "convnext.", CNX_ROLE_FINAL_NORM_BIAS, "convnext.layernorm.bias"},
    {CNX_SCHEME_HUGGING_FACE, "convnext.", CNX_ROLE_CLASSIFIER_BIAS, "classifier.bias"},
    {CNX_SCHEME_HUGGING_FACE, "m.convnextv2.", CNX_ROLE_CLASSIFIER_BIAS, "m.classifier.bias"},
    {CNX_SCHEME_HUGGING_FACE, "", CNX_ROLE_CLASSIFIER_BIAS, "classifier.bias"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name =
        cnx_scheme_file_name (rows[i].scheme, rows[i].prefix, rows[i].role, 0, 0);

    g_assert_cmpstr (name, ==, rows[i].name);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/arch/costs", test_costs);
  g_test_add_func ("/arch/macs-of-small-input", test_macs_of_small_input);
  g_test_add_func ("/arch/parts-of-small-input", test_parts_of_small_input);
  g_test_add_func ("/arch/parts-add-up", test_parts_add_up);
  g_test_add_func ("/arch/names", test_names);
  g_test_add_func ("/arch/variant-of", test_variant_of);
  g_test_add_func ("/arch/conv-mlp", test_conv_mlp);
  g_test_add_func ("/arch/urls", test_urls);
  g_test_add_func ("/arch/input-sizes", test_input_sizes);
  g_test_add_func ("/arch/tensor-names", test_tensor_names);
  g_test_add_func ("/arch/names-of-relatives", test_relatives_names);
  g_test_add_func ("/arch/prefixes", test_prefixes);
  return g_test_run ();
}
