#include "gst-plugin/enums.h"

GType
gst_convnext_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {MODE_AUTO, "latest when upstream is live, every-frame otherwise", "auto"},
    {MODE_LATEST, "no buffer waits: each carries the newest finished labels", "latest"},
    {MODE_EVERY_FRAME, "each buffer waits for its own labels", "every-frame"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstConvnextMode", values));
  return type;
}

GType
gst_convnext_inference_region_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {INFERENCE_FULL_FRAME, "the frame", "full-frame"},
    {INFERENCE_ROI_LIST, "the regions that elements upstream have marked in it", "roi-list"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstConvnextInferenceRegion", values));
  return type;
}

GType
gst_convnext_precision_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {CNX_PRECISION_AUTO, "bf16 or fp16 where the device runs it, else fp32", "auto"},
    {CNX_PRECISION_FP32, "32-bit floats, on every device", "fp32"},
    {CNX_PRECISION_FP16, "16-bit floats, on GPUs that have them", "fp16"},
    {CNX_PRECISION_BF16, "bfloat16, on CPUs that have the instruction", "bf16"},
    {CNX_PRECISION_INT8, "8-bit integers scaled as they are made, on every device", "int8"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstConvnextPrecision", values));
  return type;
}
