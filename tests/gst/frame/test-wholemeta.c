/* Frames that stand for a larger picture: what they say of it reaches the tensor, and only theirs. */
#include "gst-plugin/frame/wholemeta.h"
#include "core/error.h"
#include "gst-plugin/frame/framein.h"
#include "tests/gst/elements.h"

#include <gst/check/gstharness.h>

#define WIDTH 96
#define HEIGHT 64
#define SIDE 32
#define VALUES (SIDE * SIDE * 3)

static const CnxWhole whole = { 760, 504, 0.5, -0.75, WIDTH - 1, HEIGHT + 0.25 };

static GstVideoInfo
frame_info (void)
{
  GstVideoInfo info;

  gst_video_info_init (&info);
  g_assert_true (gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT));
  return info;
}

/* Red rises by two a pixel to the right, green downwards. */
static GstBuffer *
ramp (void)
{
  guint8 *pixels = g_new0 (guint8, WIDTH * HEIGHT * 3);

  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      pixels[3 * (WIDTH * y + x)] = 20 + 2 * x;
      pixels[3 * (WIDTH * y + x) + 1] = 20 + 2 * y;
    }
  return gst_buffer_new_wrapped (pixels, WIDTH * HEIGHT * 3);
}

static CnxFrameIn *
frame_in (void)
{
  const GstVideoInfo info = frame_info ();
  const CnxRecipe recipe = cnx_test_plain_recipe (SIDE);
  CnxFrameIn *in = cnx_frame_in_new (&info, &recipe, NULL);
  g_assert_nonnull (in);
  return in;
}

/* The tensor of @buffer in levels of 255, or NULL and an error. */
static float *
run (CnxFrameIn * in, GstBuffer * buffer, GError ** error)
{
  const GstVideoInfo info = frame_info ();
  g_autofree float *tensor = g_new0 (float, VALUES);
  GstVideoFrame frame;

  g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  const gboolean ok = cnx_frame_in_run (in, &frame, tensor, error);
  gst_video_frame_unmap (&frame);
  return ok ? g_steal_pointer (&tensor) : NULL;
}

/* Away from the edges, what the ramp is at the middle of each of the tensor's pixels. */
static void
assert_placed (const float *tensor, const CnxWhole * place)
{
  for (int y = 3; y < SIDE - 3; y++)
    for (int x = 3; x < SIDE - 3; x++) {
      const float *pixel = tensor + 3 * (SIDE * y + x);
      g_assert_cmpfloat_with_epsilon (pixel[0], 19 + 2 * (place->x + (x + 0.5) * place->across / SIDE), 0.51);
      g_assert_cmpfloat_with_epsilon (pixel[1], 19 + 2 * (place->y + (y + 0.5) * place->down / SIDE), 0.51);
    }
}

/* By one CnxFrameIn: a frame that is the whole, one that is not, a copy of it, one that is cropped since. */
static void
test_placed (void)
{
  const CnxWhole itself = { 0, 0, 0, 0, WIDTH, HEIGHT };
  g_autoptr (CnxFrameIn) in = frame_in ();

  for (int i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) buffer = ramp (), copy = NULL;

    if (i > 0)
      cnx_whole_meta_add (buffer, &whole);
    copy = gst_buffer_copy (buffer);
    if (i == 3) {
      GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (copy);
      crop->width = WIDTH;
      crop->height = HEIGHT;
    }
    g_autofree float *tensor = run (in, i == 1 ? buffer : copy, NULL);
    g_assert_nonnull (tensor);
    assert_placed (tensor, i == 1 || i == 2 ? &whole : &itself);
  }
}

/* Of no use: an error, and the next frame is right again. */
static void
test_refused (void)
{
  const CnxWhole wrong = { 760, 504, 0, 0, 2 * WIDTH, HEIGHT };
  g_autoptr (CnxFrameIn) in = frame_in ();
  g_autoptr (GstBuffer) bad = ramp (), good = ramp ();
  g_autoptr (GError) error = NULL;

  cnx_whole_meta_add (bad, &wrong);
  g_assert_null (run (in, bad, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  cnx_whole_meta_add (good, &whole);
  g_autofree float *tensor = run (in, good, NULL);
  g_assert_nonnull (tensor);
  assert_placed (tensor, &whole);
}

/* A structure that somebody else filled in. */
static void
test_not_readable (void)
{
  g_autoptr (GstBuffer) buffer = ramp ();
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, "convnext-whole");

  gst_structure_set (gst_custom_meta_get_structure (meta), "width", G_TYPE_INT, 5, "x", G_TYPE_STRING, "left", NULL);
  g_assert_cmpint (cnx_whole_meta_get (buffer).width, ==, 0);
}

/* What makes other pixels of a frame's does not hand on what was said of them. */
static void
test_travels (void)
{
  static const struct
  {
    const char *element;
    gboolean stays;
  } cases[] = {
    {"identity", TRUE}, {"videoconvert ! capsfilter caps=video/x-raw,format=NV12", FALSE},
    {"videoscale ! capsfilter caps=video/x-raw,width=48,height=32", FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *h = gst_harness_new_parse (cases[i].element);
    GstBuffer *buffer = ramp ();

    gst_harness_set_src_caps_str (h, "video/x-raw,format=RGB,width=96,height=64,framerate=25/1");
    cnx_whole_meta_add (buffer, &whole);
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, buffer);
    const CnxWhole found = cnx_whole_meta_get (out), expected = cases[i].stays ? whole : (CnxWhole) {0};
    g_assert_cmpmem (&found, sizeof found, &expected, sizeof expected);
    gst_harness_teardown (h);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  cnx_whole_meta_register ();
  cnx_whole_meta_register ();
  g_test_add_func ("/wholemeta/placed", test_placed);
  g_test_add_func ("/wholemeta/refused", test_refused);
  g_test_add_func ("/wholemeta/not-readable", test_not_readable);
  g_test_add_func ("/wholemeta/travels", test_travels);
  return g_test_run ();
}
