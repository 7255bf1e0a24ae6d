/* Places on a Kafka cluster: kafka://host[:port][,host[:port]...]/topic. */
#pragma once

#include <gmodule.h>

#include "gst-plugin/publish/place.h"

G_BEGIN_DECLS

/** Sends one message after the other, each when the one before it has arrived, with its stream as the key, so that
 * those of a stream stay in order. qos 0 does not ask whether a message arrived; 1 asks all replicas that are in step;
 * 2 also numbers messages, so that none is kept twice. What a topic is refused for is given up, and so is, with 2, what
 * failed and may be there all the same. Errors of open: CNX_ERROR_INPUT. */
G_MODULE_EXPORT extern const CnxPlace cnx_place_kafka;

G_END_DECLS
