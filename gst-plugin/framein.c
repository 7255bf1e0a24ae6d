#include "gst-plugin/framein.h"
#include "core/error.h"
#include "core/resample.h"

#include <string.h>

struct _CnxFrameIn
{
  CnxResampler *resampler;
  GstVideoInfo info;            /* what the resampler reads */
  GstVideoConverter *converter; /* NULL where it reads the frames themselves */
  GstBuffer *buffer;            /* the converter's output, mapped in `frame` */
  GstVideoFrame frame;
};

/* What core/resample reads, and which planes it wants in its order. */
static const struct
{
  GstVideoFormat format;
  CnxPixelFormat pixels;
  int planes[3];
} direct[] = {
  {GST_VIDEO_FORMAT_NV12, CNX_PIXELS_NV12, {0, 1}},
  {GST_VIDEO_FORMAT_I420, CNX_PIXELS_I420, {0, 1, 2}},
  {GST_VIDEO_FORMAT_YV12, CNX_PIXELS_I420, {0, 2, 1}},
  {GST_VIDEO_FORMAT_YUY2, CNX_PIXELS_YUY2, {0}},
  {GST_VIDEO_FORMAT_RGB, CNX_PIXELS_RGB, {0}},
  {GST_VIDEO_FORMAT_BGR, CNX_PIXELS_BGR, {0}},
  {GST_VIDEO_FORMAT_RGBx, CNX_PIXELS_RGBX, {0}},
  {GST_VIDEO_FORMAT_RGBA, CNX_PIXELS_RGBX, {0}},
  {GST_VIDEO_FORMAT_BGRx, CNX_PIXELS_BGRX, {0}},
  {GST_VIDEO_FORMAT_BGRA, CNX_PIXELS_BGRX, {0}},
  {GST_VIDEO_FORMAT_xRGB, CNX_PIXELS_XRGB, {0}},
  {GST_VIDEO_FORMAT_ARGB, CNX_PIXELS_XRGB, {0}},
  {GST_VIDEO_FORMAT_xBGR, CNX_PIXELS_XBGR, {0}},
  {GST_VIDEO_FORMAT_ABGR, CNX_PIXELS_XBGR, {0}},
  {GST_VIDEO_FORMAT_GRAY8, CNX_PIXELS_GRAY8, {0}},
};

static int
find_direct (GstVideoFormat format)
{
  for (guint i = 0; i < G_N_ELEMENTS (direct); i++)
    if (direct[i].format == format)
      return i;
  return -1;
}

/* Rows that a buffer holds: a field's where each field has a buffer of its own. */
static int
frame_height (const GstVideoInfo * info)
{
  return info->interlace_mode == GST_VIDEO_INTERLACE_MODE_ALTERNATE ?
      GST_VIDEO_INFO_FIELD_HEIGHT (info) : info->height;
}

/* What the caps leave open about colour, as GStreamer has it for a picture of this size. */
static void
complete_colour (GstVideoInfo * info)
{
  GstVideoInfo usual;

  gst_video_info_init (&usual);
  if (!gst_video_info_set_format (&usual, GST_VIDEO_INFO_FORMAT (info), info->width, info->height))
    return;
  if (info->colorimetry.range == GST_VIDEO_COLOR_RANGE_UNKNOWN)
    info->colorimetry.range = usual.colorimetry.range;
  if (info->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN)
    info->colorimetry.matrix = usual.colorimetry.matrix;
  if (info->chroma_site == GST_VIDEO_CHROMA_SITE_UNKNOWN)
    info->chroma_site = usual.chroma_site;
}

/* A field's rows stand twice as far apart on the screen as a frame's. */
static void
describe (const GstVideoInfo * info, CnxFrameFormat * format)
{
  const gboolean field = info->interlace_mode == GST_VIDEO_INTERLACE_MODE_ALTERNATE;
  const GstVideoChromaSite site = info->chroma_site;

  memset (format, 0, sizeof *format);
  format->width = info->width;
  format->height = frame_height (info);
  format->pixels = direct[find_direct (GST_VIDEO_INFO_FORMAT (info))].pixels;
  format->full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  format->par_n = info->par_n;
  format->par_d = field ? info->par_d * 2 : info->par_d;
  if (!gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix, &format->kr, &format->kb))
    gst_video_color_matrix_get_Kr_Kb (GST_VIDEO_COLOR_MATRIX_BT601, &format->kr, &format->kb);
  format->chroma_left = (site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0;
  format->chroma_top = (site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0;
}

/* The nearest format that the resampler reads, same size and colours, with chroma in every row where
 * there was. */
static void
nearest (const GstVideoInfo * from, GstVideoInfo * to)
{
  GstVideoFormat format = GST_VIDEO_FORMAT_RGB;

  if (GST_VIDEO_INFO_IS_GRAY (from))
    format = GST_VIDEO_FORMAT_GRAY8;
  else if (GST_VIDEO_INFO_IS_YUV (from))
    format = GST_VIDEO_FORMAT_INFO_H_SUB (from->finfo, 1) ? GST_VIDEO_FORMAT_I420 :
        GST_VIDEO_FORMAT_YUY2;
  gst_video_info_set_format (to, format, from->width, frame_height (from));
  to->fps_n = from->fps_n;      /* a converter wants these to agree */
  to->fps_d = from->fps_d;
  if (format != GST_VIDEO_FORMAT_RGB) {
    to->colorimetry = from->colorimetry;
    to->chroma_site = from->chroma_site;
  }
  to->par_n = from->par_n;
  to->par_d = from->par_d;
  if (from->interlace_mode == GST_VIDEO_INTERLACE_MODE_ALTERNATE)
    to->par_d *= 2;
}

static gboolean
add_converter (CnxFrameIn * in, const GstVideoInfo * info, GError ** error)
{
  GstVideoInfo from = *info;

  nearest (info, &in->info);
  from.height = frame_height (info);
  from.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  in->converter = gst_video_converter_new (&from, &in->info, NULL);
  if (!in->converter) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "Frames in %s cannot be converted to %s",
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)),
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&in->info)));
    return FALSE;
  }
  in->buffer = gst_buffer_new_allocate (NULL, in->info.size, NULL);
  if (in->buffer && gst_video_frame_map (&in->frame, &in->info, in->buffer, GST_MAP_READWRITE))
    return TRUE;
  gst_clear_buffer (&in->buffer);
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "There is no memory for a frame of %d x %d",
      in->info.width, in->info.height);
  return FALSE;
}

CnxFrameIn *
cnx_frame_in_new (const GstVideoInfo * info, const CnxRecipe * recipe, GError ** error)
{
  g_autoptr (CnxFrameIn) in = g_new0 (CnxFrameIn, 1);
  GstVideoInfo from = *info;
  CnxFrameFormat format;

  complete_colour (&from);
  in->info = from;
  if (find_direct (GST_VIDEO_INFO_FORMAT (info)) < 0 && !add_converter (in, &from, error))
    return NULL;
  describe (&in->info, &format);
  in->resampler = cnx_resampler_new (&format, recipe, error);
  return in->resampler ? g_steal_pointer (&in) : NULL;
}

void
cnx_frame_in_free (CnxFrameIn * in)
{
  if (!in)
    return;
  if (in->buffer)
    gst_video_frame_unmap (&in->frame);
  gst_clear_buffer (&in->buffer);
  g_clear_pointer (&in->converter, gst_video_converter_free);
  g_clear_pointer (&in->resampler, cnx_resampler_free);
  g_free (in);
}

void
cnx_frame_in_run (CnxFrameIn * in, const GstVideoFrame * frame, float *out)
{
  const int *planes = direct[find_direct (GST_VIDEO_INFO_FORMAT (&in->info))].planes;
  CnxFramePlanes to = { 0 };

  if (in->converter) {
    GstVideoFrame rows = *frame;

    /* The converter would take chroma rows field by field: to us they are rows of a picture. */
    rows.info.height = in->info.height;
    rows.info.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
    rows.flags &= ~(GST_VIDEO_FRAME_FLAG_INTERLACED | GST_VIDEO_FRAME_FLAG_TFF |
        GST_VIDEO_FRAME_FLAG_RFF | GST_VIDEO_FRAME_FLAG_ONEFIELD);
    gst_video_converter_frame (in->converter, &rows, &in->frame);
    frame = &in->frame;
  }
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    to.planes[i] = GST_VIDEO_FRAME_PLANE_DATA (frame, planes[i]);
    to.strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, planes[i]);
  }
  cnx_resampler_run (in->resampler, &to, out);
}
