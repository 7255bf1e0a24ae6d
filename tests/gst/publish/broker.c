#include "tests/gst/publish/broker.h"

#include <signal.h>
#include <unistd.h>
#include <sys/prctl.h>

#include "gst-plugin/labels/labelmeta.h"
#include "tests/gst/publish/server.h"
#include "tests/support/temp_files.h"

#define PAUSE 2000              /* microseconds, between two looks */

/* ---- the broker ---- */

/* Debian has it where only root's path leads. */
static char *
find_mosquitto (void)
{
  char *found = g_find_program_in_path ("mosquitto");

  if (!found && g_file_test ("/usr/sbin/mosquitto", G_FILE_TEST_IS_EXECUTABLE))
    found = g_strdup ("/usr/sbin/mosquitto");
  return found;
}

gboolean
cnx_test_has_broker (void)
{
  g_autofree char *mosquitto = find_mosquitto ();

  if (!mosquitto)
    g_test_skip ("mosquitto is not installed");
  return mosquitto != NULL;
}

guint
cnx_test_free_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  const guint port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);

  g_assert_cmpuint (port, >, 0);
  g_socket_listener_close (listener);
  return port;
}

static void
run (const char *dir, const char *command)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
      G_SUBPROCESS_FLAGS_STDERR_SILENCE);

  g_subprocess_launcher_set_cwd (launcher, dir);
  g_autoptr (GSubprocess) process = g_subprocess_launcher_spawn (launcher, &error, "sh", "-ec", command, NULL);
  g_assert_no_error (error);
  g_subprocess_wait_check (process, NULL, &error);
  g_assert_no_error (error);
}

static void
make_certificates (const char *dir)
{
  run (dir, "key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'\n"
      "for ca in ca other-ca; do openssl req -x509 $key -subj /CN=$ca -keyout $ca.key -out $ca.pem; done\n"
      "openssl req $key -subj /CN=localhost -keyout server.key -out server.csr\n"
      "echo subjectAltName=DNS:localhost > names\n"
      "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names "
      "-out server.pem\n");
}

static void
make_password (const char *dir)
{
  g_free (cnx_test_write_text (dir, "password", CNX_TEST_PASSWORD "\n"));
  run (dir, "mosquitto_passwd -b -c users " CNX_TEST_USER " \"$(cat password)\"");
}

CnxTestBroker *
cnx_test_broker_new (CnxTestBrokerFlags flags)
{
  CnxTestBroker *self = g_new0 (CnxTestBroker, 1);
  GString *config = g_string_new (NULL);

  self->flags = flags;
  self->dir = cnx_test_make_dir ();
  self->port = cnx_test_free_port ();
  g_string_printf (config, "listener %u localhost\nlog_dest stderr\nlog_type all\nallow_anonymous %s\n", self->port,
      flags & CNX_TEST_BROKER_PASSWORD ? "false" : "true");
  if (geteuid () == 0)
    g_string_append (config, "user root\n");
  if (flags & CNX_TEST_BROKER_PASSWORD) {
    make_password (self->dir);
    g_string_append (config, "password_file users\n");
  }
  if (flags & CNX_TEST_BROKER_TLS) {
    make_certificates (self->dir);
    g_string_append (config, "certfile server.pem\nkeyfile server.key\n");
  }
  if (flags & CNX_TEST_BROKER_SMALL)
    g_string_append_printf (config, "max_packet_size %d\n", CNX_TEST_SMALL);
  g_free (cnx_test_write_text (self->dir, "config", config->str));
  g_string_free (config, TRUE);
  return self;
}

static gboolean
takes_connections (CnxTestBroker * self)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_to_host (client, "localhost", self->port, NULL,
      NULL);

  return connection != NULL;
}

static char *
log_of_run (CnxTestBroker * self, guint i)
{
  return g_strdup_printf ("%s/log-%u", self->dir, i);
}

/* A test that fails does not leave it behind. */
static void
end_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

void
cnx_test_broker_start (CnxTestBroker * self)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autofree char *mosquitto = find_mosquitto (), *log = log_of_run (self, self->runs++);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_cwd (launcher, self->dir);
  g_subprocess_launcher_set_stderr_file_path (launcher, log);
  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  self->process = g_subprocess_launcher_spawn (launcher, &error, mosquitto, "-c", "config", NULL);
  g_assert_no_error (error);
  while (!takes_connections (self))
    g_usleep (PAUSE);
}

void
cnx_test_broker_kill (CnxTestBroker * self)
{
  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
  g_clear_object (&self->process);
}

void
cnx_test_broker_free (CnxTestBroker * self)
{
  if (self->process)
    cnx_test_broker_kill (self);
  cnx_test_remove_dir (self->dir);
  g_free (self);
}

char *
cnx_test_broker_location (CnxTestBroker * self, const char *topic)
{
  return g_strdup_printf ("mqtt%s://%slocalhost:%u/%s", self->flags & CNX_TEST_BROKER_TLS ? "s" : "",
      self->flags & CNX_TEST_BROKER_PASSWORD ? CNX_TEST_USER "@" : "", self->port, topic);
}

char *
cnx_test_broker_file (CnxTestBroker * self, const char *name)
{
  return g_build_filename (self->dir, name, NULL);
}

guint
cnx_test_broker_received (CnxTestBroker * self, const char *topic, guint * repeated)
{
  g_autofree char *quoted = g_strdup_printf (", '%s',", topic);
  guint n = 0;

  *repeated = 0;
  for (guint i = 0; i < self->runs; i++) {
    g_autofree char *path = log_of_run (self, i), *text = NULL;
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    for (guint j = 0; lines[j]; j++) {
      const gboolean is_it = strstr (lines[j], "Received PUBLISH from ") && strstr (lines[j], quoted);
      n += is_it;
      *repeated += is_it && strstr (lines[j], "(d1,");
    }
  }
  return n;
}

/* ---- the element ---- */

void
cnx_test_publisher_init (CnxTestPublisher * self, const char *location)
{
  self->element = gst_object_ref_sink (gst_element_factory_make ("labelpublish", NULL));
  self->bus = gst_bus_new ();
  self->h = NULL;
  g_object_set (self->element, "location", location, "drain-timeout", 60000, NULL);
  gst_element_set_bus (self->element, self->bus);
}

void
cnx_test_publisher_start (CnxTestPublisher * self)
{
  self->h = gst_harness_new_with_element (self->element, "sink", "src");
  gst_harness_set_src_caps_str (self->h, "application/x-anything");
}

void
cnx_test_publisher_clear (CnxTestPublisher * self)
{
  if (self->h)
    gst_harness_teardown (self->h);
  gst_element_set_state (self->element, GST_STATE_NULL);
  gst_element_set_bus (self->element, NULL);
  gst_object_unref (self->element);
  gst_object_unref (self->bus);
}

void
cnx_test_publisher_push (CnxTestPublisher * self, guint i, const char *name)
{
  cnx_test_publisher_push_of (self, "cam", i, name);
}

void
cnx_test_publisher_push_of (CnxTestPublisher * self, const char *stream, guint i, const char *name)
{
  const CnxMetaLabel label = { i, name, 0.75 };
  const CnxMetaLabels labels = { "model", stream, i * GST_SECOND, 1, &label, NULL };
  GstBuffer *buffer = gst_buffer_new ();

  GST_BUFFER_PTS (buffer) = i * GST_SECOND;
  cnx_label_meta_add (buffer, &labels);
  g_assert_cmpint (gst_harness_push (self->h, buffer), ==, GST_FLOW_OK);
}

void
cnx_test_publisher_finish (CnxTestPublisher * self)
{
  g_assert_true (gst_harness_push_event (self->h, gst_event_new_eos ()));
}

guint64
cnx_test_publisher_stat (CnxTestPublisher * self, const char *name)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 value = G_MAXUINT64;

  g_object_get (self->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, name, &value));
  return value;
}

void
cnx_test_publisher_wait (CnxTestPublisher * self, const char *name, guint64 least)
{
  while (cnx_test_publisher_stat (self, name) < least)
    g_usleep (PAUSE);
}

GError *
cnx_test_publisher_message (CnxTestPublisher * self, GstMessageType type)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (self->bus, GST_CLOCK_TIME_NONE, type);
  GError *error = NULL;

  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else
    gst_message_parse_warning (message, &error, NULL);
  return error;
}

void
cnx_test_publisher_assert_warned (CnxTestPublisher * publisher, const char *said)
{
  g_autoptr (GError) warning = cnx_test_publisher_message (publisher, GST_MESSAGE_WARNING);

  cnx_test_assert_message (warning, "localhost", said, NULL);
  g_assert_null (strstr (warning->message, "sesame"));
}

static void
push_frames (CnxTestPublisher * publisher, guint start, guint end)
{
  for (guint i = start; i < end; i++) {
    g_autofree char *label = g_strdup_printf ("%u", i);
    cnx_test_publisher_push (publisher, i, label);
  }
}

void
cnx_test_publish_to_no_broker (const char *scheme, gboolean closes, const char *warning)
{
  g_autofree char *location = NULL;
  g_auto (CnxTestPublisher) publisher = { NULL };
  CnxTestServer server;

  cnx_test_server_init (&server, closes);
  location = g_strdup_printf ("%s://localhost:%u/a", scheme, server.port);
  cnx_test_publisher_init (&publisher, location);
  g_object_set (publisher.element, "drain-timeout", 100, NULL);
  cnx_test_publisher_start (&publisher);
  push_frames (&publisher, 0, 20);
  while (g_atomic_int_get (&server.taken) < (closes ? 3 : 1))
    g_usleep (2000);
  push_frames (&publisher, 20, 40);
  if (warning)
    cnx_test_publisher_assert_warned (&publisher, warning);
  cnx_test_publisher_finish (&publisher);
  g_assert_cmpuint (gst_harness_buffers_received (publisher.h), ==, 40);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "waiting"), ==, 40);
  gst_element_set_state (publisher.element, GST_STATE_NULL);
  g_assert_cmpuint (cnx_test_publisher_stat (&publisher, "dropped"), ==, 40);
  cnx_test_server_clear (&server);
}
