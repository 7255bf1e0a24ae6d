/* Where a camera's frames come from: whatever is at its address, decoded. */
#pragma once

#include <gst/gst.h>
#include "pipelines/watch/config.h"

G_BEGIN_DECLS

/** A camera's encoded stream, before it is decoded: @tee has it, of video that was parsed. Called on a streaming
 * thread, once for each stream. */
typedef void (*CnxIntakeEncoded) (gpointer data, GstElement * tee);

/**
 * cnx_intake_new:
 * @encoded: (nullable): is told of what there is to be recorded; not of what comes raw
 * @data: its, freed by @free (nullable) when nothing is told any more
 *
 * A bin with one source pad, "src", for raw video; it has nothing on it until there is some. Other streams of the
 * source are thrown away. Returns: (transfer full): NULL and an error (CNX_ERROR_NOT_FOUND) where GStreamer lacks an
 * element, which is named with the package that has it.
 */
GstElement *cnx_intake_new (const CnxCameraConfig * config, CnxIntakeEncoded encoded, gpointer data,
    GDestroyNotify free, GError ** error);

/** Whether it gives frames as fast as they are taken, and ends: a file. */
gboolean cnx_intake_is_file (const CnxCameraConfig * config);

/** An element, or NULL and that error. Transfer floating. */
GstElement *cnx_intake_make (const char *factory, const char *name, GError ** error);

G_END_DECLS
