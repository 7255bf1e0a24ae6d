/* What `labeloverlay` draws on: the formats, and who draws. */
#pragma once

#include <gst/video/video.h>
#include <gst/video/video-overlay-composition.h>

G_BEGIN_DECLS

/** Downstream may draw compositions itself. */
#define CNX_COMPOSITION_FEATURE GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION

/** Every format that can be drawn on, then the same with the feature, and as fields. Free with gst_caps_unref(). */
GstCaps *cnx_overlay_caps (void);

/** A GstBaseTransform's transform_caps: the same caps with the feature, then without: whichever the other side takes.
 * Free with gst_caps_unref(). */
GstCaps *cnx_overlay_transform_caps (GstPadDirection direction, GstCaps * caps, GstCaps * filter);

G_END_DECLS
