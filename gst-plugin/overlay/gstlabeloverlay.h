#pragma once
#include <gst/base/gstbasetransform.h>
G_BEGIN_DECLS
#define GST_TYPE_LABEL_OVERLAY (gst_label_overlay_get_type ())
G_DECLARE_FINAL_TYPE (GstLabelOverlay, gst_label_overlay, GST, LABEL_OVERLAY, GstBaseTransform)
G_END_DECLS
