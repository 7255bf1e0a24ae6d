#include "core/model/relatives.h"

#include <string.h>

#include "core/error.h"
#include "core/input/json.h"

/* Longest text of a value in a message. */
#define MAX_VALUE 80

/* ---- names ---- */

/* The first of each is timm's. */
static const struct
{
  const char *name;
  CnxActivation activation;
} activations[] = {
  {"gelu", CNX_ACTIVATION_GELU}, {"gelu_python", CNX_ACTIVATION_GELU},
  {"gelu_tanh", CNX_ACTIVATION_GELU_TANH}, {"gelu_pytorch_tanh", CNX_ACTIVATION_GELU_TANH},
  {"gelu_new", CNX_ACTIVATION_GELU_TANH}, {"gelu_fast", CNX_ACTIVATION_GELU_TANH},
  {"quick_gelu", CNX_ACTIVATION_QUICK_GELU},
  {"silu", CNX_ACTIVATION_SILU}, {"swish", CNX_ACTIVATION_SILU},
  {"relu", CNX_ACTIVATION_RELU},
};

static const struct
{
  const char *name;
  CnxNorm norm;
} norms[] = {
  {"layernorm", CNX_NORM_LAYER}, {"layernorm2d", CNX_NORM_LAYER},
  {"rmsnorm", CNX_NORM_RMS}, {"rmsnorm2d", CNX_NORM_RMS},
  {"simplenorm", CNX_NORM_SIMPLE}, {"simplenorm2d", CNX_NORM_SIMPLE},
};

static const char *const norm_titles[] = { "LayerNorm", "RMSNorm", "SimpleNorm", "norms without a bias" };

/* What each of timm's architectures computes with that no tensor shows; the others are as the papers have it. Those
 * that timm's own tests are made with have no sizes here to be guessed by: they are as small as one's own may be. */
static const struct
{
  const char *name;
  int depths[CNX_STAGES], dims[CNX_STAGES];
  CnxNorm norm;
  double eps;
  CnxActivation activation;
} architectures[] = {
  {"convnext_zepto_rms", {2, 2, 4, 2}, {32, 64, 128, 256}, CNX_NORM_SIMPLE},
  {"convnext_zepto_rms_ols", {2, 2, 4, 2}, {32, 64, 128, 256}, CNX_NORM_SIMPLE},
  {"convnext_atto_rms", {2, 2, 6, 2}, {40, 80, 160, 320}, CNX_NORM_RMS},
  {"convnext_xxlarge", {3, 4, 30, 3}, {384, 768, 1536, 3072}, CNX_NORM_LAYER, 1e-5},
  {"test_convnext", {0}, {0}, CNX_NORM_LAYER, 1e-5, CNX_ACTIVATION_GELU_TANH},
  {"test_convnext2", {0}, {0}, CNX_NORM_LAYER, 1e-5, CNX_ACTIVATION_GELU_TANH},
  {"test_convnext3", {0}, {0}, CNX_NORM_LAYER, 1e-5, CNX_ACTIVATION_SILU},
};

gboolean
cnx_activation_parse (const char *name, CnxActivation * activation)
{
  for (guint i = 0; i < G_N_ELEMENTS (activations); i++)
    if (strcmp (name, activations[i].name) == 0) {
      *activation = activations[i].activation;
      return TRUE;
    }
  return FALSE;
}

const char *
cnx_activation_name (CnxActivation activation)
{
  for (guint i = 0; i < G_N_ELEMENTS (activations); i++)
    if (activations[i].activation == activation)
      return activations[i].name;
  return "gelu";
}

static gboolean
has_sizes (const CnxArch * arch, guint i)
{
  return arch->version == 1 && memcmp (arch->depths, architectures[i].depths, sizeof arch->depths) == 0
      && memcmp (arch->dims, architectures[i].dims, sizeof arch->dims) == 0
      && (arch->norm == CNX_NORM_LAYER) == (architectures[i].norm == CNX_NORM_LAYER);
}

gboolean
cnx_arch_take_name (CnxArch * arch, const char *architecture, GError ** error)
{
  g_auto (GStrv) parts = g_strsplit (architecture ? architecture : "", ".", 2);

  for (guint i = 0; i < G_N_ELEMENTS (architectures); i++) {
    if (architecture ? g_strcmp0 (parts[0], architectures[i].name) != 0 : !has_sizes (arch, i))
      continue;
    if ((arch->norm == CNX_NORM_LAYER) != (architectures[i].norm == CNX_NORM_LAYER)) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'architecture' is '%s', which has %s, but the norms of the "
          "weights beside it %s: the file belongs to others", parts[0], norm_titles[architectures[i].norm],
          arch->norm == CNX_NORM_LAYER ? "have biases, as LayerNorm's" : "have no biases");
      return FALSE;
    }
    arch->norm = architectures[i].norm;
    arch->norm_eps = architectures[i].eps;
    arch->activation = architectures[i].activation;
    return TRUE;
  }
  return TRUE;
}

gboolean
cnx_arch_check_norm (const CnxArch * arch, GError ** error)
{
  if (arch->norm != CNX_NORM_UNNAMED)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "its norms have no bias, as RMSNorm and SimpleNorm (timm's `_rms`), "
      "and nothing says which they are: a config.json beside it must, by its 'architecture' or by 'norm_layer' "
      "(rmsnorm, simplenorm) in its 'model_args'");
  return FALSE;
}

/* ---- model_args ---- */

/* NULL where @value was taken or agrees with the tensors; else what the weights have, or what may be. */
typedef char *(*TakeFunc) (CnxArch * arch, JsonNode * value);

static const char *
string_of (JsonNode * value)
{
  const char *text = cnx_json_text (value);

  return text ? text : "";
}

/* A flag counts as 0 or 1. */
static gboolean
number_of (JsonNode * value, double *number)
{
  const gboolean is_flag = JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_BOOLEAN;

  if (is_flag)
    *number = json_node_get_boolean (value);
  return is_flag || cnx_json_number (value, number);
}

static gboolean
is_number (JsonNode * value, double wanted)
{
  double number;

  return number_of (value, &number) && number == wanted;
}

/* Four numbers, or one for all four. */
static gboolean
are_four (JsonNode * value, const int wanted[CNX_STAGES])
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (value) ? json_node_get_array (value) : NULL;

  if (array && json_array_get_length (array) != CNX_STAGES)
    return FALSE;
  for (int i = 0; i < CNX_STAGES; i++)
    if (!is_number (array ? json_array_get_element (array, i) : value, wanted[i]))
      return FALSE;
  return TRUE;
}

static char *
weights_have_four (const int values[CNX_STAGES])
{
  return g_strdup_printf ("the weights beside it have %d, %d, %d, %d", values[0], values[1], values[2], values[3]);
}

static char *
take_depths (CnxArch * arch, JsonNode * value)
{
  return are_four (value, arch->depths) ? NULL : weights_have_four (arch->depths);
}

static char *
take_dims (CnxArch * arch, JsonNode * value)
{
  return are_four (value, arch->dims) ? NULL : weights_have_four (arch->dims);
}

static char *
take_kernels (CnxArch * arch, JsonNode * value)
{
  int kernels[CNX_STAGES];

  for (int s = 0; s < CNX_STAGES; s++)
    kernels[s] = cnx_arch_kernel (arch, s);
  return are_four (value, kernels) ? NULL : weights_have_four (kernels);
}

static char *
take_activation (CnxArch * arch, JsonNode * value)
{
  if (cnx_activation_parse (string_of (value), &arch->activation))
    return NULL;
  return g_strdup ("there are gelu, gelu_tanh, quick_gelu, silu and relu");
}

static char *
take_norm (CnxArch * arch, JsonNode * value)
{
  for (guint i = 0; i < G_N_ELEMENTS (norms); i++) {
    if (strcmp (string_of (value), norms[i].name) != 0)
      continue;
    if ((norms[i].norm == CNX_NORM_LAYER) != (arch->norm == CNX_NORM_LAYER))
      return g_strdup_printf ("the norms of the weights beside it have %s",
          arch->norm == CNX_NORM_LAYER ? "biases, as layernorm's" : "no biases");
    arch->norm = norms[i].norm;
    return NULL;
  }
  return g_strdup ("there are layernorm, rmsnorm and simplenorm");
}

static char *
take_eps (CnxArch * arch, JsonNode * value)
{
  double eps;

  if (!number_of (value, &eps) || !(eps > 0 && eps <= 1))
    return g_strdup ("it must be a number above 0, up to 1");
  arch->norm_eps = eps == CNX_NORM_EPS ? 0 : eps;
  return NULL;
}

static char *
take_stem (CnxArch * arch, JsonNode * value)
{
  static const char *const kinds[] = { "patch", "overlap", "overlap_act" };
  const char *kind = string_of (value);
  const gboolean narrow = arch->stem == CNX_STEM_OVERLAP && arch->stem_dim != arch->dims[0];

  if (strcmp (kind, kinds[arch->stem]) == 0
      || (arch->stem == CNX_STEM_OVERLAP && strcmp (kind, "overlap_tiered") == 0))
    return NULL;
  return g_strdup_printf ("the weights beside it have %s", narrow ? "overlap_tiered" : kinds[arch->stem]);
}

static char *
take_flag (JsonNode * value, gboolean has, const char *what)
{
  if (is_number (value, has))
    return NULL;
  return g_strdup_printf ("the weights beside it have %s%s", has ? "" : "no ", what);
}

static char *
take_norm_first (CnxArch * arch, JsonNode * value)
{
  return take_flag (value, arch->norm_first, "norm before the pooling");
}

static char *
take_conv_bias (CnxArch * arch, JsonNode * value)
{
  return take_flag (value, !arch->no_conv_bias, "biases in their convolutions");
}

static char *
take_grn (CnxArch * arch, JsonNode * value)
{
  return take_flag (value, arch->version == 2, "global response normalisation");
}

static char *
take_hidden (CnxArch * arch, JsonNode * value)
{
  return is_number (value, arch->hidden) ? NULL
      : g_strdup_printf ("the hidden layer of the weights beside it has %d outputs", arch->hidden);
}

static char *
take_classes (CnxArch * arch, JsonNode * value)
{
  return arch->classes == 0 || is_number (value, arch->classes) ? NULL
      : g_strdup_printf ("the weights beside it have %d classes", arch->classes);
}

static char *
only_4 (CnxArch * arch, JsonNode * value)
{
  return is_number (value, 4) || arch->stem != CNX_STEM_PATCH ? NULL : g_strdup ("only 4 is supported");
}

static char *
only_32 (CnxArch * arch, JsonNode * value)
{
  return is_number (value, 32) ? NULL : g_strdup ("only 32 is supported");
}

static char *
only_3 (CnxArch * arch, JsonNode * value)
{
  return is_number (value, 3) ? NULL : g_strdup ("only 3 is supported, red, green and blue");
}

static char *
only_avg (CnxArch * arch, JsonNode * value)
{
  return strcmp (string_of (value), "avg") == 0 ? NULL : g_strdup ("only 'avg' is supported");
}

static char *
only_false (CnxArch * arch, JsonNode * value)
{
  return is_number (value, 0) ? NULL : g_strdup ("only false is supported");
}

/* How it is trained or laid out in memory, not what comes out. */
static char *
take_any (CnxArch * arch, JsonNode * value)
{
  return NULL;
}

/* Every argument of timm's ConvNeXt, and those of its builder that reach a config. */
static const struct
{
  const char *key;
  TakeFunc take;
} known_args[] = {
  {"depths", take_depths}, {"dims", take_dims}, {"kernel_sizes", take_kernels}, {"act_layer", take_activation},
  {"norm_layer", take_norm}, {"norm_eps", take_eps}, {"stem_type", take_stem}, {"head_norm_first", take_norm_first},
  {"conv_bias", take_conv_bias}, {"use_grn", take_grn}, {"head_hidden_size", take_hidden},
  {"num_classes", take_classes}, {"patch_size", only_4}, {"output_stride", only_32}, {"in_chans", only_3},
  {"global_pool", only_avg}, {"features_only", only_false},
  {"conv_mlp", take_any}, {"ls_init_value", take_any}, {"head_init_scale", take_any}, {"drop_rate", take_any},
  {"drop_path_rate", take_any}, {"device", take_any}, {"dtype", take_any}, {"pretrained", take_any},
  {"pretrained_strict", take_any}, {"scriptable", take_any}, {"exportable", take_any},
};

static TakeFunc
find_arg (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (known_args); i++)
    if (strcmp (key, known_args[i].key) == 0)
      return known_args[i].take;
  return NULL;
}

gboolean
cnx_arch_take_args (CnxArch * arch, const char *where, JsonObject * model_args, GError ** error)
{
  g_autoptr (GList) keys = model_args ? json_object_get_members (model_args) : NULL;

  for (GList * key = keys; key; key = key->next) {
    JsonNode *value = json_object_get_member (model_args, key->data);
    const TakeFunc take = find_arg (key->data);
    g_autofree char *wrong = NULL, *text = NULL, *name = NULL;

    if (JSON_NODE_HOLDS_NULL (value))   /* timm's own default */
      continue;
    wrong = take ? take (arch, value) : g_strdup ("it is no argument that is known here, so the result might be wrong");
    if (!wrong)
      continue;
    g_autofree char *json = json_to_string (value, FALSE);
    text = g_strescape (json, "\"");
    name = g_strescape (key->data, NULL);
    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'%.*s' in '%s' is %.*s; %s", MAX_VALUE, name, where, MAX_VALUE,
        text, wrong);
    return FALSE;
  }
  return TRUE;
}

/* ---- OpenCLIP ---- */

/* Of one key into another, where it is there. */
static void
copy_member (JsonObject * from, const char *key, JsonObject * to, const char *as)
{
  JsonNode *node = cnx_json_find (from, key);

  if (node)
    json_object_set_member (to, as, json_node_copy (node));
}

/* `image_size` is one side, or height and width. */
static void
add_input_size (JsonObject * vision, JsonObject * timm)
{
  JsonNode *size = json_object_get_member (vision, "image_size");
  JsonArray *sides = size && JSON_NODE_HOLDS_ARRAY (size) ? json_node_get_array (size) : NULL;
  JsonArray *input = json_array_new ();

  json_array_add_int_element (input, 3);
  for (guint i = 0; i < 2 && size; i++) {
    JsonNode *side = sides ? i < json_array_get_length (sides) ? json_array_get_element (sides, i) : NULL : size;

    if (side)
      json_array_add_element (input, json_node_copy (side));
  }
  if (json_array_get_length (input) == 3)
    json_object_set_array_member (timm, "input_size", input);
  else
    json_array_unref (input);
}

/* What was every CLIP's before a config could say otherwise. */
static void
add_three (JsonObject * recipe, const char *key, const double values[3])
{
  JsonArray *array = json_array_new ();

  for (int c = 0; c < 3; c++)
    json_array_add_double_element (array, values[c]);
  json_object_set_array_member (recipe, key, array);
}

static JsonObject *
open_clip_recipe (JsonObject * vision, JsonObject * how)
{
  static const double mean[] = { 0.48145466, 0.4578275, 0.40821073 }, std[] = { 0.26862954, 0.26130258, 0.27577711 };
  JsonNode *mode = cnx_json_find (how, "resize_mode");
  JsonObject *recipe = json_object_new ();

  add_input_size (vision, recipe);
  json_object_set_double_member (recipe, "crop_pct", 1);
  add_three (recipe, "mean", mean);
  add_three (recipe, "std", std);
  copy_member (how, "mean", recipe, "mean");
  copy_member (how, "std", recipe, "std");
  copy_member (how, "interpolation", recipe, "interpolation");
  if (mode && strcmp (string_of (mode), "shortest") != 0)       /* timm's names, or one that the recipe refuses */
    json_object_set_string_member (recipe, "crop_mode",
        strcmp (string_of (mode), "longest") == 0 ? "border" : string_of (mode));
  return recipe;
}

/* A missing key and a null are the same, and mean @otherwise. */
static const char *
string_at (JsonObject * object, const char *key, const char *otherwise)
{
  JsonNode *value = cnx_json_find (object, key);

  return value ? string_of (value) : otherwise;
}

/* What of the tower the tensors do not show. */
static gboolean
check_open_clip (const CnxArch * arch, JsonObject * vision, GError ** error)
{
  const char *pool = string_at (vision, "timm_pool", "avg");
  const gboolean projects = !json_object_has_member (vision, "timm_proj") || *string_at (vision, "timm_proj", "");

  if (*pool && strcmp (pool, "avg") != 0) {
    g_autofree char *text = g_strescape (pool, NULL);

    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'timm_pool' is '%.*s'; only 'avg' is supported", MAX_VALUE, text);
    return FALSE;
  }
  if (arch->classes == 0 || projects)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'timm_proj' is empty, so that the CLIP's projection stands in the "
      "classifier's place, and its %d outputs are no classes: this is not supported", arch->classes);
  return FALSE;
}

JsonObject *
cnx_open_clip_as_timm (CnxArch * arch, JsonObject * config, GError ** error)
{
  JsonObject *vision = cnx_json_find_object (cnx_json_find_object (config, "model_cfg"), "vision_cfg");
  JsonObject *timm;

  if (!vision || !json_object_has_member (vision, "timm_model_name")) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "it names no 'timm_model_name' in its 'vision_cfg', so the image "
        "tower is no ConvNeXt");
    return NULL;
  }
  if (!check_open_clip (arch, vision, error))
    return NULL;
  timm = json_object_new ();
  copy_member (vision, "timm_model_name", timm, "architecture");
  json_object_set_object_member (timm, "pretrained_cfg",
      open_clip_recipe (vision, cnx_json_find_object (config, "preprocess_cfg")));
  return timm;
}

gboolean
cnx_open_clip_take_args (CnxArch * arch, JsonObject * config, GError ** error)
{
  static const char key[] = "timm_model_kwargs";
  JsonObject *vision = cnx_json_find_object (cnx_json_find_object (config, "model_cfg"), "vision_cfg");

  return cnx_arch_take_args (arch, key, cnx_json_find_object (vision, key), error);
}

/* ---- telling and writing ---- */

static gboolean
has_kernels (const CnxArch * arch)
{
  for (int s = 0; s < CNX_STAGES; s++)
    if (cnx_arch_kernel (arch, s) != CNX_KERNEL)
      return TRUE;
  return FALSE;
}

static void
add_stem (GStrvBuilder * all, const CnxArch * arch)
{
  g_autofree char *text = NULL;

  if (arch->stem == CNX_STEM_PATCH)
    return;
  text = g_strdup_printf ("overlapping stem (3x3 to %d channels%s, 3x3)", arch->stem_dim,
      arch->stem == CNX_STEM_OVERLAP_ACT ? ", activation" : "");
  g_strv_builder_add (all, text);
}

char **
cnx_arch_differences (const CnxArch * arch)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  g_autofree char *kernels = g_strdup_printf ("depthwise kernels of %d, %d, %d, %d", cnx_arch_kernel (arch, 0),
      cnx_arch_kernel (arch, 1), cnx_arch_kernel (arch, 2), cnx_arch_kernel (arch, 3));
  g_autofree char *eps = g_strdup_printf ("norm eps %g", cnx_arch_norm_eps (arch));
  g_autofree char *hidden = g_strdup_printf ("hidden layer of %d in the head", arch->hidden);
  g_autofree char *embedding = g_strdup_printf ("projection to %d in the classifier's place", arch->embedding);

  add_stem (all, arch);
  if (arch->norm != CNX_NORM_LAYER)
    g_strv_builder_add (all, norm_titles[arch->norm]);
  if (cnx_arch_norm_eps (arch) != CNX_NORM_EPS)
    g_strv_builder_add (all, eps);
  if (arch->activation != CNX_ACTIVATION_GELU)
    g_strv_builder_add (all, cnx_activation_name (arch->activation));
  if (has_kernels (arch))
    g_strv_builder_add (all, kernels);
  if (arch->no_conv_bias)
    g_strv_builder_add (all, "convolutions without a bias");
  if (arch->norm_first)
    g_strv_builder_add (all, "norm before the pooling");
  if (arch->hidden > 0)
    g_strv_builder_add (all, hidden);
  if (arch->embedding > 0)
    g_strv_builder_add (all, embedding);
  return g_strv_builder_end (all);
}

static void
add_flag (JsonBuilder * json, const char *key, gboolean value)
{
  json_builder_set_member_name (json, key);
  json_builder_add_boolean_value (json, value);
}

static const char *
stem_type (const CnxArch * arch)
{
  if (arch->stem == CNX_STEM_OVERLAP_ACT)
    return "overlap_act";
  return arch->stem_dim == arch->dims[0] ? "overlap" : "overlap_tiered";
}

void
cnx_arch_add_args (const CnxArch * arch, JsonBuilder * json)
{
  const int kernels[CNX_STAGES] = { cnx_arch_kernel (arch, 0), cnx_arch_kernel (arch, 1), cnx_arch_kernel (arch, 2),
    cnx_arch_kernel (arch, 3)
  };

  if (arch->stem != CNX_STEM_PATCH)
    cnx_json_add_text (json, "stem_type", stem_type (arch));
  if (arch->norm != CNX_NORM_LAYER)
    cnx_json_add_text (json, "norm_layer", arch->norm == CNX_NORM_RMS ? "rmsnorm2d" : "simplenorm");
  if (cnx_arch_norm_eps (arch) != CNX_NORM_EPS)
    cnx_json_add_double (json, "norm_eps", cnx_arch_norm_eps (arch));
  if (arch->activation != CNX_ACTIVATION_GELU)
    cnx_json_add_text (json, "act_layer", cnx_activation_name (arch->activation));
  if (has_kernels (arch))
    cnx_json_add_ints (json, "kernel_sizes", kernels, CNX_STAGES);
  if (arch->no_conv_bias)
    add_flag (json, "conv_bias", FALSE);
  if (arch->norm_first)
    add_flag (json, "head_norm_first", TRUE);
  if (arch->hidden > 0)
    cnx_json_add_int (json, "head_hidden_size", arch->hidden);
}
