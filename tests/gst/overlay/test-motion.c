/* A panel that moves: where its bars, texts and rows are at which time, in numbers. */
#include "gst-plugin/overlay/motion.h"
#include "tests/gst/elements.h"

#include <math.h>

#define FRAME (33 * GST_MSECOND)
#define STEP (1.5 / 1024)       /* a movement's coarseness */

typedef struct
{
  const char *text;
  double bar;
} Said;

/* A panel of labels, each with a bar; ends with one without a text. */
static GArray *
panel_of (const Said * said)
{
  GArray *panel = cnx_panel_new ();

  for (; said->text; said++) {
    const CnxPanelRow row = {.text = (char *) said->text,.id = g_str_hash (said->text) % 1000,.height = 1,
      .presence = 1,.bar = said->bar,.track = 1
    };
    cnx_panel_append (panel, &row);
  }
  return panel;
}

/* What @motion shows at @time on the way to @said. */
static GArray *
show (CnxMotion * motion, const Said * said, GstClockTime time)
{
  g_autoptr (GArray) panel = panel_of (said);

  return cnx_motion_show (motion, panel, time);
}

static const CnxPanelRow *
row (GArray * panel, guint i)
{
  g_assert_cmpuint (panel->len, >, i);
  return &g_array_index (panel, CnxPanelRow, i);
}

static void
assert_shows (CnxMotion * motion, const Said * said, GstClockTime time)
{
  g_autoptr (GArray) expected = panel_of (said);
  g_autoptr (GArray) shown = cnx_motion_show (motion, expected, time);

  g_assert_true (cnx_panel_equal (shown, expected));
}

static const Said low[] = { {"dog", 0.2}, {NULL} };
static const Said high[] = { {"dog", 0.8}, {NULL} };
static const Said cat[] = { {"cat", 0.8}, {NULL} };
static const Said three[] = { {"dog", 0.5}, {"cat", 0.25}, {"cup", 0.125}, {NULL} };
static const Said nothing[] = { {NULL} };

/* From where it is to where it goes, ever slower, never back, and there in time. */
static void
test_bar (void)
{
  CnxMotion motion = { 0 };
  double last = 0.2, step = 1;

  assert_shows (&motion, low, 0);       /* the first frame of all */
  for (GstClockTime time = FRAME; time < CNX_MOTION_TIME; time += FRAME) {
    g_autoptr (GArray) shown = show (&motion, high, time);
    const double bar = row (shown, 0)->bar, done = (double) time / CNX_MOTION_TIME;
    g_assert_cmpfloat_with_epsilon (bar, 0.2 + 0.6 * (1 - pow (1 - done, 3)), STEP);
    g_assert_cmpfloat (bar, >, last);
    g_assert_cmpfloat (bar - last, <, step + 2 * STEP);
    g_assert_cmpfloat (row (shown, 0)->presence, ==, 1);
    step = bar - last;
    last = bar;
  }
  assert_shows (&motion, high, CNX_MOTION_TIME);
  assert_shows (&motion, high, 2 * CNX_MOTION_TIME);
  cnx_motion_forget (&motion);
}

/* Another result on the way: what moves goes on from where it is. */
static void
test_interrupted (void)
{
  CnxMotion motion = { 0 };

  assert_shows (&motion, low, 0);
  g_autoptr (GArray) before = show (&motion, high, CNX_MOTION_TIME / 2);
  g_autoptr (GArray) turned = show (&motion, low, CNX_MOTION_TIME / 2 + GST_MSECOND);
  const double lost = row (before, 0)->bar - row (turned, 0)->bar;
  g_assert_cmpfloat (row (before, 0)->bar, >, 0.6);
  g_assert_cmpfloat (lost, >, 0);
  g_assert_cmpfloat (lost, <, 0.02);
  assert_shows (&motion, low, 2 * CNX_MOTION_TIME);
  cnx_motion_forget (&motion);
}

/* Of two labels in one place one can be read at any time, and the bar goes on meanwhile. */
static void
test_text (void)
{
  CnxMotion motion = { 0 };
  double last = 1;

  assert_shows (&motion, low, 0);
  for (int i = 1; i < 30; i++) {
    g_autoptr (GArray) shown = show (&motion, cat, i * CNX_MOTION_TIME / 30);
    const double presence = row (shown, 0)->presence;
    g_assert_cmpstr (row (shown, 0)->text, ==, i < 15 ? "dog" : "cat");
    if (i < 15)
      g_assert_cmpfloat (presence, <, last);
    else if (i > 15)
      g_assert_cmpfloat (presence, >, last);
    g_assert_cmpfloat (row (shown, 0)->track, ==, 1);
    g_assert_cmpfloat (row (shown, 0)->bar, >, 0.2);
    last = presence;
  }
  assert_shows (&motion, cat, CNX_MOTION_TIME);
  cnx_motion_forget (&motion);
}

/* A text that is another in each frame: the old one is gone after as many frames as it takes to go. */
static void
test_restless (void)
{
  CnxMotion motion = { 0 };

  assert_shows (&motion, low, 0);
  for (int i = 1; i < 20; i++) {
    const char *name[] = { "cat", "cup", "pan" };
    const Said said[] = { {name[i % 3], 0.2}, {NULL} };
    g_autoptr (GArray) shown = show (&motion, said, i * FRAME);
    g_assert_cmpint (g_str_equal (row (shown, 0)->text, "dog"), ==, i < 5);
  }
  cnx_motion_forget (&motion);
}

/* Rows that are there no more close, and the panel with the last of them. */
static void
test_rows (void)
{
  const Said *const ways[] = { nothing, low, three };

  for (guint from = 0; from < G_N_ELEMENTS (ways); from++)
    for (guint to = 0; to < G_N_ELEMENTS (ways); to++) {
      CnxMotion motion = { 0 };
      assert_shows (&motion, ways[from], 0);
      g_autoptr (GArray) a = panel_of (ways[from]), b = panel_of (ways[to]);
      g_autoptr (GArray) half = show (&motion, ways[to], CNX_MOTION_TIME / 2);
      g_assert_cmpuint (half->len, ==, MAX (a->len, b->len));
      for (guint i = MIN (a->len, b->len); i < half->len; i++) {
        g_assert_cmpfloat (row (half, i)->height, >, 0);
        g_assert_cmpfloat (row (half, i)->height, <, 1);
      }
      assert_shows (&motion, ways[to], CNX_MOTION_TIME);
      cnx_motion_forget (&motion);
    }
}

/* No movement between frames that lie further apart, back in time, without a time, or after a jump. */
static void
test_jumps (void)
{
  CnxMotion motion = { 0 };

  assert_shows (&motion, low, GST_SECOND);
  assert_shows (&motion, high, GST_SECOND + CNX_MOTION_TIME);
  assert_shows (&motion, low, GST_SECOND);
  assert_shows (&motion, high, GST_CLOCK_TIME_NONE);
  assert_shows (&motion, low, GST_SECOND + FRAME);
  cnx_motion_forget (&motion);
  assert_shows (&motion, high, GST_SECOND + 2 * FRAME);
  cnx_motion_forget (&motion);
}

/* A class whose name another has too, and another classifier's of the same name, are other labels. */
static void
test_same_name (void)
{
  const CnxPanelRow a = {.text = (char *) "crane",.id = 134,.owner = 0 }, b = {.text = (char *) "crane",.id = 517 },
      c = {.text = (char *) "crane",.id = 134,.owner = 1 };

  g_assert_true (cnx_panel_row_same (&a, &a));
  g_assert_false (cnx_panel_row_same (&a, &b));
  g_assert_false (cnx_panel_row_same (&a, &c));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/motion/bar", test_bar);
  g_test_add_func ("/motion/interrupted", test_interrupted);
  g_test_add_func ("/motion/text", test_text);
  g_test_add_func ("/motion/restless", test_restless);
  g_test_add_func ("/motion/rows", test_rows);
  g_test_add_func ("/motion/jumps", test_jumps);
  g_test_add_func ("/motion/same-name", test_same_name);
  return g_test_run ();
}
