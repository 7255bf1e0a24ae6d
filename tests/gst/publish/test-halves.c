/* labelpublish with a broker that ends the connection between the two halves of a message of qos 2, and then knows of
 * the first, or does not, and that has a half from before: it gets the message all the same. */
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
 * @has_session, @half: of the client; the number of the message that it has the first half of; 0: of none
 * @is_own: that is one that it got from us, and not from who was there before
 * @was_cut: it has ended a connection, when it got a second half, which it forgot
 * @firsts, @delivered: how many first halves of our message, and whole ones, it got
 */
typedef struct
{
  gboolean remembers, has_session, is_own, was_cut;
  guint port;
  GSocketListener *listener;
  GCancellable *cancellable;
  GThread *thread;
  guint half, firsts, delivered;
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

/* What it has of the client ends where that wants it to, in the second of the flags (3.1.2.3). */
static void
take_client (Broker * self, const guint8 * packet, GOutputStream * to)
{
  const gboolean is_clean = packet[7] & 2, is_known = self->remembers && self->has_session && !is_clean;

  if (!is_known)
    self->half = 0;
  self->has_session = !is_clean;
  answer (to, CONNACK, is_known, 0);
}

/* A number that it has had is a message that it has had. */
static void
take_first (Broker * self, guint number, GOutputStream * to)
{
  if (self->half != number)
    self->is_own = TRUE;
  self->half = number;
  self->firsts += self->is_own;
  answer (to, PUBREC, number >> 8, number & 0xff);
}

/* FALSE: the connection ends here. */
static gboolean
take_second (Broker * self, guint number, GOutputStream * to)
{
  if (!self->was_cut) {
    self->was_cut = TRUE;
    return FALSE;
  }
  self->delivered += self->half == number && self->is_own;
  self->half = 0;
  answer (to, PUBCOMP, number >> 8, number & 0xff);
  return TRUE;
}

static gboolean
take_packet (Broker * self, guint kind, const guint8 * packet, GOutputStream * to)
{
  if (kind == CONNECT)
    take_client (self, packet, to);
  else if (kind == PUBLISH)
    take_first (self, number_at (packet + 2 + number_at (packet)), to);
  return kind != PUBREL || take_second (self, number_at (packet), to);
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
    while (read_packet (from, &kind, packet, sizeof packet) >= 0 && take_packet (self, kind >> 4, packet, to));
    g_object_unref (connection);
  }
  return NULL;
}

static void
broker_init (Broker * self, gboolean remembers, guint half)
{
  *self = (Broker) {.remembers = remembers,.has_session = half > 0,.half = half,.listener = g_socket_listener_new (),
    .cancellable = g_cancellable_new ()
  };
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

static void
publish_to (Broker * broker)
{
  g_autofree char *location = g_strdup_printf ("mqtt://localhost:%u/a", broker->port);
  g_auto (CnxTestPublisher) publisher = { NULL };

  cnx_test_publisher_init (&publisher, location);
  g_object_set (publisher.element, "qos", 2, "client-id", "hall", NULL);
  cnx_test_publisher_start (&publisher);
  cnx_test_publisher_push (&publisher, 0, "cup");
  cnx_test_publisher_finish (&publisher);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 1);
}

/* What it has forgotten half of comes anew; what it has not does not come again; and what is half there since before we
 * were is not taken for ours, which has the same number. */
static void
test_halves (void)
{
  static const struct
  {
    gboolean remembers;
    guint half, firsts;
  } cases[] = { {TRUE, 0, 1}, {FALSE, 0, 2}, {TRUE, 1, 1} };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Broker broker;
    broker_init (&broker, cases[i].remembers, cases[i].half);
    publish_to (&broker);
    broker_clear (&broker);
    g_assert_cmpuint (broker.delivered, ==, 1);
    g_assert_cmpuint (broker.firsts, ==, cases[i].firsts);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  gst_object_unref (gst_plugin_load_file (g_getenv ("CNX_TEST_MQTT"), NULL));
  g_test_add_func ("/halves/halves", test_halves);
  return g_test_run ();
}
