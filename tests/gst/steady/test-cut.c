/* A cut: labels are of what is seen after it alone. */
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/gstconvnext.h"
#include "tests/gst/elements.h"

#include <math.h>

#define RGB "video/x-raw,format=RGB,width=64,height=48,framerate=25/1"
#define STEADY "convnext threshold=0 smoothing=60000 hysteresis=0.5 mode="

/* ---- a network that tells light from dark ---- */

static gboolean
tell_light (gpointer classifier, const float *in, float *logits, GError ** error)
{
  CnxModel *model = cnx_classifier_model (classifier);
  const CnxRecipe *recipe = cnx_model_recipe (model);
  const gsize n = (gsize) recipe->height * recipe->width * 3;
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += in[i] * recipe->std[i % 3] + recipe->mean[i % 3];
  for (int c = 0; c < cnx_model_arch (model)->classes; c++)
    logits[c] = -40;
  logits[sum / n > 0.5] = logf (0.9f);
  logits[sum / n <= 0.5] = logf (0.1f);
  return TRUE;
}

typedef struct
{
  GstHarness *harness;
  GstElement *element;
  CnxClassifier *classifier;
  guint frame;
} Rig;

static Rig
begin (const char *line)
{
  Rig rig = { gst_harness_new_parse (line) };

  rig.element = gst_harness_find_element (rig.harness, "convnext");
  rig.classifier = gst_convnext_classifier (GST_CONVNEXT (rig.element));
  cnx_classifier_set_forward (rig.classifier, tell_light, rig.classifier);
  gst_harness_set_src_caps_str (rig.harness, RGB);
  return rig;
}

static void
end (Rig * rig)
{
  gst_object_unref (rig->element);
  gst_harness_teardown (rig->harness);
}

static GstBuffer *
push (Rig * rig, GstClockTime time, guint8 level)
{
  GstBuffer *frame = cnx_test_frame (RGB, 1, time);

  gst_buffer_memset (frame, 0, level, gst_buffer_get_size (frame));
  GstBuffer *out = gst_harness_push_and_pull (rig->harness, frame);
  g_assert_true (cnx_classifier_drain (rig->classifier, 60 * G_USEC_PER_SEC));
  return out;
}

/* What is said of a frame of that @level at @time: the next one, which looks the same, has it in mode latest. */
static CnxTestAnswer
say_at (Rig * rig, GstClockTime time, guint8 level)
{
  CnxTestAnswer answer = { 0 };

  gst_buffer_unref (push (rig, time, level));
  g_autoptr (GstBuffer) out = push (rig, time, level);
  g_assert_true (cnx_test_only_answer (out, &answer));
  return answer;
}

static int
first (Rig * rig, guint8 level)
{
  return say_at (rig, 40 * GST_MSECOND * rig->frame++, level).ids[0];
}

static void
test_cut (gconstpointer mode)
{
  g_autofree char *line = g_strconcat (STEADY, mode, NULL);
  Rig rig = begin (line);

  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (first (&rig, 20), ==, 0);
  const CnxTestAnswer after = say_at (&rig, GST_SECOND, 230);
  g_assert_cmpint (after.ids[0], ==, 1);
  g_assert_cmpfloat_with_epsilon (after.confidences[0], 0.9, 1e-5);
  end (&rig);
}

/* 0.27 is less than 0.3 and 0.33 is more, from the last that was classified on. */
static void
test_how_much (void)
{
  Rig rig = begin (STEADY "every-frame");

  g_assert_cmpint (first (&rig, 100), ==, 0);
  g_assert_cmpint (first (&rig, 170), ==, 0);
  g_assert_cmpint (first (&rig, 100), ==, 0);
  g_assert_cmpint (first (&rig, 185), ==, 1);
  g_assert_cmpint (first (&rig, 120), ==, 1);
  g_object_set (rig.element, "scene-cut", 0.25, NULL);
  g_assert_cmpint (first (&rig, 190), ==, 1);
  g_assert_cmpint (first (&rig, 120), ==, 0);
  g_object_set (rig.element, "scene-cut", 0.0, NULL);
  g_assert_cmpint (first (&rig, 255), ==, 0);
  end (&rig);
}

/* What was said before is too old to be carried by then; it does not count either. */
static void
test_after_a_stall (void)
{
  Rig rig = begin (STEADY "latest label-timeout=100");

  g_assert_cmpint (first (&rig, 20), ==, 0);
  g_usleep (200000);
  g_autoptr (GstBuffer) out = push (&rig, 20 * GST_SECOND, 230);
  g_assert_cmpuint (cnx_test_classifications (out), ==, 0);
  g_assert_cmpint (say_at (&rig, 20 * GST_SECOND + 1, 230).ids[0], ==, 1);
  end (&rig);
}

static void
push_tag (Rig * rig, const char *orientation)
{
  gst_harness_push_event (rig->harness, gst_event_new_tag (gst_tag_list_new (GST_TAG_IMAGE_ORIENTATION, orientation,
              NULL)));
}

/* What is seen turned is another picture, too, whoever says so; what is said again changes nothing. */
static void
test_turned (gconstpointer mode)
{
  g_autofree char *line = g_strconcat (STEADY, mode, NULL);
  Rig rig = begin (line);

  g_assert_cmpint (first (&rig, 100), ==, 0);
  g_assert_cmpint (first (&rig, 150), ==, 0);
  push_tag (&rig, "rotate-0");
  g_assert_cmpint (first (&rig, 150), ==, 0);
  push_tag (&rig, "rotate-90");
  g_assert_cmpint (first (&rig, 150), ==, 1);
  push_tag (&rig, "rotate-90");
  g_assert_cmpint (first (&rig, 100), ==, 1);
  g_object_set (rig.element, "video-direction", GST_VIDEO_ORIENTATION_180, NULL);
  g_assert_cmpint (first (&rig, 100), ==, 0);
  push_tag (&rig, "rotate-270");
  g_assert_cmpint (first (&rig, 150), ==, 0);
  end (&rig);
}

/* Frames that a device would resize are looked at here for it, but only where something is steadied. */
static void
test_planes (void)
{
  static const struct
  {
    guint smoothing;
    double hysteresis, cut;
    gboolean here;
  } cases[] = { {0, 0, 0.3, FALSE}, {100, 0, 0.3, TRUE}, {0, 0.1, 0.3, TRUE}, {100, 0.1, 0, FALSE} };
  g_autoptr (GError) error = NULL;
  Rig rig = begin ("convnext threshold=0 mode=every-frame");

  cnx_classifier_set_forward (rig.classifier, NULL, NULL);
  g_assert_true (cnx_classifier_set_takes_frames (rig.classifier, TRUE, &error));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_object_set (rig.element, "smoothing", cases[i].smoothing, "hysteresis", cases[i].hysteresis, "scene-cut",
        cases[i].cut, NULL);
    gst_buffer_unref (push (&rig, i, 100));
    g_assert_cmpint (cnx_classifier_plan (rig.classifier) == NULL, ==, cases[i].here);
  }
  end (&rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_data_func ("/cut/every-frame", "every-frame", test_cut);
  g_test_add_data_func ("/cut/latest", "latest", test_cut);
  g_test_add_func ("/cut/how-much", test_how_much);
  g_test_add_func ("/cut/after-a-stall", test_after_a_stall);
  g_test_add_data_func ("/cut/turned/every-frame", "every-frame", test_turned);
  g_test_add_data_func ("/cut/turned/latest", "latest", test_turned);
  g_test_add_func ("/cut/planes", test_planes);
  return g_test_run ();
}
