#include "core/checkpoint.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "core/error.h"
#include "core/json.h"
#include "core/precision.h"

/* The format's own limit. */
#define MAX_HEADER (100 * 1000 * 1000)
#define MAX_NAME 512

/* {"name": {"shape": [..]}} is three deep; one more for whatever stands in __metadata__. Six members and
 * elements or so for each tensor: room for a hundred thousand of them. */
static const CnxJsonLimits header_limits = {.depth = 4,.items = 1000000,.unique_keys = TRUE };

/* A file cut short while it is mapped ends the process with SIGBUS when the missing part is read:
 * weights must be replaced by renaming a new file over the old one, as downloaders do. */
struct _CnxCheckpoint
{
  gatomicrefcount refs;
  char *path;
  GMappedFile *file;
  GArray *tensors;              /* CnxTensor, names owned by the keys of by_name */
  GHashTable *by_name;          /* name -> index + 1 */
};

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

static const DtypeInfo *
find_dtype (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++) {
    if (strcmp (dtypes[i].name, name) == 0)
      return &dtypes[i];
  }
  return NULL;
}

/* Sets "FILE: tensor 'NAME': REASON" and returns FALSE. */
/* *INDENT-OFF* */
static gboolean refuse (CnxCheckpoint * checkpoint, const char *tensor, GError ** error,
    const char *format, ...)
    G_GNUC_PRINTF (4, 5);
/* *INDENT-ON* */

static gboolean
refuse (CnxCheckpoint * checkpoint, const char *tensor, GError ** error, const char *format, ...)
{
  g_autofree char *where = tensor ? g_strdup_printf ("'%s': tensor '%s'", checkpoint->path, tensor)
      : g_strdup_printf ("'%s'", checkpoint->path);
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_FORMAT, where, format, args);
  va_end (args);
  return FALSE;
}

/* Names go into messages: nothing in one may reach a terminal as a command. */
static gboolean
name_is_printable (const char *name)
{
  for (const char *at = name; *at; at = g_utf8_next_char (at)) {
    if (g_unichar_iscntrl (g_utf8_get_char (at)))
      return FALSE;
  }
  return TRUE;
}

/* FALSE unless @object's @key is an array of at most @max whole numbers from 0 up; fills @out. */
static gboolean
read_numbers (JsonObject * object, const char *key, guint max, gint64 * out, guint * count)
{
  JsonNode *node = json_object_get_member (object, key);
  JsonArray *array;

  if (!node || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  array = json_node_get_array (node);
  *count = json_array_get_length (array);
  if (*count > max)
    return FALSE;
  for (guint i = 0; i < *count; i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (!JSON_NODE_HOLDS_VALUE (element) || json_node_get_value_type (element) != G_TYPE_INT64)
      return FALSE;
    out[i] = json_node_get_int (element);
    if (out[i] < 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_dtype (CnxCheckpoint * checkpoint, JsonObject * entry, CnxTensor * tensor,
    const DtypeInfo ** info, GError ** error)
{
  JsonNode *node = json_object_get_member (entry, "dtype");
  const char *name;

  if (!node || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return refuse (checkpoint, tensor->name, error, "it has no 'dtype' that is a string");
  name = json_node_get_string (node);
  *info = find_dtype (name);
  if (!*info) {
    g_autofree char *escaped = g_strescape (name, NULL);

    return refuse (checkpoint, tensor->name, error, "its dtype '%.40s' is not known", escaped);
  }
  tensor->dtype = (*info)->dtype;
  tensor->dtype_name = (*info)->name;
  return TRUE;
}

static gboolean
read_shape (CnxCheckpoint * checkpoint, JsonObject * entry, CnxTensor * tensor, GError ** error)
{
  guint n_dims;

  if (!read_numbers (entry, "shape", CNX_MAX_DIMS, tensor->dims, &n_dims))
    return refuse (checkpoint, tensor->name, error,
        "its 'shape' is not an array of at most %d whole numbers", CNX_MAX_DIMS);
  tensor->n_dims = n_dims;
  tensor->count = 1;
  for (guint i = 0; i < n_dims; i++) {
    if (!g_size_checked_mul (&tensor->count, tensor->count, tensor->dims[i]))
      return refuse (checkpoint, tensor->name, error,
          "its shape has more values than fit a number");
  }
  return TRUE;
}

/* @data: where the header's offsets count from; @available: bytes from there to the end of the file. */
static gboolean
read_place (CnxCheckpoint * checkpoint, JsonObject * entry, CnxTensor * tensor,
    const DtypeInfo * dtype, const guint8 * data, gsize available, GError ** error)
{
  gint64 offsets[2];
  guint n;
  gsize bytes;

  if (!read_numbers (entry, "data_offsets", 2, offsets, &n) || n != 2 || offsets[0] > offsets[1])
    return refuse (checkpoint, tensor->name, error,
        "its 'data_offsets' are not two whole numbers, the smaller first");
  if ((guint64) offsets[1] > available)
    return refuse (checkpoint, tensor->name, error,
        "it ends at byte %" G_GINT64_FORMAT " of the data, but the file holds %" G_GSIZE_FORMAT
        ": is the download complete?", offsets[1], available);
  if (!g_size_checked_mul (&bytes, tensor->count, dtype->size)
      || bytes != (guint64) (offsets[1] - offsets[0])) {
    g_autofree char *shape = cnx_tensor_shape_string (tensor);

    return refuse (checkpoint, tensor->name, error, "its shape %s in %s does not fill its %"
        G_GINT64_FORMAT " bytes", shape, dtype->name, offsets[1] - offsets[0]);
  }
  tensor->data = data + offsets[0];
  tensor->size = bytes;
  return TRUE;
}

static gboolean
add_tensor (CnxCheckpoint * checkpoint, const char *name, JsonNode * node, const guint8 * data,
    gsize available, GError ** error)
{
  CnxTensor tensor = { 0 };
  const DtypeInfo *dtype = NULL;
  JsonObject *entry;

  if (strlen (name) > MAX_NAME || !name_is_printable (name))
    return refuse (checkpoint, NULL, error,
        "tensor %u has a name that is longer than %d bytes or not printable",
        checkpoint->tensors->len, MAX_NAME);
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (checkpoint, name, error, "its entry in the header is not an object");

  entry = json_node_get_object (node);
  tensor.name = g_strdup (name);
  g_hash_table_insert (checkpoint->by_name, (char *) tensor.name,
      GUINT_TO_POINTER (checkpoint->tensors->len + 1));
  if (!read_dtype (checkpoint, entry, &tensor, &dtype, error)
      || !read_shape (checkpoint, entry, &tensor, error)
      || !read_place (checkpoint, entry, &tensor, dtype, data, available, error))
    return FALSE;
  g_array_append_val (checkpoint->tensors, tensor);
  return TRUE;
}

static int
compare_places (gconstpointer a, gconstpointer b)
{
  const CnxTensor *left = *(const CnxTensor * const *) a;
  const CnxTensor *right = *(const CnxTensor * const *) b;

  if (left->data != right->data)
    return left->data < right->data ? -1 : 1;
  return (left->size > right->size) - (left->size < right->size);
}

/* Gaps are let be: nothing reads them. */
static gboolean
check_overlaps (CnxCheckpoint * checkpoint, GError ** error)
{
  guint n = checkpoint->tensors->len;
  g_autoptr (GPtrArray) sorted = g_ptr_array_sized_new (n);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (sorted, &g_array_index (checkpoint->tensors, CnxTensor, i));
  g_ptr_array_sort (sorted, compare_places);
  for (guint i = 1; i < n; i++) {
    const CnxTensor *before = g_ptr_array_index (sorted, i - 1);
    const CnxTensor *tensor = g_ptr_array_index (sorted, i);

    if (before->data + before->size > tensor->data)
      return refuse (checkpoint, tensor->name, error, "its data overlaps that of '%s'",
          before->name);
  }
  return TRUE;
}

/* What people hand over in place of weights, and what to do about it. */
static const char *
hint_for (const guint8 * bytes, gsize length)
{
  static const struct
  {
    const char *start;
    const char *hint;
  } hints[] = {
    {"version https://git-lfs", "it is a Git LFS pointer: run `git lfs pull` where it comes from"},
    {"PK\003\004", "it is a zip archive, as PyTorch's .pth files are: save it as safetensors"},
    {"<", "it looks like a web page: download the file itself"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (hints); i++) {
    gsize size = strlen (hints[i].start);

    if (length >= size && memcmp (bytes, hints[i].start, size) == 0)
      return hints[i].hint;
  }
  return "is the download complete?";
}

static gboolean
read_header (CnxCheckpoint * checkpoint, const guint8 * bytes, gsize length, GError ** error)
{
  g_autofree char *what = g_strdup_printf ("'%s': its safetensors header", checkpoint->path);
  g_autoptr (JsonNode) root = NULL;
  guint64 header_length;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (length < sizeof header_length)
    return refuse (checkpoint, NULL, error, "too short for a safetensors file: %" G_GSIZE_FORMAT
        " bytes", length);
  memcpy (&header_length, bytes, sizeof header_length);
  header_length = GUINT64_FROM_LE (header_length);
  bytes += sizeof header_length;
  length -= sizeof header_length;
  if (header_length > length || header_length > MAX_HEADER)
    return refuse (checkpoint, NULL, error,
        "not a safetensors file, or cut short: it claims a header of %" G_GUINT64_FORMAT
        " bytes (at most %d), and %" G_GSIZE_FORMAT " follow; %s", header_length, MAX_HEADER,
        length, hint_for (bytes - sizeof header_length, length + sizeof header_length));

  root = cnx_json_parse ((const char *) bytes, header_length, &header_limits, what, error);
  if (!root)
    return FALSE;
  json_object_iter_init_ordered (&iter, json_node_get_object (root));
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    if (strcmp (name, "__metadata__") != 0
        && !add_tensor (checkpoint, name, node, bytes + header_length, length - header_length,
            error))
      return FALSE;
  }
  return check_overlaps (checkpoint, error);
}

CnxCheckpoint *
cnx_checkpoint_open (const char *path, GError ** error)
{
  g_autoptr (CnxCheckpoint) checkpoint = g_new0 (CnxCheckpoint, 1);
  g_autoptr (GError) map_error = NULL;

  g_atomic_ref_count_init (&checkpoint->refs);
  checkpoint->path = g_strdup (path);
  checkpoint->tensors = g_array_new (FALSE, FALSE, sizeof (CnxTensor));
  checkpoint->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  /* A pipe would wait for ever. */
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "'%s' is not there, or not a file", path);
    return NULL;
  }
  checkpoint->file = g_mapped_file_new (path, FALSE, &map_error);
  if (!checkpoint->file) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "%s", map_error->message);
    return NULL;
  }
  if (!read_header (checkpoint, (const guint8 *) g_mapped_file_get_contents (checkpoint->file),
          g_mapped_file_get_length (checkpoint->file), error))
    return NULL;
  return g_steal_pointer (&checkpoint);
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
  g_array_unref (checkpoint->tensors);
  g_hash_table_unref (checkpoint->by_name);
  g_clear_pointer (&checkpoint->file, g_mapped_file_unref);
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
  return &g_array_index (checkpoint->tensors, CnxTensor, i);
}

const CnxTensor *
cnx_checkpoint_find (CnxCheckpoint * checkpoint, const char *name)
{
  guint place = GPOINTER_TO_UINT (g_hash_table_lookup (checkpoint->by_name, name));

  return place > 0 ? cnx_checkpoint_tensor (checkpoint, place - 1) : NULL;
}

static float
float_from_bits (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static void
read_f32 (const guint8 * data, gsize count, float *out)
{
  for (gsize i = 0; i < count; i++) {
    guint32 bits;

    memcpy (&bits, data + i * sizeof bits, sizeof bits);
    out[i] = float_from_bits (GUINT32_FROM_LE (bits));
  }
}

static void
read_f16 (const guint8 * data, gsize count, float *out)
{
  for (gsize i = 0; i < count; i++)
    out[i] = cnx_fp16_to_float (data[2 * i] | data[2 * i + 1] << 8);
}

static void
read_bf16 (const guint8 * data, gsize count, float *out)
{
  for (gsize i = 0; i < count; i++)
    out[i] = float_from_bits ((guint32) data[2 * i] << 16 | (guint32) data[2 * i + 1] << 24);
}

static void
read_f64 (const guint8 * data, gsize count, float *out)
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

void
cnx_tensor_read (const CnxTensor * tensor, gsize first, gsize count, float *out)
{
  static void (*const readers[]) (const guint8 *, gsize, float *) = {
    [CNX_DTYPE_F32] = read_f32,
    [CNX_DTYPE_F16] = read_f16,
    [CNX_DTYPE_BF16] = read_bf16,
    [CNX_DTYPE_F64] = read_f64,
  };

  g_return_if_fail (tensor->dtype != CNX_DTYPE_OTHER);
  g_return_if_fail (first <= tensor->count && count <= tensor->count - first);
  readers[tensor->dtype] (tensor->data + first * dtypes[tensor->dtype].size, count, out);
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

void
cnx_checkpoint_drop_pages (CnxCheckpoint * checkpoint)
{
  madvise (g_mapped_file_get_contents (checkpoint->file), g_mapped_file_get_length (checkpoint->file),
      MADV_DONTNEED);
}
