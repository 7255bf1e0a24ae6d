/* Milliseconds to bring a frame to the network's input: by the CPU's resampler on one core, and by the OpenCL device,
 * which is given the planes. The least of several rounds. The rows take turns, so that a slow second of the machine
 * hits all of them. */
#include "opencl/frame.h"

#include <string.h>

#define ROUNDS 7
#define FRAMES 10

static const struct
{
  const char *name;
  CnxPixelFormat pixels;
  int bytes;                    /* of a pixel in the first plane */
  int width, height;
  int size, resize;
} rows[] = {
  {"1080p NV12 to 224", CNX_PIXELS_NV12, 1, 1920, 1080, 224, 256},
  {"1080p NV12 to 224, crop 0.95", CNX_PIXELS_NV12, 1, 1920, 1080, 224, 235},
  {"1080p NV12 to 64", CNX_PIXELS_NV12, 1, 1920, 1080, 64, 64},
  {"1080p I420 to 224", CNX_PIXELS_I420, 1, 1920, 1080, 224, 256},
  {"1080p YUY2 to 224", CNX_PIXELS_YUY2, 2, 1920, 1080, 224, 256},
  {"1080p RGB to 224", CNX_PIXELS_RGB, 3, 1920, 1080, 224, 256},
  {"1080p BGRx to 224", CNX_PIXELS_BGRX, 4, 1920, 1080, 224, 256},
  {"1080p BGRx to 64", CNX_PIXELS_BGRX, 4, 1920, 1080, 64, 64},
  {"320x240 NV12 to 224", CNX_PIXELS_NV12, 1, 320, 240, 224, 256},
};

typedef struct
{
  CnxResampler *resampler;
  CnxFramePlan *plan;
  CnxFramePlanes planes;
  guint8 *packed;
  double cpu, device;           /* the least so far */
} Row;

typedef struct
{
  CnxDevice *device;
  CnxFrameKernels *kernels;
  cl_command_queue queue;
  cl_mem tensor;
} OnDevice;

/* FALSE where there is no device: then only the CPU's resampler is timed. */
static gboolean
open_device (OnDevice * on)
{
  g_autoptr (GError) error = NULL;
  cl_int code = CL_SUCCESS;

  memset (on, 0, sizeof *on);
  if (!(on->device = cnx_device_open (g_getenv ("CNX_TEST_DEVICE"), 0, &error))
      || !(on->kernels = cnx_frame_kernels_new (on->device, &error))) {
    g_print ("without OpenCL: %s\n", error->message);
    return FALSE;
  }
  on->queue = clCreateCommandQueue (cnx_device_context (on->device), cnx_device_id (on->device), 0, &code);
  if (code == CL_SUCCESS)
    on->tensor = clCreateBuffer (cnx_device_context (on->device), CL_MEM_READ_WRITE,
        3 * 224 * 224 * sizeof (cl_float), NULL, &code);
  return code == CL_SUCCESS;
}

static void
close_device (OnDevice * on)
{
  if (on->tensor)
    clReleaseMemObject (on->tensor);
  if (on->queue)
    clReleaseCommandQueue (on->queue);
  cnx_frame_kernels_free (on->kernels);
  cnx_device_unref (on->device);
}

static void
open_row (Row * row, guint i, const guint8 * bytes)
{
  const int width = rows[i].width, height = rows[i].height, luma = width * height;
  const int chroma = rows[i].pixels == CNX_PIXELS_I420 ? width / 2 : width;
  const CnxFrameFormat format = { width, height, rows[i].pixels, 0.2126, 0.0722, FALSE, TRUE, FALSE, 1, 1 };
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = rows[i].size;
  recipe.resize = rows[i].resize;
  row->planes = (CnxFramePlanes) {
    {bytes, bytes + luma, bytes + luma * 5 / 4}, {rows[i].bytes * width, chroma, chroma}
  };
  row->resampler = cnx_resampler_new (&format, &recipe, NULL);
  row->plan = cnx_frame_plan_new (row->resampler);
  row->packed = g_malloc (cnx_frame_plan_bytes (row->plan));
  row->cpu = row->device = G_MAXDOUBLE;
}

static void
time_row (Row * row, OnDevice * on, float *out)
{
  gint64 start = g_get_monotonic_time ();
  for (int i = 0; i < FRAMES; i++)
    cnx_resampler_run (row->resampler, &row->planes, out);
  row->cpu = MIN (row->cpu, (g_get_monotonic_time () - start) / 1000.0 / FRAMES);
  if (!on->tensor)
    return;
  start = g_get_monotonic_time ();
  for (int i = 0; i < FRAMES; i++) {
    cnx_frame_plan_pack (row->plan, &row->planes, row->packed);
    cnx_frame_kernels_run (on->kernels, on->queue, row->plan, row->packed, on->tensor, 0, NULL);
    clFinish (on->queue);
  }
  row->device = MIN (row->device, (g_get_monotonic_time () - start) / 1000.0 / FRAMES);
}

static void
print_row (const Row * row, guint i)
{
  g_autofree char *device = row->device < G_MAXDOUBLE ? g_strdup_printf ("%8.2f ms", row->device) : g_strdup ("");

  g_print ("%-30s %7.2f ms %s  %5" G_GSIZE_FORMAT " kB of planes, %4" G_GSIZE_FORMAT " kB of tensor\n",
      rows[i].name, row->cpu, device, cnx_frame_plan_bytes (row->plan) / 1000,
      cnx_frame_plan_tensor_bytes (row->plan) / 1000);
}

int
main (void)
{
  const guint n_bytes = 4 * 1920 * 1080;
  g_autofree guint8 *bytes = g_malloc (n_bytes);
  g_autofree float *out = g_new (float, 3 * 224 * 224);
  Row all[G_N_ELEMENTS (rows)];
  OnDevice on;

  for (guint i = 0; i < n_bytes; i++)
    bytes[i] = (guint8) ((i * 2654435761u) >> 24);
  if (open_device (&on))
    g_print ("%-30s %7s    %8s, %s\n", "", "CPU", "OpenCL", cnx_device_info (on.device)->name);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    open_row (&all[i], i, bytes);
  for (int round = 0; round < ROUNDS; round++)
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      time_row (&all[i], &on, out);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    print_row (&all[i], i);
    cnx_resampler_free (all[i].resampler);
    cnx_frame_plan_unref (all[i].plan);
    g_free (all[i].packed);
  }
  close_device (&on);
  return 0;
}
