/* labelpublish with a broker that ends the connection between the two halves of a message of qos 2, and then knows of
 * the first, or does not: it gets the message all the same. */
#include "tests/gst/elements.h"

#include <string.h>

#include "tests/gst/publish/broker.h"

/* ---- the broker ---- */

/* Kinds of packets, in the first byte's upper half (MQTT 3.1.1, 2.2.1). */
enum
{
  CONNECT = 1,
  CONNACK = 2,
  PUBLISH = 3,
  PUBREC = 5,
  PUBREL = 6,
  PUBCOMP = 7,
};

/**
 * Broker:
 * @remembers: it knows a client again
 * @half: the number of the message that it has the first half of; 0: of none
 * @firsts, @delivered: how many first halves, and whole messages, it got
 *
 * Ends its first connection when it gets a second half over it, and forgets that.
 */
typedef struct
{
  gboolean remembers;
  guint port;
  GSocketListener *listener;
  GCancellable *cancellable;
  GThread *thread;
  guint connections, half, firsts, delivered;
} Broker;

/* Of at most @room bytes, into @packet. Its length behind the first byte; -1: there is no more. */
static gssize
read_packet (GInputStream * from, guint8 * kind, guint8 * packet, gsize room)
{
  gsize length = 0, got;
  guint8 byte = 0x80;

  if (!g_input_stream_read_all (from, kind, 1, &got, NULL, NULL) || got == 0)
    return -1;
  for (guint shift = 0; byte & 0x80; shift += 7) {
    if (!g_input_stream_read_all (from, &byte, 1, &got, NULL, NULL) || got == 0)
      return -1;
    length |= (gsize) (byte & 0x7f) << shift;
  }
  g_assert_cmpuint (length, <=, room);
  return g_input_stream_read_all (from, packet, length, &got, NULL, NULL) && got == length ? (gssize) length : -1;
}

static void
answer (GOutputStream * to, guint kind, guint8 first, guint8 second)
{
  const guint8 packet[] = { kind << 4, 2, first, second };

  g_output_stream_write_all (to, packet, sizeof packet, NULL, NULL, NULL);
}

static guint
number_at (const guint8 * at)
{
  return at[0] << 8 | at[1];
}

/* FALSE: the connection ends here. */
static gboolean
take_packet (Broker * self, guint kind, const guint8 * packet, GOutputStream * to)
{
  switch (kind) {
    case CONNECT:
      if (!self->remembers)
        self->half = 0;
      answer (to, CONNACK, self->remembers && self->connections > 1, 0);
      return TRUE;
    case PUBLISH:
      self->half = number_at (packet + 2 + number_at (packet));
      self->firsts++;
      answer (to, PUBREC, self->half >> 8, self->half & 0xff);
      return TRUE;
    case PUBREL:
      if (self->connections == 1)
        return FALSE;
      self->delivered += self->half == number_at (packet);
      self->half = 0;
      answer (to, PUBCOMP, packet[0], packet[1]);
      return TRUE;
    default:
      return TRUE;
  }
}

static gpointer
run_broker (gpointer data)
{
  Broker *self = data;
  GSocketConnection *connection;

  while ((connection = g_socket_listener_accept (self->listener, NULL, self->cancellable, NULL))) {
    GInputStream *from = g_io_stream_get_input_stream (G_IO_STREAM (connection));
    GOutputStream *to = g_io_stream_get_output_stream (G_IO_STREAM (connection));
    guint8 kind, packet[4096];
    self->connections++;
    while (read_packet (from, &kind, packet, sizeof packet) >= 0 && take_packet (self, kind >> 4, packet, to));
    g_object_unref (connection);
  }
  return NULL;
}

static void
broker_init (Broker * self, gboolean remembers)
{
  *self = (Broker) {.remembers = remembers,.listener = g_socket_listener_new (),.cancellable = g_cancellable_new () };
  self->port = g_socket_listener_add_any_inet_port (self->listener, NULL, NULL);
  g_assert_cmpuint (self->port, >, 0);
  self->thread = g_thread_new ("broker", run_broker, self);
}

static void
broker_clear (Broker * self)
{
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
}

/* ---- what it gets ---- */

/* What it has forgotten half of comes anew; what it has not does not come again. */
static void
test_halves (gconstpointer remembers)
{
  Broker broker;

  broker_init (&broker, GPOINTER_TO_INT (remembers));
  g_autofree char *location = g_strdup_printf ("mqtt://localhost:%u/a", broker.port);
  CnxTestPublisher publisher = { NULL };
  cnx_test_publisher_init (&publisher, location);
  g_object_set (publisher.element, "qos", 2, "client-id", "hall", NULL);
  cnx_test_publisher_start (&publisher);
  cnx_test_publisher_push (&publisher, 0, "cup");
  cnx_test_publisher_finish (&publisher);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 1);
  cnx_test_publisher_clear (&publisher);
  broker_clear (&broker);
  g_assert_cmpuint (broker.delivered, ==, 1);
  g_assert_cmpuint (broker.firsts, ==, broker.remembers ? 1 : 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  gst_object_unref (gst_plugin_load_file (g_getenv ("CNX_TEST_MQTT"), NULL));
  g_test_add_data_func ("/halves/remembered", GINT_TO_POINTER (TRUE), test_halves);
  g_test_add_data_func ("/halves/forgotten", GINT_TO_POINTER (FALSE), test_halves);
  return g_test_run ();
}
