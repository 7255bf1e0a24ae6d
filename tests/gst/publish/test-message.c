/* What a published line holds: the fields, their order and spelling, what is not known, and text of any kind. */
#include <math.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "gst-plugin/publish/message.h"

#define TIME G_GINT64_CONSTANT (1790000000000042)

static const CnxMetaLabel two[] = { {207, "golden \"retriever\"", 0.87654321}, {5, "ball", 1e-7} };

static void
test_whole (void)
{
  const CnxMetaLabels labels = { "convnext_tiny", "cam", 1500000001, 2, two, "front door" };
  g_autoptr (CnxMessage) message = cnx_message_new (&labels, TIME, 37);

  g_assert_cmpstr (message->line, ==, "{\"stream\": \"cam\", \"source\": \"front door\", "
      "\"running-time\": 1.500000001, \"time\": \"2026-09-21T14:13:20.000042Z\", \"frame\": 37, "
      "\"model\": \"convnext_tiny\", \"labels\": "
      "[{\"id\": 207, \"label\": \"golden \\\"retriever\\\"\", \"confidence\": 0.876543}, "
      "{\"id\": 5, \"label\": \"ball\", \"confidence\": 0}]}\n");
  g_assert_cmpuint (message->length, ==, strlen (message->line));
  g_assert_cmpstr (message->stream, ==, "front door");
  g_assert_cmpstr (message->label, ==, "golden \"retriever\"");
}

static void
test_unknown (void)
{
  const CnxMetaLabel other = { -1, NULL, NAN };
  const CnxMetaLabels labels[] = {
    {NULL, NULL, GST_CLOCK_TIME_NONE, 0, NULL, NULL}, {NULL, "", 0, 1, &other, ""}, {NULL, "cam", 0, 0, NULL, ""}
  };
  g_autoptr (CnxMessage) empty = cnx_message_new (&labels[0], 0, -1);
  g_autoptr (CnxMessage) foreign = cnx_message_new (&labels[1], 999999, 0);
  g_autoptr (CnxMessage) unnamed = cnx_message_new (&labels[2], 0, 0);

  g_assert_cmpstr (empty->line, ==, "{\"stream\": null, \"running-time\": null, "
      "\"time\": \"1970-01-01T00:00:00.000000Z\", \"frame\": null, \"model\": null, \"labels\": []}\n");
  g_assert_cmpstr (empty->stream, ==, "");
  g_assert_cmpstr (empty->label, ==, "");
  g_assert_cmpstr (unnamed->stream, ==, "cam");
  g_assert_cmpstr (foreign->line, ==, "{\"stream\": null, \"running-time\": 0, "
      "\"time\": \"1970-01-01T00:00:00.999999Z\", \"frame\": 0, \"model\": null, "
      "\"labels\": [{\"id\": null, \"label\": \"\", \"confidence\": null}]}\n");
}

/* After what it always has: where regions were classified and not the frame, also where there are none. */
static void
test_regions (void)
{
  const CnxMetaRegion regions[] = { {{1, 2, 30, 40}, 77, "car", 20, 2, two}, {{0, 0, 5, 6}, -1, "", 20, 0, NULL} };
  const CnxMetaLabels labels = { "m", "cam", 0, 0, NULL, NULL, 0, 2, regions };
  const CnxMetaLabels none = { "m", "cam", 0, 0, NULL, NULL, 0, 0, regions };
  g_autoptr (CnxMessage) message = cnx_message_new (&labels, TIME, 37);
  g_autoptr (CnxMessage) empty = cnx_message_new (&none, TIME, 37);

  g_assert_nonnull (strstr (message->line, ", \"labels\": [], \"regions\": "
          "[{\"x\": 1, \"y\": 2, \"w\": 30, \"h\": 40, \"id\": 77, \"class\": \"car\", \"labels\": "
          "[{\"id\": 207, \"label\": \"golden \\\"retriever\\\"\", \"confidence\": 0.876543}, "
          "{\"id\": 5, \"label\": \"ball\", \"confidence\": 0}]}, "
          "{\"x\": 0, \"y\": 0, \"w\": 5, \"h\": 6, \"id\": null, \"class\": null, \"labels\": []}]}\n"));
  g_assert_nonnull (strstr (empty->line, ", \"labels\": [], \"regions\": []}\n"));
}

/* Names come out of files: a line end in one does not end the line, and what is no UTF-8 is no reason to write such. */
static void
test_any_text (void)
{
  const CnxMetaLabel odd = { 1, "two\nlines\r and \xff\xfe a byte \x01", 0.5 };
  const CnxMetaLabels labels = { "a\"b", "s\\t", 0, 1, &odd, "caf\xc3\xa9" };
  g_autoptr (CnxMessage) message = cnx_message_new (&labels, TIME, 0);
  g_autoptr (JsonNode) root = json_from_string (message->line, NULL);

  g_assert_nonnull (root);
  JsonObject *object = json_node_get_object (root);
  g_assert_true (strchr (message->line, '\n') == message->line + message->length - 1);
  g_assert_true (g_utf8_validate (message->line, message->length, NULL));
  g_assert_cmpstr (json_object_get_string_member (object, "model"), ==, "a\"b");
  g_assert_cmpstr (json_object_get_string_member (object, "stream"), ==, "s\\t");
  g_assert_cmpstr (json_object_get_string_member (object, "source"), ==, "caf\xc3\xa9");
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (json_object_get_array_member (object,
                  "labels"), 0), "label"), ==, "two\nlines\r and \xef\xbf\xbd\xef\xbf\xbd a byte \x01");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/whole", test_whole);
  g_test_add_func ("/message/unknown", test_unknown);
  g_test_add_func ("/message/regions", test_regions);
  g_test_add_func ("/message/any-text", test_any_text);
  return g_test_run ();
}
