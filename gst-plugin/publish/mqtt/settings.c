#include "gst-plugin/publish/mqtt/settings.h"

static const gsize texts[] = {
  G_STRUCT_OFFSET (CnxConnectionSettings, host), G_STRUCT_OFFSET (CnxConnectionSettings, user),
  G_STRUCT_OFFSET (CnxConnectionSettings, password), G_STRUCT_OFFSET (CnxConnectionSettings, client_id),
  G_STRUCT_OFFSET (CnxConnectionSettings, ca_file), G_STRUCT_OFFSET (CnxConnectionSettings, status_topic),
  G_STRUCT_OFFSET (CnxConnectionSettings, offline),
};

void
cnx_connection_settings_own (CnxConnectionSettings * settings)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    char **text = G_STRUCT_MEMBER_P (settings, texts[i]);
    *text = g_strdup (*text);
  }
}

void
cnx_connection_settings_clear (CnxConnectionSettings * settings)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (G_STRUCT_MEMBER (char *, settings, texts[i]));
}
