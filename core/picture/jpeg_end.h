/* JPEGs that end too early: whether what is missing matters. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxJpegEnd:
 * @CNX_JPEG_ENDS: as it should, or it is no JPEG
 * @CNX_JPEG_LACKS_ROWS: what is missing of it is rows at its end, which decoders leave grey
 * @CNX_JPEG_LACKS_LITTLE: a progressive one, of which no more is missing than a part of its last refinement
 * @CNX_JPEG_LACKS_MUCH: more, or nobody knows
 */
typedef enum
{ CNX_JPEG_ENDS, CNX_JPEG_LACKS_ROWS, CNX_JPEG_LACKS_LITTLE, CNX_JPEG_LACKS_MUCH } CnxJpegEnd;

/** How the file @bytes ends. By its last two bytes alone, CNX_JPEG_ENDS is right, and all else a guess. */
CnxJpegEnd cnx_jpeg_end (const guint8 * bytes, gsize size);

/** Of one that lacks rows: whether all but a few are there, in @pixels, @height rows of @width R G B bytes in the order
 * that they were decoded in. */
gboolean cnx_jpeg_is_nearly_whole (const guint8 * pixels, int width, int height);

/** What is said of a picture that was taken nevertheless, and of one that was not. */
#define CNX_JPEG_WAS_CUT "it was cut short; what little is missing of it is grey"
#define CNX_JPEG_IS_CUT "premature end of the file, with too much of the picture missing"

G_END_DECLS
