/* Brings one thing after the other to an MQTT broker, each when the one before it has arrived, and gives up what the
 * broker ends the connection for. */
#pragma once

#include "gst-plugin/publish/mqtt/connection.h"
#include "gst-plugin/publish/place.h"

G_BEGIN_DECLS

/** Microseconds that the broker, or a connection to it, is waited for at once. */
#define CNX_COURIER_WAIT (G_USEC_PER_SEC / 10)

/** What is brought: @length bytes of @payload to @topic. */
typedef struct
{
  const char *topic, *payload;
  gsize length;
  guint qos;
  gboolean retain;
} CnxParcel;

/** For one thread at a time. */
typedef struct _CnxCourier CnxCourier;

/** Has @connection from here on. Free both with cnx_courier_free(), which takes leave of the broker, for a second at
 * most. */
CnxCourier *cnx_courier_new (CnxConnection * connection);
void cnx_courier_free (CnxCourier * courier);

/** Waits for a connection, @timeout (microseconds) at most. Which one, from 1; 0, and an error where it is known why:
 * there is none. */
guint64 cnx_courier_wait (CnxCourier * courier, gint64 timeout, GError ** error);

/** See cnx_connection_is_known(). */
gboolean cnx_courier_is_known (CnxCourier * courier, guint64 which);

/** The connection over which something was brought last. */
guint64 cnx_courier_connection (CnxCourier * courier);

/** Sends @parcel and waits for CNX_COURIER_WAIT that it arrives. LATER: nothing was sent, for want of a connection;
 * UNDERWAY and PARTLY, the latter without a connection: it was sent, and the same one must be given again; REFUSED:
 * MQTT does not allow it, or the broker, which was there again at once each time, has ended four connections over
 * which it was sent, so that those behind it do not wait for it for ever. @error, beside any answer but TAKEN: what is
 * wrong, if anything. */
CnxPlaceAnswer cnx_courier_carry (CnxCourier * courier, const CnxParcel * parcel, GError ** error);

G_END_DECLS
