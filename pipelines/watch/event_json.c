#include "pipelines/watch/event_json.h"

#include <math.h>

char *
cnx_event_time (gint64 real_time)
{
  const gint64 within = ((real_time % G_USEC_PER_SEC) + G_USEC_PER_SEC) % G_USEC_PER_SEC;
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc ((real_time - within) / G_USEC_PER_SEC);

  if (!time)
    return NULL;
  g_autofree char *seconds = g_date_time_format (time, "%Y-%m-%dT%H:%M:%S");
  return g_strdup_printf ("%s.%06dZ", seconds, (int) within);
}

/* A label is what a file of somebody else's says: any bytes. */
static void
add_text (JsonBuilder * builder, const char *name, const char *text)
{
  json_builder_set_member_name (builder, name);
  if (!text) {
    json_builder_add_null_value (builder);
    return;
  }
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  json_builder_add_string_value (builder, valid);
}

void
cnx_event_json_add (JsonBuilder * builder, const char *camera, const CnxBoardEvent * event)
{
  g_autofree char *time = cnx_event_time (event->time);

  json_builder_begin_object (builder);
  add_text (builder, "camera", camera);
  json_builder_set_member_name (builder, "event");
  json_builder_add_int_value (builder, event->number);
  add_text (builder, "time", time);
  add_text (builder, "label", event->label);
  json_builder_set_member_name (builder, "confidence");
  if (event->label && isfinite (event->confidence))
    json_builder_add_double_value (builder, event->confidence);
  else
    json_builder_add_null_value (builder);
  add_text (builder, "before", event->before);
  json_builder_end_object (builder);
}

char *
cnx_event_json (const char *camera, const CnxBoardEvent * event)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  cnx_event_json_add (builder, camera, event);
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}
