#include "pipelines/watch/http/streams.h"

#include <string.h>

#include "pipelines/watch/http/views.h"

#define MOST_WAITING (256 * 1024)
#define MOST_MISSED 1000        /* events told to who comes back */
#define FLUSH_MS 200
#define MOST_PENDING (32 * 1024)
#define HEARTBEAT_SECONDS 15
#define STALL (60 * G_TIME_SPAN_SECOND)

typedef struct
{
  CnxStreams *owner;
  SoupServerMessage *message;
  gsize waiting, most;          /* bytes */
  gint64 progress;              /* when it read something last, or wanted nothing */
} Client;

struct _CnxStreams
{
  CnxBoard *board;
  CnxConnections *connections;
  CnxStreamsFunc all;
  gpointer data;
  GPtrArray *clients;
  GString *pending;             /* told at the next flush, before what is dirty */
  GHashTable *dirty;            /* camera: bits of CnxBoardChange */
  gboolean added;               /* all is to be told, once however many cameras were added */
  guint flush, heartbeat;
  guint64 dropped;
};

static void
client_free (gpointer data)
{
  Client *client = data;

  g_signal_handlers_disconnect_by_data (client->message, client);
  g_object_unref (client->message);
  g_free (client);
}

static void
drop (Client * client)
{
  CnxStreams *streams = client->owner;

  streams->dropped++;
  cnx_connections_cut (streams->connections, client->message);
  g_ptr_array_remove_fast (streams->clients, client);
}

/* Every client has the same bytes, not a copy. */
static void
send (Client * client, GBytes * bytes)
{
  if (client->waiting == 0)
    client->progress = g_get_monotonic_time ();
  client->waiting += g_bytes_get_size (bytes);
  if (client->waiting > client->most) {
    drop (client);
    return;
  }
  soup_message_body_append_bytes (soup_server_message_get_response_body (client->message), bytes);
  soup_server_message_unpause (client->message);
}

static void
send_all (CnxStreams * streams, GString * text)
{
  g_autoptr (GBytes) bytes = g_string_free_to_bytes (text);

  for (guint i = streams->clients->len; g_bytes_get_size (bytes) > 0 && i > 0; i--)
    send (g_ptr_array_index (streams->clients, i - 1), bytes);
}

static void
on_wrote (SoupServerMessage * message, guint size, gpointer data)
{
  Client *client = data;

  client->waiting -= MIN (client->waiting, size);
  client->progress = g_get_monotonic_time ();
  if (client->waiting < MOST_WAITING / 2)
    client->most = MOST_WAITING;        /* until then all that it began with is granted as well */
}

static void
on_finished (SoupServerMessage * message, gpointer data)
{
  Client *client = data;

  g_ptr_array_remove_fast (client->owner->clients, client);
}

static gboolean
on_heartbeat (gpointer data)
{
  CnxStreams *streams = data;
  const gint64 now = g_get_monotonic_time ();

  for (guint i = streams->clients->len; i > 0; i--) {
    Client *client = g_ptr_array_index (streams->clients, i - 1);
    if (client->waiting > 0 && client->progress < now - STALL)
      drop (client);
  }
  if (streams->clients->len == 0) {
    streams->heartbeat = 0;
    return G_SOURCE_REMOVE;
  }
  send_all (streams, g_string_new (":\n\n"));
  return G_SOURCE_CONTINUE;
}

/* ---- what is told ---- */

static void
append_event (GString * out, const CnxBoardCamera * camera, const CnxBoardEvent * event)
{
  g_string_append_printf (out, "id: %" G_GUINT64_FORMAT "\nevent: event\ndata: ", event->number);
  cnx_view_append_event (out, camera, event);
  g_string_append (out, "\n\n");
}

static void
append_change (GString * out, const CnxBoardCamera * camera, CnxBoardChange change)
{
  static const char *const names[CNX_BOARD_COUNTS + 1] = {
    [CNX_BOARD_REMOVED] = "removed",[CNX_BOARD_STATE] = "state",[CNX_BOARD_LABELS] = "labels",
    [CNX_BOARD_PICTURE] = "picture",[CNX_BOARD_COUNTS] = "counts"
  };

  g_string_append_printf (out, "event: %s\ndata: ", names[change]);
  cnx_view_append_change (out, camera, change);
  g_string_append (out, "\n\n");
}

static gint64
newest_number (const CnxBoard * board)
{
  const GPtrArray *cameras = cnx_board_cameras (board);
  gint64 newest = 0;

  for (guint i = 0; i < cameras->len; i++) {
    const CnxBoardCamera *camera = g_ptr_array_index (cameras, i);
    const CnxBoardEvent *event = g_queue_peek_tail ((GQueue *) & camera->events);
    newest = MAX (newest, event ? (gint64) event->number : 0);
  }
  return newest;
}

static void
append_all (CnxStreams * streams, GString * out)
{
  g_string_append_printf (out, "id: %" G_GINT64_FORMAT "\nevent: cameras\ndata: ", newest_number (streams->board));
  streams->all (streams->data, out);
  g_string_append (out, "\n\n");
}

typedef struct
{
  const CnxBoardCamera *camera;
  const CnxBoardEvent *event;
} Missed;

static int
compare_missed (gconstpointer a, gconstpointer b)
{
  const guint64 left = ((const Missed *) a)->event->number, right = ((const Missed *) b)->event->number;

  return (left > right) - (left < right);
}

/* A number that there is not yet is one of another run. */
static void
append_missed (CnxStreams * streams, gint64 last, GString * out)
{
  const GPtrArray *cameras = cnx_board_cameras (streams->board);
  g_autoptr (GArray) missed = g_array_new (FALSE, FALSE, sizeof (Missed));

  if (last < 0)
    return;
  if (last > newest_number (streams->board))
    last = 0;
  for (guint i = 0; i < cameras->len; i++) {
    const CnxBoardCamera *camera = g_ptr_array_index (cameras, i);
    for (const GList * at = camera->events.tail; at; at = at->prev) {
      const Missed one = { camera, at->data };
      if ((gint64) one.event->number <= last)
        break;
      g_array_append_val (missed, one);
    }
  }
  g_array_sort (missed, compare_missed);
  for (guint i = missed->len > MOST_MISSED ? missed->len - MOST_MISSED : 0; i < missed->len; i++) {
    const Missed *one = &g_array_index (missed, Missed, i);
    append_event (out, one->camera, one->event);
  }
}

/* ---- what changes ---- */

static void
flush (CnxStreams * streams)
{
  const GPtrArray *cameras = cnx_board_cameras (streams->board);
  g_autoptr (GString) pending = g_steal_pointer (&streams->pending);
  GString *out = g_string_new (NULL);

  streams->pending = g_string_new (NULL);
  if (streams->added)
    append_all (streams, out);
  streams->added = FALSE;
  g_string_append_len (out, pending->str, pending->len);
  g_clear_handle_id (&streams->flush, g_source_remove);
  for (guint i = 0; i < cameras->len; i++) {
    const CnxBoardCamera *camera = g_ptr_array_index (cameras, i);
    const guint bits = GPOINTER_TO_UINT (g_hash_table_lookup (streams->dirty, camera));
    for (guint change = 0; change <= CNX_BOARD_COUNTS; change++)
      if (bits & 1u << change)
        append_change (out, camera, change);
  }
  g_hash_table_remove_all (streams->dirty);
  send_all (streams, out);
}

static gboolean
on_flush (gpointer data)
{
  CnxStreams *streams = data;

  streams->flush = 0;
  flush (streams);
  return G_SOURCE_REMOVE;
}

static void
mark (CnxStreams * streams, const CnxBoardCamera * camera, CnxBoardChange change)
{
  const guint bits = GPOINTER_TO_UINT (g_hash_table_lookup (streams->dirty, camera));

  g_hash_table_insert (streams->dirty, (gpointer) camera, GUINT_TO_POINTER (bits | 1u << change));
}

static void
on_change (gpointer data, const CnxBoardCamera * camera, CnxBoardChange change)
{
  CnxStreams *streams = data;
  const CnxBoardEvent *event = g_queue_peek_tail ((GQueue *) & camera->events);

  if (change == CNX_BOARD_REMOVED)
    g_hash_table_remove (streams->dirty, camera);
  if (streams->clients->len == 0)
    return;
  if (change == CNX_BOARD_LABELS || change == CNX_BOARD_PICTURE || change == CNX_BOARD_COUNTS)
    mark (streams, camera, change);
  else if (change == CNX_BOARD_ADDED)
    streams->added = TRUE;
  else if (change == CNX_BOARD_EVENT)
    append_event (streams->pending, camera, event);
  else
    append_change (streams->pending, camera, change);
  if (streams->pending->len > MOST_PENDING)
    flush (streams);
  else if (!streams->flush)
    streams->flush = g_timeout_add (FLUSH_MS, on_flush, streams);
}

/* ---- clients ---- */

void
cnx_streams_add (CnxStreams * streams, SoupServerMessage * message, gint64 last)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  Client *client = g_new0 (Client, 1);
  GString *text = g_string_new ("retry: 3000\n\n");

  flush (streams);              /* this one begins with all that anyhow */
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_content_type (headers, "text/event-stream", NULL);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (body, FALSE);
  append_missed (streams, last, text);
  append_all (streams, text);
  client->owner = streams;
  client->message = g_object_ref (message);
  client->most = text->len + MOST_WAITING;
  g_signal_connect (message, "wrote-body-data", G_CALLBACK (on_wrote), client);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), client);
  g_ptr_array_add (streams->clients, client);
  cnx_connections_let_stay (streams->connections, message);
  g_autoptr (GBytes) bytes = g_string_free_to_bytes (text);
  client->progress = g_get_monotonic_time ();
  client->waiting = g_bytes_get_size (bytes);
  soup_message_body_append_bytes (body, bytes);
  if (!streams->heartbeat)
    streams->heartbeat = g_timeout_add_seconds (HEARTBEAT_SECONDS, on_heartbeat, streams);
}

guint
cnx_streams_count (const CnxStreams * streams)
{
  return streams->clients->len;
}

guint64
cnx_streams_dropped (const CnxStreams * streams)
{
  return streams->dropped;
}

CnxStreams *
cnx_streams_new (CnxBoard * board, CnxConnections * connections, CnxStreamsFunc all, gpointer data)
{
  CnxStreams *streams = g_new0 (CnxStreams, 1);

  streams->board = board;
  streams->connections = connections;
  streams->all = all;
  streams->data = data;
  streams->clients = g_ptr_array_new_with_free_func (client_free);
  streams->pending = g_string_new (NULL);
  streams->dirty = g_hash_table_new (NULL, NULL);
  cnx_board_listen (board, on_change, streams);
  return streams;
}

void
cnx_streams_free (CnxStreams * streams)
{
  cnx_board_unlisten (streams->board, streams);
  g_clear_handle_id (&streams->flush, g_source_remove);
  g_clear_handle_id (&streams->heartbeat, g_source_remove);
  g_ptr_array_unref (streams->clients);
  g_string_free (streams->pending, TRUE);
  g_hash_table_unref (streams->dirty);
  g_free (streams);
}
