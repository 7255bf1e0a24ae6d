/* Topics with {stream} and {label} in them, which each message fills. Pure functions. */
#pragma once

#include "gst-plugin/publish/message.h"

G_BEGIN_DECLS

#define CNX_TOPIC_STREAM "{stream}"
#define CNX_TOPIC_LABEL "{label}"

/** Errors: CNX_ERROR_INPUT for braces with anything else in them. */
gboolean cnx_topic_check (const char *topic, GError ** error);

/** A word as a part of a topic, so that nothing in it is taken for more. Free with g_free(). */
typedef char *(*CnxTopicEscape) (const char *word);

/** @topic with what @message is about, "none" for what it has no word for. Free with g_free(). */
char *cnx_topic_fill (const char *topic, const CnxMessage * message, CnxTopicEscape escape);

G_END_DECLS
