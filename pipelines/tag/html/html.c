#include "pipelines/tag/html/html.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "pipelines/tag/html_resource.h"

#define FOLDER "/convnext/tag/"
#define REPLACEMENT "\xef\xbf\xbd"
/* Longer times have lost their meaning long before. */
#define MAX_SECONDS 1e9

const char *
cnx_html_file (const char *name)
{
  g_autofree char *path = g_strconcat (FOLDER, name, NULL);
  /* As core/model/label_names.c has it, for several threads. The bytes are the program's own, with a 0 behind the last
   * one, and outlive what points at them. */
  cnx_html_get_resource ();
  g_autoptr (GBytes) bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  return g_bytes_get_data (bytes, NULL);
}

static const char *
part_text (const CnxHtmlPart * parts, const char *name, gsize length)
{
  for (; parts->name; parts++)
    if (strlen (parts->name) == length && memcmp (parts->name, name, length) == 0)
      return parts->text;
  return "";
}

char *
cnx_html_fill (const char *name, const CnxHtmlPart * parts)
{
  const char *at = cnx_html_file (name), *open, *close;
  GString *out = g_string_new (NULL);

  while ((open = strstr (at, "{{")) && (close = strstr (open, "}}"))) {
    g_string_append_len (out, at, open - at);
    g_string_append (out, part_text (parts, open + 2, close - open - 2));
    at = close + 2;
  }
  g_string_append (out, at);
  return g_string_free (out, FALSE);
}

static char *
digest (const char *text)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 hash[32];
  gsize size = sizeof (hash);

  g_checksum_update (checksum, (const guchar *) text, -1);
  g_checksum_get_digest (checksum, hash, &size);
  return g_base64_encode (hash, size);
}

char *
cnx_html_policy (const char *style, const char *script, const char *media)
{
  g_autofree char *style_digest = digest (style);
  g_autofree char *script_digest = digest (script);

  return g_strdup_printf ("default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-%s'; "
      "script-src 'sha256-%s'; %s", style_digest, script_digest, media);
}

/* Embeddings, overrides and isolates make a name read as another one; so do characters that nobody sees. */
static gboolean
misleads (gunichar c)
{
  return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f || c == 0x61c
      || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

void
cnx_html_append_text (GString * out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *at = valid; *at; at = g_utf8_next_char (at)) {
    const gunichar c = g_utf8_get_char (at);

    if (c == '&')
      g_string_append (out, "&amp;");
    else if (c == '<')
      g_string_append (out, "&lt;");
    else if (c == '>')
      g_string_append (out, "&gt;");
    else if (c == '"')
      g_string_append (out, "&quot;");
    else if (c == '\'')
      g_string_append (out, "&#39;");
    else if (misleads (c))
      g_string_append (out, REPLACEMENT);
    else
      g_string_append_unichar (out, c);
  }
}

char *
cnx_html_url (const char *path)
{
  g_autofree char *escaped = g_uri_escape_bytes ((const guint8 *) path, strlen (path), "/");

  return g_strconcat (path[0] == '/' ? "file://" : "", escaped, NULL);
}

void
cnx_html_append_data (GString * out, const char *json)
{
  for (const char *at = json, *next; *at; at = next) {
    next = strchr (at, '<');
    g_string_append_len (out, at, next ? next - at : (gssize) strlen (at));
    if (!next)
      return;
    g_string_append (out, "\\u003c");
    next++;
  }
}

void
cnx_html_append_clock (GString * out, double seconds, gboolean tenths)
{
  const double bounded = CLAMP (isfinite (seconds) ? seconds : 0, 0, MAX_SECONDS);
  const guint64 count = (guint64) (tenths ? floor (bounded * 10 + 0.5) : floor (bounded) * 10);
  const guint64 whole = count / 10, hours = whole / 3600;
  const guint minutes = whole / 60 % 60, rest = whole % 60;

  if (hours > 0)
    g_string_append_printf (out, "%" G_GUINT64_FORMAT ":%02u:%02u", hours, minutes, rest);
  else
    g_string_append_printf (out, "%u:%02u", minutes, rest);
  if (tenths)
    g_string_append_printf (out, ".%u", (guint) (count % 10));
}
