/* Still pictures to pixels, through libvips, no larger than they need be: a file of a whole archive is decoded at a
 * half, a quarter or an eighth where its format can do that, and never held whole where it is huge. */
#pragma once

#include "core/picture/resample.h"

G_BEGIN_DECLS

/**
 * CnxPicture:
 * @width, @height: of the pixels
 * @whole: the file's picture, turned upright, and where it lies in them
 * @pixels: rows of R G B bytes, without gaps
 * @oddity: what is wrong with the file, although it could be decoded: a sentence; NULL: nothing
 *
 * A picture, upright, in 8-bit sRGB, alpha flattened on black.
 */
typedef struct
{
  int width, height;
  CnxWhole whole;
  GBytes *pixels;
  const char *oddity;
} CnxPicture;

/**
 * CnxPictureWatch:
 * @moved: called now and then while a picture is decoded, from any thread
 *
 * Who wants to know that it goes on.
 */
typedef struct
{
  void (*moved) (gpointer data);
  gpointer data;
} CnxPictureWatch;

void cnx_picture_clear (CnxPicture * picture);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CnxPicture, cnx_picture_clear)

/** Whether libvips knows @path's format by its first bytes; text that anything might be is no picture, and neither are
 * documents and drawings. It may be one that cnx_vips_start() has blocked. */
gboolean cnx_picture_is_one (const char *path);

/** Decodes @path, the first page or frame of it, to @picture. Its sides may be smaller than the file's, but the shorter
 * one at least four times @shorter, or as long as the file's: a resize of @whole to @shorter that follows gives, to
 * about a level of 255, what it gives of the file's. Memory: what the format's decoder needs, and 3 bytes for every
 * pixel of that. A JPEG that lacks but a little of its end is decoded, and odd. Errors: CNX_ERROR_INPUT with libvips'
 * own words, which are another picture's only where two threads fail at the same time. @watch may be NULL. Call
 * cnx_vips_start() once before. Thread-safe. */
gboolean cnx_picture_load (const char *path, int shorter, const CnxPictureWatch * watch, CnxPicture * picture,
    GError ** error);

G_END_DECLS
