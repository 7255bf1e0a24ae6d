/* Which frames are classified, frame by frame. */
#include "gst-plugin/pace/pace.h"

#include <math.h>

#define NONE GST_CLOCK_TIME_NONE
#define MS GST_MSECOND

/* Whether the frame at @now is classified, by an element that has time for each. */
static gboolean
step (CnxPace * pace, guint interval, double max_rate, GstClockTime now)
{
  const CnxPaceRule rule = { interval, max_rate };
  const gboolean due = cnx_pace_due (pace, &rule, now);

  if (due)
    cnx_pace_note (pace);
  return due;
}

/* As many frames as @expected has letters, those with x are classified. */
static void
check (CnxPace * pace, guint interval, double max_rate, const GstClockTime * times, const char *expected)
{
  g_autofree char *is = g_strdup (expected);

  for (guint i = 0; expected[i]; i++)
    is[i] = step (pace, interval, max_rate, times[i]) ? 'x' : '.';
  g_assert_cmpstr (is, ==, expected);
}

static void
test_every_frame (void)
{
  const GstClockTime times[] = { 0, 0, 1, NONE, 5 * GST_SECOND, 2, NONE };
  const double rates[] = { 0, -0.0, -1, NAN, -INFINITY, INFINITY, 1e300 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    for (guint interval = 0; interval < 2; interval++)
      check (&(CnxPace) { 0 }, interval, rates[i], times, "xxxxxxx");
}

static void
test_interval (void)
{
  const GstClockTime times[] = { 0, 40, NONE, 120, 90, 200, 240, 240, 0, 360 };

  check (&(CnxPace) { 0 }, 2, 0, times, "x.x.x.x.x.");
  check (&(CnxPace) { 0 }, 3, 0, times, "x..x..x..x");
  check (&(CnxPace) { 0 }, G_MAXUINT, 0, times, "x.........");
}

/* It counts from the last that was classified, so that another one takes hold at once. */
static void
test_interval_changes (void)
{
  const GstClockTime times[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
  CnxPace pace = { 0 };

  check (&pace, 1000, 0, times, "x....");
  check (&pace, 5, 0, times, "x....x");
  check (&pace, 1, 0, times, "xxx");
}

static void
test_passed_is_bounded (void)
{
  CnxPace pace = { 0 };

  g_assert_true (step (&pace, G_MAXUINT, 0, 0));
  pace.passed = G_MAXUINT - 2;
  g_assert_false (step (&pace, G_MAXUINT, 0, 0));
  g_assert_true (step (&pace, G_MAXUINT, 0, 0));
  pace.passed = G_MAXUINT;      /* so many were due while the device was busy */
  g_assert_true (step (&pace, G_MAXUINT, 0, 0));
}

static void
test_rate (void)
{
  const GstClockTime every_40[] = { 0, 40 * MS, 80 * MS, 120 * MS, 160 * MS, 200 * MS, 240 * MS, 280 * MS, 320 * MS };
  const GstClockTime every_100[] = { 70 * MS, 170 * MS, 270 * MS, 370 * MS };
  const GstClockTime same[] = { 70 * MS, 70 * MS, 70 * MS };

  check (&(CnxPace) { 0 }, 1, 10, every_40, "x..x.x..x");
  check (&(CnxPace) { 0 }, 1, 25, every_40, "xxxxxxxxx");
  check (&(CnxPace) { 0 }, 1, 10, every_100, "xxxx");
  check (&(CnxPace) { 0 }, 1, 5, every_100, "x.x.");
  check (&(CnxPace) { 0 }, 1, 1e-300, every_100, "x...");
  check (&(CnxPace) { 0 }, 1, 5e-324, every_100, "x...");
  check (&(CnxPace) { 0 }, 1, 1000, same, "x..");
}

/* Of all the frame rates and limits: as many a second as the limit says, or as there are frames, and never more. */
static void
test_rate_on_the_average (void)
{
  const double limits[] = { 0.5, 1, 4, 7.3, 10, 12.5, 24, 29.97, 30, 59, 100 };
  const guint frame_rates[] = { 5, 24, 25, 30, 50, 60 };

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (frame_rates); j++) {
      CnxPace pace = { 0 };
      guint classified = 0;

      for (guint n = 0; n < 100 * frame_rates[j]; n++)
        classified += step (&pace, 1, limits[i], gst_util_uint64_scale (n, GST_SECOND, frame_rates[j]));
      const double expected = 100 * MIN (limits[i], frame_rates[j]);
      g_test_message ("%g of %u: %u in 100 s", limits[i], frame_rates[j], classified);
      g_assert_cmpfloat (classified, <=, expected + 1);
      g_assert_cmpfloat (classified, >=, expected - 1);
    }
  }
}

/* After a gap there is no burst. */
static void
test_rate_after_a_gap (void)
{
  const GstClockTime times[] = { 0, 50 * MS, 730 * MS, 740 * MS, 800 * MS, 829 * MS, 830 * MS, 900 * MS, 930 * MS };

  check (&(CnxPace) { 0 }, 1, 10, times, "x.x...x.x");
}

/* Where time goes back a little the limit holds; where it begins anew no frame waits for what it was. */
static void
test_rate_backwards (void)
{
  const GstClockTime little[] = { 500 * MS, 460 * MS, 520 * MS, 480 * MS, 600 * MS, 540 * MS, 700 * MS };
  const GstClockTime anew[] = { 3600 * GST_SECOND, 0, 40 * MS, 100 * MS, 200 * MS };
  const GstClockTime stands_back[] = { 500 * MS, 405 * MS, 450 * MS, 550 * MS, 599 * MS, 600 * MS };

  check (&(CnxPace) { 0 }, 1, 10, little, "x...x.x");
  check (&(CnxPace) { 0 }, 1, 10, anew, "xx.xx");
  check (&(CnxPace) { 0 }, 1, 10, stands_back, "x....x");
}

/* A frame of unknown time is not held up, and leaves what is known as it is. */
static void
test_rate_unknown (void)
{
  const GstClockTime times[] = { NONE, NONE, 500 * MS, 550 * MS, NONE, 560 * MS, 600 * MS, NONE, 699 * MS, 700 * MS };

  check (&(CnxPace) { 0 }, 1, 10, times, "xxx.x.xx.x");
}

/* Times at the very end of what there is. */
static void
test_rate_at_the_end (void)
{
  const GstClockTime times[] = { NONE - 3, NONE - 2, NONE - 1, NONE - 1, 0, 100 * MS };

  check (&(CnxPace) { 0 }, 1, 10, times, "x.xxxx");
  check (&(CnxPace) { 0 }, 1, 1e-300, times, "x.xxx.");
}

static void
test_rate_changes (void)
{
  const GstClockTime times[] = { 0, 40 * MS, 80 * MS, 120 * MS };
  const GstClockTime later[] = { 160 * MS, 200 * MS, 240 * MS, 280 * MS };
  const GstClockTime latest[] = { 320 * MS, 360 * MS, 400 * MS, 1000 * GST_SECOND };
  CnxPace pace = { 0 };

  check (&pace, 1, 0.001, times, "x...");
  check (&pace, 1, 10, later, "x..x");   /* a limit of long ago holds nothing up */
  check (&pace, 1, 0, later, "xxxx");
  check (&pace, 1, 0.001, latest, "x...");
}

static void
test_both (void)
{
  const GstClockTime times[] = { 0, 40 * MS, 80 * MS, 120 * MS, 160 * MS, 200 * MS, 240 * MS, 280 * MS, 320 * MS };

  check (&(CnxPace) { 0 }, 2, 10, times, "x..x.x..x");
  check (&(CnxPace) { 0 }, 4, 10, times, "x...x...x");
  check (&(CnxPace) { 0 }, 2, 5, times, "x....x...");
}

/* What is due and not classified leaves the next one due; what is classified late counts from then on. */
static void
test_busy (void)
{
  const CnxPaceRule rule = { 3, 10 };
  CnxPace pace = { 0 };

  for (guint i = 0; i < 4; i++)
    g_assert_true (cnx_pace_due (&pace, &rule, i * 40 * MS));
  cnx_pace_note (&pace);        /* at 120 ms */
  g_assert_false (cnx_pace_due (&pace, &rule, 160 * MS));
  g_assert_false (cnx_pace_due (&pace, &rule, 200 * MS));
  g_assert_true (cnx_pace_due (&pace, &rule, 240 * MS));
  g_assert_true (cnx_pace_due (&pace, &rule, 280 * MS));
  cnx_pace_note (&pace);
  g_assert_false (cnx_pace_due (&pace, &rule, 320 * MS));
}

static void
test_forget (void)
{
  const GstClockTime times[] = { 500 * MS, 540 * MS, 550 * MS };
  CnxPace pace = { 0 };

  for (guint i = 0; i < 2; i++) {
    check (&pace, 3, 1, times, "x..");
    cnx_pace_forget (&pace);
  }
  check (&pace, 1, 0.001, times, "x..");
  cnx_pace_forget (&pace);
  check (&pace, 1, 0.001, times + 1, "x.");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pace/every-frame", test_every_frame);
  g_test_add_func ("/pace/interval", test_interval);
  g_test_add_func ("/pace/interval-changes", test_interval_changes);
  g_test_add_func ("/pace/passed-is-bounded", test_passed_is_bounded);
  g_test_add_func ("/pace/rate", test_rate);
  g_test_add_func ("/pace/rate-on-the-average", test_rate_on_the_average);
  g_test_add_func ("/pace/rate-after-a-gap", test_rate_after_a_gap);
  g_test_add_func ("/pace/rate-backwards", test_rate_backwards);
  g_test_add_func ("/pace/rate-unknown", test_rate_unknown);
  g_test_add_func ("/pace/rate-at-the-end", test_rate_at_the_end);
  g_test_add_func ("/pace/rate-changes", test_rate_changes);
  g_test_add_func ("/pace/both", test_both);
  g_test_add_func ("/pace/busy", test_busy);
  g_test_add_func ("/pace/forget", test_forget);
  return g_test_run ();
}
