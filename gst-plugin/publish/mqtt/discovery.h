/* How Home Assistant learns of our sensors: a message for each, retained, which says where its values are
 * (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery). Pure functions. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What stands on the status topic while there is somebody, and when there is nobody any more: what Home Assistant
 * takes for that where it is not told otherwise. */
#define CNX_STATUS_ONLINE "online"
#define CNX_STATUS_OFFLINE "offline"

/** Where @client_id says whether it is there. Free with g_free(). */
char *cnx_discovery_status_topic (const char *client_id);

/** Where the sensor for @stream is announced. Free with g_free(). */
char *cnx_discovery_topic (const char *client_id, const char *stream);

/** The announcement, a JSON object: the sensor shows the first label of what @state_topic gets with @qos, and has all
 * else of it as attributes; all sensors of @client_id are one device. Free with g_free(). */
char *cnx_discovery_text (const char *client_id, const char *stream, const char *state_topic, guint qos);

G_END_DECLS
