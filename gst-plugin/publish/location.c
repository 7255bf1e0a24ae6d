#include "gst-plugin/publish/location.h"

#include <string.h>

#include "core/error.h"
#include "gst-plugin/publish/brokers.h"
#include "gst-plugin/publish/files.h"

#define CAN_BE_GIVEN "the path of a file or of a pipe with a name, - for the standard output, " \
    "mqtt:// or mqtts://[user@]host[:port]/topic, or kafka://host[:port][,host...]/topic"

/* What a property may be for. */
enum
{
  MQTT = 1 << 0,
  MQTTS = 1 << 1,
  KAFKA = 1 << 2,
};

static const CnxBroker mqtt = { "MQTT", "convnextmqtt", "cnx_place_mqtt", "libmosquitto1", "libmosquitto-dev" };
static const CnxBroker kafka = { "Kafka", "convnextkafka", "cnx_place_kafka", "librdkafka1", "librdkafka-dev" };

static const struct
{
  const char *scheme;
  guint kind;
  const CnxBroker *broker;
} schemes[] = { {"mqtt", MQTT, &mqtt}, {"mqtts", MQTTS, &mqtt}, {"kafka", KAFKA, &kafka} };

/* What stands before "://", if it is one's name by RFC 3986; NULL where @location is none. The rest may hold a password
 * and goes into no message. */
static char *
scheme_of (const char *location)
{
  const char *end = strstr (location, "://");

  for (const char *at = location; end && at < end; at++)
    if (!g_ascii_isalnum (*at) && !strchr ("+-.", *at))
      return NULL;
  return end && g_ascii_isalpha (*location) ? g_ascii_strdown (location, end - location) : NULL;
}

/* A property that nothing would come of is no whim: who sets ca-file beside mqtt:// takes that for encrypted. */
static gboolean
check_settings (const CnxPlaceSettings * settings, guint kind, const char *what, GError ** error)
{
  const struct
  {
    const char *name, *scheme;
    gboolean is_set;
    guint kinds;
  } properties[] = {
    {"retain", "mqtt:// and mqtts://", settings->retain, MQTT | MQTTS},
    {"discovery", "mqtt:// and mqtts://", settings->discovery != CNX_DISCOVERY_NONE, MQTT | MQTTS},
    {"password-file", "mqtt:// and mqtts://", settings->password_file != NULL, MQTT | MQTTS},
    {"ca-file", "mqtts://", settings->ca_file != NULL, MQTTS},
  };

  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    if (properties[i].is_set && !(properties[i].kinds & kind)) {
      g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s is set, which is for a location that begins with %s, and %s. "
          "Set another location, or leave %s out.", properties[i].name, properties[i].scheme, what, properties[i].name);
      return FALSE;
    }
  return TRUE;
}

static const CnxPlace *
place_of_scheme (const CnxPlaceSettings * settings, const char *scheme, GError ** error)
{
  g_autofree char *what = g_strdup_printf ("this one begins with %s://", scheme);

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (strcmp (scheme, schemes[i].scheme) == 0)
      return check_settings (settings, schemes[i].kind, what, error) ? cnx_broker_load (schemes[i].broker, error)
          : NULL;
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "Labels cannot be published to an address that begins with %s://. "
      "Set location to " CAN_BE_GIVEN ".", scheme);
  return NULL;
}

const CnxPlace *
cnx_place_for (const CnxPlaceSettings * settings, GError ** error)
{
  const char *location = settings->location;

  if (!location || !*location) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "Nothing says where labels are to be published. Set location to "
        CAN_BE_GIVEN ".");
    return NULL;
  }
  g_autofree char *scheme = scheme_of (location);
  if (scheme)
    return place_of_scheme (settings, scheme, error);
  if (!check_settings (settings, 0, "this one is a file, a pipe or the standard output", error))
    return NULL;
  return strcmp (location, "-") == 0 ? &cnx_place_stdout : &cnx_place_file;
}
