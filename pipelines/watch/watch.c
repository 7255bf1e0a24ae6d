/* convnext watch: cameras, watched until it is told to stop. */
#include "pipelines/command/command.h"

#include <glib-unix.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "gst-plugin/frame/wholemeta.h"
#include "gst-plugin/gstconvnext.h"
#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/publish/gstlabelpublish.h"
#include "pipelines/watch/hook.h"
#include "pipelines/watch/http/http.h"
#include "pipelines/watch/notify.h"
#include "pipelines/watch/options.h"
#include "pipelines/watch/secret.h"
#include "pipelines/watch/watcher.h"

#define MOST_END (3 * G_USEC_PER_SEC)   /* of the five seconds that an end may take */
#define STATUS_EVERY 10         /* seconds */

typedef struct
{
  CnxWatchOptions *options;
  CnxHerald *herald;
  CnxBoard *board;
  CnxWatcher *watcher;
  CnxNotify *notify;
  CnxHook *hook;                /* or NULL, as the next */
  CnxHttp *http;
  CnxSecret *token;             /* of it */
  GMainLoop *loop;
  gboolean facts;               /* the page has been told what classifies */
} Watch;

/* ---- what is built from the settings ---- */

/* What is run at events does not see cameras' passwords. */
static void
hide_passwords (Watch * watch, const CnxWatchConfig * config)
{
  for (guint i = 0; watch->hook && i < config->cameras->len; i++) {
    const CnxCameraConfig *camera = g_ptr_array_index (config->cameras, i);
    if (camera->password_env)
      cnx_hook_hide (watch->hook, camera->password_env);
  }
}

static void
set_hook (Watch * watch, const CnxWatchConfig * config)
{
  g_clear_pointer (&watch->hook, cnx_hook_free);
  if (config->on_event)
    watch->hook = cnx_hook_new (config->on_event, 0, watch->herald);
  hide_passwords (watch, config);
}

/* With the port that it has come to. */
static void
tell_address (Watch * watch, const char *listen, gboolean token)
{
  g_autofree char *host = g_strndup (listen, strrchr (listen, ':') - listen);

  cnx_herald_say (watch->herald, "watch", "the page is at http://%s:%u/%s", host, cnx_http_port (watch->http),
      token ? "?token=TOKEN" : "");
}

/* A server that is there for the same stays. */
static gboolean
set_server (Watch * watch, const CnxWatchConfig * config, gboolean changed, GError ** error)
{
  g_autoptr (CnxSecret) token = config->token_file ? cnx_secret_load (config->token_file, error) : NULL;
  const CnxHttpSettings settings = {.listen = config->listen,.token = token };

  if (config->token_file && !token)
    return FALSE;
  if (watch->http && !changed && g_strcmp0 (token, watch->token) == 0)
    return TRUE;
  g_clear_pointer (&watch->http, cnx_http_free);
  g_clear_pointer (&watch->token, cnx_secret_free);
  if (!config->listen)
    return TRUE;
  if (!(watch->http = cnx_http_new (watch->board, &settings, error)))
    return FALSE;
  watch->token = g_steal_pointer (&token);
  watch->facts = FALSE;
  tell_address (watch, config->listen, watch->token != NULL);
  return TRUE;
}

/* ---- what happens ---- */

static void
tell_facts (Watch * watch)
{
  g_autoptr (GstStructure) stats = watch->http && !watch->facts ? cnx_watcher_stats (watch->watcher) : NULL;

  if (!stats)
    return;
  cnx_http_set_facts (watch->http, gst_structure_get_string (stats, "device"), gst_structure_get_string (stats,
          "precision"), gst_structure_get_string (stats, "model"));
  watch->facts = TRUE;
}

static void
tell_status (Watch * watch)
{
  const GPtrArray *cameras = cnx_board_cameras (watch->board);
  double rate = 0;
  guint connected = 0;

  for (guint i = 0; i < cameras->len; i++) {
    const CnxBoardCamera *camera = g_ptr_array_index (cameras, i);
    connected += camera->state == CNX_BOARD_CONNECTED;
    rate += camera->state == CNX_BOARD_CONNECTED ? camera->classify_rate : 0;
  }
  g_autofree char *text = g_strdup_printf ("%u of %u cameras connected, %.1f classifications a second", connected,
      cameras->len, rate);
  cnx_notify_set_status (watch->notify, text);
}

static gboolean
on_status (gpointer data)
{
  ((Watch *) data)->facts = FALSE;      /* another model may be there meanwhile */
  tell_status (data);
  return G_SOURCE_CONTINUE;
}

static void
on_board (gpointer data, const CnxBoardCamera * camera, CnxBoardChange change)
{
  Watch *watch = data;

  if (change == CNX_BOARD_EVENT && watch->hook)
    cnx_hook_event (watch->hook, camera->name, g_queue_peek_tail ((GQueue *) & camera->events));
  if (change == CNX_BOARD_STATE) {
    cnx_herald_say (watch->herald, camera->name, "%s", cnx_board_state_name (camera->state));
    tell_status (watch);
  }
  if (change == CNX_BOARD_COUNTS)
    tell_facts (watch);
}

static gboolean
on_stop (gpointer data)
{
  g_main_loop_quit (((Watch *) data)->loop);
  return G_SOURCE_CONTINUE;
}

/* What does not load changes nothing; and what was not to be had the last time is tried again. */
static void
read_again (Watch * watch)
{
  g_autoptr (GError) error = NULL;
  CnxWatchConfig *config = cnx_watch_config_load (cnx_watch_options_file (watch->options), &error);
  const guint changed = config ? cnx_watch_config_compare (cnx_watcher_config (watch->watcher), config) : 0;

  if (!config || !cnx_watcher_change (watch->watcher, config, &error)) {
    cnx_herald_say (watch->herald, "watch", "%s: nothing is changed", error->message);
    return;
  }
  if (!set_server (watch, config, changed & CNX_WATCH_SERVER, &error))
    cnx_herald_say (watch->herald, "watch", "%s: the page is %s", error->message, watch->http ? "as before" : "gone");
  if (changed & CNX_WATCH_EVENTS)
    set_hook (watch, config);
  hide_passwords (watch, config);
  cnx_herald_say (watch->herald, "watch", "the settings were read again");
}

static gboolean
on_hangup (gpointer data)
{
  Watch *watch = data;

  if (!cnx_watch_options_file (watch->options)) {
    cnx_herald_say (watch->herald, "watch", "there is no --config to be read again");
    return G_SOURCE_CONTINUE;
  }
  cnx_notify_reloading (watch->notify);
  read_again (watch);
  cnx_notify_ready (watch->notify);
  return G_SOURCE_CONTINUE;
}

/* ---- a run ---- */

/* Frames come and go on a thread for each camera: a heap for each, and what is kept for frames of any size, were a
 * tenth of the memory of eight cameras. */
static void
spare_memory (void)
{
#ifdef __GLIBC__
  mallopt (M_ARENA_MAX, 2);
  mallopt (M_MMAP_THRESHOLD, 256 * 1024);
  mallopt (M_TRIM_THRESHOLD, 128 * 1024);
#endif
}

/* Our types are there before those of a plugin that is loaded into this process are: see gst-plugin/plugin.c. */
static gboolean
start_gstreamer (GError ** error)
{
  g_type_ensure (GST_TYPE_CONVNEXT);
  g_type_ensure (GST_TYPE_LABEL_PUBLISH);
  if (!gst_init_check (NULL, NULL, error))
    return FALSE;
  cnx_label_meta_register ();
  cnx_whole_meta_register ();
  return TRUE;
}

static void
end (Watch * watch)
{
  cnx_board_unlisten (watch->board, watch);
  g_clear_pointer (&watch->http, cnx_http_free);
  g_clear_pointer (&watch->hook, cnx_hook_free);
  g_clear_pointer (&watch->token, cnx_secret_free);
  g_clear_pointer (&watch->loop, g_main_loop_unref);
  if (!watch->watcher || cnx_watcher_free (watch->watcher, MOST_END))
    return;
  cnx_herald_say (watch->herald, "watch", "some cameras do not close");
  _exit (CNX_EXIT_OK);          /* what ends libraries would end them below threads that are still at work */
}

static int
watch_cameras (Watch * watch, CnxWatchConfig * config)
{
  static const int numbers[] = { SIGTERM, SIGINT };
  g_autoptr (GError) error = NULL;

  if (!set_server (watch, config, TRUE, &error)) {
    cnx_watch_config_free (config);
    return cnx_fail (error);
  }
  set_hook (watch, config);
  cnx_board_listen (watch->board, on_board, watch);
  if (!(watch->watcher = cnx_watcher_new (watch->board, config, watch->herald, &error))) {
    end (watch);
    return cnx_fail (error);
  }
  watch->loop = g_main_loop_new (NULL, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)    /* while the network is loaded they end it at once */
    g_unix_signal_add (numbers[i], on_stop, watch);
  g_unix_signal_add (SIGHUP, on_hangup, watch);
  g_timeout_add_seconds (STATUS_EVERY, on_status, watch);
  cnx_notify_ready (watch->notify);
  cnx_notify_live (watch->notify);
  g_main_loop_run (watch->loop);

  cnx_notify_stopping (watch->notify);
  end (watch);
  return CNX_EXIT_OK;
}

int
cnx_watch_main (int argc, char **argv)
{
  g_autoptr (CnxNotify) notify = cnx_notify_new ();
  g_autoptr (CnxWatchOptions) options = cnx_watch_options_new ();
  g_autoptr (CnxHerald) herald = cnx_herald_new (NULL, NULL);
  g_autoptr (CnxBoard) board = cnx_board_new ();
  g_autoptr (GError) error = NULL;
  Watch watch = {.options = options,.herald = herald,.board = board,.notify = notify };

  if (!cnx_parse_arguments (cnx_watch_options_entries (options), "[NAME=]SOURCE...",
          "Watches cameras until it is told to stop, and shows them on a page.", &argc, &argv))
    return CNX_EXIT_USAGE;
  CnxWatchConfig *config = cnx_watch_options_config (options, &error);
  if (!config)
    return cnx_wrong ("watch", error->message);
  signal (SIGPIPE, SIG_IGN);
  cnx_allow_files ();   /* cameras, clients and clips have each some */
  spare_memory ();
  if (start_gstreamer (&error))
    return watch_cameras (&watch, config);
  cnx_watch_config_free (config);
  return cnx_fail (error);
}
