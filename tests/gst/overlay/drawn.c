#include "tests/gst/overlay/drawn.h"

#include <gst/video/video-overlay-composition.h>
#include <string.h>

/* Noise in the bits that a format does not use is no picture: what GStreamer's own functions make of it
 * is. */
static void
make_canonical (GstBuffer * buffer, const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstVideoInfo info;
  GstVideoFrame frame;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE));
  const GstVideoFormatInfo *format = info.finfo;
  g_autofree guint8 *line = g_malloc0 (8 * (info.width + 16));
  for (int row = 0; row < info.height; row++) {
    format->unpack_func (format, GST_VIDEO_PACK_FLAG_NONE, line, frame.data, frame.info.stride, 0,
        row, info.width);
    format->pack_func (format, GST_VIDEO_PACK_FLAG_NONE, line, 0, frame.data, frame.info.stride,
        info.chroma_site, row, info.width);
  }
  gst_video_frame_unmap (&frame);
}

GstBuffer *
cnx_test_labelled (const char *caps, guint32 seed, const char *name, double confidence)
{
  const CnxMetaLabel label = { 3, name, confidence };
  const CnxMetaLabels labels = { "model", "stream", 0, 1, &label };
  GstBuffer *buffer = cnx_test_frame (caps, seed, 0);

  make_canonical (buffer, caps);
  cnx_label_meta_add (buffer, &labels);
  return buffer;
}

char *
cnx_test_caps (const char *format, int width, int height, const char *more)
{
  return g_strdup_printf ("video/x-raw,format=%s,width=%d,height=%d,framerate=25/1%s", format,
      width, height, more);
}

CnxTestBox
cnx_test_changes (GstBuffer * a, GstBuffer * b, const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  CnxTestBox box = { G_MAXINT, G_MAXINT, 0, 0 };
  GstVideoInfo info;
  GstVideoFrame x, y;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_assert_true (gst_video_frame_map (&x, &info, a, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&y, &info, b, GST_MAP_READ));
  const GstVideoFormatInfo *format = info.finfo;
  const gsize pixel =
      GST_VIDEO_FORMAT_INFO_BITS (gst_video_format_get_info (format->unpack_format)) > 8 ? 8 : 4;
  g_autofree guint8 *p = g_malloc0 (pixel * (info.width + 16));
  g_autofree guint8 *q = g_malloc0 (pixel * (info.width + 16));
  for (int row = 0; row < info.height; row++) {
    format->unpack_func (format, GST_VIDEO_PACK_FLAG_NONE, p, x.data, x.info.stride, 0, row,
        info.width);
    format->unpack_func (format, GST_VIDEO_PACK_FLAG_NONE, q, y.data, y.info.stride, 0, row,
        info.width);
    for (int column = 0; column < info.width; column++)
      if (memcmp (p + column * pixel, q + column * pixel, pixel) != 0) {
        box.left = MIN (box.left, column);
        box.top = MIN (box.top, row);
        box.right = MAX (box.right, column + 1);
        box.bottom = MAX (box.bottom, row + 1);
      }
  }
  gst_video_frame_unmap (&x);
  gst_video_frame_unmap (&y);
  return box;
}

GstBuffer *
cnx_test_draw (const char *properties, const char *caps, GstBuffer * in)
{
  g_autofree char *line = g_strdup_printf ("labeloverlay %s", properties);
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_set_src_caps_str (h, caps);
  GstBuffer *out = gst_harness_push_and_pull (h, in);
  g_assert_nonnull (out);
  gst_harness_teardown (h);
  return out;
}

GstHarness *
cnx_test_attaching (const char *properties, const char *caps)
{
  g_autofree char *line = g_strdup_printf ("labeloverlay %s", properties);
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  gst_harness_set_sink_caps_str (h, CNX_TEST_COMPOSITION_CAPS);
  gst_harness_set_src_caps_str (h, caps);
  return h;
}
