/* Frames to the network's input on the device against core/resample, level by level: every layout, and whatever the
 * format and the recipe can say; and how many bytes travel. */
#include "opencl/network.h"
#include "core/error.h"
#include "core/picture/resample_loops.h"
#include "tests/support/temp_files.h"

#include <math.h>
#include <string.h>

#define CANARY 12345.0f
#define GUARD 1024              /* floats: sub-buffers begin at multiples of a device's alignment */
#define BT601 .kr = 0.299, .kb = 0.114
#define BT709 .kr = 0.2126, .kb = 0.0722

static CnxDevice *device;
static CnxFrameKernels *kernels;
static cl_command_queue queue;
static gint64 all_values, all_other; /* what was compared, and what came out a level away */

static const char *const pixel_names[] = {
  "NV12", "I420", "YUY2", "RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "GRAY8"
};

static const CnxFrameFormat usual = { BT709,.chroma_left = TRUE,.par_n = 1,.par_d = 1 };

typedef enum
{ NOISE, EXTREMES, BLACK, WHITE, COLUMNS, ROWS, SQUARES, RAMP, N_FILLS } Fill;

static const char *const fill_names[N_FILLS] = {
  "noise", "0 and 255 at random", "all 0", "all 255", "columns", "rows", "squares", "a ramp"
};

/* ---- frames ---- */

/* Bytes of two luma pixels, by CnxPixelFormat and plane. */
static const int bytes_of_two[][3] = {
  {2, 2}, {2, 1, 1}, {4}, {6}, {6}, {8}, {8}, {8}, {8}, {2}
};

typedef struct
{
  CnxFramePlanes planes;
  guint8 *memory[3];
} Frame;

static guint8
fill_byte (Fill fill, int x, int y, GRand * rand)
{
  switch (fill) {
    case NOISE:
      return g_rand_int (rand) >> 24;
    case EXTREMES:
      return g_rand_boolean (rand) ? 255 : 0;
    case WHITE:
      return 255;
    case COLUMNS:
      return x % 2 ? 255 : 0;
    case ROWS:
      return y % 2 ? 255 : 0;
    case SQUARES:
      return (x + y) % 2 ? 255 : 0;
    case RAMP:
      return x + 2 * y;
    default:
      return 0;
  }
}

/* Each plane's memory ends with its last row's last byte, and a row with @padding more; @upside_down: the last row
 * lies first. */
static Frame *
frame_new (const CnxFrameFormat * format, Fill fill, int padding, gboolean upside_down)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (fill + 17 * format->pixels);
  Frame *frame = g_new0 (Frame, 1);
  const int width = format->skip_x + format->width, height = format->skip_y + format->height;

  for (int p = 0; p < 3 && bytes_of_two[format->pixels][p]; p++) {
    const int bytes = bytes_of_two[format->pixels][p], half = (width + 1) / 2;
    const gboolean whole = bytes % 2 == 0 && p == 0 && format->pixels != CNX_PIXELS_YUY2;
    const int row = whole ? bytes / 2 * width : bytes * half, stride = row + padding;
    const int rows = p == 0 ? height : (height + 1) / 2;

    frame->memory[p] = g_malloc ((gsize) stride * (rows - 1) + row);
    memset (frame->memory[p], 0xA5, (gsize) stride * (rows - 1) + row);
    frame->planes.planes[p] = frame->memory[p] + (upside_down ? (gsize) stride * (rows - 1) : 0);
    frame->planes.strides[p] = upside_down ? -stride : stride;
    for (int y = 0; y < rows; y++)
      for (int x = 0; x < row; x++)
        ((guint8 *) frame->planes.planes[p])[(gssize) y * frame->planes.strides[p] + x] =
            fill_byte (fill, x / MAX (bytes / 2, 1), y, rand);
  }
  return frame;
}

static void
frame_free (Frame * frame)
{
  for (int p = 0; p < 3; p++)
    g_free (frame->memory[p]);
  g_free (frame);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Frame, frame_free)

static CnxRecipe
recipe_of (int size, int resize)
{
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = size;
  recipe.resize = resize;
  return recipe;
}

/* ---- both ways ---- */

/* The planes as they travel, with canaries around them. */
static guint8 *
pack (CnxFramePlan * plan, const Frame * frame)
{
  const gsize bytes = cnx_frame_plan_bytes (plan);
  g_autofree guint8 *guarded = g_malloc (bytes + 32);
  guint8 *packed = g_malloc (bytes);

  memset (guarded, 0x5A, bytes + 32);
  cnx_frame_plan_pack (plan, &frame->planes, guarded + 16);
  for (int i = 0; i < 16; i++)
    g_assert_true (guarded[i] == 0x5A && guarded[16 + bytes + i] == 0x5A);
  memcpy (packed, guarded + 16, bytes);
  return packed;
}

/* The tensor lies between canaries. */
static float *
run_on_device (CnxFramePlan * plan, const Frame * frame)
{
  const gsize bytes = cnx_frame_plan_tensor_bytes (plan), count = bytes / sizeof (float);
  const cl_float canary = CANARY;
  const cl_buffer_region region = { GUARD * sizeof (float), bytes };
  g_autofree guint8 *packed = pack (plan, frame);
  g_autofree float *guarded = g_new (float, count + 2 * GUARD);
  const gsize size = bytes + 2 * GUARD * sizeof (float);
  g_autoptr (GError) error = NULL;
  cl_int code;

  cl_mem buffer = clCreateBuffer (cnx_device_context (device), CL_MEM_READ_WRITE, size, NULL, &code);
  g_assert_cmpint (code, ==, CL_SUCCESS);
  clEnqueueFillBuffer (queue, buffer, &canary, sizeof canary, 0, size, 0, NULL, NULL);
  cl_mem tensor = clCreateSubBuffer (buffer, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
  g_assert_cmpint (code, ==, CL_SUCCESS);
  cnx_frame_kernels_run (kernels, queue, plan, packed, tensor, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (clEnqueueReadBuffer (queue, buffer, CL_TRUE, 0, size, guarded, 0, NULL, NULL), ==, CL_SUCCESS);
  for (int i = 0; i < GUARD; i++)
    g_assert_true (guarded[i] == CANARY && guarded[GUARD + count + i] == CANARY);
  clReleaseMemObject (tensor);
  clReleaseMemObject (buffer);
  return g_memdup2 (guarded + GUARD, bytes);
}

/* Both ways to the tensor are the same, but for at most one value of a thousand that is one level away. */
static void
check (const CnxFrameFormat * format, const CnxRecipe * recipe, Fill fill, int padding, gboolean upside_down)
{
  const gsize count = 3 * (gsize) recipe->width * recipe->height;
  g_autoptr (GError) error = NULL;
  g_autoptr (Frame) frame = frame_new (format, fill, padding, upside_down);
  g_autoptr (CnxResampler) resampler = cnx_resampler_new (format, recipe, &error);
  g_autofree float *want = g_new (float, count);
  gsize other = 0, wrong = 0;

  g_assert_no_error (error);
  cnx_resampler_run (resampler, &frame->planes, want);
  g_autoptr (CnxFramePlan) plan = cnx_frame_plan_new (resampler);
  g_clear_pointer (&resampler, cnx_resampler_free);
  g_autofree float *got = run_on_device (plan, frame);
  for (gsize i = 0; i < count; i++) {
    const double levels = fabs (got[i] - want[i]) * 255 * recipe->std[i % 3];

    other += got[i] != want[i];
    wrong += got[i] != want[i] && !(fabs (levels - 1) < 1e-3);
  }
  all_values += count;
  all_other += other;
  if (wrong || other > count / 1000) {
    g_test_message ("%s %dx%d to %dx%d, %s: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " values differ, %"
        G_GSIZE_FORMAT " by more than a level", pixel_names[format->pixels], format->width, format->height,
        recipe->width, recipe->height, fill_names[fill], other, count, wrong);
    g_test_fail ();
  }
}

/* ---- the tests ---- */

/* BT.601 and 709, both ranges, all four sitings. */
static void
test_colour (void)
{
  const CnxRecipe recipes[] = { recipe_of (96, 110), recipe_of (64, 64) };

  for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_GRAY8; pixels++)
    for (guint bits = 0; bits < 16; bits++) {
      CnxFrameFormat format = usual;

      format.pixels = pixels;
      format.width = 211;
      format.height = 133;
      if (bits & 1)
        format.kr = 0.299, format.kb = 0.114;
      format.full_range = (bits & 2) != 0;
      format.chroma_left = (bits & 4) == 0;
      format.chroma_top = (bits & 8) != 0;
      check (&format, &recipes[bits / 2 % 2], NOISE, 0, FALSE);
      check (&format, &recipes[bits / 2 % 2], EXTREMES, 0, FALSE);
    }
}

/* Shrunk by half, a little, a lot, and enlarged: one value everywhere, stripes, squares, noise. By half, and where
 * the filter lies just between two stripes, many values are exactly 127.5, which either way rounds by chance: the
 * same only where the sums are the same, one by one, and the CPU's plain loops have others. */
static void
test_pictures (void)
{
  static const int sizes[][2] = { {128, 128}, {640, 360}, {135, 101}, {24, 40}, {64, 64} };
  const guint first = cnx_resample_loops () == cnx_resample_loops_plain () ? 2 : 0;
  const CnxRecipe recipe = recipe_of (64, 64);

  for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_GRAY8; pixels++)
    for (guint s = first; s < G_N_ELEMENTS (sizes); s++)
      for (Fill fill = 0; fill < N_FILLS; fill++) {
        CnxFrameFormat format = usual;

        format.pixels = pixels;
        format.width = sizes[s][0];
        format.height = sizes[s][1];
        check (&format, &recipe, fill, 0, FALSE);
      }
}

/* Pictures that begin within a chroma sample. */
static void
test_skips (void)
{
  static const int sizes[][2] = { {1, 1}, {3, 5}, {34, 47}, {128, 129} };
  const CnxRecipe recipe = recipe_of (32, 36);

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_YUY2; pixels++)
      for (int skips = 1; skips < 4; skips++) {
        CnxFrameFormat format = usual;

        format.pixels = pixels;
        format.width = sizes[s][0];
        format.height = sizes[s][1];
        format.skip_x = skips & 1;
        format.skip_y = skips >> 1;
        check (&format, &recipe, NOISE, 0, FALSE);
      }
}

static void
test_odd_sizes (void)
{
  static const int sizes[][2] = {
    {1, 1}, {2, 1}, {1, 3}, {3, 5}, {17, 2}, {33, 47}, {65, 31}, {127, 129}, {300, 7}
  };
  const CnxRecipe recipes[] = { recipe_of (32, 36), recipe_of (45, 45) };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_GRAY8; pixels++)
      for (guint r = 0; r < G_N_ELEMENTS (recipes); r++) {
        CnxFrameFormat format = usual;

        format.pixels = pixels;
        format.width = sizes[s][0];
        format.height = sizes[s][1];
        check (&format, &recipes[r], NOISE, 0, FALSE);
      }
}

static void
test_strides (void)
{
  const CnxRecipe recipe = recipe_of (64, 73);

  for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_GRAY8; pixels++)
    for (int padding = 0; padding <= 67; padding += 67)
      for (int upside_down = 0; upside_down < 2; upside_down++) {
        CnxFrameFormat format = usual;

        format.pixels = pixels;
        format.width = 131;
        format.height = 97;
        check (&format, &recipe, NOISE, padding, upside_down);
      }
}

/* Crops, padding in the mean colour and in black, both filters, pixels that are not square. */
static void
test_recipes (void)
{
  static const CnxCropMode modes[] = { CNX_CROP_CENTER, CNX_CROP_SQUASH, CNX_CROP_BORDER };
  static const int sizes[][3] = {
    {96, 96, 110}, {96, 96, 96}, {96, 96, 71}, {96, 64, 80}, {64, 160, 64}
  };

  for (guint m = 0; m < G_N_ELEMENTS (modes); m++)
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
      for (int wide = 0; wide < 2; wide++)
        for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_GRAY8; pixels++) {
          CnxFrameFormat format = usual;
          CnxRecipe recipe = recipe_of (sizes[s][0], sizes[s][2]);

          format.pixels = pixels;
          format.width = 190;
          format.height = 121;
          format.par_n = wide ? 4 : 1;
          format.par_d = wide ? 3 : 1;
          recipe.height = sizes[s][1];
          recipe.crop_mode = modes[m];
          recipe.interpolation = s % 2 ? CNX_INTERPOLATION_BILINEAR : CNX_INTERPOLATION_BICUBIC;
          check (&format, &recipe, NOISE, 0, FALSE);
        }
}

static void
test_large (void)
{
  const CnxRecipe recipe = recipe_of (224, 256);
  CnxFrameFormat format = usual;

  format.width = 1920;
  format.height = 1080;
  check (&format, &recipe, NOISE, 0, FALSE);
  format.pixels = CNX_PIXELS_BGRX;
  check (&format, &recipe, NOISE, 0, FALSE);
  format.width = 320;
  format.height = 240;
  check (&format, &recipe, NOISE, 0, FALSE);
}

/* What travels: the rows and bytes that the crop needs, counted here by hand. */
static void
test_bytes (void)
{
  const struct
  {
    CnxPixelFormat pixels;
    int width, height, size, resize;
    gsize bytes;
  } rows[] = {
    /* the whole frame */
    {CNX_PIXELS_BGRX, 64, 64, 64, 64, 4 * 64 * 64},
    {CNX_PIXELS_RGB, 64, 64, 64, 64, 3 * 64 * 64},
    {CNX_PIXELS_GRAY8, 64, 64, 64, 64, 64 * 64},
    {CNX_PIXELS_NV12, 64, 64, 64, 64, 64 * 64 * 3 / 2},
    {CNX_PIXELS_I420, 64, 64, 64, 64, 64 * 64 * 3 / 2},
    {CNX_PIXELS_YUY2, 64, 64, 64, 64, 64 * 64 * 2},
    /* same size, pixels 32 to 95 of 128 across: and a cubic reads one before, two behind */
    {CNX_PIXELS_BGRX, 128, 64, 64, 64, 4 * 67 * 64},
    {CNX_PIXELS_BGRX, 64, 128, 64, 64, 4 * 67 * 64},
    /* 67 bytes of a row are rounded up */
    {CNX_PIXELS_GRAY8, 128, 64, 64, 64, 68 * 64},
    /* 1080p: rows 61 to 1018, columns 483 to 1440; chroma rows 31 to 508, columns 242 to 720 */
    {CNX_PIXELS_BGRX, 1920, 1080, 224, 256, 4 * 958 * 958},
    {CNX_PIXELS_NV12, 1920, 1080, 224, 256, 960 * 958 + 960 * 478},
    {CNX_PIXELS_GRAY8, 1920, 1080, 224, 256, 960 * 958},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CnxFrameFormat format = usual;
    const CnxRecipe recipe = recipe_of (rows[i].size, rows[i].resize);

    format.pixels = rows[i].pixels;
    format.width = rows[i].width;
    format.height = rows[i].height;
    g_autoptr (CnxResampler) resampler = cnx_resampler_new (&format, &recipe, NULL);
    g_autoptr (CnxFramePlan) plan = cnx_frame_plan_new (resampler);
    g_test_message ("%s %dx%d", pixel_names[format.pixels], format.width, format.height);
    g_assert_cmpuint (cnx_frame_plan_bytes (plan), ==, rows[i].bytes);
    g_assert_cmpuint (cnx_frame_plan_tensor_bytes (plan), ==, 12 * rows[i].size * rows[i].size);
  }
}

/* The network gives for the planes what it gives for the tensor, also when the two take turns. */
static void
test_network (void)
{
  g_autofree char *path = cnx_test_data ("golden/timm_v1.safetensors");
  const CnxNetworkOptions options = { 64, 64, 1, CNX_PRECISION_FP32 };
  const CnxRecipe recipe = recipe_of (64, 73), other = recipe_of (32, 32);
  g_autofree float *tensor = g_new (float, 3 * 64 * 64);
  g_autoptr (GError) error = NULL;
  float want[7], got[7];

  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_assert_no_error (error);
  g_autoptr (CnxNetwork) network = cnx_network_new (device, model, &options, &error);
  g_assert_no_error (error);
  g_assert_true (cnx_network_take_frames (network, &error));
  g_assert_true (cnx_network_take_frames (network, &error));
  for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_GRAY8; pixels++) {
    CnxFrameFormat format = usual;

    format.pixels = pixels;
    format.width = 135;
    format.height = 101;
    g_autoptr (Frame) frame = frame_new (&format, NOISE, 0, FALSE);
    g_autoptr (CnxResampler) resampler = cnx_resampler_new (&format, &recipe, NULL);
    g_autoptr (CnxResampler) small = cnx_resampler_new (&format, &other, NULL);
    g_autoptr (CnxFramePlan) plan = cnx_frame_plan_new (resampler);
    g_autoptr (CnxFramePlan) small_plan = cnx_frame_plan_new (small);
    g_autofree guint8 *packed = pack (plan, frame);

    cnx_resampler_run (resampler, &frame->planes, tensor);
    g_assert_true (cnx_network_forward (network, tensor, 1, want, &error));
    const CnxNetworkInput picture = { packed, plan }, small_picture = { packed, small_plan };
    g_assert_true (cnx_network_forward_pictures (network, &picture, 1, got, &error));
    for (int c = 0; c < 7; c++)
      g_assert_cmpfloat_with_epsilon (got[c], want[c], 1e-3);
    g_assert_false (cnx_network_forward_pictures (network, &small_picture, 1, got, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    g_clear_error (&error);
  }
}

#define PICTURES 75             /* more plans than stay on the device */

/* Frames of as many plans as there are, and tensors between them, batch by batch and more than once, get what each
 * gets alone. */
static void
test_batches (void)
{
  g_autofree char *path = cnx_test_data ("golden/timm_v1.safetensors");
  const CnxNetworkOptions options = { 64, 64, 4, CNX_PRECISION_FP32 };
  const CnxRecipe recipe = recipe_of (64, 73);
  CnxNetworkInput pictures[PICTURES];
  float want[PICTURES][7], got[PICTURES][7];
  g_autoptr (GError) error = NULL;

  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_assert_no_error (error);
  g_autoptr (CnxNetwork) network = cnx_network_new (device, model, &options, &error);
  g_assert_no_error (error);
  g_assert_true (cnx_network_take_frames (network, &error));
  for (int i = 0; i < PICTURES; i++) {
    CnxFrameFormat format = usual;

    format.pixels = i % (CNX_PIXELS_GRAY8 + 1);
    format.width = 100 + i;
    format.height = 90 + i % 7;
    g_autoptr (Frame) frame = frame_new (&format, NOISE, 0, FALSE);
    g_autoptr (CnxResampler) resampler = cnx_resampler_new (&format, &recipe, NULL);
    float *tensor = g_new (float, 3 * 64 * 64);
    cnx_resampler_run (resampler, &frame->planes, tensor);
    pictures[i] = (CnxNetworkInput) { tensor };
    if (i % 5 != 3) {
      CnxFramePlan *plan = cnx_frame_plan_new (resampler);
      pictures[i] = (CnxNetworkInput) { pack (plan, frame), plan };
      g_free (tensor);
    }
    g_assert_true (cnx_network_forward_pictures (network, &pictures[i], 1, want[i], &error));
  }
  for (int n = PICTURES; n > 0; n -= 37) {
    memset (got, 0, sizeof got);
    g_assert_true (cnx_network_forward_pictures (network, pictures, n, got[0], &error));
    g_assert_cmpmem (got, n * sizeof got[0], want, n * sizeof want[0]);
  }
  for (int i = 0; i < PICTURES; i++) {
    g_free ((gpointer) pictures[i].data);
    cnx_frame_plan_unref (pictures[i].plan);
  }
}

static void
test_figure (void)
{
  g_test_message ("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " values differ, %.6f %%", all_other, all_values,
      100.0 * all_other / MAX (all_values, 1));
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  cl_int code;

  g_test_init (&argc, &argv, NULL);
  device = cnx_device_open (g_getenv ("CNX_TEST_DEVICE"), 0, &error);
  g_assert_no_error (error);
  kernels = cnx_frame_kernels_new (device, &error);
  g_assert_no_error (error);
  queue = clCreateCommandQueue (cnx_device_context (device), cnx_device_id (device), 0, &code);
  g_assert_cmpint (code, ==, CL_SUCCESS);
  g_test_add_func ("/frame/colour", test_colour);
  g_test_add_func ("/frame/pictures", test_pictures);
  g_test_add_func ("/frame/odd-sizes", test_odd_sizes);
  g_test_add_func ("/frame/skips", test_skips);
  g_test_add_func ("/frame/strides", test_strides);
  g_test_add_func ("/frame/recipes", test_recipes);
  g_test_add_func ("/frame/large", test_large);
  g_test_add_func ("/frame/bytes", test_bytes);
  g_test_add_func ("/frame/network", test_network);
  g_test_add_func ("/frame/batches", test_batches);
  g_test_add_func ("/frame/figure", test_figure);
  const int result = g_test_run ();
  clReleaseCommandQueue (queue);
  cnx_frame_kernels_free (kernels);
  cnx_device_unref (device);
  return result;
}
