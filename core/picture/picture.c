#include "core/picture/picture.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <vips/vips.h>

#include "core/error.h"
#include "core/input/read_all.h"
#include "core/picture/jpeg_end.h"
#include "core/picture/vips_use.h"

/* How many times the side that is asked for is kept, by a decoder that averages its blocks itself, and where we do. Of
 * 5,000 pictures of tests/bench/make-pictures, at 64 pixels, these give 99.4 % the first label that Pillow and ONNX
 * Runtime give the whole ones; most of the rest are ties to within 0.02. Twice as many (400, simulated): 100 % in
 * place of 99.5, for a seventh of the speed. */
#define KEEP_DECODED 4
#define KEEP_SHRUNK 8
/* From this many times on we average blocks. */
#define SHRINK_FROM 16

/* A file that is looked at once more has no more bytes. */
#define MOST_BYTES ((gsize) 1 << 30)

/* Names of our own, since libvips may or may not have made its own ready for g_autoptr. */
typedef VipsImage Image;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Image, g_object_unref)

void
cnx_picture_clear (CnxPicture * self)
{
  g_clear_pointer (&self->pixels, g_bytes_unref);
}

/* What most pictures of an archive are, known by their first bytes; "" where it is none of them. */
static const char *
find_usual_loader (const char *path)
{
  static const struct
  {
    const char *bytes;
    gsize length, offset;
    const char *loader;
  } usual[] = {
    {"\xff\xd8\xff", 3, 0, "jpegload"},
    {"\x89PNG\r\n\x1a\n", 8, 0, "pngload"},
    {"WEBP", 4, 8, "webpload"},
  };
  guint8 head[12] = { 0 };
  FILE *file = g_fopen (path, "rb");
  const gsize size = file ? fread (head, 1, sizeof head, file) : 0;

  if (file)
    fclose (file);
  for (guint i = 0; size == sizeof head && i < G_N_ELEMENTS (usual); i++)
    if (memcmp (head + usual[i].offset, usual[i].bytes, usual[i].length) == 0)
      return usual[i].loader;
  return "";
}

/* The operation that loads @path; NULL for what is no picture. libvips takes tables of numbers, documents, drawings and
 * scans of bodies and stars for pictures, and what it knows nothing of it asks ImageMagick about. A dozen libraries
 * look at the file then, of which some were never meant for several threads: one at a time. */
static const char *
find_loader (const char *path)
{
  static const char *const others[] = { "VipsForeignLoadCsv", "VipsForeignLoadMatrix", "VipsForeignLoadRaw",
    "VipsForeignLoadAnalyze", "VipsForeignLoadMagick", "VipsForeignLoadVips", "VipsForeignLoadPdf",
    "VipsForeignLoadSvg", "VipsForeignLoadFits", "VipsForeignLoadMat", "VipsForeignLoadNifti",
    "VipsForeignLoadOpenslide"
  };
  static GMutex one_at_a_time;
  const char *usual = find_usual_loader (path);

  if (*usual)
    return usual;
  g_mutex_lock (&one_at_a_time);
  const char *loader = vips_foreign_find_load (path);
  vips_error_clear ();
  g_mutex_unlock (&one_at_a_time);
  for (guint i = 0; loader && i < G_N_ELEMENTS (others); i++)
    if (g_str_has_prefix (loader, others[i]))
      return NULL;
  return loader ? vips_nickname_find (g_type_from_name (loader)) : NULL;
}

gboolean
cnx_picture_is_one (const char *path)
{
  return find_loader (path) != NULL;
}

static gboolean
fail (const char *doing, GError ** error)
{
  g_autofree char *words = cnx_vips_words ();

  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot be %s: %s", doing, words);
  return FALSE;
}

/* ---- opening ---- */

#define HOW(strictness) "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", strictness

/* @path decoded at 1 / @shrink, where its loader can; NULL where it cannot. */
static Image *
open_shrunk (const char *path, const char *loader, VipsFailOn strictness, int shrink)
{
  Image *out = NULL;

  if (strcmp (loader, "jpegload") == 0)
    vips_call (loader, path, &out, HOW (strictness), "shrink", shrink, NULL);
  else if (strcmp (loader, "webpload") == 0)
    vips_call (loader, path, &out, HOW (strictness), "scale", 1.0 / shrink, NULL);
  return out;
}

/* The largest power of two, at most 8, that leaves @keep times @shorter. */
static int
decoder_shrink (int side, int shorter, int keep)
{
  int shrink = 8;

  while (shrink > 1 && side < shrink * keep * shorter)
    shrink /= 2;
  return shrink;
}

static Image *
open_picture (const char *path, const char *loader, VipsFailOn strictness, int shorter, CnxWhole * place)
{
  g_autoptr (Image) whole = NULL;

  if (vips_call (loader, path, &whole, HOW (strictness), NULL) != 0)
    return NULL;
  const int width = vips_image_get_width (whole), height = vips_image_get_height (whole);
  const int shrink = decoder_shrink (MIN (width, height), shorter, KEEP_DECODED);
  Image *shrunk = shrink > 1 ? open_shrunk (path, loader, strictness, shrink) : NULL;
  *place = (CnxWhole) {width, height, 0, 0, width, height};
  if (!shrunk)
    return g_steal_pointer (&whole);
  /* What is left over of a JPEG's last blocks libvips cuts off; WebP is scaled to whole pixels. */
  const gboolean blocks = strcmp (loader, "jpegload") == 0;
  place->across = blocks ? (double) width / shrink : vips_image_get_width (shrunk);
  place->down = blocks ? (double) height / shrink : vips_image_get_height (shrunk);
  return shrunk;
}

/* ---- to what is wanted ---- */

/* How many pixels of a row, or a column, of @size become one, in a picture whose shorter side has @side. A strip that
 * is longer than any frame is averaged further along it, as long as the resize, which goes by the other side, still
 * makes it smaller: less exact than elsewhere, but seen. */
static int
block (int size, int side, int shorter)
{
  const int needed = (size + CNX_FRAME_MAX_SIDE - 1) / CNX_FRAME_MAX_SIDE;
  const int factor = side < SHRINK_FROM * shorter ? 1 : MAX (1, side / (shorter * KEEP_SHRUNK));

  return needed > factor && side >= needed * shorter ? needed : factor;
}

/* Blocks averaged, row by row as they are decoded. */
static Image *
shrink_blocks (Image * in, int shorter, CnxWhole * place)
{
  const int width = vips_image_get_width (in), height = vips_image_get_height (in), side = MIN (width, height);
  const int across = block (width, side, shorter), down = block (height, side, shorter);
  Image *out = NULL;

  if (across < 2 && down < 2)
    return g_object_ref (in);
  place->across /= across;
  place->down /= down;
  return vips_shrink (in, &out, across, down, "ceil", TRUE, NULL) == 0 ? out : NULL;
}

static Image *
without_alpha (Image * in)
{
  Image *out = NULL;

  if (!vips_image_hasalpha (in))
    return g_object_ref (in);
  return vips_flatten (in, &out, NULL) == 0 ? out : NULL;
}

/* Three bands of 8-bit sRGB. */
static Image *
to_srgb (Image * in)
{
  g_autoptr (Image) srgb = NULL;
  g_autoptr (Image) bytes = NULL;
  Image *rgb = NULL;

  if (vips_colourspace (in, &srgb, VIPS_INTERPRETATION_sRGB, NULL) != 0
      || vips_cast_uchar (srgb, &bytes, NULL) != 0 || vips_extract_band (bytes, &rgb, 0, "n", 3, NULL) != 0)
    return NULL;
  return rgb;
}

/* @place, of a picture in @in, after @in has been turned by its EXIF orientation. */
static void
turn_place (Image * in, CnxWhole * place)
{
  /* By the orientation: whether, in the end, the first column is what was a last one, and the first row. */
  static const struct
  {
    gboolean column, row;
  } from_end[] = {
    [2] = {TRUE, FALSE}, [3] = {TRUE, TRUE}, [4] = {FALSE, TRUE}, [5] = {FALSE, FALSE}, [6] = {TRUE, FALSE},
    [7] = {TRUE, TRUE}, [8] = {FALSE, TRUE},
  };
  const int turn = vips_image_get_orientation (in);
  const CnxWhole from = *place;
  int width = vips_image_get_width (in), height = vips_image_get_height (in);

  if (vips_image_get_orientation_swap (in)) {
    *place = (CnxWhole) {from.height, from.width, from.y, from.x, from.down, from.across};
    width = vips_image_get_height (in);
    height = vips_image_get_width (in);
  }
  if (from_end[turn].column)
    place->x = width - place->across;
  if (from_end[turn].row)
    place->y = height - place->down;
}

/* Turned by its EXIF orientation, which needs the rows in another order than they are decoded in. */
static Image *
upright (Image * in, CnxWhole * place)
{
  g_autoptr (Image) memory = NULL;
  Image *out = NULL;

  if (vips_image_get_orientation (in) == 1)
    return g_object_ref (in);
  turn_place (in, place);
  memory = vips_image_copy_memory (in);
  return memory && vips_autorot (memory, &out, NULL) == 0 ? out : NULL;
}

static gboolean
write_pixels (Image * in, CnxPicture * picture)
{
  gsize size;
  gpointer pixels = vips_image_write_to_memory (in, &size);

  if (!pixels)
    return FALSE;
  picture->width = vips_image_get_width (in);
  picture->height = vips_image_get_height (in);
  picture->pixels = g_bytes_new_with_free_func (pixels, size, g_free, pixels);
  return TRUE;
}

/* Whether what the JPEG @in lacks, as @end has it, is little. */
static gboolean
lacks_little (Image * in, CnxJpegEnd end)
{
  gsize size;
  g_autofree guint8 *pixels = end == CNX_JPEG_LACKS_ROWS ? vips_image_write_to_memory (in, &size) : NULL;

  if (end != CNX_JPEG_LACKS_ROWS
      || (pixels && cnx_jpeg_is_nearly_whole (pixels, vips_image_get_width (in), vips_image_get_height (in))))
    return TRUE;
  vips_error ("jpegload", CNX_JPEG_IS_CUT);
  return FALSE;
}

static void
on_eval (VipsImage * image, VipsProgress * progress, const CnxPictureWatch * watch)
{
  watch->moved (watch->data);
}

/* What is computed of @in tells @in of it. */
static void
watch_image (Image * in, const CnxPictureWatch * watch)
{
  vips_image_set_progress (in, TRUE);
  g_signal_connect (in, "eval", G_CALLBACK (on_eval), (gpointer) watch);
}

/* @end: of a file that lacks something, which is decoded as far as it goes. */
static gboolean
load (const char *path, const char *loader, int shorter, CnxJpegEnd end, const CnxPictureWatch * watch,
    CnxPicture * picture, GError ** error)
{
  const VipsFailOn strictness = end == CNX_JPEG_ENDS ? VIPS_FAIL_ON_ERROR : VIPS_FAIL_ON_NONE;
  g_autoptr (Image) opened = NULL;
  g_autoptr (Image) opaque = NULL;
  g_autoptr (Image) shrunk = NULL;
  g_autoptr (Image) rgb = NULL;
  g_autoptr (Image) memory = NULL;
  g_autoptr (Image) turned = NULL;

  opened = open_picture (path, loader, strictness, shorter, &picture->whole);
  if (!opened)
    return fail ("read as a picture", error);
  if (watch)
    watch_image (opened, watch);
  if ((opaque = without_alpha (opened)) && (shrunk = shrink_blocks (opaque, shorter, &picture->whole)))
    rgb = to_srgb (shrunk);
  if (!rgb)
    return fail ("brought to 8-bit sRGB", error);
  memory = end == CNX_JPEG_ENDS ? g_object_ref (rgb) : vips_image_copy_memory (rgb);
  if (!memory || !lacks_little (memory, end) || !(turned = upright (memory, &picture->whole))
      || !write_pixels (turned, picture))
    return fail ("decoded", error);
  return TRUE;
}

/* How the JPEG at @path ends. Nearly all end on the mark, and are read once. */
static CnxJpegEnd
find_end (const char *path)
{
  guint8 last[2] = { 0 };
  gsize size = 0;
  FILE *file = g_fopen (path, "rb");
  const gboolean read = file && fseek (file, -(long) sizeof last, SEEK_END) == 0
      && fread (last, 1, sizeof last, file) == sizeof last;

  if (file)
    fclose (file);
  if (!read || cnx_jpeg_end (last, sizeof last) == CNX_JPEG_ENDS)
    return CNX_JPEG_ENDS;
  g_autofree char *bytes = cnx_read_all (path, MOST_BYTES, &size, NULL);
  return bytes && size <= MOST_BYTES ? cnx_jpeg_end ((const guint8 *) bytes, size) : CNX_JPEG_ENDS;
}

gboolean
cnx_picture_load (const char *path, int shorter, const CnxPictureWatch * watch, CnxPicture * picture, GError ** error)
{
  const char *loader = find_loader (path);

  picture->oddity = NULL;
  if (!loader) {
    g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot be read as a picture: " CNX_VIPS_READS);
    return FALSE;
  }
  if (cnx_vips_blocks (loader)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "is left alone: " CNX_VIPS_BLOCKED, loader);
    return FALSE;
  }
  const CnxJpegEnd end = strcmp (loader, "jpegload") == 0 ? find_end (path) : CNX_JPEG_ENDS;
  if (end != CNX_JPEG_ENDS)
    picture->oddity = CNX_JPEG_WAS_CUT;
  if (end == CNX_JPEG_LACKS_MUCH) {
    g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot be decoded: " CNX_JPEG_IS_CUT);
    return FALSE;
  }
  cnx_vips_begin ();
  return load (path, loader, shorter, end, watch, picture, error);
}
