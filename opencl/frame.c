#include "opencl/frame.h"
#include "opencl/program.h"
#include "core/error.h"
#include "core/picture/resample_private.h"

#include <string.h>

#include "opencl/kernels/frame_shape.cl"

#define LEVELS 256
#define QUAD 4                  /* bytes that a work-item of shrink_rows takes */
#define ITEMS 32                /* work-items across are a multiple of this */
#define KEPT 32                 /* plans whose tables stay on the device: of so many cameras in turn */

/* What of a plane is packed. */
typedef struct
{
  int plane, first_row, n_rows, first_byte, n_bytes;
} Part;

struct _CnxFramePlan
{
  gatomicrefcount refs;
  FrameShape shape;
  Part parts[FRAME_PLANES];
  gsize bytes;                  /* packed */
  gsize floats;                 /* of the shrunk rows, and what a reader's last block may read behind them */
  GArray *places;               /* of int */
  GArray *numbers;              /* of float */
};

/* ---- the plan ---- */

static int
append (GArray * array, gconstpointer values, gsize count)
{
  const int at = array->len;

  g_array_append_vals (array, values, count);
  return at;
}

static int
append_weights (CnxFramePlan * plan, const CnxTaps * taps)
{
  return append (plan->numbers, taps->weights, (gsize) taps->pitch * taps->count);
}

static void
add_plane (CnxFramePlan * plan, const CnxResamplePlane * from)
{
  FrameShape *shape = &plan->shape;
  const CnxTaps *taps = &from->taps;
  FramePlane *plane = &shape->planes[shape->n_planes];

  plan->parts[shape->n_planes++] = (Part) { from->plane, taps->first, taps->end - taps->first, from->first_byte,
    from->n_bytes
  };
  plane->packed = plan->bytes;
  plane->pitch = (from->n_bytes + QUAD - 1) / QUAD * QUAD;
  plane->rows = plan->floats;
  plane->starts = append (plan->places, taps->starts, taps->count);
  for (int y = 0; y < taps->count; y++)
    g_array_index (plan->places, int, plane->starts + y) -= taps->first;
  plane->lengths = append (plan->places, taps->lengths, taps->count);
  plane->weights = append_weights (plan, taps);
  plane->weights_pitch = taps->pitch;
  for (int r = 0; r < from->n_readers; r++) {
    const CnxResampleRead *read = &from->readers[r].read;
    FrameReader *reader = &shape->readers[shape->n_readers++];

    reader->rows = plane->rows;
    reader->pitch = plane->pitch;
    reader->starts = append (plan->places, from->readers[r].taps.starts, from->readers[r].taps.count);
    reader->weights = append_weights (plan, &from->readers[r].taps);
    reader->weights_pitch = from->readers[r].taps.pitch;
    reader->step = read->step;
    memcpy (reader->lanes, read->lanes, sizeof reader->lanes);
  }
  plan->bytes += (gsize) plane->pitch * (taps->end - taps->first);
  plan->floats += (gsize) plane->pitch * taps->count;
}

static void
add_colour (CnxFramePlan * plan, const CnxResampler * from)
{
  FrameShape *shape = &plan->shape;
  float levels[3][LEVELS];

  shape->yuv = from->yuv;
  shape->middle = CNX_RESAMPLE_MIDDLE;
  memcpy (shape->matrix, from->matrix, sizeof shape->matrix);
  memcpy (shape->pad, from->pad, sizeof shape->pad);
  for (int c = 0; c < 3; c++)
    for (int level = 0; level < LEVELS; level++)
      levels[c][level] = cnx_resample_normalise (level, from->scale[c], from->offset[c]);
  shape->levels = append (plan->numbers, levels, 3 * LEVELS);
}

CnxFramePlan *
cnx_frame_plan_new (const CnxResampler * from)
{
  CnxFramePlan *plan = g_new0 (CnxFramePlan, 1);
  FrameShape *shape = &plan->shape;
  int longest = 0;

  g_atomic_ref_count_init (&plan->refs);
  plan->places = g_array_new (FALSE, FALSE, sizeof (int));
  plan->numbers = g_array_new (FALSE, FALSE, sizeof (float));
  shape->width = from->recipe.width;
  shape->height = from->recipe.height;
  shape->left = from->left;
  shape->top = from->top;
  shape->right = from->right;
  shape->bottom = from->bottom;
  for (int p = 0; p < from->n_planes; p++)
    add_plane (plan, &from->planes[p]);
  for (int r = 0; r < shape->n_readers; r++)
    longest = MAX (longest, shape->readers[r].weights_pitch);
  plan->floats += longest;
  add_colour (plan, from);
  return plan;
}

CnxFramePlan *
cnx_frame_plan_ref (CnxFramePlan * plan)
{
  g_atomic_ref_count_inc (&plan->refs);
  return plan;
}

void
cnx_frame_plan_unref (CnxFramePlan * plan)
{
  if (!plan || !g_atomic_ref_count_dec (&plan->refs))
    return;
  g_array_unref (plan->places);
  g_array_unref (plan->numbers);
  g_free (plan);
}

gsize
cnx_frame_plan_bytes (const CnxFramePlan * plan)
{
  return plan->bytes;
}

gsize
cnx_frame_plan_tensor_bytes (const CnxFramePlan * plan)
{
  return (gsize) plan->shape.width * plan->shape.height * 3 * sizeof (float);
}

static gboolean
check_size (const CnxFramePlan * plan, GError ** error)
{
  if (plan->bytes <= G_MAXINT && plan->floats <= G_MAXINT)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "A frame of %" G_GSIZE_FORMAT " bytes is too large", plan->bytes);
  return FALSE;
}

gboolean
cnx_frame_plan_fits (const CnxFramePlan * plan, int width, int height, GError ** error)
{
  if (plan->shape.width == width && plan->shape.height == height)
    return check_size (plan, error);
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "A frame is brought to %d x %d, and the network takes %d x %d",
      plan->shape.width, plan->shape.height, width, height);
  return FALSE;
}

void
cnx_frame_plan_pack (const CnxFramePlan * plan, const CnxFramePlanes * frame, guint8 * packed)
{
  for (int p = 0; p < plan->shape.n_planes; p++) {
    const Part *part = &plan->parts[p];
    const gssize stride = frame->strides[part->plane];
    const guint8 *in = frame->planes[part->plane] + part->first_row * stride + part->first_byte;
    const int pitch = plan->shape.planes[p].pitch;

    for (int y = 0; y < part->n_rows; y++, in += stride, packed += pitch) {
      memcpy (packed, in, part->n_bytes);
      memset (packed + part->n_bytes, 0, pitch - part->n_bytes);
    }
  }
}

/* ---- the device ---- */

typedef struct
{
  cl_mem mem;
  gsize size;
} Buffer;

/* A plan's on the device. */
typedef struct
{
  CnxFramePlan *plan;           /* NULL: there are none */
  Buffer shape, places, numbers;
  guint64 used;                 /* of all times that one was, when */
} Tables;

struct _CnxFrameKernels
{
  CnxDevice *device;
  cl_program program;
  cl_kernel rows_kernel, columns_kernel;
  Tables kept[KEPT];
  guint64 uses;
  Buffer packed, rows;
};

CnxFrameKernels *
cnx_frame_kernels_new (CnxDevice * device, GError ** error)
{
  g_autoptr (CnxFrameKernels) self = g_new0 (CnxFrameKernels, 1);
  cl_int code = CL_SUCCESS;

  self->device = cnx_device_ref (device);
  self->program = cnx_program_build (device, cnx_frame_sources, "-w", NULL, error);
  if (!self->program)
    return NULL;
  self->rows_kernel = clCreateKernel (self->program, "shrink_rows", &code);
  if (code == CL_SUCCESS)
    self->columns_kernel = clCreateKernel (self->program, "shrink_columns", &code);
  if (code != CL_SUCCESS) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "Cannot set up the frame's kernels on %s: %s",
        cnx_device_info (device)->name, cnx_cl_error_name (code));
    return NULL;
  }
  return g_steal_pointer (&self);
}

static void
clear_buffer (Buffer * buffer)
{
  if (buffer->mem)
    clReleaseMemObject (buffer->mem);
}

static void
clear_tables (Tables * tables)
{
  clear_buffer (&tables->shape);
  clear_buffer (&tables->places);
  clear_buffer (&tables->numbers);
  cnx_frame_plan_unref (tables->plan);
}

void
cnx_frame_kernels_free (CnxFrameKernels * self)
{
  if (!self)
    return;
  for (guint i = 0; i < KEPT; i++)
    clear_tables (&self->kept[i]);
  clear_buffer (&self->packed);
  clear_buffer (&self->rows);
  if (self->rows_kernel)
    clReleaseKernel (self->rows_kernel);
  if (self->columns_kernel)
    clReleaseKernel (self->columns_kernel);
  if (self->program)
    cnx_program_release (self->program);
  cnx_device_unref (self->device);
  g_free (self);
}

/* At least @size bytes, zeroed when they are new: what is read behind the last row meets weights of zero, and so
 * must be a number. The queue is in order, and a buffer that it still uses lives until it is done. */
static cl_int
reserve (CnxFrameKernels * self, cl_command_queue queue, Buffer * buffer, gsize size)
{
  const cl_float zero = 0;
  cl_int code = CL_SUCCESS;

  size = (size + sizeof zero - 1) / sizeof zero * sizeof zero;
  if (buffer->size >= size)
    return CL_SUCCESS;
  clear_buffer (buffer);
  *buffer = (Buffer) { NULL, 0 };
  buffer->mem = clCreateBuffer (cnx_device_context (self->device), CL_MEM_READ_WRITE, size, NULL, &code);
  if (code != CL_SUCCESS)
    return code;
  buffer->size = size;
  return clEnqueueFillBuffer (queue, buffer->mem, &zero, sizeof zero, 0, size, 0, NULL, NULL);
}

static cl_int
write_buffer (CnxFrameKernels * self, cl_command_queue queue, Buffer * buffer, gconstpointer values, gsize size)
{
  const cl_int code = reserve (self, queue, buffer, size);

  return code != CL_SUCCESS ? code
      : clEnqueueWriteBuffer (queue, buffer->mem, CL_FALSE, 0, size, values, 0, NULL, NULL);
}

/* The plan that was there may still be on its way to the device, and is let go of only then. */
static cl_int
fill_tables (CnxFrameKernels * self, cl_command_queue queue, CnxFramePlan * plan, Tables * tables)
{
  cl_int code = CL_SUCCESS;

  if (tables->plan)
    code = clFinish (queue);
  g_clear_pointer (&tables->plan, cnx_frame_plan_unref);
  if (code == CL_SUCCESS)
    code = write_buffer (self, queue, &tables->shape, &plan->shape, sizeof plan->shape);
  if (code == CL_SUCCESS)
    code = write_buffer (self, queue, &tables->places, plan->places->data, plan->places->len * sizeof (int));
  if (code == CL_SUCCESS)
    code = write_buffer (self, queue, &tables->numbers, plan->numbers->data, plan->numbers->len * sizeof (float));
  if (code == CL_SUCCESS)
    tables->plan = cnx_frame_plan_ref (plan);
  return code;
}

/* Those of @plan, in the place of what was not used for longest where there are none; to *@tables. */
static cl_int
find_tables (CnxFrameKernels * self, cl_command_queue queue, CnxFramePlan * plan, Tables ** tables)
{
  Tables *oldest = &self->kept[0];

  self->uses++;
  for (Tables * each = self->kept; each < self->kept + KEPT; each++) {
    if (each->plan == plan) {
      each->used = self->uses;
      *tables = each;
      return CL_SUCCESS;
    }
    if (each->used < oldest->used)
      oldest = each;
  }
  oldest->used = self->uses;
  *tables = oldest;
  return fill_tables (self, queue, plan, oldest);
}

static cl_int
launch (const Tables * tables, cl_command_queue queue, cl_kernel kernel, cl_mem in, cl_mem out, gsize across,
    gsize down)
{
  const cl_mem args[] = { in, tables->shape.mem, tables->places.mem, tables->numbers.mem, out };
  const size_t global[2] = { (across + ITEMS - 1) / ITEMS * ITEMS, down };
  cl_int code = CL_SUCCESS;

  for (guint i = 0; i < G_N_ELEMENTS (args) && code == CL_SUCCESS; i++)
    code = clSetKernelArg (kernel, i, sizeof args[i], &args[i]);
  return code != CL_SUCCESS ? code
      : clEnqueueNDRangeKernel (queue, kernel, 2, NULL, global, NULL, 0, NULL, NULL);
}

static cl_int
queue_frame (CnxFrameKernels * self, cl_command_queue queue, CnxFramePlan * plan, const guint8 * packed,
    cl_mem tensor, cl_int at)
{
  const FrameShape *shape = &plan->shape;
  Tables *tables = NULL;
  cl_int code = find_tables (self, queue, plan, &tables);
  gsize quads = 0;

  for (int p = 0; p < shape->n_planes; p++)
    quads += shape->planes[p].pitch / QUAD;
  if (code == CL_SUCCESS)
    code = write_buffer (self, queue, &self->packed, packed, plan->bytes);
  if (code == CL_SUCCESS)
    code = reserve (self, queue, &self->rows, plan->floats * sizeof (float));
  if (code == CL_SUCCESS)
    code = launch (tables, queue, self->rows_kernel, self->packed.mem, self->rows.mem, quads,
        shape->bottom - shape->top);
  if (code == CL_SUCCESS)
    code = clSetKernelArg (self->columns_kernel, 5, sizeof at, &at);
  if (code == CL_SUCCESS)
    code = launch (tables, queue, self->columns_kernel, self->rows.mem, tensor, shape->width, shape->height);
  return code;
}

gboolean
cnx_frame_kernels_run (CnxFrameKernels * self, cl_command_queue queue, CnxFramePlan * plan,
    const guint8 * packed, cl_mem tensor, gsize at, GError ** error)
{
  if (!check_size (plan, error))
    return FALSE;
  const cl_int code = queue_frame (self, queue, plan, packed, tensor, at);
  if (code == CL_SUCCESS)
    return TRUE;
  clFinish (queue);
  g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "OpenCL on %s failed in reading a frame: %s",
      cnx_device_info (self->device)->name, cnx_cl_error_name (code));
  return FALSE;
}
