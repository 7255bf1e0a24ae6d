/* What convnext's properties choose from, as types that gst-inspect shows and gst-launch reads by name. */
#pragma once

#include <glib-object.h>

#include "core/model/precision.h"

G_BEGIN_DECLS

/** Whether buffers wait for their labels: see the element's doc comment. */
typedef enum
{
  MODE_AUTO,
  MODE_LATEST,
  MODE_EVERY_FRAME,
} Mode;

/** GstConvnextMode. Thread-safe. */
GType gst_convnext_mode_get_type (void);
#define TYPE_MODE (gst_convnext_mode_get_type ())

/** What of each frame is classified. */
typedef enum
{
  INFERENCE_FULL_FRAME,
  INFERENCE_ROI_LIST,
} InferenceRegion;

/** GstConvnextInferenceRegion. Thread-safe. */
GType gst_convnext_inference_region_get_type (void);
#define TYPE_INFERENCE_REGION (gst_convnext_inference_region_get_type ())

/** GstConvnextPrecision: the values of CnxPrecision, each called as cnx_precision_name() calls it. Thread-safe. */
GType gst_convnext_precision_get_type (void);
#define TYPE_PRECISION (gst_convnext_precision_get_type ())

G_END_DECLS
