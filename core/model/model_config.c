#include "core/model/model_config.h"

#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/input/input_file.h"
#include "core/input/json.h"
#include "core/model/label_names.h"
#include "core/model/relatives.h"
#include "core/weights/weights_name.h"

/* ConvNextConfig's own default, where config.json does not say. */
#define HUGGING_FACE_FINAL_EPS 1e-12
/* Bytes of a config, as cnx_json_load() has it. */
#define MAX_CONFIG (16 * 1024 * 1024)
/* Of classes. */
#define MAX_COUNT 1e9
/* An eps that no file gave. */
#define UNSAID -1
/* What torchvision resizes to where the size is not one that it published. */
#define TORCHVISION_RESIZE 232

/* A file beside the weights, and the weights. */
typedef struct
{
  const char *path;
  JsonObject *root;
  CnxArch *arch;
} Config;

/* *INDENT-OFF* */
static gboolean refuse (const Config * config, CnxError code, GError ** error, const char *format,
    ...)
    G_GNUC_PRINTF (4, 5);
/* *INDENT-ON* */

static gboolean
refuse (const Config * config, CnxError code, GError ** error, const char *format, ...)
{
  g_autofree char *where = g_strdup_printf ("'%s'", config->path);
  va_list args;

  va_start (args, format);
  cnx_refuse (error, code, where, format, args);
  va_end (args);
  return FALSE;
}

static const char *
find_string (JsonObject * object, const char *key)
{
  return cnx_json_text (cnx_json_find (object, key));
}

/* Settings that change the arithmetic and leave no trace in the tensors: each may be missing, or be what is
 * computed here. */
static const struct
{
  const char *key;
  const char *values[5];
} known_settings[] = {
  {"global_pool", {"avg"}},
  {"model_type", {"convnext", "convnextv2", "dinov3_convnext", "timm_wrapper"}},
};

static gboolean
check_settings (const Config * config, GError ** error)
{
  for (guint i = 0; i < G_N_ELEMENTS (known_settings); i++) {
    const char *value = find_string (config->root, known_settings[i].key);

    if (value && !g_strv_contains (known_settings[i].values, value)) {
      g_autofree char *escaped = g_strescape (value, NULL);
      g_autofree char *values = g_strjoinv ("', '", (char **) known_settings[i].values);

      return refuse (config, CNX_ERROR_MODEL, error, "'%s' is '%.80s'; supported is '%s'", known_settings[i].key,
          escaped, values);
    }
  }
  return TRUE;
}

/* timm's "convnext_small.fb_in1k" must be that size, unless its arguments say otherwise. Other names, "small" alone
 * too, say nothing. */
static gboolean
check_architecture (const Config * config, const char *architecture, GError ** error)
{
  JsonObject *model_args = cnx_json_find_object (config->root, "model_args");
  g_auto (GStrv) parts = g_strsplit (architecture, ".", 2);
  const CnxVariant *said = parts[0] ? cnx_variant_find (parts[0]) : NULL;
  const CnxVariant *found = cnx_variant_of (config->arch);

  if (cnx_json_find (model_args, "depths") || cnx_json_find (model_args, "dims"))
    return TRUE;                /* cnx_arch_take_args() compares them */
  if (g_str_has_prefix (architecture, "convnext") && said && said != found)
    return refuse (config, CNX_ERROR_MODEL, error,
        "'architecture' is '%.80s', but the weights beside it "
        "are %s%s: the file belongs to others", architecture,
        found ? "those of " : "of a size that was never published", found ? found->name : "");
  return TRUE;
}

/* Hugging Face's `depths` and `hidden_sizes`. */
static gboolean
check_sizes (const Config * config, const char *key, const int *sizes, GError ** error)
{
  JsonNode *node = cnx_json_find (config->root, key);
  JsonArray *array;

  if (!node || !JSON_NODE_HOLDS_ARRAY (node))
    return TRUE;
  array = json_node_get_array (node);
  for (guint i = 0; i < CNX_STAGES; i++) {
    JsonNode *element =
        i < json_array_get_length (array) ? json_array_get_element (array, i) : NULL;

    if (!element || json_array_get_length (array) != CNX_STAGES
        || !JSON_NODE_HOLDS_VALUE (element) || json_node_get_int (element) != sizes[i])
      return refuse (config, CNX_ERROR_MODEL, error, "'%s' is not %d, %d, %d, %d as in the weights "
          "beside it: the file belongs to others", key, sizes[0], sizes[1], sizes[2], sizes[3]);
  }
  return TRUE;
}

static gboolean
check_classes (const Config * config, const char *key, gint64 count, GError ** error)
{
  int classes = config->arch->classes;

  if (classes == 0 || count == classes)
    return TRUE;
  return refuse (config, CNX_ERROR_MODEL, error, "'%s' counts %" G_GINT64_FORMAT
      " classes, but the weights have %d", key, count, classes);
}

/* Takes @labels, which are as many as the classes; none come from nowhere. */
static void
set_labels (CnxModelConfig * model, char **labels, const char *from)
{
  g_strfreev (model->labels);
  model->labels = labels;
  g_free (model->labels_from);
  model->labels_from = g_strdup (labels[0] ? from : NULL);
}

/* Whatever names the classes. Labels that cannot be used are kept as an error: others may be given by hand. */
static void
read_labels (CnxModelConfig * model, const Config * config)
{
  char **labels = cnx_labels_in_config (config->root, config->arch->classes, &model->labels_error);

  if (labels)
    set_labels (model, labels, config->path);
  else if (model->labels_error)
    g_prefix_error (&model->labels_error, "'%s': ", config->path);
}

static gboolean
read_num_classes (const Config * config, GError ** error)
{
  JsonObject *timm = cnx_json_find_object (config->root, "pretrained_cfg");
  double count;

  if (!cnx_json_number (cnx_json_find (config->root, "num_classes"), &count)
      && !cnx_json_number (cnx_json_find (timm, "num_classes"), &count))
    return TRUE;
  if (count < 0 || count > MAX_COUNT || count != floor (count))
    return refuse (config, CNX_ERROR_FORMAT, error, "'num_classes' is %g, which is no number of classes", count);
  return check_classes (config, "num_classes", count, error);
}

/* What the architecture's name and its arguments say of the arithmetic; by the sizes where the file has neither. */
static gboolean
read_arithmetic (const Config * config, const char *architecture, GError ** error)
{
  JsonObject *model_args = cnx_json_find_object (config->root, "model_args");

  if (((model_args && !architecture) || cnx_arch_take_name (config->arch, architecture, error))
      && cnx_arch_take_args (config->arch, "model_args", model_args, error))
    return TRUE;
  g_prefix_error (error, "'%s': ", config->path);
  return FALSE;
}

/* @fraction stays what it is where @key is not there. */
static gboolean
read_fraction (const Config * config, const char *key, double *fraction, GError ** error)
{
  double value;

  if (!cnx_json_find (config->root, key))
    return TRUE;
  if (!cnx_json_number (cnx_json_find (config->root, key), &value) || value < 0 || value > 1)
    return refuse (config, CNX_ERROR_FORMAT, error, "'%s' is not a number from 0 to 1", key);
  *fraction = value;
  return TRUE;
}

/* The model's name is that of its architecture, unless it has one of its own. It goes to terminals. */
static gboolean
read_name (CnxModelConfig * model, const Config * config, const char *key, GError ** error)
{
  const char *name = find_string (config->root, key);

  if (!name)
    return TRUE;
  if (!cnx_name_is_printable (name))
    return refuse (config, CNX_ERROR_FORMAT, error, "'%s' is not printable, or too long", key);
  g_free (model->name);
  model->name = g_strdup (name);
  return TRUE;
}

static gboolean
read_timm (CnxModelConfig * model, const Config * config, GError ** error)
{
  const char *architecture = find_string (config->root, "architecture");

  if (!read_name (model, config, "architecture", error) || !read_name (model, config, "name", error))
    return FALSE;
  if (architecture && !check_architecture (config, architecture, error))
    return FALSE;
  if (!read_arithmetic (config, architecture, error)
      || !read_fraction (config, "final_norm_eps", &model->final_norm_eps, error))
    return FALSE;
  if (cnx_recipe_from_timm (&model->recipe, config->root, error))
    return TRUE;
  g_prefix_error (error, "'%s': ", config->path);
  return FALSE;
}

/* A DINOv3's `layer_norm_eps` is that of all its norms. */
static gboolean
read_every_eps (const Config * config, GError ** error)
{
  double eps = CNX_NORM_EPS;

  if (!read_fraction (config, "layer_norm_eps", &eps, error))
    return FALSE;
  if (eps == 0)
    return refuse (config, CNX_ERROR_MODEL, error, "'layer_norm_eps' is 0, which is not supported");
  config->arch->norm_eps = eps == CNX_NORM_EPS ? 0 : eps;
  return TRUE;
}

static gboolean
read_hidden_act (const Config * config, GError ** error)
{
  const char *name = find_string (config->root, "hidden_act");

  if (!name || cnx_activation_parse (name, &config->arch->activation))
    return TRUE;
  g_autofree char *escaped = g_strescape (name, NULL);
  return refuse (config, CNX_ERROR_MODEL, error, "'hidden_act' is '%.80s'; there are gelu, gelu_pytorch_tanh, "
      "quick_gelu, silu and relu", escaped);
}

static gboolean
read_hugging_face (CnxModelConfig * model, const Config * config, CnxScheme scheme, GError ** error)
{
  if (scheme == CNX_SCHEME_TIMM && !read_arithmetic (config, NULL, error))
    return FALSE;
  if (!read_hidden_act (config, error) || !check_sizes (config, "depths", config->arch->depths, error)
      || !check_sizes (config, "hidden_sizes", config->arch->dims, error))
    return FALSE;
  if (scheme == CNX_SCHEME_DINOV3)
    return read_every_eps (config, error);
  return scheme != CNX_SCHEME_HUGGING_FACE || read_fraction (config, "layer_norm_eps", &model->final_norm_eps, error);
}

/* As transformers has it: with one class there is nothing to choose between, and each of several labels at once is
 * there or not. */
static gboolean
read_problem_type (CnxModelConfig * model, const Config * config, GError ** error)
{
  static const char *const known[] = { "single_label_classification", "multi_label_classification", NULL };
  JsonNode *node = cnx_json_find (config->root, "problem_type");
  const char *type = find_string (config->root, "problem_type");

  if (!node)
    return TRUE;
  if (!type || !g_strv_contains (known, type)) {
    g_autofree char *value = json_to_string (node, FALSE);

    return refuse (config, CNX_ERROR_MODEL, error, "'problem_type' is %.80s; labels come with confidences of '%s' and "
        "'%s' only", value, known[0], known[1]);
  }
  if (strcmp (type, known[1]) == 0)
    model->confidence = CNX_CONFIDENCE_SIGMOID;
  return TRUE;
}

/* OpenCLIP's config; @whole as below. */
static gboolean
read_open_clip (CnxModelConfig * model, const Config * config, gboolean * whole, GError ** error)
{
  g_autoptr (JsonObject) timm = cnx_open_clip_as_timm (config->arch, config->root, error);
  Config as_timm = *config;

  *whole = TRUE;
  as_timm.root = timm;
  if (timm && !read_timm (model, &as_timm, error))
    return FALSE;
  if (timm && cnx_open_clip_take_args (config->arch, config->root, error))
    return TRUE;
  g_prefix_error (error, "'%s': ", config->path);
  return FALSE;
}

/* @whole: whether the file says how a picture becomes the input. */
static gboolean
read_config (CnxModelConfig * model, const char *path, CnxArch * arch, CnxScheme scheme,
    gboolean * whole, GError ** error)
{
  g_autoptr (JsonNode) root = cnx_json_load (path, error);
  Config config = {.path = path,.arch = arch };

  if (!root)
    return FALSE;
  config.root = json_node_get_object (root);
  *whole = cnx_json_find_object (config.root, "pretrained_cfg") != NULL;
  if (!check_settings (&config, error) || !read_problem_type (model, &config, error)
      || !read_fraction (&config, "threshold", &model->threshold, error))
    return FALSE;
  if (!read_num_classes (&config, error))
    return FALSE;
  read_labels (model, &config);
  if (cnx_json_find (config.root, "model_cfg"))
    return read_open_clip (model, &config, whole, error);
  if (cnx_json_find (config.root, "architecture") || cnx_json_find (config.root, "pretrained_cfg")
      || cnx_json_find (config.root, "model_args"))
    return read_timm (model, &config, error);
  return read_hugging_face (model, &config, scheme, error);
}

static gboolean
read_preprocessor (CnxModelConfig * model, const char *path, GError ** error)
{
  g_autoptr (JsonNode) root = cnx_json_load (path, error);

  if (!root)
    return FALSE;
  if (cnx_recipe_from_hugging_face (&model->recipe, json_node_get_object (root), error))
    return TRUE;
  g_prefix_error (error, "'%s': ", path);
  return FALSE;
}

/* torchvision ships no files beside its weights: the presets of its weights' documentation. */
static void
set_torchvision_recipe (CnxRecipe * recipe, const CnxArch * arch)
{
  static const struct
  {
    const char *variant;
    int resize;
  } presets[] = { {"tiny", 236}, {"small", 230}, {"base", 232}, {"large", 232} };
  const CnxVariant *variant = cnx_variant_of (arch);

  recipe->interpolation = CNX_INTERPOLATION_BILINEAR;
  recipe->resize = TORCHVISION_RESIZE;
  for (guint i = 0; variant && i < G_N_ELEMENTS (presets); i++) {
    if (strcmp (presets[i].variant, variant->name) == 0)
      recipe->resize = presets[i].resize;
  }
}

/* "/a/everyday/model.safetensors" -> "everyday"; "/a/mine.pth" -> "mine". */
static char *
name_of_file (const char *file)
{
  g_autofree char *base = g_path_get_basename (file);
  g_autofree char *full = NULL, *folder = NULL;

  if (cnx_weights_name_is_usual (file)) {
    full = g_canonicalize_filename (file, NULL);
    folder = g_path_get_dirname (full);
    return g_path_get_basename (folder);
  }
  return g_strndup (base, cnx_weights_stem_length (base));
}

static void
set_defaults (CnxModelConfig * model, const char *file, const CnxArch * arch, CnxScheme scheme)
{
  model->name = name_of_file (file);
  model->final_norm_eps = scheme == CNX_SCHEME_HUGGING_FACE ? HUGGING_FACE_FINAL_EPS : UNSAID;
  model->confidence = arch->classes == 1 ? CNX_CONFIDENCE_SIGMOID : CNX_CONFIDENCE_SOFTMAX;
  model->threshold = -1;
  cnx_recipe_init (&model->recipe);
  if (scheme == CNX_SCHEME_TORCHVISION)
    set_torchvision_recipe (&model->recipe, arch);
}

/* Where nothing names the classes. */
static void
set_default_labels (CnxModelConfig * model, int classes)
{
  if (classes == CNX_IMAGENET_CLASSES) {
    set_labels (model, cnx_labels_of_imagenet (), CNX_IMAGENET_NAME);
    return;
  }
  model->labels = g_new0 (char *, classes + 1);
  for (int i = 0; i < classes; i++)
    model->labels[i] = g_strdup_printf ("class %d", i);
}

/* What no file said of the arithmetic: by the sizes alone where there is no config at all. */
static gboolean
settle_arithmetic (CnxModelConfig * model, const char *config, CnxArch * arch, CnxScheme scheme, const char *file,
    GError ** error)
{
  if ((!config && scheme == CNX_SCHEME_TIMM && !cnx_arch_take_name (arch, NULL, error))
      || !cnx_arch_check_norm (arch, error)) {
    g_prefix_error (error, "'%s': ", file);
    return FALSE;
  }
  if (model->final_norm_eps == UNSAID)
    model->final_norm_eps = cnx_arch_norm_eps (arch);
  return TRUE;
}

/* A key that a config has and a training's log has not, at the top of the file; of JSON that is broken, anywhere. */
static gboolean
looks_like_config (const char *path)
{
  static const char *const keys[] = { "architecture", "architectures", "model_type", "pretrained_cfg", "model_args",
    "num_classes", "num_labels", "id2label", "label2id", "label_names", "input_size", "hidden_sizes", "threshold"
  };
  g_autoptr (GError) error = NULL;
  gsize length;
  g_autofree char *text = cnx_input_file_load (path, MAX_CONFIG, &length, &error);
  g_autoptr (JsonNode) root = text ? cnx_json_load (path, NULL) : NULL;

  for (guint i = 0; text && i < G_N_ELEMENTS (keys); i++) {
    g_autofree char *quoted = g_strconcat ("\"", keys[i], "\"", NULL);

    if (root ? json_object_has_member (json_node_get_object (root), keys[i])
        : g_strstr_len (text, length, quoted) != NULL)
      return TRUE;
  }
  return !text && !g_error_matches (error, CNX_ERROR, CNX_ERROR_FORMAT);        /* reading it tells why it cannot be */
}

/* Several weights may share a folder: one's own `NAME.json` goes before config.json, unless it is something else. */
static char *
find_config (const char *file, const char *folder)
{
  g_autofree char *stem = g_strndup (file, cnx_weights_stem_length (file));
  g_autofree char *own = NULL, *shared = NULL;

  own = g_strconcat (stem, ".json", NULL);
  if (g_file_test (own, G_FILE_TEST_EXISTS) && looks_like_config (own))
    return g_steal_pointer (&own);
  shared = g_build_filename (folder, "config.json", NULL);
  if (g_file_test (shared, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&shared);
  g_free (shared);
  shared = g_build_filename (folder, "open_clip_config.json", NULL);
  return g_file_test (shared, G_FILE_TEST_EXISTS) ? g_steal_pointer (&shared) : NULL;
}

gboolean
cnx_model_config_load (CnxModelConfig * config, const char *file, CnxArch * arch, CnxScheme scheme, GError ** error)
{
  g_autofree char *folder = g_path_get_dirname (file);
  g_autofree char *path = find_config (file, folder);
  g_autofree char *preprocessor = g_build_filename (folder, "preprocessor_config.json", NULL);

  gboolean whole = FALSE;

  set_defaults (config, file, arch, scheme);
  if (path && !read_config (config, path, arch, scheme, &whole, error))
    return FALSE;
  if (!settle_arithmetic (config, path, arch, scheme, file, error))
    return FALSE;
  if (!config->labels)
    set_default_labels (config, arch->classes);
  return whole || !g_file_test (preprocessor, G_FILE_TEST_EXISTS)
      || read_preprocessor (config, preprocessor, error);
}

void
cnx_model_config_clear (CnxModelConfig * config)
{
  g_clear_pointer (&config->name, g_free);
  g_clear_pointer (&config->labels, g_strfreev);
  g_clear_pointer (&config->labels_from, g_free);
  g_clear_error (&config->labels_error);
}
