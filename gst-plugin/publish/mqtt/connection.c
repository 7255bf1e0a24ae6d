#include "gst-plugin/publish/mqtt/connection.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <gio/gio.h>
#include <mosquitto.h>

#include "core/error.h"
#include "gst-plugin/publish/mqtt/trouble.h"

/* Seconds after which a broker that says nothing is asked whether it is still there. */
#define KEEPALIVE 30
#define STATUS_QOS 1
/* Of the flags of a broker's answer (3.2.2.2). */
#define SESSION_PRESENT 1
/* Microseconds. */
#define ANSWER_WITHIN (10 * G_USEC_PER_SEC)
#define LEAVE_WITHIN G_USEC_PER_SEC
#define GRACE (G_USEC_PER_SEC / 5)
#define FIRST_DELAY (G_USEC_PER_SEC / 4)
#define MOST_DELAY (5 * G_USEC_PER_SEC)
/* Milliseconds that the network is waited for. */
#define LOOP_MS 200
#define LEAVING_MS 50

struct _CnxConnection
{
  gatomicrefcount refs;         /* the thread's too, which may be left alone while it connects */
  CnxConnectionSettings settings;       /* its own */
  GThread *thread;
  gboolean was_tried, was_there;        /* the thread's: this client knows where to connect to; a broker took us */
  int wake;                     /* what the thread waits for beside the network */

  GMutex client_lock;           /* of who sends, and of the thread when it takes another client; before the other */
  struct mosquitto *client;

  GMutex lock;
  GCond changed;
  gboolean stopping, said_farewell, ended;
  gboolean connecting;          /* inside a call that cannot be called off */
  gboolean connected, forgetting;       /* with both there is no connection for anybody any more */
  gboolean is_known;            /* the broker knew us again at the last one */
  guint64 count, absences, clients;     /* so far */
  gint64 delay;                 /* before the next try */
  char *trouble, *log;          /* why there is none; and what libmosquitto had to say last */
  int number;                   /* of the message that was sent last; 0: nothing was */
  guint qos;                    /* its */
  GHashTable *arrived;          /* numbers of messages since then */
};

static void
unref (CnxConnection * self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  if (self->client)
    mosquitto_destroy (self->client);
  if (self->wake >= 0)
    close (self->wake);
  g_mutex_clear (&self->client_lock);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_hash_table_unref (self->arrived);
  cnx_connection_settings_clear (&self->settings);
  g_free (self->trouble);
  g_free (self->log);
  g_free (self);
}

/* With the lock held. */
static gboolean
is_connected (CnxConnection * self)
{
  return self->connected && !self->forgetting;
}

static gboolean
is_set (CnxConnection * self, const gboolean * member)
{
  g_mutex_lock (&self->lock);
  const gboolean value = *member;
  g_mutex_unlock (&self->lock);
  return value;
}

/* The thread looks at what has changed. */
static void
wake (CnxConnection * self)
{
  const guint64 one = 1;

  if (write (self->wake, &one, sizeof one) < 0)
    g_debug ("the thread is awake already");
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

/* A refusal says more than that the connection ended behind it. */
static void
note_failure (CnxConnection * self, int code, int number)
{
  g_autofree char *reason = NULL;

  g_mutex_lock (&self->lock);
  reason = cnx_mqtt_failure (code, number, self->log);
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
        self->settings.host, self->settings.port, self->trouble);
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

/* Of the first connection there is to be no session of a process before this one, whose messages had the same numbers:
 * one of which the broker has the first half would swallow ours. The next client gets one of its own. Later a broker
 * that has no session of ours any more says of the second half of a message of qos 2, which libmosquitto sends after
 * the first, that it has it: it would be lost. So all of it is sent anew. */
static void
begin_session (CnxConnection * self, gboolean is_known)
{
  g_mutex_lock (&self->lock);
  const gboolean is_half = self->number > 0 && self->qos == 2
      && !g_hash_table_contains (self->arrived, GINT_TO_POINTER (self->number));
  if ((self->settings.keeps_session && self->clients == 0) || (is_half && !is_known))
    self->forgetting = TRUE;
  self->is_known = is_known;
  g_mutex_unlock (&self->lock);
}

static void
on_connect (struct mosquitto *client, void *data, int code, int flags)
{
  CnxConnection *self = data;

  if (code != 0) {
    set_trouble (self, cnx_mqtt_refusal (code));
    return;
  }
  self->was_there = TRUE;
  begin_session (self, (flags & SESSION_PRESENT) != 0);
  if (!is_set (self, &self->forgetting))
    set_connected (self, TRUE);
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

/* Waits before the next try, each time for longer, up to MOST_DELAY; a message that arrived makes it short again. */
static void
pause_connecting (CnxConnection * self)
{
  g_mutex_lock (&self->lock);
  const gint64 end = g_get_monotonic_time () + self->delay;
  self->delay = MIN (self->delay * 2, MOST_DELAY);
  const gboolean forgetting = self->forgetting;
  while (!self->stopping && self->forgetting == forgetting
      && g_cond_wait_until (&self->changed, &self->lock, end));
  g_mutex_unlock (&self->lock);
}

/* libmosquitto's loop by poll(): it has select() in it, which knows no descriptors from 1024 on. */
static int
turn (CnxConnection * self, int wait)
{
  const gboolean has_more = mosquitto_want_write (self->client);
  struct pollfd waits[] = { {mosquitto_socket (self->client), has_more ? POLLIN | POLLOUT : POLLIN, 0},
    {self->wake, POLLIN, 0}
  };
  guint64 times;
  int code = MOSQ_ERR_SUCCESS;

  if (waits[0].fd < 0)
    return MOSQ_ERR_NO_CONN;
  if (poll (waits, G_N_ELEMENTS (waits), wait) < 0)
    return errno == EINTR ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ERRNO;
  if (waits[1].revents && read (self->wake, &times, sizeof times) < 0)
    g_debug ("nobody has waked the thread");
  if (waits[0].revents & ~POLLOUT)
    code = mosquitto_loop_read (self->client, 1);
  if (code == MOSQ_ERR_SUCCESS && mosquitto_want_write (self->client))
    code = mosquitto_loop_write (self->client, 1);
  return code == MOSQ_ERR_SUCCESS ? mosquitto_loop_misc (self->client) : code;
}

/* Once, by who comes first. */
static void
say_farewell (CnxConnection * self)
{
  g_mutex_lock (&self->lock);
  const gboolean is_first = !self->said_farewell;
  self->said_farewell = TRUE;
  g_mutex_unlock (&self->lock);
  if (!is_first)
    return;
  g_mutex_lock (&self->client_lock);
  if (self->settings.status_topic)
    mosquitto_publish (self->client, NULL, self->settings.status_topic, strlen (self->settings.offline),
        self->settings.offline, STATUS_QOS, true);
  mosquitto_disconnect (self->client);
  g_mutex_unlock (&self->client_lock);
  wake (self);
}

/* What is to be sent yet, and the farewell behind it. */
static void
leave (CnxConnection * self)
{
  const gint64 end = g_get_monotonic_time () + LEAVE_WITHIN;

  say_farewell (self);
  while (turn (self, LEAVING_MS) == MOSQ_ERR_SUCCESS && g_get_monotonic_time () < end);
}

static void
refuse (const char *reason, GError ** error)
{
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "MQTT cannot be spoken: %s", reason);
}

/* Not begun yet. NULL and an error of what MQTT does not allow. */
static struct mosquitto *
make_client (CnxConnection * self, GError ** error)
{
  const CnxConnectionSettings *settings = &self->settings;
  struct mosquitto *client = mosquitto_new (settings->client_id, !settings->keeps_session || !self->client, self);

  if (!client) {
    refuse (errno == EINVAL ? "client-id is no text that MQTT allows" : g_strerror (errno), error);
    return NULL;
  }
  mosquitto_threaded_set (client, true);
  mosquitto_connect_with_flags_callback_set (client, on_connect);
  mosquitto_disconnect_callback_set (client, on_disconnect);
  mosquitto_publish_callback_set (client, on_publish);
  mosquitto_log_callback_set (client, on_log);
  int code = mosquitto_int_option (client, MOSQ_OPT_TCP_NODELAY, 1);
  if (code == MOSQ_ERR_SUCCESS && settings->status_topic)
    code = mosquitto_will_set (client, settings->status_topic, strlen (settings->offline), settings->offline,
        STATUS_QOS, true);
  if (code == MOSQ_ERR_SUCCESS && settings->user)
    code = mosquitto_username_pw_set (client, settings->user, settings->password);
  if (code == MOSQ_ERR_SUCCESS && settings->with_tls && settings->ca_file)
    code = mosquitto_tls_set (client, settings->ca_file, NULL, NULL, NULL, NULL);
  else if (code == MOSQ_ERR_SUCCESS && settings->with_tls)
    code = mosquitto_int_option (client, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
  if (code == MOSQ_ERR_SUCCESS)
    return client;
  refuse (mosquitto_strerror (code), error);
  mosquitto_destroy (client);
  return NULL;
}

/* Until the connection is lost, or it is to stop. FALSE: nobody was there, or is there any more. */
static gboolean
serve (CnxConnection * self)
{
  const gint64 start = g_get_monotonic_time ();
  int code = MOSQ_ERR_SUCCESS, number = 0;

  while (code == MOSQ_ERR_SUCCESS && !is_set (self, &self->stopping) && !is_set (self, &self->forgetting)) {
    if (!self->was_there && g_get_monotonic_time () - start > ANSWER_WITHIN) {
      set_trouble (self, "it takes connections and does not answer");
      return FALSE;
    }
    code = turn (self, LOOP_MS);
    number = errno;
  }
  if (code != MOSQ_ERR_SUCCESS)
    note_failure (self, code, number);
  else if (cnx_connection_wait (self, 0) > 0)
    leave (self);
  else if (mosquitto_disconnect (self->client) == MOSQ_ERR_SUCCESS)     /* else the broker would say that we are lost */
    turn (self, 0);
  return self->was_there && cnx_mqtt_is_brokers_end (code, number);
}

static void
set_connecting (CnxConnection * self, gboolean connecting)
{
  g_mutex_lock (&self->lock);
  self->connecting = connecting;
  g_mutex_unlock (&self->lock);
}

/* Not by libmosquitto's calls that do not wait: with TLS they take a refused connection for one. */
static void
connect_once (CnxConnection * self)
{
  set_connecting (self, TRUE);
  const int code = self->was_tried ? mosquitto_reconnect (self->client)
      : mosquitto_connect (self->client, self->settings.host, self->settings.port, KEEPALIVE);
  const int number = errno;
  set_connecting (self, FALSE);
  self->was_tried = TRUE;
  self->was_there = FALSE;
  if (code != MOSQ_ERR_SUCCESS)
    note_failure (self, code, number);
  const gboolean was_there = code == MOSQ_ERR_SUCCESS && serve (self);
  g_mutex_lock (&self->lock);
  self->absences += !was_there;
  g_mutex_unlock (&self->lock);
  set_connected (self, FALSE);
}

/* What a client has underway is only forgotten with it. FALSE: there is no other yet. */
static gboolean
replace_client (CnxConnection * self)
{
  g_autoptr (GError) error = NULL;
  struct mosquitto *client = make_client (self, &error);

  if (!client) {
    set_trouble (self, error->message);
    return FALSE;
  }
  g_mutex_lock (&self->client_lock);
  mosquitto_destroy (self->client);
  self->client = client;
  self->was_tried = FALSE;
  g_mutex_lock (&self->lock);
  self->clients++;
  self->number = 0;
  self->forgetting = FALSE;
  g_mutex_unlock (&self->lock);
  g_mutex_unlock (&self->client_lock);
  return TRUE;
}

static gpointer
keep_connected (gpointer data)
{
  CnxConnection *self = data;

  while (!is_set (self, &self->stopping)) {
    const gboolean is_ready = !is_set (self, &self->forgetting) || replace_client (self);
    if (is_ready)
      connect_once (self);
    if (!is_ready || !is_set (self, &self->forgetting))
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
  g_mutex_init (&self->client_lock);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->arrived = g_hash_table_new (NULL, NULL);
  self->settings = *settings;
  cnx_connection_settings_own (&self->settings);
  self->delay = FIRST_DELAY;
  self->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->wake < 0)
    refuse (g_strerror (errno), error);
  else
    self->client = make_client (self, error);
  if (self->client) {
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
  const gboolean connected = is_connected (self);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  wake (self);
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
  while (!is_connected (self) && g_cond_wait_until (&self->changed, &self->lock, end));
  const guint64 which = is_connected (self) ? self->count : 0;
  g_mutex_unlock (&self->lock);
  return which;
}

static guint64
read_number (CnxConnection * self, const guint64 * member)
{
  g_mutex_lock (&self->lock);
  const guint64 value = *member;
  g_mutex_unlock (&self->lock);
  return value;
}

guint64
cnx_connection_count (CnxConnection * self)
{
  return read_number (self, &self->count);
}

gboolean
cnx_connection_is_known (CnxConnection * self, guint64 which)
{
  g_mutex_lock (&self->lock);
  const gboolean is_known = self->is_known && self->count == which;
  g_mutex_unlock (&self->lock);
  return is_known;
}

guint64
cnx_connection_absences (CnxConnection * self)
{
  return read_number (self, &self->absences);
}

void
cnx_connection_forget (CnxConnection * self)
{
  g_mutex_lock (&self->lock);
  self->forgetting = TRUE;
  self->delay = FIRST_DELAY;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  wake (self);
}

guint64
cnx_connection_client (CnxConnection * self)
{
  return read_number (self, &self->clients);
}

static void
set_underway (CnxConnection * self, int number, guint qos)
{
  g_mutex_lock (&self->lock);
  if (number == 0)
    g_hash_table_remove_all (self->arrived);
  self->number = number;
  self->qos = qos;
  g_mutex_unlock (&self->lock);
}

int
cnx_connection_send (CnxConnection * self, const char *topic, const char *payload, gsize length, guint qos,
    gboolean retain, GError ** error)
{
  int number = 0;

  g_mutex_lock (&self->client_lock);
  set_underway (self, 0, qos);
  const int code = length > G_MAXINT ? MOSQ_ERR_PAYLOAD_SIZE
      : mosquitto_publish (self->client, &number, topic, length, payload, qos, retain);
  const gboolean is_sent = code == MOSQ_ERR_SUCCESS || (code == MOSQ_ERR_NO_CONN && qos > 0 && number > 0);
  if (is_sent)                  /* or is kept for the next connection */
    set_underway (self, number, qos);
  g_mutex_unlock (&self->client_lock);
  wake (self);
  if (is_sent)
    return number;
  const gboolean is_own = code == MOSQ_ERR_INVAL || code == MOSQ_ERR_PAYLOAD_SIZE || code == MOSQ_ERR_MALFORMED_UTF8
      || code == MOSQ_ERR_OVERSIZE_PACKET;
  g_set_error (error, G_IO_ERROR, is_own ? G_IO_ERROR_INVALID_DATA : G_IO_ERROR_NOT_CONNECTED,
      "A message cannot be sent to the broker at %s, port %u: %s", self->settings.host, self->settings.port,
      mosquitto_strerror (code));
  return 0;
}

gboolean
cnx_connection_wait_for (CnxConnection * self, int number, guint64 which, gint64 timeout)
{
  const gint64 end = g_get_monotonic_time () + timeout;
  gboolean arrived;

  g_mutex_lock (&self->lock);
  while (!(arrived = g_hash_table_contains (self->arrived, GINT_TO_POINTER (number))) && is_connected (self)
      && self->count == which && g_cond_wait_until (&self->changed, &self->lock, end));
  g_mutex_unlock (&self->lock);
  return arrived;
}
