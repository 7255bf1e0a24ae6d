#include "gst-plugin/publish/kafka/kafka.h"

#include <string.h>
#include <gio/gio.h>
#include <librdkafka/rdkafka.h>

#include "core/error.h"
#include "core/input/name_hash.h"
#include "gst-plugin/publish/address.h"
#include "gst-plugin/publish/kafka/ending.h"
#include "gst-plugin/publish/kafka/kafka_topic.h"
#include "gst-plugin/publish/topic.h"

#define PORT 9092
#define WAIT_MS 100
/* Microseconds that a cluster may take for its word. */
#define PATIENCE (10 * G_USEC_PER_SEC)
/* How often a topic is refused before a message for it is given up, so long after each other (microseconds). */
#define MOST_REFUSALS 3
#define REFUSAL_PAUSE G_USEC_PER_SEC
#define MOST_TOPICS 1024
#define END_WITHIN (G_USEC_PER_SEC / 2)
#define MOST_REASON 512

/**
 * Kafka:
 * @answer: of the message that is underway; NONE while it is
 * @is_underway: librdkafka has a message, and sends it for as long as it takes
 * @is_away: no broker could be reached when we heard last
 * @trouble: what went wrong last, since a message arrived
 * @refusals: how often each topic was refused since a message arrived there
 */
typedef struct
{
  rd_kafka_t *client;
  char *brokers, *client_id, *topic, *trouble;
  guint qos;
  gboolean is_underway, is_away;
  rd_kafka_resp_err_t answer;
  rd_kafka_msg_status_t status; /* beside it: whether the message may be there all the same */
  gint64 since, next, asked;    /* it is underway; when one may be sent; and when the cluster was asked for a topic */
  GHashTable *refusals;
  guint64 reconnects;
} Kafka;

/* ---- what librdkafka says, inside rd_kafka_poll() ---- */

static void
on_delivered (rd_kafka_t * client, const rd_kafka_message_t * message, void *data)
{
  Kafka *self = data;

  self->is_underway = FALSE;
  self->answer = message->err;
  self->status = rd_kafka_message_status (message);
}

static void
on_error (rd_kafka_t * client, int code, const char *reason, void *data)
{
  Kafka *self = data;

  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    self->is_away = TRUE;
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && self->trouble)
    return;                     /* which says more than how many there are */
  g_free (self->trouble);
  self->trouble = cnx_printable (reason);
}

/* It would write to the standard error; what matters comes as an error too. */
static void
on_log (const rd_kafka_t * client, int level, const char *facility, const char *text)
{
}

/* ---- opening ---- */

static gboolean
set_up (Kafka * self, rd_kafka_conf_t * conf, char *reason)
{
  const struct
  {
    const char *name, *value;
  } settings[] = {
    {"bootstrap.servers", self->brokers}, {"client.id", self->client_id ? self->client_id : "gst-convnext"},
    {"acks", self->qos == 0 ? "0" : "all"}, {"enable.idempotence", self->qos == 2 ? "true" : "false"},
    {"message.timeout.ms", "0"},        /* how long one waits is for its queue to say */
    {"linger.ms", "0"}, {"max.in.flight", "1"},
    {"topic.metadata.propagation.max.ms", "3000"},      /* what a topic that is made by its first message may take */
  };

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    if (rd_kafka_conf_set (conf, settings[i].name, settings[i].value, reason, MOST_REASON) != RD_KAFKA_CONF_OK)
      return FALSE;
  rd_kafka_conf_set_opaque (conf, self);
  rd_kafka_conf_set_dr_msg_cb (conf, on_delivered);
  rd_kafka_conf_set_error_cb (conf, on_error);
  rd_kafka_conf_set_log_cb (conf, on_log);
  return TRUE;
}

static gboolean
make_client (Kafka * self, GError ** error)
{
  rd_kafka_conf_t *conf = rd_kafka_conf_new ();
  char reason[MOST_REASON] = "";

  if (set_up (self, conf, reason))
    self->client = rd_kafka_new (RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
  if (self->client)             /* which has the configuration now */
    return TRUE;
  rd_kafka_conf_destroy (conf);
  g_autofree char *printable = cnx_printable (reason);
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "Labels cannot be published by Kafka: %s", printable);
  return FALSE;
}

/* As librdkafka wants it: with a port, IPv6 in brackets. */
static char *
join_hosts (const CnxAddress * address)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < address->n_hosts; i++) {
    const CnxHost *host = &address->hosts[i];
    g_string_append_printf (out, strchr (host->name, ':') ? "%s[%s]:%u" : "%s%s:%u", i ? "," : "", host->name,
        host->port ? host->port : PORT);
  }
  return g_string_free (out, FALSE);
}

static void
kafka_close (gpointer place)
{
  Kafka *self = place;

  if (self->client)
    cnx_kafka_end (self->client, END_WITHIN);
  g_hash_table_unref (self->refusals);
  g_free (self->brokers);
  g_free (self->client_id);
  g_free (self->topic);
  g_free (self->trouble);
  g_free (self);
}

static gpointer
kafka_open (const CnxPlaceSettings * settings, GError ** error)
{
  g_autoptr (CnxAddress) address = cnx_address_parse (settings->location, error);

  if (!address || !cnx_kafka_topic_check (address->topic, error))
    return NULL;
  if (address->user) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "Labels cannot be published by Kafka: location names a user, and "
        "the brokers are asked for no user here; leave what is before the @ out");
    return NULL;
  }
  Kafka *self = g_new0 (Kafka, 1);
  self->brokers = join_hosts (address);
  self->client_id = g_strdup (settings->client_id);
  self->topic = g_steal_pointer (&address->topic);
  self->qos = settings->qos;
  self->refusals = g_hash_table_new_full (cnx_name_hash, g_str_equal, g_free, NULL);
  if (make_client (self, error))
    return self;
  kafka_close (self);
  return NULL;
}

/* ---- writing ---- */

static void
tell (const Kafka * self, GError ** error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "Labels do not get to Kafka at %s: %s", self->brokers,
      self->trouble ? self->trouble : "nobody says that they have arrived");
}

static gboolean
is_one_of (rd_kafka_resp_err_t code, const rd_kafka_resp_err_t * codes, guint n)
{
  for (guint i = 0; i < n; i++)
    if (code == codes[i])
      return TRUE;
  return FALSE;
}

/* What a message is refused for by whichever broker, however often. */
static gboolean
is_own_fault (rd_kafka_resp_err_t code)
{
  static const rd_kafka_resp_err_t own[] = { RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG,
    RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_INVALID_RECORD,
    RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_POLICY_VIOLATION
  };

  return is_one_of (code, own, G_N_ELEMENTS (own));
}

/* What its topic is refused for, by a cluster that may have been set up while it was asked, or not be whole yet. */
static gboolean
is_topics_fault (rd_kafka_resp_err_t code)
{
  static const rd_kafka_resp_err_t topics[] = { RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
    RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS
  };

  return is_one_of (code, topics, G_N_ELEMENTS (topics));
}

/* librdkafka takes what it was told of a topic for what is so, for minutes: the cluster is asked again of one that was
 * refused, at most so often as one is tried again. */
static void
ask_for_topic (Kafka * self, const char *name)
{
  const gint64 now = g_get_monotonic_time ();
  const struct rd_kafka_metadata *answer = NULL;

  if (now - self->asked < REFUSAL_PAUSE || !g_hash_table_contains (self->refusals, name))
    return;
  rd_kafka_topic_t *topic = rd_kafka_topic_new (self->client, name, NULL);
  if (!topic)
    return;
  self->asked = now;
  if (rd_kafka_metadata (self->client, 0, topic, &answer, WAIT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_metadata_destroy (answer);
  rd_kafka_topic_destroy (topic);
}

/* A topic that was refused often enough is refused at once from then on, until it takes something. */
static CnxPlaceAnswer
settle_refusal (Kafka * self, const char *topic)
{
  const guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->refusals, topic)) + 1;

  if (n >= MOST_REFUSALS)
    return CNX_PLACE_REFUSED;
  if (g_hash_table_size (self->refusals) >= MOST_TOPICS)
    g_hash_table_remove_all (self->refusals);
  g_hash_table_insert (self->refusals, g_strdup (topic), GUINT_TO_POINTER (n));
  self->next = g_get_monotonic_time () + REFUSAL_PAUSE;
  return CNX_PLACE_LATER;
}

/* A client that has lost count of its messages, which qos 2 does not allow, is replaced by another. With qos 2 what may
 * be there is not sent again. */
static CnxPlaceAnswer
settle_failure (Kafka * self, const char *topic, rd_kafka_resp_err_t code, GError ** error)
{
  g_autofree char *reason = NULL;
  CnxPlaceAnswer answer = CNX_PLACE_LATER;

  if (is_own_fault (code) || (self->qos == 2 && self->status == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED))
    answer = CNX_PLACE_REFUSED;
  else if (is_topics_fault (code))
    answer = settle_refusal (self, topic);
  g_free (self->trouble);
  self->trouble = g_strdup_printf ("%s%s%s", rd_kafka_err2str (code), is_topics_fault (code) ? ": " : "",
      is_topics_fault (code) ? topic : "");
  tell (self, error);
  if (rd_kafka_fatal_error (self->client, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    cnx_kafka_end (g_steal_pointer (&self->client), WAIT_MS * 1000);
    self->is_away = TRUE;
  }
  return answer;
}

static CnxPlaceAnswer
send_message (Kafka * self, const CnxMessage * message, const char *topic, GError ** error)
{
  if (!self->client && !make_client (self, error))
    return CNX_PLACE_LATER;
  if (strlen (topic) > CNX_KAFKA_MOST_TOPIC) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "A label or a stream's name is too long for a topic");
    return CNX_PLACE_REFUSED;
  }
  ask_for_topic (self, topic);
  self->status = RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
  const gsize key = strlen (message->stream);
  const rd_kafka_resp_err_t code = rd_kafka_producev (self->client, RD_KAFKA_V_TOPIC (topic),
      RD_KAFKA_V_MSGFLAGS (RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY (key ? message->stream : NULL, key),
      RD_KAFKA_V_VALUE (message->line, message->length - 1), RD_KAFKA_V_END);
  self->is_underway = code == RD_KAFKA_RESP_ERR_NO_ERROR;
  self->since = g_get_monotonic_time ();
  return self->is_underway ? CNX_PLACE_UNDERWAY : settle_failure (self, topic, code, error);
}

static void
poll_for (Kafka * self, const gboolean * condition)
{
  const gint64 end = g_get_monotonic_time () + WAIT_MS * 1000;

  for (int left = WAIT_MS; self->client && *condition && left > 0; left = (end - g_get_monotonic_time ()) / 1000)
    rd_kafka_poll (self->client, left);
}

static CnxPlaceAnswer
kafka_write (gpointer place, const CnxMessage * message, GError ** error)
{
  Kafka *self = place;
  g_autofree char *topic = cnx_topic_fill (self->topic, message, cnx_kafka_escape);

  if (!self->is_underway && g_get_monotonic_time () < self->next)
    return CNX_PLACE_LATER;
  const CnxPlaceAnswer sent = self->is_underway ? CNX_PLACE_UNDERWAY : send_message (self, message, topic, error);
  if (sent != CNX_PLACE_UNDERWAY)
    return sent;
  poll_for (self, &self->is_underway);
  if (self->is_underway) {
    if (self->is_away || g_get_monotonic_time () - self->since > PATIENCE)
      tell (self, error);
    return self->is_away ? CNX_PLACE_PARTLY : CNX_PLACE_UNDERWAY;
  }
  if (self->answer != RD_KAFKA_RESP_ERR_NO_ERROR)
    return settle_failure (self, topic, self->answer, error);
  self->reconnects += self->is_away;
  self->is_away = FALSE;
  g_clear_pointer (&self->trouble, g_free);
  g_hash_table_remove (self->refusals, topic);
  return CNX_PLACE_TAKEN;
}

/* What goes wrong meanwhile is heard, and does not pile up. */
static void
kafka_idle (gpointer place, GError ** error)
{
  Kafka *self = place;

  if (self->client)
    rd_kafka_poll (self->client, 0);
}

static guint64
reconnects (gpointer place)
{
  return ((Kafka *) place)->reconnects;
}

const CnxPlace cnx_place_kafka = { kafka_open, kafka_write, reconnects, kafka_close, kafka_idle };
