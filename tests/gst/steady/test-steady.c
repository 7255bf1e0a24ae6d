/* Averages and first labels, against the same computed plainly in double precision, and what odd times do. */
#include <math.h>

#include "core/model/random_checkpoint.h"
#include "gst-plugin/steady/steady.h"

#define MS G_GUINT64_CONSTANT (1000000)
#define UNKNOWN G_MAXUINT64
#define FRAMES 200
#define CLASSES 40

/* ---- a generated sequence ---- */

/* A camera's frames: a gap of a second and one of a minute, and some that come late or were passed over. */
static guint64
time_of (int frame)
{
  const guint64 gap = (frame >= 60 ? 1000 : 0) + (frame >= 150 ? 60000 : 0);

  return (frame * 40 + (frame * 7) % 5 * 6 + gap) * MS;
}

/* Two scenes, each with noise that is often stronger than what tells its first classes apart. */
static void
fill_logits (int frame, float *logits)
{
  cnx_fill_random (logits, CLASSES, frame + 1, 1.5f);
  for (int c = 0; c < 3; c++)
    logits[(frame < 100 ? 5 : 25) + c] += 4;
}

static void
plain_confidences (CnxConfidence kind, const float *logits, double *out)
{
  double sum = 0;

  for (int c = 0; c < CLASSES; c++)
    sum += exp (logits[c]);
  for (int c = 0; c < CLASSES; c++)
    out[c] = kind == CNX_CONFIDENCE_SOFTMAX ? exp (logits[c]) / sum : 1 / (1 + exp (-(double) logits[c]));
}

static int
highest (const double *values)
{
  int best = 0;

  for (int c = 1; c < CLASSES; c++)
    best = values[c] > values[best] ? c : best;
  return best;
}

/* All of a sequence's averages and first labels, and how often the first label changed. */
static guint
check_sequence (CnxConfidence kind, guint64 time_constant, double hysteresis)
{
  g_auto (CnxSteady) steady = { 0 };
  double average[CLASSES] = { 0 }, plain[CLASSES];
  int first = -1;
  guint changes = 0;

  for (int frame = 0; frame < FRAMES; frame++) {
    const double kept = frame == 0 || time_constant == 0 ? 0 :
        exp (((double) time_of (frame - 1) - (double) time_of (frame)) / time_constant);
    float values[CLASSES];
    CnxLabel labels[3];

    fill_logits (frame, values);
    plain_confidences (kind, values, plain);
    for (int c = 0; c < CLASSES; c++)
      average[c] = kept * average[c] + (1 - kept) * plain[c];
    g_assert_true (cnx_labels_confidences (kind, values, CLASSES));
    g_assert_true (cnx_steady_smooth (&steady, values, CLASSES, time_of (frame), time_constant, NULL));
    for (int c = 0; c < CLASSES; c++)
      g_assert_cmpfloat_with_epsilon (values[c], average[c], 1e-6);

    const int best = highest (average);
    if (first < 0 || average[best] - average[first] >= hysteresis) {
      changes += best != first;
      first = best;
    }
    g_assert_cmpuint (cnx_steady_top_k (&steady, values, CLASSES, 3, 0, hysteresis, labels), ==, 3);
    g_assert_cmpint (labels[0].id, ==, first);
    g_assert_cmpfloat_with_epsilon (labels[0].confidence, average[first], 1e-6);
  }
  return changes - 1;
}

static void
test_float64 (void)
{
  static const guint64 constants[] = { 0, 100 * MS, 1000 * MS, 100000 * MS };

  for (int kind = CNX_CONFIDENCE_SOFTMAX; kind <= CNX_CONFIDENCE_SIGMOID; kind++) {
    guint changes = G_MAXUINT;

    for (guint i = 0; i < 3; i++) {
      const guint less = check_sequence (kind, constants[i], 0);
      g_assert_cmpuint (less, <, changes);
      changes = less;
    }
    check_sequence (kind, constants[3], 0);
    g_assert_cmpuint (check_sequence (kind, constants[1], 0.1), <, check_sequence (kind, constants[1], 0));
    check_sequence (kind, constants[2], 0.05);
    check_sequence (kind, 0, 0.3);
  }
}

/* ---- which frames count how much ---- */

/* The average of the first of two classes after a frame that says it is @value. */
static double
smooth (CnxSteady * steady, double value, guint64 time, guint64 time_constant)
{
  float confidences[] = { value, 1 - value };

  g_assert_true (cnx_steady_smooth (steady, confidences, 2, time, time_constant, NULL));
  g_assert_cmpfloat_with_epsilon (confidences[0] + confidences[1], 1, 1e-6);
  return confidences[0];
}

/* What is first in no frame is the first of the average: all classes are in it, not those that were shown. */
static void
test_all_classes (void)
{
  g_auto (CnxSteady) steady = { 0 };
  CnxLabel label;

  for (int frame = 0; frame < 50; frame++) {
    float confidences[] = { frame % 2 ? 0.5f : 0.1f, frame % 2 ? 0.1f : 0.5f, 0.4f };

    g_assert_true (cnx_steady_smooth (&steady, confidences, 3, frame * 40 * MS, 400 * MS, NULL));
    g_assert_cmpuint (cnx_steady_top_k (&steady, confidences, 3, 1, 0, 0, &label), ==, 1);
  }
  g_assert_cmpint (label.id, ==, 2);
  g_assert_cmpfloat_with_epsilon (label.confidence, 0.4, 1e-6);
}

static void
test_unknown_times (void)
{
  g_auto (CnxSteady) steady = { 0 };
  const double kept = exp (-0.1);

  /* none is known: each counts alone */
  g_assert_cmpfloat (smooth (&steady, 1, UNKNOWN, 1000 * MS), ==, 1);
  g_assert_cmpfloat (smooth (&steady, 0, UNKNOWN, 1000 * MS), ==, 0);
  g_assert_cmpfloat (smooth (&steady, 1, 700 * MS, 1000 * MS), ==, 1);
  /* and so does one at the very time of the first */
  g_assert_cmpfloat (smooth (&steady, 0, 700 * MS, 1000 * MS), ==, 0);
  /* from here on there is a step to go by */
  g_assert_cmpfloat_with_epsilon (smooth (&steady, 1, 800 * MS, 1000 * MS), 1 - kept, 1e-6);
  g_assert_cmpfloat_with_epsilon (smooth (&steady, 1, UNKNOWN, 1000 * MS), 1 - kept * kept, 1e-6);
  g_assert_cmpfloat_with_epsilon (smooth (&steady, 1, 800 * MS, 1000 * MS), 1 - kept * kept * kept, 1e-6);
}

static void
test_time_goes_back (void)
{
  g_auto (CnxSteady) steady = { 0 };
  const float other[] = { 0.45f, 0.55f };
  CnxLabel labels[2];

  smooth (&steady, 1, 5000 * MS, 1000 * MS);
  smooth (&steady, 1, 5100 * MS, 1000 * MS);
  cnx_steady_top_k (&steady, (float[]) { 1, 0 }, 2, 2, 0, 0.5, labels);
  g_assert_cmpint (labels[0].id, ==, 0);
  g_assert_cmpfloat_with_epsilon (smooth (&steady, 0.45, 5099 * MS, 1000 * MS), 0.45, 1e-6);
  cnx_steady_top_k (&steady, other, 2, 2, 0, 0.5, labels);
  g_assert_cmpint (labels[0].id, ==, 1);
  /* the step before it is not known any more either */
  g_assert_cmpfloat (smooth (&steady, 1, UNKNOWN, 1000 * MS), ==, 1);
}

static void
test_gaps (void)
{
  g_auto (CnxSteady) steady = { 0 };

  smooth (&steady, 1, 0, 1000 * MS);
  g_assert_cmpfloat_with_epsilon (smooth (&steady, 0, 1000 * MS, 1000 * MS), exp (-1), 1e-6);
  g_assert_cmpfloat (smooth (&steady, 0, 3600000 * MS, 1000 * MS), ==, 0);
  g_assert_cmpfloat (smooth (&steady, 1, UNKNOWN - 1, 1), ==, 1);
}

/* Steps that are far less than what a float can tell from nothing add up all the same. */
static void
test_long_constant (void)
{
  g_auto (CnxSteady) steady = { 0 };
  const guint64 day = G_GUINT64_CONSTANT (86400000) * MS;
  double value = 1;

  for (int frame = 0; frame <= 100000; frame++)
    value = smooth (&steady, frame == 0, frame * MS, day);
  g_assert_cmpfloat_with_epsilon (1 - value, -expm1 (-100.0 / 86400), 1e-7);
}

/* Turned off and on again it has forgotten, and it is told to by hand. */
static void
test_reset (void)
{
  g_auto (CnxSteady) steady = { 0 };

  smooth (&steady, 1, 0, 1000 * MS);
  smooth (&steady, 1, 40 * MS, 1000 * MS);
  g_assert_cmpfloat (smooth (&steady, 0, 80 * MS, 0), ==, 0);
  g_assert_cmpfloat (smooth (&steady, 0, 120 * MS, 1000 * MS), ==, 0);
  cnx_steady_reset (&steady);
  g_assert_cmpfloat (smooth (&steady, 1, 160 * MS, 1000 * MS), ==, 1);
}

/* ---- who is first ---- */

/* The first label, -1 where there is none, of two classes. */
static int
first_of (CnxSteady * steady, double one, double other, double threshold, double hysteresis)
{
  const float confidences[] = { one, other };
  CnxLabel labels[2];

  if (cnx_steady_top_k (steady, confidences, 2, 2, threshold, hysteresis, labels) == 0)
    return -1;
  g_assert_cmpfloat (labels[0].confidence, ==, confidences[labels[0].id]);
  return labels[0].id;
}

/* Two that change places with every frame, until one is clearly better. */
static void
test_flickering_pair (void)
{
  g_auto (CnxSteady) steady = { 0 }, none = { 0 };
  guint flickers = 0;

  for (int frame = 0; frame < 100; frame++) {
    const double one = frame % 2 ? 0.48 : 0.52;

    g_assert_cmpint (first_of (&steady, one, 1 - one, 0, 0.1), ==, 0);
    flickers += first_of (&none, one, 1 - one, 0, 0);
  }
  g_assert_cmpuint (flickers, ==, 50);
  g_assert_cmpint (first_of (&steady, 0.4, 0.6, 0, 0.1), ==, 1);
  g_assert_cmpint (first_of (&steady, 0.54, 0.46, 0, 0.1), ==, 1);
  cnx_steady_reset (&steady);
  g_assert_cmpint (first_of (&steady, 0.54, 0.46, 0, 0.1), ==, 0);
}

/* The one that stands does not come and go about the threshold; the others do as ever. */
static void
test_about_the_threshold (void)
{
  g_auto (CnxSteady) steady = { 0 };

  g_assert_cmpint (first_of (&steady, 0.49, 0.3, 0.5, 0.1), ==, -1);
  g_assert_cmpint (first_of (&steady, 0.52, 0.48, 0.5, 0.1), ==, 0);
  g_assert_cmpint (first_of (&steady, 0.48, 0.52, 0.5, 0.1), ==, 0);
  g_assert_cmpint (first_of (&steady, 0.42, 0.2, 0.5, 0.1), ==, 0);
  g_assert_cmpint (first_of (&steady, 0.39, 0.2, 0.5, 0.1), ==, -1);
  g_assert_cmpint (first_of (&steady, 0.48, 0.2, 0.5, 0.1), ==, -1);
  g_assert_cmpint (first_of (&steady, 0.2, 0.5, 0.5, 0.1), ==, 1);
  /* turned off it is forgotten */
  g_assert_cmpint (first_of (&steady, 0.52, 0.48, 0.5, 0), ==, 0);
  g_assert_cmpint (first_of (&steady, 0.48, 0.52, 0.5, 0.1), ==, 1);
}

/* However many are shown, the one that stands is among them, once, and the others behind it by confidence. */
static void
test_places (void)
{
  static const float before[] = { 0.1f, 0.1f, 0.1f, 0.7f }, after[] = { 0.28f, 0.26f, 0.25f, 0.21f };
  static const int ids[] = { 3, 0, 1, 2 };

  for (guint k = 1; k <= 4; k++) {
    g_auto (CnxSteady) steady = { 0 };
    CnxLabel labels[5] = { {0} };

    labels[k].id = 77;
    g_assert_cmpuint (cnx_steady_top_k (&steady, before, 4, k, 0, 0.1, labels), ==, k);
    g_assert_cmpuint (cnx_steady_top_k (&steady, after, 4, k, 0, 0.1, labels), ==, k);
    for (guint i = 0; i < k; i++) {
      g_assert_cmpint (labels[i].id, ==, ids[i]);
      g_assert_cmpfloat (labels[i].confidence, ==, after[ids[i]]);
    }
    /* under the threshold it comes before those that are not */
    g_assert_cmpuint (cnx_steady_top_k (&steady, after, 4, k, 0.255f, 0.1, labels), ==, MIN (k, 3));
    for (guint i = 0; i < MIN (k, 3); i++)
      g_assert_cmpint (labels[i].id, ==, ids[i]);
    g_assert_cmpint (labels[k].id, ==, 77);
  }
}

/* A pass that answers nothing leaves what stands alone. */
static void
test_nothing (void)
{
  g_auto (CnxSteady) steady = { 0 };
  CnxLabel labels[2];

  g_assert_cmpint (first_of (&steady, 0.6, 0.4, 0, 0.5), ==, 0);
  g_assert_cmpuint (cnx_steady_top_k (&steady, NULL, 0, 2, 0, 0.5, labels), ==, 0);
  g_assert_cmpuint (cnx_steady_top_k (&steady, (float[]) { 0, 1 }, 2, 0, 0, 0.5, labels), ==, 0);
  g_assert_cmpint (first_of (&steady, 0.4, 0.6, 0, 0.5), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/steady/float64", test_float64);
  g_test_add_func ("/steady/all-classes", test_all_classes);
  g_test_add_func ("/steady/unknown-times", test_unknown_times);
  g_test_add_func ("/steady/time-goes-back", test_time_goes_back);
  g_test_add_func ("/steady/gaps", test_gaps);
  g_test_add_func ("/steady/long-constant", test_long_constant);
  g_test_add_func ("/steady/reset", test_reset);
  g_test_add_func ("/steady/flickering-pair", test_flickering_pair);
  g_test_add_func ("/steady/about-the-threshold", test_about_the_threshold);
  g_test_add_func ("/steady/places", test_places);
  g_test_add_func ("/steady/nothing", test_nothing);
  return g_test_run ();
}
