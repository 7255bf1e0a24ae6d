#include "opencl/ops/ops_private.h"
#include "core/parallel.h"
#include "core/weights/half.h"

#include <string.h>

int
cnx_ops_stride (int channels)
{
  return round_up (channels, ROW_ALIGN);
}

static cl_mem
zeroed (CnxOps * ops, gsize floats)
{
  const cl_float zero = 0;
  cl_int code;

  if (ops->status != CL_SUCCESS)
    return NULL;
  cl_mem buffer = clCreateBuffer (cnx_device_context (ops->device), CL_MEM_READ_WRITE,
      floats * sizeof (float), NULL, &code);
  if (!cnx_ops_check (ops, code, "allocating memory"))
    return NULL;
  cnx_ops_check (ops, clEnqueueFillBuffer (ops->queue, buffer, &zero, sizeof zero, 0, floats * sizeof (float), 0,
          NULL, NULL), "clearing memory");
  return buffer;
}

cl_mem
cnx_ops_rows (CnxOps * ops, gsize rows, int channels)
{
  return zeroed (ops, (rows + ops->tuning.tile_rows) * cnx_ops_stride (channels));
}

/* Rows without their padding, as clEnqueue*BufferRect wants it; of the buffer's those from @first on. */
static void
transfer_rows (CnxOps * ops, cl_mem buffer, gsize first, float *values, gsize rows, int channels, gboolean write)
{
  const size_t buffer_origin[3] = { 0, first, 0 }, origin[3] = { 0 };
  const size_t region[3] = { channels * sizeof (float), rows, 1 };
  const size_t pitch = cnx_ops_stride (channels) * sizeof (float);
  const size_t host_pitch = channels * sizeof (float);

  if (ops->status != CL_SUCCESS)
    return;
  if (write)
    cnx_ops_check (ops, clEnqueueWriteBufferRect (ops->queue, buffer, CL_FALSE, buffer_origin, origin, region, pitch,
            0, host_pitch, 0, values, 0, NULL, NULL), "writing");
  else
    cnx_ops_check (ops, clEnqueueReadBufferRect (ops->queue, buffer, CL_FALSE, buffer_origin, origin, region, pitch,
            0, host_pitch, 0, values, 0, NULL, NULL), "reading");
}

void
cnx_ops_write_rows (CnxOps * ops, cl_mem buffer, const float *values, gsize rows, int channels)
{
  transfer_rows (ops, buffer, 0, (float *) values, rows, channels, TRUE);
}

void
cnx_ops_write_rows_at (CnxOps * ops, cl_mem buffer, gsize first, const float *values, gsize rows, int channels)
{
  transfer_rows (ops, buffer, first, (float *) values, rows, channels, TRUE);
}

void
cnx_ops_read_rows (CnxOps * ops, cl_mem buffer, float *values, gsize rows, int channels)
{
  cnx_ops_read_rows_at (ops, buffer, 0, values, rows, channels);
}

void
cnx_ops_read_rows_at (CnxOps * ops, cl_mem buffer, gsize first, float *values, gsize rows, int channels)
{
  transfer_rows (ops, buffer, first, values, rows, channels, FALSE);
}

cl_mem
cnx_ops_upload_rows (CnxOps * ops, const float *values, gsize rows, int channels)
{
  cl_mem buffer = cnx_ops_rows (ops, rows, channels);

  cnx_ops_write_rows (ops, buffer, values, rows, channels);
  cnx_ops_check (ops, clFinish (ops->queue), "uploading");
  return buffer;
}

cl_mem
cnx_ops_upload_vector (CnxOps * ops, const float *values, int channels)
{
  cl_mem buffer = zeroed (ops, round_up (cnx_ops_stride (channels), panel (ops)));

  if (buffer)
    cnx_ops_check (ops, clEnqueueWriteBuffer (ops->queue, buffer, CL_TRUE, 0, channels * sizeof (float), values, 0,
            NULL, NULL), "uploading");
  return buffer;
}

/* ---- weights ---- */

CnxPrecision
cnx_ops_linear_precision (const CnxOps * ops, const CnxLinear * linear)
{
  return linear->fp32 ? CNX_PRECISION_FP32 : ops->tuning.precision;
}

int
cnx_ops_depth (CnxPrecision precision, int inputs)
{
  return round_up (inputs, precision == CNX_PRECISION_FP32 ? FP32_DEPTH_ALIGN : ROW_ALIGN);
}

gsize
cnx_ops_element_size (const CnxOps * ops)
{
  return ops->tuning.precision == CNX_PRECISION_FP32 ? sizeof (cl_float)
      : ops->tuning.precision == CNX_PRECISION_INT8 ? sizeof (cl_uchar) : sizeof (cl_ushort);
}

/* A weight on its way into panels, one panel a call. */
typedef struct
{
  CnxPrecision precision;
  CnxRowsFunc read_rows;
  gpointer data;
  int inputs, outputs, depth, width;    /* width: columns of a panel */
  gsize panel_bytes;
  guint8 *packed;
} Packing;

static gsize
panel_bytes (CnxPrecision precision, int depth, int width)
{
  if (precision == CNX_PRECISION_INT8)
    return (gsize) width * (sizeof (float) * (1 + cnx_ops_groups (depth)) + depth);
  return (gsize) width * depth * (precision == CNX_PRECISION_FP32 ? sizeof (float) : sizeof (guint16));
}

static void
pack_fp32 (const Packing * packing, float *panel, int column, const float *row)
{
  for (int k = 0; k < packing->inputs; k++)
    panel[(gsize) k * packing->width + column] = row[k];
}

static void
pack_fp16 (const Packing * packing, guint16 * panel, int column, const float *row)
{
  for (int k = 0; k < packing->inputs; k++)
    panel[(gsize) k * packing->width + column] = cnx_fp16_from_float (row[k]);
}

/* Two inputs of a column side by side. */
static void
pack_bf16 (const Packing * packing, guint16 * panel, int column, const float *row)
{
  for (int k = 0; k < packing->inputs; k++)
    panel[((gsize) (k / 2) * packing->width + column) * 2 + k % 2] = cnx_bf16_from_float (row[k]);
}

/* Four inputs of a column side by side; the scales in front, each group's sums before its values. */
static void
pack_int8 (const Packing * packing, guint8 * panel, int column, const float *row)
{
  const int width = packing->width;
  g_autofree gint8 *values = g_new (gint8, packing->inputs);

  ((float *) panel)[column] = cnx_int8_weight (row, packing->inputs, values);
  panel += width * sizeof (float);
  for (int first = 0; first < packing->depth; first += CNX_INT8_GROUP) {
    const int count = MIN (CNX_INT8_GROUP, packing->depth - first);
    gint8 *bytes = (gint8 *) panel + width * sizeof (float);
    int sum = 0;
    for (int k = 0; k < count && first + k < packing->inputs; k++) {
      bytes[(k / 4 * width + column) * 4 + k % 4] = values[first + k];
      sum += values[first + k];
    }
    ((float *) panel)[column] = sum;
    panel += width * (sizeof (float) + count);
  }
}

static void
pack_panel (gpointer data, guint i)
{
  const Packing *packing = data;
  const int first = i * packing->width, count = MIN (packing->width, packing->outputs - first);
  g_autofree float *rows = g_new (float, (gsize) packing->inputs * count);
  guint8 *panel = packing->packed + i * packing->panel_bytes;

  memset (panel, 0, packing->panel_bytes);
  packing->read_rows (packing->data, first, count, rows);
  for (int column = 0; column < count; column++) {
    const float *row = rows + (gsize) column * packing->inputs;
    if (packing->precision == CNX_PRECISION_INT8)
      pack_int8 (packing, panel, column, row);
    else if (packing->precision == CNX_PRECISION_BF16)
      pack_bf16 (packing, (guint16 *) panel, column, row);
    else if (packing->precision == CNX_PRECISION_FP16)
      pack_fp16 (packing, (guint16 *) panel, column, row);
    else
      pack_fp32 (packing, (float *) panel, column, row);
  }
}

void
cnx_ops_linear_init (CnxOps * ops, CnxLinear * linear, CnxRowsFunc read_rows, gpointer data, const float *bias,
    int inputs, int outputs)
{
  const CnxPrecision precision = cnx_ops_linear_precision (ops, linear);
  Packing packing = {.precision = precision,.read_rows = read_rows,.data = data,.inputs = inputs,
    .outputs = outputs,.depth = cnx_ops_depth (precision, inputs),.width = panel (ops)
  };
  const guint panels = (outputs + packing.width - 1) / packing.width;
  g_autofree float *zeros = bias ? NULL : g_new0 (float, outputs);
  cl_int code;

  packing.panel_bytes = panel_bytes (precision, packing.depth, packing.width);
  const gsize size = panels * packing.panel_bytes;
  linear->inputs = inputs;
  linear->outputs = outputs;
  linear->bias = cnx_ops_upload_vector (ops, bias ? bias : zeros, outputs);
  if (ops->status != CL_SUCCESS)
    return;
  linear->weight = clCreateBuffer (cnx_device_context (ops->device),
      CL_MEM_READ_ONLY | CL_MEM_ALLOC_HOST_PTR, size, NULL, &code);
  if (!cnx_ops_check (ops, code, "allocating weights"))
    return;
  packing.packed = clEnqueueMapBuffer (ops->queue, linear->weight, CL_TRUE,
      CL_MAP_WRITE_INVALIDATE_REGION, 0, size, 0, NULL, NULL, &code);
  if (!cnx_ops_check (ops, code, "mapping weights"))
    return;
  cnx_parallel_for (panels, pack_panel, &packing);
  cnx_ops_check (ops, clEnqueueUnmapMemObject (ops->queue, linear->weight, packing.packed, 0, NULL, NULL),
      "uploading weights");
}

void
cnx_ops_linear_clear (CnxLinear * linear)
{
  if (linear->weight)
    clReleaseMemObject (linear->weight);
  if (linear->bias)
    clReleaseMemObject (linear->bias);
  memset (linear, 0, sizeof *linear);
}

void
cnx_ops_read_weights (CnxOps * ops, const CnxLinear * linear, int output, float *values)
{
  const int width = panel (ops), depth = cnx_ops_depth (CNX_PRECISION_FP32, linear->inputs);
  const gsize bytes = panel_bytes (CNX_PRECISION_FP32, depth, width);
  g_autofree float *whole = g_malloc (bytes);

  if (ops->status != CL_SUCCESS || !cnx_ops_check (ops, clEnqueueReadBuffer (ops->queue, linear->weight, CL_TRUE,
              output / width * bytes, bytes, whole, 0, NULL, NULL), "reading weights"))
    return;
  for (int k = 0; k < linear->inputs; k++)
    values[k] = whole[k * width + output % width];
}

void
cnx_ops_reserve (CnxOps * ops, cl_mem * buffer, gsize * had, gsize size)
{
  cl_int code;

  if (*had >= size || ops->status != CL_SUCCESS)
    return;
  if (*buffer)
    clReleaseMemObject (*buffer);       /* what is queued on it keeps it */
  *had = 0;
  *buffer = clCreateBuffer (cnx_device_context (ops->device), CL_MEM_READ_WRITE, size, NULL, &code);
  if (cnx_ops_check (ops, code, "allocating memory"))
    *had = size;
}
