#include "gst-plugin/publish/mqtt/mqtt.h"

#include <string.h>
#include <gio/gio.h>

#include "core/error.h"
#include "core/input/input_file.h"
#include "gst-plugin/publish/address.h"
#include "gst-plugin/publish/mqtt/discovery.h"
#include "gst-plugin/publish/mqtt/mqtt_topic.h"
#include "gst-plugin/publish/mqtt/standing.h"
#include "gst-plugin/publish/topic.h"

#define PORT 1883
#define PORT_WITH_TLS 8883
#define MOST_PASSWORD 65535
/* Bytes of files that are read; all certificates that a system trusts are a quarter of a MiB. */
#define MOST_PASSWORD_FILE (1 << 20)
#define MOST_CA_FILE (16 << 20)

/**
 * Mqtt:
 * @is_underway: a message is
 */
typedef struct
{
  CnxConnection *connection;    /* the courier's */
  CnxCourier *courier;
  CnxStanding *standing;
  char *topic;
  guint qos;
  gboolean retain, is_underway;
} Mqtt;

/* ---- opening ---- */

static gboolean
refuse_file (const char *property, const char *path, const char *reason, GError ** error)
{
  g_autofree char *printable = cnx_printable (path);

  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s '%s' cannot be used: %s", property, printable, reason);
  return FALSE;
}

/* Neither waits for who writes to a pipe, nor takes all memory for what is no such file. */
static char *
read_file (const char *property, const char *path, gsize most, gsize * length, GError ** error)
{
  g_autoptr (GError) failed = NULL;
  char *text = cnx_input_file_load (path, most, length, &failed);

  if (!text) {
    g_autofree char *reason = cnx_printable (failed->message);
    g_set_error (error, failed->domain, failed->code, "%s cannot be used: %s", property, reason);
  }
  return text;
}

/* The first line of @path. */
static char *
read_password (const char *path, GError ** error)
{
  gsize length;
  g_autofree char *text = read_file ("password-file", path, MOST_PASSWORD_FILE, &length, error);

  if (!text)
    return NULL;
  const gsize end = strcspn (text, "\r\n");
  if (end == 0 || end > MOST_PASSWORD || (end == strlen (text) && end < length)) {
    refuse_file ("password-file", path, end == 0 ? "its first line is empty"
        : "its first line is no password: it has a NUL in it, or is too long", error);
    return NULL;
  }
  return g_strndup (text, end);
}

/* What libmosquitto would only find out when it connects. */
static gboolean
check_certificates (const char *path, GError ** error)
{
  gsize length;
  g_autofree char *text = read_file ("ca-file", path, MOST_CA_FILE, &length, error);

  return text && (strstr (text, "-----BEGIN ") || refuse_file ("ca-file", path, "it holds no certificates in PEM",
          error));
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
  self->courier = cnx_courier_new (connection);
  self->standing = cnx_standing_new (settings->discovery ? settings->client_id : NULL, settings->qos, settings->retain);
  self->topic = g_steal_pointer (&address->topic);
  self->qos = settings->qos;
  self->retain = settings->retain;
  return self;
}

/* ---- writing ---- */

/* What the broker is to know of a stream comes before what that shows. The line goes without its end. */
static CnxPlaceAnswer
mqtt_write (gpointer place, const CnxMessage * message, GError ** error)
{
  Mqtt *self = place;
  g_autofree char *topic = cnx_topic_fill (self->topic, message, cnx_mqtt_escape);
  const CnxParcel parcel = { topic, message->line, message->length - 1, self->qos, self->retain };

  if (strlen (topic) > CNX_MQTT_MOST_TOPIC) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "A label or a stream's name is too long for a topic");
    return CNX_PLACE_REFUSED;
  }
  if (!self->is_underway) {
    cnx_standing_know (self->standing, message->stream, topic);
    if (cnx_standing_tell (self->standing, self->courier, CNX_COURIER_WAIT, error) != CNX_PLACE_TAKEN)
      return CNX_PLACE_LATER;
  }
  const CnxPlaceAnswer answer = cnx_courier_carry (self->courier, &parcel, error);
  self->is_underway = answer == CNX_PLACE_UNDERWAY || answer == CNX_PLACE_PARTLY;
  if (answer == CNX_PLACE_TAKEN)
    cnx_standing_showed (self->standing, message->stream, &parcel, self->courier);
  return answer;
}

/* That there is no connection is told when there is something to write. */
static void
mqtt_idle (gpointer place, GError ** error)
{
  Mqtt *self = place;
  g_autoptr (GError) failed = NULL;

  if (cnx_standing_tell (self->standing, self->courier, 0, &failed) == CNX_PLACE_REFUSED)
    g_propagate_error (error, g_steal_pointer (&failed));
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

  cnx_courier_free (self->courier);
  cnx_standing_free (self->standing);
  g_free (self->topic);
  g_free (self);
}

const CnxPlace cnx_place_mqtt = { mqtt_open, mqtt_write, reconnects, mqtt_close, mqtt_idle };
