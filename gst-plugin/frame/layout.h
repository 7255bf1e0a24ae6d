/* Where the rows of a mapped GstVideoFrame lie: whether in its memory at all, and whether so that GStreamer's converter
 * can be given them. A GstVideoMeta may say anything, and it comes from other processes too. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/** Whether the first @width x @height pixels of @frame, in its rows or its field's, lie in the memory that was mapped.
 * Believed where a meta maps by a way of its own. */
gboolean cnx_layout_holds (const GstVideoFrame * frame, int width, int height);

/** Room for a copy of a frame, which grows as needed. All zero is none. Free @bytes with g_free(). */
typedef struct
{
  guint8 *bytes;
  gsize size;
} CnxLayoutCopy;

/** Readies @frame, for which that holds, for GstVideoConverter. Its assembly takes it for granted that rows begin at
 * multiples of 8 bytes and follow each other downwards, and some formats are read a word past their end: where that
 * would go wrong the pixels are copied to @copy, and @frame, which nobody may unmap then, points there.
 * Errors: CNX_ERROR_INPUT where there is no memory for it. */
gboolean cnx_layout_ease (GstVideoFrame * frame, int width, int height, CnxLayoutCopy * copy, GError ** error);

G_END_DECLS
