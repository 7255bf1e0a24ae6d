#include "gst-plugin/publish/mqtt/discovery.h"

#include <string.h>

#include "core/json_text.h"
#include "gst-plugin/publish/mqtt/mqtt_topic.h"

#define PREFIX "homeassistant"
#define OURS "gst-convnext"
/* Home Assistant keeps a state of up to 255 characters. */
#define VALUE "{{ (value_json.labels[0].label if value_json.labels else 'none')[:255] }}"
#define SUM_LENGTH 8

/* @text of letters, digits, _ and -, which is all that a topic of discovery may have. What had others gets a sum at its
 * end, so that no two become one. */
static char *
word (const char *text)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  char *plain = g_strdup (text);

  g_strcanon (plain, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-", '_');
  if (strcmp (plain, text) == 0 && *text)
    return plain;
  char *summed = g_strdup_printf ("%s_%.*s", plain, SUM_LENGTH, sum);
  g_free (plain);
  return summed;
}

char *
cnx_discovery_status_topic (const char *client_id)
{
  g_autofree char *escaped = cnx_mqtt_escape (client_id);

  return g_strdup_printf (OURS "/%s/status", escaped);
}

char *
cnx_discovery_topic (const char *client_id, const char *stream)
{
  g_autofree char *node = word (client_id), *object = word (stream);

  return g_strdup_printf (PREFIX "/sensor/%s/%s/config", node, object);
}

static void
append (GString * out, const char *name, const char *text)
{
  g_string_append_printf (out, "%s\"%s\": ", out->str[out->len - 1] == '{' ? "" : ", ", name);
  cnx_json_append_text (out, text);
}

char *
cnx_discovery_text (const char *client_id, const char *stream, const char *state_topic, guint qos)
{
  g_autofree char *status = cnx_discovery_status_topic (client_id), *node = word (client_id), *object = word (stream);
  g_autofree char *device = g_strdup_printf (OURS "-%s", node), *id = g_strdup_printf ("%s-%s", device, object);
  GString *out = g_string_new ("{");

  append (out, "name", *stream ? stream : "none");
  append (out, "unique_id", id);
  append (out, "state_topic", state_topic);
  append (out, "value_template", VALUE);
  append (out, "json_attributes_topic", state_topic);
  append (out, "availability_topic", status);
  g_string_append_printf (out, ", \"qos\": %u, \"device\": {", qos);
  append (out, "name", client_id);
  append (out, "identifiers", device);
  append (out, "manufacturer", OURS);
  append (out, "model", "labelpublish");
  append (out, "sw_version", PACKAGE_VERSION);
  g_string_append (out, "}, \"origin\": {");
  append (out, "name", OURS);
  append (out, "sw_version", PACKAGE_VERSION);
  g_string_append (out, "}}");
  return g_string_free (out, FALSE);
}
