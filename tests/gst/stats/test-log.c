/* What the log of level 5 says: a line for each frame, of what became of it and why. */
#include "tests/gst/pace/rig.h"

#include <string.h>

#define MS GST_MSECOND

/* The lines of the frames since it was emptied. */
static struct
{
  GMutex lock;
  GPtrArray *lines;
} log;

static void
keep_line (GstDebugCategory * category, GstDebugLevel level, const gchar * file, const gchar * function, gint line,
    GObject * object, GstDebugMessage * message, gpointer user_data)
{
  const char *text = gst_debug_message_get (message);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&log.lock);

  if (strcmp (gst_debug_category_get_name (category), "convnext") == 0 && g_str_has_prefix (text, "the frame of "))
    g_ptr_array_add (log.lines, g_strdup (text));
}

static void
push (CnxTestRig * rig, GstClockTime time)
{
  cnx_test_rig_carried (rig, time);
  cnx_test_rig_drain (rig);
}

static void
begin (GstDebugLevel level)
{
  gst_debug_set_threshold_for_name ("convnext", level);
  g_ptr_array_set_size (log.lines, 0);
}

/* There is one more line, with all of the @words. */
static void
check_line (guint number, const char *const *words)
{
  g_assert_cmpuint (log.lines->len, ==, number + 1);
  const char *line = g_ptr_array_index (log.lines, number);
  g_test_message ("%s", line);
  for (guint i = 0; words[i]; i++)
    g_assert_nonnull (strstr (line, words[i]));
}

static void
test_lines (void)
{
  static const struct
  {
    const char *line;
    const char *words[3][4];
  } cases[] = {
    {"convnext mode=every-frame", {{"0:00:00.000", "is classified", "0 ms old"}, {"0:00:00.040", "is classified"},
            {"0:00:00.080", "is classified", " 0 ms old"}}},
    {"convnext mode=every-frame interval=2", {{"is classified"}, {"passed over", "interval", " 40 ms old"},
            {"is classified"}}},
    {"convnext mode=every-frame max-rate=1", {{"is classified"}, {"passed over", "max-rate", " 40 ms old"},
            {"passed over", "max-rate", " 80 ms old"}}},
    {"convnext mode=every-frame scene-threshold=0.1", {{"is classified"}, {"passed over", "the same", " 40 ms old"},
            {"passed over", "the same", " 80 ms old"}}},
    {"convnext mode=latest", {{"is classified", "no labels"}, {"is classified", " 40 ms old"},
            {"is classified", " 40 ms old"}}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (CnxTestRig) rig = cnx_test_rig (cases[i].line);

    begin (GST_LEVEL_DEBUG);
    for (guint n = 0; n < 3; n++) {
      push (&rig, n * 40 * MS);
      check_line (n, cases[i].words[n]);
    }
  }
}

static void
test_busy (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext mode=latest");

  begin (GST_LEVEL_DEBUG);
  cnx_test_rig_hold (TRUE);
  cnx_test_rig_carried (&rig, 0);
  cnx_test_rig_carried (&rig, 1);
  check_line (1, (const char *const[]) { "passed over", "busy", "no labels", NULL });
  cnx_test_rig_hold (FALSE);
}

static void
test_no_time (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext mode=every-frame");

  begin (GST_LEVEL_DEBUG);
  push (&rig, GST_CLOCK_TIME_NONE);
  check_line (0, (const char *const[]) { "is classified", "unknown age", NULL });
}

static void
test_off (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig ("convnext mode=every-frame");

  begin (GST_LEVEL_INFO);
  push (&rig, 0);
  g_assert_cmpuint (log.lines->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_debug_remove_log_function (NULL);  /* before there is one: a list that grows loses its old one */
  cnx_test_init_elements (&argc, &argv);
  log.lines = g_ptr_array_new_with_free_func (g_free);
  gst_debug_add_log_function (keep_line, NULL, NULL);
  g_test_add_func ("/log/lines", test_lines);
  g_test_add_func ("/log/busy", test_busy);
  g_test_add_func ("/log/no-time", test_no_time);
  g_test_add_func ("/log/off", test_off);
  return g_test_run ();
}
