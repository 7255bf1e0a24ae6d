#include "pipelines/fetch/url.h"

#include <string.h>

const char *
cnx_url_find_wrong (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  const char *scheme = uri ? g_uri_get_scheme (uri) : "", *host = uri ? g_uri_get_host (uri) : NULL;

  if (strcmp (scheme, "http") != 0 && strcmp (scheme, "https") != 0)
    return "--url takes an address that begins with https:// or http://";
  if (!host || !*host)
    return "--url takes an address with a host in it: https://HOST/PATH";
  return NULL;
}

char *
cnx_url_shown (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);

  if (!uri)
    return g_strdup ("an address that cannot be read");
  g_autofree char *shown = g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY | G_URI_HIDE_FRAGMENT);
  return g_strconcat (shown, g_uri_get_query (uri) ? "?..." : "", NULL);
}
