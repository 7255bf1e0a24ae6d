#include "gst-plugin/frame/framein.h"
#include "core/error.h"
#include "core/picture/resample.h"
#include "gst-plugin/frame/crop.h"
#include "gst-plugin/frame/layout.h"
#include "gst-plugin/frame/wholemeta.h"

#include <string.h>

struct _CnxFrameIn
{
  gatomicrefcount refs;
  GstVideoInfo caps;            /* of the frames, complete in colour */
  CnxRecipe recipe;             /* of the upright tensor */
  CnxDirection direction;
  float *lying;                 /* a tensor before it is turned; NULL where none is */

  /* made for so much of a frame, and made anew for another size */
  gboolean open;
  GstVideoInfo info;            /* what the resampler reads: the frame, to the picture's end */
  GstVideoConverter *converter; /* NULL where it reads the frames themselves */
  GstBuffer *buffer;            /* the converter's output, mapped in `frame` */
  GstVideoFrame frame;
  CnxLayoutCopy copy;            /* of a frame that the converter cannot be given as it is */

  /* made for a region and a whole, and made anew for others */
  GstVideoRectangle region;     /* the place in the frame; fields count as frames */
  CnxWhole whole;               /* what it stands for */
  CnxResampler *resampler;
  CnxFramePlan *plan;           /* of the same; NULL until it is asked for */
  CnxFramePlace place;          /* of the frame that was read last */
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
describe_shape (const GstVideoInfo * caps, CnxFrameFormat * format)
{
  format->par_n = caps->par_n;
  format->par_d = caps->par_d;
  if (caps->interlace_mode != GST_VIDEO_INTERLACE_MODE_ALTERNATE)
    return;
  if (format->par_d <= G_MAXINT / 2)
    format->par_d *= 2;
  else
    format->par_n /= 2;         /* to 0 where nothing is that narrow, which is refused */
}

/* How far into a sample of chroma the column, or of @rows the row, @at is. */
static int
within_chroma (const CnxFrameIn * in, int at, gboolean rows)
{
  const GstVideoFormatInfo *format = in->info.finfo;

  if (GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format) < 2)
    return 0;
  return at & ((1 << (rows ? GST_VIDEO_FORMAT_INFO_H_SUB (format, 1) : GST_VIDEO_FORMAT_INFO_W_SUB (format, 1))) - 1);
}

static void
describe (const CnxFrameIn * in, CnxFrameFormat * format)
{
  const GstVideoInfo *info = &in->info;
  const GstVideoChromaSite site = info->chroma_site;

  memset (format, 0, sizeof *format);
  format->width = in->region.w;
  format->height = in->region.h;
  format->whole = in->whole;
  format->skip_x = within_chroma (in, in->region.x, FALSE);
  format->skip_y = within_chroma (in, in->region.y, TRUE);
  format->pixels = direct[find_direct (GST_VIDEO_INFO_FORMAT (info))].pixels;
  format->full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  describe_shape (&in->caps, format);
  if (!gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix, &format->kr, &format->kb))
    gst_video_color_matrix_get_Kr_Kb (GST_VIDEO_COLOR_MATRIX_BT601, &format->kr, &format->kb);
  format->chroma_left = (site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0;
  format->chroma_top = (site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0;
}

/* The nearest format that the resampler reads, same size and colours, with chroma in every row where
 * there was. */
static gboolean
nearest (const GstVideoInfo * from, GstVideoInfo * to)
{
  GstVideoFormat format = GST_VIDEO_FORMAT_RGB;

  if (GST_VIDEO_INFO_IS_GRAY (from))
    format = GST_VIDEO_FORMAT_GRAY8;
  else if (GST_VIDEO_INFO_IS_YUV (from))
    format = GST_VIDEO_FORMAT_INFO_H_SUB (from->finfo, 1) ? GST_VIDEO_FORMAT_I420 :
        GST_VIDEO_FORMAT_YUY2;
  if (!gst_video_info_set_format (to, format, from->width, from->height))
    return FALSE;
  to->fps_n = from->fps_n;      /* a converter wants these to agree */
  to->fps_d = from->fps_d;
  if (format != GST_VIDEO_FORMAT_RGB) {
    to->colorimetry = from->colorimetry;
    to->chroma_site = from->chroma_site;
  }
  return TRUE;
}

static gboolean
add_converter (CnxFrameIn * in, GError ** error)
{
  const GstVideoInfo from = in->info;

  in->converter = nearest (&from, &in->info) ? gst_video_converter_new (&from, &in->info, NULL) : NULL;
  if (!in->converter) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "Frames in %s cannot be converted to %s",
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&from)),
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

static void
unaim (CnxFrameIn * in)
{
  g_clear_pointer (&in->resampler, cnx_resampler_free);
  g_clear_pointer (&in->plan, cnx_frame_plan_unref);
}

static void
close_source (CnxFrameIn * in)
{
  if (in->buffer)
    gst_video_frame_unmap (&in->frame);
  gst_clear_buffer (&in->buffer);
  g_clear_pointer (&in->converter, gst_video_converter_free);
  in->open = FALSE;
}

/* What the recipe asks for of a frame that is yet to be turned. */
static CnxRecipe
lying_recipe (const CnxFrameIn * in)
{
  CnxRecipe recipe = in->recipe;

  if (in->direction.swaps) {
    recipe.width = in->recipe.height;
    recipe.height = in->recipe.width;
  }
  return recipe;
}

static gboolean
turns (const CnxDirection * direction)
{
  return direction->swaps || direction->row_from_end || direction->column_from_end;
}

/* Readies @in to read frames up to the end of @picture. */
static gboolean
open_source (CnxFrameIn * in, const GstVideoRectangle * picture, GError ** error)
{
  const int width = picture->x + picture->w, height = picture->y + picture->h;

  if (in->open && in->info.width == width && in->info.height == height)
    return TRUE;
  close_source (in);
  in->info = in->caps;
  in->info.width = width;
  in->info.height = height;
  /* A converter would take chroma rows field by field: to us they are rows of a picture. */
  in->info.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  in->open = find_direct (GST_VIDEO_INFO_FORMAT (&in->info)) >= 0 || add_converter (in, error);
  return in->open;
}

/* Readies @in to make the tensor of @region, which stands for @whole. */
static gboolean
aim (CnxFrameIn * in, const GstVideoRectangle * region, const CnxWhole * whole, GError ** error)
{
  CnxFrameFormat format;

  if (in->resampler && memcmp (region, &in->region, sizeof *region) == 0
      && memcmp (whole, &in->whole, sizeof *whole) == 0)
    return TRUE;
  unaim (in);
  in->region = *region;
  in->whole = *whole;
  if (turns (&in->direction) && !in->lying && !(in->lying = cnx_try_new ((gsize) in->recipe.width * in->recipe.height,
              3 * sizeof (float), "a frame that is to be turned", error)))
    return FALSE;
  describe (in, &format);
  const CnxRecipe lying = lying_recipe (in);
  in->resampler = cnx_resampler_new (&format, &lying, error);
  return in->resampler != NULL;
}

CnxFrameIn *
cnx_frame_in_new (const GstVideoInfo * info, const CnxRecipe * recipe, GError ** error)
{
  g_autoptr (CnxFrameIn) in = g_new0 (CnxFrameIn, 1);
  const GstVideoRectangle all = { 0, 0, info->width, GST_VIDEO_INFO_FIELD_HEIGHT (info) };
  const CnxWhole itself = { 0 };

  g_atomic_ref_count_init (&in->refs);
  in->caps = *info;
  in->recipe = *recipe;
  complete_colour (&in->caps);
  return open_source (in, &all, error) && aim (in, &all, &itself, error) ? g_steal_pointer (&in) : NULL;
}

CnxFrameIn *
cnx_frame_in_ref (CnxFrameIn * in)
{
  g_atomic_ref_count_inc (&in->refs);
  return in;
}

void
cnx_frame_in_unref (CnxFrameIn * in)
{
  if (!g_atomic_ref_count_dec (&in->refs))
    return;
  unaim (in);
  close_source (in);
  g_free (in->copy.bytes);
  g_free (in->lying);
  g_free (in);
}

void
cnx_frame_in_set_direction (CnxFrameIn * in, GstVideoOrientationMethod method)
{
  const CnxDirection direction = cnx_direction_of (method);

  if (memcmp (&direction, &in->direction, sizeof direction) == 0)
    return;
  unaim (in);
  in->direction = direction;
  g_clear_pointer (&in->lying, g_free);
}

/* A buffer's rows are those of one field. */
static int
fields_of (const CnxFrameIn * in)
{
  return in->caps.interlace_mode == GST_VIDEO_INTERLACE_MODE_ALTERNATE ? 2 : 1;
}

/* What of @frame is the picture, in the rows that a buffer has. */
static GstVideoRectangle
picture_in (const CnxFrameIn * in, const GstVideoFrame * frame)
{
  GstVideoRectangle picture = cnx_frame_picture (frame->buffer, &in->caps);
  const int fields = fields_of (in);

  picture.y /= fields;
  picture.h = (picture.h + fields - 1) / fields;
  return picture;
}

/* What is cropped has become a picture of its own. */
static CnxWhole
whole_of (const GstVideoFrame * frame)
{
  return gst_buffer_get_video_crop_meta (frame->buffer) ? (CnxWhole) {0} : cnx_whole_meta_get (frame->buffer);
}

/* The planes of @frame, which is in a format of `direct`, from the chroma sample on that the region begins in. */
static CnxFramePlanes
planes_of (const CnxFrameIn * in, const GstVideoFrame * frame)
{
  const GstVideoFormatInfo *format = in->info.finfo;
  const int *planes = direct[find_direct (GST_VIDEO_INFO_FORMAT (&in->info))].planes;
  const int x = in->region.x - within_chroma (in, in->region.x, FALSE);
  const int y = in->region.y - within_chroma (in, in->region.y, TRUE);
  CnxFramePlanes to = { 0 };

  for (guint i = 0; i < GST_VIDEO_FORMAT_INFO_N_PLANES (format); i++) {
    int components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component (format, planes[i], components);
    const int c = components[0];
    const guint8 *data = GST_VIDEO_FRAME_PLANE_DATA (frame, planes[i]);

    to.strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, planes[i]);
    to.planes[i] = data + (y >> GST_VIDEO_FORMAT_INFO_H_SUB (format, c)) * to.strides[i] +
        (x >> GST_VIDEO_FORMAT_INFO_W_SUB (format, c)) * GST_VIDEO_FORMAT_INFO_PSTRIDE (format, c);
  }
  return to;
}

/* What the resampler reads of @frame, up to the end of @picture: itself, or its conversion. NULL and an error where
 * nothing can be read. */
static const GstVideoFrame *
source_of (CnxFrameIn * in, const GstVideoFrame * frame, const GstVideoRectangle * picture, GError ** error)
{
  if (picture->w < 1 || picture->h < 1) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "A frame is cropped to nothing");
    return NULL;
  }
  if (!open_source (in, picture, error))
    return NULL;
  if (!cnx_layout_holds (frame, in->info.width, in->info.height)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "A buffer is too short for the frame of %d x %d pixels in %s that "
        "its GstVideoMeta says is in it", GST_VIDEO_FRAME_WIDTH (frame), GST_VIDEO_FRAME_HEIGHT (frame),
        gst_video_format_to_string (GST_VIDEO_FRAME_FORMAT (frame)));
    return NULL;
  }
  if (!in->converter)
    return frame;
  GstVideoFrame rows = *frame;

  rows.info.width = in->info.width;
  rows.info.height = in->info.height;
  rows.info.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  rows.flags &= ~(GST_VIDEO_FRAME_FLAG_INTERLACED | GST_VIDEO_FRAME_FLAG_TFF |
      GST_VIDEO_FRAME_FLAG_RFF | GST_VIDEO_FRAME_FLAG_ONEFIELD);
  if (!cnx_layout_ease (&rows, in->info.width, in->info.height, &in->copy, error))
    return NULL;
  gst_video_converter_frame (in->converter, &rows, &in->frame);
  return &in->frame;
}

/* Where the input lies in @picture. */
static CnxFramePlace
place_in (const CnxFrameIn * in, const GstVideoRectangle * picture)
{
  const CnxCovered covered = cnx_resampler_covered (in->resampler);

  return (CnxFramePlace) { covered.x / picture->w, covered.y / picture->h, covered.width / picture->w,
      covered.height / picture->h, in->direction
  };
}

CnxFramePlace
cnx_frame_in_place (const CnxFrameIn * in)
{
  return in->place;
}

/* Readies @in for @frame, and points @planes at what of it, or of its conversion, is the picture. */
static gboolean
look_at (CnxFrameIn * in, const GstVideoFrame * frame, CnxFramePlanes * planes, GError ** error)
{
  const GstVideoRectangle picture = picture_in (in, frame);
  const CnxWhole whole = whole_of (frame);
  const GstVideoFrame *source = source_of (in, frame, &picture, error);

  if (!source || !aim (in, &picture, &whole, error))
    return FALSE;
  in->place = place_in (in, &picture);
  *planes = planes_of (in, source);
  return TRUE;
}

/* The upright tensor of the one that lies. */
static void
turn (const CnxFrameIn * in, float *out)
{
  const CnxRecipe lying = lying_recipe (in);

  for (int y = 0; y < in->recipe.height; y++) {
    for (int x = 0; x < in->recipe.width; x++, out += 3) {
      int column, row;
      cnx_direction_find (&in->direction, lying.width, lying.height, x, y, &column, &row);
      memcpy (out, in->lying + 3 * ((gsize) row * lying.width + column), 3 * sizeof *out);
    }
  }
}

static void
resample (const CnxFrameIn * in, const CnxFramePlanes * planes, float *out)
{
  cnx_resampler_run (in->resampler, planes, in->lying ? in->lying : out);
  if (in->lying)
    turn (in, out);
}

gboolean
cnx_frame_in_run (CnxFrameIn * in, const GstVideoFrame * frame, float *out, GError ** error)
{
  CnxFramePlanes planes;

  if (!look_at (in, frame, &planes, error))
    return FALSE;
  resample (in, &planes, out);
  return TRUE;
}

/* @region, which counts the rows of all fields, in those of this one: every one that has a row of it. FALSE where that
 * is not within @picture. */
static gboolean
find_rows (const CnxFrameIn * in, const GstVideoRectangle * region, const GstVideoRectangle * picture,
    GstVideoRectangle * rows)
{
  const int fields = fields_of (in);

  if (region->x < picture->x || region->y < 0 || region->y / fields < picture->y || region->w < 1 || region->h < 1
      || region->w > picture->x + picture->w - region->x || region->h > G_MAXINT - region->y - 1)
    return FALSE;
  const int bottom = (region->y + region->h + fields - 1) / fields;
  *rows = (GstVideoRectangle) { region->x, region->y / fields, region->w, bottom - region->y / fields };
  return bottom <= picture->y + picture->h;
}

gboolean
cnx_frame_in_run_regions (CnxFrameIn * in, const GstVideoFrame * frame, const GstVideoRectangle * regions, guint n,
    float *out, GError ** error)
{
  const GstVideoRectangle picture = picture_in (in, frame);
  const GstVideoFrame *source = source_of (in, frame, &picture, error);
  const CnxWhole itself = { 0 };

  if (!source)
    return FALSE;
  for (guint i = 0; i < n; i++, out += (gsize) in->recipe.width * in->recipe.height * 3) {
    GstVideoRectangle rows;

    if (!find_rows (in, &regions[i], &picture, &rows)) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "A region of %d x %d pixels at %d, %d is not within the picture",
          regions[i].w, regions[i].h, regions[i].x, regions[i].y);
      return FALSE;
    }
    if (!aim (in, &rows, &itself, error))
      return FALSE;
    const CnxFramePlanes planes = planes_of (in, source);
    resample (in, &planes, out);
  }
  return TRUE;
}

gboolean
cnx_frame_in_pack (CnxFrameIn * in, const GstVideoFrame * frame, float *out, CnxFramePlan ** plan,
    GError ** error)
{
  CnxFramePlanes planes;

  if (!look_at (in, frame, &planes, error))
    return FALSE;
  if (!in->plan)
    in->plan = cnx_frame_plan_new (in->resampler);
  if (!in->lying && cnx_frame_plan_bytes (in->plan) < cnx_frame_plan_tensor_bytes (in->plan)) {
    cnx_frame_plan_pack (in->plan, &planes, (guint8 *) out);
    *plan = in->plan;
  } else {
    resample (in, &planes, out);
    *plan = NULL;
  }
  return TRUE;
}

gboolean
cnx_frame_in_map (GstVideoFrame * frame, const GstVideoInfo * info, GstBuffer * buffer, GError ** error)
{
  if (gst_video_frame_map (frame, info, buffer, GST_MAP_READ))
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT,
      "Cannot read a frame: the buffer does not hold one of the negotiated caps");
  return FALSE;
}
