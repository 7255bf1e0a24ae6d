/* labelpublish with a real MQTT broker, which is killed and started again, refuses us or is not what it should be; and
 * with servers that are none. */
#include "tests/gst/elements.h"

#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "core/error.h"
#include "tests/gst/publish/broker.h"
#include "tests/gst/publish/reader.h"
#include "tests/support/temp_files.h"

/* ---- what arrives ---- */

static void
test_arrives (void)
{
  if (!cnx_test_has_broker ())
    return;
  for (guint qos = 0; qos <= 2; qos++) {
    g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_PLAIN);
    g_autofree char *location = cnx_test_broker_location (broker, "a/{stream}/{label}");
    g_autofree char *expected = g_strdup_printf ("a/cam/cup (%u)\na/cam/50 %%25 %%2B %%23%%2F (%u)\n", qos, qos);
    g_auto (CnxTestPublisher) publisher = { NULL };
    CnxTestReader reader;

    cnx_test_broker_start (broker);
    cnx_test_reader_init (&reader, broker);
    cnx_test_publisher_init (&publisher, location);
    g_object_set (publisher.element, "qos", qos, NULL);
    cnx_test_publisher_start (&publisher);
    cnx_test_publisher_push (&publisher, 0, "cup");
    cnx_test_publisher_push (&publisher, 1, "50 % + #/");
    cnx_test_reader_wait (&reader, 2);
    cnx_test_publisher_finish (&publisher);
    g_assert_cmpstr (reader.topics->str, ==, expected);
    g_assert_true (g_regex_match_simple ("^\\{\"stream\": \"cam\", \"running-time\": 0, .*\"label\": \"cup\".*\\}\n"
            "\\{\"stream\": \"cam\", \"running-time\": 1, .*\"label\": \"50 % \\+ #/\".*\\}\n$", reader.texts->str,
            0, 0));
    g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 2);
    g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "waiting"), ==, 0);
    g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 0);
    cnx_test_reader_clear (&reader);
  }
}

/* Who comes later gets the last one of each topic. */
static void
test_retained (void)
{
  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_PLAIN);
  g_autofree char *location = cnx_test_broker_location (broker, "a");
  g_auto (CnxTestPublisher) publisher = { NULL };
  CnxTestReader reader;

  cnx_test_broker_start (broker);
  cnx_test_publisher_init (&publisher, location);
  g_object_set (publisher.element, "retain", TRUE, NULL);
  cnx_test_publisher_start (&publisher);
  cnx_test_publisher_push (&publisher, 0, "cup");
  cnx_test_publisher_push (&publisher, 1, "plate");
  cnx_test_publisher_finish (&publisher);
  cnx_test_reader_init (&reader, broker);
  cnx_test_reader_wait (&reader, 1);
  g_assert_cmpstr (reader.topics->str, ==, "a (1, retained)\n");
  g_assert_nonnull (strstr (reader.texts->str, "plate"));
  cnx_test_reader_clear (&reader);
}

/* ---- a broker that comes and goes ---- */

#define CHANGES 300

/* Each of @n changes arrived, and only what was underway when the broker died may have come twice, marked as such. */
static void
assert_all_received (CnxTestBroker * broker, guint n)
{
  guint twice = 0;

  for (guint i = 0; i < n; i++) {
    g_autofree char *topic = g_strdup_printf ("cam/%u", i);
    guint repeated, received = cnx_test_broker_received (broker, topic, &repeated);
    g_assert_cmpuint (received, >=, 1);
    g_assert_cmpuint (received - repeated, <=, 1);
    twice += received > 1;
  }
  g_assert_cmpuint (twice, <, broker->runs);
}

static void
prepare (CnxTestPublisher * publisher, CnxTestBroker * broker, const char *topic)
{
  g_autofree char *location = cnx_test_broker_location (broker, topic);
  g_autofree char *ca = cnx_test_broker_file (broker, "ca.pem"), *password = cnx_test_broker_file (broker, "password");

  cnx_test_publisher_init (publisher, location);
  if (broker->flags & CNX_TEST_BROKER_TLS)
    g_object_set (publisher->element, "ca-file", ca, NULL);
  if (broker->flags & CNX_TEST_BROKER_PASSWORD)
    g_object_set (publisher->element, "password-file", password, NULL);
}

static void
push_changes (CnxTestPublisher * publisher, guint start, guint end)
{
  for (guint i = start; i < end; i++) {
    g_autofree char *label = g_strdup_printf ("%u", i);
    cnx_test_publisher_push (publisher, i, label);
    g_usleep (1000);
  }
}

/* Killed three times in the middle of a stream, which goes on meanwhile. */
static void
test_killed (gconstpointer flags)
{
  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (GPOINTER_TO_UINT (flags));
  g_auto (CnxTestPublisher) publisher = { NULL };

  cnx_test_broker_start (broker);
  prepare (&publisher, broker, "{stream}/{label}");
  cnx_test_publisher_start (&publisher);
  push_changes (&publisher, 0, 60);
  for (guint i = 0; i < 3; i++) {
    cnx_test_publisher_wait (&publisher, "published", 30 + 80 * i);
    cnx_test_broker_kill (broker);
    push_changes (&publisher, 60 + 80 * i, 100 + 80 * i);
    g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "waiting"), >=, 40);
    cnx_test_broker_start (broker);
    push_changes (&publisher, 100 + 80 * i, 140 + 80 * i);
  }
  cnx_test_publisher_finish (&publisher);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, CHANGES);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 0);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "reconnects"), ==, 3);
  cnx_test_broker_kill (broker);
  assert_all_received (broker, CHANGES);
}

/* More is made while it is away than is to be kept: the rest is in `dropped`, and the newest arrive. */
static void
test_too_long_away (void)
{
  guint repeated;

  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_PLAIN);
  g_auto (CnxTestPublisher) publisher = { NULL };

  prepare (&publisher, broker, "{stream}/{label}");
  g_object_set (publisher.element, "queue-size", 10, NULL);
  cnx_test_publisher_start (&publisher);
  push_changes (&publisher, 0, 50);
  cnx_test_publisher_wait (&publisher, "dropped", 40);
  g_clear_error (&(GError *) { cnx_test_publisher_message (&publisher, GST_MESSAGE_WARNING) });
  cnx_test_broker_start (broker);
  cnx_test_publisher_finish (&publisher);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 10);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 40);
  cnx_test_broker_kill (broker);
  g_assert_cmpuint (cnx_test_broker_received (broker, "cam/39", &repeated), ==, 0);
  g_assert_cmpuint (cnx_test_broker_received (broker, "cam/40", &repeated), ==, 1);
  g_assert_cmpuint (cnx_test_broker_received (broker, "cam/49", &repeated), ==, 1);
}

/* What the broker ends the connection for is lost, counted and said; what is behind it arrives. */
static void
test_too_large (void)
{
  g_autofree char *large = g_strnfill (CNX_TEST_SMALL, 'x');
  CnxTestPublisher publishers[3];

  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_SMALL);
  g_autofree char *location = cnx_test_broker_location (broker, "a");
  cnx_test_broker_start (broker);
  for (guint qos = 0; qos <= 2; qos++) {
    cnx_test_publisher_init (&publishers[qos], location);
    g_object_set (publishers[qos].element, "qos", qos, NULL);
    cnx_test_publisher_start (&publishers[qos]);
    cnx_test_publisher_push (&publishers[qos], 0, "cup");
    cnx_test_publisher_push (&publishers[qos], 1, large);
    cnx_test_publisher_push (&publishers[qos], 2, "plate");
  }
  for (guint qos = 0; qos <= 2; qos++) {
    CnxTestPublisher *publisher = &publishers[qos];
    cnx_test_publisher_finish (publisher);
    g_assert_cmpuint (cnx_test_publisher_stat (publisher, "waiting"), ==, 0);
    g_assert_cmpuint (cnx_test_publisher_stat (publisher, "published") + cnx_test_publisher_stat (publisher, "dropped"),
        ==, 3);
    if (qos > 0) {              /* else it may have left before the connection ended */
      g_assert_cmpuint (cnx_test_publisher_stat (publisher, "published"), ==, 2);
      g_autoptr (GError) away = cnx_test_publisher_message (publisher, GST_MESSAGE_WARNING);
      g_autoptr (GError) refused = cnx_test_publisher_message (publisher, GST_MESSAGE_WARNING);
      cnx_test_assert_message (away, "no connection", NULL);
      cnx_test_assert_message (refused, "ends the connection each time", "topic 'a'", NULL);
    }
    cnx_test_publisher_clear (publisher);
  }
}

/* ---- where there are many files ---- */

/* Above what select() knows. */
static void
test_many_descriptors (void)
{
  enum { MOST = FD_SETSIZE + 200 };
  static int taken[MOST];
  struct rlimit limit;

  if (!cnx_test_has_broker ())
    return;
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  const struct rlimit wanted = { MAX (limit.rlim_cur, MIN (limit.rlim_max, 2 * MOST)), limit.rlim_max };
  if (wanted.rlim_cur < 2 * MOST || setrlimit (RLIMIT_NOFILE, &wanted) != 0) {
    g_test_skip ("this process may not open so many files");
    return;
  }
  for (guint i = 0; i < 2; i++) {
    g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (i ? CNX_TEST_BROKER_TLS : CNX_TEST_BROKER_PLAIN);
    g_auto (CnxTestPublisher) publisher = { NULL };
    cnx_test_broker_start (broker);
    for (guint j = 0; j < MOST; j++)
      taken[j] = dup (STDERR_FILENO);
    g_assert_cmpint (taken[MOST - 1], >=, FD_SETSIZE);
    prepare (&publisher, broker, "a");
    cnx_test_publisher_start (&publisher);
    cnx_test_publisher_push (&publisher, 0, "cup");
    cnx_test_publisher_finish (&publisher);
    g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 1);
    for (guint j = 0; j < MOST; j++)
      close (taken[j]);
  }
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

/* ---- brokers that do not want us, and that we do not want ---- */

static void
test_wrong_password (void)
{
  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_PASSWORD);
  g_autofree char *password = cnx_test_write_text (broker->dir, "wrong", "sesame");
  g_auto (CnxTestPublisher) publisher = { NULL };

  cnx_test_broker_start (broker);
  prepare (&publisher, broker, "a");
  g_object_set (publisher.element, "password-file", password, "drain-timeout", 0, NULL);
  cnx_test_publisher_start (&publisher);
  cnx_test_publisher_push (&publisher, 0, "cup");
  cnx_test_publisher_assert_warned (&publisher, "the password is wrong");
  cnx_test_publisher_finish (&publisher);
  gst_element_set_state (publisher.element, GST_STATE_NULL);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 1);
}

/* By somebody whom we do not trust, and for another name. */
static void
test_wrong_certificate (void)
{
  static const struct
  {
    const char *ca, *host;
  } cases[] = { {"other-ca.pem", "localhost"}, {NULL, "localhost"}, {"ca.pem", "127.0.0.1"} };

  if (!cnx_test_has_broker ())
    return;
  g_autoptr (CnxTestBroker) broker = cnx_test_broker_new (CNX_TEST_BROKER_TLS);
  cnx_test_broker_start (broker);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *ca = cases[i].ca ? cnx_test_broker_file (broker, cases[i].ca) : NULL;
    g_autofree char *location = g_strdup_printf ("mqtts://%s:%u/a", cases[i].host, broker->port);
    g_auto (CnxTestPublisher) publisher = { NULL };
    guint repeated;

    cnx_test_publisher_init (&publisher, location);
    g_object_set (publisher.element, "ca-file", ca, "drain-timeout", 0, NULL);
    cnx_test_publisher_start (&publisher);
    cnx_test_publisher_push (&publisher, 0, "cup");
    g_autoptr (GError) warning = cnx_test_publisher_message (&publisher, GST_MESSAGE_WARNING);
    cnx_test_assert_message (warning, cases[i].host, "certificate verify failed", NULL);
    gst_element_set_state (publisher.element, GST_STATE_NULL);
    g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "published"), ==, 0);
    g_assert_cmpuint (cnx_test_broker_received (broker, "a", &repeated), ==, 0);
  }
}

/* ---- servers that are no brokers ---- */

/* Neither keeps a buffer, an end or a stop waiting; what could not be published is counted. */
static void
test_no_broker (gconstpointer closes)
{
  const char *warning = closes ? "There is no connection" : NULL;

  cnx_test_publish_to_no_broker ("mqtt", GPOINTER_TO_INT (closes), warning);
  cnx_test_publish_to_no_broker ("mqtts", GPOINTER_TO_INT (closes), warning);
}

/* Nobody listens there, by TLS as without. */
static void
test_nobody_listens (void)
{
  static const char *const schemes[] = { "mqtt", "mqtts" };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++) {
    g_autofree char *location = g_strdup_printf ("%s://localhost:%u/a", schemes[i], cnx_test_free_port ());
    g_auto (CnxTestPublisher) publisher = { NULL };
    cnx_test_publisher_init (&publisher, location);
    g_object_set (publisher.element, "drain-timeout", 0, NULL);
    cnx_test_publisher_start (&publisher);
    cnx_test_publisher_push (&publisher, 0, "cup");
    cnx_test_publisher_assert_warned (&publisher, "Connection refused");
  }
}

/* A host that there is none of, which cannot be known at once. */
static void
test_no_host (void)
{
  g_auto (CnxTestPublisher) publisher = { NULL };

  cnx_test_publisher_init (&publisher, "mqtt://nobody.invalid/a");
  g_object_set (publisher.element, "drain-timeout", 0, NULL);
  cnx_test_publisher_start (&publisher);
  cnx_test_publisher_push (&publisher, 0, "cup");
  g_autoptr (GError) warning = cnx_test_publisher_message (&publisher, GST_MESSAGE_WARNING);
  cnx_test_assert_message (warning, "nobody.invalid, port 1883", "no such host", NULL);
}

/* ---- what cannot be asked for ---- */

static void
test_refused (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *none = g_build_filename (dir, "none", NULL);
  g_autofree char *empty = cnx_test_write_text (dir, "empty", "\nsesame\n");
  g_autofree char *text = cnx_test_write_text (dir, "text", "no certificate");
  g_autofree char *pipe = g_build_filename (dir, "pipe", NULL), *large = cnx_test_write_text (dir, "large", "sesame\n");
  const struct
  {
    const char *location, *password_file, *ca_file, *said;
  } cases[] = {
    {"mqtt://localhost", NULL, NULL, "names no topic"}, {"mqtt://localhost/a/#", NULL, NULL, "wildcards"},
    {"mqtt://localhost/a/%2b", NULL, NULL, "wildcards"}, {"mqtt://localhost/a%00", NULL, NULL, "NUL"},
    {"mqtt://localhost/{model}", NULL, NULL, "braces"}, {"mqtt://me:sesame@localhost/a", NULL, NULL, "password-file"},
    {"mqtt://a,b/a", NULL, NULL, "several hosts"}, {"mqtt://localhost/a", text, NULL, "names no user"},
    {"mqtt://me@localhost/a", none, NULL, "No such file"}, {"mqtt://me@localhost/a", dir, NULL, "password-file"},
    {"mqtt://me@localhost/a", empty, NULL, "first line is empty"}, {"mqtts://localhost/a", NULL, none, "No such file"},
    {"mqtts://localhost/a", NULL, text, "no certificates"}, {"mqtt://localhost/a", NULL, text, "mqtts://"},
    {"-", text, NULL, "password-file is set"}, {"mqtt://me@localhost/a", pipe, NULL, "is not a file"},
    {"mqtts://localhost/a", NULL, pipe, "is not a file"}, {"mqtts://localhost/a", NULL, "/dev/zero", "is not a file"},
    {"mqtt://me@localhost/a", large, NULL, "too large"}, {"mqtts://localhost/a", NULL, large, "too large"},
  };

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  g_assert_cmpint (truncate (large, (off_t) 1 << 34), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (CnxTestPublisher) publisher = { NULL };
    cnx_test_publisher_init (&publisher, cases[i].location);
    g_object_set (publisher.element, "password-file", cases[i].password_file, "ca-file", cases[i].ca_file, NULL);
    g_assert_cmpint (gst_element_set_state (publisher.element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    g_autoptr (GError) error = cnx_test_publisher_message (&publisher, GST_MESSAGE_ERROR);
    cnx_test_assert_message (error, cases[i].said, NULL);
    g_assert_null (strstr (error->message, "sesame"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  gst_object_unref (gst_plugin_load_file (g_getenv ("CNX_TEST_MQTT"), NULL));
  g_test_add_func ("/mqtt/arrives", test_arrives);
  g_test_add_func ("/mqtt/retained", test_retained);
  g_test_add_data_func ("/mqtt/killed/plain", GUINT_TO_POINTER (CNX_TEST_BROKER_PLAIN), test_killed);
  g_test_add_data_func ("/mqtt/killed/tls", GUINT_TO_POINTER (CNX_TEST_BROKER_TLS), test_killed);
  g_test_add_data_func ("/mqtt/killed/tls-and-password",
      GUINT_TO_POINTER (CNX_TEST_BROKER_TLS | CNX_TEST_BROKER_PASSWORD), test_killed);
  g_test_add_func ("/mqtt/too-long-away", test_too_long_away);
  g_test_add_func ("/mqtt/too-large", test_too_large);
  g_test_add_func ("/mqtt/many-descriptors", test_many_descriptors);
  g_test_add_func ("/mqtt/wrong-password", test_wrong_password);
  g_test_add_func ("/mqtt/wrong-certificate", test_wrong_certificate);
  g_test_add_data_func ("/mqtt/says-nothing", GINT_TO_POINTER (FALSE), test_no_broker);
  g_test_add_data_func ("/mqtt/closes", GINT_TO_POINTER (TRUE), test_no_broker);
  g_test_add_func ("/mqtt/nobody-listens", test_nobody_listens);
  g_test_add_func ("/mqtt/no-host", test_no_host);
  g_test_add_func ("/mqtt/refused", test_refused);
  return g_test_run ();
}
