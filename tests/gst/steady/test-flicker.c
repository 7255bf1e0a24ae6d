/* Smoothing and hysteresis in the element: in both modes, from when on they count, and when they begin anew. */
#include "core/model/random_checkpoint.h"
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/enums.h"
#include "gst-plugin/gstconvnext.h"
#include "tests/gst/elements.h"

#include <math.h>

#define RGB "video/x-raw,format=RGB,width=64,height=48,framerate=25/1"
#define MAX_CLASSES 1000
#define FRAMES 40

static const char *const modes[] = { "every-frame", "latest" };

/* ---- a network that says what it is told to ---- */

static struct
{
  int classes;
  gboolean noisy;               /* the logits of noise(), of one pass after the other */
  int passes;
  int winner;                   /* else this class has `sure`, and class 0 or 1, whichever is left, the rest */
  double sure;
} script;

static void
noise (int pass, float *logits)
{
  cnx_fill_random (logits, script.classes, pass + 1, 3);
  logits[pass < FRAMES / 2 ? 3 : 7] += 3;
}

static gboolean
scripted (gpointer unused, const float *in, float *logits, GError ** error)
{
  if (script.noisy) {
    noise (script.passes++, logits);
    return TRUE;
  }
  for (int c = 0; c < script.classes; c++)
    logits[c] = -40;
  logits[script.winner] = logf (script.sure);
  logits[1 - script.winner] = logf (1 - script.sure);
  return TRUE;
}

static CnxClassifier *
classifier_of (GstElement * element)
{
  return gst_convnext_classifier (GST_CONVNEXT (element));
}

/* A harness of @line, whose element has the scripted network. */
static GstHarness *
begin (const char *line, GstElement ** element)
{
  GstHarness *h = gst_harness_new_parse (line);

  *element = gst_harness_find_element (h, "convnext");
  script.classes = cnx_model_arch (cnx_classifier_model (classifier_of (*element)))->classes;
  script.noisy = FALSE;
  script.passes = 0;
  cnx_classifier_set_forward (classifier_of (*element), scripted, NULL);
  gst_harness_set_src_caps_str (h, RGB);
  return h;
}

static GstHarness *
begin_in (const char *mode, const char *rest, GstElement ** element)
{
  g_autofree char *line = g_strdup_printf ("convnext threshold=0 mode=%s %s", mode, rest);

  return begin (line, element);
}

static void
end (GstHarness * h, GstElement * element)
{
  gst_object_unref (element);
  gst_harness_teardown (h);
}

/* Pushes a frame and waits until it is classified: the harness pushes on this thread, and none but it claims. */
static GstBuffer *
push (GstHarness * h, GstElement * element, GstClockTime pts)
{
  GstBuffer *out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, pts));

  g_assert_nonnull (out);
  g_assert_nonnull (cnx_classifier_claim (classifier_of (element), TRUE));
  cnx_classifier_release (classifier_of (element));
  return out;
}

/* What is said of a frame at @pts of which the network is @sure that it is @winner: in mode latest the next one has it.
 * The network says the same of that. */
static CnxTestAnswer
say (GstHarness * h, GstElement * element, int winner, double sure, GstClockTime pts)
{
  CnxTestAnswer answer = { 0 };
  int mode;

  script.winner = winner;
  script.sure = sure;
  g_autoptr (GstBuffer) out = push (h, element, pts);
  g_object_get (element, "mode", &mode, NULL);
  if (mode == MODE_LATEST) {
    gst_buffer_unref (out);
    out = push (h, element, pts);
  }
  g_assert_true (cnx_test_only_answer (out, &answer));
  return answer;
}

/* ---- averages ---- */

typedef struct
{
  GstClockTime time;
  guint n;
  double confidences[MAX_CLASSES];
} Whole;

static gboolean
keep_whole (const CnxMetaLabels * labels, gpointer user_data)
{
  Whole *whole = user_data;

  whole->time = labels->running_time;
  whole->n = labels->n;
  for (guint i = 0; i < labels->n; i++)
    whole->confidences[labels->labels[i].id] = labels->labels[i].confidence;
  return FALSE;
}

static GstClockTime
time_of (int frame)
{
  return (frame * 40 + (frame % 3) * 9) * GST_MSECOND;
}

/* What is to be said of each frame, in double precision. */
static void
fill_expected (double time_constant, double (*expected)[MAX_CLASSES])
{
  float logits[MAX_CLASSES];

  for (int frame = 0; frame < FRAMES; frame++) {
    const double step = frame ? (double) (time_of (frame) - time_of (frame - 1)) : 0;
    const double kept = frame ? exp (-step / time_constant) : 0;
    double sum = 0;

    noise (frame, logits);
    for (int c = 0; c < script.classes; c++)
      sum += exp (logits[c]);
    for (int c = 0; c < script.classes; c++)
      expected[frame][c] = (frame ? kept * expected[frame - 1][c] : 0) + (1 - kept) * exp (logits[c]) / sum;
  }
}

/* All classes of every frame, in both modes. */
static void
test_smoothing (void)
{
  static double expected[FRAMES][MAX_CLASSES];

  for (guint m = 0; m < G_N_ELEMENTS (modes); m++) {
    GstElement *element;
    GstHarness *h = begin_in (modes[m], "smoothing=300 top-k=1000", &element);
    guint compared = 0;

    g_assert_cmpint (script.classes, <=, MAX_CLASSES);
    script.noisy = TRUE;
    fill_expected (300.0 * GST_MSECOND, expected);
    for (int frame = 0; frame < FRAMES; frame++) {
      const int said = frame - (int) m;
      Whole whole = { 0 };
      g_autoptr (GstBuffer) out = push (h, element, time_of (frame));

      if (cnx_label_meta_foreach (out, keep_whole, &whole) == 0)
        continue;
      g_assert_cmpuint (whole.time, ==, time_of (said));
      g_assert_cmpuint (whole.n, ==, script.classes);
      for (int c = 0; c < script.classes; c++)
        g_assert_cmpfloat_with_epsilon (whole.confidences[c], expected[said][c], 1e-6);
      compared++;
    }
    g_assert_cmpuint (compared, ==, FRAMES - m);
    end (h, element);
  }
}

/* ---- first labels ---- */

/* Of two that are as good as each other the first one stays, until the other is clearly better. */
static void
test_flickering_pair (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (modes); m++) {
    GstElement *element;
    GstHarness *h = begin_in (modes[m], "hysteresis=0.2", &element);

    for (int frame = 0; frame < 10; frame++) {
      const CnxTestAnswer answer = say (h, element, frame % 2, 0.55, frame * 40 * GST_MSECOND);
      g_assert_cmpint (answer.ids[0], ==, 0);
      g_assert_cmpint (answer.ids[1], ==, 1);
      g_assert_cmpfloat_with_epsilon (answer.confidences[0], frame % 2 ? 0.45 : 0.55, 1e-6);
    }
    g_assert_cmpint (say (h, element, 1, 0.7, GST_SECOND).ids[0], ==, 1);
    g_assert_cmpint (say (h, element, 0, 0.55, 2 * GST_SECOND).ids[0], ==, 1);
    end (h, element);
  }
}

/* Both may change at any time, and what was off has nothing to remember when it is on again. */
static void
test_while_playing (void)
{
  GstElement *element;
  GstHarness *h = begin_in ("every-frame", "", &element);
  int time = 0;

  say (h, element, 0, 0.9, time++ * GST_SECOND);
  g_assert_cmpfloat_with_epsilon (say (h, element, 1, 0.6, time++ * GST_SECOND).confidences[0], 0.6, 1e-6);
  g_object_set (element, "smoothing", 1000, NULL);
  g_assert_cmpfloat_with_epsilon (say (h, element, 0, 0.9, time++ * GST_SECOND).confidences[0], 0.9, 1e-6);
  g_assert_cmpfloat_with_epsilon (say (h, element, 1, 1, time++ * GST_SECOND).confidences[0], 1 - 0.9 * exp (-1), 1e-6);
  g_object_set (element, "smoothing", 0, "hysteresis", 0.3, NULL);
  g_assert_cmpint (say (h, element, 0, 0.6, time++ * GST_SECOND).ids[0], ==, 0);
  g_assert_cmpint (say (h, element, 1, 0.6, time++ * GST_SECOND).ids[0], ==, 0);
  g_object_set (element, "hysteresis", 0.0, NULL);
  g_assert_cmpint (say (h, element, 1, 0.6, time++ * GST_SECOND).ids[0], ==, 1);
  g_object_set (element, "smoothing", 1000, NULL);
  g_assert_cmpfloat_with_epsilon (say (h, element, 0, 0.9, time++ * GST_SECOND).confidences[0], 0.9, 1e-6);
  g_object_set (element, "smoothing", 0, NULL);
  say (h, element, 0, 0.9, time++ * GST_SECOND);
  g_object_set (element, "smoothing", 1000, NULL);
  g_assert_cmpfloat_with_epsilon (say (h, element, 1, 0.6, time++ * GST_SECOND).confidences[0], 0.6, 1e-6);
  end (h, element);
}

/* ---- anew ---- */

/* @from on the film's own time, shown from the running time @base on. */
static void
push_segment (GstHarness * h, GstClockTime from, GstClockTime base)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = from;
  segment.base = base;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

typedef enum
{ NOTHING, SAME_SEGMENT, FLUSH, SEEK, CAPS, STREAM, LAST } What;

/* The time of the frame at the running time of 3 s after @what. */
static GstClockTime
happen (GstHarness * h, What what)
{
  if (what == FLUSH) {
    gst_harness_push_event (h, gst_event_new_flush_start ());
    gst_harness_push_event (h, gst_event_new_flush_stop (FALSE));
  } else if (what == CAPS) {
    gst_harness_set_src_caps_str (h, "video/x-raw,format=RGB,width=32,height=32,framerate=25/1");
    gst_harness_set_src_caps_str (h, RGB);
  } else if (what == STREAM) {
    gst_harness_push_event (h, gst_event_new_stream_start ("another"));
    gst_harness_set_src_caps_str (h, RGB);
  }
  if (what == SEEK)             /* one that does not flush: running time goes on */
    push_segment (h, 100 * GST_SECOND, 3 * GST_SECOND);
  else if (what != NOTHING)
    push_segment (h, 0, 0);
  return (what == SEEK ? 100 : 3) * GST_SECOND;
}

/* What comes after says nothing of what was before; running time goes on, so that it is not what tells. */
static void
test_anew (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (modes); m++)
    for (What what = NOTHING; what < LAST; what++) {
      GstElement *element;
      GstHarness *h = begin_in (modes[m], "smoothing=60000 hysteresis=0.5", &element);
      const gboolean anew = what >= FLUSH;

      g_test_message ("%s, %u", modes[m], what);
      push_segment (h, 0, 0);
      g_assert_cmpint (say (h, element, 0, 0.9, GST_SECOND).ids[0], ==, 0);
      g_assert_cmpint (say (h, element, 0, 0.9, 2 * GST_SECOND).ids[0], ==, 0);
      const CnxTestAnswer answer = say (h, element, 1, 0.6, happen (h, what));
      g_assert_cmpint (answer.ids[0], ==, anew ? 1 : 0);
      if (anew)
        g_assert_cmpfloat_with_epsilon (answer.confidences[0], 0.6, 1e-6);
      else
        g_assert_cmpfloat (answer.confidences[0], >, 0.85);
      end (h, element);
    }
}

/* A device that takes as long as the test wants. */
static struct
{
  GMutex lock;
  GCond changed;
  gboolean entered, released;
} hold;

static gboolean
held (gpointer unused, const float *in, float *logits, GError ** error)
{
  g_mutex_lock (&hold.lock);
  hold.entered = TRUE;
  g_cond_broadcast (&hold.changed);
  while (!hold.released)
    g_cond_wait (&hold.changed, &hold.lock);
  g_mutex_unlock (&hold.lock);
  return scripted (unused, in, logits, error);
}

/* What was in the worker's hands when it began anew does not count for what comes then either. */
static void
test_anew_during_a_pass (void)
{
  GstElement *element;
  GstHarness *h = begin_in ("latest", "smoothing=60000 hysteresis=0.5", &element);

  cnx_classifier_set_forward (classifier_of (element), held, NULL);
  script.winner = 0;
  script.sure = 0.9;
  gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, GST_SECOND)));
  g_mutex_lock (&hold.lock);
  while (!hold.entered)
    g_cond_wait (&hold.changed, &hold.lock);
  g_mutex_unlock (&hold.lock);
  const GstClockTime next = happen (h, STREAM);
  g_mutex_lock (&hold.lock);
  hold.released = TRUE;
  g_cond_broadcast (&hold.changed);
  g_mutex_unlock (&hold.lock);
  g_assert_nonnull (cnx_classifier_claim (classifier_of (element), TRUE));      /* it is done, and said class 0 */
  cnx_classifier_release (classifier_of (element));
  const CnxTestAnswer answer = say (h, element, 1, 0.6, next);
  g_assert_cmpint (answer.ids[0], ==, 1);
  g_assert_cmpfloat_with_epsilon (answer.confidences[0], 0.6, 1e-6);
  end (h, element);
}

/* ---- whose ---- */

static gboolean
keep_firsts (const CnxMetaLabels * labels, gpointer user_data)
{
  GArray *firsts = user_data;

  g_array_append_val (firsts, labels->labels[0].id);
  return TRUE;
}

/* Elements that share a network do not share what their streams have said. */
static void
test_of_one_element (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext name=calm mode=every-frame threshold=0 smoothing=60000 "
      "! convnext name=quick mode=every-frame threshold=0");
  g_autoptr (GstElement) calm = gst_bin_get_by_name (GST_BIN (h->element), "calm");
  g_autoptr (GstElement) quick = gst_bin_get_by_name (GST_BIN (h->element), "quick");
  g_autoptr (GArray) firsts = g_array_new (FALSE, FALSE, sizeof (int));

  g_assert_true (cnx_classifier_engine (classifier_of (calm)) == cnx_classifier_engine (classifier_of (quick)));
  script.classes = cnx_model_arch (cnx_classifier_model (classifier_of (calm)))->classes;
  script.noisy = FALSE;
  cnx_classifier_set_forward (classifier_of (calm), scripted, NULL);
  cnx_classifier_set_forward (classifier_of (quick), scripted, NULL);
  gst_harness_set_src_caps_str (h, RGB);
  for (int frame = 0; frame < 2; frame++) {
    script.winner = frame;
    script.sure = 0.9;
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, frame * GST_SECOND));
    cnx_label_meta_foreach (out, keep_firsts, firsts);
  }
  g_assert_cmpuint (firsts->len, ==, 4);
  g_assert_cmpint (g_array_index (firsts, int, 2), !=, g_array_index (firsts, int, 3));
  g_assert_cmpint (g_array_index (firsts, int, 2) + g_array_index (firsts, int, 3), ==, 1);
  gst_harness_teardown (h);
}

/* ---- values ---- */

static void
count_refusals (const char *domain, GLogLevelFlags level, const char *message, gpointer refusals)
{
  (*(guint *) refusals)++;
}

/* What is no value is refused aloud, and what there was stays. */
static void
test_refused (void)
{
  static const double bad[] = { NAN, -0.1, 1.1, INFINITY };
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("convnext", NULL));
  guint refusals = 0, smoothing = 0;
  double hysteresis = 0, threshold = 0, cut = 0;

  g_object_set (element, "smoothing", 500, "hysteresis", 0.25, "threshold", 0.75, "scene-cut", 0.5, NULL);
  const GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  const guint handler = g_log_set_handler ("GLib-GObject", G_LOG_LEVEL_MASK, count_refusals, &refusals);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_object_set (element, "hysteresis", bad[i], "scene-cut", bad[i], NULL);
  g_object_set (element, "smoothing", -1, NULL);
  g_object_set (element, "threshold", NAN, NULL);
  g_log_remove_handler ("GLib-GObject", handler);
  g_log_set_always_fatal (fatal);
  g_assert_cmpuint (refusals, ==, 2 * G_N_ELEMENTS (bad) + 2);
  g_object_get (element, "smoothing", &smoothing, "hysteresis", &hysteresis, "threshold", &threshold, "scene-cut", &cut,
      NULL);
  g_assert_cmpuint (smoothing, ==, 500);
  g_assert_cmpfloat (hysteresis, ==, 0.25);
  g_assert_cmpfloat (threshold, ==, 0.75);
  g_assert_cmpfloat (cut, ==, 0.5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/flicker/smoothing", test_smoothing);
  g_test_add_func ("/flicker/pair", test_flickering_pair);
  g_test_add_func ("/flicker/while-playing", test_while_playing);
  g_test_add_func ("/flicker/anew", test_anew);
  g_test_add_func ("/flicker/anew-during-a-pass", test_anew_during_a_pass);
  g_test_add_func ("/flicker/of-one-element", test_of_one_element);
  g_test_add_func ("/flicker/refused", test_refused);
  return g_test_run ();
}
