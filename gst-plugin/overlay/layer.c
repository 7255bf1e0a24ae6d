#include "gst-plugin/overlay/layer.h"

#include <math.h>

/* What a plane's bytes become: byte * keep / 255 + add. */
typedef struct
{
  int left, top;                /* in bytes and rows of the plane */
  int width, height;
  guint8 *keep, *add;
} Patch;

struct CnxLayer
{
  guint n_planes;
  Patch planes[GST_VIDEO_MAX_PLANES];
};

/* What a sample of one component is of a picture's pixel, all of them as parts of 255: its value where the pixel covers
 * the frame wholly is @offset + @red * R + ... */
typedef struct
{
  double offset, red, green, blue;
} Recipe;

/* The part of the picture that lies on the frame. */
typedef struct
{
  GstVideoFrame pixels;         /* ARGB, premultiplied */
  int x, y;                     /* of the picture's corner on the frame; may be negative */
  int left, top, right, bottom; /* of the frame's pixels; the last two exclusive */
} Cover;

/* ---- colours ---- */

static void
mix_rgb (Recipe recipes[4], const int offset[4], const int scale[4])
{
  for (int i = 0; i < 3; i++)
    recipes[i].offset = offset[i] / 255.0;
  recipes[0].red = scale[0] / 255.0;
  recipes[1].green = scale[1] / 255.0;
  recipes[2].blue = scale[2] / 255.0;
}

static void
mix_yuv (Recipe recipes[4], const int offset[4], const int scale[4], GstVideoColorMatrix matrix)
{
  double red, blue;

  if (!gst_video_color_matrix_get_Kr_Kb (matrix, &red, &blue)
      && !gst_video_color_matrix_get_Kr_Kb (GST_VIDEO_COLOR_MATRIX_BT709, &red, &blue))
    g_return_if_reached ();
  const double green = 1 - red - blue, u = scale[1] / 255.0 / (2 * (1 - blue)), v = scale[2] / 255.0 / (2 * (1 - red));
  for (int i = 0; i < 3; i++)
    recipes[i].offset = offset[i] / 255.0;
  recipes[0].red = red * scale[0] / 255;
  recipes[0].green = green * scale[0] / 255;
  recipes[0].blue = blue * scale[0] / 255;
  recipes[1].red = -red * u;
  recipes[1].green = -green * u;
  recipes[1].blue = (1 - blue) * u;
  recipes[2].red = (1 - red) * v;
  recipes[2].green = -green * v;
  recipes[2].blue = -blue * v;
}

static void
find_recipes (Recipe recipes[4], const GstVideoInfo * info)
{
  int offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];

  memset (recipes, 0, 4 * sizeof *recipes);
  gst_video_color_range_offsets (info->colorimetry.range, info->finfo, offset, scale);
  if (GST_VIDEO_INFO_IS_RGB (info))
    mix_rgb (recipes, offset, scale);
  else
    mix_yuv (recipes, offset, scale, info->colorimetry.matrix);
}

/* ---- samples ---- */

static gboolean
is_of_bytes (const GstVideoFormatInfo * info)
{
  if (info->flags & (GST_VIDEO_FORMAT_FLAG_COMPLEX | GST_VIDEO_FORMAT_FLAG_PALETTE | GST_VIDEO_FORMAT_FLAG_TILED))
    return FALSE;
  for (guint i = 0; i < info->n_components; i++)
    if (info->depth[i] != 8 || info->shift[i] != 0 || info->pixel_stride[i] < 1)
      return FALSE;
  return TRUE;
}

#define ONE 65536

/* Adds to each of @n sums what a row of pixels is of a component (in ONEs), and to each of @covers its alpha. */
static void
add_row (const guint32 * pixels, int n, const int weights[4], gint32 * sums, gint32 * covers)
{
  for (int i = 0; i < n; i++) {
    const gint32 alpha = pixels[i] >> 24, red = pixels[i] >> 16 & 0xff, green = pixels[i] >> 8 & 0xff;
    covers[i] += alpha;
    sums[i] += alpha * weights[0] + red * weights[1] + green * weights[2] + (gint32) (pixels[i] & 0xff) * weights[3];
  }
}

/* The sums of a row of samples that are @down pixels high. */
static void
sum_rows (const Cover * cover, int y, int down, const int weights[4], gint32 * sums, gint32 * covers)
{
  const int n = cover->right - cover->left, stride = GST_VIDEO_FRAME_PLANE_STRIDE (&cover->pixels, 0);
  const guint8 *pixels = GST_VIDEO_FRAME_PLANE_DATA (&cover->pixels, 0);

  memset (sums, 0, n * sizeof *sums);
  memset (covers, 0, n * sizeof *covers);
  for (int row = MAX (y, cover->top); row < MIN (y + down, cover->bottom); row++)
    add_row ((const guint32 *) (pixels + (gssize) (row - cover->y) * stride) + cover->left - cover->x, n, weights,
        sums, covers);
}

/* The samples of component @c that the picture lies on: of the pixels of each, the mean. Those beside the picture add
 * nothing to it; those beside the frame are none. */
static void
make_samples (Patch * patch, const Cover * cover, const GstVideoInfo * info, guint c, const Recipe * recipe)
{
  const int across = 1 << info->finfo->w_sub[c], down = 1 << info->finfo->h_sub[c];
  const int step = info->finfo->pixel_stride[c], n = cover->right - cover->left;
  const int weights[4] = { (int) lrint (recipe->offset * ONE), (int) lrint (recipe->red * ONE),
    (int) lrint (recipe->green * ONE), (int) lrint (recipe->blue * ONE)
  };
  g_autofree gint32 *sums = g_new (gint32, n), *covers = g_new (gint32, n);

  for (int y = cover->top / down * down; y < cover->bottom; y += down) {
    guint8 *keep = patch->keep + (gsize) (y / down - patch->top) * patch->width + cover->left / across * step
        + info->finfo->poffset[c] - patch->left;
    guint8 *add = keep - patch->keep + patch->add;
    sum_rows (cover, y, down, weights, sums, covers);
    for (int x = cover->left / across * across, at = 0; x < cover->right; x += across, at += step) {
      const int pixels = (MIN (x + across, info->width) - x) * (MIN (y + down, info->height) - y);
      gint32 sum = pixels * (ONE / 2), covered = pixels / 2;
      for (int i = MAX (x, cover->left) - cover->left; i < MIN (x + across, cover->right) - cover->left; i++) {
        sum += sums[i];
        covered += covers[i];
      }
      keep[at] = 255 - covered / pixels;
      add[at] = (guint8) CLAMP (sum / pixels / ONE, 0, 255);
    }
  }
}

/* Makes @patch of all that component @c has under the picture, and of what it was of those before. */
static void
widen_patch (Patch * patch, const Cover * cover, const GstVideoFormatInfo * format, guint c)
{
  const int across = 1 << format->w_sub[c], down = 1 << format->h_sub[c], step = format->pixel_stride[c];
  const int left = cover->left / across * step, right = ((cover->right - 1) / across + 1) * step;
  const int before = patch->width > 0 ? patch->left + patch->width : 0;

  patch->left = patch->width > 0 ? MIN (patch->left, left) : left;
  patch->width = MAX (before, right) - patch->left;
  patch->top = cover->top / down;
  patch->height = (cover->bottom - 1) / down + 1 - patch->top;
}

static void
begin_patch (Patch * patch)
{
  const gsize bytes = (gsize) patch->width * patch->height;

  patch->keep = g_malloc (bytes);
  memset (patch->keep, 255, bytes);
  patch->add = g_malloc0 (bytes);
}

/* ---- layers ---- */

static gboolean
find_cover (Cover * cover, GstVideoOverlayRectangle * picture, const GstVideoInfo * frame, int x, int y)
{
  GstBuffer *pixels = gst_video_overlay_rectangle_get_pixels_argb (picture,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  const GstVideoMeta *meta = gst_buffer_get_video_meta (pixels);
  guint width, height;
  GstVideoInfo info;

  gst_video_overlay_rectangle_get_render_rectangle (picture, &cover->x, &cover->y, &width, &height);
  cover->x += x;
  cover->y += y;
  cover->left = MAX (cover->x, 0);
  cover->top = MAX (cover->y, 0);
  cover->right = MIN (cover->x + (int) meta->width, frame->width);
  cover->bottom = MIN (cover->y + (int) meta->height, frame->height);
  if (cover->left >= cover->right || cover->top >= cover->bottom)
    return FALSE;
  return gst_video_info_set_format (&info, meta->format, meta->width, meta->height)
      && gst_video_frame_map (&cover->pixels, &info, pixels, GST_MAP_READ);
}

CnxLayer *
cnx_layer_new (GstVideoOverlayRectangle * picture, const GstVideoInfo * info, int x, int y)
{
  const GstVideoFormatInfo *format = info->finfo;
  Recipe recipes[4];
  Cover cover;

  if (!is_of_bytes (format) || !find_cover (&cover, picture, info, x, y))
    return NULL;
  CnxLayer *layer = g_new0 (CnxLayer, 1);
  find_recipes (recipes, info);
  layer->n_planes = GST_VIDEO_FORMAT_INFO_N_PLANES (format);
  for (guint c = 0; c < format->n_components; c++)
    widen_patch (&layer->planes[format->plane[c]], &cover, format, c);
  for (guint i = 0; i < layer->n_planes; i++)
    begin_patch (&layer->planes[i]);
  for (guint c = 0; c < MIN (format->n_components, GST_VIDEO_COMP_A); c++)
    make_samples (&layer->planes[format->plane[c]], &cover, info, c, &recipes[c]);
  gst_video_frame_unmap (&cover.pixels);
  return layer;
}

void
cnx_layer_free (CnxLayer * layer)
{
  for (guint i = 0; i < layer->n_planes; i++) {
    g_free (layer->planes[i].keep);
    g_free (layer->planes[i].add);
  }
  g_free (layer);
}

static void
lay_row (guint8 * restrict bytes, const guint8 * restrict keep, const guint8 * restrict add, int n)
{
  for (int i = 0; i < n; i++) {
    const guint16 product = bytes[i] * keep[i] + 128;
    bytes[i] = (guint8) (add[i] + ((guint16) (product + (product >> 8)) >> 8)); /* product / 255, rounded */
  }
}

void
cnx_layer_lay (const CnxLayer * layer, GstVideoFrame * frame)
{
  for (guint i = 0; i < layer->n_planes; i++) {
    const Patch *patch = &layer->planes[i];
    const int stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, i);
    guint8 *bytes = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, i) + patch->left + (gssize) patch->top * stride;
    /* of packed formats that end within a group of pixels the last chroma may not be there */
    const int width = MIN (patch->width, ABS (stride) - patch->left);

    for (int y = 0; y < patch->height; y++)
      lay_row (bytes + (gssize) y * stride, patch->keep + (gsize) y * patch->width,
          patch->add + (gsize) y * patch->width, width);
  }
}
