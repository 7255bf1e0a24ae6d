/* An event in JSON: its fields, what is not known, labels of any bytes, its time. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "core/time_text.h"
#include "pipelines/watch/event_json.h"

static JsonNode *
parse (const CnxBoardEvent * event)
{
  g_autofree char *json = cnx_event_json ("front door", event);
  g_autoptr (GError) error = NULL;

  g_assert_null (strchr (json, '\n'));
  g_assert_true (g_utf8_validate (json, -1, NULL));
  JsonNode *root = json_from_string (json, &error);
  g_assert_no_error (error);
  return root;
}

static void
test_fields (void)
{
  const CnxBoardEvent event = { 7, G_GINT64_CONSTANT (1764424931000042), (char *) "cat", (char *) "dog", 0.625 };
  g_autoptr (JsonNode) root = parse (&event);
  JsonObject *object = json_node_get_object (root);

  g_assert_cmpuint (json_object_get_size (object), ==, 6);
  g_assert_cmpstr (json_object_get_string_member (object, "camera"), ==, "front door");
  g_assert_cmpint (json_object_get_int_member (object, "event"), ==, 7);
  g_assert_cmpstr (json_object_get_string_member (object, "time"), ==, "2025-11-29T14:02:11.000042Z");
  g_assert_cmpstr (json_object_get_string_member (object, "label"), ==, "cat");
  g_assert_cmpfloat (json_object_get_double_member (object, "confidence"), ==, 0.625);
  g_assert_cmpstr (json_object_get_string_member (object, "before"), ==, "dog");
}

/* No label any more has no confidence either; one that is no number is none. */
static void
test_unknown (void)
{
  const CnxBoardEvent none = { 1, 0, NULL, (char *) "dog", 0 };
  const CnxBoardEvent first = { 2, 0, (char *) "cat", NULL, NAN };
  g_autoptr (JsonNode) root = parse (&none), other = parse (&first);
  JsonObject *object = json_node_get_object (root);

  g_assert_true (json_object_get_null_member (object, "label"));
  g_assert_true (json_object_get_null_member (object, "confidence"));
  g_assert_cmpstr (json_object_get_string_member (object, "before"), ==, "dog");
  object = json_node_get_object (other);
  g_assert_true (json_object_get_null_member (object, "confidence"));
  g_assert_true (json_object_get_null_member (object, "before"));
}

static void
test_any_bytes (void)
{
  static const char *const labels[] = { "a \"quoted\"\nlabel\t\x01", "caf\xc3\xa9", "br\xffken\xc3", "" };

  for (guint i = 0; i < G_N_ELEMENTS (labels); i++) {
    const CnxBoardEvent event = { 1, 0, (char *) labels[i], NULL, 1 };
    g_autofree char *valid = g_utf8_make_valid (labels[i], -1);
    g_autoptr (JsonNode) root = parse (&event);
    g_assert_cmpstr (json_object_get_string_member (json_node_get_object (root), "label"), ==, valid);
  }
}

static void
test_times (void)
{
  static const struct
  {
    gint64 time;
    const char *text;
  } rows[] = {
    {0, "1970-01-01T00:00:00.000000Z"},
    {-1, "1969-12-31T23:59:59.999999Z"},
    {G_GINT64_CONSTANT (1709164800123456), "2024-02-29T00:00:00.123456Z"},
    {G_MAXINT64, NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = cnx_time_text (rows[i].time, 6);
    g_assert_cmpstr (text, ==, rows[i].text);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/event-json/fields", test_fields);
  g_test_add_func ("/event-json/unknown", test_unknown);
  g_test_add_func ("/event-json/any-bytes", test_any_bytes);
  g_test_add_func ("/event-json/times", test_times);
  return g_test_run ();
}
