#include "gst-plugin/publish/mqtt/connection.h"

#include <errno.h>
#include <string.h>
#include <gio/gio.h>
#include <mosquitto.h>

#include "core/error.h"

/* Seconds after which a broker that says nothing is asked whether it is still there. */
#define KEEPALIVE 30
#define STATUS_QOS 1
/* Microseconds. */
#define ANSWER_WITHIN (10 * G_USEC_PER_SEC)
#define LEAVE_WITHIN G_USEC_PER_SEC
#define GRACE (G_USEC_PER_SEC / 5)
#define FIRST_DELAY (G_USEC_PER_SEC / 4)
#define MOST_DELAY (5 * G_USEC_PER_SEC)
/* Milliseconds that libmosquitto waits for the network. */
#define LOOP_MS 200
#define LEAVING_MS 50

struct _CnxConnection
{
  gatomicrefcount refs;         /* the thread's too, which may be left alone while it connects */
  char *host, *status_topic, *online, *offline;
  guint port;
  struct mosquitto *client;
  GThread *thread;

  GMutex lock;
  GCond changed;
  gboolean stopping, said_farewell, ended;
  gboolean connecting;          /* inside a call that cannot be called off */
  gboolean connected;
  guint64 count;                /* of connections so far */
  gint64 delay;                 /* before the next try */
  char *trouble, *log;          /* why there is none; and what libmosquitto had to say last */
  GHashTable *arrived;          /* numbers of messages since the last one was sent */
};

static void
unref (CnxConnection * self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  if (self->client)
    mosquitto_destroy (self->client);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_hash_table_unref (self->arrived);
  g_free (self->host);
  g_free (self->status_topic);
  g_free (self->online);
  g_free (self->offline);
  g_free (self->trouble);
  g_free (self->log);
  g_free (self);
}

/* ---- what goes wrong ---- */

static void
set_trouble (CnxConnection * self, const char *reason)
{
  g_mutex_lock (&self->lock);
  g_free (self->trouble);
  self->trouble = g_strdup (reason);
  g_mutex_unlock (&self->lock);
}

/* The broker's refusal, by its number in MQTT 3.1.1 (3.2.2.3). */
static const char *
refusal (int code)
{
  static const char *const reasons[] = { NULL, "it does not speak MQTT 3.1.1", "it does not like the client-id",
    "it is not available", "the user or the password is wrong", "the user or the password is wrong, or may not connect"
  };

  return code > 0 && code < (int) G_N_ELEMENTS (reasons) ? reasons[code] : "it refuses the connection";
}

static char *
failure (CnxConnection * self, int code, int number)
{
  switch (code) {
    case MOSQ_ERR_EAI:
      return g_strdup ("no such host is known");
    case MOSQ_ERR_ERRNO:
      return g_strdup (number == EPROTO && self->log ? self->log : g_strerror (number));
    case MOSQ_ERR_CONN_LOST:
      return g_strdup ("it ended the connection");
    case MOSQ_ERR_TLS:
    case MOSQ_ERR_TLS_HANDSHAKE:
      return g_strdup_printf ("TLS failed (%s)", self->log ? self->log : mosquitto_strerror (code));
    case MOSQ_ERR_KEEPALIVE:
      return g_strdup ("it does not answer any more");
    default:
      return g_strdup (mosquitto_strerror (code));
  }
}

/* A refusal says more than that the connection ended behind it. */
static void
note_failure (CnxConnection * self, int code, int number)
{
  g_autofree char *reason = NULL;

  g_mutex_lock (&self->lock);
  reason = failure (self, code, number);
  const gboolean is_refusal = code == MOSQ_ERR_CONN_REFUSED && self->trouble;
  g_mutex_unlock (&self->lock);
  if (!is_refusal)
    set_trouble (self, reason);
}

void
cnx_connection_tell (CnxConnection * self, GError ** error)
{
  g_mutex_lock (&self->lock);
  if (self->trouble)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "There is no connection to the broker at %s, port %u: %s",
        self->host, self->port, self->trouble);
  g_mutex_unlock (&self->lock);
}

/* ---- what libmosquitto says, in the thread ---- */

static void
set_connected (CnxConnection * self, gboolean connected)
{
  g_mutex_lock (&self->lock);
  self->connected = connected;
  self->count += connected;
  if (connected)
    g_clear_pointer (&self->trouble, g_free);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static void
say_status (CnxConnection * self, const char *status)
{
  if (self->status_topic)
    mosquitto_publish (self->client, NULL, self->status_topic, strlen (status), status, STATUS_QOS, true);
}

static void
on_connect (struct mosquitto *client, void *data, int code)
{
  CnxConnection *self = data;

  if (code == 0) {
    say_status (self, self->online);
    set_connected (self, TRUE);
  } else {
    set_trouble (self, refusal (code));
  }
}

static void
on_disconnect (struct mosquitto *client, void *self, int code)
{
  set_connected (self, FALSE);
}

static void
on_publish (struct mosquitto *client, void *data, int number)
{
  CnxConnection *self = data;

  g_mutex_lock (&self->lock);
  self->delay = FIRST_DELAY;
  g_hash_table_add (self->arrived, GINT_TO_POINTER (number));
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static void
on_log (struct mosquitto *client, void *data, int level, const char *text)
{
  CnxConnection *self = data;

  if (!(level & (MOSQ_LOG_ERR | MOSQ_LOG_WARNING)))
    return;
  g_mutex_lock (&self->lock);
  g_free (self->log);
  self->log = cnx_printable (text);
  g_mutex_unlock (&self->lock);
}

/* ---- the thread ---- */

static gboolean
is_stopping (CnxConnection * self)
{
  g_mutex_lock (&self->lock);
  const gboolean stopping = self->stopping;
  g_mutex_unlock (&self->lock);
  return stopping;
}

/* Waits before the next try, each time for longer, up to MOST_DELAY; a message that arrived makes it short again. */
static void
pause_connecting (CnxConnection * self)
{
  g_mutex_lock (&self->lock);
  const gint64 end = g_get_monotonic_time () + self->delay;
  self->delay = MIN (self->delay * 2, MOST_DELAY);
  while (!self->stopping && g_cond_wait_until (&self->changed, &self->lock, end));
  g_mutex_unlock (&self->lock);
}

/* Once, by who comes first. It wakes the thread. */
static void
say_farewell (CnxConnection * self)
{
  g_mutex_lock (&self->lock);
  const gboolean is_first = !self->said_farewell;
  self->said_farewell = TRUE;
  g_mutex_unlock (&self->lock);
  if (!is_first)
    return;
  say_status (self, self->offline);
  mosquitto_disconnect (self->client);
}

/* What is to be sent yet, and the farewell behind it. */
static void
leave (CnxConnection * self)
{
  const gint64 end = g_get_monotonic_time () + LEAVE_WITHIN;

  say_farewell (self);
  while (mosquitto_loop (self->client, LEAVING_MS, 1) == MOSQ_ERR_SUCCESS && g_get_monotonic_time () < end);
}

/* Until the connection is lost, or it is to stop. */
static void
serve (CnxConnection * self)
{
  const gint64 start = g_get_monotonic_time ();
  int code = MOSQ_ERR_SUCCESS;

  while (code == MOSQ_ERR_SUCCESS && !is_stopping (self)) {
    if (cnx_connection_wait (self, 0) == 0 && g_get_monotonic_time () - start > ANSWER_WITHIN) {
      set_trouble (self, "it takes connections and does not answer");
      return;
    }
    code = mosquitto_loop (self->client, LOOP_MS, 1);
  }
  if (code != MOSQ_ERR_SUCCESS)
    note_failure (self, code, errno);
  else if (cnx_connection_wait (self, 0) > 0)
    leave (self);
}

static void
set_connecting (CnxConnection * self, gboolean connecting)
{
  g_mutex_lock (&self->lock);
  self->connecting = connecting;
  g_mutex_unlock (&self->lock);
}

/* Not by libmosquitto's calls that do not wait: with TLS they take a refused connection for one. */
static gpointer
keep_connected (gpointer data)
{
  CnxConnection *self = data;
  gboolean was_tried = FALSE;

  while (!is_stopping (self)) {
    set_connecting (self, TRUE);
    const int code = was_tried ? mosquitto_reconnect (self->client)
        : mosquitto_connect (self->client, self->host, self->port, KEEPALIVE);
    const int number = errno;
    set_connecting (self, FALSE);
    if (code == MOSQ_ERR_SUCCESS)
      serve (self);
    else
      note_failure (self, code, number);
    was_tried = TRUE;
    set_connected (self, FALSE);
    pause_connecting (self);
  }
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  unref (self);
  return NULL;
}

/* ---- opening and closing ---- */

static gboolean
refuse (const char *reason, GError ** error)
{
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "MQTT cannot be spoken: %s", reason);
  return FALSE;
}

static gboolean
set_up (CnxConnection * self, const CnxConnectionSettings * settings, GError ** error)
{
  self->client = mosquitto_new (settings->client_id, !settings->keeps_session, self);
  if (!self->client)
    return refuse (errno == EINVAL ? "client-id is no text that MQTT allows" : g_strerror (errno), error);
  mosquitto_threaded_set (self->client, true);
  mosquitto_connect_callback_set (self->client, on_connect);
  mosquitto_disconnect_callback_set (self->client, on_disconnect);
  mosquitto_publish_callback_set (self->client, on_publish);
  mosquitto_log_callback_set (self->client, on_log);
  int code = mosquitto_int_option (self->client, MOSQ_OPT_TCP_NODELAY, 1);
  if (code == MOSQ_ERR_SUCCESS && self->status_topic)
    code = mosquitto_will_set (self->client, self->status_topic, strlen (self->offline), self->offline, STATUS_QOS,
        true);
  if (code == MOSQ_ERR_SUCCESS && settings->user)
    code = mosquitto_username_pw_set (self->client, settings->user, settings->password);
  if (code == MOSQ_ERR_SUCCESS && settings->with_tls && settings->ca_file)
    code = mosquitto_tls_set (self->client, settings->ca_file, NULL, NULL, NULL, NULL);
  else if (code == MOSQ_ERR_SUCCESS && settings->with_tls)
    code = mosquitto_int_option (self->client, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
  return code == MOSQ_ERR_SUCCESS || refuse (mosquitto_strerror (code), error);
}

static gpointer
init_library (gpointer data)
{
  mosquitto_lib_init ();
  return NULL;
}

CnxConnection *
cnx_connection_new (const CnxConnectionSettings * settings, GError ** error)
{
  static GOnce once = G_ONCE_INIT;
  CnxConnection *self = g_new0 (CnxConnection, 1);

  g_once (&once, init_library, NULL);
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->arrived = g_hash_table_new (NULL, NULL);
  self->host = g_strdup (settings->host);
  self->status_topic = g_strdup (settings->status_topic);
  self->online = g_strdup (settings->online);
  self->offline = g_strdup (settings->offline);
  self->port = settings->port;
  self->delay = FIRST_DELAY;
  if (set_up (self, settings, error)) {
    g_atomic_ref_count_inc (&self->refs);
    self->thread = g_thread_try_new ("mqtt", keep_connected, self, error);
    if (self->thread)
      return self;
    unref (self);
  }
  unref (self);
  return NULL;
}

/* While the thread asks for a host's name, or a host for an answer, it is left to end by itself. */
void
cnx_connection_close (CnxConnection * self)
{
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  const gint64 end = g_get_monotonic_time () + (self->connecting ? GRACE : 2 * LEAVE_WITHIN);
  const gboolean connected = self->connected;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  if (connected)
    say_farewell (self);
  g_mutex_lock (&self->lock);
  while (!self->ended && g_cond_wait_until (&self->changed, &self->lock, end));
  const gboolean ended = self->ended;
  g_mutex_unlock (&self->lock);
  if (ended)
    g_thread_join (self->thread);
  else
    g_thread_unref (self->thread);
  unref (self);
}

/* ---- messages ---- */

guint64
cnx_connection_wait (CnxConnection * self, gint64 timeout)
{
  const gint64 end = g_get_monotonic_time () + timeout;

  g_mutex_lock (&self->lock);
  while (!self->connected && g_cond_wait_until (&self->changed, &self->lock, end));
  const guint64 which = self->connected ? self->count : 0;
  g_mutex_unlock (&self->lock);
  return which;
}

guint64
cnx_connection_count (CnxConnection * self)
{
  g_mutex_lock (&self->lock);
  const guint64 count = self->count;
  g_mutex_unlock (&self->lock);
  return count;
}

int
cnx_connection_send (CnxConnection * self, const char *topic, const char *payload, gsize length, guint qos,
    gboolean retain, GError ** error)
{
  int number = 0;

  g_mutex_lock (&self->lock);
  g_hash_table_remove_all (self->arrived);
  g_mutex_unlock (&self->lock);
  const int code = length > G_MAXINT ? MOSQ_ERR_PAYLOAD_SIZE
      : mosquitto_publish (self->client, &number, topic, length, payload, qos, retain);
  if (code == MOSQ_ERR_SUCCESS || (code == MOSQ_ERR_NO_CONN && qos > 0 && number > 0))  /* it is kept for the next */
    return number;
  const gboolean is_own = code == MOSQ_ERR_INVAL || code == MOSQ_ERR_PAYLOAD_SIZE || code == MOSQ_ERR_MALFORMED_UTF8
      || code == MOSQ_ERR_OVERSIZE_PACKET;
  g_set_error (error, G_IO_ERROR, is_own ? G_IO_ERROR_INVALID_DATA : G_IO_ERROR_NOT_CONNECTED,
      "A message cannot be sent to the broker at %s, port %u: %s", self->host, self->port, mosquitto_strerror (code));
  return 0;
}

gboolean
cnx_connection_wait_for (CnxConnection * self, int number, guint64 which, gint64 timeout)
{
  const gint64 end = g_get_monotonic_time () + timeout;
  gboolean arrived;

  g_mutex_lock (&self->lock);
  while (!(arrived = g_hash_table_contains (self->arrived, GINT_TO_POINTER (number))) && self->connected
      && self->count == which && g_cond_wait_until (&self->changed, &self->lock, end));
  g_mutex_unlock (&self->lock);
  return arrived;
}
