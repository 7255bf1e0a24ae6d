/* Frames of video from a picture: RGB to YUV, chroma averaged at its site, and back, in double. */
#include <math.h>
#include <string.h>

#include "tests/core/picture/pictures.h"

typedef struct
{
  int width, height;            /* luma */
  int chroma_width, chroma_height;
  guint8 *y, *u, *v;
} Planar;

static guint8
to_byte (double value)
{
  return (guint8) floor (CLAMP (value, 0.0, 255.0) + 0.5);
}

/* Signal levels of a colour: luma, and blue's and red's difference from it. */
static void
rgb_to_yuv (const CnxFrameFormat * format, const guint8 * rgb, double *yuv)
{
  double r = rgb[0] / 255.0, g = rgb[1] / 255.0, b = rgb[2] / 255.0;
  double y = format->kr * r + (1.0 - format->kr - format->kb) * g + format->kb * b;
  double u = (b - y) / (2.0 * (1.0 - format->kb)), v = (r - y) / (2.0 * (1.0 - format->kr));

  yuv[0] = format->full_range ? 255.0 * y : 16.0 + 219.0 * y;
  yuv[1] = 128.0 + (format->full_range ? 255.0 : 224.0) * u;
  yuv[2] = 128.0 + (format->full_range ? 255.0 : 224.0) * v;
}

static void
yuv_to_rgb (const CnxFrameFormat * format, double y, double u, double v, double *rgb)
{
  double r, g, b;

  y = format->full_range ? y / 255.0 : (y - 16.0) / 219.0;
  u = (u - 128.0) / (format->full_range ? 255.0 : 224.0);
  v = (v - 128.0) / (format->full_range ? 255.0 : 224.0);
  r = y + 2.0 * (1.0 - format->kr) * v;
  b = y + 2.0 * (1.0 - format->kb) * u;
  g = (y - format->kr * r - format->kb * b) / (1.0 - format->kr - format->kb);
  rgb[0] = CLAMP (255.0 * r, 0.0, 255.0);
  rgb[1] = CLAMP (255.0 * g, 0.0, 255.0);
  rgb[2] = CLAMP (255.0 * b, 0.0, 255.0);
}

/* Chroma sample @j of a line of @size, from luma's grid: co-sited with pixel 2j, or between 2j and
 * 2j + 1. */
static double
shrink_chroma (const double *line, int step, int size, int j, gboolean cosited)
{
  double before = line[MAX (0, 2 * j - 1) * step], at = line[2 * j * step];
  double after = line[MIN (size - 1, 2 * j + 1) * step];

  return cosited ? (before + 2.0 * at + after) / 4.0 : (at + after) / 2.0;
}

/* Chroma at luma pixel @x, linear between its two neighbours. */
static double
at_luma (int x, gboolean halved, gboolean cosited, int size, int *a, int *b)
{
  double place = !halved ? x : cosited ? x / 2.0 : (x - 0.5) / 2.0;

  *a = CLAMP ((int) floor (place), 0, size - 1);
  *b = CLAMP ((int) floor (place) + 1, 0, size - 1);
  return place - floor (place);
}

static void
shrink_plane (const CnxFrameFormat * format, const Planar * planar, const double *in, guint8 * out)
{
  g_autofree double *narrow = g_new (double, planar->chroma_width * planar->height);

  for (int y = 0; y < planar->height; y++)
    for (int j = 0; j < planar->chroma_width; j++)
      narrow[y * planar->chroma_width + j] =
          shrink_chroma (in + 3 * y * planar->width, 3, planar->width, j, format->chroma_left);
  for (int j = 0; j < planar->chroma_height; j++)
    for (int x = 0; x < planar->chroma_width; x++)
      out[j * planar->chroma_width + x] = to_byte (planar->chroma_height == planar->height
          ? narrow[j * planar->chroma_width + x]
          : shrink_chroma (narrow + x, planar->chroma_width, planar->height, j,
          format->chroma_top));
}

static void
planar_init (Planar * planar, const Picture * picture, const CnxFrameFormat * format)
{
  int width = picture->width, height = picture->height;
  g_autofree double *yuv = g_new (double, 3 * width * height);

  *planar = (Planar) {.width = width,.height = height,.chroma_width = (width + 1) / 2 };
  planar->chroma_height = format->pixels == CNX_PIXELS_YUY2 ? height : (height + 1) / 2;
  planar->y = g_malloc (width * height);
  planar->u = g_malloc (planar->chroma_width * planar->chroma_height);
  planar->v = g_malloc (planar->chroma_width * planar->chroma_height);
  for (int i = 0; i < width * height; i++) {
    rgb_to_yuv (format, picture->rgb + 3 * i, yuv + 3 * i);
    planar->y[i] = to_byte (yuv[3 * i]);
  }
  shrink_plane (format, planar, yuv + 1, planar->u);
  shrink_plane (format, planar, yuv + 2, planar->v);
  if (format->pixels == CNX_PIXELS_GRAY8) {
    memset (planar->u, 128, planar->chroma_width * planar->chroma_height);
    memset (planar->v, 128, planar->chroma_width * planar->chroma_height);
  }
}

static void
planar_clear (Planar * planar)
{
  g_free (planar->y);
  g_free (planar->u);
  g_free (planar->v);
}

static double
upsample (const guint8 * plane, int width, int xa, int xb, double fx, int ya, int yb, double fy)
{
  double a = plane[ya * width + xa] * (1.0 - fx) + plane[ya * width + xb] * fx;
  double b = plane[yb * width + xa] * (1.0 - fx) + plane[yb * width + xb] * fx;

  return a * (1.0 - fy) + b * fy;
}

static double *
planar_to_rgb (const Planar * planar, const CnxFrameFormat * format)
{
  double *rgb = g_new (double, 3 * planar->width * planar->height);
  int cw = planar->chroma_width, ch = planar->chroma_height;

  for (int y = 0; y < planar->height; y++) {
    for (int x = 0; x < planar->width; x++) {
      int i = y * planar->width + x, xa, xb, ya, yb;
      double fx = at_luma (x, TRUE, format->chroma_left, cw, &xa, &xb);
      double fy = at_luma (y, ch != planar->height, format->chroma_top, ch, &ya, &yb);

      yuv_to_rgb (format, planar->y[i], upsample (planar->u, cw, xa, xb, fx, ya, yb, fy),
          upsample (planar->v, cw, xa, xb, fx, ya, yb, fy), rgb + 3 * i);
    }
  }
  return rgb;
}

/* Allocates plane @p for rows of @row_bytes bytes, the last of which ends the allocation. */
static void
add_plane (Frame * frame, int p, int row_bytes, int rows, int padding, gboolean upside_down)
{
  int stride = row_bytes + padding;

  frame->memory[p] = g_malloc (stride * (rows - 1) + row_bytes);
  memset (frame->memory[p], 0xA5, stride * (rows - 1) + row_bytes);
  frame->planes.planes[p] = frame->memory[p] + (upside_down ? stride * (rows - 1) : 0);
  frame->planes.strides[p] = upside_down ? -stride : stride;
}

static guint8 *
row_of (Frame * frame, int p, int y)
{
  return (guint8 *) frame->planes.planes[p] + (gssize) y *frame->planes.strides[p];
}

static void
fill_luma (Frame * frame, const Planar * planar, int step)
{
  for (int y = 0; y < planar->height; y++)
    for (int x = 0; x < planar->width; x++)
      row_of (frame, 0, y)[x * step] = planar->y[y * planar->width + x];
}

static void
fill_chroma (Frame * frame, const Planar * planar, const guint8 * from, int p, int step, int offset)
{
  for (int y = 0; y < planar->chroma_height; y++)
    for (int x = 0; x < planar->chroma_width; x++)
      row_of (frame, p, y)[x * step + offset] = from[y * planar->chroma_width + x];
}

static void
fill_yuv (Frame * frame, const Planar * planar, int padding, gboolean upside_down)
{
  int cw = planar->chroma_width, ch = planar->chroma_height;

  if (frame->format.pixels == CNX_PIXELS_YUY2) {
    add_plane (frame, 0, 4 * cw, planar->height, padding, upside_down);
    fill_luma (frame, planar, 2);
    fill_chroma (frame, planar, planar->u, 0, 4, 1);
    fill_chroma (frame, planar, planar->v, 0, 4, 3);
    return;
  }
  add_plane (frame, 0, planar->width, planar->height, padding, upside_down);
  fill_luma (frame, planar, 1);
  if (frame->format.pixels == CNX_PIXELS_NV12) {
    add_plane (frame, 1, 2 * cw, ch, padding, upside_down);
    fill_chroma (frame, planar, planar->u, 1, 2, 0);
    fill_chroma (frame, planar, planar->v, 1, 2, 1);
  } else if (frame->format.pixels == CNX_PIXELS_I420) {
    add_plane (frame, 1, cw, ch, padding, upside_down);
    add_plane (frame, 2, cw, ch, padding + 3, upside_down);
    fill_chroma (frame, planar, planar->u, 1, 1, 0);
    fill_chroma (frame, planar, planar->v, 2, 1, 0);
  }
}

/* Where R, G and B lie in a pixel, and its bytes. */
static const struct
{
  int bytes, r, g, b;
} orders[] = {
  [CNX_PIXELS_RGB] = {3, 0, 1, 2},
  [CNX_PIXELS_BGR] = {3, 2, 1, 0},
  [CNX_PIXELS_RGBX] = {4, 0, 1, 2},
  [CNX_PIXELS_BGRX] = {4, 2, 1, 0},
  [CNX_PIXELS_XRGB] = {4, 1, 2, 3},
  [CNX_PIXELS_XBGR] = {4, 3, 2, 1},
  [CNX_PIXELS_GRAY8] = {0},
};

static void
fill_rgb (Frame * frame, const Picture * picture, int padding, gboolean upside_down)
{
  CnxPixelFormat pixels = frame->format.pixels;
  int bytes = orders[pixels].bytes;

  add_plane (frame, 0, bytes * picture->width, picture->height, padding, upside_down);
  for (int y = 0; y < picture->height; y++) {
    for (int x = 0; x < picture->width; x++) {
      const guint8 *from = picture->rgb + 3 * (y * picture->width + x);
      guint8 *to = row_of (frame, 0, y) + bytes * x;

      to[orders[pixels].r] = from[0];
      to[orders[pixels].g] = from[1];
      to[orders[pixels].b] = from[2];
    }
  }
}

Frame *
frame_new (const Picture * picture, const CnxFrameFormat * format, int padding,
    gboolean upside_down)
{
  Frame *frame = g_new0 (Frame, 1);
  Planar planar;

  frame->format = *format;
  frame->format.width = picture->width;
  frame->format.height = picture->height;
  if (orders[format->pixels].bytes != 0) {
    fill_rgb (frame, picture, padding, upside_down);
    frame->rgb = picture_to_doubles (picture);
    return frame;
  }
  planar_init (&planar, picture, format);
  fill_yuv (frame, &planar, padding, upside_down);
  frame->rgb = planar_to_rgb (&planar, format);
  planar_clear (&planar);
  return frame;
}

void
frame_free (Frame * frame)
{
  for (int p = 0; p < 3; p++)
    g_free (frame->memory[p]);
  g_free (frame->rgb);
  g_free (frame);
}

float *
frame_resample (const Frame * frame, const CnxRecipe * recipe)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxResampler) resampler = cnx_resampler_new (&frame->format, recipe, &error);
  float *input = g_new (float, 3 * recipe->width * recipe->height);

  g_assert_no_error (error);
  cnx_resampler_run (resampler, &frame->planes, input);
  return input;
}
