/* Any bytes as a source, a location, a word of a log; and as what follows a password in one. */
#include <stdint.h>
#include <string.h>

#include "core/error.h"
#include "pipelines/watch/config.h"

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

/* Of a password, whatever stands behind it. */
#define SECRET "sesame"

static void
check_message (const GError * error)
{
  g_assert_true (error->domain == CNX_ERROR && g_utf8_validate (error->message, -1, NULL)
      && !strpbrk (error->message, "\n\r\x1b"));
}

static void
check_source (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *user = NULL, *source = cnx_source_parse (text, "/", &user, &error), *again = NULL, *none = NULL;

  if (!source) {
    check_message (error);
    return;
  }
  g_autofree char *uri = cnx_source_uri (source, user, NULL);
  again = cnx_source_parse (source, NULL, &none, NULL);
  g_assert_cmpstr (again, ==, source);
  g_assert_null (none);
  g_assert_nonnull (uri);
}

static void
check_redacted (const char *text)
{
  g_autofree char *once = cnx_watch_redact (text), *twice = cnx_watch_redact (once);

  g_assert_cmpstr (once, ==, twice);
}

/* @before and a password that begins with @start and goes on with @text, up to an @: refused, and not shown. */
static void
check_password (const char *before, const char *start, const char *text)
{
  g_autofree char *address = g_strconcat (before, start, text, SECRET "@door/t", NULL), *user = NULL;
  g_autofree char *redacted = cnx_watch_redact (address);
  g_autoptr (CnxWatchConfig) config = cnx_watch_config_new ();
  g_autoptr (GError) error = NULL, other = NULL;

  g_assert_false (cnx_watch_config_add (config, address, &error));
  check_message (error);
  g_assert_null (strstr (error->message, SECRET));
  g_assert_null (cnx_location_parse (address, "/", &other));
  g_assert_null (strstr (other->message, SECRET));
  for (const char *at = text; *at; at++)
    if (g_ascii_isspace (*at) || g_ascii_iscntrl (*at))
      return;                   /* a word of a log ends there */
  g_assert_null (strstr (redacted, SECRET));
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autofree char *text = size ? g_strndup ((const char *) data, size) : g_strdup ("");
  g_autoptr (GError) error = NULL;
  g_autofree char *location = cnx_location_parse (text, "/", &error);
  g_autoptr (CnxWatchConfig) config = cnx_watch_config_new ();
  g_autoptr (GError) wrong = NULL;

  check_source (text);
  check_redacted (text);
  if (!location)
    check_message (error);
  if (!cnx_watch_config_add (config, text, &wrong))
    check_message (wrong);
  check_password ("rtsp://me:", "", text);
  check_password ("https://me:", "55", text);
  check_password ("mqtt://me:", "1883/", text);
  return 0;
}
