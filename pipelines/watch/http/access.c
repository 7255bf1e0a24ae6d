#include "pipelines/watch/http/access.h"

#include <gio/gio.h>
#include <string.h>

#include "core/error.h"

#define DIGEST_SIZE 32          /* of SHA-256 */
#define BEARER "Bearer "
#define COOKIE_SALT "convnext watch: cookie"
#define COOKIE_SECONDS (365 * 24 * 60 * 60)

struct _CnxAccess
{
  gboolean closed;              /* there is a token */
  guint8 token[DIGEST_SIZE], cookie[DIGEST_SIZE];       /* digests of what opens it */
  char *cookie_name, *set_cookie;
};

static void
digest_of (const char *text, gsize length, guint8 * digest)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize size = DIGEST_SIZE;

  g_checksum_update (checksum, (const guchar *) text, length);
  g_checksum_get_digest (checksum, digest, &size);
}

/* Digests have one length, and all of it is looked at: how long that takes tells nothing of the token. */
static gboolean
opens (const char *text, gsize length, const guint8 * wanted)
{
  guint8 digest[DIGEST_SIZE];
  volatile guint8 differs = 0;

  digest_of (text, length, digest);
  for (guint i = 0; i < DIGEST_SIZE; i++)
    differs |= digest[i] ^ wanted[i];
  return differs == 0;
}

CnxAccess *
cnx_access_new (const char *token, guint port, GError ** error)
{
  static const char marks[] = "-._~+/=";
  g_autoptr (CnxAccess) access = g_new0 (CnxAccess, 1);

  if (!token)
    return g_steal_pointer (&access);
  if (*token == '\0') {
    g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, "the token is empty: put one into its file, such as "
        "'openssl rand -hex 32' prints");
    return NULL;
  }
  for (const char *at = token; *at; at++)
    if (!g_ascii_isalnum (*at) && !strchr (marks, *at)) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "the token's character %d cannot be in a header: a token is one "
          "line of letters, digits and %s, such as 'openssl rand -hex 32' prints", (int) (at - token) + 1, marks);
      return NULL;
    }
  g_autofree char *value = g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) token, strlen (token),
      COOKIE_SALT, -1);
  access->closed = TRUE;
  digest_of (token, strlen (token), access->token);
  digest_of (value, strlen (value), access->cookie);
  access->cookie_name = g_strdup_printf ("convnext-watch-%u", port);
  access->set_cookie = g_strdup_printf ("%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict", access->cookie_name,
      value, COOKIE_SECONDS);
  return g_steal_pointer (&access);
}

void
cnx_access_free (CnxAccess * access)
{
  g_free (access->cookie_name);
  g_free (access->set_cookie);
  g_free (access);
}

const char *
cnx_access_cookie (const CnxAccess * access)
{
  return access->set_cookie;
}

char *
cnx_access_query_value (const char *query, const char *key)
{
  const gsize length = strlen (key);

  for (const char *at = query; at; at = strchr (at, '&') ? strchr (at, '&') + 1 : NULL) {
    if (strncmp (at, key, length) != 0 || at[length] != '=')
      continue;
    const char *value = at + length + 1;
    g_autofree char *plain = g_uri_unescape_segment (value, value + strcspn (value, "&"), NULL);
    return plain && g_utf8_validate (plain, -1, NULL) ? g_steal_pointer (&plain) : NULL;
  }
  return NULL;
}

static gboolean
cookie_opens (const CnxAccess * access, const char *header)
{
  const gsize length = strlen (access->cookie_name);

  for (const char *at = header; at; at = strchr (at, ';') ? strchr (at, ';') + 1 : NULL) {
    at += strspn (at, " \t");
    if (strncmp (at, access->cookie_name, length) != 0 || at[length] != '=')
      continue;
    const char *value = at + length + 1;
    if (opens (value, strcspn (value, "; \t"), access->cookie))
      return TRUE;
  }
  return FALSE;
}

/* Whether @host, as a browser writes it into its request, can only be this machine. */
static gboolean
is_own_name (const char *host)
{
  g_autofree char *name = NULL;

  if (!host)
    return FALSE;
  name = *host == '[' ? g_strndup (host + 1, strcspn (host + 1, "]")) : g_strndup (host, strcspn (host, ":"));
  if (g_ascii_strcasecmp (name, "localhost") == 0 || g_ascii_strcasecmp (name, "localhost.") == 0)
    return TRUE;
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (name);
  return address && g_inet_address_get_is_loopback (address);
}

CnxAccessAnswer
cnx_access_check (const CnxAccess * access, const CnxAccessRequest * request)
{
  if (!access->closed)
    return is_own_name (request->host) ? CNX_ACCESS_GRANTED : CNX_ACCESS_WRONG_HOST;
  if (request->authorization && g_ascii_strncasecmp (request->authorization, BEARER, strlen (BEARER)) == 0) {
    const char *token = request->authorization + strlen (BEARER);
    token += strspn (token, " ");
    if (opens (token, strcspn (token, " \t"), access->token))
      return CNX_ACCESS_GRANTED;
  }
  if (request->cookie && cookie_opens (access, request->cookie))
    return CNX_ACCESS_GRANTED;
  g_autofree char *token = cnx_access_query_value (request->query, "token");
  return token && opens (token, strlen (token), access->token) ? CNX_ACCESS_BY_QUERY : CNX_ACCESS_UNKNOWN;
}
