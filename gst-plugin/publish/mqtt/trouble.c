#include "gst-plugin/publish/mqtt/trouble.h"

#include <errno.h>
#include <mosquitto.h>

const char *
cnx_mqtt_refusal (int code)
{
  static const char *const reasons[] = { NULL, "it does not speak MQTT 3.1.1", "it does not like the client-id",
    "it is not available", "the user or the password is wrong", "the user or the password is wrong, or may not connect"
  };

  return code > 0 && code < (int) G_N_ELEMENTS (reasons) ? reasons[code] : "it refuses the connection";
}

char *
cnx_mqtt_failure (int code, int number, const char *log)
{
  switch (code) {
    case MOSQ_ERR_EAI:
      return g_strdup ("no such host is known");
    case MOSQ_ERR_ERRNO:
      return g_strdup (number == EPROTO && log ? log : g_strerror (number));
    case MOSQ_ERR_CONN_LOST:
      return g_strdup ("it ended the connection");
    case MOSQ_ERR_TLS:
    case MOSQ_ERR_TLS_HANDSHAKE:
      return g_strdup_printf ("TLS failed (%s)", log ? log : mosquitto_strerror (code));
    case MOSQ_ERR_KEEPALIVE:
      return g_strdup ("it does not answer any more");
    default:
      return g_strdup (mosquitto_strerror (code));
  }
}

gboolean
cnx_mqtt_is_brokers_end (int code, int number)
{
  return code != MOSQ_ERR_KEEPALIVE && !(code == MOSQ_ERR_ERRNO && (number == ETIMEDOUT || number == EHOSTUNREACH
          || number == ENETUNREACH || number == ENETDOWN));
}
