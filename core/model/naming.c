#include "core/model/naming.h"

#include <string.h>

#include "core/error.h"

/* In a pattern, {s} is the stage, {b} the block, {d} and {f} torchvision's indexes in `features`:
 * 2 * stage for a downsample, 2 * stage + 1 for a stage's blocks. */
typedef struct
{
  const char *patterns[CNX_N_SCHEMES];
} RoleNames;

#define NAMES(timm, hugging_face, torchvision, original) { { \
  [CNX_SCHEME_TIMM] = timm, [CNX_SCHEME_HUGGING_FACE] = hugging_face, \
  [CNX_SCHEME_TORCHVISION] = torchvision, [CNX_SCHEME_ORIGINAL] = original } }

/* A module's weight and bias. */
#define PAIR(role, timm, hugging_face, torchvision, original) \
  [role ## _WEIGHT] = NAMES (timm ".weight", hugging_face ".weight", torchvision ".weight", \
      original ".weight"), \
  [role ## _BIAS] = NAMES (timm ".bias", hugging_face ".bias", torchvision ".bias", \
      original ".bias")

#define TIMM_BLOCK "stages.{s}.blocks.{b}."
#define HF_BLOCK "encoder.stages.{s}.layers.{b}."
#define TV_BLOCK "features.{f}.{b}."
#define ORIGINAL_BLOCK "stages.{s}.{b}."

/* timm: timm/models/convnext.py; Hugging Face: transformers' ConvNextForImageClassification, without the
 * prefix `convnext.` or `convnextv2.`; torchvision: models/convnext.py; original: facebookresearch. */
static const RoleNames role_names[CNX_N_ROLES] = {
  PAIR (CNX_ROLE_STEM, "stem.0", "embeddings.patch_embeddings", "features.0.0",
      "downsample_layers.0.0"),
  PAIR (CNX_ROLE_STEM_NORM, "stem.1", "embeddings.layernorm", "features.0.1",
      "downsample_layers.0.1"),
  PAIR (CNX_ROLE_FINAL_NORM, "head.norm", "layernorm", "classifier.0", "norm"),
  PAIR (CNX_ROLE_CLASSIFIER, "head.fc", "classifier", "classifier.2", "head"),
  PAIR (CNX_ROLE_DOWNSAMPLE_NORM, "stages.{s}.downsample.0",
      "encoder.stages.{s}.downsampling_layer.0", "features.{d}.0", "downsample_layers.{s}.0"),
  PAIR (CNX_ROLE_DOWNSAMPLE, "stages.{s}.downsample.1",
      "encoder.stages.{s}.downsampling_layer.1", "features.{d}.1", "downsample_layers.{s}.1"),
  PAIR (CNX_ROLE_DEPTHWISE, TIMM_BLOCK "conv_dw", HF_BLOCK "dwconv", TV_BLOCK "block.0",
      ORIGINAL_BLOCK "dwconv"),
  PAIR (CNX_ROLE_BLOCK_NORM, TIMM_BLOCK "norm", HF_BLOCK "layernorm", TV_BLOCK "block.2",
      ORIGINAL_BLOCK "norm"),
  PAIR (CNX_ROLE_LINEAR1, TIMM_BLOCK "mlp.fc1", HF_BLOCK "pwconv1", TV_BLOCK "block.3",
      ORIGINAL_BLOCK "pwconv1"),
  PAIR (CNX_ROLE_LINEAR2, TIMM_BLOCK "mlp.fc2", HF_BLOCK "pwconv2", TV_BLOCK "block.5",
      ORIGINAL_BLOCK "pwconv2"),
  [CNX_ROLE_LAYER_SCALE] = NAMES (TIMM_BLOCK "gamma", HF_BLOCK "layer_scale_parameter",
      TV_BLOCK "layer_scale", ORIGINAL_BLOCK "gamma"),
  [CNX_ROLE_GRN_WEIGHT] = NAMES (TIMM_BLOCK "mlp.grn.weight", HF_BLOCK "grn.weight", NULL,
      ORIGINAL_BLOCK "grn.gamma"),
  [CNX_ROLE_GRN_BIAS] = NAMES (TIMM_BLOCK "mlp.grn.bias", HF_BLOCK "grn.bias", NULL,
      ORIGINAL_BLOCK "grn.beta"),
};

/* The roles that a plain ConvNeXt does not have; the indexes in `stem` are timm_override()'s. */
static const char *const timm_relatives[CNX_N_ROLES] = {
  [CNX_ROLE_STEM_SECOND_WEIGHT] = "stem.1.weight",[CNX_ROLE_STEM_SECOND_BIAS] = "stem.1.bias",
  [CNX_ROLE_HIDDEN_WEIGHT] = "head.pre_logits.fc.weight",[CNX_ROLE_HIDDEN_BIAS] = "head.pre_logits.fc.bias",
};

/* transformers' DINOv3ConvNextModel; stage 0's downsample layers are the stem, and the other way round. */
#define DINOV3_BLOCK "stages.{s}.layers.{b}."
#define DINOV3_PAIR(role, name) [role ## _WEIGHT] = name ".weight",[role ## _BIAS] = name ".bias"
static const char *const dinov3_names[CNX_N_ROLES] = {
  DINOV3_PAIR (CNX_ROLE_STEM, "stages.0.downsample_layers.0"),
  DINOV3_PAIR (CNX_ROLE_STEM_NORM, "stages.0.downsample_layers.1"),
  DINOV3_PAIR (CNX_ROLE_FINAL_NORM, "layer_norm"),
  DINOV3_PAIR (CNX_ROLE_CLASSIFIER, "classifier"),
  DINOV3_PAIR (CNX_ROLE_DOWNSAMPLE_NORM, "stages.{s}.downsample_layers.0"),
  DINOV3_PAIR (CNX_ROLE_DOWNSAMPLE, "stages.{s}.downsample_layers.1"),
  DINOV3_PAIR (CNX_ROLE_DEPTHWISE, DINOV3_BLOCK "depthwise_conv"),
  DINOV3_PAIR (CNX_ROLE_BLOCK_NORM, DINOV3_BLOCK "layer_norm"),
  DINOV3_PAIR (CNX_ROLE_LINEAR1, DINOV3_BLOCK "pointwise_conv1"),
  DINOV3_PAIR (CNX_ROLE_LINEAR2, DINOV3_BLOCK "pointwise_conv2"),
  [CNX_ROLE_LAYER_SCALE] = DINOV3_BLOCK "gamma",
};

/* Names outside the prefix, whose end @within is left out: OpenCLIP's image tower is a trunk with its projection (one
 * linear, or two) beside it; the original DINOv3 lists its norms a second time; a DINOv3 backbone of transformers may
 * stand inside `model.` with or without its norm. */
static const struct
{
  CnxScheme scheme;
  CnxRole role;
  const char *within, *name;
} outer_names[] = {
  {CNX_SCHEME_TIMM, CNX_ROLE_EMBEDDING_WEIGHT, "trunk.", "head.proj.weight"},
  {CNX_SCHEME_TIMM, CNX_ROLE_EMBEDDING_WEIGHT, "trunk.", "head.mlp.fc2.weight"},
  {CNX_SCHEME_TIMM, CNX_ROLE_HIDDEN_WEIGHT, "trunk.", "head.mlp.fc1.weight"},
  {CNX_SCHEME_TIMM, CNX_ROLE_HIDDEN_BIAS, "trunk.", "head.mlp.fc1.bias"},
  {CNX_SCHEME_ORIGINAL, CNX_ROLE_FINAL_NORM_WEIGHT, "", "norms.3.weight"},
  {CNX_SCHEME_ORIGINAL, CNX_ROLE_FINAL_NORM_BIAS, "", "norms.3.bias"},
  {CNX_SCHEME_DINOV3, CNX_ROLE_FINAL_NORM_WEIGHT, "model.", "layer_norm.weight"},
  {CNX_SCHEME_DINOV3, CNX_ROLE_FINAL_NORM_BIAS, "model.", "layer_norm.bias"},
  {CNX_SCHEME_DINOV3, CNX_ROLE_CLASSIFIER_WEIGHT, "model.", "classifier.weight"},
  {CNX_SCHEME_DINOV3, CNX_ROLE_CLASSIFIER_BIAS, "model.", "classifier.bias"},
};

/* What transformers puts before everything but the classifier. */
static const char *const hugging_face_prefixes[] = { "convnext.", "convnextv2." };

const char *
cnx_scheme_name (CnxScheme scheme)
{
  static const char *const names[CNX_N_SCHEMES] = {
    [CNX_SCHEME_TIMM] = "timm",
    [CNX_SCHEME_HUGGING_FACE] = "Hugging Face",
    [CNX_SCHEME_TORCHVISION] = "torchvision",
    [CNX_SCHEME_ORIGINAL] = "original",
    [CNX_SCHEME_DINOV3] = "Hugging Face DINOv3",
  };

  return names[scheme];
}

gboolean
cnx_role_is_per_block (CnxRole role)
{
  return role >= CNX_ROLE_DEPTHWISE_WEIGHT;
}

gboolean
cnx_role_is_per_stage (CnxRole role)
{
  return role >= CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT;
}

static int
placeholder_value (char placeholder, int stage, int block)
{
  if (placeholder == 's')
    return stage;
  if (placeholder == 'b')
    return block;
  return placeholder == 'd' ? 2 * stage : 2 * stage + 1;
}

/* timm's name where the kind of stem or head moves it: the modules of a stem are numbered. */
static const char *
timm_override (const CnxArch * arch, CnxRole role)
{
  const gboolean act = arch->stem == CNX_STEM_OVERLAP_ACT;

  if (role == CNX_ROLE_STEM_SECOND_WEIGHT && act)
    return "stem.2.weight";
  if (role == CNX_ROLE_STEM_SECOND_BIAS && act)
    return "stem.2.bias";
  if (role == CNX_ROLE_STEM_NORM_WEIGHT && arch->stem != CNX_STEM_PATCH)
    return act ? "stem.3.weight" : "stem.2.weight";
  if (role == CNX_ROLE_STEM_NORM_BIAS && arch->stem != CNX_STEM_PATCH)
    return act ? "stem.3.bias" : "stem.2.bias";
  if (role == CNX_ROLE_FINAL_NORM_WEIGHT && arch->norm_first)
    return "norm_pre.weight";
  if (role == CNX_ROLE_FINAL_NORM_BIAS && arch->norm_first)
    return "norm_pre.bias";
  return NULL;
}

static const char *
find_pattern (CnxScheme scheme, const CnxArch * arch, CnxRole role)
{
  const char *pattern = scheme == CNX_SCHEME_TIMM && arch ? timm_override (arch, role) : NULL;

  if (pattern)
    return pattern;
  if (scheme == CNX_SCHEME_DINOV3)
    return dinov3_names[role];
  pattern = role_names[role].patterns[scheme];
  return pattern || scheme != CNX_SCHEME_TIMM ? pattern : timm_relatives[role];
}

char *
cnx_arch_tensor_name (const CnxArch * arch, CnxScheme scheme, CnxRole role, int stage, int block)
{
  const char *pattern = find_pattern (scheme, arch, role);
  GString *name;

  if (!pattern)
    return NULL;

  name = g_string_new (NULL);
  while (*pattern) {
    if (pattern[0] == '{') {
      g_string_append_printf (name, "%d", placeholder_value (pattern[1], stage, block));
      pattern += strlen ("{s}");
    } else {
      g_string_append_c (name, *pattern++);
    }
  }
  return g_string_free (name, FALSE);
}

char *
cnx_scheme_tensor_name (CnxScheme scheme, CnxRole role, int stage, int block)
{
  return cnx_arch_tensor_name (NULL, scheme, role, stage, block);
}

/* Length of @prefix without a trailing "convnext." or "convnextv2.". */
static gsize
wrapper_length (const char *prefix)
{
  for (guint i = 0; i < G_N_ELEMENTS (hugging_face_prefixes); i++) {
    if (g_str_has_suffix (prefix, hugging_face_prefixes[i]))
      return strlen (prefix) - strlen (hugging_face_prefixes[i]);
  }
  return strlen (prefix);
}

char *
cnx_arch_file_name (const CnxArch * arch, CnxScheme scheme, const char *prefix, CnxRole role, int stage, int block)
{
  g_autofree char *name = cnx_arch_tensor_name (arch, scheme, role, stage, block);
  gsize length = strlen (prefix);

  if (!name)
    return NULL;
  if (scheme == CNX_SCHEME_HUGGING_FACE
      && (role == CNX_ROLE_CLASSIFIER_WEIGHT || role == CNX_ROLE_CLASSIFIER_BIAS))
    length = wrapper_length (prefix);
  return g_strdup_printf ("%.*s%s", (int) length, prefix, name);
}

char *
cnx_scheme_file_name (CnxScheme scheme, const char *prefix, CnxRole role, int stage, int block)
{
  return cnx_arch_file_name (NULL, scheme, prefix, role, stage, block);
}

const CnxTensor *
cnx_arch_find (const CnxArch * arch, CnxCheckpoint * checkpoint, CnxScheme scheme, const char *prefix, CnxRole role,
    int stage, int block)
{
  g_autofree char *name = cnx_arch_file_name (arch, scheme, prefix, role, stage, block);
  const CnxTensor *tensor = name ? cnx_checkpoint_find (checkpoint, name) : NULL;

  for (guint i = 0; !tensor && i < G_N_ELEMENTS (outer_names); i++) {
    g_autofree char *outer = NULL;

    if (outer_names[i].scheme != scheme || outer_names[i].role != role
        || !g_str_has_suffix (prefix, outer_names[i].within))
      continue;
    outer = g_strdup_printf ("%.*s%s", (int) (strlen (prefix) - strlen (outer_names[i].within)), prefix,
        outer_names[i].name);
    tensor = cnx_checkpoint_find (checkpoint, outer);
  }
  return tensor;
}

gboolean
cnx_scheme_repeats (CnxScheme scheme, const char *prefix, const char *name)
{
  if (!g_str_has_prefix (name, prefix))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (outer_names); i++)
    if (outer_names[i].scheme == scheme && !*outer_names[i].within
        && strcmp (outer_names[i].name, name + strlen (prefix)) == 0)
      return TRUE;
  return FALSE;
}

/* The original DINOv3's norms of every stage, of which the last is the final one, and what EUPE was distilled with. */
static gboolean
is_training_only (CnxScheme scheme, const char *name)
{
  return scheme == CNX_SCHEME_ORIGINAL && (g_str_has_prefix (name, "norms.") || g_str_has_prefix (name, "projectors."));
}

/* Of the head that OpenCLIP puts beside a trunk: its bias, or its own way to pool, cannot be left out. */
static gboolean
is_trunk_head (CnxScheme scheme, const char *prefix, const char *name)
{
  const gsize outer = g_str_has_suffix (prefix, "trunk.") ? strlen (prefix) - strlen ("trunk.") : 0;

  return scheme == CNX_SCHEME_TIMM && g_str_has_suffix (prefix, "trunk.") && strncmp (name, prefix, outer) == 0
      && g_str_has_prefix (name + outer, "head.");
}

gboolean
cnx_scheme_covers (CnxScheme scheme, const char *prefix, const char *name)
{
  const gsize wrapper = wrapper_length (prefix);

  if (g_str_has_prefix (name, prefix) && is_training_only (scheme, name + strlen (prefix)))
    return FALSE;
  return g_str_has_prefix (name, prefix) || is_trunk_head (scheme, prefix, name)
      || (scheme == CNX_SCHEME_HUGGING_FACE && strncmp (name, prefix, wrapper) == 0
      && g_str_has_prefix (name + wrapper, "classifier."));
}

/* ---- which network of a file ---- */

/* Bytes of @name before @stem, which it ends on after a dot or as a whole; -1 for another name. */
static gssize
prefix_before (const char *name, const char *stem)
{
  const gsize length = strlen (name) - strlen (stem);

  if (!g_str_has_suffix (name, stem) || (length > 0 && name[length - 1] != '.'))
    return -1;
  return length;
}

/* A block in every stage tells a ConvNeXt, also one that lacks a tensor, from what only begins like one. */
static gboolean
has_blocks (CnxCheckpoint * checkpoint, CnxScheme scheme, const char *prefix)
{
  for (int stage = 0; stage < CNX_STAGES; stage++) {
    g_autofree char *name = cnx_scheme_file_name (scheme, prefix, CNX_ROLE_DEPTHWISE_WEIGHT, stage, 0);
    const CnxTensor *tensor = cnx_checkpoint_find (checkpoint, name);

    if (!tensor || tensor->dtype == CNX_DTYPE_OTHER)
      return FALSE;
  }
  return TRUE;
}

/* The networks that were found so far. */
typedef struct
{
  char *shortest;               /* prefix before a stem */
  char *network, *other;        /* prefixes of the first that has blocks, and of another */
  CnxScheme shortest_scheme, network_scheme;
} Found;

static void
add_network (Found * found, CnxCheckpoint * checkpoint, CnxScheme scheme, const char *prefix)
{
  if (!found->shortest || strlen (prefix) < strlen (found->shortest)) {
    g_free (found->shortest);
    found->shortest = g_strdup (prefix);
    found->shortest_scheme = scheme;
  }
  if (found->other || !has_blocks (checkpoint, scheme, prefix))
    return;
  if (found->network) {
    found->other = g_strdup (prefix);
  } else {
    found->network = g_strdup (prefix);
    found->network_scheme = scheme;
  }
}

/* By the stems, which each network has one of. */
static void
find_networks (Found * found, CnxCheckpoint * checkpoint)
{
  for (int scheme = 0; scheme < CNX_N_SCHEMES; scheme++)
    for (guint i = 0; i < cnx_checkpoint_n_tensors (checkpoint); i++) {
      const char *name = cnx_checkpoint_tensor (checkpoint, i)->name;
      const gssize length = prefix_before (name, find_pattern (scheme, NULL, CNX_ROLE_STEM_WEIGHT));
      g_autofree char *prefix = length < 0 ? NULL : g_strndup (name, length);

      if (prefix)
        add_network (found, checkpoint, scheme, prefix);
    }
}

static void
set_no_scheme_error (CnxCheckpoint * checkpoint, GError ** error)
{
  g_autoptr (GString) stems = g_string_new (NULL);
  guint n = cnx_checkpoint_n_tensors (checkpoint);

  for (int scheme = 0; scheme < CNX_N_SCHEMES; scheme++)
    g_string_append_printf (stems, "%s'%s' (%s)", scheme ? ", " : "",
        find_pattern (scheme, NULL, CNX_ROLE_STEM_WEIGHT), cnx_scheme_name (scheme));
  g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL,
      "'%s' is not a ConvNeXt in any naming that is known: none of the stems %s is among its %u "
      "tensors%s%s%s", cnx_checkpoint_path (checkpoint), stems->str, n,
      n ? "; its first is '" : "", n ? cnx_checkpoint_tensor (checkpoint, 0)->name : "",
      n ? "'" : "");
}

gboolean
cnx_scheme_detect (CnxCheckpoint * checkpoint, CnxScheme * scheme, char **prefix, GError ** error)
{
  Found found = { 0 };

  *prefix = NULL;
  find_networks (&found, checkpoint);
  if (!found.shortest) {
    set_no_scheme_error (checkpoint, error);
  } else if (found.other) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'%s' holds more than one ConvNeXt: the names of one start with "
        "'%s', those of another with '%s', and nothing tells which is meant: save the one in a file of its own",
        cnx_checkpoint_path (checkpoint), found.network, found.other);
  } else {
    *scheme = found.network ? found.network_scheme : found.shortest_scheme;
    *prefix = g_strdup (found.network ? found.network : found.shortest);
  }
  g_free (found.shortest);
  g_free (found.network);
  g_free (found.other);
  return *prefix != NULL;
}

static int
set_dims (gint64 dims[4], int n, gint64 a, gint64 b, gint64 c, gint64 d)
{
  dims[0] = a;
  dims[1] = b;
  dims[2] = c;
  dims[3] = d;
  return n;
}

static gboolean
is_norm_bias (CnxRole role)
{
  return role == CNX_ROLE_STEM_NORM_BIAS || role == CNX_ROLE_FINAL_NORM_BIAS || role == CNX_ROLE_DOWNSAMPLE_NORM_BIAS
      || role == CNX_ROLE_BLOCK_NORM_BIAS;
}

static gboolean
is_convolution_bias (CnxRole role)
{
  return role == CNX_ROLE_STEM_BIAS || role == CNX_ROLE_STEM_SECOND_BIAS || role == CNX_ROLE_DOWNSAMPLE_BIAS
      || role == CNX_ROLE_DEPTHWISE_BIAS;
}

/* Shapes of the roles that a stage or a block has; the others are in once_role_shape(). */
static int
stage_role_shape (const CnxArch * arch, CnxRole role, int stage, gint64 dims[4])
{
  gint64 c = arch->dims[stage];
  gint64 before = arch->dims[MAX (stage, 1) - 1];
  const int kernel = cnx_arch_kernel (arch, stage);

  switch (role) {
    case CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT:
    case CNX_ROLE_DOWNSAMPLE_NORM_BIAS:
      return set_dims (dims, stage > 0 ? 1 : 0, before, 1, 1, 1);
    case CNX_ROLE_DOWNSAMPLE_WEIGHT:
      return set_dims (dims, stage > 0 ? 4 : 0, c, before, 2, 2);
    case CNX_ROLE_DOWNSAMPLE_BIAS:
      return set_dims (dims, stage > 0 ? 1 : 0, c, 1, 1, 1);
    case CNX_ROLE_DEPTHWISE_WEIGHT:
      return set_dims (dims, 4, c, 1, kernel, kernel);
    case CNX_ROLE_LINEAR1_WEIGHT:
      return set_dims (dims, 2, 4 * c, c, 1, 1);
    case CNX_ROLE_LINEAR1_BIAS:
      return set_dims (dims, 1, 4 * c, 1, 1, 1);
    case CNX_ROLE_LINEAR2_WEIGHT:
      return set_dims (dims, 2, c, 4 * c, 1, 1);
    case CNX_ROLE_LAYER_SCALE:
      return set_dims (dims, arch->version == 1 ? 1 : 0, c, 1, 1, 1);
    case CNX_ROLE_GRN_WEIGHT:
    case CNX_ROLE_GRN_BIAS:
      return set_dims (dims, arch->version == 2 ? 1 : 0, 4 * c, 1, 1, 1);
    default:
      return set_dims (dims, 1, c, 1, 1, 1);
  }
}

/* Of the stem and the head. */
static int
once_role_shape (const CnxArch * arch, CnxRole role, gint64 dims[4])
{
  const gint64 first = arch->dims[0], last = arch->dims[CNX_STAGES - 1], middle = arch->stem_dim;
  const gint64 inputs = arch->hidden > 0 ? arch->hidden : last;
  const gboolean overlaps = arch->stem != CNX_STEM_PATCH;

  switch (role) {
    case CNX_ROLE_STEM_WEIGHT:
      return overlaps ? set_dims (dims, 4, middle, 3, 3, 3) : set_dims (dims, 4, first, 3, 4, 4);
    case CNX_ROLE_STEM_BIAS:
      return set_dims (dims, 1, overlaps ? middle : first, 1, 1, 1);
    case CNX_ROLE_STEM_SECOND_WEIGHT:
      return set_dims (dims, overlaps ? 4 : 0, first, middle, 3, 3);
    case CNX_ROLE_STEM_SECOND_BIAS:
      return set_dims (dims, overlaps ? 1 : 0, first, 1, 1, 1);
    case CNX_ROLE_FINAL_NORM_WEIGHT:
    case CNX_ROLE_FINAL_NORM_BIAS:
      return set_dims (dims, 1, last, 1, 1, 1);
    case CNX_ROLE_HIDDEN_WEIGHT:
      return set_dims (dims, arch->hidden > 0 ? 2 : 0, arch->hidden, last, 1, 1);
    case CNX_ROLE_HIDDEN_BIAS:
      return set_dims (dims, arch->hidden > 0 ? 1 : 0, arch->hidden, 1, 1, 1);
    case CNX_ROLE_EMBEDDING_WEIGHT:
      return set_dims (dims, arch->embedding > 0 ? 2 : 0, arch->embedding, inputs, 1, 1);
    case CNX_ROLE_CLASSIFIER_WEIGHT:
      return set_dims (dims, arch->classes > 0 ? 2 : 0, arch->classes, inputs, 1, 1);
    case CNX_ROLE_CLASSIFIER_BIAS:
      return set_dims (dims, arch->classes > 0 ? 1 : 0, arch->classes, 1, 1, 1);
    default:
      return set_dims (dims, 1, first, 1, 1, 1);
  }
}

int
cnx_role_shape (const CnxArch * arch, CnxRole role, int stage, gint64 dims[4])
{
  if ((arch->norm != CNX_NORM_LAYER && is_norm_bias (role)) || (arch->no_conv_bias && is_convolution_bias (role)))
    return set_dims (dims, 0, 1, 1, 1, 1);
  if (cnx_role_is_per_stage (role))
    return stage_role_shape (arch, role, stage, dims);
  return once_role_shape (arch, role, dims);
}

void
cnx_arch_foreach_tensor (const CnxArch * arch, CnxTensorFunc func, gpointer user_data)
{
  for (int role = 0; role < CNX_N_ROLES; role++) {
    int stages = cnx_role_is_per_stage (role) ? CNX_STAGES : 1;

    for (int stage = 0; stage < stages; stage++) {
      int blocks = cnx_role_is_per_block (role) ? arch->depths[stage] : 1;
      gint64 dims[4];
      int n_dims = cnx_role_shape (arch, role, stage, dims);

      for (int block = 0; n_dims > 0 && block < blocks; block++)
        func (role, stage, block, n_dims, dims, user_data);
    }
  }
}
