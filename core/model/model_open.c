/* From what a user says, a path, a name or a variant, to a loaded model. */
#include "core/error.h"
#include "core/input/file_stamp.h"
#include "core/model/model.h"
#include "core/weights/weights_name.h"

#include <string.h>

#define DEFAULT_MODEL "everyday"

char *
cnx_model_user_dir (void)
{
  return g_build_filename (g_get_user_data_dir (), "convnext", "models", NULL);
}

/* Each once: the standard's lists and ours may name the same folder. */
static void
add_dir (GPtrArray * dirs, const char *dir)
{
  if (!g_ptr_array_find_with_equal_func (dirs, dir, g_str_equal, NULL))
    g_ptr_array_add (dirs, g_strdup (dir));
}

char **
cnx_model_dirs (void)
{
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  const char *path = g_getenv ("CONVNEXT_MODEL_PATH");
  g_auto (GStrv) listed = g_strsplit (path ? path : "", G_SEARCHPATH_SEPARATOR_S, -1);
  g_autofree char *user = cnx_model_user_dir ();
  const char *const *system_dirs = g_get_system_data_dirs ();

  for (guint i = 0; listed[i]; i++) {
    if (*listed[i])
      add_dir (dirs, listed[i]);
  }
  add_dir (dirs, user);
  for (guint i = 0; system_dirs[i]; i++) {
    g_autofree char *dir = g_build_filename (system_dirs[i], "convnext", "models", NULL);
    add_dir (dirs, dir);
  }
  add_dir (dirs, CNX_SYSTEM_MODEL_DIR);
  add_dir (dirs, CNX_SOURCE_MODEL_DIR);
  g_ptr_array_add (dirs, NULL);
  return (char **) g_ptr_array_steal (dirs, NULL);
}

static gboolean
is_set (const char *text)
{
  return text && *text;
}

static const CnxVariant *
find_variant (const char *name, GError ** error)
{
  const CnxVariant *variant = cnx_variant_find (name);
  g_autoptr (GString) known = NULL;

  if (variant)
    return variant;
  known = g_string_new (NULL);
  for (const CnxVariant * v = cnx_variants (); v->name; v++)
    g_string_append_printf (known, "%s%s", known->len ? ", " : "", v->name);
  g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND,
      "no variant is called \"%s\"; the variants are %s. A model of one's own is set by `model`",
      name, known->str);
  return NULL;
}

/* "convnext_tiny.fb_in1k" of the hub's "timm/convnext_tiny.fb_in1k": downloads are kept without the owner. */
static const char *
skip_owner (const char *model)
{
  static const char *const owners[] = { "timm/", "facebook/" };

  for (guint i = 0; i < G_N_ELEMENTS (owners); i++) {
    if (g_str_has_prefix (model, owners[i]) && !g_file_test (model, G_FILE_TEST_EXISTS))
      return model + strlen (owners[i]);
  }
  return model;
}

/* A path that is there is taken as it is; a word without a slash is a model's name. */
static char *
find_weights (const char *model, const CnxVariant * variant, GError ** error)
{
  const char *name = DEFAULT_MODEL;
  g_autofree char *user = cnx_model_user_dir ();
  g_auto (GStrv) dirs = NULL;

  if (is_set (model)) {
    model = skip_owner (model);
    gboolean is_path = strchr (model, G_DIR_SEPARATOR) != NULL;

    if (is_path || g_file_test (model, G_FILE_TEST_EXISTS))
      return g_strdup (model);
    name = model;
  } else if (variant) {
    name = variant->name;
  }
  dirs = cnx_model_dirs ();
  return cnx_model_find (name, (const char *const *) dirs, user, error);
}

static char *
describe_arch (const CnxArch * arch)
{
  return g_strdup_printf ("version %d, depths %d,%d,%d,%d, dims %d,%d,%d,%d", arch->version,
      arch->depths[0], arch->depths[1], arch->depths[2], arch->depths[3],
      arch->dims[0], arch->dims[1], arch->dims[2], arch->dims[3]);
}

static gboolean
check_variant (CnxModel * model, const CnxVariant * variant, GError ** error)
{
  const CnxVariant *found = cnx_variant_of (cnx_model_arch (model));
  g_autofree char *wanted_arch = NULL, *found_arch = NULL;

  if (!variant || found == variant)
    return TRUE;
  wanted_arch = describe_arch (&variant->arch);
  found_arch = describe_arch (cnx_model_arch (model));
  g_set_error (error, CNX_ERROR, CNX_ERROR_MODEL,
      "the model in %s is %s (%s), not the variant %s that was asked for (%s): set `variant` to what it is, "
      "or leave it out", cnx_model_path (model), found ? found->name : "no published variant",
      found_arch, variant->name, wanted_arch);
  return FALSE;
}

CnxModel *
cnx_model_load (const char *path, GError ** error)
{
  g_autoptr (CnxModel) model = cnx_model_load_to_label (path, error);
  const GError *wrong = model ? cnx_model_labels_error (model) : NULL;

  if (!wrong)
    return g_steal_pointer (&model);
  g_propagate_error (error, g_error_copy (wrong));
  return NULL;
}

char **
cnx_model_notes (CnxModel * model)
{
  guint count;
  const char *const *unread = cnx_model_unread (model, &count);
  g_autofree char *names = g_strjoinv ("', '", (char **) unread);
  const GError *wrong = cnx_model_labels_error (model);
  char **notes = g_new0 (char *, 3);
  guint n = 0;

  if (wrong)
    notes[n++] = g_strdup_printf ("%s; they are not used", wrong->message);
  if (count > 0)
    notes[n++] = count > CNX_MAX_UNREAD ? g_strdup_printf ("'%s': beside the network it holds '%s' and %u more, which "
        "are not read", cnx_model_path (model), names, count - CNX_MAX_UNREAD)
        : g_strdup_printf ("'%s': beside the network it holds '%s', which is not read", cnx_model_path (model), names);
  return notes;
}

/* @to_label: whether its labels are needed, and not given. */
static CnxModel *
open_model (const char *name, const char *variant_name, gboolean to_label, const char *recipe, GError ** error)
{
  const CnxVariant *variant = NULL;
  g_autofree char *path = NULL;
  g_autoptr (CnxModel) model = NULL;

  if (is_set (variant_name) && !(variant = find_variant (variant_name, error)))
    return NULL;
  if (!(path = find_weights (name, variant, error)))
    return NULL;
  if (!(model = to_label ? cnx_model_load (path, error) : cnx_model_load_to_label (path, error)))
    return NULL;
  if (!check_variant (model, variant, error))
    return NULL;
  if (is_set (recipe))
    return cnx_model_with_recipe (model, recipe, error);
  return g_steal_pointer (&model);
}

CnxModel *
cnx_model_open (const char *name, const char *variant, const char *labels, const char *recipe, GError ** error)
{
  g_autoptr (CnxModel) model = open_model (name, variant, !is_set (labels), recipe, error);

  if (model && is_set (labels))
    return cnx_model_with_labels (model, labels, error);
  return g_steal_pointer (&model);
}

CnxModel *
cnx_model_open_unlabelled (const char *name, const char *variant, const char *recipe, GError ** error)
{
  return open_model (name, variant, FALSE, recipe, error);
}

/* Everything in the folder that a model may be read from: its config, and the shards that an index names. */
char *
cnx_model_stamp (const char *name, const char *variant_name, const char *labels)
{
  static const char *const beside[] = { ".json", NULL }, *const of_index[] = { ".json", ".safetensors", ".bin", NULL };
  const CnxVariant *variant = is_set (variant_name) ? cnx_variant_find (variant_name) : NULL;
  g_autofree char *path = find_weights (name, variant, NULL);
  g_autofree char *file = path && g_file_test (path, G_FILE_TEST_IS_DIR) ? cnx_weights_in_folder (path, NULL)
      : g_strdup (path);
  g_autoptr (GString) stamp = g_string_new (NULL);

  if (!file || !g_file_test (file, G_FILE_TEST_EXISTS))
    return NULL;
  g_autofree char *folder = g_path_get_dirname (file);
  cnx_file_stamp (stamp, file);
  cnx_folder_stamp (stamp, folder, g_str_has_suffix (file, ".json") ? of_index : beside);
  if (is_set (labels))
    cnx_file_stamp (stamp, labels);
  return g_string_free (g_steal_pointer (&stamp), FALSE);
}

/* ---- the values of one ---- */

float *
cnx_model_values (CnxModel * model, CnxRole role, int stage, int block)
{
  const CnxTensor *tensor = cnx_model_tensor (model, role, stage, block);
  float *values;

  if (!tensor)
    return NULL;
  values = g_new (float, tensor->count);
  cnx_tensor_read (tensor, 0, tensor->count, values);
  return values;
}

void
cnx_model_rows (CnxModel * model, CnxRole role, int stage, int block, int first, int count, float *rows)
{
  const CnxTensor *tensor = cnx_model_tensor (model, role, stage, block);
  const gsize width = tensor->count / tensor->dims[0];
  const int inputs = tensor->n_dims > 1 ? tensor->dims[1] : 1, pixels = width / inputs;
  g_autofree float *row = pixels > 1 ? g_new (float, width) : NULL;

  cnx_tensor_read (tensor, first * width, count * width, rows);
  for (int output = 0; pixels > 1 && output < count; output++, rows += width) {
    memcpy (row, rows, width * sizeof *row);
    for (int i = 0; i < inputs; i++)
      for (int k = 0; k < pixels; k++)
        rows[(gsize) k * inputs + i] = row[(gsize) i * pixels + k];
  }
}
