#include "pipelines/watch/source.h"

#include <string.h>
#include <gio/gio.h>

#include "core/edits.h"
#include "core/error.h"

#define MOST_ADDRESS 4096
#define MOST_NAME 64
#define CAN_BE_GIVEN "rtsp://, rtsps://, http://, https:// or hls:// with HOST[:PORT]/PATH, test://PATTERN, or the " \
    "path of a file or of a device such as /dev/video0"
#define NO_PASSWORDS "it holds a password, which would be seen by whoever lists processes or reads a log; leave it " \
    "out, and say where it is with password-file or password-env"

static const struct
{
  const char *scheme;
  CnxSourceKind kind;
} schemes[] = {
  {"rtsp", CNX_SOURCE_RTSP}, {"rtsps", CNX_SOURCE_RTSP}, {"http", CNX_SOURCE_HTTP}, {"https", CNX_SOURCE_HTTP},
  {"hls", CNX_SOURCE_HLS}, {"file", CNX_SOURCE_FILE}, {"test", CNX_SOURCE_TEST},
};

static const char *const brokers[] = { "mqtt", "mqtts", "kafka", NULL };

/* Those of videotestsrc's property of that name. */
static const char *const patterns[] = {
  "ball", "bar", "black", "blink", "blue", "checkers-1", "checkers-2", "checkers-4", "checkers-8", "chroma-zone-plate",
  "circular", "colors", "gamut", "gradient", "green", "pinwheel", "red", "smpte", "smpte-rp-219", "smpte100", "smpte75",
  "snow", "solid-color", "spokes", "white", "zone-plate", NULL
};

/* What parameters are called that hold a password, as cameras have them; and what else is not to be seen. */
static const char *const passwords[] = { "password", "passwd", "passw", "pass", "pwd", "psw" };
static const char *const secrets[] = { "token", "key", "secret", "auth", "sig", "signature" };

static gboolean
refuse (GError ** error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError ** error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, message);
  return FALSE;
}

static const char *
nearest (const char *name, const char *const *known)
{
  const char *best = known[0];
  guint least = G_MAXUINT;

  for (guint i = 0; known[i] && strlen (name) <= MOST_NAME; i++) {
    const guint n = cnx_edits (name, known[i]);
    if (n < least)
      best = known[i];
    least = MIN (least, n);
  }
  return best;
}

char *
cnx_name_shown (const char *name)
{
  g_autofree char *printable = cnx_printable (name);

  if (strpbrk (name, ":/@"))
    return g_strdup ("(not shown, for it looks like a part of an address)");
  return strlen (printable) > MOST_NAME ? g_strdup_printf ("'%.*s...'", MOST_NAME, printable)
      : g_strdup_printf ("'%s'", printable);
}

/* ---- parts of an address ---- */

/* What stands before "://", in small letters, if it is one's name by RFC 3986; NULL where @text is none. */
static char *
scheme_of (const char *text)
{
  const char *end = strstr (text, "://");

  for (const char *at = text; end && at < end; at++)
    if (!g_ascii_isalnum (*at) && !strchr ("+-.", *at))
      return NULL;
  return end && g_ascii_isalpha (*text) ? g_ascii_strdown (text, end - text) : NULL;
}

static const char *
after_scheme (const char *address)
{
  return strstr (address, "://") + strlen ("://");
}

static gboolean
check_port (const char *text, GError ** error)
{
  return g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT16, NULL, NULL) || refuse (error, "what follows its host "
      "is no port, a number from 1 to 65535");
}

/* host, host:port, [address] or [address]:port. */
static gboolean
check_host (const char *text, GError ** error)
{
  const gboolean is_number = *text == '[';
  const gsize length = is_number ? strcspn (text, "]") : strcspn (text, ":");
  const char *end = text + length + is_number;

  if (length == (is_number ? 1 : 0) || (is_number && text[length] != ']'))
    return refuse (error, "it names no host");
  for (const char *at = text + is_number; at < text + length; at++)
    if (!g_ascii_isalnum (*at) && !strchr (is_number ? ":.%-_" : ".-_", *at))
      return refuse (error, "its host has a sign in it that no host's name has");
  if (*end == '\0')
    return TRUE;
  return *end == ':' ? check_port (end + 1, error) : refuse (error, "its host is followed by what is no port");
}

/* [user@]host[:port], @length bytes. */
static gboolean
take_authority (const char *text, gsize length, gboolean several, char **user, GError ** error)
{
  const char *at = g_strrstr_len (text, length, "@");
  g_autofree char *names = at ? g_strndup (at + 1, text + length - at - 1) : g_strndup (text, length);

  if (at && memchr (text, ':', at - text))
    return refuse (error, "%s", NO_PASSWORDS);
  if (at && (memchr (text, '@', at - text) || !(*user = g_uri_unescape_segment (text, at, NULL)) || !**user
          || strchr (*user, ':') || !cnx_name_is_printable (*user)))
    return refuse (error, "what stands before its @ is no user's name");
  g_auto (GStrv) hosts = g_strsplit (names, several ? "," : "\n", -1);
  for (guint i = 0; hosts[i]; i++)
    if (!check_host (hosts[i], error))
      return FALSE;
  return hosts[0] || refuse (error, "it names no host");
}

/* What is called @name at @at and has a value: where that begins; NULL where there is none. */
static const char *
value_of (const char *at, const char *name)
{
  const gsize length = strlen (name);

  return g_ascii_strncasecmp (at, name, length) == 0 && at[length] == '=' ? at + length + 1 : NULL;
}

/* The same for any of @n @names; at the beginning of a word only. */
static const char *
value_of_any (const char *start, const char *at, const char *const *names, guint n)
{
  if (at > start && g_ascii_isalnum (at[-1]))
    return NULL;
  for (guint i = 0; i < n; i++) {
    const char *value = value_of (at, names[i]);
    if (value)
      return value;
  }
  return NULL;
}

/* Path and query: some cameras take their password there. */
static gboolean
check_rest (const char *rest, GError ** error)
{
  if (!g_utf8_validate (rest, -1, NULL))
    return refuse (error, "it is no UTF-8");
  for (const char *at = rest; *at; at++) {
    const char *value = value_of_any (rest, at, passwords, G_N_ELEMENTS (passwords));

    if (value && *value && !strchr ("&/;", *value) && !g_str_has_prefix (value, "{password}"))
      return refuse (error, NO_PASSWORDS ", and write {password} in its place");
    if (g_ascii_isspace (*at) || g_ascii_iscntrl (*at))
      return refuse (error, "it has a space or a control character in it, which is %%20 or the like");
    if (*at == '@')
      return refuse (error, "it has an @ behind its host: a password that holds / or #? Leave that out, and say where "
          "it is with password-file or password-env. In a path @ is %%40");
  }
  return TRUE;
}

/* ---- sources ---- */

static char *
parse_network (const char *scheme, const char *text, char **user, GError ** error)
{
  const char *start = after_scheme (text);
  const gsize length = strcspn (start, "/?#");

  if (!take_authority (start, length, FALSE, user, error) || !check_rest (start + length, error))
    return NULL;
  const char *at = g_strrstr_len (start, length, "@");
  return g_strconcat (scheme, "://", at ? at + 1 : start, NULL);
}

static char *
parse_path (const char *path, const char *folder, GError ** error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, folder);

  if (!*path) {
    refuse (error, "it names nothing. It is " CAN_BE_GIVEN);
    return NULL;
  }
  if (g_str_has_prefix (absolute, "/dev/") && cnx_name_is_printable (absolute))
    return g_steal_pointer (&absolute);
  char *uri = g_filename_to_uri (absolute, NULL, NULL);
  if (!uri)
    refuse (error, "it is no path");
  return uri;
}

static char *
parse_file (const char *text, GError ** error)
{
  g_autofree char *host = NULL, *address = g_strconcat ("file", strstr (text, "://"), NULL);
  g_autofree char *path = g_filename_from_uri (address, &host, NULL);

  if (path && !host)
    return parse_path (path, NULL, error);
  refuse (error, "file:// goes before an absolute path, so that there are three slashes, and in that %%XX stands for "
      "what no address has; a path alone does as well");
  return NULL;
}

static char *
parse_test (const char *text, GError ** error)
{
  const char *pattern = after_scheme (text);

  if (g_strv_contains (patterns, pattern))
    return g_strconcat ("test://", pattern, NULL);
  g_autofree char *shown = cnx_name_shown (pattern);
  refuse (error, "there is no pattern %s for test://; the nearest is '%s'", shown, nearest (pattern, patterns));
  return NULL;
}

static char *
refuse_scheme (const char *scheme, GError ** error)
{
  g_autofree char *shown = cnx_name_shown (scheme);
  const char *names[G_N_ELEMENTS (schemes) + 1] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    names[i] = schemes[i].scheme;
  refuse (error, "nothing comes from an address that begins with %s; the nearest is %s://. It is " CAN_BE_GIVEN, shown,
      nearest (scheme, names));
  return NULL;
}

/* "rtsp:" alone, with one slash or none, is a slip and no path. */
static gboolean
check_slashes (const char *text, GError ** error)
{
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++) {
    const gsize length = strlen (schemes[i].scheme);
    if (g_ascii_strncasecmp (text, schemes[i].scheme, length) == 0 && text[length] == ':')
      return refuse (error, "behind %s: there are no two slashes. For a path write ./ before it", schemes[i].scheme);
  }
  return TRUE;
}

char *
cnx_source_parse (const char *text, const char *folder, char **user, GError ** error)
{
  g_autofree char *scheme = scheme_of (text), *found = NULL, *source = NULL;

  *user = NULL;
  if (strlen (text) > MOST_ADDRESS) {
    refuse (error, "it has more than " G_STRINGIFY (MOST_ADDRESS) " bytes");
    return NULL;
  }
  if (!scheme && strstr (text, "://")) {
    refuse (error, "what stands before its :// is no scheme. It is " CAN_BE_GIVEN);
    return NULL;
  }
  if (!scheme)
    return check_slashes (text, error) ? parse_path (text, folder, error) : NULL;
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++) {
    if (strcmp (scheme, schemes[i].scheme) != 0)
      continue;
    if (schemes[i].kind == CNX_SOURCE_FILE)
      return parse_file (text, error);
    if (schemes[i].kind == CNX_SOURCE_TEST)
      return parse_test (text, error);
    source = parse_network (scheme, text, &found, error);
    *user = source ? g_steal_pointer (&found) : NULL;
    return g_steal_pointer (&source);
  }
  return refuse_scheme (scheme, error);
}

CnxSourceKind
cnx_source_kind (const char *source)
{
  g_autofree char *scheme = scheme_of (source);

  for (guint i = 0; scheme && i < G_N_ELEMENTS (schemes); i++)
    if (strcmp (scheme, schemes[i].scheme) == 0)
      return schemes[i].kind;
  return CNX_SOURCE_DEVICE;
}

char *
cnx_source_kinds_name (guint kinds)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (schemes[i].kind & kinds)
      g_string_append_printf (text, "%s%s://", text->len ? ", " : "", schemes[i].scheme);
  if (kinds & CNX_SOURCE_DEVICE)
    g_string_append_printf (text, "%sdevices", text->len ? ", " : "");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

const char *
cnx_source_pattern (const char *source)
{
  return after_scheme (source);
}

/* @text with the escaped @value, or nothing, in the place of @mark. */
static char *
fill_in (const char *text, const char *mark, const char *value)
{
  g_autofree char *escaped = value ? g_uri_escape_string (value, NULL, FALSE) : NULL;
  g_auto (GStrv) parts = g_strsplit (text, mark, -1);

  return g_strjoinv (escaped ? escaped : "", parts);
}

char *
cnx_source_uri (const char *source, const char *user, const char *password)
{
  const gboolean is_hls = cnx_source_kind (source) == CNX_SOURCE_HLS;
  g_autofree char *named = fill_in (source, "{user}", user);
  g_autofree char *whole = fill_in (named, "{password}", password);

  return is_hls ? g_strconcat ("http://", after_scheme (whole), NULL) : g_steal_pointer (&whole);
}

gboolean
cnx_camera_name_check (const char *name, GError ** error)
{
  gboolean is_right = g_ascii_isalnum (*name) && strlen (name) <= MOST_NAME;

  for (const char *at = name; *at; at++)
    is_right = is_right && (g_ascii_isalnum (*at) || strchr ("-_.", *at));
  if (is_right)
    return TRUE;
  g_autofree char *shown = cnx_name_shown (name);
  return refuse (error, "a camera cannot be called %s: its name is a part of files' names and topics, and has letters "
      "and digits of ASCII, '-', '_' and '.', a letter or a digit first, and at most " G_STRINGIFY (MOST_NAME) " of "
      "them",
      shown);
}

/* ---- where labels go, and where the page is ---- */

char *
cnx_location_parse (const char *text, const char *folder, GError ** error)
{
  g_autofree char *scheme = scheme_of (text), *user = NULL;

  if (!scheme && !strstr (text, "://"))
    return strcmp (text, "-") == 0 ? g_strdup (text) : g_canonicalize_filename (text, folder);
  if (!scheme || !g_strv_contains (brokers, scheme)) {
    refuse (error, "labels cannot be published to such an address; the nearest is %s://. They go to the path of a "
        "file or of a pipe with a name, to - for the standard output, to mqtt:// or mqtts://[USER@]HOST[:PORT]/TOPIC, "
        "or to kafka://HOST[:PORT][,HOST...]/TOPIC", nearest (scheme ? scheme : "", brokers));
    return NULL;
  }
  const char *start = after_scheme (text), *topic = start + strcspn (start, "/");
  g_autoptr (GError) wrong = NULL;
  const gboolean is_right = take_authority (start, topic - start, TRUE, &user, &wrong);
  if (is_right && !strchr (topic, '@'))
    return g_strconcat (scheme, "://", start, NULL);
  refuse (error, "its address for %s:// cannot be used: %s", scheme, is_right ? "it has an @ in its topic: a password "
      "that holds a /? Leave that out, and say where it is with publish-password-file. In a topic @ is %40"
      : strcmp (wrong->message, NO_PASSWORDS) == 0 ? "it holds a password, which would be seen in logs; leave it out, "
      "and say where it is with publish-password-file" : wrong->message);
  return NULL;
}

gboolean
cnx_location_has_user (const char *location)
{
  g_autofree char *scheme = scheme_of (location);

  if (!scheme || !g_str_has_prefix (scheme, "mqtt"))
    return FALSE;
  const char *start = after_scheme (location);
  return memchr (start, '@', strcspn (start, "/")) != NULL;
}

gboolean
cnx_listen_check (const char *text, gboolean * is_loopback, GError ** error)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *host = colon ? g_strndup (text, colon - text) : g_strdup ("");
  const gsize length = strlen (host);
  const gboolean is_in_brackets = *host == '[' && length > 2 && host[length - 1] == ']';

  if (is_in_brackets) {
    memmove (host, host + 1, length - 2);
    host[length - 2] = '\0';
  }
  g_autoptr (GInetAddress) number = g_inet_address_new_from_string (host);
  const gboolean is_six = number && g_inet_address_get_family (number) == G_SOCKET_FAMILY_IPV6;
  const gboolean is_host = is_in_brackets ? is_six : !strchr (host, ':') && check_host (host, NULL);
  if (!is_host || !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXUINT16, NULL, NULL))
    return refuse (error, "it takes HOST:PORT, as 127.0.0.1:8080 or [::1]:8080, or none");
  *is_loopback = number ? g_inet_address_get_is_loopback (number) : g_ascii_strcasecmp (host, "localhost") == 0;
  return TRUE;
}

/* ---- what may be seen ---- */

/* @length bytes of an address, from behind its "://", which stands in @out already. */
static void
append_redacted (GString * out, const char *text, gsize length)
{
  const gboolean is_file = g_str_has_suffix (out->str, "file://") && *text == '/';
  const char *at = is_file ? NULL : g_strrstr_len (text, length, "@"), *end = text + length;
  const char *from = at ? at : text, *start = from;

  if (at)
    g_string_append (out, "***");
  while (from < end) {
    const char *value = *from == '?' ? from + 1 : value_of_any (start, from, passwords, G_N_ELEMENTS (passwords));

    if (!value)
      value = value_of_any (start, from, secrets, G_N_ELEMENTS (secrets));
    if (!value || value >= end) {
      g_string_append_c (out, *from++);
      continue;
    }
    g_string_append_len (out, from, value - from);
    g_string_append (out, "***");
    for (const gboolean is_query = *from == '?'; value < end && (is_query || !strchr ("&/?", *value));)
      value++;
    from = value;
  }
}

/* How long a word is that begins at @text, without the signs behind it that belong to the sentence. */
static gsize
word_length (const char *text)
{
  gsize length = 0;

  while (text[length] && !g_ascii_isspace (text[length]) && !g_ascii_iscntrl (text[length]))
    length++;
  while (length > 0 && strchr ("'\"),.;:>]", text[length - 1]))
    length--;
  return length;
}

char *
cnx_watch_redact (const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (const char *mark; (mark = strstr (text, "://")); text = mark) {
    mark += strlen ("://");
    g_string_append_len (out, text, mark - text);
    const gsize length = word_length (mark);
    append_redacted (out, mark, length);
    mark += length;
  }
  g_string_append (out, text);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
