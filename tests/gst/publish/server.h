/* A server on the loopback that is no broker: it takes connections, and says nothing, or closes each at once. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CnxTestServer:
 * @taken: connections so far; to be read atomically
 *
 * The rest is its own.
 */
typedef struct
{
  guint port;
  gint taken;
  gboolean closes;
  GSocketService *service;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  GPtrArray *kept;
} CnxTestServer;

void cnx_test_server_init (CnxTestServer * server, gboolean closes);
void cnx_test_server_clear (CnxTestServer * server);

G_END_DECLS
