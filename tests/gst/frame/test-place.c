/* Where the network's input lies in a frame: of a frame whose levels tell where they are, the input's levels do. */
#include "gst-plugin/frame/framein.h"
#include "gst-plugin/frame/wholemeta.h"
#include "tests/gst/elements.h"

#include <math.h>
#include <string.h>

#define SIDE 64
#define RIM 3                   /* pixels at a side of the input, and of the frame, whose filter lacks neighbours */

/* A frame in which each pixel's level is its column, or its row. */
static GstBuffer *
ramp (const GstVideoInfo * info, gboolean rows)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  const int samples = GST_VIDEO_INFO_COMP_PSTRIDE (info, 0);
  GstVideoFrame frame;

  gst_buffer_memset (buffer, 0, 128, info->size);
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (int y = 0; y < GST_VIDEO_INFO_FIELD_HEIGHT (info); y++)
    for (int x = 0; x < info->width; x++)
      memset ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) + y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) +
          x * samples, rows ? y : x, samples);
  gst_video_frame_unmap (&frame);
  return buffer;
}

typedef struct
{
  const char *caps;
  CnxCropMode crop_mode;
  int resize;
  int crop[4];                  /* x, y, width, height of a crop meta; 0: none */
  GstVideoOrientationMethod direction;
  CnxWhole whole;
} Row;

#define RGB "video/x-raw,format=RGB,width=240,height=160"
#define NV12 "video/x-raw,format=NV12,width=240,height=160,colorimetry=1:4:0:0"

static const Row rows[] = {
  {RGB, CNX_CROP_CENTER, SIDE}, {RGB, CNX_CROP_CENTER, 80}, {RGB, CNX_CROP_SQUASH, SIDE}, {RGB, CNX_CROP_SQUASH, 72},
  {RGB, CNX_CROP_BORDER, SIDE}, {RGB, CNX_CROP_CENTER, 50},
  {RGB ",pixel-aspect-ratio=2/1", CNX_CROP_CENTER, 80}, {RGB ",pixel-aspect-ratio=1/2", CNX_CROP_BORDER, SIDE},
  {"video/x-raw(format:Interlaced),format=RGB,width=240,height=320,interlace-mode=alternate", CNX_CROP_CENTER, 80},
  {RGB, CNX_CROP_CENTER, 80, {31, 17, 120, 101}}, {NV12, CNX_CROP_CENTER, 80, {31, 17, 121, 100}},
  {NV12, CNX_CROP_SQUASH, SIDE, {100, 3, 140, 157}},
  {RGB, CNX_CROP_CENTER, 80, {0}, GST_VIDEO_ORIENTATION_90R},
  {RGB, CNX_CROP_CENTER, 80, {0}, GST_VIDEO_ORIENTATION_90L},
  {RGB, CNX_CROP_CENTER, 80, {0}, GST_VIDEO_ORIENTATION_180},
  {NV12, CNX_CROP_BORDER, SIDE, {31, 17, 121, 100}, GST_VIDEO_ORIENTATION_90R},
  {RGB, CNX_CROP_SQUASH, SIDE, {0}, GST_VIDEO_ORIENTATION_HORIZ},
  {RGB, CNX_CROP_SQUASH, SIDE, {0}, GST_VIDEO_ORIENTATION_UL_LR},
  {RGB, CNX_CROP_CENTER, 80, {0}, GST_VIDEO_ORIENTATION_IDENTITY, {1917, 1273, 0, 0, 239.625, 159.125}},
  {RGB, CNX_CROP_CENTER, 80, {0}, GST_VIDEO_ORIENTATION_IDENTITY, {1925, 1285, -0.625, -0.625, 240.625, 160.625}},
};

/* The input's levels along one side of the frame against where @place says that they come from. */
static void
check_side (const CnxFramePlace * place, const float *tensor, gboolean down, double begin,
    double extent)
{
  const double from = begin + (down ? place->y : place->x) * extent;
  const double scale = (down ? place->h : place->w) * extent / SIDE;
  guint checked = 0;

  for (int y = RIM; y < SIDE - RIM; y++)
    for (int x = RIM; x < SIDE - RIM; x++) {
      int column, line;

      cnx_direction_find (&place->direction, SIDE, SIDE, x, y, &column, &line);
      const double level = from + ((down ? line : column) + 0.5) * scale - 0.5;
      const double across = down ? place->x + (column + 0.5) * place->w / SIDE :
          place->y + (line + 0.5) * place->h / SIDE;
      const double rim = RIM * MAX (scale, 1);
      if (level < begin + rim || level > begin + extent - rim || across < 0.05 || across > 0.95)
        continue;               /* padded, or next to it */
      g_assert_cmpfloat_with_epsilon (tensor[(y * SIDE + x) * 3], level, 0.6);
      checked++;
    }
  g_assert_cmpuint (checked, >, 500);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GstCaps) caps = gst_caps_from_string (row->caps);
  CnxRecipe recipe = cnx_test_plain_recipe (SIDE);
  g_autofree float *tensor = g_new (float, SIDE * SIDE * 3);
  GstVideoInfo info;

  recipe.crop_mode = row->crop_mode;
  recipe.resize = row->resize;
  g_assert_true (gst_video_info_from_caps (&info, caps));
  for (int down = 0; down < 2; down++) {
    g_autoptr (CnxFrameIn) in = cnx_frame_in_new (&info, &recipe, NULL);
    g_autoptr (GstBuffer) buffer = ramp (&info, down);
    GstVideoFrame frame;

    if (row->whole.width)
      cnx_whole_meta_add (buffer, &row->whole);
    if (row->crop[2]) {
      GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);

      crop->x = row->crop[0];
      crop->y = row->crop[1];
      crop->width = row->crop[2];
      crop->height = row->crop[3];
    }
    cnx_frame_in_set_direction (in, row->direction);
    g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
    g_assert_true (cnx_frame_in_run (in, &frame, tensor, NULL));
    gst_video_frame_unmap (&frame);
    const CnxFramePlace place = cnx_frame_in_place (in);
    const int all = down ? GST_VIDEO_INFO_FIELD_HEIGHT (&info) : info.width;
    check_side (&place, tensor, down, row->crop[down], row->crop[2 + down] ? row->crop[2 + down] : all);
  }
}

/* By hand: of 1920 x 1080, made 455 x 256, the middle 224. */
static void
test_by_hand (void)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-raw,format=NV12,width=1920,height=1080");
  g_autoptr (GstBuffer) buffer = NULL;
  g_autofree float *tensor = g_new (float, 224 * 224 * 3);
  GstVideoInfo info;
  GstVideoFrame frame;
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_autoptr (CnxFrameIn) in = cnx_frame_in_new (&info, &recipe, NULL);
  buffer = ramp (&info, FALSE);
  g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  g_assert_true (cnx_frame_in_run (in, &frame, tensor, NULL));
  gst_video_frame_unmap (&frame);
  const CnxFramePlace place = cnx_frame_in_place (in);
  g_assert_cmpfloat_with_epsilon (place.x, 116 / 455.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (place.y, 16 / 256.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (place.w, 224 / 455.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (place.h, 224 / 256.0, 1e-9);
  g_assert_false (place.direction.swaps);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/place/%02u", i);

    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/place/by-hand", test_by_hand);
  return g_test_run ();
}
