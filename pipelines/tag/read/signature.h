/* What a file's first bytes say of it, where GStreamer and libvips guess from too few of them. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Whether these are the first @size bytes of a camera's raw file: by their own, or, where they are those of any TIFF,
 * by the extension of @name too. */
gboolean cnx_signature_is_raw (const guint8 * head, gsize size, const char *name);

/** Of a picture in a file like a film's: HEIF and AVIF. */
gboolean cnx_signature_is_heif (const guint8 * head, gsize size);

/** Of JPEG XL, as it is or in boxes. */
gboolean cnx_signature_is_jpeg_xl (const guint8 * head, gsize size);

/** Whether what GStreamer takes for QuickTime or MP4, for one name out of a box, is a row of boxes indeed: each as long
 * as it says, in a file of @file_size bytes that may have been cut short, up to one that no text begins with.
 * See ISO/IEC 14496-12, 4.2, and Apple's QuickTime File Format Specification, "Atoms". */
gboolean cnx_signature_is_boxes (const guint8 * head, gsize size, guint64 file_size);

G_END_DECLS
