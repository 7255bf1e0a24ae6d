/* What Kafka allows in the name of a topic: A-Z a-z 0-9 . _ - and 249 of them. Pure functions. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNX_KAFKA_MOST_TOPIC 249

/** With {stream} and {label} in it. Errors: CNX_ERROR_INPUT. */
gboolean cnx_kafka_topic_check (const char *topic, GError ** error);

/** @word with _ for each character that is no letter or digit of ASCII, _ or -. A CnxTopicEscape. Free with
 * g_free(). */
char *cnx_kafka_escape (const char *word);

G_END_DECLS
