/* What brings things to an MQTT broker, with connections that are made up: what it gives up, and above all what it does
 * not. */
#include "gst-plugin/publish/mqtt/courier.h"

#include <gio/gio.h>

#include "tests/support/temp_files.h"

/* ---- the connection ---- */

struct _CnxConnection
{
  guint64 which, absences, client;      /* 0: there is none */
  gboolean arrives;
  guint sent, forgotten;
};

guint64
cnx_connection_wait (CnxConnection * self, gint64 timeout)
{
  return self->which;
}

gboolean
cnx_connection_is_known (CnxConnection * self, guint64 which)
{
  return FALSE;
}

guint64
cnx_connection_absences (CnxConnection * self)
{
  return self->absences;
}

guint64
cnx_connection_client (CnxConnection * self)
{
  return self->client;
}

void
cnx_connection_tell (CnxConnection * self, GError ** error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "away");
}

void
cnx_connection_forget (CnxConnection * self)
{
  self->forgotten++;
}

int
cnx_connection_send (CnxConnection * self, const char *topic, const char *payload, gsize length, guint qos,
    gboolean retain, GError ** error)
{
  return ++self->sent;
}

gboolean
cnx_connection_wait_for (CnxConnection * self, int number, guint64 which, gint64 timeout)
{
  g_assert_cmpint (number, ==, self->sent);
  return self->arrives;
}

void
cnx_connection_close (CnxConnection * self)
{
}

/* ---- what comes of it ---- */

static CnxPlaceAnswer
carry (CnxCourier * courier, guint qos, GError ** error)
{
  const CnxParcel parcel = { "a/b", "text", 4, qos, FALSE };

  return cnx_courier_carry (courier, &parcel, error);
}

static void
test_arrives (void)
{
  CnxConnection connection = { 0 };
  CnxCourier *courier = cnx_courier_new (&connection);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (carry (courier, 1, &error), ==, CNX_PLACE_LATER);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED);
  connection.which = 1;
  g_assert_cmpint (carry (courier, 1, NULL), ==, CNX_PLACE_UNDERWAY);
  g_assert_cmpint (carry (courier, 1, NULL), ==, CNX_PLACE_UNDERWAY);
  connection.arrives = TRUE;
  g_assert_cmpint (carry (courier, 1, NULL), ==, CNX_PLACE_TAKEN);
  g_assert_cmpuint (connection.sent, ==, 1);
  g_assert_cmpint (carry (courier, 1, NULL), ==, CNX_PLACE_TAKEN);
  g_assert_cmpuint (connection.sent, ==, 2);
  cnx_courier_free (courier);
}

/* Four connections end with it, and the next is there at once: it is given up, and what is behind it is not. */
static void
test_given_up (void)
{
  for (guint qos = 0; qos <= 2; qos++) {
    CnxConnection connection = { 1 };
    CnxCourier *courier = cnx_courier_new (&connection);
    g_autoptr (GError) error = NULL;

    for (guint i = 0; i < 4; i++) {
      g_assert_cmpint (carry (courier, qos, NULL), ==, CNX_PLACE_UNDERWAY);
      connection.which++;
    }
    g_assert_cmpuint (connection.forgotten, ==, 0);
    g_assert_cmpint (carry (courier, qos, &error), ==, CNX_PLACE_REFUSED);
    cnx_test_assert_message (error, "ends the connection", "4 bytes", "'a/b'", NULL);
    g_assert_cmpuint (connection.forgotten, ==, qos > 0);       /* by the library, which would send it again */
    g_assert_cmpuint (connection.sent, ==, qos > 0 ? 1 : 4);
    connection.which++;
    g_assert_cmpint (carry (courier, qos, NULL), ==, CNX_PLACE_UNDERWAY);
    connection.which++;
    g_assert_cmpint (carry (courier, qos, NULL), ==, CNX_PLACE_UNDERWAY);
    cnx_courier_free (courier);
  }
}

/* A broker that is away in between is one that goes down, whatever it is sent: nothing is given up. */
static void
test_away (void)
{
  for (guint qos = 0; qos <= 2; qos++) {
    CnxConnection connection = { 1 };
    CnxCourier *courier = cnx_courier_new (&connection);

    for (guint i = 1; i < 40; i++) {
      connection.which = i;
      g_assert_cmpint (carry (courier, qos, NULL), ==, CNX_PLACE_UNDERWAY);
      connection.which = 0;
      g_assert_cmpint (carry (courier, qos, NULL), ==, CNX_PLACE_PARTLY);
      connection.absences += i % 3 == 0;
    }
    g_assert_cmpuint (connection.forgotten, ==, 0);
    connection.which = 40;
    connection.arrives = TRUE;
    g_assert_cmpint (carry (courier, qos, NULL), ==, CNX_PLACE_TAKEN);
    cnx_courier_free (courier);
  }
}

/* What the broker has forgotten half of is sent anew; what it has not, by the library. */
static void
test_forgotten (void)
{
  CnxConnection connection = { 1 };
  CnxCourier *courier = cnx_courier_new (&connection);

  g_assert_cmpint (carry (courier, 2, NULL), ==, CNX_PLACE_UNDERWAY);
  connection.which++;
  g_assert_cmpint (carry (courier, 2, NULL), ==, CNX_PLACE_UNDERWAY);
  g_assert_cmpuint (connection.sent, ==, 1);
  connection.which++;
  connection.client++;
  g_assert_cmpint (carry (courier, 2, NULL), ==, CNX_PLACE_UNDERWAY);
  g_assert_cmpuint (connection.sent, ==, 2);
  connection.which++;
  g_assert_cmpint (carry (courier, 2, NULL), ==, CNX_PLACE_UNDERWAY);
  g_assert_cmpuint (connection.sent, ==, 2);
  cnx_courier_free (courier);
}

/* What ended with others before counts for none. */
static void
test_each_counts (void)
{
  CnxConnection connection = { 1 };
  CnxCourier *courier = cnx_courier_new (&connection);

  for (guint i = 0; i < 20; i++) {
    connection.arrives = FALSE;
    g_assert_cmpint (carry (courier, 1, NULL), ==, CNX_PLACE_UNDERWAY);
    connection.which += 3;
    connection.arrives = TRUE;
    g_assert_cmpint (carry (courier, 1, NULL), ==, CNX_PLACE_TAKEN);
  }
  g_assert_cmpuint (connection.forgotten, ==, 0);
  cnx_courier_free (courier);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/courier/arrives", test_arrives);
  g_test_add_func ("/courier/given-up", test_given_up);
  g_test_add_func ("/courier/away", test_away);
  g_test_add_func ("/courier/forgotten", test_forgotten);
  g_test_add_func ("/courier/each-counts", test_each_counts);
  return g_test_run ();
}
