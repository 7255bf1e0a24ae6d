#include "core/weights/tensor.h"

#include <string.h>

#include "core/weights/half.h"

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

void
cnx_tensor_set_count (CnxTensor * tensor)
{
  tensor->count = 1;
  for (int i = 0; i < tensor->n_dims; i++)
    tensor->count *= tensor->dims[i];
  tensor->contiguous = is_row_major (tensor);
}

void
cnx_tensor_clear (gpointer tensor)
{
  g_free ((char *) ((CnxTensor *) tensor)->name);
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

/* Each by itself. */
static void
read_scattered (const CnxTensor * tensor, gsize first, gsize count, float *out)
{
  guint8 stored[sizeof (double)] = { 0 };

  for (gsize i = 0; i < count; i++) {
    cnx_input_file_read (tensor->file, tensor->offset + place_of (tensor, first + i) * tensor->value_size,
        tensor->value_size, stored);
    convert (tensor->dtype, stored, 1, &out[i]);
  }
}

/* Values stored in another order (channels last, say), or a view: all that lies between the ends is read once, where
 * there is memory for it: a view of few values may span a large file. */
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
  g_autofree guint8 *stored = g_try_malloc (bytes);
  if (!stored) {
    read_scattered (tensor, first, count, out);
    return;
  }
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
