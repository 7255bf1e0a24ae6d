#pragma once
#include <gst/base/gstbasetransform.h>
G_BEGIN_DECLS
#define GST_TYPE_CONVNEXT (gst_convnext_get_type ())
G_DECLARE_FINAL_TYPE (GstConvnext, gst_convnext, GST, CONVNEXT, GstBaseTransform)

struct _CnxClassifier;
struct _CnxLoader;
/** What classifies for @self, from READY on; NULL before. Owned by @self; for tests that put a slow or a
 * failing network in its place. */
struct _CnxClassifier *gst_convnext_classifier (GstConvnext * self);
/** What loads another network while @self plays; owned by @self; for tests that put a slow disk in its place. */
struct _CnxLoader *gst_convnext_loader (GstConvnext * self);

G_END_DECLS
