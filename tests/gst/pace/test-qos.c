/* Which frames would be late, from what was said of others. */
#include "gst-plugin/pace/qos.h"

#define NONE GST_CLOCK_TIME_NONE
#define MS GST_MSECOND

static CnxQos
make (GstClockTime takes)
{
  CnxQos qos = { 0 };

  cnx_qos_init (&qos);
  cnx_qos_note (&qos, takes);
  return qos;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CnxQos, cnx_qos_clear)

static void
test_nobody_complains (void)
{
  g_auto (CnxQos) qos = make (1000 * MS);

  g_assert_false (cnx_qos_is_troubled (&qos));
  g_assert_false (cnx_qos_is_late (&qos, 0, 5000 * MS));
  cnx_qos_complain (&qos, 100 * MS, 0, 300 * MS);
  cnx_qos_complain (&qos, 100 * MS, -50 * (gint64) MS, 300 * MS);
  cnx_qos_complain (&qos, NONE, 50 * MS, 300 * MS);
  cnx_qos_complain (&qos, 100 * MS, 50 * MS, NONE);
  g_assert_false (cnx_qos_is_troubled (&qos));
}

/* The frame of 100 ms came at 300, which was 50 too late: frames may come 150 after their time. */
static void
test_deadline (void)
{
  g_auto (CnxQos) qos = make (40 * MS);

  cnx_qos_complain (&qos, 100 * MS, 50 * MS, 300 * MS);
  g_assert_true (cnx_qos_is_troubled (&qos));
  g_assert_true (cnx_qos_is_late (&qos, 140 * MS, 300 * MS));   /* it would be there at 340, and must be at 290 */
  g_assert_false (cnx_qos_is_late (&qos, 190 * MS, 300 * MS));  /* at less than 340, and must be at 340 */
  g_assert_false (cnx_qos_is_late (&qos, NONE, 300 * MS));
  g_assert_false (cnx_qos_is_late (&qos, 0, NONE));
  cnx_qos_note (&qos, 0);
  g_assert_false (cnx_qos_is_late (&qos, 150 * MS, 300 * MS));
  g_assert_true (cnx_qos_is_late (&qos, 150 * MS, 300 * MS + 1));
}

/* A camera of 25 frames a second, of which it has shown @frame before @now; and a sink that shows what comes within
 * @latency. */
typedef struct
{
  CnxQos *qos;
  GstClockTime latency, now;
  guint frame;
  guint late, classified;       /* of those that were played last */
} Camera;

/* @n frames more, of which a classification takes @takes. */
static void
play (Camera * camera, guint n, GstClockTime takes)
{
  camera->late = camera->classified = 0;
  for (guint i = 0; i < n; i++) {
    const GstClockTime time = camera->frame++ * 40 * MS;
    camera->now = MAX (camera->now, time);
    if (!cnx_qos_is_late (camera->qos, time, camera->now)) {
      camera->now += takes;
      cnx_qos_note (camera->qos, takes);
      camera->classified++;
    }
    if (camera->now > time + camera->latency) {
      cnx_qos_complain (camera->qos, time, camera->now - time - camera->latency, camera->now);
      camera->late++;
    }
  }
  g_test_message ("%u of %u classified, %u late", camera->classified, n, camera->late);
}

/* A network that is too slow for each frame: those that there is time for are classified, and hardly any comes late. */
static void
test_too_slow (void)
{
  static const struct
  {
    GstClockTime takes;
    guint least;                /* of 1000 frames; each takes what some of 40 ms do */
  } networks[] = { {41 * MS, 490}, {60 * MS, 490}, {100 * MS, 325}, {390 * MS, 95}, {3000 * MS, 12} };

  for (guint i = 0; i < G_N_ELEMENTS (networks); i++) {
    g_auto (CnxQos) qos = make (0);
    Camera camera = { &qos, networks[i].takes };

    play (&camera, 1000, networks[i].takes);
    g_assert_cmpuint (camera.late, <=, 80);     /* the first time */
    g_assert_cmpuint (camera.classified, >=, networks[i].least);
    play (&camera, 1000, networks[i].takes);
    g_assert_cmpuint (camera.late, ==, 0);
    g_assert_cmpuint (camera.classified, >=, networks[i].least);
  }
}

static void
test_fast_enough (void)
{
  g_auto (CnxQos) qos = make (0);
  Camera camera = { &qos, 39 * MS };

  play (&camera, 1000, 39 * MS);
  g_assert_cmpuint (camera.late, ==, 0);
  g_assert_cmpuint (camera.classified, ==, 1000);
}

/* One slow pass, as of a device that was busy elsewhere: frames are late for as long as it takes, and two seconds after
 * all are classified again. */
static void
test_recovers (void)
{
  g_auto (CnxQos) qos = make (0);
  Camera camera = { &qos, 30 * MS };

  play (&camera, 1, 2000 * MS);
  play (&camera, 49, 20 * MS);
  g_assert_cmpuint (camera.classified, ==, 0);
  play (&camera, 100, 20 * MS);
  g_assert_cmpuint (camera.late, ==, 0);
  g_assert_cmpuint (camera.classified, >=, 45);
  g_assert_false (cnx_qos_is_troubled (&qos));
  play (&camera, 100, 20 * MS);
  g_assert_cmpuint (camera.classified, ==, 100);
}

/* What always comes too late is tried every two seconds all the same, for what it takes may be less by then. */
static void
test_tried_again (void)
{
  g_auto (CnxQos) qos = make (0);
  Camera camera = { &qos, 100 * MS };

  play (&camera, 1000, 200 * MS);
  g_assert_cmpuint (camera.classified, >=, 15);
  g_assert_cmpuint (camera.classified, <=, 21);
  g_assert_cmpuint (camera.late, <=, 4 * camera.classified);
}

/* Where others are why frames are late, none is classified. */
static void
test_late_by_itself (void)
{
  g_auto (CnxQos) qos = make (10 * MS);

  for (guint i = 0; i < 1000; i++) {
    cnx_qos_complain (&qos, i * 40 * MS, 5 * MS, i * 40 * MS + 100 * MS);
    g_assert_true (cnx_qos_is_late (&qos, i * 40 * MS, i * 40 * MS + 100 * MS));
  }
  cnx_qos_forget (&qos);
  g_assert_false (cnx_qos_is_late (&qos, 0, 100 * MS));
}

/* Whatever an event holds. */
static void
test_extremes (void)
{
  static const GstClockTime times[] = { 0, 1, G_MAXINT64 / 4, G_MAXINT64, (GstClockTime) G_MAXINT64 + 1, NONE - 1,
    NONE
  };
  static const GstClockTimeDiff lates[] = { G_MININT64, -1, 0, 1, G_MAXINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    for (guint j = 0; j < G_N_ELEMENTS (times); j++)
      for (guint k = 0; k < G_N_ELEMENTS (lates); k++) {
        g_auto (CnxQos) qos = make (NONE);
        cnx_qos_complain (&qos, times[i], lates[k], times[j]);
        g_assert_cmpint (cnx_qos_is_troubled (&qos), ==, lates[k] > 0 && i < 2 && j < 2);
        cnx_qos_is_late (&qos, times[j], times[i]);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qos/nobody-complains", test_nobody_complains);
  g_test_add_func ("/qos/deadline", test_deadline);
  g_test_add_func ("/qos/too-slow", test_too_slow);
  g_test_add_func ("/qos/fast-enough", test_fast_enough);
  g_test_add_func ("/qos/recovers", test_recovers);
  g_test_add_func ("/qos/tried-again", test_tried_again);
  g_test_add_func ("/qos/late-by-itself", test_late_by_itself);
  g_test_add_func ("/qos/extremes", test_extremes);
  return g_test_run ();
}
