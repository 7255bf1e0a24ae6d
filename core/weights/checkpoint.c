#include "core/weights/checkpoint_private.h"

#include <string.h>

#include "core/error.h"
#include "core/input/json.h"
#include "core/input/name_hash.h"
#include "core/model/precision.h"
#include "core/weights/torch_file.h"

#define MAX_SHARDS 1000

typedef struct
{
  const char *name;
  CnxDtype dtype;
  int size;
} DtypeInfo;

/* The first four are weights. The others stand beside weights at times (counters, indexes): their place in
 * the file is checked, and they are never read. */
static const DtypeInfo dtypes[] = {
  {"F32", CNX_DTYPE_F32, 4},
  {"F16", CNX_DTYPE_F16, 2},
  {"BF16", CNX_DTYPE_BF16, 2},
  {"F64", CNX_DTYPE_F64, 8},
  {"BOOL", CNX_DTYPE_OTHER, 1},
  {"U8", CNX_DTYPE_OTHER, 1},
  {"I8", CNX_DTYPE_OTHER, 1},
  {"F8_E5M2", CNX_DTYPE_OTHER, 1},
  {"F8_E4M3", CNX_DTYPE_OTHER, 1},
  {"U16", CNX_DTYPE_OTHER, 2},
  {"I16", CNX_DTYPE_OTHER, 2},
  {"U32", CNX_DTYPE_OTHER, 4},
  {"I32", CNX_DTYPE_OTHER, 4},
  {"U64", CNX_DTYPE_OTHER, 8},
  {"I64", CNX_DTYPE_OTHER, 8},
};

const char *
cnx_dtype_name (CnxDtype dtype)
{
  return dtype == CNX_DTYPE_OTHER ? "other" : dtypes[dtype].name;
}

gboolean
cnx_tensor_set_dtype (CnxTensor * tensor, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (strcmp (dtypes[i].name, name) == 0) {
      tensor->dtype = dtypes[i].dtype;
      tensor->dtype_name = dtypes[i].name;
      tensor->value_size = dtypes[i].size;
      return TRUE;
    }
  return FALSE;
}

void
cnx_tensor_set_row_major (CnxTensor * tensor)
{
  guint64 stride = 1;           /* of no values it may wrap */

  for (int i = tensor->n_dims - 1; i >= 0; i--) {
    tensor->strides[i] = stride;
    stride *= MAX (tensor->dims[i], 1);
  }
}

/* A dimension of 1 may have any stride. */
static gboolean
is_row_major (const CnxTensor * tensor)
{
  CnxTensor expected = *tensor;

  cnx_tensor_set_row_major (&expected);
  for (int i = 0; i < tensor->n_dims; i++)
    if (tensor->dims[i] > 1 && tensor->strides[i] != expected.strides[i])
      return FALSE;
  return TRUE;
}

gboolean
cnx_checkpoint_add (CnxCheckpoint * checkpoint, CnxTensor * tensor, GError ** error)
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
  copy->count = 1;
  for (int i = 0; i < copy->n_dims; i++)
    copy->count *= copy->dims[i];
  copy->contiguous = is_row_major (copy);
  g_ptr_array_add (checkpoint->tensors, copy);
  g_hash_table_insert (checkpoint->by_name, (char *) copy->name, copy);
  return TRUE;
}

static void
tensor_free (gpointer data)
{
  CnxTensor *tensor = data;

  g_free ((char *) tensor->name);
  g_free (tensor);
}

/* ---- PyTorch's files ---- */

static gboolean
add_torch_tensors (CnxCheckpoint * checkpoint, CnxInputFile * file, GError ** error)
{
  g_autoptr (GArray) tensors = cnx_torch_file_read (file, error);

  for (guint i = 0; tensors && i < tensors->len; i++)
    if (!cnx_checkpoint_add (checkpoint, &g_array_index (tensors, CnxTensor, i), error))
      return FALSE;
  return tensors != NULL;
}

/* Of whichever format its first bytes say. */
static gboolean
read_file (CnxCheckpoint * checkpoint, CnxInputFile * file, GError ** error)
{
  guint8 start[16] = { 0 };
  const gsize length = MIN (sizeof start, cnx_input_file_size (file));

  if (!cnx_input_file_read (file, 0, length, start))
    return cnx_input_file_check (file, error);
  if (cnx_torch_file_matches (start, length))
    return add_torch_tensors (checkpoint, file, error);
  return cnx_safetensors_read (checkpoint, file, error);
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
    if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING) {
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

/* ---- values ---- */

static float
float_from_bits (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static void
convert_f32 (const guint8 * data, gsize count, float *out)
{
  for (gsize i = 0; i < count; i++) {
    guint32 bits;

    memcpy (&bits, data + i * sizeof bits, sizeof bits);
    out[i] = float_from_bits (GUINT32_FROM_LE (bits));
  }
}

static void
convert_f16 (const guint8 * data, gsize count, float *out)
{
  for (gsize i = 0; i < count; i++)
    out[i] = cnx_fp16_to_float (data[2 * i] | data[2 * i + 1] << 8);
}

static void
convert_bf16 (const guint8 * data, gsize count, float *out)
{
  for (gsize i = 0; i < count; i++)
    out[i] = float_from_bits ((guint32) data[2 * i] << 16 | (guint32) data[2 * i + 1] << 24);
}

static void
convert_f64 (const guint8 * data, gsize count, float *out)
{
  for (gsize i = 0; i < count; i++) {
    guint64 bits;
    double value;

    memcpy (&bits, data + i * sizeof bits, sizeof bits);
    bits = GUINT64_FROM_LE (bits);
    memcpy (&value, &bits, sizeof value);
    out[i] = (float) value;
  }
}

static void
convert (CnxDtype dtype, const guint8 * data, gsize count, float *out)
{
  static void (*const converters[]) (const guint8 *, gsize, float *) = {
    [CNX_DTYPE_F32] = convert_f32,
    [CNX_DTYPE_F16] = convert_f16,
    [CNX_DTYPE_BF16] = convert_bf16,
    [CNX_DTYPE_F64] = convert_f64,
  };

  converters[dtype] (data, count, out);
}

/* Values side by side in the file, piece by piece. */
static void
read_contiguous (const CnxTensor * tensor, gsize first, gsize count, float *out)
{
  guint8 piece[16 * 1024];
  const gsize size = tensor->value_size;
  guint64 offset = tensor->offset + first * size;

  if (tensor->dtype == CNX_DTYPE_F32 && G_BYTE_ORDER == G_LITTLE_ENDIAN) {
    cnx_input_file_read (tensor->file, offset, count * size, out);
    return;
  }
  while (count > 0) {
    const gsize n = MIN (count, sizeof piece / size);

    cnx_input_file_read (tensor->file, offset, n * size, piece);
    convert (tensor->dtype, piece, n, out);
    out += n;
    offset += n * size;
    count -= n;
  }
}

/* How many values after the tensor's first the one of @index, counted row-major, is stored. */
static gsize
place_of (const CnxTensor * tensor, gsize index)
{
  gsize place = 0;

  for (int i = tensor->n_dims - 1; i >= 0; i--) {
    place += index % tensor->dims[i] * tensor->strides[i];
    index /= tensor->dims[i];
  }
  return place;
}

/* Values stored in another order (channels last, say), or a view: all that lies between the ends is read once. */
static void
read_strided (const CnxTensor * tensor, gsize first, gsize count, float *out)
{
  const gsize size = tensor->value_size;
  gsize least = G_MAXSIZE, most = 0;

  for (gsize i = 0; i < count; i++) {
    const gsize place = place_of (tensor, first + i);
    least = MIN (least, place);
    most = MAX (most, place);
  }
  const gsize bytes = (most - least + 1) * size;
  g_autofree guint8 *stored = g_malloc (bytes);
  cnx_input_file_read (tensor->file, tensor->offset + least * size, bytes, stored);
  for (gsize i = 0; i < count; i++)
    convert (tensor->dtype, stored + (place_of (tensor, first + i) - least) * size, 1, &out[i]);
}

void
cnx_tensor_read (const CnxTensor * tensor, gsize first, gsize count, float *out)
{
  g_return_if_fail (tensor->dtype != CNX_DTYPE_OTHER);
  g_return_if_fail (first <= tensor->count && count <= tensor->count - first);
  if (count == 0)
    return;
  if (tensor->contiguous)
    read_contiguous (tensor, first, count, out);
  else
    read_strided (tensor, first, count, out);
}

char *
cnx_tensor_shape_string (const CnxTensor * tensor)
{
  GString *string = g_string_new ("(");

  for (int i = 0; i < tensor->n_dims; i++)
    g_string_append_printf (string, "%s%" G_GINT64_FORMAT, i ? ", " : "", tensor->dims[i]);
  g_string_append_c (string, ')');
  return g_string_free (string, FALSE);
}
