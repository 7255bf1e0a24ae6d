/* Softmax and sigmoid, top-k, threshold. */
#include <math.h>
#include <string.h>

#include "core/model/labels.h"
#include "core/model/random_checkpoint.h"

#define MAX_CLASSES 1000

static void
test_known (void)
{
  /* Softmax of the logarithms of probabilities gives them back. */
  const float logits[] = { logf (0.1f), logf (0.5f), logf (0.15f), logf (0.25f) };
  static const int ids[] = { 1, 3, 2, 0 };
  static const float confidences[] = { 0.5f, 0.25f, 0.15f, 0.1f };
  CnxLabel labels[4];

  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 4, 4, 0, labels), ==, 4);
  for (int i = 0; i < 4; i++) {
    g_assert_cmpint (labels[i].id, ==, ids[i]);
    g_assert_cmpfloat_with_epsilon (labels[i].confidence, confidences[i], 1e-6);
  }
}

static void
test_k_and_threshold (void)
{
  const float logits[] = { logf (0.1f), logf (0.5f), logf (0.15f), logf (0.25f) };
  CnxLabel labels[10];

  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 4, 0, 0, labels), ==, 0);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 0, 4, 0, labels), ==, 0);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 4, 10, 0, labels), ==, 4);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 4, 2, 0, labels), ==, 2);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 4, 4, 0.2f, labels), ==, 2);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 4, 1, 0.2f, labels), ==, 1);
  g_assert_cmpint (labels[0].id, ==, 1);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 4, 4, 0.51f, labels), ==, 0);
}

/* Each class by itself, whatever the others: several at once, or none, and one alone is not sure of everything. */
static void
test_sigmoid (void)
{
  const float logits[] = { -2, logf (3), 40, logf (0.25f), -200, 800 };
  static const int ids[] = { 5, 2, 1, 3, 0, 4 };
  static const double confidences[] = { 1, 1, 0.75, 0.2, 0.11920292, 0 };
  const float one[] = { -1.5f }, infinite[] = { 0, INFINITY }, minus[] = { -INFINITY, 0 };
  CnxLabel labels[6];

  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SIGMOID, logits, 6, 6, 0, labels), ==, 6);
  for (int i = 0; i < 6; i++) {
    g_assert_cmpint (labels[i].id, ==, ids[i]);
    g_assert_cmpfloat_with_epsilon (labels[i].confidence, confidences[i], 1e-6);
  }
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SIGMOID, logits, 6, 6, 0.5f, labels), ==, 3);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SIGMOID, logits, 6, 2, 0.5f, labels), ==, 2);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SIGMOID, one, 1, 5, 0, labels), ==, 1);
  g_assert_cmpfloat_with_epsilon (labels[0].confidence, 0.18242552, 1e-6);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SIGMOID, one, 1, 5, 0.5f, labels), ==, 0);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SIGMOID, infinite, 2, 2, 0, labels), ==, 0);
  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SIGMOID, minus, 2, 2, 0, labels), ==, 2);
  g_assert_cmpfloat (labels[0].confidence, ==, 0.5);
  g_assert_cmpfloat (labels[1].confidence, ==, 0);
}

/* "At least" the threshold: two equal logits have exactly a half each. */
static void
test_threshold_is_inclusive (void)
{
  const float logits[] = { 3, 3 };
  CnxLabel labels[2];

  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 2, 2, 0.5f, labels), ==, 2);
}

static void
test_ties (void)
{
  const float logits[] = { 1, 2, 2, 1, 2 };
  static const int expected[] = { 1, 2, 4, 0, 3 };
  CnxLabel labels[6];

  for (guint k = 1; k <= 5; k++) {
    labels[k].id = 77;          /* must stay */
    g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 5, k, 0, labels), ==, k);
    for (guint i = 0; i < k; i++)
      g_assert_cmpint (labels[i].id, ==, expected[i]);
    g_assert_cmpint (labels[k].id, ==, 77);
  }
}

/* Of all classes what cnx_labels_top_k() says of each, and the same best of them. */
static void
test_confidences (void)
{
  CnxLabel labels[MAX_CLASSES], best[3];
  float values[MAX_CLASSES];

  for (int kind = CNX_CONFIDENCE_SOFTMAX; kind <= CNX_CONFIDENCE_SIGMOID; kind++) {
    cnx_fill_random (values, MAX_CLASSES, 7, 90);
    g_assert_cmpuint (cnx_labels_top_k (kind, values, MAX_CLASSES, MAX_CLASSES, 0, labels), ==, MAX_CLASSES);
    g_assert_true (cnx_labels_confidences (kind, values, MAX_CLASSES));
    for (int i = 0; i < MAX_CLASSES; i++)
      g_assert_cmpfloat_with_epsilon (values[labels[i].id], labels[i].confidence, 1e-6);
  }
  cnx_fill_random (values, MAX_CLASSES, 7, 2);
  cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, values, MAX_CLASSES, 3, 0, labels);
  g_assert_true (cnx_labels_confidences (CNX_CONFIDENCE_SOFTMAX, values, MAX_CLASSES));
  g_assert_cmpuint (cnx_labels_best (values, MAX_CLASSES, 3, 0, best), ==, 3);
  for (int i = 0; i < 3; i++) {
    g_assert_cmpint (best[i].id, ==, labels[i].id);
    g_assert_cmpfloat_with_epsilon (best[i].confidence, labels[i].confidence, 1e-6);
  }
  g_assert_cmpuint (cnx_labels_best (values, MAX_CLASSES, 3, best[1].confidence, best), ==, 2);
  g_assert_cmpuint (cnx_labels_best (values, MAX_CLASSES, 3, 1, best), ==, 0);
  g_assert_cmpuint (cnx_labels_best (values, 0, 3, 0, best), ==, 0);
}

/* Where there are none the logits stay as they were. */
static void
test_no_confidences (void)
{
  static const float bad[] = { NAN, INFINITY };

  for (int kind = CNX_CONFIDENCE_SOFTMAX; kind <= CNX_CONFIDENCE_SIGMOID; kind++)
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
      float logits[] = { 3, bad[i], 1 };

      g_assert_false (cnx_labels_confidences (kind, logits, 3));
      g_assert_cmpfloat (logits[0], ==, 3);
      g_assert_cmpfloat (logits[2], ==, 1);
      g_assert_false (cnx_labels_confidences (kind, logits, 0));
    }
}

static void
test_extremes (void)
{
  const float huge[] = { 1e30f, -1e30f, 3e38f };
  const float half_empty[] = { -INFINITY, 0, -INFINITY };
  CnxLabel labels[3];

  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, huge, 3, 3, 0, labels), ==, 3);
  g_assert_cmpint (labels[0].id, ==, 2);
  g_assert_cmpfloat (labels[0].confidence, ==, 1);
  g_assert_cmpfloat (labels[1].confidence, ==, 0);

  g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, half_empty, 3, 1, 0, labels), ==, 1);
  g_assert_cmpint (labels[0].id, ==, 1);
  g_assert_cmpfloat (labels[0].confidence, ==, 1);
}

/* A NaN anywhere, or an infinity that makes one: no labels, and nothing written past the end. */
static void
test_not_a_number (void)
{
  for (int at = 0; at < 4; at++) {
    float logits[] = { 4, 3, 2, 1 };
    CnxLabel labels[3] = { {0, 0}, {0, 0}, {77, 77} };

    logits[at] = NAN;
    g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 4, 2, 0, labels), ==, 0);
    g_assert_cmpint (labels[2].id, ==, 77);
    logits[at] = INFINITY;
    g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, 4, 2, 0, labels), ==, 0);
    g_assert_cmpint (labels[2].id, ==, 77);
  }
}

typedef struct
{
  int id;
  float logit;
} Entry;

static int
compare_entries (const void *a, const void *b)
{
  const Entry *left = a, *right = b;

  if (left->logit != right->logit)
    return left->logit > right->logit ? -1 : 1;
  return left->id - right->id;
}

/* Against sorting everything, with ties on purpose. */
static void
test_random (void)
{
  g_autofree float *logits = g_new (float, MAX_CLASSES);
  g_autofree Entry *entries = g_new (Entry, MAX_CLASSES);
  g_autofree CnxLabel *labels = g_new (CnxLabel, MAX_CLASSES);

  for (guint32 seed = 0; seed < 50; seed++) {
    int classes = 1 + seed * 19 % MAX_CLASSES;
    double sum = 0;

    cnx_fill_random (logits, classes, seed, 8);
    for (int i = 0; i < classes; i++) {
      if (seed % 2)
        logits[i] = roundf (logits[i]);
      entries[i] = (Entry) {
      i, logits[i]};
    }
    qsort (entries, classes, sizeof *entries, compare_entries);
    g_assert_cmpuint (cnx_labels_top_k (CNX_CONFIDENCE_SOFTMAX, logits, classes, classes, 0, labels), ==, classes);
    for (int i = 0; i < classes; i++) {
      g_assert_cmpint (labels[i].id, ==, entries[i].id);
      sum += labels[i].confidence;
    }
    g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/labels/known", test_known);
  g_test_add_func ("/labels/k-and-threshold", test_k_and_threshold);
  g_test_add_func ("/labels/sigmoid", test_sigmoid);
  g_test_add_func ("/labels/threshold-is-inclusive", test_threshold_is_inclusive);
  g_test_add_func ("/labels/ties", test_ties);
  g_test_add_func ("/labels/extremes", test_extremes);
  g_test_add_func ("/labels/confidences", test_confidences);
  g_test_add_func ("/labels/no-confidences", test_no_confidences);
  g_test_add_func ("/labels/not-a-number", test_not_a_number);
  g_test_add_func ("/labels/random", test_random);
  return g_test_run ();
}
