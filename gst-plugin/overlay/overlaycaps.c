#include "gst-plugin/overlay/overlaycaps.h"

/* Blending unpacks a line and packs it again. That cannot be done to a picture with a palette: packing makes
 * another palette than the lines outside the text were written for. */
static gboolean
is_blendable (GstVideoFormat format)
{
  const GstVideoFormatInfo *info = gst_video_format_get_info (format);

  return info->unpack_func && info->pack_func && !GST_VIDEO_FORMAT_INFO_HAS_PALETTE (info);
}

GstCaps *
cnx_overlay_caps (void)
{
  guint n_all, n = 0;
  const GstVideoFormat *all = gst_video_formats_raw (&n_all);
  g_autofree GstVideoFormat *formats = g_new (GstVideoFormat, n_all);

  for (guint i = 0; i < n_all; i++)
    if (is_blendable (all[i]))
      formats[n++] = all[i];
  GstCaps *caps = gst_video_make_raw_caps (formats, n);
  /* sinks write the feature with the memory's beside it */
  gst_caps_append (caps, gst_video_make_raw_caps_with_features (formats, n,
          gst_caps_features_new (GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY, CNX_COMPOSITION_FEATURE,
              NULL)));
  /* fields, each in a buffer of its own */
  gst_caps_append (caps, gst_video_make_raw_caps_with_features (formats, n,
          gst_caps_features_new (GST_CAPS_FEATURE_FORMAT_INTERLACED, NULL)));
  return caps;
}

static gboolean
add_feature (GstCapsFeatures * features, GstStructure * structure, gpointer user_data)
{
  gst_caps_features_add (features, CNX_COMPOSITION_FEATURE);
  return TRUE;
}

static gboolean
remove_feature (GstCapsFeatures * features, GstStructure * structure, gpointer user_data)
{
  gst_caps_features_remove (features, CNX_COMPOSITION_FEATURE);
  return TRUE;
}

GstCaps *
cnx_overlay_transform_caps (GstPadDirection direction, GstCaps * caps, GstCaps * filter)
{
  GstCaps *result = gst_caps_copy (caps), *without = gst_caps_copy (caps);

  gst_caps_map_in_place (result, add_feature, NULL);
  gst_caps_map_in_place (without, remove_feature, NULL);
  /* Upstream is asked for plain frames first: only downstream's wish to draw is news to it. */
  result = direction == GST_PAD_SINK ? gst_caps_merge (result, without) : gst_caps_merge (without,
      result);
  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (filter, result, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (result);
    result = filtered;
  }
  return result;
}
