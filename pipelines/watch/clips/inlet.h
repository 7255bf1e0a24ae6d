/* The end of a branch that is only looked at. Unlike a sink it has no part in the pipeline's states: one of those would
 * hold the first frame until the pipeline plays, and with it, behind a tee, the other branches that it waits for. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** @sample: a buffer, with its caps and segment; NULL: the stream has ended. Called on the streaming thread. */
typedef void (*CnxClipInletFunc) (gpointer data, GstSample * sample);

#define CNX_TYPE_CLIP_INLET (cnx_clip_inlet_get_type ())
G_DECLARE_FINAL_TYPE (CnxClipInlet, cnx_clip_inlet, CNX, CLIP_INLET, GstElement)

/** Takes anything. @destroy is called with @data when the element goes. Returns: (transfer floating). */
GstElement *cnx_clip_inlet_new (CnxClipInletFunc func, gpointer data, GDestroyNotify destroy);

G_END_DECLS
