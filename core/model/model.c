#include "core/model/model.h"

#include <string.h>

#include "core/error.h"
#include "core/model/label_names.h"
#include "core/model/model_config.h"
#include "core/weights/spelling.h"
#include "core/weights/weights_name.h"

/* Far above any that was published; keeps every product of sizes inside its type. */
#define MAX_CHANNELS 65536
#define MAX_CLASSES 1000000
#define MAX_BLOCKS 1000

struct _CnxModel
{
  gatomicrefcount refs;
  CnxCheckpoint *checkpoint;
  CnxArch arch;
  CnxScheme scheme;
  CnxModelConfig config;
  GPtrArray *tensors;           /* const CnxTensor *, in cnx_arch_foreach_tensor()'s order */
  int first[CNX_N_ROLES][CNX_STAGES];   /* place in tensors of block 0, -1 where there is none */
};

/* A checkpoint whose scheme is known and whose architecture is being read. */
typedef struct
{
  CnxCheckpoint *checkpoint;
  CnxScheme scheme;
  char *prefix;
  const CnxArch *arch;          /* as far as it is known */
} Named;

/* *INDENT-OFF* */
static gboolean refuse (const Named * named, GError ** error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* *INDENT-ON* */

static gboolean
refuse (const Named * named, GError ** error, const char *format, ...)
{
  g_autofree char *where = g_strdup_printf ("'%s' (read in %s naming)",
      cnx_checkpoint_path (named->checkpoint), cnx_scheme_name (named->scheme));
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_MODEL, where, format, args);
  va_end (args);
  return FALSE;
}

static const CnxTensor *
find (const Named * named, CnxRole role, int stage, int block)
{
  return cnx_arch_find (named->arch, named->checkpoint, named->scheme, named->prefix, role, stage, block);
}

/* The outermost size of a tensor that must be there. */
static gboolean
read_size (const Named * named, CnxRole role, int stage, int max, int *size, GError ** error)
{
  g_autofree char *name = cnx_arch_file_name (named->arch, named->scheme, named->prefix, role, stage, 0);
  const CnxTensor *tensor = find (named, role, stage, 0);
  gint64 outermost;

  if (!tensor)
    return refuse (named, error, "the tensor '%s' is missing, so it is no ConvNeXt", name);
  outermost = tensor->n_dims > 0 ? tensor->dims[0] : 0;
  if (outermost < 1 || outermost > max) {
    g_autofree char *shape = cnx_tensor_shape_string (tensor);

    return refuse (named, error, "the tensor '%s' has the shape %s; its first size must be 1 to %d",
        tensor->name, shape, max);
  }
  *size = outermost;
  return TRUE;
}

static gboolean
read_version (const Named * named, int *version, GError ** error)
{
  g_autofree char *scale =
      cnx_scheme_file_name (named->scheme, named->prefix, CNX_ROLE_LAYER_SCALE, 0, 0);
  g_autofree char *grn =
      cnx_scheme_file_name (named->scheme, named->prefix, CNX_ROLE_GRN_WEIGHT, 0, 0);
  gboolean has_scale = cnx_checkpoint_find (named->checkpoint, scale) != NULL;
  gboolean has_grn = grn && cnx_checkpoint_find (named->checkpoint, grn);

  if (has_scale && has_grn)
    return refuse (named, error,
        "it has both '%s' (ConvNeXt) and '%s' (ConvNeXt V2): a hybrid that is not known", scale,
        grn);
  if (!has_scale && !has_grn)
    return refuse (named, error, "the tensor '%s'%s%s%s is missing", scale,
        grn ? " (or '" : "", grn ? grn : "", grn ? "' of a ConvNeXt V2)" : "");
  *version = has_grn ? 2 : 1;
  return TRUE;
}

/* ---- what a relative's tensors show ---- */

static gboolean
is_3x3 (const CnxTensor * tensor)
{
  return tensor && tensor->n_dims == 4 && tensor->dims[2] == 3 && tensor->dims[3] == 3;
}

/* Two 3x3 convolutions, with or without an activation between them, which counts as a module of the stem. */
static gboolean
read_stem (const Named * named, CnxArch * arch, GError ** error)
{
  const CnxStem kinds[] = { CNX_STEM_OVERLAP, CNX_STEM_OVERLAP_ACT };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    arch->stem = kinds[i];
    if (is_3x3 (find (named, CNX_ROLE_STEM_WEIGHT, 0, 0)) && is_3x3 (find (named, CNX_ROLE_STEM_SECOND_WEIGHT, 0, 0)))
      return read_size (named, CNX_ROLE_STEM_WEIGHT, 0, MAX_CHANNELS, &arch->stem_dim, error);
  }
  arch->stem = CNX_STEM_PATCH;
  return TRUE;
}

/* Biases that are nowhere; where only some are missing, the first of them is told. */
static void
read_biases (const Named * named, CnxArch * arch)
{
  if (find (named, CNX_ROLE_STEM_NORM_WEIGHT, 0, 0) && !find (named, CNX_ROLE_STEM_NORM_BIAS, 0, 0)
      && !find (named, CNX_ROLE_BLOCK_NORM_BIAS, 0, 0))
    arch->norm = CNX_NORM_UNNAMED;
  arch->no_conv_bias = !find (named, CNX_ROLE_STEM_BIAS, 0, 0) && !find (named, CNX_ROLE_DOWNSAMPLE_BIAS, 1, 0)
      && !find (named, CNX_ROLE_DEPTHWISE_BIAS, 0, 0);
}

/* Odd ones up to 7 x 7; any other is told as a shape that is wrong. */
static void
read_kernels (const Named * named, CnxArch * arch)
{
  for (int stage = 0; stage < CNX_STAGES; stage++) {
    const CnxTensor *weight = find (named, CNX_ROLE_DEPTHWISE_WEIGHT, stage, 0);

    if (weight->n_dims == 4 && weight->dims[2] == weight->dims[3] && weight->dims[2] < CNX_KERNEL
        && weight->dims[2] % 2 == 1)
      arch->kernels[stage] = weight->dims[2];
  }
}

/* The first of the optional tensors' sizes, 0 where it is not there. */
static gboolean
read_optional (const Named * named, CnxRole role, int max, int *size, GError ** error)
{
  return !find (named, role, 0, 0) || read_size (named, role, 0, max, size, error);
}

static gboolean
read_head (const Named * named, CnxArch * arch, GError ** error)
{
  if (!find (named, CNX_ROLE_FINAL_NORM_WEIGHT, 0, 0)) {
    arch->norm_first = TRUE;
    arch->norm_first = named->scheme == CNX_SCHEME_TIMM && find (named, CNX_ROLE_FINAL_NORM_WEIGHT, 0, 0);
  }
  if (!read_optional (named, CNX_ROLE_HIDDEN_WEIGHT, MAX_CHANNELS, &arch->hidden, error)
      || !read_optional (named, CNX_ROLE_CLASSIFIER_WEIGHT, MAX_CLASSES, &arch->classes, error))
    return FALSE;
  return arch->classes > 0
      || read_optional (named, CNX_ROLE_EMBEDDING_WEIGHT, MAX_CHANNELS, &arch->embedding, error);
}

static gboolean
read_arch (const Named * named, CnxArch * arch, GError ** error)
{
  for (int stage = 0; stage < CNX_STAGES; stage++) {
    if (!read_size (named, CNX_ROLE_DEPTHWISE_WEIGHT, stage, MAX_CHANNELS, &arch->dims[stage],
            error))
      return FALSE;
    while (arch->depths[stage] < MAX_BLOCKS
        && find (named, CNX_ROLE_DEPTHWISE_WEIGHT, stage, arch->depths[stage]))
      arch->depths[stage]++;
  }
  if (!read_stem (named, arch, error) || !read_version (named, &arch->version, error))
    return FALSE;
  read_biases (named, arch);
  read_kernels (named, arch);
  return read_head (named, arch, error);
}

/* Tensors that need a shape are told apart by more than the order of their values: those of four dimensions must match
 * exactly, and a linear's two come first, whatever ones follow (it may be stored as a 1x1 convolution): its rows are
 * read by them. In a vector sizes of 1 do not count, which covers (C, 1, 1) layer scale and (1, 1, 1, 4C) GRN. */
static gboolean
shape_matches (const CnxTensor * tensor, int n_dims, const gint64 * dims)
{
  int at = 0, expected = 0;

  if (n_dims == 4)
    return tensor->n_dims == 4 && memcmp (tensor->dims, dims, 4 * sizeof dims[0]) == 0;
  if (n_dims == 2 && (tensor->n_dims < 2 || memcmp (tensor->dims, dims, 2 * sizeof dims[0]) != 0))
    return FALSE;

  while (TRUE) {
    while (at < tensor->n_dims && tensor->dims[at] == 1)
      at++;
    while (expected < n_dims && dims[expected] == 1)
      expected++;
    if (at == tensor->n_dims || expected == n_dims)
      return at == tensor->n_dims && expected == n_dims;
    if (tensor->dims[at++] != dims[expected++])
      return FALSE;
  }
}

/* What collecting the tensors of an architecture has come to. */
typedef struct
{
  const Named *named;
  CnxModel *model;
  GHashTable *used;             /* CnxTensor * */
  char *missing;                /* the first one's name and shape */
  const CnxTensor *behind;      /* the first matrix outside that takes the classifier's outputs */
  GError *error;                /* the first one of a wrong shape or type */
} Collect;

static void
check_tensor (Collect * collect, const CnxTensor * tensor, int n_dims, const gint64 * dims,
    const char *expected_shape)
{
  g_autofree char *shape = cnx_tensor_shape_string (tensor);

  if (collect->error)
    return;
  if (!shape_matches (tensor, n_dims, dims))
    refuse (collect->named, &collect->error, "the tensor '%s' should have the shape %s and has %s",
        tensor->name, expected_shape, shape);
  else if (tensor->dtype == CNX_DTYPE_OTHER)
    refuse (collect->named, &collect->error,
        "the tensor '%s' is stored as %s; F32, F16, BF16 and F64 can be read: save it as one of these, or where it was "
        "quantized take the weights from before",
        tensor->name, tensor->dtype_name);
}

static void
collect_tensor (CnxRole role, int stage, int block, int n_dims, const gint64 * dims,
    gpointer user_data)
{
  Collect *collect = user_data;
  const Named *named = collect->named;
  GPtrArray *tensors = collect->model->tensors;
  g_autofree char *name = cnx_arch_file_name (named->arch, named->scheme, named->prefix, role, stage, block);
  const CnxTensor *tensor = find (named, role, stage, block);
  CnxTensor wanted = {.n_dims = n_dims };
  g_autofree char *shape = NULL;

  memcpy (wanted.dims, dims, n_dims * sizeof dims[0]);
  shape = cnx_tensor_shape_string (&wanted);
  if (block == 0)
    collect->model->first[role][stage] = tensors->len;
  g_ptr_array_add (tensors, (gpointer) tensor);

  if (tensor) {
    g_hash_table_add (collect->used, (gpointer) tensor);
    check_tensor (collect, tensor, n_dims, dims, shape);
  } else if (!collect->missing) {
    collect->missing = g_strdup_printf ("'%s' of shape %s", name, shape);
  }
}

/* Of what stands outside the network's prefix: a training's losses, metrics or other networks. */
static void
add_unread (Collect * collect, const CnxTensor * tensor)
{
  cnx_checkpoint_add_unread (collect->named->checkpoint, tensor->name);
  if (!collect->behind && tensor->n_dims == 2 && tensor->count > 0 && tensor->dims[1] == collect->model->arch.classes)
    collect->behind = tensor;
}

/* The first tensor of weights that the architecture has no place for. Counters and the like are let be. */
static const CnxTensor *
first_unexpected (Collect * collect)
{
  const Named *named = collect->named;

  for (guint i = 0; i < cnx_checkpoint_n_tensors (named->checkpoint); i++) {
    const CnxTensor *tensor = cnx_checkpoint_tensor (named->checkpoint, i);

    if (tensor->dtype == CNX_DTYPE_OTHER || g_hash_table_contains (collect->used, tensor)
        || cnx_scheme_repeats (named->scheme, named->prefix, tensor->name))
      continue;
    if (cnx_scheme_covers (named->scheme, named->prefix, tensor->name))
      return tensor;
    add_unread (collect, tensor);
  }
  return NULL;
}

/* One that was kept, with the real one behind it: its outputs are no classes. */
static gboolean
refuse_behind (const Collect * collect, GError ** error)
{
  g_autofree char *shape = cnx_tensor_shape_string (collect->behind);

  return refuse (collect->named, error, "outside '%s' it has the matrix '%s' of shape %s, which takes the classifier's "
      "%d outputs: the real classifier seems to be behind one that was kept, and its labels would be wrong. Save the "
      "two as one (their product, in the classifier's place), or leave '%s' out if it is something else",
      collect->named->prefix, collect->behind->name, shape, collect->model->arch.classes, collect->behind->name);
}

static gboolean
report (Collect * collect, GError ** error)
{
  const CnxTensor *unexpected = first_unexpected (collect);
  g_autofree char *shape = unexpected ? cnx_tensor_shape_string (unexpected) : NULL;
  g_autofree char *beside = unexpected ? g_strdup_printf ("; it has '%s' of shape %s, which no "
      "ConvNeXt has", unexpected->name, shape) : g_strdup ("");

  if (collect->missing)
    return refuse (collect->named, error, "the tensor %s is missing%s", collect->missing, beside);
  if (collect->error) {
    g_propagate_error (error, g_steal_pointer (&collect->error));
    return FALSE;
  }
  if (unexpected)
    return refuse (collect->named, error,
        "the tensor '%s' of shape %s is unexpected: a ConvNeXt%s of its size has no such tensor, so the "
        "result would be wrong", unexpected->name, shape,
        collect->model->arch.version == 2 ? " V2" : "");
  return !collect->behind || refuse_behind (collect, error);
}

static gboolean
collect_tensors (CnxModel * model, const Named * named, GError ** error)
{
  g_autoptr (GHashTable) used = g_hash_table_new (NULL, NULL);
  Collect collect = {.named = named,.model = model,.used = used };
  gboolean ok;

  memset (model->first, -1, sizeof model->first);
  cnx_arch_foreach_tensor (&model->arch, collect_tensor, &collect);
  ok = report (&collect, error);
  g_free (collect.missing);
  g_clear_error (&collect.error);
  return ok;
}

/* What ConvNeXt V2's pre-training (FCMAE) leaves. */
static gboolean
refuse_without_head (const Named * named, GError ** error)
{
  if (!find (named, CNX_ROLE_FINAL_NORM_WEIGHT, 0, 0) && !find (named, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0)
      && find (named, CNX_ROLE_GRN_WEIGHT, 0, 0))
    return refuse (named, error, "it has neither a classifier nor the LayerNorm before it, as after ConvNeXt V2's "
        "pre-training (FCMAE): take weights that were fine-tuned");
  return TRUE;
}

static gboolean
read_weights (CnxModel * model, const char *file, GError ** error)
{
  g_autofree char *prefix = NULL;
  Named named;

  model->checkpoint = cnx_checkpoint_open (file, error);
  if (!model->checkpoint || !cnx_spelling_settle (model->checkpoint, error)
      || !cnx_scheme_detect (model->checkpoint, &model->scheme, &prefix, error))
    return FALSE;
  named = (Named) {
  .checkpoint = model->checkpoint,.scheme = model->scheme,.prefix = prefix,.arch = &model->arch};
  return refuse_without_head (&named, error)
      && read_arch (&named, &model->arch, error)
      && collect_tensors (model, &named, error);
}

static CnxModel *
model_new (void)
{
  CnxModel *model = g_new0 (CnxModel, 1);

  g_atomic_ref_count_init (&model->refs);
  model->tensors = g_ptr_array_new ();
  return model;
}

CnxModel *
cnx_model_load_to_label (const char *path, GError ** error)
{
  g_autoptr (CnxModel) model = model_new ();
  g_autofree char *file = NULL;

  if (!cnx_weights_check_path (path, error))
    return NULL;
  file = g_file_test (path, G_FILE_TEST_IS_DIR) ? cnx_weights_in_folder (path, error) : g_strdup (path);
  if (!file || !read_weights (model, file, error)
      || !cnx_model_config_load (&model->config, file, &model->arch, model->scheme, error))
    return NULL;
  return g_steal_pointer (&model);
}

/* Its own config, the same weights. */
static CnxModel *
model_copy (CnxModel * model)
{
  CnxModel *copy = model_new ();

  g_ptr_array_extend (copy->tensors, model->tensors, NULL, NULL);
  copy->checkpoint = cnx_checkpoint_ref (model->checkpoint);
  copy->arch = model->arch;
  copy->scheme = model->scheme;
  memcpy (copy->first, model->first, sizeof copy->first);
  copy->config = model->config;
  copy->config.name = g_strdup (model->config.name);
  copy->config.labels = g_strdupv (model->config.labels);
  copy->config.labels_from = g_strdup (model->config.labels_from);
  copy->config.labels_error = model->config.labels_error ? g_error_copy (model->config.labels_error) : NULL;
  return copy;
}

CnxModel *
cnx_model_with_labels (CnxModel * model, const char *path, GError ** error)
{
  char **labels;
  CnxModel *copy;

  if (!cnx_model_check_classifier (model, error)
      || !(labels = cnx_labels_load (path, model->arch.classes, error)))
    return NULL;
  copy = model_copy (model);
  g_strfreev (copy->config.labels);
  g_free (copy->config.labels_from);
  copy->config.labels = labels;
  copy->config.labels_from = g_strdup (path);
  return copy;
}

CnxModel *
cnx_model_with_recipe (CnxModel * model, const char *text, GError ** error)
{
  CnxRecipe recipe = model->config.recipe;
  CnxModel *copy;

  if (!cnx_recipe_override (&recipe, text, error))
    return NULL;
  copy = model_copy (model);
  copy->config.recipe = recipe;
  return copy;
}

CnxModel *
cnx_model_ref (CnxModel * model)
{
  g_atomic_ref_count_inc (&model->refs);
  return model;
}

void
cnx_model_unref (CnxModel * model)
{
  if (!g_atomic_ref_count_dec (&model->refs))
    return;
  cnx_model_config_clear (&model->config);
  g_ptr_array_unref (model->tensors);
  g_clear_pointer (&model->checkpoint, cnx_checkpoint_unref);
  g_free (model);
}

const char *
cnx_model_name (CnxModel * model)
{
  return model->config.name;
}

const char *
cnx_model_path (CnxModel * model)
{
  return cnx_checkpoint_path (model->checkpoint);
}

const CnxArch *
cnx_model_arch (CnxModel * model)
{
  return &model->arch;
}

const CnxRecipe *
cnx_model_recipe (CnxModel * model)
{
  return &model->config.recipe;
}

CnxScheme
cnx_model_scheme (CnxModel * model)
{
  return model->scheme;
}

const char *const *
cnx_model_unread (CnxModel * model, guint * count)
{
  return cnx_checkpoint_unread (model->checkpoint, count);
}

const GError *
cnx_model_labels_error (CnxModel * model)
{
  return model->config.labels_error;
}

gboolean
cnx_model_check_classifier (CnxModel * model, GError ** error)
{
  guint count;
  const char *const *unread = cnx_model_unread (model, &count);
  g_autofree char *names = g_strjoinv ("', '", (char **) unread);
  g_autofree char *beside = count > 0 ? g_strdup_printf (". Beside the network it holds '%s'%s, of which nothing could "
      "be told to be its classifier", names, count > CNX_MAX_UNREAD ? " and more" : "") : g_strdup ("");

  if (model->arch.classes > 0)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'%s' has no classifier, so it has no labels to give, only "
      "features: print those with `convnext run --features`, or take weights with a classifier%s",
      cnx_model_path (model), beside);
  return FALSE;
}

double
cnx_model_final_norm_eps (CnxModel * model)
{
  return model->config.final_norm_eps;
}

const char *
cnx_model_label (CnxModel * model, int id)
{
  if (id < 0 || id >= model->arch.classes)
    return "unknown class";
  return model->config.labels[id];
}

const char *
cnx_model_labels_from (CnxModel * model)
{
  return model->config.labels_from;
}

CnxConfidence
cnx_model_confidence (CnxModel * model)
{
  return model->config.confidence;
}

double
cnx_model_threshold (CnxModel * model, double set, double otherwise)
{
  if (set >= 0)
    return set;
  return model->config.threshold >= 0 ? model->config.threshold : otherwise;
}

const CnxTensor *
cnx_model_tensor (CnxModel * model, CnxRole role, int stage, int block)
{
  int first;

  if (!cnx_role_is_per_stage (role))
    stage = 0;
  if (!cnx_role_is_per_block (role))
    block = 0;
  if (stage < 0 || stage >= CNX_STAGES || block < 0)
    return NULL;
  if (cnx_role_is_per_block (role) && block >= model->arch.depths[stage])
    return NULL;
  first = model->first[role][stage];
  return first < 0 ? NULL : g_ptr_array_index (model->tensors, first + block);
}

guint
cnx_model_dtypes (CnxModel * model)
{
  guint dtypes = 0;

  for (guint i = 0; i < model->tensors->len; i++)
    dtypes |= 1u << ((const CnxTensor *) g_ptr_array_index (model->tensors, i))->dtype;
  return dtypes;
}

gboolean
cnx_model_check (CnxModel * model, GError ** error)
{
  return cnx_checkpoint_check (model->checkpoint, error);
}
