#include "gst-plugin/frame/direction.h"

static const CnxDirection directions[] = {
  [GST_VIDEO_ORIENTATION_IDENTITY] = {FALSE, FALSE, FALSE},
  [GST_VIDEO_ORIENTATION_90R] = {TRUE, TRUE, FALSE},
  [GST_VIDEO_ORIENTATION_180] = {FALSE, TRUE, TRUE},
  [GST_VIDEO_ORIENTATION_90L] = {TRUE, FALSE, TRUE},
  [GST_VIDEO_ORIENTATION_HORIZ] = {FALSE, FALSE, TRUE},
  [GST_VIDEO_ORIENTATION_VERT] = {FALSE, TRUE, FALSE},
  [GST_VIDEO_ORIENTATION_UL_LR] = {TRUE, FALSE, FALSE},
  [GST_VIDEO_ORIENTATION_UR_LL] = {TRUE, TRUE, TRUE},
};

CnxDirection
cnx_direction_of (GstVideoOrientationMethod method)
{
  return directions[(guint) method < G_N_ELEMENTS (directions) ? method : GST_VIDEO_ORIENTATION_IDENTITY];
}
