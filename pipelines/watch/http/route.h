/* What of the server a path leads to. Pure functions; thread-safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxPlace:
 * @CNX_PLACE_NONE: nothing is there
 * @CNX_PLACE_FILE: a file of the page; / is page.html
 * @CNX_PLACE_CAMERAS, @CNX_PLACE_PICTURE, @CNX_PLACE_HOUR: what is known of all cameras; a camera's picture and events
 * @CNX_PLACE_EVENTS: what changes, as it does
 */
typedef enum
{
  CNX_PLACE_NONE,
  CNX_PLACE_FILE,
  CNX_PLACE_CAMERAS,
  CNX_PLACE_PICTURE,
  CNX_PLACE_HOUR,
  CNX_PLACE_EVENTS,
  CNX_PLACE_METRICS,
  CNX_PLACE_HEALTH,
} CnxPlace;

/** Where @path, still encoded as it came, leads to. @name: the camera's of a picture or an hour, the file's of a file;
 * else NULL. Free with g_free(). */
CnxPlace cnx_route (const char *path, char **name);

/** The number of the last event that a client says it has (Last-Event-ID); -1 where @text is NULL or no number. */
gint64 cnx_route_event_number (const char *text);

G_END_DECLS
