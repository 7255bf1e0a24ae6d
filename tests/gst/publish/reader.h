/* One who subscribes to everything that a test's broker has. */
#pragma once

#include <mosquitto.h>

#include "tests/gst/publish/broker.h"

G_BEGIN_DECLS

/**
 * CnxTestReader:
 * @n: messages so far
 * @topics: "topic (QoS)" or "topic (QoS, retained)", a line each
 * @texts: what was in them, a line each
 */
typedef struct
{
  struct mosquitto *client;
  gboolean subscribed;
  guint n;
  GString *topics, *texts;
} CnxTestReader;

/** Returns when it gets what is published from here on, and what was retained. */
void cnx_test_reader_init (CnxTestReader * reader, CnxTestBroker * broker);
void cnx_test_reader_clear (CnxTestReader * reader);

/** Waits until there are @n messages. */
void cnx_test_reader_wait (CnxTestReader * reader, guint n);

G_END_DECLS
