#include "pipelines/watch/config.h"

#include <string.h>

#include "core/edits.h"
#include "core/error.h"
#include "core/input/input_file.h"
#include "pipelines/watch/keys/lines.h"
#include "pipelines/watch/secret.h"

#define MOST_TEXT ((gsize) 1 << 20)
#define WATCH "watch"
#define CAMERA "camera "

/* Those of cameras that [watch] takes, and the command line: all but source, the first. */
static CnxKeys
default_keys (void)
{
  const CnxKeys keys = cnx_camera_keys ();

  return (CnxKeys) { keys.keys + 1, keys.n - 1 };
}

/* ---- memory ---- */

static void
camera_clear (CnxCameraConfig * camera)
{
  g_clear_pointer (&camera->password, cnx_secret_free);
  g_free (camera->name);
  cnx_keys_clear (cnx_camera_keys (), camera);
}

static void
camera_free (gpointer camera)
{
  camera_clear (camera);
  g_free (camera);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxCameraConfig, camera_free)

CnxWatchConfig *
cnx_watch_config_new (void)
{
  CnxWatchConfig *config = g_new0 (CnxWatchConfig, 1);

  config->cameras = g_ptr_array_new_with_free_func (camera_free);
  cnx_keys_reset (cnx_watch_keys (), config);
  cnx_keys_reset (cnx_camera_keys (), &config->defaults);
  return config;
}

void
cnx_watch_config_free (CnxWatchConfig * config)
{
  g_ptr_array_unref (config->cameras);
  camera_clear (&config->defaults);
  cnx_keys_clear (cnx_watch_keys (), config);
  g_free (config);
}

static CnxCameraConfig *
camera_new (const CnxWatchConfig * config, const char *name)
{
  CnxCameraConfig *camera = g_new0 (CnxCameraConfig, 1);

  camera->name = g_strdup (name);
  cnx_keys_copy (cnx_camera_keys (), camera, &config->defaults);
  return camera;
}

/* ---- one camera ---- */

/**
 * Place: where something is said
 * @path, @group, @file: of a file; @path is NULL on the command line, where @group is a camera's name
 * @folder: what paths count from; NULL: where the process is
 */
typedef struct
{
  const char *path, *group, *folder;
  GKeyFile *file;
} Place;

/* @key: NULL where it is about all of the group. */
static gboolean
refuse (const Place * place, const char *key, const char *why, GError ** error)
{
  g_autofree char *reason = cnx_printable (why);        /* a path may be in it */

  if (place->path)
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "'%s': [%s]%s%s: %s", place->path, place->group, key ? " " : "",
        key ? key : "", reason);
  else
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s%s: %s", key ? "--" : "camera ", key ? key : place->group,
        reason);
  return FALSE;
}

static gboolean
says (const Place * place, const char *key)
{
  return place->file && g_key_file_has_key (place->file, place->group, key, NULL);
}

static gboolean
read_password (CnxCameraConfig * camera, const Place * place, GError ** error)
{
  const char *variable = camera->password_env;
  g_autoptr (GError) wrong = NULL;

  if (camera->password_file && variable)
    return refuse (place, "password-env", "there is password-file too, and a camera has one password", error);
  if (camera->password_file) {
    camera->password = cnx_secret_load (camera->password_file, &wrong);
    return camera->password || refuse (place, "password-file", wrong->message, error);
  }
  const char *value = variable ? g_getenv (variable) : NULL;
  if (variable && (!value || !*value)) {
    g_autofree char *reason = g_strdup_printf ("there is no variable %s in the environment, or it is empty", variable);
    return refuse (place, "password-env", reason, error);
  }
  camera->password = g_strdup (value);
  return TRUE;
}

static gboolean
take_credentials (CnxCameraConfig * camera, const Place * place, GError ** error)
{
  if (!(cnx_source_kind (camera->source) & CNX_SOURCES_WITH_USERS)) {
    g_clear_pointer (&camera->user, g_free);
    return TRUE;
  }
  if (!read_password (camera, place, error))
    return FALSE;
  if (strstr (camera->source, "{user}") && !camera->user)
    return refuse (place, NULL, "its source has {user} in it, and no user is said", error);
  if (strstr (camera->source, "{password}") && !camera->password)
    return refuse (place, NULL, "its source has {password} in it, and neither password-file nor password-env is said",
        error);
  if (camera->password && !camera->user && !strstr (camera->source, "{password}"))
    return refuse (place, NULL, "there is a password, and no user: say user as well", error);
  return TRUE;
}

/* What a camera's own group says in vain is a mistake; what [watch] says is for the others. */
static gboolean
check_kinds (const CnxCameraConfig * camera, const Place * place, GError ** error)
{
  const guint kind = cnx_source_kind (camera->source);
  const CnxKeys keys = cnx_camera_keys ();

  for (const CnxKey * key = keys.keys; key < keys.keys + keys.n; key++) {
    if (key->of == 0 || (key->of & kind) || !says (place, key->name))
      continue;
    g_autofree char *kinds = cnx_source_kinds_name (key->of);
    g_autofree char *reason = g_strdup_printf ("it is for sources of %s, and not for this camera's", kinds);
    return refuse (place, key->name, reason, error);
  }
  return TRUE;
}

/* Of [watch]'s password it is none of this camera's business where it publishes to somewhere else. */
static gboolean
check_publish (CnxCameraConfig * camera, const Place * place, GError ** error)
{
  for (guint i = 0; camera->publish && camera->publish[i]; i++)
    if (cnx_location_has_user (camera->publish[i]))
      return TRUE;
  if (says (place, "publish") && !says (place, "publish-password-file"))
    g_clear_pointer (&camera->publish_password_file, g_free);
  return !camera->publish_password_file || refuse (place, "publish-password-file", "no address of publish names a "
      "user: write mqtt://USER@HOST/TOPIC", error);
}

static gboolean
take_source (CnxCameraConfig * camera, const char *text, const Place * place, GError ** error)
{
  g_autofree char *user = NULL, *source = NULL;
  g_autoptr (GError) wrong = NULL;

  if (!text || !*text)
    return refuse (place, NULL, "it says no source: where do its frames come from?", error);
  source = cnx_source_parse (text, place->folder, &user, &wrong);
  if (!source)
    return refuse (place, place->path ? "source" : NULL, wrong->message, error);
  if (user && says (place, "user") && g_strcmp0 (user, camera->user) != 0)
    return refuse (place, "user", "its source names another user", error);
  g_free (camera->source);
  camera->source = g_steal_pointer (&source);
  if (user) {
    g_free (camera->user);
    camera->user = g_steal_pointer (&user);
  }
  return TRUE;
}

/* @camera becomes one of @config's, or is freed. */
static gboolean
add_camera (CnxWatchConfig * config, CnxCameraConfig * taken, const char *source, const Place * place, GError ** error)
{
  g_autoptr (CnxCameraConfig) camera = taken;
  g_autoptr (GError) wrong = NULL;

  if (!cnx_camera_name_check (camera->name, &wrong)) {
    if (place->path)
      return refuse (place, NULL, wrong->message, error);
    g_propagate_error (error, g_steal_pointer (&wrong));
    return FALSE;
  }
  for (guint i = 0; i < config->cameras->len; i++)
    if (strcmp (((CnxCameraConfig *) config->cameras->pdata[i])->name, camera->name) == 0)
      return refuse (place, NULL, "there is another camera of that name", error);
  if (!take_source (camera, source, place, error) || !check_kinds (camera, place, error)
      || !take_credentials (camera, place, error) || !check_publish (camera, place, error))
    return FALSE;
  g_ptr_array_add (config->cameras, g_steal_pointer (&camera));
  return TRUE;
}

/* ---- a file ---- */

static gboolean
refuse_key (const Place * place, const char *name, gboolean is_camera, GError ** error)
{
  const CnxKeys keys = is_camera ? cnx_camera_keys () : cnx_watch_keys ();
  guint edits, edits_of_others = G_MAXUINT;
  const CnxKey *nearest = cnx_keys_nearest (keys, name, &edits);
  g_autofree char *shown = cnx_name_shown (name), *reason = NULL;

  if (strcmp (name, "password") == 0)
    return refuse (place, NULL, "a password is not to stand here: password-file or password-env says where it is",
        error);
  if (is_camera && cnx_keys_find (cnx_watch_keys (), name)) {
    reason = g_strdup_printf ("its key %s is one of [" WATCH "], for all cameras", shown);
  } else if (!is_camera && strcmp (name, "source") == 0) {
    reason = g_strdup_printf ("its key %s is one of [" CAMERA "NAME], for that camera", shown);
  } else {
    const CnxKey *other = is_camera ? nearest : cnx_keys_nearest (default_keys (), name, &edits_of_others);
    reason = g_strdup_printf ("it has no key %s; the nearest is '%s'", shown, edits_of_others < edits ? other->name
        : nearest->name);
  }
  return refuse (place, NULL, reason, error);
}

static gboolean
take_value (const Place * place, const CnxKey * key, gpointer to, GError ** error)
{
  g_autoptr (GError) wrong = NULL, broken = NULL;      /* a text may come with an error */
  gboolean is_right = FALSE;

  if (key->type == CNX_KEY_LIST) {
    g_auto (GStrv) items = g_key_file_get_string_list (place->file, place->group, key->name, NULL, &broken);
    for (guint i = 0; items && items[i]; i++)
      g_strstrip (items[i]);
    if (items && !broken)
      is_right = cnx_key_set_list (key, to, (const char *const *) items, place->folder, &wrong);
  } else {
    g_autofree char *text = g_key_file_get_string (place->file, place->group, key->name, &broken);
    if (text && !broken)
      is_right = cnx_key_set (key, to, g_strstrip (text), place->folder, &wrong);
  }
  return is_right || refuse (place, key->name, wrong ? wrong->message : "a \\ in it is followed by none of s, n, t, "
      "r, \\ and ;: write \\\\ for one", error);
}

static gboolean
take_group (CnxWatchConfig * config, CnxCameraConfig * camera, const Place * place, GError ** error)
{
  g_auto (GStrv) names = g_key_file_get_keys (place->file, place->group, NULL, NULL);

  /* one of both takes the place of what [watch] says */
  if (camera && (says (place, "password-file") || says (place, "password-env"))) {
    g_clear_pointer (&camera->password_file, g_free);
    g_clear_pointer (&camera->password_env, g_free);
  }
  for (guint i = 0; names && names[i]; i++) {
    const CnxKey *key = cnx_keys_find (camera ? cnx_camera_keys () : cnx_watch_keys (), names[i]);
    gpointer to = camera ? (gpointer) camera : config;

    if (!key && !camera && (key = cnx_keys_find (default_keys (), names[i])))
      to = &config->defaults;
    if (!key)
      return refuse_key (place, names[i], camera != NULL, error);
    if (!take_value (place, key, to, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
refuse_group (const char *path, const char *group, GError ** error)
{
  g_auto (GStrv) words = g_strsplit (group, " ", 2);
  g_autofree char *shown = cnx_name_shown (group), *start = g_strndup (words[0], CNX_MAX_NAME);
  const gboolean is_watch = cnx_edits (start, "watch") < cnx_edits (start, "camera");
  const char *name = words[1] && *words[1] && !is_watch ? words[1] : "NAME";

  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "'%s': there is no group called %s; the nearest is [%s%s]", path,
      shown,
      is_watch ? WATCH : CAMERA, is_watch ? "" : cnx_camera_name_check (name, NULL) ? name : "NAME");
  return FALSE;
}

static gboolean
take_camera_group (CnxWatchConfig * config, const Place * place, GError ** error)
{
  g_autofree char *name = g_strstrip (g_strdup (place->group + strlen (CAMERA)));
  g_autoptr (CnxCameraConfig) camera = camera_new (config, name);

  if (!take_group (config, camera, place, error))
    return FALSE;
  g_autofree char *source = g_strdup (camera->source);
  return add_camera (config, g_steal_pointer (&camera), source, place, error);
}

static gboolean
take_file (CnxWatchConfig * config, GKeyFile * file, const char *path, const char *folder, GError ** error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);
  Place place = { path, WATCH, folder, file };

  if (g_key_file_has_group (file, WATCH) && !take_group (config, NULL, &place, error))
    return FALSE;
  for (guint i = 0; groups[i]; i++) {
    place.group = groups[i];
    if (strcmp (groups[i], WATCH) == 0)
      continue;
    if (!g_str_has_prefix (groups[i], CAMERA))
      return refuse_group (path, groups[i], error);
    if (!take_camera_group (config, &place, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check (CnxWatchConfig * config, const Place * place, GError ** error)
{
  gboolean is_loopback = TRUE;

  if (g_strcmp0 (config->listen, CNX_WATCH_NO_SERVER) == 0)
    g_clear_pointer (&config->listen, g_free);
  if (config->listen && !cnx_listen_check (config->listen, &is_loopback, error))
    return FALSE;
  return is_loopback || config->token_file || refuse (place, "listen", "other machines reach that address: say "
      "token-file as well, or listen at 127.0.0.1", error);
}

CnxWatchConfig *
cnx_watch_config_parse (const char *text, gsize length, const char *path, GError ** error)
{
  static const char mark[] = "\xef\xbb\xbf";
  g_autofree char *shown = cnx_printable (path), *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *folder = g_path_get_dirname (absolute);
  g_autoptr (CnxWatchConfig) config = cnx_watch_config_new ();
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) wrong = NULL;
  const Place place = { shown, WATCH, folder, file };
  const char *reason = NULL;

  const gsize skipped = length >= strlen (mark) && memcmp (text, mark, strlen (mark)) == 0 ? strlen (mark) : 0;
  g_autofree char *copy = length ? g_strndup (text + skipped, length - skipped) : g_strdup ("");
  if (strlen (copy) != length - skipped || !g_utf8_validate (copy, -1, NULL))
    reason = "it is no text in UTF-8";
  else if (!cnx_lines_check (copy, &wrong))
    reason = wrong->message;
  else if (*copy && !g_key_file_load_from_data (file, copy, -1, G_KEY_FILE_NONE, NULL))
    reason = "it has a group or a key with signs that no name has";
  if (reason) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "'%s': %s", shown, reason);
    return NULL;
  }
  if (!take_file (config, file, shown, folder, error) || !check (config, &place, error))
    return NULL;
  if (config->cameras->len > 0)
    return g_steal_pointer (&config);
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "'%s': it has no camera: a group [" CAMERA "NAME] with its source",
      shown);
  return NULL;
}

CnxWatchConfig *
cnx_watch_config_load (const char *path, GError ** error)
{
  gsize length;
  g_autofree char *text = cnx_input_file_load (path, MOST_TEXT, &length, error);

  return text ? cnx_watch_config_parse (text, length, path, error) : NULL;
}

/* ---- the command line ---- */

gboolean
cnx_watch_config_set (CnxWatchConfig * config, const char *name, const char *const *values, GError ** error)
{
  const CnxKey *key = cnx_keys_find (cnx_watch_keys (), name);
  const gpointer to = key ? (gpointer) config : &config->defaults;
  const Place place = { NULL };
  g_autoptr (GError) wrong = NULL;

  if (!key)
    key = cnx_keys_find (default_keys (), name);
  if (!key)
    return refuse (&place, name, "there is no such option", error);
  if (key->type == CNX_KEY_LIST ? cnx_key_set_list (key, to, values, NULL, &wrong)
      : cnx_key_set (key, to, values[0], NULL, &wrong))
    return TRUE;
  return refuse (&place, name, wrong->message, error);
}

static char *
make_name (const CnxWatchConfig * config)
{
  for (guint number = config->cameras->len + 1;; number++) {
    g_autofree char *name = g_strdup_printf ("camera%u", number);
    gboolean is_free = TRUE;

    for (guint i = 0; i < config->cameras->len; i++)
      is_free = is_free && strcmp (((CnxCameraConfig *) config->cameras->pdata[i])->name, name) != 0;
    if (is_free)
      return g_steal_pointer (&name);
  }
}

gboolean
cnx_watch_config_add (CnxWatchConfig * config, const char *argument, GError ** error)
{
  const gsize length = strcspn (argument, ":/=");
  const gboolean is_named = argument[length] == '=';
  g_autofree char *name = is_named ? g_strndup (argument, length) : make_name (config);
  const Place place = {.group = name };

  return add_camera (config, camera_new (config, name), is_named ? argument + length + 1 : argument, &place, error);
}

gboolean
cnx_watch_config_check (CnxWatchConfig * config, GError ** error)
{
  const Place place = { NULL };

  if (config->cameras->len == 0) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "what is to be watched? Name sources, as rtsp://HOST/PATH, "
        "/dev/video0 or test://ball, or a file that does, with --config");
    return FALSE;
  }
  return check (config, &place, error);
}

/* ---- what differs ---- */

gboolean
cnx_camera_config_equal (const CnxCameraConfig * a, const CnxCameraConfig * b)
{
  const CnxKeys keys = cnx_camera_keys ();

  for (guint i = 0; i < keys.n; i++)
    if (!cnx_key_equal (&keys.keys[i], a, b))
      return FALSE;
  return g_strcmp0 (a->name, b->name) == 0 && g_strcmp0 (a->password, b->password) == 0;
}

guint
cnx_watch_config_compare (const CnxWatchConfig * a, const CnxWatchConfig * b)
{
  const CnxKeys keys = cnx_watch_keys ();
  guint parts = 0;

  for (guint i = 0; i < keys.n; i++)
    if (!cnx_key_equal (&keys.keys[i], a, b))
      parts |= keys.keys[i].of;
  return parts;
}
