#include "pipelines/watch/event_json.h"

#include <math.h>

#include <json-glib/json-glib.h>

#include "core/time_text.h"

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

static void
add_event (JsonBuilder * builder, const char *camera, const CnxBoardEvent * event)
{
  g_autofree char *time = cnx_time_text (event->time, 6);

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

  add_event (builder, camera, event);
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}
