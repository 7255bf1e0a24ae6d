#include "core/weights/safetensors.h"

#include <string.h>

#include "core/error.h"
#include "core/input/file_kind.h"
#include "core/input/json.h"

/* The format's own limit. */
#define MAX_HEADER (100 * 1000 * 1000)

/* {"name": {"shape": [..]}} is three deep; one more for whatever stands in __metadata__. Six members and
 * elements or so for each tensor: room for a hundred thousand of them. */
static const CnxJsonLimits header_limits = {.depth = 4,.items = 1000000,.unique_keys = TRUE };

/* The file that is being read. */
typedef struct
{
  CnxInputFile *file;
  GArray *tensors;              /* CnxTensor */
  guint64 data;                 /* where the header's offsets count from */
  guint64 available;            /* bytes from there to the end of the file */
} Reading;

/* Sets "FILE: tensor 'NAME': REASON" and returns FALSE. */
/* *INDENT-OFF* */
static gboolean refuse (const Reading * reading, const char *tensor, GError ** error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
/* *INDENT-ON* */

static gboolean
refuse (const Reading * reading, const char *tensor, GError ** error, const char *format, ...)
{
  const char *path = cnx_input_file_path (reading->file);
  g_autofree char *where = tensor ? g_strdup_printf ("'%s': tensor '%s'", path, tensor)
      : g_strdup_printf ("'%s'", path);
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_FORMAT, where, format, args);
  va_end (args);
  return FALSE;
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
read_dtype (const Reading * reading, JsonObject * entry, CnxTensor * tensor, GError ** error)
{
  JsonNode *node = json_object_get_member (entry, "dtype");
  const char *name;

  if (!cnx_json_text (node))
    return refuse (reading, tensor->name, error, "it has no 'dtype' that is a string");
  name = json_node_get_string (node);
  if (!cnx_tensor_set_dtype (tensor, name)) {
    g_autofree char *escaped = g_strescape (name, NULL);

    return refuse (reading, tensor->name, error, "its dtype '%.40s' is not known", escaped);
  }
  return TRUE;
}

static gboolean
read_shape (const Reading * reading, JsonObject * entry, CnxTensor * tensor, gsize * bytes, GError ** error)
{
  guint n_dims;

  if (!read_numbers (entry, "shape", CNX_MAX_DIMS, tensor->dims, &n_dims))
    return refuse (reading, tensor->name, error,
        "its 'shape' is not an array of at most %d whole numbers", CNX_MAX_DIMS);
  tensor->n_dims = n_dims;
  *bytes = tensor->value_size;
  for (guint i = 0; i < n_dims; i++)
    if (!g_size_checked_mul (bytes, *bytes, tensor->dims[i])) {
      g_autofree char *shape = cnx_tensor_shape_string (tensor);

      return refuse (reading, tensor->name, error, "its shape %s has more values than fit a number", shape);
    }
  cnx_tensor_set_row_major (tensor);
  return TRUE;
}

static gboolean
read_place (const Reading * reading, JsonObject * entry, CnxTensor * tensor, gsize bytes, GError ** error)
{
  gint64 offsets[2];
  guint n;

  if (!read_numbers (entry, "data_offsets", 2, offsets, &n) || n != 2 || offsets[0] > offsets[1])
    return refuse (reading, tensor->name, error, "its 'data_offsets' are not two whole numbers, the smaller first");
  if ((guint64) offsets[1] > reading->available)
    return refuse (reading, tensor->name, error, "it ends at byte %" G_GINT64_FORMAT
        " of the data, but the file holds %" G_GUINT64_FORMAT ": is the download complete?", offsets[1],
        reading->available);
  if (bytes != (guint64) (offsets[1] - offsets[0])) {
    g_autofree char *shape = cnx_tensor_shape_string (tensor);

    return refuse (reading, tensor->name, error, "its shape %s in %s does not fill its %" G_GINT64_FORMAT " bytes",
        shape, tensor->dtype_name, offsets[1] - offsets[0]);
  }
  tensor->offset = reading->data + offsets[0];
  return TRUE;
}

static gboolean
add_tensor (const Reading * reading, const char *name, JsonNode * node, GError ** error)
{
  CnxTensor tensor = {.name = name,.file = reading->file };
  gsize bytes = 0;

  if (!cnx_name_is_printable (name))
    return refuse (reading, NULL, error, "tensor %u has a name that is longer than %d bytes or not printable",
        reading->tensors->len, CNX_MAX_NAME);
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (reading, name, error, "its entry in the header is not an object");
  if (!read_dtype (reading, json_node_get_object (node), &tensor, error)
      || !read_shape (reading, json_node_get_object (node), &tensor, &bytes, error)
      || !read_place (reading, json_node_get_object (node), &tensor, bytes, error))
    return FALSE;
  tensor.name = g_strdup (name);
  cnx_tensor_set_count (&tensor);
  g_array_append_val (reading->tensors, tensor);
  return TRUE;
}

static guint64
end_of (const CnxTensor * tensor)
{
  return tensor->offset + tensor->count * tensor->value_size;
}

static int
compare_places (gconstpointer a, gconstpointer b)
{
  const CnxTensor *left = *(const CnxTensor * const *) a;
  const CnxTensor *right = *(const CnxTensor * const *) b;

  if (left->offset != right->offset)
    return left->offset < right->offset ? -1 : 1;
  return (end_of (left) > end_of (right)) - (end_of (left) < end_of (right));
}

/* Gaps are let be: nothing reads them. */
static gboolean
check_overlaps (const Reading * reading, GError ** error)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();

  for (guint i = 0; i < reading->tensors->len; i++)
    g_ptr_array_add (sorted, &g_array_index (reading->tensors, CnxTensor, i));
  g_ptr_array_sort (sorted, compare_places);
  for (guint i = 1; i < sorted->len; i++) {
    const CnxTensor *before = g_ptr_array_index (sorted, i - 1);
    const CnxTensor *tensor = g_ptr_array_index (sorted, i);

    if (end_of (before) > tensor->offset)
      return refuse (reading, tensor->name, error, "its data overlaps that of '%s'", before->name);
  }
  return TRUE;
}

/* Of a file whose first bytes are no header's length. */
static gboolean
refuse_start (const Reading * reading, guint64 length, GError ** error)
{
  guint8 start[CNX_KIND_BYTES] = { 0 };
  const gsize known = MIN (sizeof start, cnx_input_file_size (reading->file));
  const gboolean got = cnx_input_file_read (reading->file, 0, known, start);
  const char *kind = got ? cnx_file_kind (start, known) : NULL;

  if (kind)
    return refuse (reading, NULL, error, "it seems to be %s; what is read are safetensors files and PyTorch's (.pth, "
        ".pt, .bin)", kind);
  return refuse (reading, NULL, error, "not a safetensors file, or cut short: it claims a header of %"
      G_GUINT64_FORMAT " bytes (at most %d), and %" G_GUINT64_FORMAT " follow; is the download complete?", length,
      MAX_HEADER, reading->available);
}

/* The header's length, checked against the file. */
static gboolean
read_length (Reading * reading, guint64 * length, GError ** error)
{
  const guint64 size = cnx_input_file_size (reading->file);

  if (size < sizeof *length)
    return refuse (reading, NULL, error, "too short for a safetensors file: %" G_GUINT64_FORMAT " bytes", size);
  if (!cnx_input_file_read (reading->file, 0, sizeof *length, length))
    return cnx_input_file_check (reading->file, error);
  *length = GUINT64_FROM_LE (*length);
  reading->available = size - sizeof *length;
  if (*length > reading->available || *length > MAX_HEADER)
    return refuse_start (reading, *length, error);
  reading->available -= *length;
  reading->data = sizeof *length + *length;
  return TRUE;
}

/* All tensors of the header's JSON. */
static gboolean
read_header (const Reading * reading, const char *header, gsize length, GError ** error)
{
  g_autofree char *what = g_strdup_printf ("'%s': its safetensors header", cnx_input_file_path (reading->file));
  g_autoptr (JsonNode) root = cnx_json_parse (header, length, &header_limits, what, error);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (!root)
    return FALSE;
  json_object_iter_init_ordered (&iter, json_node_get_object (root));
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (strcmp (name, "__metadata__") != 0 && !add_tensor (reading, name, node, error))
      return FALSE;
  return check_overlaps (reading, error);
}

GArray *
cnx_safetensors_read (CnxInputFile * file, GError ** error)
{
  g_autoptr (GArray) tensors = g_array_new (FALSE, FALSE, sizeof (CnxTensor));
  Reading reading = {.file = file,.tensors = tensors };
  g_autofree char *header = NULL;
  guint64 length;

  g_array_set_clear_func (tensors, cnx_tensor_clear);
  if (!read_length (&reading, &length, error))
    return NULL;
  if (!(header = cnx_try_new (length + 1, 1, "the file's header", error)))
    return NULL;
  if (!cnx_input_file_read (file, sizeof length, length, header)) {
    cnx_input_file_check (file, error);
    return NULL;
  }
  return read_header (&reading, header, length, error) ? g_steal_pointer (&tensors) : NULL;
}
