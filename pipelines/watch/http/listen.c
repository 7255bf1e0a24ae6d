#include "pipelines/watch/http/listen.h"

#include <string.h>

#include "core/error.h"

#define MOST_HOST 253           /* of a name, in bytes */

/* HOST of HOST:PORT; *@port: a pointer to PORT. NULL: there are no such two. */
static char *
host_of (const char *text, const char **port)
{
  const char *end = *text == '[' ? strchr (text, ']') : strchr (text, ':');

  if (!end || end == text || (*text == '[' && (end == text + 1 || end[1] != ':')))
    return NULL;
  *port = *text == '[' ? end + 2 : end + 1;
  return *text == '[' ? g_strndup (text + 1, end - text - 1) : g_strndup (text, end - text);
}

GInetSocketAddress *
cnx_listen_address (const char *text, GError ** error)
{
  const char *port = NULL;
  g_autofree char *host = host_of (text, &port);
  guint64 number;
  g_autofree char *shown = cnx_printable (text);

  if (!host || strlen (host) > MOST_HOST || !g_ascii_string_to_unsigned (port, 10, 0, G_MAXUINT16, &number, NULL)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "'%s' is no address to listen on: it is HOST:PORT, such as "
        "127.0.0.1:8080 or [::1]:8080", shown);
    return NULL;
  }
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  if (!address && !g_utf8_strchr (host, -1, ' ')) {
    GList *found = g_resolver_lookup_by_name (g_resolver_get_default (), host, NULL, NULL);
    address = found ? g_object_ref (found->data) : NULL;
    g_resolver_free_addresses (found);
  }
  if (!address) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "'%s': there is no host of that name to listen on", shown);
    return NULL;
  }
  return G_INET_SOCKET_ADDRESS (g_inet_socket_address_new (address, number));
}

gboolean
cnx_listen_is_own (GInetSocketAddress * address)
{
  return g_inet_address_get_is_loopback (g_inet_socket_address_get_address (address));
}
