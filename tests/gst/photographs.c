#include "tests/gst/photographs.h"

#include <vips/vips.h>

GstBuffer *
cnx_test_load_rgb (const char *name, GstVideoInfo * info)
{
  g_autofree char *path = g_build_filename (g_getenv ("CNX_TEST_DATA"), "pictures", name, NULL);
  VipsImage *image = vips_image_new_from_file (path, NULL), *rgb = NULL;
  size_t size = 0;

  g_assert_nonnull (image);
  g_assert_cmpint (vips_colourspace (image, &rgb, VIPS_INTERPRETATION_sRGB, NULL), ==, 0);
  g_object_unref (image);
  if (rgb->Bands > 3) {
    g_assert_cmpint (vips_extract_band (rgb, &image, 0, "n", 3, NULL), ==, 0);
    g_object_unref (rgb);
    rgb = image;
  }
  g_assert_cmpint (rgb->Bands, ==, 3);
  guint8 *pixels = vips_image_write_to_memory (rgb, &size);
  gst_video_info_set_format (info, GST_VIDEO_FORMAT_RGB, rgb->Xsize, rgb->Ysize);
  info->fps_n = 25;
  info->fps_d = 1;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  for (int y = 0; y < rgb->Ysize; y++)
    gst_buffer_fill (buffer, y * info->stride[0], pixels + (gsize) y * rgb->Xsize * 3, rgb->Xsize * 3);
  g_free (pixels);
  g_object_unref (rgb);
  return buffer;
}

GstBuffer *
cnx_test_convert (GstBuffer * buffer, GstVideoInfo * info, GstVideoFormat format, int width, int height)
{
  GstVideoInfo to;
  GstVideoFrame in_frame, out_frame;

  gst_video_info_set_format (&to, format, width, height);
  to.fps_n = 25;
  to.fps_d = 1;
  GstVideoConverter *converter = gst_video_converter_new (info, &to, NULL);
  GstBuffer *out = gst_buffer_new_allocate (NULL, to.size, NULL);
  g_assert_true (gst_video_frame_map (&in_frame, info, buffer, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&out_frame, &to, out, GST_MAP_WRITE));
  gst_video_converter_frame (converter, &in_frame, &out_frame);
  gst_video_frame_unmap (&in_frame);
  gst_video_frame_unmap (&out_frame);
  gst_video_converter_free (converter);
  gst_buffer_unref (buffer);
  *info = to;
  return out;
}
