#pragma once
#include <gst/gst.h>
G_BEGIN_DECLS
#define GST_TYPE_OVERLAY_SINK (gst_overlay_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstOverlaySink, gst_overlay_sink, GST, OVERLAY_SINK, GstBin)
G_END_DECLS
