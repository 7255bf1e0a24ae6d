#include "core/picture/resample_private.h"

#include <math.h>
#include <string.h>

#include "core/error.h"

#define MAX_WIDENED (1 << 24)
#define NONE CNX_NO_LANE

/* A plane of a format: its rows are shrunk once, whatever is read from them. */
typedef struct
{
  int plane;
  gboolean chroma_rows;
  CnxResampleRead reads[CNX_RESAMPLE_READERS];
} Band;

typedef struct
{
  gboolean yuv;
  Band bands[CNX_RESAMPLE_PLANES];
} Layout;

#define PACKED(step_, r, g, b) { FALSE, {{0, FALSE, {{step_, FALSE, {r, g, b}}}}} }

/* By CnxPixelFormat. */
static const Layout layouts[] = {
  [CNX_PIXELS_NV12] = {TRUE, {
          {0, FALSE, {{1, FALSE, {0, NONE, NONE}}}},
          {1, TRUE, {{2, TRUE, {NONE, 0, 1}}}}}},
  [CNX_PIXELS_I420] = {TRUE, {
          {0, FALSE, {{1, FALSE, {0, NONE, NONE}}}},
          {1, TRUE, {{1, TRUE, {NONE, 0, NONE}}}},
          {2, TRUE, {{1, TRUE, {NONE, NONE, 0}}}}}},
  [CNX_PIXELS_YUY2] = {TRUE, {
          {0, FALSE, {{2, FALSE, {0, NONE, NONE}}, {4, TRUE, {NONE, 1, 3}}}}}},
  [CNX_PIXELS_RGB] = PACKED (3, 0, 1, 2),
  [CNX_PIXELS_BGR] = PACKED (3, 2, 1, 0),
  [CNX_PIXELS_RGBX] = PACKED (4, 0, 1, 2),
  [CNX_PIXELS_BGRX] = PACKED (4, 2, 1, 0),
  [CNX_PIXELS_XRGB] = PACKED (4, 1, 2, 3),
  [CNX_PIXELS_XBGR] = PACKED (4, 3, 2, 1),
  /* Chroma stays at its middle. */
  [CNX_PIXELS_GRAY8] = {TRUE, {{0, FALSE, {{1, FALSE, {0, NONE, NONE}}}}}},
};

/* BT.601, BT.709 and their like: all follow from kr and kb (ITU-R BT.709, section 3). */
static void
init_matrix (CnxResampler * self, const CnxFrameFormat * format)
{
  gboolean gray = format->pixels == CNX_PIXELS_GRAY8;
  double kr = gray ? 0.299 : format->kr, kb = gray ? 0.114 : format->kb, kg = 1.0 - kr - kb;
  double luma = format->full_range ? 1.0 : 255.0 / 219.0;
  double chroma = format->full_range ? 1.0 : 255.0 / 224.0;
  double black = format->full_range ? 0.0 : 16.0;
  const double u[3] = { 0.0, -2.0 * kb * (1.0 - kb) / kg, 2.0 * (1.0 - kb) };
  const double v[3] = { 2.0 * (1.0 - kr), -2.0 * kr * (1.0 - kr) / kg, 0.0 };

  for (int c = 0; c < 3; c++) {
    self->matrix[c][0] = (float) luma;
    self->matrix[c][1] = (float) (chroma * u[c]);
    self->matrix[c][2] = (float) (chroma * v[c]);
    self->matrix[c][3] = (float) (-luma * black - 128.0 * chroma * (u[c] + v[c]));
  }
}

static void
init_normalisation (CnxResampler * self)
{
  const CnxRecipe *recipe = &self->recipe;

  for (int c = 0; c < 3; c++) {
    double colour = recipe->crop_mode == CNX_CROP_BORDER ? rint (255.0 * recipe->mean[c]) : 0.0;

    self->scale[c] = (float) (1.0 / (255.0 * recipe->std[c]));
    self->offset[c] = -recipe->mean[c] / recipe->std[c];
    self->pad[c] = cnx_resample_normalise ((float) colour, self->scale[c], self->offset[c]);
  }
}

/* @size luma pixels behind @skip others, of which the picture takes up @extent from @from on. */
typedef struct
{
  int skip, size;
  double from, extent;
} Side;

/* The frame's @side for its samples, which lie @chroma's subsampling apart. Chroma sample j is sited at luma 2j + 0.5
 * (@cosited) or between two pixels, at 2j + 1. */
static CnxAxis
axis_of (Side side, int resized, gboolean chroma, gboolean cosited)
{
  CnxAxis axis = { side.skip, side.skip + side.size, side.extent / resized, side.skip + side.from };

  if (!chroma)
    return axis;
  return (CnxAxis) {0, (axis.samples + 1) / 2, axis.scale / 2.0, axis.shift / 2.0 + (cosited ? 0.25 : 0.0)};
}

static void
init_readers (CnxResampler * self, CnxResamplePlane * plane, const Band * band, const CnxFrameFormat * format,
    const CnxCropPlan * plan)
{
  int end = 0;

  plane->first_byte = G_MAXINT;
  for (; plane->n_readers < CNX_RESAMPLE_READERS && band->reads[plane->n_readers].step != 0;
      plane->n_readers++) {
    CnxResampleReader *reader = &plane->readers[plane->n_readers];
    int step = band->reads[plane->n_readers].step;
    CnxAxis axis;

    reader->read = band->reads[plane->n_readers];
    axis = axis_of ((Side) {format->skip_x, format->width, format->whole.x, format->whole.across},
        plan->resized_width, reader->read.chroma, format->chroma_left);
    cnx_taps_init (&reader->taps, &axis, self->recipe.interpolation, plan->x + self->left,
        self->right - self->left, step, CNX_COLUMNS_BLOCK (step));
    plane->first_byte = MIN (plane->first_byte, reader->taps.first * step);
    end = MAX (end, reader->taps.end * step);
  }
  plane->n_bytes = end - plane->first_byte;
  for (int r = 0; r < plane->n_readers; r++)
    for (int i = 0; i < plane->readers[r].taps.count; i++)
      plane->readers[r].taps.starts[i] =
          plane->readers[r].taps.starts[i] * plane->readers[r].read.step - plane->first_byte;
}

static void
init_planes (CnxResampler * self, const CnxFrameFormat * format, const CnxCropPlan * plan)
{
  const Layout *layout = &layouts[format->pixels];

  self->yuv = layout->yuv;
  for (; self->n_planes < CNX_RESAMPLE_PLANES && layout->bands[self->n_planes].reads[0].step != 0;
      self->n_planes++) {
    CnxResamplePlane *plane = &self->planes[self->n_planes];
    const Band *band = &layout->bands[self->n_planes];
    CnxAxis axis = axis_of ((Side) {format->skip_y, format->height, format->whole.y, format->whole.down},
        plan->resized_height, band->chroma_rows, format->chroma_top);

    plane->plane = band->plane;
    cnx_taps_init (&plane->taps, &axis, self->recipe.interpolation, plan->y + self->top,
        self->bottom - self->top, 1, 1);
    init_readers (self, plane, band, format, plan);
  }
}

static void
init_covered (CnxResampler * self, const CnxWhole * whole, const CnxCropPlan * plan)
{
  const double across = whole->across / plan->resized_width, down = whole->down / plan->resized_height;

  self->covered = (CnxCovered) {whole->x + plan->x * across, whole->y + plan->y * down,
      self->recipe.width * across, self->recipe.height * down};
}

static void
init_scratch (CnxResampler * self)
{
  int covered = self->right - self->left, longest = 0;

  /* A reader's last block may reach past the bytes there are, with weights of zero. */
  for (int p = 0; p < self->n_planes; p++)
    for (int r = 0; r < self->planes[p].n_readers; r++)
      longest = MAX (longest, self->planes[p].n_bytes + self->planes[p].readers[r].taps.pitch);
  self->row = g_new0 (float, longest);
  self->lanes = g_new0 (float, CNX_MAX_STEP * covered);
  for (int c = 0; c < 3; c++) {
    self->channels[c] = g_new (float, covered);
    for (int i = 0; i < covered; i++)
      self->channels[c][i] = CNX_RESAMPLE_MIDDLE;
  }
}

/* One side of a whole: a picture of @size pixels that takes up @extent of the frame's @samples, from @from on. */
static gboolean
side_fits (int size, double from, double extent, int samples)
{
  return size >= 1 && size <= MAX_WIDENED && extent > 0 && extent <= samples + 1.0 && fabs (from) < samples;
}

static gboolean
check_whole (const CnxFrameFormat * format, GError ** error)
{
  const CnxWhole *whole = &format->whole;

  if (whole->width == 0 || (side_fits (whole->width, whole->x, whole->across, format->width)
          && side_fits (whole->height, whole->y, whole->down, format->height)))
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "a frame of %dx%d pixels cannot stand for a picture of %dx%d at "
      "%g, %g in it, %g across and %g down", format->width, format->height, whole->width, whole->height, whole->x,
      whole->y, whole->across, whole->down);
  return FALSE;
}

static gboolean
check_format (const CnxFrameFormat * format, const CnxRecipe * recipe, GError ** error)
{
  double widened = (double) MAX (format->width, format->whole.width) * format->par_n / MAX (format->par_d, 1);

  if ((guint) format->pixels >= G_N_ELEMENTS (layouts)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT,
        "pixel layout %d is not one that can be resampled", format->pixels);
    return FALSE;
  }
  if (format->width < 1 || format->height < 1 || format->width > CNX_FRAME_MAX_SIDE
      || format->height > CNX_FRAME_MAX_SIDE) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT,
        "a frame of %dx%d pixels cannot be resampled: both sides must be from 1 to %d",
        format->width, format->height, CNX_FRAME_MAX_SIDE);
    return FALSE;
  }
  if ((guint) format->skip_x > 1 || (guint) format->skip_y > 1) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "a frame cannot begin %d, %d pixels within a chroma sample: only 0 "
        "or 1", format->skip_x, format->skip_y);
    return FALSE;
  }
  if (format->par_n < 1 || format->par_d < 1 || widened > MAX_WIDENED) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT,
        "a pixel aspect ratio of %d/%d cannot be used: both numbers must be above 0, and the frame "
        "at most %d pixels wide with it", format->par_n, format->par_d, MAX_WIDENED);
    return FALSE;
  }
  if (layouts[format->pixels].yuv && format->pixels != CNX_PIXELS_GRAY8
      && !(format->kr > 0.0 && format->kb > 0.0 && format->kr + format->kb < 1.0)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT,
        "luma weights of red %g and blue %g cannot be used: both must be above 0, their sum "
        "below 1",
        format->kr, format->kb);
    return FALSE;
  }
  if (recipe->width < 1 || recipe->height < 1 || recipe->resize < 1
      || recipe->width > CNX_RECIPE_MAX_INPUT || recipe->height > CNX_RECIPE_MAX_INPUT
      || recipe->resize > CNX_RECIPE_MAX_RESIZE) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT,
        "an input of %dx%d pixels cut from a resize to %d "
        "cannot be made: sides must be from 1 to %d, the resize at most %d", recipe->width,
        recipe->height, recipe->resize, CNX_RECIPE_MAX_INPUT, CNX_RECIPE_MAX_RESIZE);
    return FALSE;
  }
  return check_whole (format, error);
}

CnxResampler *
cnx_resampler_new (const CnxFrameFormat * frame, const CnxRecipe * recipe, GError ** error)
{
  CnxFrameFormat completed = *frame, *format = &completed;
  CnxResampler *self;
  CnxCropPlan plan;
  double square;

  if (!check_format (format, recipe, error))
    return NULL;
  if (format->whole.width == 0)
    format->whole = (CnxWhole) {format->width, format->height, 0.0, 0.0, format->width, format->height};
  square = rint ((double) format->whole.width * format->par_n / format->par_d);
  cnx_recipe_plan (recipe, (int) MAX (square, 1.0), format->whole.height, &plan);

  self = g_new0 (CnxResampler, 1);
  self->recipe = *recipe;
  self->loops = cnx_resample_loops ();
  self->left = MAX (0, -plan.x);
  self->top = MAX (0, -plan.y);
  self->right = MIN (recipe->width, plan.resized_width - plan.x);
  self->bottom = MIN (recipe->height, plan.resized_height - plan.y);
  init_covered (self, &format->whole, &plan);
  init_matrix (self, format);
  init_normalisation (self);
  init_planes (self, format, &plan);
  init_scratch (self);
  return self;
}

CnxCovered
cnx_resampler_covered (const CnxResampler * self)
{
  return self->covered;
}

void
cnx_resampler_free (CnxResampler * self)
{
  if (self == NULL)
    return;
  for (int p = 0; p < self->n_planes; p++) {
    cnx_taps_clear (&self->planes[p].taps);
    for (int r = 0; r < self->planes[p].n_readers; r++)
      cnx_taps_clear (&self->planes[p].readers[r].taps);
  }
  for (int c = 0; c < 3; c++)
    g_free (self->channels[c]);
  g_free (self->lanes);
  g_free (self->row);
  g_free (self);
}

/* Covered row @y of the channels that @plane holds. */
static void
read_plane (CnxResampler * self, const CnxResamplePlane * plane, const CnxFramePlanes * frame, int y)
{
  int covered = self->right - self->left;
  gssize stride = frame->strides[plane->plane];
  const guint8 *in =
      frame->planes[plane->plane] + plane->taps.starts[y] * stride + plane->first_byte;

  self->loops->rows (in, stride, plane->taps.weights + (gsize) plane->taps.pitch * y,
      plane->taps.lengths[y], plane->n_bytes, self->row);
  for (int r = 0; r < plane->n_readers; r++) {
    const CnxResampleRead *read = &plane->readers[r].read;
    const CnxTaps *taps = &plane->readers[r].taps;

    self->loops->columns (self->row, taps->starts, taps->weights, taps->pitch, read->step, covered,
        self->lanes);
    for (int c = 0; c < 3; c++)
      if (read->lanes[c] != NONE)
        memcpy (self->channels[c], self->lanes + read->lanes[c] * covered,
            covered * sizeof (float));
  }
}

/* Value in 0..255 to the input: clamped, and rounded to a whole level as in an 8-bit picture. */
static inline float
finish (float value, float scale, float offset)
{
  value = value < 0.0f ? 0.0f : value > 255.0f ? 255.0f : value;
  return cnx_resample_normalise ((float) (int) (value + 0.5f), scale, offset);
}

static void
write_rgb (const CnxResampler * self, float *restrict out)
{
  int covered = self->right - self->left;

  for (int c = 0; c < 3; c++) {
    const float *restrict value = self->channels[c];
    float scale = self->scale[c], offset = self->offset[c];

    for (int i = 0; i < covered; i++)
      out[3 * i + c] = finish (value[i], scale, offset);
  }
}

static void
write_yuv (const CnxResampler * self, float *restrict out)
{
  const float *restrict y = self->channels[0], *restrict u = self->channels[1], *restrict v =
      self->channels[2];
  int covered = self->right - self->left;

  for (int c = 0; c < 3; c++) {
    const float *m = self->matrix[c];
    float from_y = m[0], from_u = m[1], from_v = m[2], constant = m[3];
    float scale = self->scale[c], offset = self->offset[c];

    for (int i = 0; i < covered; i++)
      out[3 * i + c] = finish (from_y * y[i] + from_u * u[i] + from_v * v[i] + constant, scale,
          offset);
  }
}

static void
write_padding (const CnxResampler * self, int from, int to, float *out)
{
  for (int i = from; i < to; i++)
    memcpy (out + 3 * i, self->pad, sizeof self->pad);
}

void
cnx_resampler_run (CnxResampler * self, const CnxFramePlanes * frame, float *out)
{
  int width = self->recipe.width;

  for (int y = 0; y < self->recipe.height; y++, out += 3 * width) {
    if (y < self->top || y >= self->bottom) {
      write_padding (self, 0, width, out);
      continue;
    }
    for (int p = 0; p < self->n_planes; p++)
      read_plane (self, &self->planes[p], frame, y - self->top);
    write_padding (self, 0, self->left, out);
    (self->yuv ? write_yuv : write_rgb) (self, out + 3 * self->left);
    write_padding (self, self->right, width, out);
  }
}
