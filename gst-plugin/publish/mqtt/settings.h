/* What is to be known of an MQTT broker for a connection to it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxConnectionSettings:
 * @host, @port: where the broker is
 * @with_tls: over TLS, by which the broker must prove that it is @host
 * @user, @password: NULL: none
 * @client_id: NULL: one by chance
 * @ca_file: of certificates to trust; NULL: the system's
 * @keeps_session: the broker is to know us again after the connection was lost
 * @status_topic: where it says @offline, retained, when there is no connection any more, of which the broker takes care
 *   where we cannot; NULL: nowhere
 */
typedef struct
{
  const char *host;
  guint port;
  gboolean with_tls;
  const char *user, *password, *client_id, *ca_file;
  gboolean keeps_session;
  const char *status_topic, *offline;
} CnxConnectionSettings;

/** Makes the texts of @settings its own: copies, which cnx_connection_settings_clear() frees. */
void cnx_connection_settings_own (CnxConnectionSettings * settings);
void cnx_connection_settings_clear (CnxConnectionSettings * settings);

G_END_DECLS
