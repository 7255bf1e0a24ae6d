/* Pure parts of the server: who may come in, where paths lead to, addresses, pieces of the metrics. */
#include "core/error.h"
#include "pipelines/watch/http/access.h"
#include "pipelines/watch/http/listen.h"
#include "pipelines/watch/http/prometheus.h"
#include "pipelines/watch/http/route.h"

#include <string.h>

#define TOKEN "aZ09-._~+/="

static void
test_token (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxAccess) access = cnx_access_new (TOKEN, 8080, &error);
  g_assert_no_error (error);
  g_autofree char *cookie = g_strndup (cnx_access_cookie (access), strcspn (cnx_access_cookie (access), ";"));
  g_autofree char *among = g_strdup_printf ("convnext-watch-80=x; a=b;  %s ; c=d", cookie);
  g_autofree char *short_cookie = g_strndup (cookie, strlen (cookie) - 1);
  g_autofree char *long_cookie = g_strconcat (cookie, "0", NULL);
  const struct
  {
    CnxAccessRequest request;
    CnxAccessAnswer answer;
  } cases[] = {
    {{NULL, NULL, "localhost", NULL}, CNX_ACCESS_UNKNOWN},
    {{"Bearer " TOKEN, NULL, "cameras.example", NULL}, CNX_ACCESS_GRANTED},
    {{"bearer   " TOKEN "  ", NULL, NULL, NULL}, CNX_ACCESS_GRANTED},
    {{"Bearer", NULL, NULL, NULL}, CNX_ACCESS_UNKNOWN},
    {{"Bearer aZ09-._~+/", NULL, NULL, NULL}, CNX_ACCESS_UNKNOWN},
    {{"Bearer " TOKEN "=", NULL, NULL, NULL}, CNX_ACCESS_UNKNOWN},
    {{"Basic " TOKEN, NULL, NULL, NULL}, CNX_ACCESS_UNKNOWN},
    {{NULL, cookie, NULL, NULL}, CNX_ACCESS_GRANTED},
    {{NULL, among, NULL, NULL}, CNX_ACCESS_GRANTED},
    {{NULL, short_cookie, NULL, NULL}, CNX_ACCESS_UNKNOWN},
    {{NULL, long_cookie, NULL, NULL}, CNX_ACCESS_UNKNOWN},
    {{NULL, "convnext-watch-8080=" TOKEN, NULL, NULL}, CNX_ACCESS_UNKNOWN},
    {{NULL, NULL, NULL, "token=aZ09-._~%2B%2F%3D"}, CNX_ACCESS_BY_QUERY},
    {{NULL, NULL, NULL, "a&b=token=x&token=" TOKEN "&c"}, CNX_ACCESS_BY_QUERY},
    {{NULL, NULL, NULL, "xtoken=" TOKEN}, CNX_ACCESS_UNKNOWN},
    {{NULL, NULL, NULL, "token=%00" TOKEN}, CNX_ACCESS_UNKNOWN},
    {{NULL, NULL, NULL, "token=" TOKEN "%00"}, CNX_ACCESS_UNKNOWN},
    {{NULL, NULL, NULL, "token=%ff"}, CNX_ACCESS_UNKNOWN},
    {{NULL, NULL, NULL, "token"}, CNX_ACCESS_UNKNOWN},
  };

  g_assert_null (strstr (cnx_access_cookie (access), TOKEN));
  g_assert_nonnull (strstr (cnx_access_cookie (access), "HttpOnly; SameSite=Strict"));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (cnx_access_check (access, &cases[i].request) != cases[i].answer)
      g_error ("case %u", i);
}

static void
test_bad_token (void)
{
  static const char *const bad[] = { "", "a b", "secret\n", "caf\xc3\xa9", "a;b" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (cnx_access_new (bad[i], 8080, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
    g_assert_true (*bad[i] == '\0' || !strstr (error->message, bad[i]));
  }
}

/* A page elsewhere whose name is made to point here asks with that name. */
static void
test_host (void)
{
  static const char *const own[] = {
    "localhost", "LOCALHOST:8080", "127.0.0.1:80", "127.9.9.9", "[::1]:8080", "[::1]"
  };
  static const char *const others[] = {
    NULL, "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::2]", "10.0.0.1:80", "127.0.0.1 x"
  };
  g_autoptr (CnxAccess) access = cnx_access_new (NULL, 8080, NULL);

  g_assert_null (cnx_access_cookie (access));
  for (guint i = 0; i < G_N_ELEMENTS (own); i++) {
    const CnxAccessRequest request = {.host = own[i] };
    g_assert_cmpint (cnx_access_check (access, &request), ==, CNX_ACCESS_GRANTED);
  }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    const CnxAccessRequest request = {.host = others[i] };
    g_assert_cmpint (cnx_access_check (access, &request), ==, CNX_ACCESS_WRONG_HOST);
  }
}

static void
test_routes (void)
{
  static const struct
  {
    const char *path;
    CnxPlace place;
    const char *name;
  } cases[] = {
    {"/", CNX_PLACE_FILE, "page.html"},
    {"/page.js", CNX_PLACE_FILE, "page.js"},
    {"/cameras", CNX_PLACE_CAMERAS, NULL},
    {"/events", CNX_PLACE_EVENTS, NULL},
    {"/metrics", CNX_PLACE_METRICS, NULL},
    {"/healthz", CNX_PLACE_HEALTH, NULL},
    {"/cameras/door/picture", CNX_PLACE_PICTURE, "door"},
    {"/cameras/front%2ddoor_1.2/events", CNX_PLACE_HOUR, "front-door_1.2"},
    {"/cameras/../picture", CNX_PLACE_PICTURE, ".."},
    {"", CNX_PLACE_NONE, NULL},
    {"*", CNX_PLACE_NONE, NULL},
    {"//", CNX_PLACE_NONE, NULL},
    {"/cameras/", CNX_PLACE_NONE, NULL},
    {"/cameras//picture", CNX_PLACE_NONE, NULL},
    {"/cameras/a/b/picture", CNX_PLACE_NONE, NULL},
    {"/cameras/a%2fb/picture", CNX_PLACE_NONE, NULL},
    {"/cameras/a%00b/picture", CNX_PLACE_NONE, NULL},
    {"/cameras/a%/picture", CNX_PLACE_NONE, NULL},
    {"/cameras/door/pictures", CNX_PLACE_NONE, NULL},
    {"/locked.html", CNX_PLACE_NONE, NULL},
    {"/../../etc/passwd", CNX_PLACE_NONE, NULL},
    {"/%2e%2e/etc/passwd", CNX_PLACE_NONE, NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = NULL;
    g_test_message ("%s", cases[i].path);
    g_assert_cmpint (cnx_route (cases[i].path, &name), ==, cases[i].place);
    g_assert_cmpstr (name, ==, cases[i].name);
  }
  g_assert_cmpint (cnx_route_event_number ("17"), ==, 17);
  g_assert_cmpint (cnx_route_event_number ("0"), ==, 0);
  g_assert_cmpint (cnx_route_event_number (NULL), ==, -1);
  g_assert_cmpint (cnx_route_event_number ("-1"), ==, -1);
  g_assert_cmpint (cnx_route_event_number ("99999999999999999999"), ==, -1);
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *text, *address;
    gboolean own;
  } good[] = {
    {"127.0.0.1:8080", "127.0.0.1:8080", TRUE},
    {"[::1]:0", "[::1]:0", TRUE},
    {"0.0.0.0:80", "0.0.0.0:80", FALSE},
    {"[::]:80", "[::]:80", FALSE},
    {"192.168.1.5:65535", "192.168.1.5:65535", FALSE},
  };
  static const char *const bad[] = {
    "", ":", ":80", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "[::1]",
    "[::1]8080", "[]:80", "::1:80", "127.0.0.1: 80", "127.0.0.1:80 ", "no such host.:80"
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GInetSocketAddress) address = cnx_listen_address (good[i].text, &error);
    g_assert_no_error (error);
    g_autofree char *text = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
    g_autofree char *wanted = g_str_has_suffix (good[i].address, ":0")
        ? g_strndup (good[i].address + 1, 3) : g_strdup (good[i].address);
    g_assert_cmpstr (text, ==, wanted);
    g_assert_cmpint (cnx_listen_is_own (address), ==, good[i].own);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_test_message ("%s", bad[i]);
    g_assert_null (cnx_listen_address (bad[i], &error));
    g_assert_true (error->domain == CNX_ERROR && strstr (error->message, bad[i]));
  }
}

static void
test_prometheus (void)
{
  g_autoptr (GString) out = g_string_new (NULL), number = g_string_new (NULL);

  cnx_prometheus_append_escaped (out, "a\\b\"c\nd\xff");
  g_assert_cmpstr (out->str, ==, "a\\\\b\\\"c\\nd\xef\xbf\xbd");
  cnx_prometheus_append_number (number, 0.005);
  g_assert_cmpstr (number->str, ==, "0.005");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-parts/token", test_token);
  g_test_add_func ("/http-parts/bad-token", test_bad_token);
  g_test_add_func ("/http-parts/host", test_host);
  g_test_add_func ("/http-parts/routes", test_routes);
  g_test_add_func ("/http-parts/addresses", test_addresses);
  g_test_add_func ("/http-parts/prometheus", test_prometheus);
  return g_test_run ();
}
