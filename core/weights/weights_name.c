#include "core/weights/weights_name.h"

#include <string.h>

#include "core/error.h"

static const char *const usual_names[] = { CNX_WEIGHTS_NAME, "model.safetensors.index.json", "pytorch_model.bin",
  "pytorch_model.bin.index.json", "model_best.pth.tar"
};

/* In the order in which they are looked for. */
static const char *const endings[] = {
  ".safetensors", ".safetensors.index.json", ".pth", ".pt", ".bin", ".bin.index.json", ".ckpt", ".pth.tar"
};

/* What trainings save beside weights in files with the endings of weights, by how their names start. */
static const char *const others[] = { "optimizer.", "scheduler.", "scaler.", "rng_state", "training_args." };

gsize
cnx_weights_stem_length (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (path, endings[i]))
      return strlen (path) - strlen (endings[i]);
  return strlen (path);
}

gboolean
cnx_weights_name_is_usual (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);

  for (guint i = 0; i < G_N_ELEMENTS (usual_names); i++)
    if (strcmp (base, usual_names[i]) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_other (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_str_has_prefix (name, others[i]))
      return TRUE;
  return FALSE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Names of files of weights in @folder, sorted. */
static GPtrArray *
list_weights (const char *folder, GError ** error)
{
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GError) dir_error = NULL;
  GPtrArray *names;
  const char *name;

  if (!(dir = g_dir_open (folder, 0, &dir_error))) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "%s", dir_error->message);
    return NULL;
  }
  names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)))
    if (cnx_weights_stem_length (name) < strlen (name) && !is_other (name)) {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        g_ptr_array_add (names, g_strdup (name));
    }
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* Folders below @folder that hold weights, at most two down, by their names from there: a training's checkpoints, the
 * snapshots of a hub's cache. Not many are looked at. */
static void
list_folders (const char *folder, const char *below, int levels, int *looks, GPtrArray * found)
{
  g_autofree char *path = g_build_filename (folder, below, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (*looks)-- > 0 && (name = g_dir_read_name (dir))) {
    g_autofree char *inner = *below ? g_build_filename (below, name, NULL) : g_strdup (name);
    g_autofree char *full = g_build_filename (folder, inner, NULL);

    if (!g_file_test (full, G_FILE_TEST_IS_DIR))
      continue;
    g_autoptr (GPtrArray) weights = list_weights (full, NULL);
    if (weights && weights->len > 0)
      g_ptr_array_add (found, g_steal_pointer (&inner));
    else if (levels > 1)
      list_folders (folder, inner, levels - 1, looks, found);
  }
}

/* "; name one in it that does: 'a', 'b'" or nothing. */
static char *
point_below (const char *folder)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  int looks = 1000;

  list_folders (folder, "", 2, &looks, found);
  if (found->len == 0)
    return g_strdup ("");
  g_ptr_array_sort (found, compare_names);
  g_ptr_array_set_size (found, MIN (found->len, 5));
  g_ptr_array_add (found, NULL);
  g_autofree char *list = g_strjoinv ("', '", (char **) found->pdata);
  return g_strdup_printf ("; name one in it that does: '%s'", list);
}

char *
cnx_weights_in_folder (const char *folder, GError ** error)
{
  g_autoptr (GError) failed = NULL;
  char *file = cnx_weights_if_any (folder, &failed);

  if (failed)
    g_propagate_error (error, g_steal_pointer (&failed));
  else if (!file) {
    g_autofree char *below = point_below (folder);
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "the folder '%s' holds no " CNX_WEIGHTS_NAME
        ", nor another file of weights%s", folder, below);
  }
  return file;
}

char *
cnx_weights_if_any (const char *folder, GError ** error)
{
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *list = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (usual_names); i++) {
    g_autofree char *file = g_build_filename (folder, usual_names[i], NULL);

    if (g_file_test (file, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer (&file);
  }
  if (!(names = list_weights (folder, error)))
    return NULL;
  if (names->len == 0)
    return NULL;
  if (names->len == 1)
    return g_build_filename (folder, g_ptr_array_index (names, 0), NULL);
  g_ptr_array_add (names, NULL);
  list = g_strjoinv (", ", (char **) names->pdata);
  g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND,
      "the folder '%s' holds several files of weights (%s): name one of them", folder, list);
  return NULL;
}

char *
cnx_weights_called (const char *folder, const char *name)
{
  g_autofree char *plain = g_build_filename (folder, name, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++) {
    g_autofree char *file = g_strconcat (plain, endings[i], NULL);

    if (g_file_test (file, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer (&file);
  }
  return g_file_test (plain, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer (&plain) : NULL;
}

gboolean
cnx_weights_check_path (const char *path, GError ** error)
{
  static const struct
  {
    const char *start, *says;
  } rows[] = {
    {"file://", "is the address of a file: give the path behind file:// alone"},
    {"http://", "is an address: save what is there as a file first"},
    {"https://", "is an address: save what is there as a file first; `convnext fetch` does so for published weights"},
    {"hf_hub:", "is a name on a hub: save its weights and config.json as files first"},
    {"hf-hub:", "is a name on a hub: save its weights and config.json as files first"},
    {"~", "is not there as it is written: ~ is replaced by a shell, and outside quotes only"},
    {"$", "is not there as it is written: a variable is replaced by a shell, and not in single quotes"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_has_prefix (path, rows[i].start) && !g_file_test (path, G_FILE_TEST_EXISTS)) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "'%s' %s", path, rows[i].says);
      return FALSE;
    }
  return TRUE;
}
