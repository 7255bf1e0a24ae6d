#include "core/model/model_write.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <glib/gstdio.h>

#include "core/error.h"
#include "core/input/json.h"
#include "core/model/relatives.h"
#include "core/weights/safetensors_writer.h"

/* The largest finite value of fp16, and what is rounded up from there. */
#define FP16_LIMIT 65520.0f

typedef struct
{
  CnxModel *model;
  CnxDtype dtype;
  gboolean conv_mlp;            /* linears as timm has them where they are 1 x 1 convolutions */
  CnxSafetensorsWriter *file;
  guint64 done, total;
  CnxProgressFunc progress;
  gpointer user_data;
  char *too_large;              /* name of the first tensor with a value that becomes infinite */
} Writing;

CnxDtype
cnx_model_dtype (CnxModel * model)
{
  const guint stored = cnx_model_dtypes (model);

  for (CnxDtype dtype = CNX_DTYPE_F32; dtype <= CNX_DTYPE_BF16; dtype++)
    if (stored == 1u << dtype)
      return dtype;
  return CNX_DTYPE_F32;
}

static void
declare (CnxRole role, int stage, int block, int n_dims, const gint64 * dims, gpointer user_data)
{
  Writing *writing = user_data;
  g_autofree char *name = cnx_arch_tensor_name (cnx_model_arch (writing->model), CNX_SCHEME_TIMM, role, stage, block);
  const gint64 convolution[] = { dims[0], n_dims > 1 ? dims[1] : 1, 1, 1 };

  if (writing->conv_mlp && (role == CNX_ROLE_LINEAR1_WEIGHT || role == CNX_ROLE_LINEAR2_WEIGHT)) {
    dims = convolution;
    n_dims = G_N_ELEMENTS (convolution);
  }
  cnx_safetensors_writer_declare (writing->file, name, writing->dtype, n_dims, dims);
  writing->total += cnx_model_tensor (writing->model, role, stage, block)->count;
}

static void
write_values (CnxRole role, int stage, int block, int n_dims, const gint64 * dims, gpointer user_data)
{
  Writing *writing = user_data;
  const CnxTensor *tensor = cnx_model_tensor (writing->model, role, stage, block);
  g_autofree float *values = cnx_model_values (writing->model, role, stage, block);

  for (gsize i = 0; writing->dtype == CNX_DTYPE_F16 && !writing->too_large && i < tensor->count; i++)
    if (isfinite (values[i]) && fabsf (values[i]) >= FP16_LIMIT)
      writing->too_large = g_strdup (tensor->name);
  cnx_safetensors_writer_add (writing->file, writing->dtype, values, tensor->count);
  writing->done += tensor->count;
  if (writing->progress)
    writing->progress (writing->done, writing->total, writing->user_data);
}

static void
add_floats (JsonBuilder * json, const char *key, const float values[3])
{
  json_builder_set_member_name (json, key);
  json_builder_begin_array (json);
  for (int c = 0; c < 3; c++) {
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    /* 0.485, not 0.48500001430511475 */
    g_ascii_formatd (text, sizeof text, "%.7g", values[c]);
    json_builder_add_double_value (json, g_ascii_strtod (text, NULL));
  }
  json_builder_end_array (json);
}

/* What floor (side / crop_pct) gives back as the resize: a short decimal where one does. */
static double
crop_pct_of (const CnxRecipe * recipe)
{
  const int side = MIN (recipe->width, recipe->height);

  for (int digits = 3; digits < 17; digits++) {
    g_autofree char *text = g_strdup_printf ("%.*g", digits, (double) side / recipe->resize);
    const double crop_pct = g_ascii_strtod (text, NULL);

    if (cnx_recipe_resize_for (side, crop_pct) == recipe->resize)
      return crop_pct;
  }
  return (double) side / (recipe->resize + 0.5);
}

static void
add_recipe (JsonBuilder * json, const CnxRecipe * recipe, int classes)
{
  const int size[] = { 3, recipe->height, recipe->width };

  json_builder_set_member_name (json, "pretrained_cfg");
  json_builder_begin_object (json);
  cnx_json_add_ints (json, "input_size", size, G_N_ELEMENTS (size));
  cnx_json_add_text (json, "interpolation", cnx_interpolation_name (recipe->interpolation));
  cnx_json_add_double (json, "crop_pct", crop_pct_of (recipe));
  cnx_json_add_text (json, "crop_mode", cnx_crop_mode_name (recipe->crop_mode));
  add_floats (json, "mean", recipe->mean);
  add_floats (json, "std", recipe->std);
  cnx_json_add_int (json, "num_classes", classes);
  cnx_json_add_text (json, "first_conv", "stem.0");
  cnx_json_add_text (json, "classifier", "head.fc");
  json_builder_end_object (json);
}

/* The arguments that make timm build @arch out of what architecture_of() names. */
static void
add_model_args (JsonBuilder * json, const CnxArch * arch)
{
  json_builder_set_member_name (json, "model_args");
  json_builder_begin_object (json);
  if (!cnx_variant_of (arch)) {
    cnx_json_add_ints (json, "depths", arch->depths, CNX_STAGES);
    cnx_json_add_ints (json, "dims", arch->dims, CNX_STAGES);
  }
  cnx_arch_add_args (arch, json);
  json_builder_end_object (json);
}

/* What timm knows: a published size, or for another one any that is told its own. A name of the model's own would be no
 * architecture to timm, and "convnext_tiny.mine" the wrong one. */
static char *
architecture_of (const CnxArch * arch)
{
  const CnxVariant *variant = cnx_variant_of (arch);

  if (variant)
    return cnx_variant_timm_name (variant);
  return g_strdup (arch->version == 2 ? "convnextv2_tiny" : "convnext_tiny");
}

static char *
config_of (CnxModel * model)
{
  const CnxArch *arch = cnx_model_arch (model);
  const int classes = arch->classes;
  g_auto (GStrv) differences = cnx_arch_differences (arch);
  g_autofree char *architecture = architecture_of (arch);
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (json);
  cnx_json_add_text (json, "architecture", architecture);
  if (!cnx_variant_of (arch))
    cnx_json_add_text (json, "name", cnx_model_name (model));
  cnx_json_add_int (json, "num_classes", classes);
  cnx_json_add_int (json, "num_features", arch->dims[CNX_STAGES - 1]);
  if (differences[0] || !cnx_variant_of (arch))
    add_model_args (json, arch);
  if (cnx_model_final_norm_eps (model) != cnx_arch_norm_eps (arch))
    cnx_json_add_double (json, "final_norm_eps", cnx_model_final_norm_eps (model));
  if (cnx_model_confidence (model) == CNX_CONFIDENCE_SIGMOID)
    cnx_json_add_text (json, "problem_type", "multi_label_classification");
  if (cnx_model_threshold (model, -1, -1) >= 0)
    cnx_json_add_double (json, "threshold", cnx_model_threshold (model, -1, -1));
  /* Beside timm's keys: timm takes none among its own that it does not know. */
  if (cnx_model_recipe (model)->crop_rounding != CNX_CROP_ROUNDING_HALF_EVEN)
    cnx_json_add_text (json, "crop_rounding", cnx_crop_rounding_name (cnx_model_recipe (model)->crop_rounding));
  add_recipe (json, cnx_model_recipe (model), classes);
  if (cnx_model_labels_from (model)) {  /* else nothing but their numbers is known */
    json_builder_set_member_name (json, "label_names");
    json_builder_begin_array (json);
    for (int i = 0; i < classes; i++)
      json_builder_add_string_value (json, cnx_model_label (model, i));
    json_builder_end_array (json);
  }
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  return json_to_string (root, TRUE);
}

/* To a name beside @path: it gets its own once the weights have theirs. */
static gboolean
write_config (CnxModel * model, const char *path, GError ** error)
{
  g_autofree char *text = config_of (model);
  g_autofree char *line = g_strconcat (text, "\n", NULL);
  g_autoptr (GError) write_error = NULL;

  if (g_file_set_contents (path, line, -1, &write_error))
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "%s", write_error->message);
  return FALSE;
}

/* A projection in the classifier's place would come back as a classifier. */
static gboolean
check_form (CnxModel * model, GError ** error)
{
  if (cnx_model_arch (model)->embedding == 0)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'%s' is the image tower of a CLIP: timm's naming has no place for "
      "its projection but the classifier's, and it has no classes; it can be used as it is", cnx_model_path (model));
  return FALSE;
}

gboolean
cnx_model_write (CnxModel * model, const char *weights, const char *config, CnxDtype dtype,
    CnxProgressFunc progress, gpointer user_data, GError ** error)
{
  g_autoptr (CnxSafetensorsWriter) file = cnx_safetensors_writer_new (weights);
  Writing writing = {.model = model,.dtype = dtype,.file = file,.progress = progress,.user_data = user_data };
  const CnxVariant *variant = cnx_variant_of (cnx_model_arch (model));
  g_autofree char *too_large = NULL, *part = NULL;

  if (!check_form (model, error))
    return FALSE;
  writing.conv_mlp = variant && variant->conv_mlp;
  cnx_arch_foreach_tensor (cnx_model_arch (model), declare, &writing);
  cnx_arch_foreach_tensor (cnx_model_arch (model), write_values, &writing);
  too_large = writing.too_large;
  if (too_large) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'%s': the tensor '%s' has a value above 65504, which fp16 cannot "
        "hold: take bf16 or fp32", cnx_model_path (model), too_large);
    return FALSE;
  }
  part = g_strconcat (config, ".part", NULL);
  if (!cnx_model_check (model, error) || !write_config (model, part, error))
    return FALSE;
  if (!cnx_safetensors_writer_finish (file, TRUE, error)) {
    g_unlink (part);
    return FALSE;
  }
  if (g_rename (part, config) == 0)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "cannot write '%s': %s", config, g_strerror (errno));
  g_unlink (part);
  return FALSE;
}
