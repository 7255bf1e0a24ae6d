#include "gst-plugin/publish/kafka/kafka_topic.h"

#include <string.h>

#include "core/error.h"
#include "gst-plugin/publish/topic.h"

static gboolean
is_plain (gunichar c)
{
  return c < 0x80 && (g_ascii_isalnum (c) || c == '_' || c == '-');
}

/* Braces are left to who knows what may stand in them. */
gboolean
cnx_kafka_topic_check (const char *topic, GError ** error)
{
  gboolean is_right = strlen (topic) <= CNX_KAFKA_MOST_TOPIC && strcmp (topic, ".") != 0 && strcmp (topic, "..") != 0;

  for (const char *at = topic; *at; at++)
    is_right = is_right && (is_plain ((guchar) *at) || strchr (".{}", *at));
  if (is_right)
    return cnx_topic_check (topic, error);
  g_autofree char *printable = cnx_printable (topic);
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "The topic '%.200s' cannot be published to: Kafka takes letters and "
      "digits of ASCII, '.', '_' and '-', %d of them at most", printable, CNX_KAFKA_MOST_TOPIC);
  return FALSE;
}

char *
cnx_kafka_escape (const char *word)
{
  g_autofree char *valid = g_utf8_make_valid (word, -1);
  GString *out = g_string_new (NULL);

  for (const char *at = valid; *at; at = g_utf8_next_char (at))
    g_string_append_c (out, is_plain (g_utf8_get_char (at)) ? *at : '_');
  return g_string_free (out, FALSE);
}
