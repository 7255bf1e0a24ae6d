#include "core/weights/torch_file.h"

#include <string.h>

#include "core/error.h"
#include "core/weights/pickle.h"
#include "core/input/zip_archive.h"

/* A tensor each, and what stands beside them. */
#define MAX_ENTRIES 200000
#define PICKLE_NAME "/data.pkl"

typedef struct
{
  CnxInputFile *input;
  CnxZip *zip;
  char *prefix;                 /* NAME */
} TorchFile;

/* "'PATH': REASON"; returns FALSE. */
static gboolean refuse (const TorchFile * file, GError ** error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
refuse (const TorchFile * file, GError ** error, const char *format, ...)
{
  g_autofree char *where = g_strdup_printf ("'%s'", cnx_input_file_path (file->input));
  va_list args;

  va_start (args, format);
  cnx_refuse (error, CNX_ERROR_FORMAT, where, format, args);
  va_end (args);
  return FALSE;
}

static gboolean
is_zip (const guint8 * bytes, gsize length)
{
  return length >= 4 && memcmp (bytes, "PK\003\004", 4) == 0;
}

/* A pickle that holds 0x1950a86a20f9469cfc6c and nothing else, of any protocol but 1, which is as 0. */
static gboolean
is_legacy (const guint8 * bytes, gsize length)
{
  static const char number[] = "\212\012\154\374\234\106\371\040\152\250\120\031.";
  static const char text[] = "L119547037146038801333356L\n.";
  const gsize frame = length > 2 && bytes[2] == 0x95 ? 11 : 2;

  if (length >= frame + strlen (number) && bytes[0] == 0x80)
    return memcmp (bytes + frame, number, strlen (number)) == 0;
  return length >= strlen (text) && memcmp (bytes, text, strlen (text)) == 0;
}

gboolean
cnx_torch_file_matches (const guint8 * bytes, gsize length)
{
  return is_zip (bytes, length) || is_legacy (bytes, length);
}

static const CnxZipEntry *
find_entry (const TorchFile * file, const char *name)
{
  g_autofree char *full = g_strconcat (file->prefix, "/", name, NULL);

  return cnx_zip_find (file->zip, full);
}

/* What else is packed so, by how an entry's name ends. */
static gboolean
refuse_zip (const TorchFile * file, GError ** error)
{
  static const struct
  {
    const char *ending, *what;
  } kinds[] = {
    {"model.weights.h5", "a Keras model: take the weights as PyTorch has them"},
    {".npy", "NumPy arrays: save them as tensors, with torch.save() or in safetensors"},
    {"archive_format", "a program of torch.export() (.pt2): save model.state_dict() instead"},
    {"serialized_exported_program.json", "a program of torch.export() (.pt2): save model.state_dict() instead"},
    {".mlmodel", "a Core ML package: take the weights that it was exported from"},
    {".safetensors", "a packed folder: unpack it first"},
    {".pth", "a packed folder: unpack it first"},
    {".bin", "a packed folder: unpack it first"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    for (guint e = 0; e < cnx_zip_n_entries (file->zip); e++)
      if (g_str_has_suffix (cnx_zip_entry (file->zip, e)->name, kinds[i].ending))
        return refuse (file, error, "a zip archive, but not one of PyTorch's: '%s' is in it, so it seems to be %s",
            cnx_zip_entry (file->zip, e)->name, kinds[i].what);
  return refuse (file, error, "a zip archive, but not one of PyTorch's: no folder in it has a data.pkl");
}

/* The folder that everything is in, by the pickle in it. */
static gboolean
find_prefix (TorchFile * file, GError ** error)
{
  for (guint i = 0; i < cnx_zip_n_entries (file->zip); i++) {
    const char *name = cnx_zip_entry (file->zip, i)->name;
    const char *slash = strchr (name, '/');

    if (!slash || slash == name || strcmp (slash, PICKLE_NAME) != 0)
      continue;
    if (file->prefix)
      return refuse (file, error, "'%s" PICKLE_NAME "' and '%s' are both in it", file->prefix,
          name);
    file->prefix = g_strndup (name, slash - name);
  }
  return file->prefix || refuse_zip (file, error);
}

static gboolean
check_kind (const TorchFile * file, GError ** error)
{
  const CnxZipEntry *order = find_entry (file, "byteorder");
  g_autofree guint8 *bytes = NULL;

  if (find_entry (file, "constants.pkl"))
    return refuse (file, error, "a TorchScript archive, not a state_dict: "
        "load it with torch.jit.load() and save its state_dict()");
  if (!order)
    return TRUE;
  bytes = cnx_zip_read (file->zip, order, 16, error);
  if (!bytes)
    return FALSE;
  if (order->size != strlen ("little") || memcmp (bytes, "little", order->size) != 0)
    return refuse (file, error, "its byteorder is not 'little': save it on a little-endian machine");
  return TRUE;
}

static gboolean
place_tensor (const TorchFile * file, const CnxPickledTensor * from, GArray * tensors,
    GError ** error)
{
  g_autofree char *storage = g_strconcat ("data/", from->storage, NULL);
  const CnxZipEntry *entry = find_entry (file, storage);
  guint64 bytes = (guint64) from->storage_count * from->element_size;
  CnxTensor tensor = {.file = file->input };
  guint64 start;

  if (!entry)
    return refuse (file, error, "tensor '%s': its storage '%s/%s' is not in the archive",
        from->name, file->prefix, storage);
  if (entry->size < bytes)
    return refuse (file, error, "tensor '%s': its storage '%s' should hold %" G_GUINT64_FORMAT
        " bytes, and holds %" G_GUINT64_FORMAT, from->name, entry->name, bytes, entry->size);
  if (!cnx_zip_locate (file->zip, entry, &start, error))
    return FALSE;
  tensor.name = g_strdup (from->name);
  tensor.dtype = from->dtype;
  tensor.dtype_name = from->dtype_name;
  tensor.value_size = from->element_size;
  tensor.n_dims = from->n_dims;
  memcpy (tensor.dims, from->dims, sizeof tensor.dims);
  memcpy (tensor.strides, from->strides, sizeof tensor.strides);
  tensor.offset = start + (guint64) from->offset * from->element_size;
  g_array_append_val (tensors, tensor);
  return TRUE;
}

static GArray *
read_tensors (const TorchFile * file, GPtrArray * others, GError ** error)
{
  const CnxZipEntry *entry = find_entry (file, "data.pkl");
  g_autofree char *what = g_strdup_printf ("'%s': its data.pkl", cnx_input_file_path (file->input));
  g_autofree guint8 *bytes = cnx_zip_read (file->zip, entry, CNX_MAX_PICKLE, error);
  g_autoptr (GArray) tensors = NULL;
  g_autoptr (CnxStateDict) dict = NULL;

  if (!bytes)
    return NULL;
  dict = cnx_pickle_read (bytes, entry->size, what, error);
  if (!dict)
    return NULL;
  tensors = g_array_new (FALSE, FALSE, sizeof (CnxTensor));
  g_array_set_clear_func (tensors, cnx_tensor_clear);
  for (guint i = 0; i < cnx_state_dict_n_tensors (dict); i++) {
    if (!place_tensor (file, cnx_state_dict_tensor (dict, i), tensors, error))
      return NULL;
  }
  for (guint i = 0; others && i < cnx_state_dict_others (dict)->len; i++)
    g_ptr_array_add (others, g_strdup (g_ptr_array_index (cnx_state_dict_others (dict), i)));
  return g_steal_pointer (&tensors);
}

static gboolean
check_magic (const TorchFile * file, GError ** error)
{
  guint8 start[CNX_TORCH_FILE_START];
  const gsize n = MIN (sizeof start, cnx_input_file_size (file->input));

  cnx_input_file_read (file->input, 0, n, start);       /* zeros where it cannot */
  if (is_legacy (start, n))
    return refuse (file, error, "saved by PyTorch before 1.6, or in its format: save it again with a newer one, "
        "by torch.save(torch.load(f), f)");
  if (!is_zip (start, n))
    return refuse (file, error, "not a zip archive, as PyTorch's files are: "
        "is the download complete?");
  return TRUE;
}

GArray *
cnx_torch_file_read (CnxInputFile * input, GPtrArray * others, GError ** error)
{
  TorchFile file = {.input = input };
  GArray *tensors = NULL;

  if (!check_magic (&file, error))
    return NULL;
  file.zip = cnx_zip_open (input, MAX_ENTRIES, error);
  if (!file.zip)
    return NULL;
  if (find_prefix (&file, error) && check_kind (&file, error))
    tensors = read_tensors (&file, others, error);
  g_free (file.prefix);
  cnx_zip_free (file.zip);
  return tensors;
}
