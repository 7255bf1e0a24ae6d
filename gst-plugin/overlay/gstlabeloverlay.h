#pragma once
#include <gst/base/gstbasetransform.h>
G_BEGIN_DECLS
#define GST_TYPE_LABEL_OVERLAY (gst_label_overlay_get_type ())
G_DECLARE_FINAL_TYPE (GstLabelOverlay, gst_label_overlay, GST, LABEL_OVERLAY, GstBaseTransform)
#define GST_TYPE_LABEL_OVERLAY_POSITION (gst_label_overlay_position_get_type ())
GType gst_label_overlay_position_get_type (void);
G_END_DECLS
