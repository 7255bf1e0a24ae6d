/* What is watched, and how: from a file, or from the command line.
 *
 * Two tables have every key, what it takes, what it is where nothing is said, and its help: a file, the command line,
 * the manual and the example, docs/watch.conf, go by them. */
#pragma once

#include <glib.h>
#include "core/model/precision.h"
#include "pipelines/watch/keys/key.h"
#include "pipelines/watch/source.h"

G_BEGIN_DECLS

/** How many seconds a camera may give no frame before it is taken for lost. */
#define CNX_WATCH_STALL 10
/** What listen is where there is to be no server, as it is written. */
#define CNX_WATCH_NO_SERVER "none"

/**
 * CnxCameraConfig:
 * @name: unique; letters, digits, '-', '_' and '.', for it is a part of file names, topics and metrics
 * @source: rtsp://, rtsps://, http://, https://, hls://, file:// (an absolute or relative path becomes one),
 *   test://PATTERN, or the path of a device; without user and password, in whose place it may have {user} and
 *   {password}:
 *   see cnx_source_kind() and cnx_source_uri()
 * @user, @password: of the source; NULL: none, and where the source is of a kind that asks for none
 * @password_file, @password_env: where @password came from; for nobody else to read
 * @transport: of RTSP: "tcp", "udp"; NULL: as the server likes
 * @loop: a file begins again at its end
 * @max_rate: classifications a second; 0: no limit
 * @threshold: below 0: the model's own
 * @smoothing: ms
 * @hysteresis: 0..1
 * @picture_interval: seconds between the page's pictures; 0: none
 * @publish: locations for labelpublish, NULL at the end, without passwords, files' paths absolute; NULL: none
 * @publish_password_file: for those of @publish of which cnx_location_has_user() is true; NULL: none
 */
typedef struct
{
  char *name, *source, *user, *password, *password_file, *password_env, *transport;
  gboolean loop;
  double max_rate, threshold, hysteresis, picture_interval;
  guint smoothing;
  char **publish;
  char *publish_password_file;
} CnxCameraConfig;

/**
 * CnxWatchConfig:
 * @model: a path, or a name; NULL: none. @variant: or NULL. Both NULL: the model that ships
 * @device: "auto": the best
 * @stall: seconds
 * @listen: as cnx_listen_check() takes it; NULL: no server
 * @token_file: NULL: none; there where @listen is not a loopback address
 * @on_event: a command for the shell; NULL: none
 * @clips: a folder; NULL: no clips
 * @clip_labels: of which labels there are clips; NULL: of all
 * @clip_before, @clip_after: seconds
 * @clips_limit: bytes that the folder may hold
 * @defaults: what cameras have that say nothing else; its name and source are NULL
 * @cameras: CnxCameraConfig, at least one
 *
 * Paths are absolute.
 */
typedef struct
{
  char *model, *variant, *device;
  CnxPrecision precision;
  guint threads, top_k, stall;
  char *listen, *token_file, *on_event, *clips;
  char **clip_labels;
  double clip_before, clip_after;
  guint64 clips_limit;
  CnxCameraConfig defaults;
  GPtrArray *cameras;
} CnxWatchConfig;

/**
 * CnxWatchPart:
 * @CNX_WATCH_NETWORK: model, variant, precision, device, threads: another network is needed
 * @CNX_WATCH_LABELS: top-k, stall: of all cameras
 * @CNX_WATCH_SERVER: listen, token-file
 * @CNX_WATCH_EVENTS: on-event
 * @CNX_WATCH_CLIPS: clips and how they are
 *
 * Bits: the parts of a CnxWatchConfig beside its cameras.
 */
typedef enum
{
  CNX_WATCH_NETWORK = 1 << 0,
  CNX_WATCH_LABELS = 1 << 1,
  CNX_WATCH_SERVER = 1 << 2,
  CNX_WATCH_EVENTS = 1 << 3,
  CNX_WATCH_CLIPS = 1 << 4,
} CnxWatchPart;

/** The keys of [watch], and those of [camera NAME], which [watch] takes too, but for "source": as what cameras have
 * that say nothing. Their @of is a CnxWatchPart, or the set of CnxSourceKind that a camera must be of that has the key
 * in a group of its own (0: any). Static. */
CnxKeys cnx_watch_keys (void);
CnxKeys cnx_camera_keys (void);

/** What a file says. Relative paths count from its folder; passwords are read. Errors: CNX_ERROR_NOT_FOUND and
 * CNX_ERROR_FORMAT as cnx_input_file_load() has them, and CNX_ERROR_INPUT, with the file, the group and the key in it:
 * for an unknown group or key (with the known one that is most like it), a value that is not what its key takes, a
 * camera without a source, two of one name, none at all. No message holds a password. Free with
 * cnx_watch_config_free(). */
CnxWatchConfig *cnx_watch_config_load (const char *path, GError ** error);
/** The same of @length bytes of @text, as if they were in @path. */
CnxWatchConfig *cnx_watch_config_parse (const char *text, gsize length, const char *path, GError ** error);

/** What is without a file, and no camera yet. */
CnxWatchConfig *cnx_watch_config_new (void);
void cnx_watch_config_free (CnxWatchConfig * config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxWatchConfig, cnx_watch_config_free)

/** What the option --@name says: a key of [watch], or what cameras added from then on have; @values has one text, but
 * for lists. Errors: CNX_ERROR_INPUT, beginning with the option. */
gboolean cnx_watch_config_set (CnxWatchConfig * config, const char *name, const char *const *values, GError ** error);

/** Adds the camera that @argument, [NAME=]SOURCE, tells of, with the settings that those have which say nothing;
 * without a name it is "camera1" and so on. What stands before the first "=" is a name, unless there is a ":" or "/"
 * in it. Errors: CNX_ERROR_INPUT; a password in @argument is refused, and not repeated. */
gboolean cnx_watch_config_add (CnxWatchConfig * config, const char *argument, GError ** error);

/** Whether all of it goes together; to be called when the last camera is added. Errors: CNX_ERROR_INPUT. */
gboolean cnx_watch_config_check (CnxWatchConfig * config, GError ** error);

/** Whether both say the same of a camera. */
gboolean cnx_camera_config_equal (const CnxCameraConfig * a, const CnxCameraConfig * b);

/** The parts in which they differ, a set of CnxWatchPart; cameras and their defaults are none. */
guint cnx_watch_config_compare (const CnxWatchConfig * a, const CnxWatchConfig * b);

G_END_DECLS
