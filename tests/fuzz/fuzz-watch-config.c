/* Any bytes as the file of `convnext watch`: settings that are within what their keys take, or a message. */
#include <stdint.h>
#include <string.h>

#include "core/error.h"
#include "pipelines/watch/config.h"

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

static void
check_numbers (CnxKeys keys, gconstpointer values)
{
  for (const CnxKey * key = keys.keys; key < keys.keys + keys.n; key++) {
    const char *at = (const char *) values + key->offset;
    const double value = key->type == CNX_KEY_UINT ? *(const guint *) at : key->type == CNX_KEY_BYTES
        ? *(const guint64 *) at : key->type == CNX_KEY_DOUBLE ? *(const double *) at : key->least;

    g_assert_true ((value >= key->least && value <= key->most) || (!key->usual && value == -1));
  }
}

static void
check_camera (const CnxCameraConfig * camera)
{
  g_autofree char *user = NULL, *again = cnx_source_parse (camera->source, NULL, &user, NULL);

  check_numbers (cnx_camera_keys (), camera);
  g_assert_true (cnx_camera_name_check (camera->name, NULL));
  /* with nothing left that was to be taken out of it */
  g_assert_cmpstr (again, ==, camera->source);
  g_assert_null (user);
  g_assert_true (camera->user || !camera->password || strstr (camera->source, "{password}"));
  for (guint i = 0; camera->publish && camera->publish[i]; i++) {
    g_autofree char *location = cnx_location_parse (camera->publish[i], NULL, NULL);
    g_assert_cmpstr (location, ==, camera->publish[i]);
  }
}

static void
check (const CnxWatchConfig * config)
{
  gboolean is_loopback = TRUE;

  check_numbers (cnx_watch_keys (), config);
  g_assert_true (!config->listen || cnx_listen_check (config->listen, &is_loopback, NULL));
  g_assert_true (is_loopback || config->token_file);
  g_assert_cmpuint (config->cameras->len, >, 0);
  for (guint i = 0; i < config->cameras->len; i++)
    check_camera (config->cameras->pdata[i]);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxWatchConfig) config = cnx_watch_config_parse ((const char *) data, size, "/etc/watch.conf", &error);

  if (config)
    check (config);
  else
    g_assert_true (error->domain == CNX_ERROR && error->code == CNX_ERROR_INPUT
        && g_utf8_validate (error->message, -1, NULL) && !strpbrk (error->message, "\n\r\x1b"));
  return 0;
}
