/* Places on an MQTT broker: mqtt://[user@]host[:port]/topic, and mqtts:// for TLS. */
#pragma once

#include <gmodule.h>

#include "gst-plugin/publish/place.h"

G_BEGIN_DECLS

/** Sends one message after the other, each when the one before it has arrived: so they stay in order whatever happens
 * to the connection, and at most one of them is sent twice then. What the broker ends the connection for is given up.
 * Errors of open: CNX_ERROR_INPUT, and for password-file and ca-file G_FILE_ERROR, CNX_ERROR_NOT_FOUND where they are
 * no files and CNX_ERROR_FORMAT where they are too large. */
G_MODULE_EXPORT extern const CnxPlace cnx_place_mqtt;

G_END_DECLS
