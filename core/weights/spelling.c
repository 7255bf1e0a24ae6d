#include "core/weights/spelling.h"

#include <string.h>

#include "core/error.h"

/* Networks in a file that are looked at; a file with two that are whole is refused later. */
#define MAX_NETWORKS 16
#define MM_HEAD "head.fc."
#define MM_STACKED "head.layers.0.fc."

/* Where each scheme's classifier is, by the stem of its network. */
static const struct
{
  const char *stem;
  const char *wrappers[2];      /* what may end the network's prefix and is not before the classifier */
  const char *head;             /* the Sequential */
  const char *besides;          /* what else is in it; or NULL */
  const char *becomes;
  const char *last;             /* a tensor of as many values as the classifier has inputs */
} heads[] = {
  {"stem.0.weight", {NULL}, "head.fc.", NULL, "head.fc.", "stages.3.blocks.0.norm.weight"},
  {"downsample_layers.0.0.weight", {NULL}, "head.", NULL, "head.", "stages.3.0.norm.weight"},
  {"features.0.0.weight", {NULL}, "classifier.", "classifier.0.", "classifier.2.", "features.7.0.block.2.weight"},
  {"embeddings.patch_embeddings.weight", {"convnext.", "convnextv2."}, "classifier.", NULL, "classifier.",
      "encoder.stages.3.layers.0.layernorm.weight"},
  {"stages.0.downsample_layers.0.weight", {"model."}, "classifier.", NULL, "classifier.",
      "stages.3.layers.0.layer_norm.weight"},
};

static const struct
{
  const char *part, *becomes;
} mm_parts[] = {
  {".depthwise_conv.", ".dwconv."}, {".pointwise_conv1.", ".pwconv1."}, {".pointwise_conv2.", ".pwconv2."},
};

static const char *
name_of (CnxCheckpoint * checkpoint, guint i)
{
  return cnx_checkpoint_tensor (checkpoint, i)->name;
}

static gboolean
has (CnxCheckpoint * checkpoint, const char *prefix, const char *name)
{
  g_autofree char *full = g_strconcat (prefix, name, NULL);

  return cnx_checkpoint_find (checkpoint, full) != NULL;
}

/* What is before @stem in the names of the first networks that have it. */
static GPtrArray *
list_prefixes (CnxCheckpoint * checkpoint, const char *stem)
{
  GPtrArray *prefixes = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < cnx_checkpoint_n_tensors (checkpoint) && prefixes->len < MAX_NETWORKS; i++) {
    const char *name = name_of (checkpoint, i);
    const gsize length = g_str_has_suffix (name, stem) ? strlen (name) - strlen (stem) : 0;

    if (g_str_has_suffix (name, stem) && (length == 0 || name[length - 1] == '.'))
      g_ptr_array_add (prefixes, g_strndup (name, length));
  }
  return prefixes;
}

/* ---- OpenMMLab ---- */

static void
settle_mm_part (CnxCheckpoint * checkpoint, guint tensor, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (mm_parts); i++) {
    const char *part = strstr (name, mm_parts[i].part);

    if (part) {
      g_autofree char *renamed = g_strdup_printf ("%.*s%s%s", (int) (part - name), name, mm_parts[i].becomes,
          part + strlen (mm_parts[i].part));

      cnx_checkpoint_rename (checkpoint, tensor, renamed);
      return;
    }
  }
}

static gboolean
is_mm_head (const char *name, const char *prefix, gsize outer, const char *module)
{
  return strncmp (name, prefix, outer) == 0 && g_str_has_prefix (name + outer, module);
}

/* The linear of mmpretrain's heads; of one that stacks them only where there is nothing to stack. */
static const char *
find_mm_head (CnxCheckpoint * checkpoint, const char *prefix, gsize outer)
{
  for (guint i = 0; i < cnx_checkpoint_n_tensors (checkpoint); i++) {
    const char *name = name_of (checkpoint, i);

    if (is_mm_head (name, prefix, outer, "head.layers.") && !is_mm_head (name, prefix, outer, MM_STACKED))
      return MM_HEAD;
  }
  for (guint i = 0; i < cnx_checkpoint_n_tensors (checkpoint); i++)
    if (is_mm_head (name_of (checkpoint, i), prefix, outer, MM_STACKED))
      return MM_STACKED;
  return MM_HEAD;
}

/* Names before which @prefix is: the blocks', and the norm of the last stage, the only one that classifies. */
static void
settle_mm_network (CnxCheckpoint * checkpoint, const char *prefix)
{
  const gsize length = strlen (prefix);
  const gsize outer = g_str_has_suffix (prefix, "backbone.") ? length - strlen ("backbone.") : length;
  const char *head = find_mm_head (checkpoint, prefix, outer);

  for (guint i = 0; i < cnx_checkpoint_n_tensors (checkpoint); i++) {
    const char *name = name_of (checkpoint, i);
    const gboolean inside = g_str_has_prefix (name, prefix);
    g_autofree char *renamed = NULL;

    if (inside && g_str_has_prefix (name + length, "norm3."))
      renamed = g_strdup_printf ("%snorm.%s", prefix, name + length + strlen ("norm3."));
    else if (is_mm_head (name, prefix, outer, head))
      renamed = g_strdup_printf ("%shead.%s", prefix, name + outer + strlen (head));
    if (renamed)
      cnx_checkpoint_rename (checkpoint, i, renamed);
    else if (inside)
      settle_mm_part (checkpoint, i, name);
  }
}

static void
settle_mm (CnxCheckpoint * checkpoint)
{
  g_autoptr (GPtrArray) prefixes = list_prefixes (checkpoint, "downsample_layers.0.0.weight");

  for (guint i = 0; i < prefixes->len; i++)
    if (has (checkpoint, g_ptr_array_index (prefixes, i), "stages.0.0.depthwise_conv.weight"))
      settle_mm_network (checkpoint, g_ptr_array_index (prefixes, i));
}

/* ---- GRN ---- */

static void
settle_grn (CnxCheckpoint * checkpoint)
{
  static const struct
  {
    const char *ending, *becomes;
  } names[] = { {".grn.gamma", ".grn.weight"}, {".grn.beta", ".grn.bias"} };

  for (guint i = 0; i < cnx_checkpoint_n_tensors (checkpoint); i++)
    for (guint n = 0; n < G_N_ELEMENTS (names); n++) {
      const char *name = name_of (checkpoint, i);
      g_autofree char *renamed = NULL;

      if (!g_str_has_suffix (name, names[n].ending) || !strstr (name, "encoder.stages."))
        continue;
      renamed = g_strdup_printf ("%.*s%s", (int) (strlen (name) - strlen (names[n].ending)), name, names[n].becomes);
      cnx_checkpoint_rename (checkpoint, i, renamed);
    }
}

/* ---- classifiers in an nn.Sequential ---- */

/* "1.weight" and "2.0.bias" of modules that have numbers for names. */
static gboolean
is_numbered (const char *rest, const char *last)
{
  const gsize digits = strspn (rest, "0123456789.");

  return digits > 1 && rest[0] != '.' && rest[digits - 1] == '.' && strcmp (rest + digits, last) == 0;
}

/* The place of the only matrix below @head, where nothing else is below it but its bias, whose place is @bias; -1 where
 * that is not so, or where the matrix has no number. */
static int
find_only_linear (CnxCheckpoint * checkpoint, const char *head, const char *besides, int *bias)
{
  int weight = -1;

  *bias = -1;
  for (guint i = 0; i < cnx_checkpoint_n_tensors (checkpoint); i++) {
    const CnxTensor *tensor = cnx_checkpoint_tensor (checkpoint, i);
    const char *rest = g_str_has_prefix (tensor->name, head) ? tensor->name + strlen (head) : NULL;

    if (!rest || (besides && g_str_has_prefix (tensor->name, besides)))
      continue;
    if (weight < 0 && is_numbered (rest, "weight") && tensor->n_dims == 2)
      weight = i;
    else if (*bias < 0 && is_numbered (rest, "bias"))
      *bias = i;
    else
      return -1;
  }
  if (weight >= 0 && *bias >= 0) {
    const char *name = name_of (checkpoint, weight);

    if (strncmp (name, name_of (checkpoint, *bias), strlen (name) - strlen ("weight")) != 0)
      return -1;
  }
  return weight;
}

static void
rename_pair (CnxCheckpoint * checkpoint, int weight, int bias, const char *outer, const char *becomes)
{
  g_autofree char *weight_name = g_strconcat (outer, becomes, "weight", NULL);
  g_autofree char *bias_name = g_strconcat (outer, becomes, "bias", NULL);

  if (cnx_checkpoint_rename (checkpoint, weight, weight_name) && bias >= 0)
    cnx_checkpoint_rename (checkpoint, bias, bias_name);
}

/* ---- classifiers beside a network that has none ---- */

/* What people call the linear that they put behind a network. */
static const char *const beside_names[] = { "fc.", "classifier.", "head.", "linear." };

/* "fc.weight" and, of an nn.Sequential, "fc.1.weight". */
static gboolean
is_beside (const char *name, const char *module, const char *last)
{
  const char *rest = g_str_has_prefix (name, module) ? name + strlen (module) : NULL;

  return rest && (strcmp (rest, last) == 0 || is_numbered (rest, last));
}

/* Of the tensors outside of the network, which is all below @prefix: a vector that no layer of its width has does
 * nothing to a picture, a loss's weights of the classes; anything else might stand between the two. */
static gboolean
is_harmless (const CnxTensor * tensor, gint64 width)
{
  return tensor->n_dims <= 1 && tensor->count != (gsize) width;
}

/* The place of the linear called @module outside of @prefix, where it is the only layer there; else -1. */
static int
find_beside (CnxCheckpoint * checkpoint, const char *prefix, const char *module, gint64 width, int *bias)
{
  int weight = -1;

  *bias = -1;
  for (guint i = 0; i < cnx_checkpoint_n_tensors (checkpoint); i++) {
    const CnxTensor *tensor = cnx_checkpoint_tensor (checkpoint, i);

    if (g_str_has_prefix (tensor->name, prefix))
      continue;
    if (weight < 0 && tensor->n_dims == 2 && tensor->dims[1] == width && is_beside (tensor->name, module, "weight"))
      weight = i;
    else if (*bias < 0 && tensor->n_dims == 1 && is_beside (tensor->name, module, "bias"))
      *bias = i;
    else if (!is_harmless (tensor, width))
      return -1;
  }
  if (weight < 0 || *bias < 0)
    return weight;
  return cnx_checkpoint_tensor (checkpoint, *bias)->count == (gsize) cnx_checkpoint_tensor (checkpoint, weight)->dims[0]
      ? weight : -1;
}

/* `backbone.` and `fc.`, as whoever wraps a network without its classifier saves the two. */
static void
settle_beside (CnxCheckpoint * checkpoint, const char *prefix, const char *outer, guint row)
{
  g_autofree char *last = g_strconcat (prefix, heads[row].last, NULL);
  const CnxTensor *norm = cnx_checkpoint_find (checkpoint, last);
  const char *dot = strlen (prefix) > 1 ? g_strrstr_len (prefix, strlen (prefix) - 1, ".") : NULL;
  const int before = dot ? dot - prefix + 1 : 0;

  for (guint i = 0; *prefix && norm && norm->n_dims == 1 && i < G_N_ELEMENTS (beside_names); i++) {
    g_autofree char *module = g_strdup_printf ("%.*s%s", before, prefix, beside_names[i]);
    int bias;
    const int weight = find_beside (checkpoint, prefix, module, norm->dims[0], &bias);

    if (weight >= 0) {
      rename_pair (checkpoint, weight, bias, outer, heads[row].becomes);
      return;
    }
  }
}

/* The scheme's own classifier in an nn.Sequential; TRUE also where it is there as it should be. */
static gboolean
settle_own (CnxCheckpoint * checkpoint, const char *outer, guint row)
{
  g_autofree char *own = g_strconcat (outer, heads[row].becomes, "weight", NULL);
  g_autofree char *head = g_strconcat (outer, heads[row].head, NULL);
  g_autofree char *besides = heads[row].besides ? g_strconcat (outer, heads[row].besides, NULL) : NULL;
  int bias;
  const int weight = find_only_linear (checkpoint, head, besides, &bias);

  if (weight >= 0)
    rename_pair (checkpoint, weight, bias, outer, heads[row].becomes);
  return weight >= 0 || cnx_checkpoint_find (checkpoint, own);
}

static void
settle_head (CnxCheckpoint * checkpoint, const char *prefix, guint row)
{
  gsize length = strlen (prefix);

  for (guint i = 0; i < G_N_ELEMENTS (heads[row].wrappers); i++)
    if (heads[row].wrappers[i] && g_str_has_suffix (prefix, heads[row].wrappers[i]))
      length = strlen (prefix) - strlen (heads[row].wrappers[i]);
  g_autofree char *outer = g_strndup (prefix, length);
  if (!settle_own (checkpoint, outer, row) && !settle_own (checkpoint, prefix, row))
    settle_beside (checkpoint, prefix, outer, row);
}

/* ---- what is no plain classifier ---- */

#define MERGE "load it with peft and save model.merge_and_unload().state_dict()"
#define BEFORE "take the weights from before they were quantized"
#define APART "a model with weights in parts, such as length and direction: "
#define UNPARTED APART "save its state_dict() after torch.nn.utils.remove_weight_norm() of that layer"
#define UNPARAMETRIZED APART \
    "save its state_dict() after torch.nn.utils.parametrize.remove_parametrizations() of that layer"

static const struct
{
  const char *part;
  const char *what;
} others[] = {
  {"lora_A", "a LoRA adapter, or weights that one is not merged into: " MERGE},
  {"lora_B", "a LoRA adapter, or weights that one is not merged into: " MERGE},
  {".modules_to_save.", "a model with adapters: " MERGE},
  {".qweight", "weights quantized by GPTQ or AWQ: " BEFORE},
  {".SCB", "weights quantized by bitsandbytes: " BEFORE},
  {".absmax", "weights quantized by bitsandbytes: " BEFORE},
  {"._packed_params", "weights quantized by PyTorch: " BEFORE},
  {".weight_mask", "a pruned model, whose weights and masks are apart: save its state_dict() after "
      "torch.nn.utils.prune.remove() of each layer"},
  /* of the classifier: a projection beside the network may have such */
  {"fc.weight_g", UNPARTED},
  {"head.weight_g", UNPARTED},
  {"classifier.weight_g", UNPARTED},
  {"fc.parametrizations.", UNPARAMETRIZED},
  {"head.parametrizations.", UNPARAMETRIZED},
  {"classifier.parametrizations.", UNPARAMETRIZED},
  {"hidden_states_norms.", "a Backbone class of transformers, which has norms for maps of features and no classifier: "
      "take the weights of ForImageClassification"},
  {"decode_head.", "a network for segmentation, of which the ConvNeXt is the backbone: take weights of a classifier"},
  {"rpn_head.", "a network for detection, of which the ConvNeXt is the backbone: take weights of a classifier"},
};

static gboolean
refuse_others (CnxCheckpoint * checkpoint, GError ** error)
{
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    for (guint t = 0; t < cnx_checkpoint_n_tensors (checkpoint); t++)
      if (strstr (name_of (checkpoint, t), others[i].part)) {
        g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'%s': by its tensor '%s' it seems to be %s",
            cnx_checkpoint_path (checkpoint), name_of (checkpoint, t), others[i].what);
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_channels (CnxCheckpoint * checkpoint, const char *prefix, const char *stem, GError ** error)
{
  g_autofree char *name = g_strconcat (prefix, stem, NULL);
  const CnxTensor *tensor = cnx_checkpoint_find (checkpoint, name);

  if (tensor->n_dims != 4 || tensor->dims[1] == 3 || tensor->dims[2] != 4 || tensor->dims[3] != 4)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL, "'%s': its stem '%s' takes pictures of %" G_GINT64_FORMAT
      " channel%s, and only those of three (red, green, blue) are supported%s", cnx_checkpoint_path (checkpoint), name,
      tensor->dims[1], tensor->dims[1] == 1 ? "" : "s",
      tensor->dims[1] == 1 ? ": for grey ones, save the stem's weight as weight.repeat (1, 3, 1, 1) / 3" : "");
  return FALSE;
}

gboolean
cnx_spelling_settle (CnxCheckpoint * checkpoint, GError ** error)
{
  if (!refuse_others (checkpoint, error))
    return FALSE;
  settle_mm (checkpoint);
  settle_grn (checkpoint);
  for (guint row = 0; row < G_N_ELEMENTS (heads); row++) {
    g_autoptr (GPtrArray) prefixes = list_prefixes (checkpoint, heads[row].stem);

    for (guint i = 0; i < prefixes->len; i++) {
      if (!check_channels (checkpoint, g_ptr_array_index (prefixes, i), heads[row].stem, error))
        return FALSE;
      settle_head (checkpoint, g_ptr_array_index (prefixes, i), row);
    }
  }
  return TRUE;
}
