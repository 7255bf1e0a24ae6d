#include "pipelines/tag/formats/thumb.h"

#include <math.h>
#include <string.h>
#include <vips/vips.h>

#include "core/error.h"
#include "core/picture/vips_use.h"

#define QUALITY 70
/* Stretches at the start, in seconds: a clip of a few seconds still fills some rows of a sheet. */
#define FIRST_SPACING 0.5

typedef VipsImage Image;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Image, g_object_unref)

struct _CnxTagThumbs
{
  guint max;
  double spacing;
  GArray *kept;
};

/* ---- a picture ---- */

static GBytes *
fail (const char *doing, GError ** error)
{
  g_autofree char *words = cnx_vips_words ();

  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "a frame cannot be %s: %s", doing, words);
  return NULL;
}

static GBytes *
to_jpeg (Image * image, GError ** error)
{
  void *data = NULL;
  size_t size = 0;

  if (vips_jpegsave_buffer (image, &data, &size, "Q", QUALITY, "strip", TRUE, "optimize_coding", TRUE, NULL) != 0)
    return fail ("written as a JPEG", error);
  return g_bytes_new_with_free_func (data, size, g_free, data);
}

/* The pixels in rows that follow one another, as libvips wants them; @copy holds them where they had to be moved. */
static const guint8 *
pack (const guint8 * pixels, int width, int height, int stride, guint8 ** copy)
{
  const gsize row = 3 * (gsize) width;

  if ((gsize) stride == row)
    return pixels;
  *copy = g_malloc (row * height);
  for (int y = 0; y < height; y++)
    memcpy (*copy + y * row, pixels + y * (gsize) stride, row);
  return *copy;
}

GBytes *
cnx_tag_thumb (const guint8 * pixels, int width, int height, int stride, int *thumb_width, int *thumb_height,
    GError ** error)
{
  g_autofree guint8 *copy = NULL;
  g_autoptr (Image) frame = NULL;
  g_autoptr (Image) rgb = NULL;
  g_autoptr (Image) small = NULL;
  GBytes *jpeg = NULL;

  if (width < 1 || height < 1 || stride / 3 < width) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "a frame of %dx%d pixels in rows of %d bytes has no picture",
        width, height, stride);
    return NULL;
  }
  cnx_vips_begin ();
  frame = vips_image_new_from_memory (pack (pixels, width, height, stride, &copy), 3 * (gsize) width * height,
      width, height, 3, VIPS_FORMAT_UCHAR);
  if (frame == NULL || vips_copy (frame, &rgb, "interpretation", VIPS_INTERPRETATION_sRGB, NULL) != 0
      || vips_thumbnail_image (rgb, &small, CNX_TAG_THUMB_WIDTH, "height", CNX_TAG_THUMB_HEIGHT, "size",
          VIPS_SIZE_DOWN, NULL) != 0) {
    fail ("made small", error);
  } else {
    *thumb_width = vips_image_get_width (small);
    *thumb_height = vips_image_get_height (small);
    jpeg = to_jpeg (small, error);
  }
  /* libvips keeps what it did for another time; these pixels are gone by then. */
  if (frame != NULL)
    vips_image_invalidate_all (frame);
  return jpeg;
}

GBytes *
cnx_tag_thumb_shrink (GBytes * jpeg, int max_height, GError ** error)
{
  g_autoptr (Image) small = NULL;
  gsize size;
  gconstpointer data = g_bytes_get_data (jpeg, &size);

  cnx_vips_begin ();
  if (vips_thumbnail_buffer ((void *) data, size, &small, CNX_TAG_THUMB_WIDTH, "height", max_height, "size",
          VIPS_SIZE_DOWN, NULL) != 0)
    return fail ("made smaller", error);
  return to_jpeg (small, error);
}

/* ---- which to keep ---- */

static void
thumb_clear (gpointer thumb)
{
  g_bytes_unref (((CnxTagThumb *) thumb)->jpeg);
}

CnxTagThumbs *
cnx_tag_thumbs_new (guint max)
{
  CnxTagThumbs *thumbs = g_new (CnxTagThumbs, 1);

  thumbs->max = MAX (max, 1);
  thumbs->spacing = FIRST_SPACING;
  thumbs->kept = g_array_new (FALSE, FALSE, sizeof (CnxTagThumb));
  g_array_set_clear_func (thumbs->kept, thumb_clear);
  return thumbs;
}

void
cnx_tag_thumbs_free (CnxTagThumbs * thumbs)
{
  g_array_unref (thumbs->kept);
  g_free (thumbs);
}

/* Which stretch @time lies in. */
static double
stretch (const CnxTagThumbs * thumbs, double time)
{
  return floor (time / thumbs->spacing);
}

gboolean
cnx_tag_thumbs_wants (const CnxTagThumbs * thumbs, double time)
{
  const GArray *kept = thumbs->kept;

  if (!isfinite (time) || time < 0)
    return FALSE;
  return kept->len == 0
      || stretch (thumbs, time) > stretch (thumbs, g_array_index (kept, CnxTagThumb, kept->len - 1).time);
}

/* Twice the spacing, until one goes. The first of a stretch is the first of one of its halves, so that what stays is
 * what would be there had the spacing been this from the start. */
static void
thin_out (CnxTagThumbs * thumbs)
{
  GArray *kept = thumbs->kept;

  while (kept->len > thumbs->max) {
    thumbs->spacing *= 2;
    for (guint i = kept->len - 1; i > 0; i--)
      if (stretch (thumbs, g_array_index (kept, CnxTagThumb, i).time)
          == stretch (thumbs, g_array_index (kept, CnxTagThumb, i - 1).time))
        g_array_remove_index (kept, i);
  }
}

gboolean
cnx_tag_thumbs_add (CnxTagThumbs * thumbs, double time, const guint8 * pixels, int width, int height, int stride,
    GError ** error)
{
  CnxTagThumb thumb = {.time = time };

  if (!cnx_tag_thumbs_wants (thumbs, time))
    return TRUE;
  thumb.jpeg = cnx_tag_thumb (pixels, width, height, stride, &thumb.width, &thumb.height, error);
  if (thumb.jpeg == NULL)
    return FALSE;
  g_array_append_val (thumbs->kept, thumb);
  thin_out (thumbs);
  return TRUE;
}

const GArray *
cnx_tag_thumbs_list (const CnxTagThumbs * thumbs)
{
  return thumbs->kept;
}
