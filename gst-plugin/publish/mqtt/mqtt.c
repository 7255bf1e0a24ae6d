#include "gst-plugin/publish/mqtt/mqtt.h"

#include <string.h>
#include <gio/gio.h>

#include "core/error.h"
#include "core/input/name_hash.h"
#include "gst-plugin/publish/address.h"
#include "gst-plugin/publish/mqtt/connection.h"
#include "gst-plugin/publish/mqtt/discovery.h"
#include "gst-plugin/publish/mqtt/mqtt_topic.h"
#include "gst-plugin/publish/topic.h"

#define PORT 1883
#define PORT_WITH_TLS 8883
/* Microseconds: what write may wait, and what a broker may take for its word. */
#define WAIT (G_USEC_PER_SEC / 10)
#define PATIENCE (10 * G_USEC_PER_SEC)
#define MOST_PASSWORD 65535
/* Streams that are kept in mind. */
#define MOST_STREAMS 1024

/**
 * Mqtt:
 * @announced: to Home Assistant, each stream over the connection of that number; NULL: none is
 */
typedef struct
{
  CnxConnection *connection;
  char *topic, *client_id;
  GHashTable *announced;
  guint qos;
  gboolean retain;
  int number;                   /* of the message that is underway; 0: none is */
  guint64 which;                /* the connection that it was sent over last */
  gint64 since;                 /* when */
} Mqtt;

/* ---- opening ---- */

static gboolean
refuse_file (const char *property, const char *path, GFileError code, const char *reason, GError ** error)
{
  g_autofree char *printable = cnx_printable (path);

  g_set_error (error, G_FILE_ERROR, code, "%s '%s' cannot be used: %s", property, printable, reason);
  return FALSE;
}

static gboolean
read_file (const char *property, const char *path, char **text, gsize * length, GError ** error)
{
  g_autoptr (GError) failed = NULL;

  if (g_file_get_contents (path, text, length, &failed))
    return TRUE;
  return refuse_file (property, path, failed->code, g_strerror (errno), error);
}

/* The first line of @path. */
static char *
read_password (const char *path, GError ** error)
{
  g_autofree char *text = NULL;
  gsize length;

  if (!read_file ("password-file", path, &text, &length, error))
    return NULL;
  const gsize end = strcspn (text, "\r\n");
  if (end == 0 || end > MOST_PASSWORD || (end == strlen (text) && end < length)) {
    refuse_file ("password-file", path, G_FILE_ERROR_INVAL, end == 0 ? "its first line is empty"
        : "its first line is no password: it has a NUL in it, or is too long", error);
    return NULL;
  }
  return g_strndup (text, end);
}

/* What libmosquitto would only find out when it connects. */
static gboolean
check_certificates (const char *path, GError ** error)
{
  g_autofree char *text = NULL;
  gsize length;

  if (!read_file ("ca-file", path, &text, &length, error))
    return FALSE;
  return strstr (text, "-----BEGIN ") ? TRUE
      : refuse_file ("ca-file", path, G_FILE_ERROR_INVAL, "it holds no certificates in PEM", error);
}

static gboolean
check_address (const CnxAddress * address, const CnxPlaceSettings * settings, GError ** error)
{
  const char *reason = NULL;

  if (address->n_hosts > 1)
    reason = "location names several hosts, and a message goes to one broker";
  else if (settings->password_file && !address->user)
    reason = "password-file is set, and location names no user: write USER@ before the host";
  else if (settings->discovery && !settings->client_id)
    reason = "discovery needs client-id, by which sensors are known again: a name that stays, and that no other has";
  else if (settings->discovery && (!strstr (address->topic, CNX_TOPIC_STREAM)
          || strstr (address->topic, CNX_TOPIC_LABEL)))
    reason = "with discovery a sensor reads the topic of its stream: that needs {stream} in it, and no {label}";
  if (reason)
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "Labels cannot be published by MQTT: %s", reason);
  return !reason && cnx_mqtt_topic_check (address->topic, error);
}

static CnxConnection *
connect_to (const CnxAddress * address, const CnxPlaceSettings * settings, GError ** error)
{
  const gboolean with_tls = g_ascii_strncasecmp (settings->location, "mqtts:", strlen ("mqtts:")) == 0;
  g_autofree char *status = settings->discovery ? cnx_discovery_status_topic (settings->client_id) : NULL;
  g_autofree char *password = NULL;

  if (settings->password_file && !(password = read_password (settings->password_file, error)))
    return NULL;
  if (settings->ca_file && !check_certificates (settings->ca_file, error))
    return NULL;
  const CnxConnectionSettings to = {
    .host = address->hosts[0].name,
    .port = address->hosts[0].port ? address->hosts[0].port : with_tls ? PORT_WITH_TLS : PORT,
    .with_tls = with_tls,
    .user = address->user,
    .password = password,
    .client_id = settings->client_id,
    .ca_file = settings->ca_file,
    .keeps_session = settings->client_id && settings->qos == 2,
    .status_topic = status,
    .online = CNX_STATUS_ONLINE,
    .offline = CNX_STATUS_OFFLINE,
  };
  return cnx_connection_new (&to, error);
}

static gpointer
mqtt_open (const CnxPlaceSettings * settings, GError ** error)
{
  g_autoptr (CnxAddress) address = cnx_address_parse (settings->location, error);

  if (!address || !check_address (address, settings, error))
    return NULL;
  CnxConnection *connection = connect_to (address, settings, error);
  if (!connection)
    return NULL;
  Mqtt *self = g_new0 (Mqtt, 1);
  self->connection = connection;
  self->topic = g_steal_pointer (&address->topic);
  self->qos = settings->qos;
  self->retain = settings->retain;
  self->client_id = g_strdup (settings->client_id);
  if (settings->discovery)
    self->announced = g_hash_table_new_full (cnx_name_hash, g_str_equal, g_free, NULL);
  return self;
}

/* ---- writing ---- */

/* Once over each connection: a broker that was started anew may have forgotten what it was to retain. Who is not
 * told for want of a connection is told over the next. */
static void
announce (Mqtt * self, const char *stream, const char *topic, guint64 which)
{
  if (GPOINTER_TO_SIZE (g_hash_table_lookup (self->announced, stream)) == which)
    return;
  g_autofree char *where = cnx_discovery_topic (self->client_id, stream);
  g_autofree char *text = cnx_discovery_text (self->client_id, stream, topic, self->qos);
  if (g_hash_table_size (self->announced) >= MOST_STREAMS)
    g_hash_table_remove_all (self->announced);
  if (cnx_connection_send (self->connection, where, text, strlen (text), 1, TRUE, NULL) > 0)
    g_hash_table_insert (self->announced, g_strdup (stream), GSIZE_TO_POINTER (which));
}

/* The line without its end. UNDERWAY where it was sent. */
static CnxPlaceAnswer
send_message (Mqtt * self, const CnxMessage * message, guint64 which, GError ** error)
{
  g_autofree char *topic = cnx_topic_fill (self->topic, message, cnx_mqtt_escape);
  g_autoptr (GError) failed = NULL;

  if (strlen (topic) > CNX_MQTT_MOST_TOPIC) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "A label or a stream's name is too long for a topic");
    return CNX_PLACE_REFUSED;
  }
  if (self->announced)
    announce (self, message->stream, topic, which);
  self->number = cnx_connection_send (self->connection, topic, message->line, message->length - 1, self->qos,
      self->retain, &failed);
  self->since = g_get_monotonic_time ();
  if (self->number > 0)
    return CNX_PLACE_UNDERWAY;
  const gboolean is_own = g_error_matches (failed, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  if (is_own)
    g_propagate_error (error, g_steal_pointer (&failed));
  return is_own ? CNX_PLACE_REFUSED : CNX_PLACE_LATER;
}

/* A message that was not to be repeated is gone with its connection, if it had not left: it is sent anew. */
static CnxPlaceAnswer
without_connection (Mqtt * self, GError ** error)
{
  cnx_connection_tell (self->connection, error);
  if (self->qos == 0)
    self->number = 0;
  return self->number > 0 ? CNX_PLACE_PARTLY : CNX_PLACE_LATER;
}

static CnxPlaceAnswer
mqtt_write (gpointer place, const CnxMessage * message, GError ** error)
{
  Mqtt *self = place;
  const guint64 which = cnx_connection_wait (self->connection, WAIT);

  if (which == 0 || (self->number > 0 && self->qos == 0 && which != self->which))
    return without_connection (self, error);
  const CnxPlaceAnswer sent = self->number > 0 ? CNX_PLACE_UNDERWAY : send_message (self, message, which, error);
  if (sent != CNX_PLACE_UNDERWAY)
    return sent;
  self->which = which;
  if (cnx_connection_wait_for (self->connection, self->number, which, WAIT)) {
    self->number = 0;
    return CNX_PLACE_TAKEN;
  }
  if (g_get_monotonic_time () - self->since > PATIENCE)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "The broker does not say that it has what it was sent");
  return CNX_PLACE_UNDERWAY;
}

static guint64
reconnects (gpointer place)
{
  const guint64 count = cnx_connection_count (((Mqtt *) place)->connection);

  return count - MIN (count, 1);
}

static void
mqtt_close (gpointer place)
{
  Mqtt *self = place;

  cnx_connection_close (self->connection);
  g_clear_pointer (&self->announced, g_hash_table_unref);
  g_free (self->topic);
  g_free (self->client_id);
  g_free (self);
}

const CnxPlace cnx_place_mqtt = { mqtt_open, mqtt_write, reconnects, mqtt_close };
