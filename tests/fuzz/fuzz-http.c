/* Any bytes as what a client sends: path and query, cookie, authorization and host, a line of each, to who may come in
 * and where a path leads to; the rest, every so often, to a server that wants a token, over a socket. */
#include <arpa/inet.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pipelines/watch/http/access.h"
#include "pipelines/watch/http/http.h"
#include "pipelines/watch/http/route.h"

#define TOKEN "a-token"
/* A socket takes a hundred times as long as the rest. */
#define SEND_EVERY 16
#define MOST_STEPS 64

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

/* Of the leak sanitizer, where there is one: libsoup 3.2 forgets the path of a request whose headers it refuses. */
void __lsan_disable (void) __attribute__((weak));
void __lsan_enable (void) __attribute__((weak));

/* Nobody gets in who has not the token, or its cookie, in what he sent. */
static void
check_access (const CnxAccess * access, const CnxAccessRequest * request)
{
  const CnxAccessAnswer answer = cnx_access_check (access, request);
  const char *cookie = cnx_access_cookie (access), *value = cookie ? strchr (cookie, '=') + 1 : NULL;
  g_autofree char *query = cnx_access_query_value (request->query, "token");

  if (!cookie) {
    g_assert_true (answer == CNX_ACCESS_GRANTED || answer == CNX_ACCESS_WRONG_HOST);
    g_assert_true (answer != CNX_ACCESS_GRANTED || request->host);
  } else if (answer == CNX_ACCESS_BY_QUERY) {
    g_assert_cmpstr (query, ==, TOKEN);
  } else if (answer == CNX_ACCESS_GRANTED) {
    g_autofree char *digest = g_strndup (value, strcspn (value, ";"));
    g_assert_true ((request->authorization && strstr (request->authorization, TOKEN))
        || (request->cookie && strstr (request->cookie, digest)));
  }
}

static void
check_route (const char *path)
{
  g_autofree char *name = NULL;
  const CnxPlace place = cnx_route (path, &name);

  g_assert_true (place <= CNX_PLACE_HEALTH);
  if (place == CNX_PLACE_PICTURE || place == CNX_PLACE_HOUR)
    g_assert_true (name && *name && !strchr (name, '/'));
  g_assert_cmpint (cnx_route_event_number (path), >=, -1);
}

static CnxHttp *
start_server (void)
{
  const CnxHttpSettings settings = {.listen = "127.0.0.1:0",.token = TOKEN };
  CnxBoard *board = cnx_board_new ();
  const CnxBoardLabel label = { 1, (char *) "cat", 0.5 };
  CnxBoardCamera *camera = cnx_board_add (board, "door", "test://ball");
  g_autoptr (GBytes) picture = g_bytes_new_static ("jpeg", 4);

  cnx_board_set_labels (board, camera, &label, 1);
  cnx_board_set_picture (board, camera, picture);
  return cnx_http_new (board, &settings, NULL);
}

/* Nothing is told without the token but its health, and what the page looks like. The port is free again at once:
 * nothing lingers. */
static void
check_server (const char *sent)
{
  static CnxHttp *http;
  const struct linger none = { 1, 0 };
  struct sockaddr_in address = {.sin_family = AF_INET };
  char answer[4096] = "";
  gssize n = -1;

  http = http ? http : start_server ();
  address.sin_port = htons (cnx_http_port (http));
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  const int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt (fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  if (connect (fd, (const struct sockaddr *) &address, sizeof address) == 0) {
    n = send (fd, sent, strlen (sent), MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown (fd, SHUT_WR);
    for (guint i = 0; i < MOST_STEPS && n > 0; i++) {
      g_main_context_iteration (NULL, FALSE);
      if (recv (fd, answer, sizeof answer - 1, MSG_DONTWAIT) > 0)
        break;
    }
  }
  close (fd);
  if (g_str_has_prefix (answer, "HTTP/1.1 200") && !strstr (sent, TOKEN) && !strstr (sent, "token="))
    g_assert_true (strstr (sent, "/healthz") || strstr (sent, "/page.") || strstr (sent, "/icon.svg"));
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  static CnxAccess *open, *closed;
  static guint count;
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text ? text : "", "\n", 5);
  const char *parts[5] = { "", NULL, NULL, NULL, NULL };

  if (!open) {
    open = cnx_access_new (NULL, 80, NULL);
    closed = cnx_access_new (TOKEN, 80, NULL);
  }
  for (guint i = 0; lines[i]; i++)
    parts[i] = lines[i];
  char *query = strchr (parts[0], '?');
  if (query)
    *query++ = '\0';
  const CnxAccessRequest request = {.authorization = parts[2],.cookie = parts[1],.host = parts[3],.query = query };
  check_access (open, &request);
  check_access (closed, &request);
  check_route (parts[0]);
  if (parts[4] && *parts[4] && count++ % SEND_EVERY == 0) {
    if (__lsan_disable)
      __lsan_disable ();
    check_server (parts[4]);
    if (__lsan_enable)
      __lsan_enable ();
  }
  return 0;
}
