/* Why there is no connection to an MQTT broker, in words. Pure functions. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The broker's refusal, by its number in MQTT 3.1.1 (3.2.2.3). Constant. */
const char *cnx_mqtt_refusal (int code);

/** What libmosquitto's error @code means, beside which errno was @number; @log: what it had to say last, NULL: nothing.
 * Free with g_free(). */
char *cnx_mqtt_failure (int code, int number, const char *log);

/** Whether a connection that ended with those was ended by the broker, and not lost on the way there. */
gboolean cnx_mqtt_is_brokers_end (int code, int number);

G_END_DECLS
