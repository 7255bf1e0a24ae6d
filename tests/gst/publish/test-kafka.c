/* labelpublish with librdkafka's own mock of a cluster, which goes down and comes back, refuses messages and loses its
 * answers. */
#include "tests/gst/elements.h"

#include <dlfcn.h>
#include <netdb.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "core/error.h"
#include "gst-plugin/publish/kafka/kafka_topic.h"
#include "gst-plugin/publish/topic.h"
#include "tests/gst/publish/broker.h"
#include "tests/support/temp_files.h"

#define PRODUCE 0               /* a request's number in Kafka's protocol */
#define BROKERS 2

/* ---- the network ---- */

#define SLOW_HOST "slow.invalid"

/* Who asks for SLOW_HOST waits while it is held. */
static struct
{
  GMutex lock;
  GCond changed;
  gboolean held;
  guint asked;
} resolver;

/* In the place of the C library's, for librdkafka too. */
G_MODULE_EXPORT int getaddrinfo (const char *name, const char *service, const struct addrinfo *hints,
    struct addrinfo **found);

int
getaddrinfo (const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
  int (*real) (const char *, const char *, const struct addrinfo *, struct addrinfo **);

  if (name && strcmp (name, SLOW_HOST) == 0) {
    g_mutex_lock (&resolver.lock);
    resolver.asked++;
    g_cond_broadcast (&resolver.changed);
    while (resolver.held)
      g_cond_wait (&resolver.changed, &resolver.lock);
    g_mutex_unlock (&resolver.lock);
    return EAI_NONAME;
  }
  *(void **) &real = dlsym (RTLD_NEXT, "getaddrinfo");
  return real (name, service, hints, found);
}

static void
hold_resolver (gboolean held)
{
  g_mutex_lock (&resolver.lock);
  resolver.held = held;
  g_cond_broadcast (&resolver.changed);
  g_mutex_unlock (&resolver.lock);
}

/* ---- the cluster ---- */

typedef struct
{
  rd_kafka_t *owner;
  rd_kafka_mock_cluster_t *mock;
} Cluster;

static void
keep_quiet (const rd_kafka_t * client, int level, const char *facility, const char *text)
{
}

static rd_kafka_t *
make_client (rd_kafka_type_t type, const char *brokers)
{
  rd_kafka_conf_t *conf = rd_kafka_conf_new ();
  char reason[512];

  rd_kafka_conf_set_log_cb (conf, keep_quiet);
  if (brokers)
    rd_kafka_conf_set (conf, "bootstrap.servers", brokers, NULL, 0);
  if (type == RD_KAFKA_CONSUMER)
    rd_kafka_conf_set (conf, "group.id", "test", NULL, 0);
  rd_kafka_t *client = rd_kafka_new (type, conf, reason, sizeof reason);
  g_assert_nonnull (client);
  return client;
}

static void
cluster_init (Cluster * self)
{
  self->owner = make_client (RD_KAFKA_PRODUCER, NULL);
  self->mock = rd_kafka_mock_cluster_new (self->owner, BROKERS);
  g_assert_nonnull (self->mock);
}

static void
cluster_clear (Cluster * self)
{
  rd_kafka_mock_cluster_destroy (self->mock);
  rd_kafka_destroy (self->owner);
}

static void
set_down (Cluster * self, gboolean down)
{
  for (int i = 1; i <= BROKERS; i++)
    g_assert_cmpint (down ? rd_kafka_mock_broker_set_down (self->mock, i) : rd_kafka_mock_broker_set_up (self->mock,
            i), ==, RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void
begin (CnxTestPublisher * publisher, Cluster * cluster, const char *topic, guint qos)
{
  const char *brokers = rd_kafka_mock_cluster_bootstraps (cluster->mock);
  g_autofree char *location = g_strdup_printf ("kafka://%s/%s", brokers, topic);

  cnx_test_publisher_init (publisher, location);
  g_object_set (publisher->element, "qos", qos, NULL);
  cnx_test_publisher_start (publisher);
}

/* The first @n messages of @topic, which has one partition, as "key text", a line each. */
static char *
read_topic (Cluster * cluster, const char *topic, guint n)
{
  rd_kafka_t *reader = make_client (RD_KAFKA_CONSUMER, rd_kafka_mock_cluster_bootstraps (cluster->mock));
  rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new (1);
  GString *out = g_string_new (NULL);

  rd_kafka_topic_partition_list_add (parts, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  g_assert_cmpint (rd_kafka_assign (reader, parts), ==, RD_KAFKA_RESP_ERR_NO_ERROR);
  while (n > 0) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll (reader, 1000);
    if (message && !message->err) {
      g_string_append_printf (out, "%.*s %.*s\n", (int) message->key_len, (char *) message->key, (int) message->len,
          (char *) message->payload);
      n--;
    }
    if (message)
      rd_kafka_message_destroy (message);
  }
  rd_kafka_topic_partition_list_destroy (parts);
  rd_kafka_consumer_close (reader);
  rd_kafka_destroy (reader);
  return g_string_free (out, FALSE);
}

/* How many messages @topic has, all in all. */
static gint64
count_topic (Cluster * cluster, const char *topic)
{
  rd_kafka_t *client = make_client (RD_KAFKA_PRODUCER, rd_kafka_mock_cluster_bootstraps (cluster->mock));
  gint64 low = 0, high = 0;

  g_assert_cmpint (rd_kafka_query_watermark_offsets (client, topic, 0, &low, &high, 10000), ==,
      RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_destroy (client);
  return high - low;
}

static void
push_changes (CnxTestPublisher * publisher, guint start, guint end)
{
  for (guint i = start; i < end; i++) {
    g_autofree char *label = g_strdup_printf ("label-%u.", i);
    cnx_test_publisher_push (publisher, i, label);
  }
}

/* ---- what arrives ---- */

static void
test_arrives (void)
{
  for (guint qos = 0; qos <= 2; qos++) {
    g_auto (CnxTestPublisher) publisher = { NULL };
    Cluster cluster;

    cluster_init (&cluster);
    rd_kafka_mock_topic_create (cluster.mock, "t.cam.a_cup", 1, 1);
    begin (&publisher, &cluster, "t.{stream}.{label}", qos);
    cnx_test_publisher_push (&publisher, 0, "a cup");
    cnx_test_publisher_finish (&publisher);
    g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 1);
    g_autofree char *text = read_topic (&cluster, "t.cam.a_cup", 1);
    g_assert_true (g_regex_match_simple ("^cam \\{\"stream\": \"cam\", .*\"label\": \"a cup\".*\\}\n$", text, 0, 0));
    cluster_clear (&cluster);
  }
}

/* Each of @n labels is there, in order. The mock looks at a producer's numbers in transactions only, so that what was
 * underway when a broker went, and was sent again under the same number, may be there twice: at most @twice are. */
static void
assert_all_there (Cluster * cluster, const char *topic, guint n, guint twice)
{
  const guint count = count_topic (cluster, topic);
  g_autofree char *text = read_topic (cluster, topic, count);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint next = 0;

  g_assert_cmpuint (count, >=, n);
  g_assert_cmpuint (count, <=, n + twice);
  for (guint i = 0; i < count; i++) {
    g_autofree char *label = g_strdup_printf ("\"label-%u.\"", next), *before = g_strdup_printf ("\"label-%d.\"",
        (int) next - 1);
    const gboolean is_next = strstr (lines[i], label) != NULL;
    g_assert_true (is_next || strstr (lines[i], before));
    next += is_next;
  }
  g_assert_cmpuint (next, ==, n);
}

/* All brokers go three times in the middle of a stream, which goes on meanwhile. */
static void
test_comes_and_goes (void)
{
  g_auto (CnxTestPublisher) publisher = { NULL };
  Cluster cluster;

  cluster_init (&cluster);
  rd_kafka_mock_topic_create (cluster.mock, "labels", 1, 1);
  begin (&publisher, &cluster, "labels", 2);
  push_changes (&publisher, 0, 20);
  for (guint i = 0; i < 3; i++) {
    cnx_test_publisher_wait (&publisher, "published", 10 + 40 * i);
    set_down (&cluster, TRUE);
    push_changes (&publisher, 20 + 40 * i, 40 + 40 * i);
    g_usleep (20000);
    set_down (&cluster, FALSE);
    push_changes (&publisher, 40 + 40 * i, 60 + 40 * i);
  }
  cnx_test_publisher_finish (&publisher);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 140);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 0);
  assert_all_there (&cluster, "labels", 140, 3);
  cluster_clear (&cluster);
}

/* More is made while it is away than is to be kept. */
static void
test_too_long_away (void)
{
  g_auto (CnxTestPublisher) publisher = { NULL };
  Cluster cluster;

  cluster_init (&cluster);
  rd_kafka_mock_topic_create (cluster.mock, "labels", 1, 1);
  set_down (&cluster, TRUE);
  begin (&publisher, &cluster, "labels", 1);
  g_object_set (publisher.element, "queue-size", 10, NULL);
  push_changes (&publisher, 0, 50);
  g_autoptr (GError) warning = cnx_test_publisher_message (&publisher, GST_MESSAGE_WARNING);
  cnx_test_assert_message (warning, rd_kafka_mock_cluster_bootstraps (cluster.mock), NULL);
  set_down (&cluster, FALSE);
  cnx_test_publisher_finish (&publisher);
  const guint64 published = cnx_test_publisher_stat (&publisher, "published");
  g_assert_cmpuint (published, >=, 10); /* and the one that was underway */
  g_assert_cmpuint (published, <=, 11);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 50 - published);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "reconnects"), ==, 1);
  g_assert_cmpint (count_topic (&cluster, "labels"), ==, published);
  cluster_clear (&cluster);
}

/* One that no broker will take is lost, and those behind it are not; one that a broker cannot take now waits. */
static void
test_refusals (void)
{
  g_auto (CnxTestPublisher) publisher = { NULL };
  Cluster cluster;

  cluster_init (&cluster);
  rd_kafka_mock_topic_create (cluster.mock, "labels", 1, 1);
  rd_kafka_mock_push_request_errors (cluster.mock, PRODUCE, 3, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  begin (&publisher, &cluster, "labels", 1);
  push_changes (&publisher, 0, 3);
  cnx_test_publisher_finish (&publisher);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 2);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 1);
  g_autoptr (GError) warning = cnx_test_publisher_message (&publisher, GST_MESSAGE_WARNING);
  cnx_test_assert_message (warning, "too large", NULL);
  g_autofree char *text = read_topic (&cluster, "labels", 2);
  g_assert_null (strstr (text, "label-0."));
  g_assert_nonnull (strstr (text, "label-1."));
  g_assert_nonnull (strstr (text, "label-2."));
  cluster_clear (&cluster);
}

/* A topic that there is none of takes nobody else's messages with it, and what comes for it later is not waited for
 * again, unless it is there then. */
static void
test_no_topic (void)
{
  g_auto (CnxTestPublisher) publisher = { NULL };
  Cluster cluster;

  cluster_init (&cluster);
  rd_kafka_mock_topic_create (cluster.mock, "cup", 1, 1);
  rd_kafka_mock_topic_set_error (cluster.mock, "none", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  begin (&publisher, &cluster, "{label}", 1);
  cnx_test_publisher_push (&publisher, 0, "none");
  cnx_test_publisher_push (&publisher, 1, "cup");
  cnx_test_publisher_push (&publisher, 2, "none");
  cnx_test_publisher_push (&publisher, 3, "cup");
  g_autoptr (GError) later = cnx_test_publisher_message (&publisher, GST_MESSAGE_WARNING);
  g_autoptr (GError) refused = cnx_test_publisher_message (&publisher, GST_MESSAGE_WARNING);
  cnx_test_assert_message (later, "nknown topic", "none", NULL);
  cnx_test_assert_message (refused, "nknown topic", "none", NULL);
  cnx_test_publisher_finish (&publisher);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 2);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 2);
  g_assert_cmpint (count_topic (&cluster, "cup"), ==, 2);
  cluster_clear (&cluster);
}

/* A topic that may not be written to: the first message is given up at the third time, what comes next at once. Then it
 * may, and one refusal counts as the first again. */
static void
test_locked_topic (void)
{
  const rd_kafka_resp_err_t locked = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
  g_auto (CnxTestPublisher) publisher = { NULL };
  guint i = 2;
  Cluster cluster;

  cluster_init (&cluster);
  rd_kafka_mock_topic_create (cluster.mock, "labels", 1, 1);
  rd_kafka_mock_push_request_errors (cluster.mock, PRODUCE, 3, locked, locked, locked);
  begin (&publisher, &cluster, "labels", 1);
  push_changes (&publisher, 0, 2);
  cnx_test_publisher_wait (&publisher, "dropped", 2);
  for (; cnx_test_publisher_stat (&publisher, "published") == 0; i++) {
    push_changes (&publisher, i, i + 1);
    g_usleep (20000);
  }
  rd_kafka_mock_push_request_errors (cluster.mock, PRODUCE, 1, locked);
  push_changes (&publisher, i, i + 1);
  cnx_test_publisher_finish (&publisher);
  const guint64 published = cnx_test_publisher_stat (&publisher, "published");
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, i + 1 - published);
  g_assert_cmpint (count_topic (&cluster, "labels"), ==, published);
  g_autofree char *text = read_topic (&cluster, "labels", published);
  g_autofree char *last = g_strdup_printf ("\"label-%u.\"", i);
  g_assert_nonnull (strstr (text, last));
  cluster_clear (&cluster);
}

/* A broker that says that it lost count, of what may be there already, with qos 2: it is not sent again by another
 * client, which no broker would know for the same, but counted. What is behind it arrives. */
static void
test_lost_count (void)
{
  for (guint qos = 1; qos <= 2; qos++) {
    g_auto (CnxTestPublisher) publisher = { NULL };
    Cluster cluster;

    cluster_init (&cluster);
    rd_kafka_mock_topic_create (cluster.mock, "labels", 1, 1);
    rd_kafka_mock_push_request_errors (cluster.mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    begin (&publisher, &cluster, "labels", qos);
    push_changes (&publisher, 0, 2);
    cnx_test_publisher_finish (&publisher);
    g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, qos == 2 ? 1 : 2);
    g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, qos == 2 ? 1 : 0);
    g_assert_cmpint (count_topic (&cluster, "labels"), ==, qos == 2 ? 1 : 2);
    cluster_clear (&cluster);
  }
}

/* A host that nobody says the address of: the stop does not wait for it. */
static void
test_slow_name (void)
{
  g_auto (CnxTestPublisher) publisher = { NULL };

  hold_resolver (TRUE);
  cnx_test_publisher_init (&publisher, "kafka://" SLOW_HOST "/a");
  g_object_set (publisher.element, "drain-timeout", 0, NULL);
  cnx_test_publisher_start (&publisher);
  push_changes (&publisher, 0, 1);
  g_mutex_lock (&resolver.lock);
  while (resolver.asked == 0)
    g_cond_wait (&resolver.changed, &resolver.lock);
  g_mutex_unlock (&resolver.lock);
  gst_element_set_state (publisher.element, GST_STATE_NULL);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 1);
  hold_resolver (FALSE);
}

/* Nobody is there: neither a buffer nor a stop waits. */
static void
test_nobody_listens (void)
{
  g_autofree char *location = g_strdup_printf ("kafka://localhost:%u,[::1]:%u/a", cnx_test_free_port (),
      cnx_test_free_port ());
  g_auto (CnxTestPublisher) publisher = { NULL };

  cnx_test_publisher_init (&publisher, location);
  g_object_set (publisher.element, "drain-timeout", 100, NULL);
  cnx_test_publisher_start (&publisher);
  push_changes (&publisher, 0, 20);
  g_autoptr (GError) warning = cnx_test_publisher_message (&publisher, GST_MESSAGE_WARNING);
  cnx_test_assert_message (warning, "localhost:", "Connection refused", NULL);
  cnx_test_publisher_finish (&publisher);
  gst_element_set_state (publisher.element, GST_STATE_NULL);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 20);
}

/* Servers that say nothing, and that close each connection: neither a buffer, an end nor a stop waits. */
static void
test_no_broker (void)
{
  cnx_test_publish_to_no_broker ("kafka", FALSE, NULL);
  cnx_test_publish_to_no_broker ("kafka", TRUE, NULL);
}

/* ---- what cannot be asked for ---- */

static void
test_refused (void)
{
  static const struct
  {
    const char *location, *said;
  } cases[] = {
    {"kafka://localhost", "names no topic"}, {"kafka://localhost/a/b", "letters and digits"},
    {"kafka://localhost/a%00", "NUL"}, {"kafka://localhost/#", "letters and digits"},
    {"kafka://localhost/..", "letters and digits"}, {"kafka://localhost/{model}", "braces"},
    {"kafka://a,,b/t", "names no host"}, {"kafka://me@localhost/t", "names a user"},
    {"kafka://me:sesame@localhost/t", "password-file"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (CnxTestPublisher) publisher = { NULL };
    cnx_test_publisher_init (&publisher, cases[i].location);
    g_assert_cmpint (gst_element_set_state (publisher.element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    g_autoptr (GError) error = cnx_test_publisher_message (&publisher, GST_MESSAGE_ERROR);
    cnx_test_assert_message (error, cases[i].said, NULL);
    g_assert_null (strstr (error->message, "sesame"));
  }
}

/* What another kind of broker has, and this one has not. */
static void
test_settings (void)
{
  static const char *const names[] = { "ca-file", "password-file" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_auto (CnxTestPublisher) publisher = { NULL };
    cnx_test_publisher_init (&publisher, "kafka://localhost/a");
    g_object_set (publisher.element, names[i], "a", NULL);
    g_assert_cmpint (gst_element_set_state (publisher.element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    g_autoptr (GError) error = cnx_test_publisher_message (&publisher, GST_MESSAGE_ERROR);
    cnx_test_assert_message (error, names[i], "kafka://", NULL);
  }
}

static void
test_escape (void)
{
  static const struct
  {
    const char *word, *expected;
  } cases[] = {
    {"cup", "cup"}, {"cup of coffee", "cup_of_coffee"}, {"a/b#+{}", "a_b____"}, {"caf\xc3\xa9", "caf_"}, {"..", "__"},
    {"A-1_z", "A-1_z"}, {"\xff", "_"}, {"", ""},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = cnx_kafka_escape (cases[i].word);
    g_assert_cmpstr (found, ==, cases[i].expected);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  gst_object_unref (gst_plugin_load_file (g_getenv ("CNX_TEST_KAFKA"), NULL));
  g_test_add_func ("/kafka/arrives", test_arrives);
  g_test_add_func ("/kafka/comes-and-goes", test_comes_and_goes);
  g_test_add_func ("/kafka/too-long-away", test_too_long_away);
  g_test_add_func ("/kafka/refusals", test_refusals);
  g_test_add_func ("/kafka/no-topic", test_no_topic);
  g_test_add_func ("/kafka/locked-topic", test_locked_topic);
  g_test_add_func ("/kafka/lost-count", test_lost_count);
  g_test_add_func ("/kafka/slow-name", test_slow_name);
  g_test_add_func ("/kafka/nobody-listens", test_nobody_listens);
  g_test_add_func ("/kafka/no-broker", test_no_broker);
  g_test_add_func ("/kafka/refused", test_refused);
  g_test_add_func ("/kafka/settings", test_settings);
  g_test_add_func ("/kafka/escape", test_escape);
  return g_test_run ();
}
