/* What leaves no trace in the tensors: from a config's arguments, from an architecture's name, or from the sizes. */
#include <string.h>

#include "core/error.h"
#include "core/model/model.h"
#include "core/model/relatives.h"
#include "tests/support/models.h"
#include "tests/support/temp_files.h"

#define SMALL .depths = {1, 1, 1, 1},.dims = {3, 3, 3, 3},.classes = 2
#define ARGS(args) "{\"model_args\": {" args "}}"

#define OPEN_CLIP(vision, how) "{\"model_cfg\": {\"vision_cfg\": {\"timm_model_name\": \"convnext_xxlarge\"" vision \
  "}}, \"preprocess_cfg\": {" how "}}"

static const CnxArch plain = {.version = 1, SMALL };
static const CnxArch v2 = {.version = 2, SMALL };
static const CnxArch biasless = {.version = 1, SMALL,.norm = CNX_NORM_RMS };
static const CnxArch odd = {.version = 1, SMALL,.stem = CNX_STEM_OVERLAP,.stem_dim = 2,.kernels = {0, 5, 3, 1},
  .no_conv_bias = TRUE,.hidden = 5
};
static const CnxArch norm_first = {.version = 1, SMALL,.norm_first = TRUE };

/* Random weights of @arch with @config beside them; NULL: none. */
static CnxModel *
load (const CnxArch * arch, const char *config, GError ** error)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_model (arch, config);

  return cnx_model_load (dir, error);
}

/* What the tensors show comes back from them alone. */
static void
test_tensors (void)
{
  const CnxArch *const rows[] = { &plain, &v2, &odd, &norm_first };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = load (rows[i], NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpmem (cnx_model_arch (model), sizeof (CnxArch), rows[i], sizeof (CnxArch));
  }
}

typedef struct
{
  const CnxArch *arch;
  const char *config;
  CnxNorm norm;
  double eps;
  CnxActivation activation;
} Taken;

static const Taken taken[] = {
  {&plain, ARGS (""), 0, 1e-6, 0},
  {&plain, ARGS ("\"act_layer\": \"gelu_tanh\", \"norm_eps\": 1e-5"), 0, 1e-5, CNX_ACTIVATION_GELU_TANH},
  {&plain, ARGS ("\"act_layer\": \"swish\", \"norm_layer\": \"layernorm2d\""), 0, 1e-6, CNX_ACTIVATION_SILU},
  {&plain, ARGS ("\"act_layer\": null, \"norm_layer\": null, \"norm_eps\": null"), 0, 1e-6, 0},
  {&plain, ARGS ("\"depths\": [1, 1, 1, 1], \"dims\": [3, 3, 3, 3], \"kernel_sizes\": 7, \"patch_size\": 4, "
        "\"output_stride\": 32, \"in_chans\": 3, \"stem_type\": \"patch\", \"conv_bias\": true, \"use_grn\": false, "
        "\"head_norm_first\": false, \"global_pool\": \"avg\", \"num_classes\": 2"), 0, 1e-6, 0},
  {&plain, ARGS ("\"conv_mlp\": true, \"drop_path_rate\": 0.4, \"drop_rate\": 0.1, \"ls_init_value\": 1e-3, "
        "\"head_init_scale\": 0.001"), 0, 1e-6, 0},
  {&v2, ARGS ("\"use_grn\": true, \"ls_init_value\": null"), 0, 1e-6, 0},
  {&odd, ARGS ("\"stem_type\": \"overlap_tiered\", \"kernel_sizes\": [7, 5, 3, 1], \"conv_bias\": false, "
        "\"head_hidden_size\": 5, \"patch_size\": 2"), 0, 1e-6, 0},
  {&norm_first, ARGS ("\"head_norm_first\": true"), 0, 1e-6, 0},
  {&biasless, ARGS ("\"norm_layer\": \"rmsnorm\""), CNX_NORM_RMS, 1e-6, 0},
  {&biasless, ARGS ("\"norm_layer\": \"simplenorm2d\", \"norm_eps\": 1"), CNX_NORM_SIMPLE, 1, 0},
  {&biasless, "{\"architecture\": \"convnext_atto_rms.untrained\"}", CNX_NORM_RMS, 1e-6, 0},
  {&biasless, "{\"architecture\": \"convnext_zepto_rms_ols\"}", CNX_NORM_SIMPLE, 1e-6, 0},
  {&plain, "{\"architecture\": \"convnext_xxlarge.clip_laion2b_soup\"}", 0, 1e-5, 0},
  {&plain, "{\"architecture\": \"test_convnext3\", \"model_args\": {\"norm_eps\": 1e-6}}", 0, 1e-6,
      CNX_ACTIVATION_SILU},
  {&plain, "{\"hidden_act\": \"gelu_pytorch_tanh\"}", 0, 1e-6, CNX_ACTIVATION_GELU_TANH},
  {&plain, "{\"architecture\": \"convnext_tiny\", \"model_args\": {\"depths\": [1, 1, 1, 1], \"dims\": [3, 3, 3, 3]}}",
      0, 1e-6, 0},
};

static void
test_taken (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (taken); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = load (taken[i].arch, taken[i].config, &error);

    g_test_message ("%s", taken[i].config);
    g_assert_no_error (error);
    const CnxArch *arch = cnx_model_arch (model);
    g_assert_cmpint (arch->norm, ==, taken[i].norm);
    g_assert_cmpint (arch->activation, ==, taken[i].activation);
    g_assert_cmpfloat (cnx_arch_norm_eps (arch), ==, taken[i].eps);
    g_assert_cmpfloat (cnx_model_final_norm_eps (model), ==, taken[i].eps);
  }
}

/* timm's sizes, which no other of its architectures has; not those of its tests, and not where there is a name. */
static void
test_by_size (void)
{
  const Taken rows[] = {
    {&(const CnxArch) {1, {3, 4, 30, 3}, {384, 768, 1536, 3072}}, NULL, 0, 1e-5, 0},
    {&(const CnxArch) {1, {1, 2, 4, 2}, {24, 32, 48, 64}}, NULL, 0, 1e-6, CNX_ACTIVATION_GELU},
    {&(const CnxArch) {1, {1, 1, 1, 1}, {32, 64, 96, 128}}, NULL, 0, 1e-6, CNX_ACTIVATION_GELU},
    {&(const CnxArch) {1, {1, 1, 1, 1}, {32, 64, 96, 128},.kernels = {0, 5, 5, 3}}, NULL, 0, 1e-6, CNX_ACTIVATION_GELU},
    {&(const CnxArch) {2, {3, 4, 30, 3}, {384, 768, 1536, 3072}}, NULL, 0, 1e-6, 0},
    {&(const CnxArch) {1, {3, 4, 30, 3}, {384, 768, 1536, 3072}}, "mine", 0, 1e-6, 0},
    {&(const CnxArch) {1, {2, 2, 4, 2}, {32, 64, 128, 256},.norm = CNX_NORM_UNNAMED}, NULL, CNX_NORM_SIMPLE, 1e-6, 0},
    {&(const CnxArch) {1, {2, 2, 6, 2}, {40, 80, 160, 320},.norm = CNX_NORM_UNNAMED}, NULL, CNX_NORM_RMS, 1e-6, 0},
    {&(const CnxArch) {1, {2, 2, 6, 2}, {40, 80, 160, 320}}, NULL, CNX_NORM_LAYER, 1e-6, 0},
    {&(const CnxArch) {1, {1, 2, 4, 2}, {24, 32, 48, 64}}, "test_convnext", 0, 1e-5, CNX_ACTIVATION_GELU_TANH},
    {&(const CnxArch) {1, {1, 2, 4, 2}, {24, 32, 48, 64}}, "convnext_tiny", 0, 1e-6, 0},
    {&(const CnxArch) {1, {1, 2, 4, 2}, {24, 32, 48, 64}}, "mine", 0, 1e-6, 0},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CnxArch arch = *rows[i].arch;
    g_autoptr (GError) error = NULL;

    g_assert_true (cnx_arch_take_name (&arch, rows[i].config, &error));
    g_assert_no_error (error);
    g_assert_cmpint (arch.norm, ==, rows[i].norm);
    g_assert_cmpint (arch.activation, ==, rows[i].activation);
    g_assert_cmpfloat (cnx_arch_norm_eps (&arch), ==, rows[i].eps);
  }
}

static const struct
{
  const CnxArch *arch;
  const char *config, *says[2];
} refused[] = {
  {&plain, ARGS ("\"output_stride\": 16"), {"'output_stride' in 'model_args' is 16", "only 32"}},
  {&plain, ARGS ("\"patch_size\": 2"), {"'patch_size'", "only 4"}},
  {&plain, ARGS ("\"kernel_sizes\": [7, 5, 5, 3]"), {"'kernel_sizes' in 'model_args' is [7,5,5,3]", "7, 7, 7, 7"}},
  {&plain, ARGS ("\"kernel_sizes\": [7, 7]"), {"'kernel_sizes'", "7, 7, 7, 7"}},
  {&plain, ARGS ("\"conv_bias\": false"), {"'conv_bias'", "biases in their convolutions"}},
  {&plain, ARGS ("\"use_grn\": true"), {"'use_grn'", "no global response"}},
  {&plain, ARGS ("\"norm_layer\": \"rmsnorm2d\""), {"'norm_layer'", "biases, as layernorm's"}},
  {&plain, ARGS ("\"norm_layer\": \"batchnorm2d\""), {"batchnorm2d", "simplenorm"}},
  {&biasless, ARGS ("\"norm_layer\": \"layernorm\""), {"'norm_layer'", "no biases"}},
  {&plain, ARGS ("\"norm_eps\": 0"), {"'norm_eps'", "above 0"}},
  {&plain, ARGS ("\"norm_eps\": \"small\""), {"'norm_eps'", "above 0"}},
  {&plain, ARGS ("\"act_layer\": \"mish\""), {"'act_layer'", "quick_gelu, silu"}},
  {&plain, ARGS ("\"act_layer\": 3"), {"'act_layer'", "quick_gelu, silu"}},
  {&plain, ARGS ("\"stem_type\": \"overlap\""), {"'stem_type'", "have patch"}},
  {&odd, ARGS ("\"stem_type\": \"overlap_act\""), {"'stem_type'", "overlap_tiered"}},
  {&plain, ARGS ("\"head_hidden_size\": 64"), {"'head_hidden_size'", "0 outputs"}},
  {&plain, ARGS ("\"head_norm_first\": true"), {"'head_norm_first'", "no norm before"}},
  {&plain, ARGS ("\"in_chans\": 1"), {"'in_chans'", "only 3"}},
  {&plain, ARGS ("\"global_pool\": \"max\""), {"'global_pool'", "only 'avg'"}},
  {&plain, ARGS ("\"num_classes\": 9"), {"'num_classes'", "2 classes"}},
  {&plain, ARGS ("\"depths\": [3, 3, 9, 3]"), {"'depths'", "1, 1, 1, 1"}},
  {&plain, ARGS ("\"dims\": [3, 3, 3, 4]"), {"'dims'", "3, 3, 3, 3"}},
  {&plain, ARGS ("\"features_only\": true"), {"'features_only'", "only false"}},
  {&plain, ARGS ("\"squeeze\\u001b\": {\"a\": 1}"), {"'squeeze\\033'", "no argument that is known"}},
  {&biasless, NULL, {"norms have no bias", "norm_layer"}},
  {&biasless, "{\"architecture\": \"mine\"}", {"norms have no bias", "norm_layer"}},
  {&plain, "{\"architecture\": \"convnext_atto_rms\"}", {"RMSNorm", "have biases"}},
  {&biasless, "{\"architecture\": \"convnext_xxlarge\"}", {"LayerNorm", "no biases"}},
  {&plain, "{\"hidden_act\": \"gelu_10\"}", {"hidden_act", "gelu_10"}},
  {&plain, OPEN_CLIP (", \"timm_pool\": \"rot_attn\"", ""), {"config.json': 'timm_pool' is 'rot_attn'", "only 'avg'"}},
  {&plain, OPEN_CLIP (", \"timm_pool\": \"\\u001b\"", ""), {"'timm_pool' is '\\033'", "only 'avg'"}},
  {&plain, OPEN_CLIP (", \"timm_proj\": \"\"", ""), {"'timm_proj' is empty", "2 outputs"}},
  {&plain, OPEN_CLIP (", \"timm_proj\": null", ""), {"'timm_proj' is empty", "2 outputs"}},
  {&plain, OPEN_CLIP (", \"timm_model_kwargs\": {\"output_stride\": 16}", ""),
        {"'output_stride' in 'timm_model_kwargs' is 16", "only 32"}},
  {&plain, "{\"model_cfg\": {\"vision_cfg\": {\"layers\": 12}}}", {"config.json': it names no 'timm_model_name'"}},
};

static void
test_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = load (refused[i].arch, refused[i].config, &error);

    g_test_message ("%s: %s", refused[i].config ? refused[i].config : "no config", error ? error->message : "loaded");
    g_assert_null (model);
    g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
    cnx_test_assert_message (error, refused[i].says[0], refused[i].says[1], NULL);
  }
}

static void
test_differences (void)
{
  CnxArch all = odd;
  g_auto (GStrv) none = cnx_arch_differences (&plain), told = NULL;
  g_autofree char *text = NULL;

  g_assert_null (none[0]);
  all.norm = CNX_NORM_SIMPLE;
  all.norm_eps = 1e-5;
  all.activation = CNX_ACTIVATION_SILU;
  all.embedding = 9;
  told = cnx_arch_differences (&all);
  text = g_strjoinv ("; ", told);
  g_assert_cmpstr (text, ==, "overlapping stem (3x3 to 2 channels, 3x3); SimpleNorm; norm eps 1e-05; silu; "
      "depthwise kernels of 7, 5, 3, 1; convolutions without a bias; hidden layer of 5 in the head; "
      "projection to 9 in the classifier's place");
}

/* What OpenCLIP's config says of the tower, and CLIP's own mean and deviation where it says nothing of them. */
static void
test_open_clip (void)
{
  static const struct
  {
    const char *config;
    float mean, std;
    double eps;
    CnxActivation activation;
  } rows[] = {
    {OPEN_CLIP ("", ""), 0.48145466f, 0.26862954f, 1e-5, 0},
    {OPEN_CLIP (", \"timm_pool\": \"avg\", \"timm_proj\": \"none\"", "\"mean\": null, \"std\": [0.5, 0.25, 0.25]"),
      0.48145466f, 0.5f, 1e-5, 0},
    {OPEN_CLIP (", \"timm_pool\": \"\", \"timm_proj\": \"\", \"timm_model_kwargs\": {\"act_layer\": \"silu\", "
        "\"norm_eps\": 1e-3}", "\"mean\": [0.25, 0, 0]"), 0.25f, 0.26862954f, 1e-3, CNX_ACTIVATION_SILU},
    {OPEN_CLIP (", \"timm_pool\": null, \"timm_model_kwargs\": null", ""), 0.48145466f, 0.26862954f, 1e-5, 0},
  };
  CnxArch arch = plain;

  arch.classes = 0;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (CnxModel) model = load (&arch, rows[i].config, &error);

    g_test_message ("%s", rows[i].config);
    g_assert_no_error (error);
    g_assert_cmpfloat (cnx_model_recipe (model)->mean[0], ==, rows[i].mean);
    g_assert_cmpfloat (cnx_model_recipe (model)->std[0], ==, rows[i].std);
    g_assert_cmpfloat (cnx_arch_norm_eps (cnx_model_arch (model)), ==, rows[i].eps);
    g_assert_cmpint (cnx_model_arch (model)->activation, ==, rows[i].activation);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/arguments/tensors", test_tensors);
  g_test_add_func ("/arguments/taken", test_taken);
  g_test_add_func ("/arguments/by-size", test_by_size);
  g_test_add_func ("/arguments/refused", test_refused);
  g_test_add_func ("/arguments/open-clip", test_open_clip);
  g_test_add_func ("/arguments/differences", test_differences);
  return g_test_run ();
}
