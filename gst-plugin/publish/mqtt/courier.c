#include "gst-plugin/publish/mqtt/courier.h"

#include <gio/gio.h>

#include "core/error.h"

/* Microseconds that a broker may take for its word. */
#define PATIENCE (10 * G_USEC_PER_SEC)
/* Connections that may end with the same thing underway. */
#define MOST_ENDS 4

struct _CnxCourier
{
  CnxConnection *connection;
  gboolean is_begun;            /* something was sent, and is neither there nor given up */
  int number;                   /* of what is underway; 0: nothing is, or not any more */
  guint64 which, absences;      /* the connection when we looked last, and how often there was none before it */
  guint64 client;               /* whose number it is */
  guint ends;                   /* of connections over which it was sent, without the broker having been away */
  gint64 since;                 /* it was sent first */
};

CnxCourier *
cnx_courier_new (CnxConnection * connection)
{
  CnxCourier *self = g_new0 (CnxCourier, 1);

  self->connection = connection;
  return self;
}

void
cnx_courier_free (CnxCourier * self)
{
  cnx_connection_close (self->connection);
  g_free (self);
}

guint64
cnx_courier_wait (CnxCourier * self, gint64 timeout, GError ** error)
{
  const guint64 which = cnx_connection_wait (self->connection, timeout);

  if (which == 0)
    cnx_connection_tell (self->connection, error);
  return which;
}

gboolean
cnx_courier_is_known (CnxCourier * self, guint64 which)
{
  return cnx_connection_is_known (self->connection, which);
}

guint64
cnx_courier_connection (CnxCourier * self)
{
  return self->which;
}

/* Nothing is underway any more. */
static CnxPlaceAnswer
finish (CnxCourier * self, CnxPlaceAnswer answer)
{
  self->is_begun = FALSE;
  self->number = 0;
  self->ends = 0;
  return answer;
}

/* What was not to be repeated is gone with its connection, if it had not left, and so is what was forgotten: it is sent
 * anew. */
static void
look_at_connection (CnxCourier * self, const CnxParcel * parcel, guint64 which)
{
  const guint64 absences = cnx_connection_absences (self->connection);

  if (self->is_begun && which != self->which) {
    self->ends = absences == self->absences ? self->ends + 1 : 0;
    if (parcel->qos == 0 || cnx_connection_client (self->connection) != self->client)
      self->number = 0;
  }
  self->which = which;
  self->absences = absences;
}

static CnxPlaceAnswer
give_up (CnxCourier * self, const CnxParcel * parcel, GError ** error)
{
  g_autofree char *topic = cnx_printable (parcel->topic);

  if (self->number > 0)
    cnx_connection_forget (self->connection);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "The broker ends the connection each time that it gets a "
      "message of %" G_GSIZE_FORMAT " bytes for the topic '%.200s', which is lost now: it may be larger than the "
      "broker takes, or the topic one that this user may not write to", parcel->length, topic);
  return finish (self, CNX_PLACE_REFUSED);
}

/* UNDERWAY where it was sent. */
static CnxPlaceAnswer
begin (CnxCourier * self, const CnxParcel * parcel, GError ** error)
{
  g_autoptr (GError) failed = NULL;

  self->client = cnx_connection_client (self->connection);
  self->number = cnx_connection_send (self->connection, parcel->topic, parcel->payload, parcel->length, parcel->qos,
      parcel->retain, &failed);
  if (self->number > 0) {
    if (!self->is_begun)
      self->since = g_get_monotonic_time ();
    self->is_begun = TRUE;
    return CNX_PLACE_UNDERWAY;
  }
  if (!g_error_matches (failed, G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
    return self->is_begun ? CNX_PLACE_PARTLY : CNX_PLACE_LATER;
  g_propagate_error (error, g_steal_pointer (&failed));
  return finish (self, CNX_PLACE_REFUSED);
}

CnxPlaceAnswer
cnx_courier_carry (CnxCourier * self, const CnxParcel * parcel, GError ** error)
{
  const guint64 which = cnx_courier_wait (self, CNX_COURIER_WAIT, error);

  if (which == 0)
    return self->is_begun ? CNX_PLACE_PARTLY : CNX_PLACE_LATER;
  look_at_connection (self, parcel, which);
  if (self->ends >= MOST_ENDS)
    return give_up (self, parcel, error);
  const CnxPlaceAnswer sent = self->number > 0 ? CNX_PLACE_UNDERWAY : begin (self, parcel, error);
  if (sent != CNX_PLACE_UNDERWAY)
    return sent;
  if (cnx_connection_wait_for (self->connection, self->number, which, CNX_COURIER_WAIT))
    return finish (self, CNX_PLACE_TAKEN);
  if (g_get_monotonic_time () - self->since > PATIENCE)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "The broker does not say that it has what it was sent");
  return CNX_PLACE_UNDERWAY;
}
