/* How long frames wait, as a live pipeline is told: at first, and anew when it is off by half. */
#include "gst-plugin/latency.h"
#include "tests/gst/elements.h"

typedef struct
{
  CnxLatency latency;
  GstElement *element;
  GstBus *bus;
} Rig;

static Rig
begin (void)
{
  Rig rig = {.element = gst_object_ref_sink (gst_element_factory_make ("fakesink", NULL)),.bus = gst_bus_new () };

  gst_element_set_bus (rig.element, rig.bus);
  cnx_latency_init (&rig.latency);
  return rig;
}

static void
end (Rig * rig)
{
  cnx_latency_clear (&rig->latency);
  gst_element_set_bus (rig->element, NULL);
  gst_object_unref (rig->element);
  gst_object_unref (rig->bus);
}

/* A frame has taken so many seconds, beside which the moment that this takes is nothing. How often it is told. */
static guint
take (Rig * rig, gint64 seconds)
{
  guint told = 0;

  cnx_latency_note (&rig->latency, rig->element, g_get_monotonic_time () - seconds * G_USEC_PER_SEC);
  for (GstMessage * message; (message = gst_bus_pop_filtered (rig->bus, GST_MESSAGE_LATENCY)); told++)
    gst_message_unref (message);
  return told;
}

/* The whole seconds that are added to upstream's 5. */
static guint
answer (Rig * rig, gboolean live, gboolean wait)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime least;

  gst_query_set_latency (query, live, 5 * GST_SECOND, 5 * GST_SECOND);
  cnx_latency_answer (&rig->latency, query, wait);
  gst_query_parse_latency (query, NULL, &least, NULL);
  return least / GST_SECOND - 5;
}

static void
test_answer (void)
{
  Rig rig = begin ();

  g_assert_false (cnx_latency_is_known (&rig.latency));
  take (&rig, 100);
  g_assert_true (cnx_latency_is_known (&rig.latency));
  g_assert_cmpuint (answer (&rig, TRUE, TRUE), ==, 100);
  g_assert_cmpuint (answer (&rig, TRUE, FALSE), ==, 0);
  g_assert_cmpuint (answer (&rig, FALSE, TRUE), ==, 0);
  end (&rig);
}

/* Who never asked is told nothing. */
static void
test_nobody_asks (void)
{
  Rig rig = begin ();

  g_assert_cmpuint (take (&rig, 100), ==, 0);
  g_assert_cmpuint (take (&rig, 1000), ==, 0);
  end (&rig);
}

static void
test_grows (void)
{
  Rig rig = begin ();

  take (&rig, 100);
  answer (&rig, TRUE, TRUE);
  g_assert_cmpuint (take (&rig, 149), ==, 0);
  g_assert_cmpuint (take (&rig, 151), ==, 1);
  g_assert_cmpuint (take (&rig, 220), ==, 0);   /* told by then, whether anybody asks or not */
  g_assert_cmpuint (take (&rig, 230), ==, 1);
  g_assert_cmpuint (answer (&rig, TRUE, TRUE), ==, 230);
  end (&rig);
}

/* A peak is forgotten with the frames that take less: 10 + 141 * (15 / 16)^n is below a half of 151 with the 12th. */
static void
test_falls (void)
{
  Rig rig = begin ();

  take (&rig, 151);
  answer (&rig, TRUE, TRUE);
  for (guint i = 1; i < 12; i++)
    g_assert_cmpuint (take (&rig, 10), ==, 0);
  g_assert_cmpuint (take (&rig, 10), ==, 1);
  g_assert_cmpuint (answer (&rig, TRUE, TRUE), ==, 74);
  end (&rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/latency/answer", test_answer);
  g_test_add_func ("/latency/nobody-asks", test_nobody_asks);
  g_test_add_func ("/latency/grows", test_grows);
  g_test_add_func ("/latency/falls", test_falls);
  return g_test_run ();
}
