/* What [watch] and [camera NAME] may say. */
#include "pipelines/watch/config.h"

#include <string.h>

#include "core/edits.h"
#include "core/error.h"
#include "core/model/arch.h"

#define HOUR 3600
#define KIB 1024.0

/* ---- what some keys take ---- */

static char *
refuse_value (GError ** error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static char *
refuse_value (GError ** error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, message);
  return NULL;
}

static char *
take_path (const char *text, const char *folder, GError ** error)
{
  return g_canonicalize_filename (text, folder);
}

/* A name stays one. */
static char *
take_model (const char *text, const char *folder, GError ** error)
{
  g_autofree char *path = g_canonicalize_filename (text, folder);

  return g_file_test (path, G_FILE_TEST_EXISTS) ? g_steal_pointer (&path) : g_strdup (text);
}

static char *
take_variant (const char *text, const char *folder, GError ** error)
{
  const char *nearest = NULL;
  guint least = G_MAXUINT;

  if (cnx_variant_find (text))
    return g_strdup (text);
  g_autofree char *start = g_strndup (text, 2 * CNX_MAX_NAME), *shown = cnx_name_shown (text);
  for (const CnxVariant * variant = cnx_variants (); variant->name; variant++) {
    const guint n = cnx_edits (start, variant->name);
    if (n < least)
      nearest = variant->name;
    least = MIN (least, n);
  }
  return refuse_value (error, "there is no variant %s; the nearest is '%s'", shown, nearest);
}

static char *
take_line (const char *text, const char *folder, GError ** error)
{
  return cnx_name_is_printable (text) ? g_strdup (text) : refuse_value (error, "it takes a line of UTF-8 without "
      "control characters, of at most " G_STRINGIFY (CNX_MAX_NAME) " bytes");
}

static char *
take_user (const char *text, const char *folder, GError ** error)
{
  return strchr (text, ':') ? refuse_value (error, "it takes a user's name, which has no ':' in it; of a password "
      "password-file or password-env says where it is") : take_line (text, folder, error);
}

static char *
take_transport (const char *text, const char *folder, GError ** error)
{
  return strcmp (text, "tcp") == 0 || strcmp (text, "udp") == 0 ? g_strdup (text)
      : refuse_value (error, "it takes tcp or udp; without, it is as the server likes");
}

static char *
take_listen (const char *text, const char *folder, GError ** error)
{
  gboolean is_loopback;

  return strcmp (text, CNX_WATCH_NO_SERVER) == 0 || cnx_listen_check (text, &is_loopback, error)
      ? g_strdup (text) : NULL;
}

static char *
take_variable (const char *text, const char *folder, GError ** error)
{
  const gboolean is_name = !g_ascii_isdigit (*text)
      && strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == strlen (text);

  return is_name ? g_strdup (text) : refuse_value (error, "it takes the name of a variable of the environment, "
      "letters, digits and '_', and not a password itself");
}

/* ---- the keys ---- */

#define W(field) G_STRUCT_OFFSET (CnxWatchConfig, field)
#define C(field) G_STRUCT_OFFSET (CnxCameraConfig, field)

static const CnxKey watch_keys[] = {
  {"model", 'm', CNX_KEY_TEXT, W (model), NULL, "MODEL",
      "A model's file, folder or name; without it, and without variant, it is the model that ships",
      .take = take_model,.of = CNX_WATCH_NETWORK},
  {"variant", 0, CNX_KEY_TEXT, W (variant), NULL, "NAME",
      "A published variant: T, S, B, L, XL, atto ... nano, v2-T ...; its weights are looked for where model is not "
      "said",
      .take = take_variant,.of = CNX_WATCH_NETWORK},
  {"precision", 'p', CNX_KEY_PRECISION, W (precision), "auto", "P",
      "What the network's products run in: auto, fp32, fp16, bf16 or int8",.of = CNX_WATCH_NETWORK},
  {"device", 'd', CNX_KEY_TEXT, W (device), "auto", "DEVICE",
      "The OpenCL device: auto (a hardware GPU, else a CPU), gpu, cpu, an index or a part of a name",
      .take = take_line,.of = CNX_WATCH_NETWORK},
  {"threads", 't', CNX_KEY_UINT, W (threads), "0", "N", "Threads of a CPU device, at most; 0: all", 0, 1024,
      .of = CNX_WATCH_NETWORK},
  {"top-k", 'k', CNX_KEY_UINT, W (top_k), "5", "K", "Labels of each camera, at most", 1, 1000,.of = CNX_WATCH_LABELS},
  {"stall", 0, CNX_KEY_UINT, W (stall), G_STRINGIFY (CNX_WATCH_STALL), "SECONDS",
      "After so long without a frame a camera is taken for lost, and connected anew", 1, HOUR,.of = CNX_WATCH_LABELS},
  {"listen", 'l', CNX_KEY_TEXT, W (listen), "127.0.0.1:8080", "HOST:PORT",
      "Where the page is; an address that other machines reach needs token-file; none: nowhere",
      .take = take_listen,.of = CNX_WATCH_SERVER},
  {"token-file", 0, CNX_KEY_TEXT, W (token_file), NULL, "FILE",
      "A file whose first line is the token that the page and all beside it ask for",
      .take = take_path,.of = CNX_WATCH_SERVER},
  {"on-event", 0, CNX_KEY_TEXT, W (on_event), NULL, "COMMAND",
      "A command for the shell that is run at each event, with the event as JSON on its standard input",
      .of = CNX_WATCH_EVENTS},
  {"clips", 0, CNX_KEY_TEXT, W (clips), NULL, "DIR", "A folder for a clip of each event",
      .take = take_path,.of = CNX_WATCH_CLIPS},
  {"clip-labels", 0, CNX_KEY_LIST, W (clip_labels), NULL, "LABEL",
      "Only of events with these labels there are clips; several: with ; between them in a file, or the option again",
      .take = take_line,.of = CNX_WATCH_CLIPS},
  {"clip-before", 0, CNX_KEY_DOUBLE, W (clip_before), "5", "SECONDS", "How long before its event a clip begins", 0, 120,
      .of = CNX_WATCH_CLIPS},
  {"clip-after", 0, CNX_KEY_DOUBLE, W (clip_after), "5", "SECONDS", "How long after its event a clip ends", 0, HOUR,
      .of = CNX_WATCH_CLIPS},
  {"clips-limit", 0, CNX_KEY_BYTES, W (clips_limit), "1G", "BYTES",
      "What the folder of clips may hold, such as 500M or 20G; the oldest go first", KIB * KIB,
      KIB * KIB * KIB * KIB * KIB,
      .of = CNX_WATCH_CLIPS},
};

/* source is the first, and no option. */
static const CnxKey camera_keys[] = {
  {"source", 0, CNX_KEY_TEXT, C (source), NULL, "SOURCE",
      "Where the frames come from: rtsp://, rtsps://, http://, https:// or hls:// with HOST[:PORT]/PATH, the path of a "
      "file or of a device such as /dev/video0, or test://PATTERN. Where a camera wants its user and password in the "
      "address itself write {user} and {password} there"},
  {"user", 'u', CNX_KEY_TEXT, C (user), NULL, "USER", "Who we are to the camera",
      .take = take_user,.of = CNX_SOURCES_WITH_USERS},
  {"password-file", 0, CNX_KEY_TEXT, C (password_file), NULL, "FILE", "A file whose first line is that user's password",
      .take = take_path,.of = CNX_SOURCES_WITH_USERS},
  {"password-env", 0, CNX_KEY_TEXT, C (password_env), NULL, "VARIABLE",
      "A variable of the environment that holds it instead",.take = take_variable,.of = CNX_SOURCES_WITH_USERS},
  {"transport", 0, CNX_KEY_TEXT, C (transport), NULL, "T",
      "How RTSP brings the frames: tcp or udp; without, as the server likes",
      .take = take_transport,.of = CNX_SOURCE_RTSP},
  {"loop", 0, CNX_KEY_FLAG, C (loop), "false", NULL, "A file begins again at its end",.of = CNX_SOURCE_FILE},
  {"max-rate", 'r', CNX_KEY_DOUBLE, C (max_rate), "5", "R", "Classifications a second, at most; 0: of every frame", 0,
      1000},
  {"threshold", 0, CNX_KEY_DOUBLE, C (threshold), NULL, "T",
      "Labels of at least this confidence, 0 to 1; without, what the model recommends", 0, 1},
  {"smoothing", 0, CNX_KEY_UINT, C (smoothing), "1000", "MS",
      "Confidences are averaged over about so many milliseconds; 0: not at all", 0, HOUR * 1000},
  {"hysteresis", 0, CNX_KEY_DOUBLE, C (hysteresis), "0.1", "H",
      "A label stays the first until another's confidence is so much larger, up to 1", 0, 1},
  {"picture-interval", 0, CNX_KEY_DOUBLE, C (picture_interval), "2", "SECONDS",
      "How often the page gets a new picture; 0: it has none", 0, HOUR},
  {"publish", 0, CNX_KEY_LIST, C (publish), NULL, "LOCATION",
      "Where labels go when the first one changes: a file, mqtt:// or mqtts://[USER@]HOST[:PORT]/TOPIC, or "
      "kafka://HOST[:PORT]/TOPIC; several: with ; between them in a file, or the option again",
      .take = cnx_location_parse},
  {"publish-password-file", 0, CNX_KEY_TEXT, C (publish_password_file), NULL, "FILE",
      "A file whose first line is the password of the user whom publish names",.take = take_path},
};

CnxKeys
cnx_watch_keys (void)
{
  return (CnxKeys) { watch_keys, G_N_ELEMENTS (watch_keys) };
}

CnxKeys
cnx_camera_keys (void)
{
  return (CnxKeys) { camera_keys, G_N_ELEMENTS (camera_keys) };
}
