/* Stretches of one label: cases whose answer is plain, and random films against a slow reference of its own kind. */
#include <math.h>
#include <string.h>

#include "pipelines/tag/formats/segments.h"

#define MAX_SAMPLES 40
#define MAX_LABELS 5

static const CnxMetaLabel cat = { 1, "cat", 0.5 }, dog = { 2, "dog", 0.75 };

static void
check_segment (CnxSegments * segments, guint i, const CnxSegment * expected)
{
  const CnxSegment *found = &g_array_index (cnx_segments_list (segments), CnxSegment, i);

  g_assert_cmpint (found->id, ==, expected->id);
  g_assert_cmpstr (found->label, ==, expected->label);
  g_assert_cmpfloat_with_epsilon (found->start, expected->start, 1e-9);
  g_assert_cmpfloat_with_epsilon (found->end, expected->end, 1e-9);
  g_assert_cmpfloat_with_epsilon (found->mean, expected->mean, 1e-9);
  g_assert_cmpfloat_with_epsilon (found->peak, expected->peak, 1e-9);
}

static void
check_share (CnxSegments * segments, guint i, const CnxShare * expected)
{
  const CnxShare *found = &g_array_index (cnx_segments_shares (segments), CnxShare, i);

  g_assert_cmpint (found->id, ==, expected->id);
  g_assert_cmpstr (found->label, ==, expected->label);
  g_assert_cmpfloat_with_epsilon (found->seconds, expected->seconds, 1e-9);
  g_assert_cmpfloat_with_epsilon (found->share, expected->share, 1e-9);
  g_assert_cmpfloat_with_epsilon (found->mean, expected->mean, 1e-9);
  g_assert_cmpfloat_with_epsilon (found->peak, expected->peak, 1e-9);
}

static void
test_known (void)
{
  const CnxMetaLabel both[] = { {2, "dog", 0.25}, {1, "cat", 1} };
  g_autoptr (CnxSegments) segments = cnx_segments_new (0, 0);

  cnx_segments_add (segments, 0, 1, &cat);
  cnx_segments_add (segments, 1, 2, both);
  cnx_segments_add (segments, 2, 1, &dog);
  cnx_segments_add (segments, 3, 0, NULL);
  cnx_segments_add (segments, 4, 1, &dog);
  cnx_segments_finish (segments, 10);

  g_assert_cmpuint (cnx_segments_list (segments)->len, ==, 3);
  check_segment (segments, 0, &(CnxSegment) { 1, "cat", 0, 2, 0.75, 1 });
  check_segment (segments, 1, &(CnxSegment) { 2, "dog", 1, 3, 0.5, 0.75 });
  check_segment (segments, 2, &(CnxSegment) { 2, "dog", 4, 10, 0.75, 0.75 });
  g_assert_cmpuint (cnx_segments_shares (segments)->len, ==, 2);
  check_share (segments, 0, &(CnxShare) { 2, "dog", 8, 0.8, 1.75 / 3, 0.75 });
  check_share (segments, 1, &(CnxShare) { 1, "cat", 2, 0.2, 0.75, 1 });
}

/* Missing from 1 to 3: for 2 seconds, and "at most". */
static void
test_gap (void)
{
  static const struct
  {
    double gap;
    guint expected;
  } cases[] = { {0, 2}, {1.9, 2}, {2, 1}, {2.1, 1}, {INFINITY, 1}, {NAN, 2}, {-1, 2} };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (CnxSegments) segments = cnx_segments_new (cases[i].gap, 0);

    cnx_segments_add (segments, 0, 1, &cat);
    cnx_segments_add (segments, 1, 1, &dog);
    cnx_segments_add (segments, 2, 0, NULL);
    cnx_segments_add (segments, 3, 1, &cat);
    cnx_segments_finish (segments, 4);
    g_assert_cmpuint (cnx_segments_list (segments)->len, ==, cases[i].expected + 1);
    check_segment (segments, 0, &(CnxSegment) { 1, "cat", 0, cases[i].expected == 1 ? 4 : 1, 0.5, 0.5 });
    check_share (segments, 0, &(CnxShare) { 1, "cat", cases[i].expected == 1 ? 4 : 2, cases[i].expected == 1 ? 1 : 0.5,
          0.5, 0.5 });
  }
}

/* Without a gap, a label that is gone for no time at all is gone too. */
static void
test_no_gap (void)
{
  for (guint gap = 0; gap < 2; gap++) {
    g_autoptr (CnxSegments) segments = cnx_segments_new (gap, 0);

    cnx_segments_add (segments, 0, 1, &cat);
    cnx_segments_add (segments, 1, 0, NULL);
    cnx_segments_add (segments, 1, 1, &cat);
    cnx_segments_finish (segments, 2);
    g_assert_cmpuint (cnx_segments_list (segments)->len, ==, gap ? 1 : 2);
  }
}

/* A label that is gone for the gap, but not back by the end, was shown only until it went. */
static void
test_gap_at_the_end (void)
{
  g_autoptr (CnxSegments) segments = cnx_segments_new (100, 0);

  cnx_segments_add (segments, 0, 1, &cat);
  cnx_segments_add (segments, 1, 0, NULL);
  cnx_segments_finish (segments, 2);
  check_segment (segments, 0, &(CnxSegment) { 1, "cat", 0, 1, 0.5, 0.5 });
}

/* Tenths are no doubles: three of them differ from 0.3. */
static void
test_gap_of_tenths (void)
{
  g_autoptr (CnxSegments) segments = cnx_segments_new (0.1, 0);

  cnx_segments_add (segments, 0.1, 1, &cat);
  cnx_segments_add (segments, 0.2, 0, NULL);
  cnx_segments_add (segments, 0.1 + 0.2, 1, &cat);
  cnx_segments_finish (segments, 0.5);
  g_assert_cmpuint (cnx_segments_list (segments)->len, ==, 1);
}

static void
test_min_length (void)
{
  g_autoptr (CnxSegments) segments = cnx_segments_new (0, 2);

  cnx_segments_add (segments, 0, 1, &cat);
  cnx_segments_add (segments, 1.5, 1, &dog);
  cnx_segments_add (segments, 3.5, 1, &cat);
  cnx_segments_finish (segments, 7.5);
  g_assert_cmpuint (cnx_segments_list (segments)->len, ==, 2);
  check_segment (segments, 0, &(CnxSegment) { 2, "dog", 1.5, 3.5, 0.75, 0.75 });
  check_segment (segments, 1, &(CnxSegment) { 1, "cat", 3.5, 7.5, 0.5, 0.5 });
  check_share (segments, 0, &(CnxShare) { 1, "cat", 4, 4 / 7.5, 0.5, 0.5 });
}

/* All of it is at one time: nothing is too short, everything has the whole, and the likeliest comes first. */
static void
test_picture (void)
{
  const CnxMetaLabel labels[] = { {7, "zebra", 0.6}, {3, "ant", 0.3} };
  g_autoptr (CnxSegments) segments = cnx_segments_new (1, 5);

  cnx_segments_add (segments, 0, 2, labels);
  cnx_segments_finish (segments, 0);
  g_assert_cmpuint (cnx_segments_list (segments)->len, ==, 2);
  check_segment (segments, 0, &(CnxSegment) { 3, "ant", 0, 0, 0.3, 0.3 });
  check_segment (segments, 1, &(CnxSegment) { 7, "zebra", 0, 0, 0.6, 0.6 });
  check_share (segments, 0, &(CnxShare) { 7, "zebra", 0, 1, 0.6, 0.6 });
  check_share (segments, 1, &(CnxShare) { 3, "ant", 0, 1, 0.3, 0.3 });
}

/* Without an end, the last classification lasts as long as they do in the mean. */
static void
test_no_end (void)
{
  static const double ends[] = { 0, 4, -1, NAN, 3.5 };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autoptr (CnxSegments) segments = cnx_segments_new (0, 0);

    cnx_segments_add (segments, 1, 1, &dog);
    cnx_segments_add (segments, 3, 1, &cat);
    cnx_segments_add (segments, 4, 1, &cat);
    cnx_segments_finish (segments, ends[i]);
    check_segment (segments, 1, &(CnxSegment) { 1, "cat", 3, 5.5, 0.5, 0.5 });
    check_share (segments, 0, &(CnxShare) { 1, "cat", 2.5, 2.5 / 4.5, 0.5, 0.5 });
  }
}

static void
test_nothing (void)
{
  g_autoptr (CnxSegments) none = cnx_segments_new (0, 0), empty = cnx_segments_new (0, 0);

  cnx_segments_finish (none, 10);
  g_assert_cmpuint (cnx_segments_list (none)->len, ==, 0);
  g_assert_cmpuint (cnx_segments_shares (none)->len, ==, 0);
  cnx_segments_add (empty, 1, 0, NULL);
  cnx_segments_finish (empty, 10);
  cnx_segments_finish (empty, 20);
  g_assert_cmpuint (cnx_segments_list (empty)->len, ==, 0);
  g_assert_cmpuint (cnx_segments_shares (empty)->len, ==, 0);
}

/* Two classes of one name are two; one class twice in a classification is one. */
static void
test_same_names (void)
{
  const CnxMetaLabel labels[] = { {1, "crane", 0.5}, {2, "crane", 0.25}, {1, "crane", 0.125} };
  g_autoptr (CnxSegments) segments = cnx_segments_new (0, 0);

  cnx_segments_add (segments, 0, 3, labels);
  cnx_segments_add (segments, 1, 1, &labels[1]);
  cnx_segments_finish (segments, 2);
  g_assert_cmpuint (cnx_segments_list (segments)->len, ==, 2);
  check_segment (segments, 0, &(CnxSegment) { 1, "crane", 0, 1, 0.5, 0.5 });
  check_segment (segments, 1, &(CnxSegment) { 2, "crane", 0, 2, 0.25, 0.25 });
}

/* Times that go back or are none, confidences that are none, a label that is NULL. */
static void
test_hostile (void)
{
  const CnxMetaLabel nan = { 1, "cat", NAN }, big = { 1, "cat", INFINITY }, minus = { 3, NULL, -1 };
  g_autoptr (CnxSegments) segments = cnx_segments_new (0, 0);

  cnx_segments_add (segments, NAN, 1, &nan);
  cnx_segments_add (segments, 2, 1, &big);
  cnx_segments_add (segments, 1, 1, &minus);
  cnx_segments_add (segments, INFINITY, 1, &minus);
  cnx_segments_add (segments, 3, 0, NULL);
  cnx_segments_finish (segments, INFINITY);
  g_assert_cmpuint (cnx_segments_list (segments)->len, ==, 2);
  check_segment (segments, 0, &(CnxSegment) { 1, "cat", 0, 2, 0.5, 1 });
  check_segment (segments, 1, &(CnxSegment) { 3, "", 2, 3, 0, 0 });
  /* 3 + a mean distance of 3 / 4 */
  check_share (segments, 0, &(CnxShare) { 1, "cat", 2, 2 / 3.75, 0.5, 1 });

  g_autoptr (CnxSegments) far = cnx_segments_new (0, 0);
  cnx_segments_add (far, 1e300, 1, &cat);
  cnx_segments_add (far, 1e301, 1, &cat);
  cnx_segments_finish (far, 1e302);
  const CnxSegment *segment = &g_array_index (cnx_segments_list (far), CnxSegment, 0);
  g_assert_true (isfinite (segment->start) && isfinite (segment->end) && segment->start <= segment->end);
}

/* ---- random films ---- */

typedef struct
{
  guint n;
  int time[MAX_SAMPLES + 1];    /* milliseconds; the last one is the end */
  int confidence[MAX_LABELS][MAX_SAMPLES];      /* sixteenths; 0: the label is missing */
  int gap, min_length;          /* milliseconds */
} Film;

static const char *const names[MAX_LABELS] = { "e", "d", "c", "b", "a" };

static void
make_film (Film * film, GRand * random)
{
  int time = g_rand_int_range (random, 0, 500);

  film->n = g_rand_int_range (random, 2, MAX_SAMPLES);
  film->gap = g_rand_int_range (random, 0, 4) * 250;
  film->min_length = g_rand_int_range (random, 0, 3) * 300;
  for (guint i = 0; i <= film->n; i++) {
    film->time[i] = time;
    time += g_rand_int_range (random, 1, 8) * 50;
  }
  for (guint label = 0; label < MAX_LABELS; label++)
    for (guint i = 0; i < film->n; i++)
      film->confidence[label][i] = g_rand_boolean (random) ? g_rand_int_range (random, 1, 17) : 0;
}

/* A label's segments, each found anew from every classification at which one may begin. */
static void
reference (const Film * film, guint label, GArray * list)
{
  const int *confidence = film->confidence[label];

  for (guint i = 0; i < film->n; i++) {
    CnxSegment segment = {.id = label,.label = names[label],.start = film->time[i] / 1000.0 };
    guint last = i, count = 0;

    if (!confidence[i])
      continue;
    for (guint j = i; j < film->n; j++) {
      const int missing = film->time[j] - film->time[MIN (last + 1, j)];
      if (!confidence[j])
        continue;
      if (missing > film->gap || (j > last + 1 && film->gap == 0))
        break;
      last = j;
      segment.mean += confidence[j] / 16.0;
      segment.peak = MAX (segment.peak, confidence[j] / 16.0);
      count++;
    }
    segment.mean /= count;
    segment.end = film->time[last + 1] / 1000.0;
    if (film->time[last + 1] - film->time[i] >= film->min_length)
      g_array_append_val (list, segment);
    i = last;
  }
}

static int
by_start (gconstpointer a, gconstpointer b)
{
  const CnxSegment *one = a, *other = b;

  if (one->start != other->start)
    return one->start < other->start ? -1 : 1;
  return strcmp (one->label, other->label);
}

static void
add_film (CnxSegments * segments, const Film * film)
{
  for (guint i = 0; i < film->n; i++) {
    CnxMetaLabel labels[MAX_LABELS];
    guint n = 0;
    for (guint label = 0; label < MAX_LABELS; label++)
      if (film->confidence[label][i])
        labels[n++] = (CnxMetaLabel) { label, names[label], film->confidence[label][i] / 16.0 };
    cnx_segments_add (segments, film->time[i] / 1000.0, n, labels);
  }
  cnx_segments_finish (segments, film->time[film->n] / 1000.0);
}

static void
check_shares (CnxSegments * segments, const Film * film, const GArray * expected)
{
  const GArray *shares = cnx_segments_shares (segments);
  double before = 1;

  for (guint i = 0; i < shares->len; i++) {
    const CnxShare *share = &g_array_index (shares, CnxShare, i);
    double seconds = 0;
    for (guint j = 0; j < expected->len; j++) {
      const CnxSegment *segment = &g_array_index (expected, CnxSegment, j);
      if (segment->id == share->id)
        seconds += segment->end - segment->start;
    }
    g_assert_cmpfloat_with_epsilon (share->seconds, seconds, 1e-9);
    g_assert_cmpfloat_with_epsilon (share->share, seconds * 1000 / (film->time[film->n] - film->time[0]), 1e-9);
    g_assert_cmpfloat (share->share, <=, before);
    before = share->share;
  }
}

static void
test_random (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (17);
  guint seen = 0;

  for (guint run = 0; run < 3000; run++) {
    g_autoptr (GArray) expected = g_array_new (FALSE, FALSE, sizeof (CnxSegment));
    Film film;

    make_film (&film, random);
    g_autoptr (CnxSegments) segments = cnx_segments_new (film.gap / 1000.0, film.min_length / 1000.0);
    add_film (segments, &film);
    for (guint label = 0; label < MAX_LABELS; label++)
      reference (&film, label, expected);
    g_array_sort (expected, by_start);
    g_assert_cmpuint (cnx_segments_list (segments)->len, ==, expected->len);
    for (guint i = 0; i < expected->len; i++)
      check_segment (segments, i, &g_array_index (expected, CnxSegment, i));
    check_shares (segments, &film, expected);
    seen += expected->len;
  }
  g_assert_cmpuint (seen, >, 10000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/segments/known", test_known);
  g_test_add_func ("/segments/gap", test_gap);
  g_test_add_func ("/segments/no-gap", test_no_gap);
  g_test_add_func ("/segments/gap-at-the-end", test_gap_at_the_end);
  g_test_add_func ("/segments/gap-of-tenths", test_gap_of_tenths);
  g_test_add_func ("/segments/min-length", test_min_length);
  g_test_add_func ("/segments/picture", test_picture);
  g_test_add_func ("/segments/no-end", test_no_end);
  g_test_add_func ("/segments/nothing", test_nothing);
  g_test_add_func ("/segments/same-names", test_same_names);
  g_test_add_func ("/segments/hostile", test_hostile);
  g_test_add_func ("/segments/random", test_random);
  return g_test_run ();
}
