#include "gst-plugin/overlay/blend.h"
#include "gst-plugin/overlay/layer.h"

/* What a picture came to when it was laid last. */
typedef struct
{
  GstVideoInfo info;
  int x, y;
  CnxLayer *layer;
} Laid;

static G_DEFINE_QUARK (cnx-overlay-laid, laid);

static void
laid_free (gpointer item)
{
  Laid *laid = item;

  cnx_layer_free (laid->layer);
  g_free (laid);
}

/* NULL where there can be none. */
static const CnxLayer *
layer_of (GstVideoOverlayRectangle * picture, const GstVideoInfo * info, int x, int y)
{
  GstMiniObject *object = GST_MINI_OBJECT_CAST (picture);
  Laid *laid = gst_mini_object_get_qdata (object, laid_quark ());

  if (laid && laid->x == x && laid->y == y && gst_video_info_is_equal (&laid->info, info))
    return laid->layer;
  CnxLayer *layer = cnx_layer_new (picture, info, x, y);
  if (!layer)
    return NULL;
  laid = g_new (Laid, 1);
  laid->info = *info;
  laid->x = x;
  laid->y = y;
  laid->layer = layer;
  gst_mini_object_set_qdata (object, laid_quark (), laid, laid_free);
  return layer;
}

/* By GStreamer's own way, which takes every format that there are functions for. */
static gboolean
blend_picture (GstVideoOverlayRectangle * picture, GstVideoFrame * frame, int x, int y)
{
  GstVideoOverlayRectangle *moved = gst_video_overlay_rectangle_copy (picture);
  guint width, height;
  int left, top;

  gst_video_overlay_rectangle_get_render_rectangle (moved, &left, &top, &width, &height);
  gst_video_overlay_rectangle_set_render_rectangle (moved, left + x, top + y, width, height);
  GstVideoOverlayComposition *alone = gst_video_overlay_composition_new (moved);
  const gboolean blended = gst_video_overlay_composition_blend (alone, frame);
  gst_video_overlay_composition_unref (alone);
  gst_video_overlay_rectangle_unref (moved);
  return blended;
}

gboolean
cnx_blend (GstVideoOverlayComposition * composition, GstVideoFrame * frame, int x, int y)
{
  gboolean blended = TRUE;

  for (guint i = 0; i < gst_video_overlay_composition_n_rectangles (composition); i++) {
    GstVideoOverlayRectangle *picture = gst_video_overlay_composition_get_rectangle (composition, i);
    const CnxLayer *layer = layer_of (picture, &frame->info, x, y);
    if (layer)
      cnx_layer_lay (layer, frame);
    else
      blended &= blend_picture (picture, frame, x, y);
  }
  return blended;
}
