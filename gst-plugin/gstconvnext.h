#pragma once
#include <gst/base/gstbasetransform.h>
G_BEGIN_DECLS
#define GST_TYPE_CONVNEXT (gst_convnext_get_type ())
G_DECLARE_FINAL_TYPE (GstConvnext, gst_convnext, GST, CONVNEXT, GstBaseTransform)
G_END_DECLS
