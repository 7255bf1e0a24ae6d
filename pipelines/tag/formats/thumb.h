/* Small pictures of a film: JPEGs, and which of its frames to keep when its length is not known beforehand. */
#pragma once

#include "pipelines/tag/formats/format.h"

G_BEGIN_DECLS

/** How high a small picture is at most, and how wide, in pixels. */
#define CNX_TAG_THUMB_HEIGHT 160
#define CNX_TAG_THUMB_WIDTH 640

/** A JPEG, of at most the size above, of @width x @height packed 8-bit RGB pixels whose rows begin @stride bytes apart.
 * @thumb_width, @thumb_height: set to its size. libvips must have been started (vips_init()). Thread-safe.
 * Errors: CNX_ERROR_INPUT. Free with g_bytes_unref(). */
GBytes *cnx_tag_thumb (const guint8 * pixels, int width, int height, int stride, int *thumb_width,
    int *thumb_height, GError ** error);

/** The JPEG @jpeg at a height of at most @max_height pixels. As above. */
GBytes *cnx_tag_thumb_shrink (GBytes * jpeg, int max_height, GError ** error);

/** Keeps frames of a film that are spread evenly over it, however long it turns out to be: the first one of every
 * stretch of some length, which doubles whenever there would be too many. What is kept depends on the times offered
 * alone. */
typedef struct _CnxTagThumbs CnxTagThumbs;

/** @max: how many frames to keep at most, from 1. One thread at a time. Free with cnx_tag_thumbs_free(). */
CnxTagThumbs *cnx_tag_thumbs_new (guint max);
void cnx_tag_thumbs_free (CnxTagThumbs * thumbs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxTagThumbs, cnx_tag_thumbs_free)

/** Whether the frame at @time seconds would be kept. Costs nothing: ask before decoding or converting one. */
gboolean cnx_tag_thumbs_wants (const CnxTagThumbs * thumbs, double time);

/** Keeps the frame at @time seconds, given as to cnx_tag_thumb(), if it is wanted; its pixels are not held on to. FALSE
 * and CNX_ERROR_INPUT where no JPEG can be made of it: then it is as if it had not been offered. */
gboolean cnx_tag_thumbs_add (CnxTagThumbs * thumbs, double time, const guint8 * pixels, int width, int height,
    int stride, GError ** error);

/** CnxTagThumb, by time: what CnxTagReport.thumbs takes. Owned by @thumbs, and as it is until the next frame is
 * added. */
const GArray *cnx_tag_thumbs_list (const CnxTagThumbs * thumbs);

G_END_DECLS
