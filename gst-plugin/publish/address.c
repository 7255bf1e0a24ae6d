#include "gst-plugin/publish/address.h"

#include <string.h>

#include "core/error.h"

static gboolean
refuse (const char *location, GError ** error, const char *reason)
{
  const int scheme = strstr (location, "://") - location;

  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "The address %.*s://... cannot be used: %s. It has the form "
      "%.*s://host[:port]/topic.", scheme, location, reason, scheme, location);
  return FALSE;
}

static gboolean
take_user (CnxAddress * self, const char *location, const char *text, gsize length, GError ** error)
{
  if (memchr (text, ':', length))
    return refuse (location, error, "it holds a password, which everybody who lists processes sees; leave that out "
        "(for mqtt:// password-file says where it is)");
  self->user = g_uri_unescape_segment (text, text + length, NULL);
  if (!self->user || !*self->user)
    return refuse (location, error, "what is before the @ is no user's name");
  return TRUE;
}

static gboolean
is_host (const char *name)
{
  for (const char *at = name; *at; at++)
    if (!g_ascii_isgraph (*at) || strchr ("<>\"\\^`{|}?#[]@/", *at))
      return FALSE;
  return *name != '\0';
}

/* host, host:port, [address] or [address]:port. */
static gboolean
take_host (CnxAddress * self, const char *location, const char *text, GError ** error)
{
  CnxHost *host = &self->hosts[self->n_hosts++];
  const char *end = *text == '[' ? strchr (text, ']') : text + strcspn (text, ":");
  guint64 port = 0;

  if (!end)
    return refuse (location, error, "a [ has no ]");
  host->name = *text == '[' ? g_strndup (text + 1, end - text - 1) : g_strndup (text, end - text);
  if (!is_host (host->name))
    return refuse (location, error, "it names no host, or one with signs that no name of a host has");
  end += *text == '[';
  if (*end == '\0')
    return TRUE;
  if (*end != ':' || !g_ascii_string_to_unsigned (end + 1, 10, 1, G_MAXUINT16, &port, NULL))
    return refuse (location, error, "what follows the host is no port, a number from 1 to 65535");
  host->port = port;
  return TRUE;
}

static gboolean
take_topic (CnxAddress * self, const char *location, const char *text, GError ** error)
{
  if (*text == '\0')
    return refuse (location, error, "it names no topic");
  self->topic = g_uri_unescape_string (text, NULL);
  if (!self->topic)
    return refuse (location, error, "its topic has a NUL, or a % without two hexadecimal digits behind it, where a % "
        "itself is %25");
  if (!g_utf8_validate (self->topic, -1, NULL))
    return refuse (location, error, "its topic is no UTF-8");
  return TRUE;
}

static gboolean
parse (CnxAddress * self, const char *location, GError ** error)
{
  const char *start = strstr (location, "://") + strlen ("://"), *topic = strchr (start, '/');

  if (!topic)
    return refuse (location, error, "it names no topic");
  const char *at = g_strrstr_len (start, topic - start, "@");
  if (at && !take_user (self, location, start, at - start, error))
    return FALSE;
  g_autofree char *text = g_strndup (at ? at + 1 : start, topic - (at ? at + 1 : start));
  g_auto (GStrv) hosts = g_strsplit (text, ",", -1);
  self->hosts = g_new0 (CnxHost, MAX (g_strv_length (hosts), 1));
  if (!hosts[0])
    return refuse (location, error, "it names no host");
  for (guint i = 0; hosts[i]; i++)
    if (!take_host (self, location, hosts[i], error))
      return FALSE;
  return take_topic (self, location, topic + 1, error);
}

CnxAddress *
cnx_address_parse (const char *location, GError ** error)
{
  g_autoptr (CnxAddress) self = g_new0 (CnxAddress, 1);

  return parse (self, location, error) ? g_steal_pointer (&self) : NULL;
}

void
cnx_address_free (CnxAddress * self)
{
  for (guint i = 0; i < self->n_hosts; i++)
    g_free (self->hosts[i].name);
  g_free (self->hosts);
  g_free (self->user);
  g_free (self->topic);
  g_free (self);
}
