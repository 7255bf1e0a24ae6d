/* The shipped model on photographs, through the element: what its card says PyTorch answers, and what the
 * plain-C reference answers on the very same frames, in several formats, sizes and mirrored. */
#include "core/labels.h"
#include "core/reference.h"
#include "gst-plugin/framein.h"
#include "gst-plugin/labelmeta.h"

#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <vips/vips.h>

#define TOP_K 3

static CnxModel *model;

/* ---- frames ---- */

static GstBuffer *
load_rgb (const char *name, GstVideoInfo * info)
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

/* Another format and size of the same frame; frees @buffer and writes the new @info. */
static GstBuffer *
convert (GstBuffer * buffer, GstVideoInfo * info, GstVideoFormat format, int width, int height)
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

static GstBuffer *
mirror (GstBuffer * buffer, const GstVideoInfo * info)
{
  GstMapInfo from, to;
  GstBuffer *out = gst_buffer_new_allocate (NULL, info->size, NULL);

  gst_buffer_map (buffer, &from, GST_MAP_READ);
  gst_buffer_map (out, &to, GST_MAP_WRITE);
  for (int y = 0; y < info->height; y++)
    for (int x = 0; x < info->width; x++)
      memcpy (to.data + y * info->stride[0] + x * 3,
          from.data + y * info->stride[0] + (info->width - 1 - x) * 3, 3);
  gst_buffer_unmap (buffer, &from);
  gst_buffer_unmap (out, &to);
  gst_buffer_unref (buffer);
  return out;
}

/* ---- answers ---- */

typedef struct
{
  guint n;
  int ids[TOP_K];
  char labels[TOP_K][64];
  double confidences[TOP_K];
} Answer;

static gboolean
keep (const CnxMetaLabels * labels, gpointer user_data)
{
  Answer *answer = user_data;

  answer->n = MIN (labels->n, TOP_K);
  for (guint i = 0; i < answer->n; i++) {
    answer->ids[i] = labels->labels[i].id;
    g_strlcpy (answer->labels[i], labels->labels[i].label, sizeof answer->labels[i]);
    answer->confidences[i] = labels->labels[i].confidence;
  }
  return FALSE;
}

/* What the element says of one frame; takes @buffer. */
static Answer
ask_element (GstBuffer * buffer, const GstVideoInfo * info, const char *properties)
{
  g_autofree char *line = g_strdup_printf ("convnext mode=every-frame %s", properties);
  GstHarness *harness = gst_harness_new_parse (line);
  Answer answer = { 0 };

  gst_harness_set_src_caps (harness, gst_video_info_to_caps (info));
  GstBuffer *out = gst_harness_push_and_pull (harness, buffer);
  g_assert_nonnull (out);
  g_assert_cmpuint (cnx_label_meta_foreach (out, keep, &answer), ==, 1);
  gst_buffer_unref (out);
  gst_harness_teardown (harness);
  return answer;
}

/* What the plain-C reference says of the same frame. */
static Answer
ask_reference (GstBuffer * buffer, const GstVideoInfo * info)
{
  g_autoptr (GError) error = NULL;
  const CnxRecipe *recipe = cnx_model_recipe (model);
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (info);
  GstVideoInfo seen;            /* as the element reads it off the caps, defaults filled in */
  g_assert_true (gst_video_info_from_caps (&seen, caps));
  g_autoptr (CnxFrameIn) in = cnx_frame_in_new (&seen, recipe, &error);
  g_assert_no_error (error);
  g_autofree float *tensor = g_new (float, (gsize) recipe->width * recipe->height * 3);
  const int classes = cnx_model_arch (model)->classes;
  g_autofree float *logits = g_new (float, classes);
  CnxLabel top[TOP_K];
  GstVideoFrame frame;
  Answer answer = { 0 };

  g_assert_true (gst_video_frame_map (&frame, &seen, buffer, GST_MAP_READ));
  g_assert_true (cnx_frame_in_run (in, &frame, tensor, NULL));
  gst_video_frame_unmap (&frame);
  g_assert_true (cnx_reference_forward (model, tensor, 1, recipe->height, recipe->width, logits, &error));
  answer.n = cnx_labels_top_k (logits, classes, TOP_K, 0, top);
  for (guint i = 0; i < answer.n; i++) {
    answer.ids[i] = top[i].id;
    g_strlcpy (answer.labels[i], cnx_model_label (model, top[i].id), sizeof answer.labels[i]);
    answer.confidences[i] = top[i].confidence;
  }
  return answer;
}

static void
assert_same (const Answer * got, const Answer * want)
{
  g_assert_cmpuint (got->n, ==, want->n);
  for (guint i = 0; i < want->n; i++) {
    g_assert_cmpint (got->ids[i], ==, want->ids[i]);
    g_assert_cmpstr (got->labels[i], ==, want->labels[i]);
    g_assert_cmpfloat_with_epsilon (got->confidences[i], want->confidences[i], 1e-4);
  }
}

/* ---- tests ---- */

static void
check_frame (GstBuffer * buffer, const GstVideoInfo * info)
{
  const Answer want = ask_reference (buffer, info);
  const Answer got = ask_element (buffer, info, "top-k=3 threshold=0");

  assert_same (&got, &want);
}

/* A picture of the card: its top label and confidence in RGB, and the reference's answer in every guise. */
static void
test_photograph (gconstpointer data)
{
  JsonObject *entry = (JsonObject *) data;
  const char *name = json_object_get_string_member (entry, "picture");
  JsonObject *top = json_array_get_object_element (json_object_get_array_member (entry, "top3"), 0);
  const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12 };
  g_autofree char *path = g_build_filename (g_getenv ("CNX_TEST_DATA"), "pictures", name, NULL);
  GstVideoInfo info;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_test_skip ("its licence is not among those that the tests ship");
    return;
  }
  GstBuffer *buffer = load_rgb (name, &info);
  const Answer want = ask_reference (buffer, &info);
  const Answer got = ask_element (buffer, &info, "top-k=3 threshold=0");
  g_test_message ("%s: %s %.4f", name, got.labels[0], got.confidences[0]);
  g_assert_cmpstr (got.labels[0], ==, json_object_get_string_member (top, "label"));
  g_assert_cmpfloat_with_epsilon (got.confidences[0], json_object_get_double_member (top, "confidence"),
      0.02);
  assert_same (&got, &want);

  buffer = mirror (load_rgb (name, &info), &info);
  check_frame (buffer, &info);
  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    buffer = load_rgb (name, &info);
    buffer = convert (buffer, &info, formats[f], info.width, info.height);
    check_frame (buffer, &info);
  }
  buffer = convert (load_rgb (name, &info), &info, GST_VIDEO_FORMAT_NV12, 1920, 1080);
  check_frame (buffer, &info);
}

/* Frames that show nothing stay without a label at the threshold that the element has by itself. */
static void
test_nothing (void)
{
  GstVideoInfo info;
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 320, 240);
  info.fps_n = 25;
  for (int noise = 0; noise < 2; noise++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
    GstMapInfo map;
    gst_buffer_map (buffer, &map, GST_MAP_WRITE);
    for (gsize i = 0; i < map.size; i++)
      map.data[i] = noise ? g_rand_int_range (rand, 0, 256) : 0;
    gst_buffer_unmap (buffer, &map);
    const Answer answer = ask_element (buffer, &info, "");
    g_assert_cmpuint (answer.n, ==, 0);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonParser) card = json_parser_new ();
  g_autofree char *folder = g_build_filename (g_getenv ("CNX_MODELS"), "everyday", NULL);
  g_autofree char *table = g_build_filename (folder, "photographs.json", NULL);

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  VIPS_INIT (argv[0]);
  model = cnx_model_load (folder, &error);
  g_assert_no_error (error);
  g_assert_true (json_parser_load_from_file (card, table, NULL));
  JsonArray *entries = json_node_get_array (json_parser_get_root (card));
  for (guint i = 0; i < json_array_get_length (entries); i++) {
    JsonObject *entry = json_array_get_object_element (entries, i);
    g_autofree char *path = g_strconcat ("/everyday/",
        json_object_get_string_member (entry, "picture"), NULL);
    g_test_add_data_func (path, entry, test_photograph);
  }
  g_test_add_func ("/everyday/nothing", test_nothing);
  const int result = g_test_run ();
  cnx_model_unref (model);
  vips_shutdown ();
  return result;
}
