/* What of the labels on buffers is told: results that are carried on, first labels that stay, intervals, several
 * classifiers, streams that take turns, and which frame a result came from. */
#include "gst-plugin/publish/news.h"

static const CnxNewsRules every = { FALSE, 0 }, on_change = { TRUE, 0 };

/* Whether what @model found on @stream's frame of @time, the label @id, is told. */
static gboolean
tells_of (CnxNews * news, const CnxNewsRules * rules, const char *stream, const char *model, int id, GstClockTime time)
{
  g_autofree char *name = g_strdup_printf ("class %d", id);
  const CnxMetaLabel label = { id, name, 0.5 };
  const CnxMetaLabels labels = { model, stream, time, id >= 0, &label, NULL };

  return cnx_news_is (news, &labels, rules);
}

/* The same of the next frame, which is the one that was classified. */
static gboolean
tells (CnxNews * news, const CnxNewsRules * rules, int id, GstClockTime time)
{
  cnx_news_next_frame (news, "s", time);
  return tells_of (news, rules, "s", "m", id, time);
}

static void
test_every_result (void)
{
  g_autoptr (CnxNews) news = cnx_news_new ();

  g_assert_true (tells (news, &every, 1, 0));
  g_assert_true (tells (news, &every, 1, 40));
  cnx_news_next_frame (news, "s", 80);
  g_assert_false (tells_of (news, &every, "s", "m", 1, 40));    /* carried on */
  g_assert_true (tells (news, &every, 2, 120));
  g_assert_true (tells (news, &every, 2, GST_CLOCK_TIME_NONE));
  g_assert_true (tells (news, &every, 2, GST_CLOCK_TIME_NONE));
  g_assert_true (tells (news, &every, 2, 120));
}

static void
test_on_change (void)
{
  g_autoptr (CnxNews) news = cnx_news_new ();

  g_assert_true (tells (news, &on_change, 1, 0));
  g_assert_false (tells (news, &on_change, 1, 1));
  g_assert_true (tells (news, &on_change, 2, 2));
  g_assert_true (tells (news, &on_change, -1, 3));      /* nothing above the threshold is a change too */
  g_assert_false (tells (news, &on_change, -1, 4));
  g_assert_true (tells (news, &on_change, 2, 5));
  cnx_news_reset (news);
  g_assert_true (tells (news, &on_change, 2, 5));
}

static void
test_min_interval (void)
{
  const CnxNewsRules rules = { TRUE, 1000 }, all = { FALSE, 1000 };
  g_autoptr (CnxNews) news = cnx_news_new ();

  g_assert_true (tells (news, &rules, 1, 500));
  g_assert_false (tells (news, &rules, 2, 1499));
  g_assert_false (tells (news, &rules, 1, 1500));       /* as it was when it was told */
  g_assert_true (tells (news, &rules, 2, 1600));        /* put off, not lost */
  g_assert_false (tells (news, &all, 3, 2599));
  g_assert_true (tells (news, &all, 3, 2600));
  g_assert_true (tells (news, &all, 3, 100));   /* a stream that began anew */
  g_assert_true (tells (news, &all, 3, GST_CLOCK_TIME_NONE));
}

/* The last change before a scene that stays is carried by every frame after, as old as it gets. */
static void
test_put_off (void)
{
  const CnxNewsRules rules = { TRUE, 1000 }, all = { FALSE, 1000 };
  g_autoptr (CnxNews) news = cnx_news_new ();

  g_assert_true (tells (news, &rules, 1, 0));
  g_assert_false (tells (news, &rules, 2, 400));
  for (GstClockTime now = 500; now < 2000; now += 100) {
    cnx_news_next_frame (news, "s", now);
    g_assert_true (tells_of (news, &rules, "s", "m", 2, 400) == (now == 1000));
  }
  g_assert_false (tells (news, &all, 2, 1900));
  cnx_news_next_frame (news, "s", 2000);
  g_assert_true (tells_of (news, &all, "s", "m", 2, 1900));
}

static void
test_two_classifiers (void)
{
  g_autoptr (CnxNews) news = cnx_news_new ();

  for (guint i = 0; i < 3; i++) {
    cnx_news_next_frame (news, "s", i);
    g_assert_true (tells_of (news, &on_change, "s", "m", 1, i) == (i == 0));
    g_assert_true (tells_of (news, &on_change, "s", "m", 2, i) == (i == 0));    /* another with the same model */
    g_assert_true (tells_of (news, &on_change, "s", "n", 3, i) == (i == 0));
  }
}

static void
test_streams_in_turn (void)
{
  g_autoptr (CnxNews) news = cnx_news_new ();

  for (guint i = 0; i < 6; i++) {
    const char *stream = i % 2 ? "odd" : "even";
    cnx_news_next_frame (news, stream, i);
    g_assert_true (tells_of (news, &on_change, stream, "m", i % 2, i) == (i < 2));
    g_assert_cmpint (cnx_news_frame_of (news, i), ==, i / 2);
  }
  /* more than are kept in mind: what is told again is no crash and no leak */
  for (guint i = 0; i < 5000; i++) {
    g_autofree char *stream = g_strdup_printf ("stream %u", i);
    cnx_news_next_frame (news, stream, 0);
    g_assert_true (tells_of (news, &on_change, stream, "m", 1, 0));
    g_assert_cmpint (cnx_news_frame_of (news, 0), ==, 0);
  }
}

static void
test_frames (void)
{
  g_autoptr (CnxNews) news = cnx_news_new ();

  for (guint i = 0; i < 1000; i++)
    cnx_news_next_frame (news, "s", i * GST_SECOND);
  g_assert_cmpint (cnx_news_frame_of (news, 999 * GST_SECOND), ==, 999);
  g_assert_cmpint (cnx_news_frame_of (news, 744 * GST_SECOND), ==, 744);
  g_assert_cmpint (cnx_news_frame_of (news, 743 * GST_SECOND), ==, -1);
  g_assert_cmpint (cnx_news_frame_of (news, 999 * GST_SECOND + 1), ==, -1);
  g_assert_cmpint (cnx_news_frame_of (news, GST_CLOCK_TIME_NONE), ==, 999);
}

/* Whether a frame with regions is told, @n of them of these ids and first labels; below 0: without one. */
static gboolean
tells_regions (CnxNews * news, GstClockTime time, guint n, const gint64 * ids, const int *firsts)
{
  CnxMetaLabel labels[3];
  CnxMetaRegion regions[3];
  const CnxMetaLabels all = { "m", "s", time, 0, NULL, NULL, 0, n, regions };

  for (guint i = 0; i < n; i++) {
    labels[i] = (CnxMetaLabel) { firsts[i], firsts[i] == 1 ? "one" : "another", 0.5 };
    /* never at the same place */
    regions[i] = (CnxMetaRegion) { {time, i, 9, 9}, ids[i], "car", time, firsts[i] >= 0, &labels[i] };
  }
  cnx_news_next_frame (news, "s", time);
  return cnx_news_is (news, &all, &on_change);
}

/* A region is known by its id, wherever it is and stands in the list. */
static void
test_regions (void)
{
  static const gint64 ids[] = { 5, 6 }, turned[] = { 6, 5 }, third[] = { 5, 7 }, untracked[] = { -1, -1 };
  static const int firsts[] = { 1, 2 }, swapped[] = { 2, 1 }, same[] = { 1, 1 }, none[] = { 1, -1 };
  g_autoptr (CnxNews) news = cnx_news_new ();
  GstClockTime time = 0;

  g_assert_true (tells_regions (news, time++, 0, NULL, NULL));
  g_assert_false (tells_regions (news, time++, 0, NULL, NULL));
  g_assert_true (tells_regions (news, time++, 2, ids, firsts));
  g_assert_false (tells_regions (news, time++, 2, ids, firsts));
  g_assert_false (tells_regions (news, time++, 2, turned, swapped));
  g_assert_true (tells_regions (news, time++, 2, ids, swapped));
  g_assert_true (tells_regions (news, time++, 2, ids, same));
  g_assert_true (tells_regions (news, time++, 2, third, same)); /* one left, another came */
  g_assert_true (tells_regions (news, time++, 1, third, same)); /* one left */
  g_assert_true (tells_regions (news, time++, 2, ids, none));
  g_assert_false (tells_regions (news, time++, 2, ids, none));
  g_assert_true (tells_regions (news, time++, 2, untracked, firsts));
  g_assert_false (tells_regions (news, time++, 2, untracked, swapped)); /* one of each is there still */
  g_assert_true (tells_regions (news, time++, 2, untracked, same));
  g_assert_true (tells (news, &on_change, 1, time++));  /* the frame again */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/news/every-result", test_every_result);
  g_test_add_func ("/news/on-change", test_on_change);
  g_test_add_func ("/news/min-interval", test_min_interval);
  g_test_add_func ("/news/put-off", test_put_off);
  g_test_add_func ("/news/two-classifiers", test_two_classifiers);
  g_test_add_func ("/news/streams-in-turn", test_streams_in_turn);
  g_test_add_func ("/news/frames", test_frames);
  g_test_add_func ("/news/regions", test_regions);
  return g_test_run ();
}
