/* Video frames to the network's input: golden pictures of the reference libraries, and every layout
 * against a conversion in double of the same bytes. */
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vips/vips.h>

#include "core/error.h"
#include "core/picture/resample_loops.h"
#include "tests/core/picture/pictures.h"

#define BT601 .kr = 0.299, .kb = 0.114
#define BT709 .kr = 0.2126, .kb = 0.0722

static const char *const pixel_names[] = {
  "NV12", "I420", "YUY2", "RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "GRAY8"
};

static const CnxFrameFormat usual = { BT709,.chroma_left = TRUE,.par_n = 1,.par_d = 1 };

static Picture *
load (const char *file)
{
  g_autofree char *path = data_path ("preprocess", file);

  return picture_load (path);
}

static CnxRecipe
recipe_of (int size, int resize)
{
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = size;
  recipe.resize = resize;
  return recipe;
}

static Distance
distance_to_reference (const float *input, const Frame * frame, const CnxRecipe * recipe)
{
  const CnxFrameFormat *format = &frame->format;
  int square = (int) rint ((double) format->width * format->par_n / format->par_d);
  g_autofree double *expected = reference_resize (frame->rgb, format->width, format->height, square,
      recipe);

  return distance_to_doubles (input, recipe, expected);
}

static void
check_distance (const Distance * distance, const char *what)
{
  g_test_message ("%s: mean %.3f, most %.0f, within 8: %.4f %%", what, distance->mean,
      distance->most, 100.0 * distance->within_8);
  if (!distance_is_small (distance))
    g_test_fail_printf ("%s: off by %.3f on average, %.4f %% within 8", what, distance->mean,
        100.0 * distance->within_8);
}

static void
test_golden (void)
{
  g_autoptr (GPtrArray) cases = golden_cases ();

  for (guint i = 0; i < cases->len; i++) {
    const GoldenCase *golden = g_ptr_array_index (cases, i);
    g_autoptr (Picture) picture = picture_load (golden->path);

    for (CnxPixelFormat pixels = CNX_PIXELS_RGB; pixels <= CNX_PIXELS_XBGR; pixels++) {
      CnxFrameFormat format = {.pixels = pixels,.par_n = 1,.par_d = 1 };
      g_autoptr (Frame) frame = frame_new (picture, &format, 0, FALSE);
      g_autofree float *input = frame_resample (frame, &golden->recipe);
      Distance distance = distance_to_picture (input, &golden->recipe, golden->expected);
      g_autofree char *what = g_strconcat (golden->name, " ", pixel_names[pixels], NULL);

      check_distance (&distance, what);
    }
  }
}

/* The test's own resize has to be right before anything is measured by it. */
static void
test_reference_is_golden (void)
{
  g_autoptr (GPtrArray) cases = golden_cases ();

  for (guint i = 0; i < cases->len; i++) {
    const GoldenCase *golden = g_ptr_array_index (cases, i);
    g_autoptr (Picture) picture = picture_load (golden->path);
    g_autofree double *rgb = picture_to_doubles (picture);
    g_autofree double *resized = reference_resize (rgb, picture->width, picture->height,
        picture->width, &golden->recipe);
    int count = 3 * golden->recipe.width * golden->recipe.height;
    double mean = 0.0;

    for (int v = 0; v < count; v++)
      mean += fabs (resized[v] - golden->expected->rgb[v]) / count;
    g_test_message ("%s: the test's own resize is %.3f off", golden->name, mean);
    g_assert_cmpfloat (mean, <=, 0.25);
  }
}

static void
check_yuv (const Picture * picture, const CnxFrameFormat * format, const CnxRecipe * recipe)
{
  g_autoptr (Frame) frame = frame_new (picture, format, 5, FALSE);
  g_autofree float *input = frame_resample (frame, recipe);
  Distance distance = distance_to_reference (input, frame, recipe);
  g_autofree char *what = g_strdup_printf ("%s %dx%d to %d, %s %s range, chroma %s%s",
      pixel_names[format->pixels], picture->width, picture->height, recipe->width,
      format->kr == 0.299 ? "601" : "709", format->full_range ? "full" : "limited",
      format->chroma_left ? "left" : "middle", format->chroma_top ? " top" : "");

  check_distance (&distance, what);
}

/* BT.601 and 709, both ranges, all four sitings. */
static void
test_yuv (gconstpointer data)
{
  CnxPixelFormat pixels = GPOINTER_TO_INT (data);
  /* 451x300 and 640x427: both have an odd side. */
  static const char *const files[] = { "chelsea.png", "china.jpg" };
  const CnxRecipe recipes[] = { recipe_of (224, 256), recipe_of (64, 64) };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (Picture) picture = load (files[i]);

    for (guint bits = 0; bits < 16; bits++) {
      CnxFrameFormat format = usual;

      format.pixels = pixels;
      if (bits & 1)
        format.kr = 0.299, format.kb = 0.114;
      format.full_range = (bits & 2) != 0;
      format.chroma_left = (bits & 4) == 0;
      format.chroma_top = (bits & 8) != 0;
      check_yuv (picture, &format, &recipes[i]);
    }
  }
}

/* Each part of the format has to matter: told a wrong one, the result is further off. */
static void
test_wrong_format_shows (void)
{
  g_autoptr (Picture) picture = load ("coffee.png");
  CnxRecipe recipe = recipe_of (224, 236);
  CnxFrameFormat format = usual, wrong[4] = { usual, usual, usual, usual };
  g_autoptr (Frame) frame = NULL;
  g_autofree float *right = NULL;
  Distance distance;

  wrong[0].kr = 0.299, wrong[0].kb = 0.114;
  wrong[1].full_range = TRUE;
  wrong[2].chroma_left = FALSE;
  wrong[3].chroma_top = TRUE;
  frame = frame_new (picture, &format, 0, FALSE);
  right = frame_resample (frame, &recipe);
  distance = distance_to_reference (right, frame, &recipe);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree float *input = NULL;
    Distance off;

    frame->format = wrong[i];
    frame->format.width = picture->width;
    frame->format.height = picture->height;
    input = frame_resample (frame, &recipe);
    off = distance_to_reference (input, frame, &recipe);
    g_test_message ("right %.3f, wrong in point %u %.3f", distance.mean, i, off.mean);
    g_assert_cmpfloat (off.mean, >, distance.mean * 1.2);
    if (i < 2)
      g_assert_false (distance_is_small (&off));
  }
}

static void
test_gray (void)
{
  g_autoptr (Picture) picture = load ("chelsea.png");
  CnxRecipe recipe = recipe_of (224, 256);
  gsize size = 3 * 224 * 224 * sizeof (float);

  for (int full = 0; full < 2; full++) {
    CnxFrameFormat format = usual;
    g_autoptr (Frame) frame = NULL;
    g_autofree float *input = NULL, *same = NULL;

    format.pixels = CNX_PIXELS_GRAY8;
    format.full_range = full;
    check_yuv (picture, &format, &recipe);
    /* Grey video comes without a matrix: the weights do not matter. */
    frame = frame_new (picture, &format, 0, FALSE);
    input = frame_resample (frame, &recipe);
    frame->format.kr = 0.0;
    frame->format.kb = 1.0;
    same = frame_resample (frame, &recipe);
    g_assert_cmpmem (input, size, same, size);
  }
}

/* Padding and rows stored last to first change nothing, to the bit. */
static void
test_strides (void)
{
  g_autoptr (Picture) whole = load ("chelsea.png");
  g_autoptr (Picture) picture = picture_cut (whole, 131, 97);
  CnxRecipe recipe = recipe_of (64, 73);
  gsize size = 3 * 64 * 64 * sizeof (float);

  for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_GRAY8; pixels++) {
    CnxFrameFormat format = usual;
    g_autofree float *tight = NULL;

    format.pixels = pixels;
    for (int padding = 0; padding <= 67; padding += 67) {
      for (int upside_down = 0; upside_down < 2; upside_down++) {
        g_autoptr (Frame) frame = frame_new (picture, &format, padding, upside_down);
        g_autofree float *input = frame_resample (frame, &recipe);

        if (tight == NULL)
          tight = g_steal_pointer (&input);
        else
          g_assert_cmpmem (input, size, tight, size);
      }
    }
  }
}

/* Every layout at sizes from one pixel up, shrunk and enlarged, against the reference. */
static void
test_odd_sizes (void)
{
  static const int sizes[][2] = {
    {1, 1}, {2, 1}, {1, 3}, {3, 5}, {17, 2}, {33, 47}, {65, 31}, {127, 129}, {300, 7}
  };
  g_autoptr (Picture) whole = load ("chelsea.png");
  const CnxRecipe recipes[] = { recipe_of (32, 36), recipe_of (96, 96) };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (Picture) picture = picture_cut (whole, sizes[i][0], sizes[i][1]);

    for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_GRAY8; pixels++) {
      CnxFrameFormat format = usual;

      format.pixels = pixels;
      for (guint r = 0; r < G_N_ELEMENTS (recipes); r++)
        check_yuv (picture, &format, &recipes[r]);
    }
  }
}

/* A picture squeezed to 3/4 of its width and marked so comes out as the picture. */
static void
test_pixel_aspect_ratio (void)
{
  g_autoptr (Picture) picture = load ("china.jpg");
  g_autofree double *rgb = picture_to_doubles (picture);
  CnxRecipe squeeze = { 480, 427, 427, CNX_INTERPOLATION_BICUBIC, CNX_CROP_SQUASH };
  g_autofree double *squeezed = reference_resize (rgb, 640, 427, 640, &squeeze);
  Picture narrow = { 480, 427, g_malloc (3 * 480 * 427) };
  g_autofree guint8 *bytes = narrow.rgb;
  CnxRecipe recipe = recipe_of (96, 110);
  g_autofree double *expected = reference_resize (rgb, 640, 427, 640, &recipe);

  for (int i = 0; i < 3 * 480 * 427; i++)
    bytes[i] = (guint8) squeezed[i];
  for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_GRAY8; pixels++) {
    CnxFrameFormat format = usual;
    g_autoptr (Frame) frame = NULL;
    g_autofree float *input = NULL;
    Distance distance;

    format.pixels = pixels;
    format.par_n = 4;
    format.par_d = 3;
    check_yuv (&narrow, &format, &recipe);
    if (pixels != CNX_PIXELS_RGB)
      continue;
    frame = frame_new (&narrow, &format, 0, FALSE);
    input = frame_resample (frame, &recipe);
    distance = distance_to_doubles (input, &recipe, expected);
    check_distance (&distance, "squeezed and widened again, to the picture");
    frame->format.par_n = frame->format.par_d = 1;
    g_clear_pointer (&input, g_free);
    input = frame_resample (frame, &recipe);
    distance = distance_to_doubles (input, &recipe, expected);
    g_assert_false (distance_is_small (&distance));
  }
}

static void
test_crop_modes (void)
{
  static const CnxCropMode modes[] = { CNX_CROP_CENTER, CNX_CROP_SQUASH, CNX_CROP_BORDER };
  static const int sizes[][3] = {
    {96, 96, 110}, {96, 96, 96}, {96, 96, 71}, {96, 64, 80}, {64, 160, 64}
  };
  g_autoptr (Picture) picture = load ("coffee.png");

  for (guint m = 0; m < G_N_ELEMENTS (modes); m++) {
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
      CnxFrameFormat format = usual;
      CnxRecipe recipe = recipe_of (sizes[s][0], sizes[s][2]);

      recipe.height = sizes[s][1];
      recipe.crop_mode = modes[m];
      recipe.interpolation = s % 2 ? CNX_INTERPOLATION_BILINEAR : CNX_INTERPOLATION_BICUBIC;
      check_yuv (picture, &format, &recipe);
      format.pixels = CNX_PIXELS_RGB;
      check_yuv (picture, &format, &recipe);
    }
  }
}

/* For two luma pixels, by CnxPixelFormat and plane. */
static const int bytes_of_two[][3] = {
  {2, 2}, {2, 1, 1}, {4}, {6}, {6}, {8}, {8}, {8}, {8}, {2}
};

/* Rows of @bytes bytes, @stride (whole pages) apart. Only pages around the middle can be read: of
 * each row if @wide, else those of the middle rows. */
static guint8 *
map_plane (gsize bytes, gsize stride, int rows, gboolean wide)
{
  gsize page = sysconf (_SC_PAGESIZE);
  gsize from = wide && bytes / 2 > 512 ? (bytes / 2 - 512) / page * page : 0;
  gsize to = wide ? MIN (stride, (bytes / 2 + 512 + page - 1) / page * page) : stride;
  guint8 *plane = mmap (NULL, stride * rows, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
      -1, 0);

  g_assert_true (plane != MAP_FAILED);
  for (int y = wide ? 0 : rows / 2 - 80; y < (wide ? rows : rows / 2 + 80); y++)
    g_assert_cmpint (mprotect (plane + y * stride + from, to - from, PROT_READ), ==, 0);
  return plane;
}

/* What the crop does not need lies in pages that nobody may read. */
static void
check_reads_only_the_crop (CnxPixelFormat pixels, gboolean wide)
{
  CnxFrameFormat format = usual;
  CnxRecipe recipe = recipe_of (64, 64);
  g_autofree float *input = g_new (float, 3 * 64 * 64);
  g_autoptr (CnxResampler) resampler = NULL;
  CnxFramePlanes planes = { 0 };
  gsize page = sysconf (_SC_PAGESIZE);
  int rows[3];

  format.pixels = pixels;
  format.width = wide ? 32768 : 96;
  format.height = wide ? 96 : 2048;
  resampler = cnx_resampler_new (&format, &recipe, NULL);
  g_assert_nonnull (resampler);
  for (int p = 0; p < 3 && bytes_of_two[pixels][p] != 0; p++) {
    gsize bytes = (gsize) bytes_of_two[pixels][p] * format.width / 2;

    planes.strides[p] = (bytes + page - 1) / page * page;
    rows[p] = p == 0 ? format.height : format.height / 2;
    planes.planes[p] = map_plane (bytes, planes.strides[p], rows[p], wide);
  }
  cnx_resampler_run (resampler, &planes, input);
  for (int p = 0; p < 3 && planes.planes[p] != NULL; p++)
    munmap ((gpointer) planes.planes[p], (gsize) planes.strides[p] * rows[p]);
}

static void
test_reads_only_the_crop (void)
{
  for (CnxPixelFormat pixels = 0; pixels <= CNX_PIXELS_GRAY8; pixels++) {
    g_test_message ("%s", pixel_names[pixels]);
    check_reads_only_the_crop (pixels, TRUE);
    check_reads_only_the_crop (pixels, FALSE);
  }
}

/* The loops of this CPU against the ones of every CPU, and those against the definition. */
static void
test_loops (void)
{
  const CnxResampleLoops *all[] = { cnx_resample_loops_plain (), cnx_resample_loops () };
  enum
  { STRIDE = 211, ROWS = 19, PITCH = 48, PIXELS = 37 };
  guint8 bytes[STRIDE * ROWS];
  float weights[PITCH * PIXELS], in[STRIDE + PITCH], out[CNX_MAX_STEP * STRIDE];
  int starts[PIXELS];

  for (gsize i = 0; i < sizeof bytes; i++)
    bytes[i] = g_test_rand_int_range (0, 256);
  for (gsize i = 0; i < G_N_ELEMENTS (weights); i++)
    weights[i] = g_test_rand_double_range (-1, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (in); i++)
    in[i] = g_test_rand_double_range (0, 255);
  for (int i = 0; i < PIXELS; i++)
    starts[i] = g_test_rand_int_range (0, STRIDE);

  for (guint l = 0; l < G_N_ELEMENTS (all); l++) {
    for (int taps = 1; taps <= ROWS; taps++) {
      for (int count = 1; count <= STRIDE; count += 1 + count / 8) {
        out[count] = 12345.0f;
        all[l]->rows (bytes, STRIDE, weights, taps, count, out);
        g_assert_cmpfloat (out[count], ==, 12345.0f);
        for (int c = 0; c < count; c++) {
          double sum = 0.0;

          for (int t = 0; t < taps; t++)
            sum += weights[t] * bytes[t * STRIDE + c];
          g_assert_cmpfloat_with_epsilon (out[c], sum, 2e-3);
        }
      }
    }
    for (int step = 1; step <= CNX_MAX_STEP; step++) {
      for (int pitch = CNX_COLUMNS_BLOCK (step); pitch <= PITCH;
          pitch += CNX_COLUMNS_BLOCK (step)) {
        out[step * PIXELS] = 12345.0f;
        all[l]->columns (in, starts, weights, pitch, step, PIXELS, out);
        g_assert_cmpfloat (out[step * PIXELS], ==, 12345.0f);
        for (int o = 0; o < step * PIXELS; o++) {
          double sum = 0.0;

          for (int k = o / PIXELS; k < pitch; k += step)
            sum += weights[o % PIXELS * pitch + k] * in[starts[o % PIXELS] + k];
          g_assert_cmpfloat_with_epsilon (out[o], sum, 5e-3);
        }
      }
    }
  }
}

static void
test_errors (void)
{
  const struct
  {
    CnxFrameFormat format;
    int size;
    const char *says;
  } rows[] = {
    {{0, 10, CNX_PIXELS_RGB,.par_n = 1,.par_d = 1}, 64, "0x10"},
    {{10, -3, CNX_PIXELS_RGB,.par_n = 1,.par_d = 1}, 64, "10x-3"},
    {{10, 100000, CNX_PIXELS_RGB,.par_n = 1,.par_d = 1}, 64, "10x100000"},
    {{10, 10, CNX_PIXELS_RGB,.par_n = 0,.par_d = 1}, 64, "0/1"},
    {{10, 10, CNX_PIXELS_RGB,.par_n = 1,.par_d = 0}, 64, "1/0"},
    {{10, 10, CNX_PIXELS_RGB,.par_n = G_MAXINT,.par_d = 1}, 64, "2147483647/1"},
    {{10, 10, CNX_PIXELS_NV12,.par_n = 1,.par_d = 1}, 64, "luma weights"},
    {{10, 10, (CnxPixelFormat) 77,.par_n = 1,.par_d = 1}, 64, "77"},
    {{10, 10, CNX_PIXELS_RGB,.par_n = 1,.par_d = 1}, 0, "0x0"},
    {{10, 10, CNX_PIXELS_RGB,.par_n = 1,.par_d = 1}, 5000, "5000x5000"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    CnxRecipe recipe = recipe_of (rows[i].size, 64);

    g_assert_null (cnx_resampler_new (&rows[i].format, &recipe, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    g_assert_nonnull (strstr (error->message, rows[i].says));
  }
  cnx_resampler_free (NULL);
}

/* ---- frames that stand for a larger picture ---- */

/* Levels that rise by one a pixel to the right, and in the next channel downwards. */
static Picture *
ramp (int width, int height)
{
  Picture *picture = g_new0 (Picture, 1);

  *picture = (Picture) {width, height, g_new0 (guint8, 3 * width * height)};
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      guint8 *pixel = picture->rgb + 3 * (y * width + x);
      pixel[0] = 20 + x;
      pixel[1] = 20 + y;
      pixel[2] = 90;
    }
  return picture;
}

/* Away from the edges a pixel of the input is as light as the ramp is at its middle, wherever the whole lies. */
static void
test_whole (void)
{
  const CnxWhole wholes[] = {
    {1600, 1200, 0, 0, 160, 120}, {1597, 1195, 0, 0, 159.7, 119.5}, {1597, 1195, 0.3, 0.5, 159.7, 119.5},
    {1605, 1203, 0, -0.3, 160.5, 120.3}, {400, 1000, 20, 10, 80, 100}, {7, 5, 0, 0, 160, 120},
  };
  const CnxPixelFormat layouts[] = { CNX_PIXELS_RGB, CNX_PIXELS_NV12, CNX_PIXELS_YUY2 };
  g_autoptr (Picture) picture = ramp (160, 120);
  CnxRecipe recipe = recipe_of (24, 24);

  recipe.crop_mode = CNX_CROP_SQUASH;
  for (guint i = 0; i < G_N_ELEMENTS (wholes); i++)
    for (guint l = 0; l < G_N_ELEMENTS (layouts); l++) {
      const CnxWhole *whole = &wholes[i];
      CnxFrameFormat format = usual;
      format.full_range = TRUE;
      format.pixels = layouts[l];
      g_autoptr (Frame) frame = frame_new (picture, &format, 0, FALSE);
      frame->format.whole = *whole;
      g_autofree float *input = frame_resample (frame, &recipe);
      for (int y = 4; y < 20; y++)
        for (int x = 4; x < 20; x++) {
          const float *pixel = input + 3 * (24 * y + x);
          const double across = 20 + whole->x + (x + 0.5) * whole->across / 24 - 0.5;
          const double down = 20 + whole->y + (y + 0.5) * whole->down / 24 - 0.5;
          g_assert_cmpfloat_with_epsilon (255 * (pixel[0] * recipe.std[0] + recipe.mean[0]), across, l ? 1.6 : 0.51);
          g_assert_cmpfloat_with_epsilon (255 * (pixel[1] * recipe.std[1] + recipe.mean[1]), down, l ? 1.6 : 0.51);
        }
    }
}

/* The crop is the whole's, whose shape the frame has only nearly: 64 * 3002 / 2001 are 96 pixels, 64 * 374 / 250 are
 * 95. */
static void
test_whole_decides_the_crop (void)
{
  g_autoptr (Picture) picture = ramp (187, 125);
  CnxFrameFormat format = {.pixels = CNX_PIXELS_RGB,.par_n = 1,.par_d = 1 };
  const CnxRecipe recipe = recipe_of (64, 64);
  g_autoptr (Frame) frame = frame_new (picture, &format, 0, FALSE);

  for (int placed = 0; placed < 2; placed++) {
    if (placed)
      frame->format.whole = (CnxWhole) {3002, 2001, 0, 0, 187.625, 125.0625};
    g_autofree float *input = frame_resample (frame, &recipe);
    const int resized = placed ? 96 : 95, left = (int) rint ((resized - 64) / 2.0);
    const double across = placed ? 187.625 : 187;
    const double expected = 20 + (32 + left + 0.5) * across / resized - 0.5;
    g_assert_cmpfloat_with_epsilon (255 * (input[3 * (64 * 32 + 32)] * recipe.std[0] + recipe.mean[0]), expected,
        0.51);
  }
}

static void
test_whole_refused (void)
{
  const CnxWhole wrong[] = {
    {-1, 120, 0, 0, 160, 120}, {160, 0, 0, 0, 160, 120}, {160, 120, 0, 0, 0, 120}, {160, 120, 0, 0, 160, -1},
    {160, 120, 160, 0, 160, 120}, {160, 120, 0, -120, 160, 120}, {160, 120, 0, 0, 161.5, 120},
    {160, 120, NAN, 0, 160, 120}, {160, 120, 0, 0, 160, NAN}, {160, 120, 0, 0, INFINITY, 120},
    {1 << 25, 120, 0, 0, 160, 120},
  };
  const CnxRecipe recipe = recipe_of (24, 24);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    const CnxFrameFormat format = {.width = 160,.height = 120,.pixels = CNX_PIXELS_RGB,.par_n = 1,.par_d = 1,
      .whole = wrong[i]
    };
    g_autoptr (GError) error = NULL;

    g_assert_null (cnx_resampler_new (&format, &recipe, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  if (VIPS_INIT (argv[0]) != 0)
    g_error ("libvips does not start: %s", vips_error_buffer ());
  g_test_add_func ("/resample/golden", test_golden);
  g_test_add_func ("/resample/reference-is-golden", test_reference_is_golden);
  g_test_add_data_func ("/resample/nv12", GINT_TO_POINTER (CNX_PIXELS_NV12), test_yuv);
  g_test_add_data_func ("/resample/i420", GINT_TO_POINTER (CNX_PIXELS_I420), test_yuv);
  g_test_add_data_func ("/resample/yuy2", GINT_TO_POINTER (CNX_PIXELS_YUY2), test_yuv);
  g_test_add_func ("/resample/wrong-format-shows", test_wrong_format_shows);
  g_test_add_func ("/resample/gray", test_gray);
  g_test_add_func ("/resample/strides", test_strides);
  g_test_add_func ("/resample/odd-sizes", test_odd_sizes);
  g_test_add_func ("/resample/pixel-aspect-ratio", test_pixel_aspect_ratio);
  g_test_add_func ("/resample/crop-modes", test_crop_modes);
  g_test_add_func ("/resample/reads-only-the-crop", test_reads_only_the_crop);
  g_test_add_func ("/resample/loops", test_loops);
  g_test_add_func ("/resample/errors", test_errors);
  g_test_add_func ("/resample/whole", test_whole);
  g_test_add_func ("/resample/whole/crop", test_whole_decides_the_crop);
  g_test_add_func ("/resample/whole/refused", test_whole_refused);
  result = g_test_run ();
  vips_shutdown ();
  return result;
}
