#include "gst-plugin/publish/mqtt/mqtt_topic.h"

#include <string.h>

#include "core/error.h"
#include "gst-plugin/publish/topic.h"

/* Control characters and Unicode's noncharacters, which a broker may end the connection for (1.5.3). */
static gboolean
is_allowed (gunichar c)
{
  return c >= 0x20 && (c < 0x7f || c > 0x9f) && (c < 0xfdd0 || c > 0xfdef) && (c & 0xfffe) != 0xfffe;
}

static gboolean
refuse (const char *topic, const char *reason, GError ** error)
{
  g_autofree char *printable = cnx_printable (topic);

  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "The topic '%.200s' cannot be published to: %s", printable, reason);
  return FALSE;
}

gboolean
cnx_mqtt_topic_check (const char *topic, GError ** error)
{
  if (strpbrk (topic, "+#"))
    return refuse (topic, "+ and # are wildcards, for those who read; take them out", error);
  if (strlen (topic) > CNX_MQTT_MOST_TOPIC)
    return refuse (topic, "it is longer than 65535 bytes", error);
  for (const char *at = topic; *at; at = g_utf8_next_char (at))
    if (!is_allowed (g_utf8_get_char (at)))
      return refuse (topic, "it has control characters; take them out", error);
  return cnx_topic_check (topic, error);
}

char *
cnx_mqtt_escape (const char *word)
{
  g_autofree char *valid = g_utf8_make_valid (word, -1);
  GString *out = g_string_new (NULL);

  for (const char *at = valid; *at; at = g_utf8_next_char (at)) {
    const gsize length = g_utf8_next_char (at) - at;
    const gboolean is_plain = is_allowed (g_utf8_get_char (at)) && !strchr ("/+#%", *at);
    for (gsize i = 0; i < length; i++)
      g_string_append_printf (out, is_plain ? "%c" : "%%%02X", (guchar) at[i]);
  }
  return g_string_free (out, FALSE);
}
