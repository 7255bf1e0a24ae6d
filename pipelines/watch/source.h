/* Addresses: where a camera's frames come from, where the page is, where labels go; what cameras may be called; and
 * what of an address is nobody's business. No message here repeats what may be a password. Pure functions,
 * thread-safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxSourceKind:
 * @CNX_SOURCE_RTSP: rtsp://, rtsps://
 * @CNX_SOURCE_HTTP: http://, https://: a file, MJPEG, or a playlist
 * @CNX_SOURCE_HLS: hls://, HTTP Live Streaming over HTTP
 * @CNX_SOURCE_FILE: file://
 * @CNX_SOURCE_TEST: test://PATTERN
 * @CNX_SOURCE_DEVICE: a path below /dev
 *
 * Bits, for sets of them.
 */
typedef enum
{
  CNX_SOURCE_RTSP = 1 << 0,
  CNX_SOURCE_HTTP = 1 << 1,
  CNX_SOURCE_HLS = 1 << 2,
  CNX_SOURCE_FILE = 1 << 3,
  CNX_SOURCE_TEST = 1 << 4,
  CNX_SOURCE_DEVICE = 1 << 5,
} CnxSourceKind;

/** Those that may ask for a user and a password. */
#define CNX_SOURCES_WITH_USERS (CNX_SOURCE_RTSP | CNX_SOURCE_HTTP | CNX_SOURCE_HLS)

/** @text as CnxCameraConfig has it: an address with its scheme in small letters, or the path of a device. A path
 * becomes absolute, counted from @folder (NULL: from where the process is), and file://, unless it leads below /dev.
 * @user: the user's name, if one stands before the host, which is taken out; NULL where none does. Free both with
 * g_free(). Errors: CNX_ERROR_INPUT, for what is none of these and for a password: before the host, or as the value of
 * something that is called password, passwd, pwd and so on, unless that is "{password}" or nothing. */
char *cnx_source_parse (const char *text, const char *folder, char **user, GError ** error);

/** Of what cnx_source_parse() gave. */
CnxSourceKind cnx_source_kind (const char *source);
/** "rtsp:// and rtsps://": those of a set of kinds. Free with g_free(). */
char *cnx_source_kinds_name (guint kinds);

/** The pattern of a CNX_SOURCE_TEST, as videotestsrc's property has it: points into @source. */
const char *cnx_source_pattern (const char *source);

/** The address that an element is given for @source (not of a device or a pattern): hls:// as http://, and @user and
 * @password (either may be NULL) in the place of {user} and {password} in it. Not for logs. Free with g_free(). */
char *cnx_source_uri (const char *source, const char *user, const char *password);

/** Whether @name may be a camera's. Errors: CNX_ERROR_INPUT. */
gboolean cnx_camera_name_check (const char *name, GError ** error);

/** A location for labelpublish: a broker's address, "-", or a path, which becomes absolute, counted from @folder.
 * Errors: CNX_ERROR_INPUT, for other schemes and for a password. Free with g_free(). */
char *cnx_location_parse (const char *text, const char *folder, GError ** error);
/** Whether labelpublish takes a password for it: it is MQTT's, and names a user. */
gboolean cnx_location_has_user (const char *location);

/** Whether @text is HOST:PORT, a name or a number, that of IPv6 in brackets, and a port or 0, which is any that is
 * free.
 * @is_loopback: whether nobody but this machine reaches it, for which of names only "localhost" vouches; none is looked
 * up. Errors: CNX_ERROR_INPUT. */
gboolean cnx_listen_check (const char *text, gboolean * is_loopback, GError ** error);

/** @name out of a file or from a command line, in quotes, if it can be shown; where it looks as if it were a part of an
 * address, or is long, something that says so. Free with g_free(). */
char *cnx_name_shown (const char *name);

/** @text with the credentials of every address in it replaced by "***", for logs and pages: what stands before an @,
 * what a query says, and what a parameter called like a secret does. Free with g_free(). */
char *cnx_watch_redact (const char *text);

G_END_DECLS
