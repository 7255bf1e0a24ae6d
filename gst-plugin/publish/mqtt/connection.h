/* A connection to an MQTT broker that is made again whenever it is lost, by a thread of its own. */
#pragma once

#include "gst-plugin/publish/mqtt/settings.h"

G_BEGIN_DECLS

/** For one thread at a time. */
typedef struct _CnxConnection CnxConnection;

/** Waits for nothing. Keeps nothing of @settings. Errors: CNX_ERROR_INPUT for what MQTT does not allow, and
 * G_THREAD_ERROR. End it with cnx_connection_close(). */
CnxConnection *cnx_connection_new (const CnxConnectionSettings * settings, GError ** error);

/** Takes leave of the broker, for a second at most, and frees it. */
void cnx_connection_close (CnxConnection * connection);

/** Waits until there is a connection, @timeout (microseconds) at most. Which one, from 1; 0: none. */
guint64 cnx_connection_wait (CnxConnection * connection, gint64 timeout);

/** Whether the broker knew us again when that connection, @which, was made: then it has forgotten nothing. */
gboolean cnx_connection_is_known (CnxConnection * connection, guint64 which);

/** How many there have been. */
guint64 cnx_connection_count (CnxConnection * connection);

/** How often the broker was found away, or lost without a word: tries that led to no connection, and connections that
 * ended otherwise than by its end of them. As long as it does not grow the broker was there again each time that we
 * came. */
guint64 cnx_connection_absences (CnxConnection * connection);

/** Sets @error to why there is none, where that is known. */
void cnx_connection_tell (CnxConnection * connection, GError ** error);

/** Sends @length bytes of @payload. What has a @qos above 0 is sent again by each connection after this one, until it
 * has arrived or is forgotten. The message's number; 0 and an error where it cannot be sent: G_IO_ERROR_NOT_CONNECTED
 * for the connection's sake, else for its own. */
int cnx_connection_send (CnxConnection * connection, const char *topic, const char *payload, gsize length, guint qos,
    gboolean retain, GError ** error);

/** What has been sent and has not arrived is not sent again. The connection ends, and the next one is made. */
void cnx_connection_forget (CnxConnection * connection);

/** How often what was underway was forgotten: by that, and where the broker has forgotten its half of a message of qos
 * 2, which is to be sent anew then. */
guint64 cnx_connection_client (CnxConnection * connection);

/** Waits until message @number, the last one that was sent, has arrived, until this is not connection @which any more,
 * or until @timeout (microseconds) is over. Whether it has; with @qos 0, whether it left. */
gboolean cnx_connection_wait_for (CnxConnection * connection, int number, guint64 which, gint64 timeout);

G_END_DECLS
