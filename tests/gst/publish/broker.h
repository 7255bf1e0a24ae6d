/* A mosquitto on the loopback for tests, which can be killed and started again, and what is published to it. */
#pragma once

#include <gio/gio.h>
#include <gst/check/gstharness.h>

G_BEGIN_DECLS

#define CNX_TEST_USER "camera"
#define CNX_TEST_PASSWORD "open: sesame/1"
#define CNX_TEST_SMALL 300

typedef enum
{
  CNX_TEST_BROKER_PLAIN = 0,
  CNX_TEST_BROKER_TLS = 1 << 0, /* with a certificate for localhost by the authority in ca.pem */
  CNX_TEST_BROKER_PASSWORD = 1 << 1,    /* for CNX_TEST_USER */
  CNX_TEST_BROKER_SMALL = 1 << 2,       /* ends a connection that brings it more than CNX_TEST_SMALL bytes at once */
} CnxTestBrokerFlags;

/**
 * CnxTestBroker:
 * @dir: its folder, with ca.pem, other-ca.pem (which vouches for nothing of its) and password, where its flags need
 *   them
 */
typedef struct
{
  CnxTestBrokerFlags flags;
  char *dir;
  guint port;
  GSubprocess *process;
  guint runs;
} CnxTestBroker;

/** A port that nobody listens at. */
guint cnx_test_free_port (void);

/** Whether mosquitto is installed; where it is not the test is skipped, with that reason. */
gboolean cnx_test_has_broker (void);

/** Prepares one that does not run yet. Free with cnx_test_broker_free(), which kills it. */
CnxTestBroker *cnx_test_broker_new (CnxTestBrokerFlags flags);
void cnx_test_broker_free (CnxTestBroker * broker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxTestBroker, cnx_test_broker_free)

/** Returns when it takes connections; when it is gone. */
void cnx_test_broker_start (CnxTestBroker * broker);
void cnx_test_broker_kill (CnxTestBroker * broker);

/** mqtt://localhost:PORT/@topic, with what the broker's flags need. Free with g_free(). */
char *cnx_test_broker_location (CnxTestBroker * broker, const char *topic);

/** A file of its folder. Free with g_free(). */
char *cnx_test_broker_file (CnxTestBroker * broker, const char *name);

/** How often each of its runs said that it was sent a message to @topic; to @repeated those that were marked as sent
 * again. */
guint cnx_test_broker_received (CnxTestBroker * broker, const char *topic, guint * repeated);

/**
 * CnxTestPublisher:
 *
 * A labelpublish in a harness, with a bus of its own.
 */
typedef struct
{
  GstHarness *h;
  GstElement *element;
  GstBus *bus;
} CnxTestPublisher;

/** With @location, and not started. */
void cnx_test_publisher_init (CnxTestPublisher * publisher, const char *location);
void cnx_test_publisher_start (CnxTestPublisher * publisher);
void cnx_test_publisher_clear (CnxTestPublisher * publisher);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CnxTestPublisher, cnx_test_publisher_clear)

/** Pushes the @i-th frame, at @i seconds, with @label; of the stream "cam", or of another. */
void cnx_test_publisher_push (CnxTestPublisher * publisher, guint i, const char *label);
void cnx_test_publisher_push_of (CnxTestPublisher * publisher, const char *stream, guint i, const char *label);
void cnx_test_publisher_finish (CnxTestPublisher * publisher);

/** Of the element's `stats`. */
guint64 cnx_test_publisher_stat (CnxTestPublisher * publisher, const char *name);

/** Waits until that is at least @least. */
void cnx_test_publisher_wait (CnxTestPublisher * publisher, const char *name, guint64 least);

/** Waits for a message of @type on the bus. Free what it says with g_error_free(). */
GError *cnx_test_publisher_message (CnxTestPublisher * publisher, GstMessageType type);

/** Waits for a warning about a broker at localhost, with @said in it and no password. */
void cnx_test_publisher_assert_warned (CnxTestPublisher * publisher, const char *said);

/** Publishes by @scheme to a server that takes connections and says nothing, or @closes each: neither a buffer, an end
 * nor a stop waits, and what could not be published is counted. It warns with @warning; NULL: of that nothing is
 * asked. */
void cnx_test_publish_to_no_broker (const char *scheme, gboolean closes, const char *warning);

G_END_DECLS
