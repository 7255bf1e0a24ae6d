/* Ends clients of librdkafka without waiting for whom they wait for: a host's name that is asked for, or a broker that
 * does not answer. */
#pragma once

#include <glib.h>
#include <librdkafka/rdkafka.h>

G_BEGIN_DECLS

/** Frees @client and what it has underway, for @timeout (microseconds) at most: after that a thread does it in its own
 * time. Where eight do so already, it waits for as long as it takes. Thread-safe. */
void cnx_kafka_end (rd_kafka_t * client, gint64 timeout);

G_END_DECLS
