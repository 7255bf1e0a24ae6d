#include "pipelines/watch/watcher.h"

#include <string.h>

#include "pipelines/watch/camera.h"

#define MOST_BATCH 8            /* a GPU is no faster with more, and it is memory */

struct _CnxWatcher
{
  CnxBoard *board;
  CnxWatchConfig *config;
  CnxCameraShared shared;
  GstElement *network;          /* kept from being freed and loaded again when no camera is connected */
  GPtrArray *cameras;           /* of CnxCamera */
};

static void
add_camera (CnxWatcher * watcher, const CnxCameraConfig * config)
{
  g_ptr_array_add (watcher->cameras, cnx_camera_new (watcher->board, config, &watcher->shared));
}

static guint
batch_of (const CnxWatchConfig * config)
{
  return CLAMP (config->cameras->len, 1, MOST_BATCH);
}

static CnxClips *
new_clips (const CnxWatchConfig * config, CnxHerald * herald, GError ** error)
{
  const CnxClipsSettings settings = {.folder = config->clips,.labels = (const char *const *) config->clip_labels,
    .before = config->clip_before,.after = config->clip_after,.limit = config->clips_limit
  };

  return cnx_clips_new (&settings, herald, error);
}

CnxWatcher *
cnx_watcher_new (CnxBoard * board, CnxWatchConfig * config, CnxHerald * herald, GError ** error)
{
  const CnxCameraShared shared = { config, batch_of (config), herald, NULL };
  GstElement *network = cnx_network_keep (&shared, error);
  CnxClips *clips = network && config->clips ? new_clips (config, herald, error) : NULL;

  if (network && config->clips && !clips)
    g_clear_pointer (&network, cnx_network_let_go);
  if (!network) {
    cnx_watch_config_free (config);
    return NULL;
  }
  CnxWatcher *watcher = g_new0 (CnxWatcher, 1);
  watcher->board = board;
  watcher->config = config;
  watcher->shared = shared;
  watcher->shared.clips = clips;
  watcher->network = network;
  watcher->cameras = g_ptr_array_new_with_free_func ((GDestroyNotify) cnx_camera_free);
  for (guint i = 0; i < config->cameras->len; i++)
    add_camera (watcher, g_ptr_array_index (config->cameras, i));
  return watcher;
}

gboolean
cnx_watcher_free (CnxWatcher * watcher, gint64 timeout)
{
  g_ptr_array_unref (watcher->cameras);
  const gboolean ended = cnx_pipelines_await_end (timeout);
  g_clear_pointer (&watcher->shared.clips, cnx_clips_free);
  cnx_network_let_go (watcher->network);
  cnx_watch_config_free (watcher->config);
  g_free (watcher);
  return ended;
}

const CnxWatchConfig *
cnx_watcher_config (const CnxWatcher * watcher)
{
  return watcher->config;
}

GstStructure *
cnx_watcher_stats (const CnxWatcher * watcher)
{
  for (guint i = 0; i < watcher->cameras->len; i++) {
    GstStructure *stats = cnx_camera_stats (g_ptr_array_index (watcher->cameras, i));
    if (stats && gst_structure_has_field (stats, "device"))
      return stats;
    g_clear_pointer (&stats, gst_structure_free);
  }
  return NULL;
}

static const CnxCameraConfig *
find_config (const CnxWatchConfig * config, const char *name)
{
  for (guint i = 0; i < config->cameras->len; i++) {
    const CnxCameraConfig *camera = g_ptr_array_index (config->cameras, i);
    if (strcmp (camera->name, name) == 0)
      return camera;
  }
  return NULL;
}

static CnxCamera *
find_camera (const CnxWatcher * watcher, const char *name)
{
  for (guint i = 0; i < watcher->cameras->len; i++) {
    CnxCamera *camera = g_ptr_array_index (watcher->cameras, i);
    if (strcmp (cnx_camera_config (camera)->name, name) == 0)
      return camera;
  }
  return NULL;
}

/* Where there can be none of the new kind there are those of the old. */
static void
change_clips (CnxWatcher * watcher)
{
  g_autoptr (GError) error = NULL;
  CnxClips *clips = watcher->config->clips ? new_clips (watcher->config, watcher->shared.herald, &error) : NULL;

  if (error)
    cnx_herald_say (watcher->shared.herald, "watch", "%s: clips are made as before", error->message);
  else
    watcher->shared.clips = clips;
}

/* Another network is loaded while the one before goes on. */
static gboolean
change_network (CnxWatcher * watcher, const CnxWatchConfig * config, guint batch, GError ** error)
{
  const CnxCameraShared shared = { config, batch, watcher->shared.herald, NULL };
  GstElement *network = cnx_network_keep (&shared, error);

  if (!network)
    return FALSE;
  cnx_network_let_go (watcher->network);
  watcher->network = network;
  watcher->shared.batch = batch;
  return TRUE;
}

gboolean
cnx_watcher_change (CnxWatcher * watcher, CnxWatchConfig * config, GError ** error)
{
  const guint changed = cnx_watch_config_compare (watcher->config, config);
  const guint batch = MAX (batch_of (config), watcher->shared.batch);   /* fewer are no reason for another network */
  CnxClips *clips = watcher->shared.clips;

  if (((changed & CNX_WATCH_NETWORK) || batch != watcher->shared.batch) && !change_network (watcher, config, batch,
          error)) {
    cnx_watch_config_free (config);
    return FALSE;
  }
  g_autoptr (CnxWatchConfig) before = watcher->config;
  watcher->config = config;
  watcher->shared.config = config;
  if (changed & CNX_WATCH_CLIPS)
    change_clips (watcher);
  for (guint i = watcher->cameras->len; i > 0; i--)
    if (!find_config (config, cnx_camera_config (g_ptr_array_index (watcher->cameras, i - 1))->name))
      g_ptr_array_remove_index (watcher->cameras, i - 1);
  for (guint i = 0; i < config->cameras->len; i++) {
    const CnxCameraConfig *wanted = g_ptr_array_index (config->cameras, i);
    CnxCamera *camera = find_camera (watcher, wanted->name);
    if (camera)
      cnx_camera_change (camera, wanted);
    else
      add_camera (watcher, wanted);
  }
  if (clips && clips != watcher->shared.clips)
    cnx_clips_free (clips);
  return TRUE;
}
