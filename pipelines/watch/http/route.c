#include "pipelines/watch/http/route.h"

#include <string.h>

#define CAMERAS "/cameras/"

static const struct
{
  const char *path;
  CnxPlace place;
  const char *file;
} places[] = {
  {"/", CNX_PLACE_FILE, "page.html"},
  {"/page.css", CNX_PLACE_FILE, "page.css"},
  {"/page.js", CNX_PLACE_FILE, "page.js"},
  {"/icon.svg", CNX_PLACE_FILE, "icon.svg"},
  {"/cameras", CNX_PLACE_CAMERAS, NULL},
  {"/events", CNX_PLACE_EVENTS, NULL},
  {"/metrics", CNX_PLACE_METRICS, NULL},
  {"/healthz", CNX_PLACE_HEALTH, NULL},
};

static const struct
{
  const char *ending;
  CnxPlace place;
} of_cameras[] = {
  {"/picture", CNX_PLACE_PICTURE},
  {"/events", CNX_PLACE_HOUR},
};

/* A camera's name, which is between two slashes and has none in it. */
static CnxPlace
route_camera (const char *rest, char **name)
{
  const char *slash = strchr (rest, '/');

  if (!slash || slash == rest)
    return CNX_PLACE_NONE;
  for (guint i = 0; i < G_N_ELEMENTS (of_cameras); i++)
    if (strcmp (slash, of_cameras[i].ending) == 0) {
      *name = g_uri_unescape_segment (rest, slash, "/");
      return *name ? of_cameras[i].place : CNX_PLACE_NONE;
    }
  return CNX_PLACE_NONE;
}

CnxPlace
cnx_route (const char *path, char **name)
{
  *name = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (strcmp (path, places[i].path) == 0) {
      *name = g_strdup (places[i].file);
      return places[i].place;
    }
  return g_str_has_prefix (path, CAMERAS) ? route_camera (path + strlen (CAMERAS), name) : CNX_PLACE_NONE;
}

gint64
cnx_route_event_number (const char *text)
{
  guint64 number;

  return text && g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &number, NULL) ? (gint64) number : -1;
}
