/* Milliseconds to bring a 1080p frame to the network's input, on one core: the least of several
 * rounds. The layouts take turns, so that a slow second of the machine hits all of them. */
#include "core/resample.h"

#define WIDTH 1920
#define HEIGHT 1080
#define ROUNDS 7
#define FRAMES 10

static const struct
{
  const char *name;
  CnxPixelFormat pixels;
  int bytes;                    /* of a pixel in the first plane */
  int size, resize;
} rows[] = {
  {"NV12 to 224", CNX_PIXELS_NV12, 1, 224, 256},
  {"NV12 to 224, crop 0.95", CNX_PIXELS_NV12, 1, 224, 235},
  {"NV12 to 64", CNX_PIXELS_NV12, 1, 64, 64},
  {"I420 to 224", CNX_PIXELS_I420, 1, 224, 256},
  {"YUY2 to 224", CNX_PIXELS_YUY2, 2, 224, 256},
  {"RGB to 224", CNX_PIXELS_RGB, 3, 224, 256},
  {"BGRx to 224", CNX_PIXELS_BGRX, 4, 224, 256},
  {"BGRx to 64", CNX_PIXELS_BGRX, 4, 64, 64},
};

static double
time_frames (CnxResampler * resampler, const CnxFramePlanes * frame, float *out)
{
  gint64 start = g_get_monotonic_time ();

  for (int i = 0; i < FRAMES; i++)
    cnx_resampler_run (resampler, frame, out);
  return (g_get_monotonic_time () - start) / 1000.0 / FRAMES;
}

int
main (void)
{
  g_autofree guint8 *bytes = g_malloc (4 * WIDTH * HEIGHT);
  g_autofree float *out = g_new (float, 3 * 224 * 224);
  CnxResampler *resamplers[G_N_ELEMENTS (rows)];
  double best[G_N_ELEMENTS (rows)];

  for (guint i = 0; i < 4 * WIDTH * HEIGHT; i++)
    bytes[i] = (guint8) ((i * 2654435761u) >> 24);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    CnxFrameFormat format = { WIDTH, HEIGHT, rows[i].pixels, 0.2126, 0.0722, FALSE, TRUE, FALSE,
      1, 1
    };
    CnxRecipe recipe;

    cnx_recipe_init (&recipe);
    recipe.width = recipe.height = rows[i].size;
    recipe.resize = rows[i].resize;
    resamplers[i] = cnx_resampler_new (&format, &recipe, NULL);
    best[i] = G_MAXDOUBLE;
  }
  for (int round = 0; round < ROUNDS; round++) {
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
      int stride = rows[i].bytes * WIDTH;
      int chroma = rows[i].pixels == CNX_PIXELS_I420 ? WIDTH / 2 : WIDTH;
      CnxFramePlanes frame = { {bytes, bytes + WIDTH * HEIGHT, bytes + WIDTH * HEIGHT * 5 / 4},
      {stride, chroma, chroma} };

      best[i] = MIN (best[i], time_frames (resamplers[i], &frame, out));
    }
  }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_print ("1080p %-24s %6.2f ms\n", rows[i].name, best[i]);
    cnx_resampler_free (resamplers[i]);
  }
  return 0;
}
