/* Frames that go to the device as planes: chosen where that is fewer bytes, and the labels are the same. The device
 * here is most often a CPU, which would never choose so: it is made to. */
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/frame/framein.h"
#include "gst-plugin/gstconvnext.h"
#include "tests/gst/elements.h"

#include <string.h>

#define TOP_K CNX_TEST_TOP

static const char *const modes[] = { "every-frame", "latest" };

/* Every layout that is read, two that are converted first, an odd size, a pixel aspect ratio. */
static const char *const small[] = {
  "NV12,width=96,height=72", "I420,width=96,height=72", "YV12,width=96,height=72", "YUY2,width=96,height=72",
  "RGB,width=64,height=48", "BGR,width=64,height=48", "RGBx,width=64,height=48", "BGRx,width=64,height=48",
  "xRGB,width=64,height=48", "xBGR,width=64,height=48", "GRAY8,width=96,height=72", "UYVY,width=96,height=72",
  "Y444,width=64,height=48", "NV12,width=77,height=51", "I420,width=48,height=72,pixel-aspect-ratio=2/1",
};

static char *
caps_of (const char *format)
{
  return g_strdup_printf ("video/x-raw,format=%s,framerate=25/1", format);
}

typedef struct
{
  CnxClassifier *classifier;
  guint planes, tensors;        /* how many frames were classified from each */
} Passes;

static gboolean
count_pass (gpointer user_data, const float *in, float *logits, GError ** error)
{
  Passes *passes = user_data;

  if (cnx_classifier_plan (passes->classifier))
    passes->planes++;
  else
    passes->tensors++;
  return cnx_classifier_forward (passes->classifier, in, logits, error);
}

static CnxTestAnswer
pull (GstHarness * h, GstBuffer * buffer)
{
  CnxTestAnswer answer = { 0 };
  GstBuffer *out = gst_harness_push_and_pull (h, buffer);

  g_assert_nonnull (out);
  cnx_test_only_answer (out, &answer);
  gst_buffer_unref (out);
  return answer;
}

/* The labels of frame @seed, in either mode: in `latest` they ride on the buffer after it. */
static CnxTestAnswer
ask (GstHarness * h, CnxClassifier * classifier, const char *mode, const char *caps, guint32 seed)
{
  CnxTestAnswer answer = pull (h, cnx_test_frame (caps, seed, seed * GST_SECOND));

  if (strcmp (mode, "latest") != 0)
    return answer;
  g_assert_nonnull (cnx_classifier_claim (classifier, TRUE));
  cnx_classifier_release (classifier);
  answer = pull (h, cnx_test_frame (caps, seed, seed * GST_SECOND));
  g_assert_nonnull (cnx_classifier_claim (classifier, TRUE));
  cnx_classifier_release (classifier);
  return answer;
}

static GstHarness *
open_element (const char *mode, Passes * passes)
{
  g_autofree char *line = g_strdup_printf ("convnext top-k=5 threshold=0 mode=%s", mode);
  GstHarness *h = gst_harness_new_parse (line);
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");

  *passes = (Passes) { gst_convnext_classifier (GST_CONVNEXT (element)) };
  cnx_classifier_set_forward (passes->classifier, count_pass, passes);
  return h;
}

static void
assert_same (const CnxTestAnswer * got, const CnxTestAnswer * want)
{
  g_assert_cmpuint (got->n, ==, TOP_K);
  g_assert_cmpuint (want->n, ==, TOP_K);
  for (int i = 0; i < TOP_K; i++) {
    g_assert_cmpint (got->ids[i], ==, want->ids[i]);
    g_assert_cmpfloat_with_epsilon (got->confidences[i], want->confidences[i], 1e-4);
  }
}

/* One element, caps after caps, made to take planes, beside one that takes tensors. */
static void
test_same_labels (gconstpointer data)
{
  const char *mode = data;
  g_autoptr (GError) error = NULL;
  Passes by_tensor, by_planes;
  GstHarness *tensors = open_element (mode, &by_tensor), *planes = open_element (mode, &by_planes);

  g_assert_true (cnx_classifier_set_takes_frames (by_tensor.classifier, FALSE, &error));
  g_assert_true (cnx_classifier_set_takes_frames (by_planes.classifier, TRUE, &error));
  for (guint i = 0; i < G_N_ELEMENTS (small); i++) {
    g_autofree char *caps = caps_of (small[i]);

    g_test_message ("%s", small[i]);
    gst_harness_set_src_caps_str (tensors, caps);
    gst_harness_set_src_caps_str (planes, caps);
    for (guint seed = 0; seed < 2; seed++) {
      const CnxTestAnswer want = ask (tensors, by_tensor.classifier, mode, caps, seed);
      const CnxTestAnswer got = ask (planes, by_planes.classifier, mode, caps, seed);
      assert_same (&got, &want);
    }
  }
  g_assert_cmpuint (by_tensor.planes, ==, 0);
  g_assert_cmpuint (by_planes.tensors, ==, 0);
  g_assert_cmpuint (by_planes.planes, >=, 2 * G_N_ELEMENTS (small));
  gst_harness_teardown (tensors);
  gst_harness_teardown (planes);
}

/* A frame of more bytes than the tensor is resized here, and the next small one is not; the device does not say
 * otherwise unless it is no CPU. */
static void
test_large_frames (gconstpointer data)
{
  const char *mode = data;
  const char *const formats[] = { small[0], "NV12,width=1920,height=1080", small[4], "BGRx,width=320,height=240" };
  g_autoptr (GError) error = NULL;
  Passes passes;
  GstHarness *h = open_element (mode, &passes);

  g_assert_true (cnx_classifier_set_takes_frames (passes.classifier, TRUE, &error));
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *caps = caps_of (formats[i]);
    const Passes before = passes;

    gst_harness_set_src_caps_str (h, caps);
    ask (h, passes.classifier, mode, caps, i);
    g_assert_cmpuint (passes.planes - before.planes > 0, ==, i % 2 == 0);
    g_assert_cmpuint (passes.tensors - before.tensors > 0, ==, i % 2 == 1);
  }
  gst_harness_teardown (h);
}

static void
test_by_itself (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxDevice) device = cnx_device_open (NULL, 0, &error);
  g_autofree char *caps = caps_of (small[0]);
  Passes passes;

  g_assert_no_error (error);
  const gboolean is_cpu = cnx_device_info (device)->is_cpu;
  GstHarness *h = open_element ("every-frame", &passes);
  g_assert_cmpint (cnx_classifier_takes_frames (passes.classifier), ==, !is_cpu);
  gst_harness_set_src_caps_str (h, caps);
  ask (h, passes.classifier, "every-frame", caps, 1);
  g_assert_cmpuint (passes.planes, ==, is_cpu ? 0 : 1);
  g_assert_cmpuint (passes.tensors, ==, is_cpu ? 1 : 0);
  gst_harness_teardown (h);
}

/* ---- frames of several elements in one pass ---- */

#define FRAMES 6

typedef struct
{
  GstHarness *harness;
  const char *format;
  CnxTestAnswer want[FRAMES];
} Camera;

static gpointer
push_frames (gpointer data)
{
  Camera *camera = data;
  g_autofree char *caps = caps_of (camera->format);

  for (guint seed = 0; seed < FRAMES; seed++) {
    const CnxTestAnswer got = pull (camera->harness, cnx_test_frame (caps, seed, seed * GST_SECOND));
    assert_same (&got, &camera->want[seed]);
  }
  return NULL;
}

/* Each of another format, and one that sends tensors; they wait for each other. */
static void
test_together (void)
{
  const char *const formats[] = { small[0], small[4], small[13], "NV12,width=640,height=480" };
  Camera cameras[G_N_ELEMENTS (formats)] = { 0 };
  GThread *threads[G_N_ELEMENTS (formats)];
  g_autoptr (GError) error = NULL;
  CnxEngine *engine = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *caps = caps_of (formats[i]);
    cameras[i].format = formats[i];
    cameras[i].harness = gst_harness_new_parse ("convnext top-k=5 threshold=0 mode=every-frame batch=4");
    g_autoptr (GstElement) element = gst_harness_find_element (cameras[i].harness, "convnext");
    CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (element));
    g_assert_true (!engine || engine == cnx_classifier_engine (classifier));
    engine = cnx_classifier_engine (classifier);
    g_assert_true (cnx_classifier_set_takes_frames (classifier, TRUE, &error));
    gst_harness_set_src_caps_str (cameras[i].harness, caps);
    for (guint seed = 0; seed < FRAMES; seed++)
      cameras[i].want[seed] = pull (cameras[i].harness, cnx_test_frame (caps, seed, seed * GST_SECOND));
    g_object_set (element, "batch-timeout", 1000000, NULL);
  }
  g_assert_cmpuint (cnx_engine_largest_pass (engine), ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    threads[i] = g_thread_new ("push", push_frames, &cameras[i]);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (cnx_engine_largest_pass (engine), >, 1);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    gst_harness_teardown (cameras[i].harness);
}

/* Strictly fewer bytes than the tensor's 64 x 64 x 12; the crop that a GstVideoCropMeta leaves counts, not the
 * frame. */
static void
test_choice (void)
{
  static const struct
  {
    int width, height, crop_width, crop_height;
    gboolean planes;
  } rows[] = {
    {128, 96, 0, 0, FALSE},     /* as many */
    {128, 95, 0, 0, TRUE},
    {127, 96, 0, 0, TRUE},
    {640, 480, 0, 0, FALSE},
    {640, 480, 128, 95, TRUE},
    {640, 480, 128, 97, FALSE},
  };
  g_autoptr (CnxFrameIn) in = NULL;
  g_autofree float *slot = g_new (float, 64 * 64 * 3);
  CnxRecipe recipe;

  cnx_recipe_init (&recipe);
  recipe.width = recipe.height = recipe.resize = 64;
  recipe.crop_mode = CNX_CROP_SQUASH;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *size = g_strdup_printf ("BGRx,width=%d,height=%d", rows[i].width, rows[i].height);
    g_autofree char *text = caps_of (size);
    g_autoptr (GstCaps) caps = gst_caps_from_string (text);
    g_autoptr (GstBuffer) buffer = cnx_test_frame (text, i, 0);
    CnxFramePlan *plan = NULL;
    GstVideoInfo info;
    GstVideoFrame frame;

    g_assert_true (gst_video_info_from_caps (&info, caps));
    if (rows[i].crop_width) {
      GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);
      crop->x = 30;
      crop->y = 20;
      crop->width = rows[i].crop_width;
      crop->height = rows[i].crop_height;
    }
    if (i == 0 || rows[i].width != rows[i - 1].width || rows[i].height != rows[i - 1].height) {
      g_clear_pointer (&in, cnx_frame_in_unref);
      in = cnx_frame_in_new (&info, &recipe, NULL);
    }
    g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
    g_assert_true (cnx_frame_in_pack (in, &frame, slot, &plan, NULL));
    gst_video_frame_unmap (&frame);
    g_test_message ("row %u", i);
    g_assert_cmpint (plan != NULL, ==, rows[i].planes);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  for (guint m = 0; m < G_N_ELEMENTS (modes); m++) {
    g_autofree char *same = g_strconcat ("/planes/same-labels/", modes[m], NULL);
    g_autofree char *large = g_strconcat ("/planes/large-frames/", modes[m], NULL);

    g_test_add_data_func (same, modes[m], test_same_labels);
    g_test_add_data_func (large, modes[m], test_large_frames);
  }
  g_test_add_func ("/planes/by-itself", test_by_itself);
  g_test_add_func ("/planes/together", test_together);
  g_test_add_func ("/planes/choice", test_choice);
  return g_test_run ();
}
