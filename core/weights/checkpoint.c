#include "core/weights/checkpoint.h"

#include <string.h>

#include "core/error.h"
#include "core/input/json.h"
#include "core/input/name_hash.h"
#include "core/weights/safetensors.h"
#include "core/weights/torch_file.h"

#define MAX_SHARDS 1000

struct _CnxCheckpoint
{
  gatomicrefcount refs;
  char *path;
  GPtrArray *files;             /* CnxInputFile: one, or one for each shard */
  GPtrArray *tensors;           /* CnxTensor, names owned */
  GHashTable *by_name;          /* CnxTensor.name -> CnxTensor */
  char *unread[CNX_MAX_UNREAD + 1];
  guint n_unread;
};

/* Adds a copy of @tensor, whose name may stand there only once. */
static gboolean
add_tensor (CnxCheckpoint * checkpoint, const CnxTensor * tensor, GError ** error)
{
  const CnxTensor *there = cnx_checkpoint_find (checkpoint, tensor->name);
  CnxTensor *copy;

  if (there) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s': tensor '%s': it is in '%s' too",
        cnx_input_file_path (tensor->file), tensor->name, cnx_input_file_path (there->file));
    return FALSE;
  }
  copy = g_memdup2 (tensor, sizeof *tensor);
  copy->name = g_strdup (tensor->name);
  cnx_tensor_set_count (copy);
  g_ptr_array_add (checkpoint->tensors, copy);
  g_hash_table_insert (checkpoint->by_name, (char *) copy->name, copy);
  return TRUE;
}

static void
tensor_free (gpointer tensor)
{
  cnx_tensor_clear (tensor);
  g_free (tensor);
}

/* Of whichever format its first bytes say. */
static gboolean
read_file (CnxCheckpoint * checkpoint, CnxInputFile * file, GError ** error)
{
  guint8 start[CNX_TORCH_FILE_START] = { 0 };
  const gsize length = MIN (sizeof start, cnx_input_file_size (file));
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) tensors = NULL;

  if (!cnx_input_file_read (file, 0, length, start))
    return cnx_input_file_check (file, error);
  tensors = cnx_torch_file_matches (start, length) ? cnx_torch_file_read (file, others, error)
      : cnx_safetensors_read (file, error);
  for (guint i = 0; tensors && i < tensors->len; i++)
    if (!add_tensor (checkpoint, &g_array_index (tensors, CnxTensor, i), error))
      return FALSE;
  for (guint i = 0; i < others->len; i++)
    cnx_checkpoint_add_unread (checkpoint, g_ptr_array_index (others, i));
  return tensors != NULL;
}

/* ---- shards ---- */

/* A shard's file stands beside its index: a name that leads elsewhere is refused. */
static gboolean
add_shard (CnxCheckpoint * checkpoint, GHashTable * shards, const char *name, GError ** error)
{
  g_autofree char *folder = NULL, *path = NULL;
  CnxInputFile *file;

  if (g_hash_table_contains (shards, name))
    return TRUE;
  if (!name[0] || strchr (name, G_DIR_SEPARATOR) || name[0] == '.' || !cnx_name_is_printable (name)
      || g_hash_table_size (shards) >= MAX_SHARDS) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s': 'weight_map' names a file that is no plain name of a file "
        "beside it, or more than %d", checkpoint->path, MAX_SHARDS);
    return FALSE;
  }
  folder = g_path_get_dirname (checkpoint->path);
  path = g_build_filename (folder, name, NULL);
  file = cnx_input_file_open (path, error);
  if (!file) {
    g_prefix_error (error, "'%s' names a shard: ", checkpoint->path);
    return FALSE;
  }
  g_ptr_array_add (checkpoint->files, file);
  g_hash_table_add (shards, (char *) name);
  return read_file (checkpoint, file, error);
}

/* model.safetensors.index.json and PyTorch's: {"metadata": {...}, "weight_map": {"tensor": "file", ...}}. */
static gboolean
read_index (CnxCheckpoint * checkpoint, GError ** error)
{
  g_autoptr (JsonNode) root = cnx_json_load (checkpoint->path, error);
  g_autoptr (GHashTable) shards = g_hash_table_new (cnx_name_hash, g_str_equal);
  JsonNode *map = root ? json_object_get_member (json_node_get_object (root), "weight_map") : NULL;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (!root)
    return FALSE;
  if (!map || !JSON_NODE_HOLDS_OBJECT (map)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s' is JSON without a 'weight_map': not the index of sharded "
        "weights", checkpoint->path);
    return FALSE;
  }
  json_object_iter_init_ordered (&iter, json_node_get_object (map));
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    if (!cnx_json_text (node)) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s': 'weight_map' has something else than the names of files",
          checkpoint->path);
      return FALSE;
    }
    if (!add_shard (checkpoint, shards, json_node_get_string (node), error))
      return FALSE;
    if (!cnx_checkpoint_find (checkpoint, name)) {
      g_autofree char *escaped = g_strescape (name, NULL);

      g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s': the tensor '%.80s' is not in '%s', where it should be",
          checkpoint->path, escaped, json_node_get_string (node));
      return FALSE;
    }
  }
  return TRUE;
}

#define SHARD_DIGITS 5

static gboolean
are_digits (const char *text)
{
  return strspn (text, "0123456789") == SHARD_DIGITS;
}

/* "model-00001-of-00003.safetensors", a part of what an index puts together, is one of 3; "fold-1-of-5.pth" is all. */
static guint64
count_shards (const char *base)
{
  const char *of = base;

  while ((of = strstr (of + 1, "-of-")))
    if (of - base > SHARD_DIGITS && of[-SHARD_DIGITS - 1] == '-' && are_digits (of + strlen ("-of-"))
        && are_digits (of - SHARD_DIGITS))
      return g_ascii_strtoull (of + strlen ("-of-"), NULL, 10);
  return 1;
}

static gboolean
check_whole (const char *path, GError ** error)
{
  g_autofree char *base = g_path_get_basename (path);
  const guint64 shards = count_shards (base);

  if (shards <= 1)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s': one of %" G_GUINT64_FORMAT " shards, a part of the weights: "
      "name their index, which ends in .index.json, or the folder with all of them", path, shards);
  return FALSE;
}

/* ---- opening ---- */

static CnxCheckpoint *
checkpoint_new (const char *path)
{
  CnxCheckpoint *checkpoint = g_new0 (CnxCheckpoint, 1);

  g_atomic_ref_count_init (&checkpoint->refs);
  checkpoint->path = g_strdup (path);
  checkpoint->files = g_ptr_array_new_with_free_func ((GDestroyNotify) cnx_input_file_free);
  checkpoint->tensors = g_ptr_array_new_with_free_func (tensor_free);
  checkpoint->by_name = g_hash_table_new (cnx_name_hash, g_str_equal);
  return checkpoint;
}

CnxCheckpoint *
cnx_checkpoint_open (const char *path, GError ** error)
{
  g_autoptr (CnxCheckpoint) checkpoint = checkpoint_new (path);
  CnxInputFile *file;

  if (g_str_has_suffix (path, ".json"))
    return read_index (checkpoint, error) ? g_steal_pointer (&checkpoint) : NULL;
  if (!check_whole (path, error))
    return NULL;
  if (!(file = cnx_input_file_open (path, error)))
    return NULL;
  g_ptr_array_add (checkpoint->files, file);
  if (!read_file (checkpoint, file, error))
    return NULL;
  return g_steal_pointer (&checkpoint);
}

gboolean
cnx_checkpoint_check (CnxCheckpoint * checkpoint, GError ** error)
{
  for (guint i = 0; i < checkpoint->files->len; i++)
    if (!cnx_input_file_check (g_ptr_array_index (checkpoint->files, i), error))
      return FALSE;
  return TRUE;
}

CnxCheckpoint *
cnx_checkpoint_ref (CnxCheckpoint * checkpoint)
{
  g_atomic_ref_count_inc (&checkpoint->refs);
  return checkpoint;
}

void
cnx_checkpoint_unref (CnxCheckpoint * checkpoint)
{
  if (!g_atomic_ref_count_dec (&checkpoint->refs))
    return;
  g_hash_table_unref (checkpoint->by_name);
  g_ptr_array_unref (checkpoint->tensors);
  g_ptr_array_unref (checkpoint->files);
  for (guint i = 0; i < CNX_MAX_UNREAD; i++)
    g_free (checkpoint->unread[i]);
  g_free (checkpoint->path);
  g_free (checkpoint);
}

const char *
cnx_checkpoint_path (CnxCheckpoint * checkpoint)
{
  return checkpoint->path;
}

guint
cnx_checkpoint_n_tensors (CnxCheckpoint * checkpoint)
{
  return checkpoint->tensors->len;
}

const CnxTensor *
cnx_checkpoint_tensor (CnxCheckpoint * checkpoint, guint i)
{
  return g_ptr_array_index (checkpoint->tensors, i);
}

const CnxTensor *
cnx_checkpoint_find (CnxCheckpoint * checkpoint, const char *name)
{
  return g_hash_table_lookup (checkpoint->by_name, name);
}

gboolean
cnx_checkpoint_rename (CnxCheckpoint * checkpoint, guint i, const char *name)
{
  CnxTensor *tensor = g_ptr_array_index (checkpoint->tensors, i);
  const CnxTensor *there = cnx_checkpoint_find (checkpoint, name);

  if (there)
    return there == tensor;
  g_hash_table_remove (checkpoint->by_name, tensor->name);
  g_free ((char *) tensor->name);
  tensor->name = g_strdup (name);
  g_hash_table_insert (checkpoint->by_name, (char *) tensor->name, tensor);
  return TRUE;
}

void
cnx_checkpoint_add_unread (CnxCheckpoint * checkpoint, const char *what)
{
  if (checkpoint->n_unread < CNX_MAX_UNREAD)
    checkpoint->unread[checkpoint->n_unread] = g_strdup (what);
  checkpoint->n_unread++;
}

const char *const *
cnx_checkpoint_unread (CnxCheckpoint * checkpoint, guint * count)
{
  *count = checkpoint->n_unread;
  return (const char *const *) checkpoint->unread;
}
