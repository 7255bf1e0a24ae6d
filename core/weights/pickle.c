#include "core/weights/pickle.h"

#include <string.h>

#include "core/error.h"
#include "core/weights/pickle_holder.h"
#include "core/weights/pickle_machine.h"

#define MAX_TENSORS 100000
struct _CnxStateDict
{
  GArray *tensors;              /* CnxPickledTensor */
  GStringChunk *strings;
  GPtrArray *others;            /* char * */
};

/* "WHAT: REASON", or with a @name "WHAT: tensor 'NAME': REASON"; returns FALSE. */
/* *INDENT-OFF* */
static gboolean refuse (const CnxPickle * pickle, const char *name, GError ** error,
    const char *format, ...)
    G_GNUC_PRINTF (4, 5);
/* *INDENT-ON* */

static gboolean
refuse (const CnxPickle * pickle, const char *name, GError ** error, const char *format, ...)
{
  g_autofree char *where = name ? g_strdup_printf ("%s: tensor '%s'", pickle->what, name)
      : g_strdup (pickle->what);
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_FORMAT, where, format, args);
  va_end (args);
  return FALSE;
}

/* A copy of @value that lives as long as @dict, or NULL unless it is a printable name of at least a byte. */
static const char *
copy_name (CnxStateDict * dict, const CnxPickle * pickle, const CnxPickledValue * value)
{
  const char *copy;

  if (value->kind != CNX_PICKLED_TEXT || value->count == 0 || value->count > CNX_MAX_NAME)
    return NULL;
  copy = g_string_chunk_insert_len (dict->strings, (const char *) pickle->bytes + value->text, value->count);
  return strlen (copy) == value->count && cnx_name_is_printable (copy) ? copy : NULL;
}

/* FALSE unless @value is a tuple of at most CNX_MAX_DIMS whole numbers from 0 up; fills @out. */
static gboolean
read_numbers (const CnxPickle * pickle, const CnxPickledValue * value, gint64 * out, int *count)
{
  if (value->kind != CNX_PICKLED_TUPLE || value->count > CNX_MAX_DIMS)
    return FALSE;
  *count = value->count;
  for (int i = 0; i < *count; i++) {
    const CnxPickledValue *item = cnx_pickle_item (pickle, value, i);

    if (item->kind != CNX_PICKLED_INTEGER || item->integer < 0)
      return FALSE;
    out[i] = item->integer;
  }
  return TRUE;
}

/* Of the storage's class; where that has none, what the tensor says. */
static gboolean
read_dtype (const CnxPickle * pickle, const CnxPickleClass * class, const CnxPickledValue * value,
    CnxPickledTensor * tensor, GError ** error)
{
  if (!class->dtype_name) {
    const CnxPickledValue *dtype = value->count > CNX_TENSOR_DTYPE
        ? cnx_pickle_item (pickle, value, CNX_TENSOR_DTYPE) : NULL;

    if (!dtype || dtype->kind != CNX_PICKLED_CLASS || dtype->class->role != CNX_PICKLE_DTYPE)
      return refuse (pickle, tensor->name, error, "nothing says which type its values have");
    class = dtype->class;
  }
  tensor->dtype = class->dtype;
  tensor->dtype_name = class->dtype_name;
  tensor->element_size = class->element_size;
  return TRUE;
}

static gboolean
read_storage (CnxStateDict * dict, const CnxPickle * pickle, const CnxPickledValue * value,
    CnxPickledTensor * tensor, GError ** error)
{
  const CnxPickledValue *storage = cnx_pickle_item (pickle, value, CNX_TENSOR_STORAGE);
  const CnxPickleClass *class;
  gint64 bytes;

  if (storage->kind != CNX_PICKLED_STORAGE)
    return refuse (pickle, tensor->name, error, "its values are not in a storage");
  class = cnx_pickle_item (pickle, storage, CNX_STORAGE_CLASS)->class;
  if (!read_dtype (pickle, class, value, tensor, error))
    return FALSE;
  tensor->storage = copy_name (dict, pickle, cnx_pickle_item (pickle, storage, CNX_STORAGE_KEY));
  if (!tensor->storage)
    return refuse (pickle, tensor->name, error,
        "the key of its storage is empty, longer than %d bytes, or not printable", CNX_MAX_NAME);
  tensor->storage_count = cnx_pickle_item (pickle, storage, CNX_STORAGE_COUNT)->integer;
  if (!class->dtype_name)
    tensor->storage_count /= tensor->element_size;      /* it counts bytes */
  if (tensor->storage_count < 0
      || __builtin_mul_overflow (tensor->storage_count, tensor->element_size, &bytes))
    return refuse (pickle, tensor->name, error, "its storage has an impossible number of values, %"
        G_GINT64_FORMAT, tensor->storage_count);
  return TRUE;
}

/* Every value inside the storage, and none of it twice. */
static gboolean
check_span (const CnxPickle * pickle, const CnxPickledTensor * tensor, GError ** error)
{
  gint64 count = 1, last = tensor->offset, step;
  gboolean fits = TRUE, empty = FALSE;

  for (int i = 0; i < tensor->n_dims; i++)
    empty |= tensor->dims[i] == 0;
  for (int i = 0; i < tensor->n_dims && !empty; i++) {
    fits = fits && !__builtin_mul_overflow (count, tensor->dims[i], &count)
        && !__builtin_mul_overflow (tensor->dims[i] - 1, tensor->strides[i], &step)
        && !__builtin_add_overflow (last, step, &last);
  }
  if (empty)
    fits = tensor->offset <= tensor->storage_count;
  else
    fits = fits && last < tensor->storage_count;
  if (!fits)
    return refuse (pickle, tensor->name, error, "its shape, strides and offset reach past the %"
        G_GINT64_FORMAT " values of its storage", tensor->storage_count);
  if (!empty && count > tensor->storage_count)
    return refuse (pickle, tensor->name, error, "its %" G_GINT64_FORMAT " values repeat the %"
        G_GINT64_FORMAT " of its storage: save tensor.clone() instead", count,
        tensor->storage_count);
  return TRUE;
}

static gboolean
read_tensor (CnxStateDict * dict, const CnxPickle * pickle, const CnxPickledValue * value,
    CnxPickledTensor * tensor, GError ** error)
{
  const CnxPickledValue *offset = cnx_pickle_item (pickle, value, CNX_TENSOR_OFFSET);
  int n_strides;

  if (!read_storage (dict, pickle, value, tensor, error))
    return FALSE;
  if (offset->kind != CNX_PICKLED_INTEGER || offset->integer < 0)
    return refuse (pickle, tensor->name, error, "its offset is not a whole number from 0 up");
  tensor->offset = offset->integer;
  if (!read_numbers (pickle, cnx_pickle_item (pickle, value, CNX_TENSOR_DIMS), tensor->dims,
          &tensor->n_dims))
    return refuse (pickle, tensor->name, error,
        "its shape is not a tuple of at most %d whole numbers from 0 up", CNX_MAX_DIMS);
  if (!read_numbers (pickle, cnx_pickle_item (pickle, value, CNX_TENSOR_STRIDES), tensor->strides,
          &n_strides) || n_strides != tensor->n_dims)
    return refuse (pickle, tensor->name, error,
        "its strides are not a tuple of %d whole numbers from 0 up, as its shape has",
        tensor->n_dims);
  return check_span (pickle, tensor, error);
}

static gboolean
add_tensor (CnxStateDict * dict, const CnxPickle * pickle, const CnxPickledValue * key,
    const CnxPickledValue * value, GError ** error)
{
  CnxPickledTensor tensor = { 0 };

  if (dict->tensors->len >= MAX_TENSORS)
    return refuse (pickle, NULL, error, "more than %d tensors", MAX_TENSORS);
  tensor.name = copy_name (dict, pickle, key);
  if (!tensor.name)
    return refuse (pickle, NULL, error,
        "tensor %u has a name that is empty, longer than %d bytes, or not printable text",
        dict->tensors->len, CNX_MAX_NAME);
  if (value->kind != CNX_PICKLED_TENSOR)
    return refuse (pickle, tensor.name, error, "it is %s", value->class->advice);
  if (!read_tensor (dict, pickle, value, &tensor, error))
    return FALSE;
  g_array_append_val (dict->tensors, tensor);
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* By sorting: a hash table can be made slow by whoever chooses the names. */
static gboolean
check_names (const CnxStateDict * dict, const CnxPickle * pickle, GError ** error)
{
  guint n = dict->tensors->len;
  g_autofree const char **names = g_new (const char *, n);

  for (guint i = 0; i < n; i++)
    names[i] = g_array_index (dict->tensors, CnxPickledTensor, i).name;
  qsort (names, n, sizeof *names, compare_names);
  for (guint i = 1; i < n; i++) {
    if (strcmp (names[i - 1], names[i]) == 0)
      return refuse (pickle, names[i], error, "it is there twice");
  }
  return TRUE;
}

static gboolean
collect (CnxStateDict * dict, const CnxPickle * pickle, const CnxPickledValue * from,
    GError ** error)
{
  CnxPickleIndex at = from->items.first;

  while (at) {
    const CnxPickleCell *key = cnx_pickle_cell (pickle, at);
    const CnxPickleCell *item = cnx_pickle_cell (pickle, key->next);
    const CnxPickledValue *value = cnx_pickle_value (pickle, item->value);

    if (cnx_pickled_is_tensor (value)
        && !add_tensor (dict, pickle, cnx_pickle_value (pickle, key->value), value, error))
      return FALSE;
    at = item->next;
  }
  return check_names (dict, pickle, error);
}

CnxStateDict *
cnx_pickle_read (const guint8 * bytes, gsize length, const char *what, GError ** error)
{
  g_autoptr (GArray) values = g_array_new (FALSE, TRUE, sizeof (CnxPickledValue));
  g_autoptr (GArray) cells = g_array_new (FALSE, TRUE, sizeof (CnxPickleCell));
  CnxPickle pickle = {.bytes = bytes,.length = length,.what = what,.values = values,.cells = cells };
  g_autoptr (CnxStateDict) dict = NULL;
  g_autoptr (GPtrArray) others = NULL;
  const CnxPickledValue *from;

  if (length > CNX_MAX_PICKLE) {
    refuse (&pickle, NULL, error, "it has %" G_GSIZE_FORMAT " bytes; at most %d are read", length,
        CNX_MAX_PICKLE);
    return NULL;
  }
  if (!cnx_pickle_run (&pickle, error))
    return NULL;
  others = g_ptr_array_new_with_free_func (g_free);
  from = cnx_pickle_find_state_dict (&pickle, others, NULL, error);
  if (!from)
    return NULL;
  dict = g_new0 (CnxStateDict, 1);
  dict->others = g_steal_pointer (&others);
  dict->tensors = g_array_new (FALSE, FALSE, sizeof (CnxPickledTensor));
  dict->strings = g_string_chunk_new (4096);
  if (!collect (dict, &pickle, from, error))
    return NULL;
  return g_steal_pointer (&dict);
}

void
cnx_state_dict_free (CnxStateDict * dict)
{
  if (!dict)
    return;
  g_array_unref (dict->tensors);
  g_string_chunk_free (dict->strings);
  g_ptr_array_unref (dict->others);
  g_free (dict);
}

guint
cnx_state_dict_n_tensors (const CnxStateDict * dict)
{
  return dict->tensors->len;
}

const GPtrArray *
cnx_state_dict_others (const CnxStateDict * dict)
{
  return dict->others;
}

const CnxPickledTensor *
cnx_state_dict_tensor (const CnxStateDict * dict, guint i)
{
  return &g_array_index (dict->tensors, CnxPickledTensor, i);
}
