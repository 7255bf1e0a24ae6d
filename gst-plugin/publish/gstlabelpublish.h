#pragma once
#include <gst/base/gstbasetransform.h>
G_BEGIN_DECLS
#define GST_TYPE_LABEL_PUBLISH (gst_label_publish_get_type ())
G_DECLARE_FINAL_TYPE (GstLabelPublish, gst_label_publish, GST, LABEL_PUBLISH, GstBaseTransform)
G_END_DECLS
