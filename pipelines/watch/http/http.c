#include "pipelines/watch/http/http.h"

#include <libsoup/soup.h>
#include <string.h>

#include "core/error.h"
#include "pipelines/watch/http/access.h"
#include "pipelines/watch/http/connections.h"
#include "pipelines/watch/http/files.h"
#include "pipelines/watch/http/listen.h"
#include "pipelines/watch/http/metrics.h"
#include "pipelines/watch/http/route.h"
#include "pipelines/watch/http/streams.h"
#include "pipelines/watch/http/views.h"

#define PAGE "page.html"
#define JSON_TYPE "application/json"
/* Pictures are fetched by the page's script, which hands them to the browser as blobs. */
#define POLICY "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " \
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

struct _CnxHttp
{
  CnxBoard *board;
  SoupServer *server;
  CnxAccess *access;
  CnxConnections *connections;
  CnxStreams *streams;
  char *device, *precision, *model;
};

/* One request, as those who answer it see it. */
typedef struct
{
  CnxHttp *http;
  SoupServerMessage *message;
  SoupMessageHeaders *asked, *headers;
  const char *name;             /* see cnx_route() */
  CnxAccessAnswer access;
} Request;

/* ---- answers ---- */

static void
answer (const Request * request, guint status, const char *type, GBytes * bytes)
{
  soup_server_message_set_status (request->message, status, NULL);
  soup_message_headers_replace (request->headers, "Content-Type", type);
  if (g_bytes_get_size (bytes) > 0)
    soup_message_body_append_bytes (soup_server_message_get_response_body (request->message), bytes);
}

static void
answer_text (const Request * request, guint status, const char *type, GString * text)
{
  g_autoptr (GBytes) bytes = g_string_free_to_bytes (text);

  answer (request, status, type, bytes);
}

static void
answer_error (const Request * request, guint status, const char *why)
{
  GString *text = g_string_new (why);

  g_string_append_c (text, '\n');
  answer_text (request, status, "text/plain; charset=utf-8", text);
}

/* Whether the client has that already; then it is told so. */
static gboolean
answer_unchanged (const Request * request, const char *tag)
{
  const char *has = soup_message_headers_get_list (request->asked, "If-None-Match");

  soup_message_headers_replace (request->headers, "ETag", tag);
  soup_message_headers_replace (request->headers, "Cache-Control", "private, no-cache");
  if (!has || (strcmp (has, "*") != 0 && !strstr (has, tag)))
    return FALSE;
  soup_server_message_set_status (request->message, SOUP_STATUS_NOT_MODIFIED, NULL);
  soup_message_headers_set_encoding (request->headers, SOUP_ENCODING_NONE);
  return TRUE;
}

static CnxViewFacts
facts_of (const CnxHttp * http)
{
  const CnxViewFacts facts = { http->device, http->precision, http->model };

  return facts;
}

static void
append_all (gpointer data, GString * out)
{
  const CnxHttp *http = data;
  const CnxViewFacts facts = facts_of (http);

  cnx_view_append_all (out, http->board, &facts);
}

static void
answer_file (const Request * request)
{
  g_autoptr (CnxFile) file = cnx_file_new (request->name);

  if (request->access == CNX_ACCESS_BY_QUERY)
    soup_message_headers_replace (request->headers, "Set-Cookie", cnx_access_cookie (request->http->access));
  if (!answer_unchanged (request, file->tag))
    answer (request, SOUP_STATUS_OK, file->type, file->bytes);
}

static void
answer_cameras (const Request * request)
{
  GString *text = g_string_new (NULL);

  append_all (request->http, text);
  g_string_append_c (text, '\n');
  answer_text (request, SOUP_STATUS_OK, JSON_TYPE, text);
}

/* NULL: there is none of that name, which is said. */
static const CnxBoardCamera *
find_camera (const Request * request)
{
  const CnxBoardCamera *camera = cnx_board_find (request->http->board, request->name);

  if (!camera)
    answer_error (request, SOUP_STATUS_NOT_FOUND, "there is no camera of that name");
  return camera;
}

static gboolean
is_older (const Request * request, gint64 time)
{
  const char *since = soup_message_headers_get_one (request->asked, "If-Modified-Since");
  g_autoptr (GDateTime) has = since ? soup_date_time_new_from_http_string (since) : NULL;

  return has && !soup_message_headers_get_one (request->asked, "If-None-Match")
      && time / G_USEC_PER_SEC <= g_date_time_to_unix (has);
}

static void
answer_picture (const Request * request)
{
  const CnxBoardCamera *camera = find_camera (request);

  if (!camera)
    return;
  if (!camera->picture) {
    answer_error (request, SOUP_STATUS_NOT_FOUND, "there is no picture of this camera yet");
    return;
  }
  g_autofree char *tag = g_strdup_printf ("\"%" G_GINT64_MODIFIER "x\"", camera->picture_time);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (camera->picture_time / G_USEC_PER_SEC);
  g_autofree char *modified = soup_date_time_to_string (time, SOUP_DATE_HTTP);
  soup_message_headers_replace (request->headers, "Last-Modified", modified);
  if (answer_unchanged (request, tag))
    return;
  if (is_older (request, camera->picture_time)) {
    soup_server_message_set_status (request->message, SOUP_STATUS_NOT_MODIFIED, NULL);
    soup_message_headers_set_encoding (request->headers, SOUP_ENCODING_NONE);
  } else {
    answer (request, SOUP_STATUS_OK, "image/jpeg", camera->picture);
  }
}

static void
answer_hour (const Request * request)
{
  const CnxBoardCamera *camera = find_camera (request);

  if (!camera)
    return;
  GString *text = g_string_new (NULL);
  cnx_view_append_hour (text, camera, g_get_real_time () - CNX_BOARD_EVENTS_FOR);
  g_string_append_c (text, '\n');
  answer_text (request, SOUP_STATUS_OK, JSON_TYPE, text);
}

static void
answer_events (const Request * request)
{
  const char *last = soup_message_headers_get_one (request->asked, "Last-Event-ID");

  if (strcmp (soup_server_message_get_method (request->message), "GET") == 0)
    cnx_streams_add (request->http->streams, request->message, cnx_route_event_number (last));
  else
    answer_text (request, SOUP_STATUS_OK, "text/event-stream", g_string_new (NULL));
}

static void
answer_metrics (const Request * request)
{
  const CnxHttp *http = request->http;
  const CnxMetricsFacts facts = {
    facts_of (http), cnx_streams_count (http->streams), cnx_streams_dropped (http->streams)
  };
  GString *text = g_string_new (NULL);

  cnx_metrics_append (text, http->board, &facts);
  answer_text (request, SOUP_STATUS_OK, CNX_METRICS_TYPE, text);
}

static void
answer_health (const Request * request)
{
  const GPtrArray *cameras = cnx_board_cameras (request->http->board);
  GString *text = g_string_new ("{");
  guint connected = 0;

  cnx_view_add_text (text, "status", "ok");
  for (guint i = 0; i < cameras->len; i++)
    connected += ((const CnxBoardCamera *) g_ptr_array_index (cameras, i))->state == CNX_BOARD_CONNECTED;
  if (request->access != CNX_ACCESS_UNKNOWN) {
    cnx_view_add_number (text, "cameras", cameras->len);
    cnx_view_add_number (text, "connected", connected);
  }
  g_string_append (text, "}\n");
  answer_text (request, SOUP_STATUS_OK, JSON_TYPE, text);
}

/* ---- requests ---- */

static void
answer_nothing (const Request * request)
{
  answer_error (request, SOUP_STATUS_NOT_FOUND, "there is nothing here");
}

typedef void (*AnswerFunc) (const Request * request);

static const AnswerFunc answers[] = {
  [CNX_PLACE_NONE] = answer_nothing,[CNX_PLACE_FILE] = answer_file,[CNX_PLACE_CAMERAS] = answer_cameras,
  [CNX_PLACE_PICTURE] = answer_picture,[CNX_PLACE_HOUR] = answer_hour,[CNX_PLACE_EVENTS] = answer_events,
  [CNX_PLACE_METRICS] = answer_metrics,[CNX_PLACE_HEALTH] = answer_health,
};

/* The health, and the page's files but for itself, which are the same everywhere. */
static gboolean
is_open (CnxPlace place, const char *name)
{
  return place == CNX_PLACE_HEALTH || (place == CNX_PLACE_FILE && strcmp (name, PAGE) != 0);
}

/* Who asks for the page is shown where to put the token. */
static void
answer_locked (const Request * request, CnxPlace place)
{
  g_autoptr (CnxFile) file = cnx_file_new ("locked.html");

  soup_message_headers_replace (request->headers, "WWW-Authenticate", "Bearer realm=\"convnext watch\"");
  if (place == CNX_PLACE_FILE)
    answer (request, SOUP_STATUS_UNAUTHORIZED, file->type, file->bytes);
  else
    answer_error (request, SOUP_STATUS_UNAUTHORIZED, "a token is needed: Authorization: Bearer TOKEN, or ?token=TOKEN");
}

static void
set_headers (SoupMessageHeaders * headers)
{
  static const char *const always[][2] = {
    {"Content-Security-Policy", POLICY},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"X-Frame-Options", "DENY"},
    {"Cache-Control", "no-store"},
    {"Connection", "close"},    /* libsoup 3.2 forgets connections that it keeps for another request */
  };

  for (guint i = 0; i < G_N_ELEMENTS (always); i++)
    soup_message_headers_replace (headers, always[i][0], always[i][1]);
}

static void
on_request (SoupServer * server, SoupServerMessage * message, const char *path, GHashTable * query, gpointer data)
{
  CnxHttp *http = data;
  SoupMessageHeaders *asked = soup_server_message_get_request_headers (message);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const char *method = soup_server_message_get_method (message);
  g_autofree char *name = NULL;
  const CnxPlace place = cnx_route (path, &name);
  const CnxAccessRequest who = {
    soup_message_headers_get_one (asked, "Authorization"), soup_message_headers_get_list (asked, "Cookie"),
    soup_message_headers_get_one (asked, "Host"), g_uri_get_query (soup_server_message_get_uri (message))
  };
  const Request request = { http, message, asked, headers, name, cnx_access_check (http->access, &who) };

  set_headers (headers);
  soup_message_headers_remove (asked, "Range");
  if (strcmp (method, "GET") != 0 && strcmp (method, "HEAD") != 0) {
    soup_message_headers_replace (headers, "Allow", "GET, HEAD");
    answer_error (&request, SOUP_STATUS_METHOD_NOT_ALLOWED, "only GET and HEAD");
  } else if (request.access == CNX_ACCESS_WRONG_HOST) {
    answer_error (&request, SOUP_STATUS_FORBIDDEN, "this server is asked for as localhost, 127.0.0.1 or [::1] only; "
        "for another name it needs a token");
  } else if (request.access == CNX_ACCESS_UNKNOWN && !is_open (place, name)) {
    answer_locked (&request, place);
  } else {
    answers[place] (&request);
  }
}

/* ---- the server ---- */

void
cnx_http_set_facts (CnxHttp * http, const char *device, const char *precision, const char *model)
{
  char *const old[] = { http->device, http->precision, http->model };

  http->device = g_strdup (device);
  http->precision = g_strdup (precision);
  http->model = g_strdup (model);
  for (guint i = 0; i < G_N_ELEMENTS (old); i++)
    g_free (old[i]);
}

static gboolean
may_listen (const CnxHttpSettings * settings, GInetSocketAddress * address, GError ** error)
{
  if (settings->token || cnx_listen_is_own (address))
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "on %s other machines reach the cameras' pictures: give a token "
      "(--token-file FILE), or listen on 127.0.0.1", settings->listen);
  return FALSE;
}

CnxHttp *
cnx_http_new (CnxBoard * board, const CnxHttpSettings * settings, GError ** error)
{
  g_autoptr (GInetSocketAddress) address = cnx_listen_address (settings->listen, error);

  if (!address || !may_listen (settings, address, error))
    return NULL;
  g_autoptr (CnxHttp) http = g_new0 (CnxHttp, 1);
  http->board = board;
  http->server = soup_server_new ("raw-paths", TRUE, NULL);
  http->connections = cnx_connections_new (http->server, address, error);
  if (!http->connections)
    return NULL;
  http->access = cnx_access_new (settings->token, cnx_connections_port (http->connections), error);
  if (!http->access)
    return NULL;
  http->streams = cnx_streams_new (board, http->connections, append_all, http);
  cnx_http_set_facts (http, settings->device, settings->precision, settings->model);
  soup_server_add_handler (http->server, NULL, on_request, http, NULL);
  return g_steal_pointer (&http);
}

guint
cnx_http_port (const CnxHttp * http)
{
  return cnx_connections_port (http->connections);
}

void
cnx_http_free (CnxHttp * http)
{
  cnx_http_set_facts (http, NULL, NULL, NULL);
  g_clear_pointer (&http->streams, cnx_streams_free);
  g_clear_pointer (&http->connections, cnx_connections_free);
  g_clear_pointer (&http->access, cnx_access_free);
  g_object_unref (http->server);
  g_free (http);
}
