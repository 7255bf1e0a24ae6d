/* What Home Assistant is told of our streams: held against the fields that it has, by name and kind, and how it comes
 * by a broker: when, retained, and again after the connection was lost; and who says that we are there, and that we
 * are not. */
#include "tests/gst/elements.h"

#include <sys/socket.h>
#include <json-glib/json-glib.h>

#include "gst-plugin/publish/mqtt/discovery.h"
#include "tests/gst/publish/broker.h"
#include "tests/gst/publish/reader.h"
#include "tests/support/temp_files.h"

/* ---- the fields ---- */

typedef struct
{
  const char *name, *kinds;     /* s: text, i: whole number, b: true or false, l: list, m: map */
} Field;

/* What homeassistant/components/mqtt takes, in schemas.py (MQTT_ENTITY_COMMON_SCHEMA and what it is made of), config.py
 * (MQTT_RO_SCHEMA) and sensor.py (_PLATFORM_SCHEMA_BASE). Another field of a sensor is passed over there, so that a
 * misspelt one has no effect; of a device or an origin it makes the announcement void. */
static const Field sensor_fields[] = {
  {"availability", "l"}, {"availability_mode", "s"}, {"availability_template", "s"}, {"availability_topic", "s"},
  {"default_entity_id", "s"}, {"device", "m"}, {"device_class", "s"}, {"enabled_by_default", "b"}, {"encoding", "s"},
  {"entity_category", "s"}, {"entity_picture", "s"}, {"expire_after", "i"}, {"force_update", "b"}, {"group", "sl"},
  {"icon", "s"}, {"json_attributes_template", "s"}, {"json_attributes_topic", "s"}, {"last_reset_value_template", "s"},
  {"message_expiry_interval", "im"}, {"name", "s"}, {"options", "sl"}, {"origin", "m"}, {"payload_available", "s"},
  {"payload_not_available", "s"}, {"qos", "i"}, {"state_class", "s"}, {"state_topic", "s"},
  {"suggested_display_precision", "i"}, {"unique_id", "s"}, {"unit_of_measurement", "s"}, {"value_template", "s"},
  {"visible_by_default", "b"}, {NULL, NULL},
};

static const Field device_fields[] = {
  {"configuration_url", "s"}, {"connections", "l"}, {"hw_version", "s"}, {"identifiers", "sl"}, {"manufacturer", "s"},
  {"model", "s"}, {"model_id", "s"}, {"name", "s"}, {"serial_number", "s"}, {"suggested_area", "s"},
  {"sw_version", "s"}, {"via_device", "s"}, {NULL, NULL},
};

static const Field origin_fields[] = { {"name", "s"}, {"support_url", "s"}, {"sw_version", "s"}, {NULL, NULL} };

static char
kind_of (JsonNode * node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    return 'm';
  if (JSON_NODE_HOLDS_ARRAY (node))
    return 'l';
  switch (json_node_get_value_type (node)) {
    case G_TYPE_STRING:
      return 's';
    case G_TYPE_INT64:
      return 'i';
    case G_TYPE_BOOLEAN:
      return 'b';
    default:
      return '?';
  }
}

static void
assert_fields (JsonObject * object, const Field * fields)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList * name = names; name; name = name->next) {
    const Field *field = fields;
    while (field->name && strcmp (field->name, name->data) != 0)
      field++;
    g_assert_cmpstr (field->name, ==, name->data);
    g_assert_nonnull (strchr (field->kinds, kind_of (json_object_get_member (object, name->data))));
  }
}

static JsonObject *
parse (const char *text, JsonNode ** root)
{
  *root = json_from_string (text, NULL);
  g_assert_nonnull (*root);
  return json_node_get_object (*root);
}

static const char *
member (JsonObject * object, const char *name)
{
  return json_object_get_string_member (object, name);
}

/* What is there must be what there can be, and what a sensor of a device cannot do without must be there: state_topic,
 * one of identifiers and connections, an origin's name, and a unique_id, without which there is no device. */
static void
test_fields (void)
{
  g_autofree char *text = cnx_discovery_text ("hall", "front \"door\"", "cams/front \"door\"", 1);
  g_autoptr (JsonNode) root = NULL;
  JsonObject *object = parse (text, &root);
  JsonObject *device = json_object_get_object_member (object, "device");
  JsonObject *origin = json_object_get_object_member (object, "origin");

  assert_fields (object, sensor_fields);
  g_assert_true (json_object_has_member (object, "availability_topic"));
  g_assert_false (json_object_has_member (object, "availability"));     /* which would exclude the other */
  assert_fields (device, device_fields);
  assert_fields (origin, origin_fields);
  g_assert_cmpstr (member (object, "state_topic"), ==, "cams/front \"door\"");
  g_assert_cmpstr (member (object, "json_attributes_topic"), ==, "cams/front \"door\"");
  g_assert_cmpstr (member (object, "name"), ==, "front \"door\"");
  g_assert_cmpint (json_object_get_int_member (object, "qos"), ==, 1);
  g_assert_nonnull (strstr (member (object, "value_template"), "value_json.labels[0].label"));
  g_assert_cmpstr (member (device, "identifiers"), ==, "gst-convnext-hall");
  g_assert_cmpstr (member (device, "name"), ==, "hall");
  g_assert_cmpstr (member (origin, "name"), ==, "gst-convnext");
  g_assert_nonnull (member (object, "unique_id"));
}

/* Topics of letters, digits, _ and - between the /, and no two streams that share one. */
static void
test_topics (void)
{
  static const char *const streams[] = { "door", "front door", "front_door", "front/door", "#", "+", "", "caf\xc3\xa9",
    "none", "9e627696066bce2b61b60a54cf221ad7/001:2"
  };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *plain = cnx_discovery_topic ("hall", "door"), *status = cnx_discovery_status_topic ("a/#");

  g_assert_cmpstr (plain, ==, "homeassistant/sensor/hall/door/config");
  g_assert_cmpstr (status, ==, "gst-convnext/a%2F%23/status");
  for (guint i = 0; i < G_N_ELEMENTS (streams); i++) {
    char *topic = cnx_discovery_topic ("my hall", streams[i]);
    g_autofree char *text = cnx_discovery_text ("my hall", streams[i], "t", 0);
    g_autoptr (JsonNode) root = NULL;
    g_assert_true (g_regex_match_simple ("^homeassistant/sensor/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/config$", topic, 0, 0));
    g_assert_true (g_hash_table_add (seen, topic));
    g_assert_true (g_hash_table_add (ids, g_strdup (member (parse (text, &root), "unique_id"))));
  }
}

/* ---- by a broker ---- */

static void
begin_with (CnxTestPublisher * publisher, CnxTestBroker * broker, gboolean retain, guint qos)
{
  g_autofree char *location = cnx_test_broker_location (broker, "cams/{stream}");

  cnx_test_publisher_init (publisher, location);
  g_object_set (publisher->element, "client-id", "hall", "retain", retain, "qos", qos, NULL);
  gst_util_set_object_arg (G_OBJECT (publisher->element), "discovery", "homeassistant");
  cnx_test_publisher_start (publisher);
}

static void
begin (CnxTestPublisher * publisher, CnxTestBroker * broker)
{
  begin_with (publisher, broker, FALSE, 1);
}

/* The connection of this process to @broker that is not @reader's, as if the network had gone. */
static void
cut (CnxTestBroker * broker, CnxTestReader * reader)
{
  guint n = 0;

  for (int fd = 3; fd < 1024; fd++) {
    struct sockaddr_storage peer = { 0 };
    socklen_t length = sizeof peer;
    if (fd == mosquitto_socket (reader->client) || getpeername (fd, (struct sockaddr *) &peer, &length) != 0)
      continue;
    g_autoptr (GSocketAddress) address = g_socket_address_new_from_native (&peer, length);
    if (G_IS_INET_SOCKET_ADDRESS (address)
        && g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)) == broker->port) {
      g_assert_cmpint (shutdown (fd, SHUT_RDWR), ==, 0);
      n++;
    }
  }
  g_assert_cmpuint (n, ==, 1);
}

static void
test_announced (void)
{
  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_PLAIN);
  g_auto (CnxTestPublisher) publisher = { NULL };
  CnxTestReader reader, later;

  cnx_test_broker_start (broker);
  cnx_test_reader_init (&reader, broker);
  begin (&publisher, broker);
  cnx_test_publisher_push_of (&publisher, "door", 0, "cat");
  cnx_test_publisher_push_of (&publisher, "gate", 0, "dog");
  cnx_test_publisher_push_of (&publisher, "door", 1, "bird");
  cnx_test_reader_wait (&reader, 6);
  g_assert_cmpstr (reader.topics->str, ==, "gst-convnext/hall/status (1)\n"
      "homeassistant/sensor/hall/door/config (1)\ncams/door (1)\n"
      "homeassistant/sensor/hall/gate/config (1)\ncams/gate (1)\ncams/door (1)\n");
  g_auto (GStrv) texts = g_strsplit (reader.texts->str, "\n", -1);
  g_autofree char *announced = cnx_discovery_text ("hall", "door", "cams/door", 1);
  g_assert_cmpstr (texts[0], ==, "online");
  g_assert_cmpstr (texts[1], ==, announced);

  cnx_test_reader_init (&later, broker);        /* Home Assistant, started after us */
  cnx_test_reader_wait (&later, 3);
  g_assert_nonnull (strstr (later.topics->str, "homeassistant/sensor/hall/door/config (1, retained)\n"));
  g_assert_nonnull (strstr (later.topics->str, "homeassistant/sensor/hall/gate/config (1, retained)\n"));
  g_assert_nonnull (strstr (later.topics->str, "gst-convnext/hall/status (1, retained)\n"));
  cnx_test_reader_clear (&later);
  cnx_test_reader_clear (&reader);
}

/* The broker says that we are gone where we cannot; what it is told again it may have forgotten. */
static void
test_comes_and_goes (void)
{
  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_PLAIN);
  g_auto (CnxTestPublisher) publisher = { NULL };
  CnxTestReader reader;

  cnx_test_broker_start (broker);
  cnx_test_reader_init (&reader, broker);
  begin (&publisher, broker);
  cnx_test_publisher_push (&publisher, 0, "cat");
  cnx_test_reader_wait (&reader, 3);
  cnx_test_publisher_wait (&publisher, "published", 1); /* else they may come again */
  cut (broker, &reader);
  cnx_test_reader_wait (&reader, 5);    /* offline, and online when it has come back */
  cnx_test_publisher_push (&publisher, 1, "dog");
  cnx_test_reader_wait (&reader, 7);
  gst_element_set_state (publisher.element, GST_STATE_NULL);
  cnx_test_reader_wait (&reader, 8);
  g_auto (GStrv) topics = g_strsplit (reader.topics->str, "\n", -1), texts = g_strsplit (reader.texts->str, "\n", -1);
  for (guint i = 0; i < 8; i++) {
    static const char *const expected[] = { "online", "config", "cams/cam", "offline", "online", "config", "cams/cam",
      "offline"
    };
    g_assert_true (g_str_equal (texts[i], expected[i]) || strstr (topics[i], expected[i]));
  }
  cnx_test_reader_clear (&reader);
}

/* Nothing more is said, and a broker that was started anew and knows nothing is told all of it again. */
static void
test_started_anew (void)
{
  CnxTestReader reader;

  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_PLAIN);
  g_auto (CnxTestPublisher) publisher = { NULL };
  cnx_test_broker_start (broker);
  begin_with (&publisher, broker, TRUE, 1);
  cnx_test_publisher_push_of (&publisher, "door", 0, "cat");
  cnx_test_publisher_push_of (&publisher, "gate", 0, "dog");
  cnx_test_publisher_push_of (&publisher, "door", 1, "bird");
  cnx_test_publisher_wait (&publisher, "published", 3);
  cnx_test_broker_kill (broker);
  cnx_test_broker_start (broker);
  cnx_test_reader_init (&reader, broker);
  cnx_test_reader_wait (&reader, 5);
  g_assert_nonnull (strstr (reader.topics->str, "gst-convnext/hall/status (1"));
  g_assert_nonnull (strstr (reader.topics->str, "homeassistant/sensor/hall/door/config (1"));
  g_assert_nonnull (strstr (reader.topics->str, "homeassistant/sensor/hall/gate/config (1"));
  g_assert_nonnull (strstr (reader.topics->str, "cams/door (1"));
  g_assert_nonnull (strstr (reader.topics->str, "cams/gate (1"));
  g_assert_nonnull (strstr (reader.texts->str, "bird"));
  g_assert_null (strstr (reader.texts->str, "cat"));
  cnx_test_publisher_wait (&publisher, "reconnects", 1);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 3);
  cnx_test_reader_clear (&reader);
}

/* With qos 2 a broker that was not away knows us again, and what it was told of the stream: none of it comes twice. */
static void
test_known_again (void)
{
  CnxTestReader reader;

  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_PLAIN);
  g_auto (CnxTestPublisher) publisher = { NULL };
  cnx_test_broker_start (broker);
  cnx_test_reader_init (&reader, broker);
  begin_with (&publisher, broker, TRUE, 2);
  cnx_test_publisher_push (&publisher, 0, "cat");
  cnx_test_reader_wait (&reader, 3);
  cnx_test_publisher_wait (&publisher, "published", 1);
  cut (broker, &reader);
  cnx_test_publisher_wait (&publisher, "reconnects", 1);
  cnx_test_publisher_push (&publisher, 1, "dog");
  cnx_test_publisher_finish (&publisher);
  cnx_test_reader_wait (&reader, 6);
  g_assert_cmpstr (reader.topics->str, ==, "gst-convnext/hall/status (1)\n"
      "homeassistant/sensor/hall/cam/config (1)\ncams/cam (2)\n"
      "gst-convnext/hall/status (1)\ngst-convnext/hall/status (1)\ncams/cam (2)\n");
  cnx_test_reader_clear (&reader);
}

/* A broker that ends the connection for the announcement gets what the stream shows all the same. */
static void
test_not_taken (void)
{
  CnxTestReader reader;

  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_SMALL);
  g_auto (CnxTestPublisher) publisher = { NULL };
  cnx_test_broker_start (broker);
  cnx_test_reader_init (&reader, broker);
  begin (&publisher, broker);
  cnx_test_publisher_push (&publisher, 0, "cat");
  cnx_test_publisher_wait (&publisher, "published", 1);
  while (!strstr (reader.topics->str, "cams/cam (1)"))
    cnx_test_reader_wait (&reader, reader.n + 1);
  g_assert_null (strstr (reader.topics->str, "config"));
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 0);
  cnx_test_reader_clear (&reader);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *location, *id, *said;
  } cases[] = {
    {"mqtt://localhost/{stream}", NULL, "client-id"}, {"mqtt://localhost/a", "hall", "{stream}"},
    {"mqtt://localhost/{stream}/{label}", "hall", "no {label}"}, {"-", "hall", "discovery is set"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (CnxTestPublisher) publisher = { NULL };
    cnx_test_publisher_init (&publisher, cases[i].location);
    g_object_set (publisher.element, "client-id", cases[i].id, "discovery", 1, NULL);
    g_assert_cmpint (gst_element_set_state (publisher.element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    g_autoptr (GError) error = cnx_test_publisher_message (&publisher, GST_MESSAGE_ERROR);
    cnx_test_assert_message (error, cases[i].said, NULL);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  gst_object_unref (gst_plugin_load_file (g_getenv ("CNX_TEST_MQTT"), NULL));
  g_test_add_func ("/discovery/fields", test_fields);
  g_test_add_func ("/discovery/topics", test_topics);
  g_test_add_func ("/discovery/announced", test_announced);
  g_test_add_func ("/discovery/comes-and-goes", test_comes_and_goes);
  g_test_add_func ("/discovery/started-anew", test_started_anew);
  g_test_add_func ("/discovery/known-again", test_known_again);
  g_test_add_func ("/discovery/not-taken", test_not_taken);
  g_test_add_func ("/discovery/refused", test_refused);
  return g_test_run ();
}
