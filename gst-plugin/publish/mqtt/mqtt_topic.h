/* What MQTT 3.1.1 allows in the topic of a message (4.7). Pure functions. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Longest topic, in bytes. */
#define CNX_MQTT_MOST_TOPIC 65535

/** With {stream} and {label} in it. Errors: CNX_ERROR_INPUT for wildcards and control characters, and for one that is
 * too long. */
gboolean cnx_mqtt_topic_check (const char *topic, GError ** error);

/** @word as one level of a topic: / + # %, control characters and what is none of UTF-8's become %XX. A
 * CnxTopicEscape. Free with g_free(). */
char *cnx_mqtt_escape (const char *word);

G_END_DECLS
