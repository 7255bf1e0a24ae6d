#include "pipelines/watch/http/connections.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "core/error.h"

/* Seconds. */
#define HEAD_TIME 10
#define ANSWER_TIME 60
#define LINGER_TIME 2
/* What the kernel keeps for one that does not read. */
#define SEND_BUFFER (64 * 1024)

/* Who connects at once and waits to be seen to. */
#define BACKLOG 128

#define FOR_EVER G_MAXINT64

/* What libsoup has let go of is closed: nothing here holds it. */
typedef struct
{
  CnxConnections *owner;
  GIOStream *stream;            /* libsoup's; on_gone() tells its end */
  GSocket *socket;              /* the stream's */
  GSocketAddress *peer;
  char *host;                   /* of @peer */
  gint64 deadline;              /* g_get_monotonic_time() */
  gboolean asked;               /* some of a request came */
  SoupServerMessage *refused;   /* its body is not read; NULL: none */
} Connection;

struct _CnxConnections
{
  SoupServer *server;
  GSocketService *service;
  GHashTable *connections;      /* Connection by its peer, as that object */
  guint port, tick;
};

static void
on_gone (gpointer data, GObject * stream)
{
  Connection *connection = data;

  connection->stream = NULL;
  g_hash_table_remove (connection->owner->connections, connection->peer);
}

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  if (connection->stream)
    g_object_weak_unref (G_OBJECT (connection->stream), on_gone, connection);
  g_clear_object (&connection->refused);
  g_object_unref (connection->peer);
  g_free (connection->host);
  g_free (connection);
}

static void
set_deadline (Connection * connection, guint seconds)
{
  connection->deadline = g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND;
}

/* libsoup sees at its next step that its stream is closed. What was refused takes none, but when it is told to. */
static void
end (Connection * connection)
{
  g_autoptr (SoupServerMessage) refused = g_steal_pointer (&connection->refused);

  connection->deadline = FOR_EVER;
  g_io_stream_close (connection->stream, NULL, NULL);
  if (refused)
    soup_server_message_unpause (refused);
}

/* The other side said nothing and will not: libsoup (3.2) sees that and does no more, for as long as it lives. */
static gboolean
has_left (const Connection * connection)
{
  char byte;

  return !connection->asked && recv (g_socket_get_fd (connection->socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void
sweep (CnxConnections * connections)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, connections->connections);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (g_io_stream_is_closed (((Connection *) value)->stream))
      g_hash_table_iter_remove (&iter);
}

static gboolean
on_tick (gpointer data)
{
  CnxConnections *connections = data;
  const gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  gpointer value;

  sweep (connections);
  g_autoptr (GPtrArray) late = g_ptr_array_new ();
  g_hash_table_iter_init (&iter, connections->connections);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Connection *) value)->deadline < now || has_left (value))
      g_ptr_array_add (late, value);
  for (guint i = 0; i < late->len; i++)
    end (g_ptr_array_index (late, i));
  if (g_hash_table_size (connections->connections) > 0)
    return G_SOURCE_CONTINUE;
  connections->tick = 0;
  return G_SOURCE_REMOVE;
}

/* ---- requests ---- */

static Connection *
connection_of (CnxConnections * connections, SoupServerMessage * message)
{
  GSocketAddress *peer = soup_server_message_get_remote_address (message);

  return peer ? g_hash_table_lookup (connections->connections, peer) : NULL;
}

/* Answers here and now, and reads nothing of the body: libsoup would, to its end, and see to nobody else meanwhile. */
static void
refuse (Connection * connection, SoupServerMessage * message, const char *status)
{
  g_autofree char *answer = g_strdup_printf ("HTTP/1.1 %s\r\nAllow: GET, HEAD\r\nConnection: close\r\n"
      "Content-Length: 0\r\n\r\n", status);

  g_socket_send (connection->socket, answer, strlen (answer), NULL, NULL);
  g_socket_shutdown (connection->socket, FALSE, TRUE, NULL);
  soup_server_message_pause (message);
  connection->refused = g_object_ref (message);
  set_deadline (connection, LINGER_TIME);
}

static void
on_head (SoupServerMessage * message, gpointer data)
{
  Connection *connection = connection_of (data, message);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const SoupEncoding encoding = soup_message_headers_get_encoding (headers);
  const char *method = soup_server_message_get_method (message);

  if (!connection)
    return;
  set_deadline (connection, ANSWER_TIME);
  if (encoding == SOUP_ENCODING_NONE || (encoding == SOUP_ENCODING_CONTENT_LENGTH
          && soup_message_headers_get_content_length (headers) == 0))
    return;
  refuse (connection, message, strcmp (method, "GET") == 0 || strcmp (method, "HEAD") == 0 ? "413 Content Too Large"
      : "405 Method Not Allowed");
}

static void
on_started (SoupServer * server, SoupServerMessage * message, gpointer data)
{
  Connection *connection = connection_of (data, message);

  g_signal_connect (message, "got-headers", G_CALLBACK (on_head), data);
  if (!connection)
    return;
  connection->asked = TRUE;
}

void
cnx_connections_let_stay (CnxConnections * connections, SoupServerMessage * message)
{
  Connection *connection = connection_of (connections, message);

  if (connection)
    connection->deadline = FOR_EVER;
}

void
cnx_connections_cut (CnxConnections * connections, SoupServerMessage * message)
{
  Connection *connection = connection_of (connections, message);

  if (connection)
    end (connection);
}

/* ---- who connects ---- */

static guint
count_of (CnxConnections * connections, const char *host)
{
  GHashTableIter iter;
  gpointer value;
  guint count = 0;

  g_hash_table_iter_init (&iter, connections->connections);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    count += strcmp (((Connection *) value)->host, host) == 0;
  return count;
}

static gboolean
has_room (CnxConnections * connections, const char *host)
{
  if (g_hash_table_size (connections->connections) < CNX_CONNECTIONS_MOST
      && count_of (connections, host) < CNX_CONNECTIONS_MOST_OF_ONE)
    return TRUE;
  sweep (connections);
  return g_hash_table_size (connections->connections) < CNX_CONNECTIONS_MOST
      && count_of (connections, host) < CNX_CONNECTIONS_MOST_OF_ONE;
}

static void
tell_full (GSocket * socket)
{
  static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n"
      "Content-Length: 0\r\n\r\n";

  g_socket_set_blocking (socket, FALSE);
  g_socket_send (socket, answer, strlen (answer), NULL, NULL);
  g_socket_close (socket, NULL);
}

static gboolean
on_incoming (GSocketService * service, GSocketConnection * incoming, GObject * source, gpointer data)
{
  CnxConnections *connections = data;
  GSocket *socket = g_socket_connection_get_socket (incoming);
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (incoming, NULL);
  g_autoptr (GSocketAddress) peer = g_socket_connection_get_remote_address (incoming, NULL);

  if (!local || !peer)          /* it has gone already */
    return TRUE;
  g_autofree char *host = g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer)));
  if (!has_room (connections, host)) {
    tell_full (socket);
    return TRUE;
  }
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER, NULL);
  g_socket_set_keepalive (socket, TRUE);
  Connection *connection = g_new0 (Connection, 1);
  connection->owner = connections;
  connection->stream = G_IO_STREAM (incoming);
  connection->socket = socket;
  g_object_weak_ref (G_OBJECT (incoming), on_gone, connection);
  connection->peer = g_object_ref (peer);
  connection->host = g_steal_pointer (&host);
  set_deadline (connection, HEAD_TIME);
  g_hash_table_replace (connections->connections, peer, connection);
  if (!connections->tick)
    connections->tick = g_timeout_add_seconds (1, on_tick, connections);
  soup_server_accept_iostream (connections->server, connection->stream, local, peer, NULL);
  return TRUE;
}

static gboolean
start_listening (CnxConnections * connections, GInetSocketAddress * address, GError ** error)
{
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) why = NULL;

  g_socket_listener_set_backlog (G_SOCKET_LISTENER (connections->service), BACKLOG);
  if (g_socket_listener_add_address (G_SOCKET_LISTENER (connections->service), G_SOCKET_ADDRESS (address),
          G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound, &why)) {
    connections->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
    return TRUE;
  }
  g_autofree char *name = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot listen on %s: %s", name, why->message);
  return FALSE;
}

CnxConnections *
cnx_connections_new (SoupServer * server, GInetSocketAddress * address, GError ** error)
{
  CnxConnections *connections = g_new0 (CnxConnections, 1);

  connections->server = g_object_ref (server);
  connections->service = g_socket_service_new ();
  connections->connections = g_hash_table_new_full (NULL, NULL, NULL, connection_free);
  if (!start_listening (connections, address, error)) {
    cnx_connections_free (connections);
    return NULL;
  }
  g_signal_connect (server, "request-started", G_CALLBACK (on_started), connections);
  g_signal_connect (connections->service, "incoming", G_CALLBACK (on_incoming), connections);
  return connections;
}

guint
cnx_connections_port (const CnxConnections * connections)
{
  return connections->port;
}

void
cnx_connections_free (CnxConnections * connections)
{
  if (connections->tick)
    g_source_remove (connections->tick);
  g_signal_handlers_disconnect_by_data (connections->server, connections);
  g_signal_handlers_disconnect_by_data (connections->service, connections);
  g_socket_service_stop (connections->service);
  g_socket_listener_close (G_SOCKET_LISTENER (connections->service));
  soup_server_disconnect (connections->server);
  g_object_unref (connections->service);
  g_hash_table_unref (connections->connections);
  g_object_unref (connections->server);
  g_free (connections);
}
