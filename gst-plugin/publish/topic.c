#include "gst-plugin/publish/topic.h"

#include <string.h>

#include "core/error.h"

#define NONE "none"

gboolean
cnx_topic_check (const char *topic, GError ** error)
{
  for (const char *at = strpbrk (topic, "{}"); at; at = strpbrk (at, "{}")) {
    const gsize length = g_str_has_prefix (at, CNX_TOPIC_STREAM) ? strlen (CNX_TOPIC_STREAM)
        : g_str_has_prefix (at, CNX_TOPIC_LABEL) ? strlen (CNX_TOPIC_LABEL) : 0;
    if (length == 0) {
      g_autofree char *printable = cnx_printable (topic);
      g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "The topic '%s' has braces around something else than what is "
          "known: " CNX_TOPIC_STREAM " and " CNX_TOPIC_LABEL, printable);
      return FALSE;
    }
    at += length;
  }
  return TRUE;
}

static void
append_word (GString * out, const char *word, CnxTopicEscape escape)
{
  g_autofree char *escaped = escape (*word ? word : NONE);

  g_string_append (out, escaped);
}

char *
cnx_topic_fill (const char *topic, const CnxMessage * message, CnxTopicEscape escape)
{
  GString *out = g_string_new (NULL);

  for (const char *at = topic; *at;) {
    if (g_str_has_prefix (at, CNX_TOPIC_STREAM)) {
      append_word (out, message->stream, escape);
      at += strlen (CNX_TOPIC_STREAM);
    } else if (g_str_has_prefix (at, CNX_TOPIC_LABEL)) {
      append_word (out, message->label, escape);
      at += strlen (CNX_TOPIC_LABEL);
    } else {
      g_string_append_c (out, *at++);
    }
  }
  return g_string_free (out, FALSE);
}
