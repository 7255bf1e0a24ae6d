/* How long a buffer is inside labelpublish while it publishes each one's label to a broker that is killed and started
 * again three times meanwhile: the element is to cost a stream less than a millisecond at the 99th percentile. */
#include "tests/gst/elements.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/gst/publish/broker.h"

#define BUFFERS 4000
#define PAUSE 500               /* microseconds between two */

static gint64 times[BUFFERS];

static int
compare (const void *a, const void *b)
{
  const gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

/* Nanoseconds, for a buffer is through in a few microseconds. */
static gint64
now (void)
{
  return gst_util_get_timestamp ();
}

static void
push_all (CnxTestPublisher * publisher, CnxTestBroker * broker)
{
  for (guint i = 0; i < BUFFERS; i++) {
    g_autofree char *label = g_strdup_printf ("%u", i);
    if (i % (BUFFERS / 4) == BUFFERS / 8)
      cnx_test_broker_start (broker);
    const gint64 start = now ();
    cnx_test_publisher_push (publisher, i, label);
    times[i] = now () - start;
    g_usleep (PAUSE);
    if (i % (BUFFERS / 4) == BUFFERS / 4 - 1)
      cnx_test_broker_kill (broker);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (CnxTestBroker) broker = NULL;
  g_auto (CnxTestPublisher) publisher = { NULL };
  g_autofree char *location = NULL;

  cnx_test_init_elements (&argc, &argv);
  gst_object_unref (gst_plugin_load_file (g_getenv ("CNX_TEST_MQTT"), NULL));
  broker = cnx_test_broker_new (CNX_TEST_BROKER_PLAIN);
  location = cnx_test_broker_location (broker, "{stream}/{label}");
  cnx_test_publisher_init (&publisher, location);
  cnx_test_publisher_start (&publisher);
  push_all (&publisher, broker);
  cnx_test_broker_start (broker);
  cnx_test_publisher_finish (&publisher);
  qsort (times, BUFFERS, sizeof times[0], compare);
  printf ("labelpublish to MQTT, %d buffers, the broker away half of the time: p50 %.1f us, p99 %.1f us, most %.1f us; "
      "%" G_GUINT64_FORMAT " published, %" G_GUINT64_FORMAT " dropped, %" G_GUINT64_FORMAT " reconnects\n", BUFFERS,
      times[BUFFERS / 2] / 1e3, times[BUFFERS * 99 / 100] / 1e3, times[BUFFERS - 1] / 1e3,
      cnx_test_publisher_stat (&publisher, "published"), cnx_test_publisher_stat (&publisher, "dropped"),
      cnx_test_publisher_stat (&publisher, "reconnects"));
  return times[BUFFERS * 99 / 100] < GST_MSECOND ? 0 : 1;
}
