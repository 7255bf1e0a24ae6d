#include "pipelines/watch/camera.h"

#include <string.h>

#include "gst-plugin/labels/labelfields.h"
#include "gst-plugin/publish/gstlabelpublish.h"
#include "pipelines/watch/backoff.h"
#include "pipelines/watch/intake.h"

#define SOON 100                /* ms, until a pipeline that was well has ended */
#define SETTLED (10 * G_USEC_PER_SEC)   /* who has been connected for so long begins with the least wait again */

struct _CnxCamera
{
  const CnxCameraConfig *config;
  const CnxCameraShared *shared;
  CnxBoard *board;
  CnxBoardCamera *entry;

  CnxPipeline *pipeline;        /* NULL while it is waited */
  guint bus, tick, retry;       /* sources' ids; 0: none */
  guint attempts;
  CnxEnding *ending;
  guint64 frames_before, classified_before;
  CnxSeldom warned, unpublished;
  CnxClips *clips;              /* of `tap`; both NULL: none */
  CnxClipTap *tap;
};

static void
count_all (CnxCamera * camera)
{
  g_autoptr (GstStructure) stats = cnx_pipeline_stats (camera->pipeline);
  guint64 classified = 0;

  gst_structure_get_uint64 (stats, "classified", &classified);
  cnx_board_set_counts (camera->board, camera->entry, camera->frames_before + cnx_pipeline_frames (camera->pipeline),
      camera->classified_before + classified);
}

/* Nothing of it is heard any more. */
static void
let_go (CnxCamera * camera)
{
  g_clear_handle_id (&camera->bus, g_source_remove);
  g_clear_handle_id (&camera->tick, g_source_remove);
  g_clear_handle_id (&camera->retry, g_source_remove);
  if (!camera->pipeline)
    return;
  count_all (camera);
  camera->frames_before = camera->entry->frames;
  camera->classified_before = camera->entry->classified;
  if (camera->tap)
    cnx_clip_tap_forget (camera->tap);
  cnx_pipeline_end (g_steal_pointer (&camera->pipeline), camera->ending);
}

/* ---- losing it, and trying again ---- */

static void begin (CnxCamera * camera);

static gboolean
on_retry (gpointer data)
{
  CnxCamera *camera = data;

  camera->retry = 0;
  begin (camera);
  return G_SOURCE_REMOVE;
}

static void
wait_and_retry (CnxCamera * camera)
{
  const double wait = cnx_backoff (camera->attempts++, g_random_double ());

  camera->retry = g_timeout_add ((guint) (wait * 1000), on_retry, camera);
}

/* @text without @secret, as it is or as an address has it. */
static char *
without (const char *text, const char *secret)
{
  g_autofree char *escaped = g_uri_escape_string (secret, NULL, FALSE);
  g_auto (GStrv) parts = g_strsplit (text, secret, -1);
  g_autofree char *plain = g_strjoinv ("***", parts);
  g_auto (GStrv) more = g_strsplit (plain, escaped, -1);

  return g_strjoinv ("***", more);
}

/* What may be told of what an element says: it may have the address in it, with the password wherever that stands. */
static char *
redact (const CnxCamera * camera, const char *text)
{
  g_autofree char *redacted = cnx_watch_redact (text);
  const char *password = camera->config->password;

  return password && *password ? without (redacted, password) : g_steal_pointer (&redacted);
}

/* What goes wrong is said once for each time that it does. @silent: for how many seconds there has been nothing. */
static void
lose_after (CnxCamera * camera, const char *why, guint silent)
{
  g_autofree char *trouble = redact (camera, why);
  const gboolean settled = camera->entry->state == CNX_BOARD_CONNECTED
      && g_get_real_time () - camera->entry->since > SETTLED + silent * G_USEC_PER_SEC;

  if (settled)
    camera->attempts = 0;
  cnx_herald_say (camera->shared->herald, camera->entry->name, "%s", trouble);
  let_go (camera);
  cnx_board_add_error (camera->board, camera->entry);
  cnx_board_set_state (camera->board, camera->entry, CNX_BOARD_RECONNECTING, trouble);
  wait_and_retry (camera);
}

static void
lose (CnxCamera * camera, const char *why)
{
  lose_after (camera, why, 0);
}

/* ---- what a pipeline says ---- */

static void
take_labels (CnxCamera * camera, const GstStructure * s)
{
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (CnxMetaLabel));
  g_autoptr (GArray) labels = g_array_new (FALSE, FALSE, sizeof (CnxBoardLabel));
  const GstClockTime now = gst_element_get_current_running_time (cnx_pipeline_element (camera->pipeline));
  guint64 pass, time = GST_CLOCK_TIME_NONE;

  if (!cnx_label_fields_read (s, items))
    return;
  for (guint i = 0; i < items->len; i++) {
    const CnxMetaLabel *item = &g_array_index (items, CnxMetaLabel, i);
    const CnxBoardLabel label = { item->id, (char *) item->label, item->confidence };
    g_array_append_val (labels, label);
  }
  if (gst_structure_get_uint64 (s, "pass", &pass))
    cnx_board_add_pass (camera->board, camera->entry, pass / 1e9);
  if (gst_structure_get_uint64 (s, "running-time", &time) && GST_CLOCK_TIME_IS_VALID (now) && now >= time)
    cnx_board_add_age (camera->board, camera->entry, (now - time) / 1e9);
  const gboolean changed = cnx_board_set_labels (camera->board, camera->entry, (const CnxBoardLabel *) labels->data,
      labels->len);
  if (changed && camera->tap)
    cnx_clip_tap_event (camera->tap, labels->len > 0 ? g_array_index (labels, CnxBoardLabel, 0).label : NULL,
        g_get_real_time (), time);
}

/* A file begins again, or is over; a camera does not end. */
static void
take_end (CnxCamera * camera)
{
  if (!cnx_intake_is_file (camera->config)) {
    lose (camera, "the stream has ended");
  } else if (camera->config->loop) {
    if (!gst_element_seek_simple (cnx_pipeline_element (camera->pipeline), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH
            | GST_SEEK_FLAG_KEY_UNIT, 0)) {
      let_go (camera);
      begin (camera);
    }
  } else {
    let_go (camera);
    cnx_board_set_state (camera->board, camera->entry, CNX_BOARD_ENDED, NULL);
  }
}

static void
take_error (CnxCamera * camera, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *details = NULL;

  gst_message_parse_error (message, &error, &details);
  /* what an element says for everybody is seldom why: that is the last line of what it says for its makers */
  const char *last = details ? strrchr (details, '\n') : NULL;
  g_autofree char *why = last && last[1] ? g_strdup_printf ("%s (%s)", error->message, last + 1) :
      g_strdup (error->message);
  lose (camera, why);
}

/* What cannot be read from is lost, though some sources only warn of it and would be waited for in vain. */
static void
take_warning (CnxCamera * camera, GstMessage * message)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ)) {
    lose (camera, error->message);
    return;
  }
  g_autofree char *text = redact (camera, error->message);
  if (G_TYPE_CHECK_INSTANCE_TYPE (GST_MESSAGE_SRC (message), GST_TYPE_LABEL_PUBLISH)) { /* not the camera's fault */
    cnx_herald_say_seldom (camera->shared->herald, &camera->unpublished, camera->entry->name, "warning: %s", text);
    return;
  }
  cnx_board_add_error (camera->board, camera->entry);
  cnx_herald_say_seldom (camera->shared->herald, &camera->warned, camera->entry->name, "warning: %s", text);
}

static void
take_element_message (CnxCamera * camera, const GstStructure * s)
{
  if (gst_structure_has_name (s, "convnext"))
    take_labels (camera, s);
  else if (gst_structure_has_name (s, "convnext-model"))
    cnx_herald_say (camera->shared->herald, camera->entry->name, "the model is %s now",
        gst_structure_get_string (s, "model"));
}

/* The last thing that is done: the camera may have no pipeline any more then. */
static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  CnxCamera *camera = data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      take_error (camera, message);
      break;
    case GST_MESSAGE_EOS:
      take_end (camera);
      break;
    case GST_MESSAGE_WARNING:
      take_warning (camera, message);
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency (GST_BIN (cnx_pipeline_element (camera->pipeline)));
      break;
    case GST_MESSAGE_ELEMENT:
      take_element_message (camera, gst_message_get_structure (message));
      break;
    default:
      break;
  }
  return camera->bus != 0;
}

/* ---- every second ---- */

static gboolean
on_tick (gpointer data)
{
  CnxCamera *camera = data;
  const guint frames = cnx_pipeline_frames (camera->pipeline), stall = camera->shared->config->stall;

  if (cnx_pipeline_is_stalled (camera->pipeline, stall)) {
    g_autofree char *why = g_strdup_printf (frames ? "no frame has come for %u s" : "no frame has come within %u s",
        stall);
    camera->tick = 0;
    lose_after (camera, why, frames ? stall : 0);
    return G_SOURCE_REMOVE;
  }
  if (frames && camera->entry->state == CNX_BOARD_RECONNECTING)
    cnx_board_add_reconnect (camera->board, camera->entry);
  if (frames && camera->entry->state != CNX_BOARD_CONNECTED)
    cnx_board_set_state (camera->board, camera->entry, CNX_BOARD_CONNECTED, NULL);
  g_autoptr (GBytes) picture = cnx_pipeline_take_picture (camera->pipeline);
  if (picture)
    cnx_board_set_picture (camera->board, camera->entry, picture);
  count_all (camera);
  return G_SOURCE_CONTINUE;
}

static void
begin (CnxCamera * camera)
{
  g_autoptr (GError) error = NULL;

  if (g_atomic_int_get (camera->ending)) {      /* one connection at a time */
    if (camera->entry->state == CNX_BOARD_RECONNECTING) {
      cnx_board_set_state (camera->board, camera->entry, CNX_BOARD_RECONNECTING, "the last connection does not close");
      wait_and_retry (camera);
    } else {
      camera->retry = g_timeout_add (SOON, on_retry, camera);
    }
    return;
  }
  camera->pipeline = cnx_pipeline_new (camera->config, camera->shared, camera->tap, &error);
  if (!camera->pipeline) {
    lose (camera, error->message);
    return;
  }
  g_autoptr (GstBus) bus = gst_element_get_bus (cnx_pipeline_element (camera->pipeline));
  camera->bus = gst_bus_add_watch (bus, on_message, camera);
  camera->tick = g_timeout_add_seconds (1, on_tick, camera);
  cnx_pipeline_begin (camera->pipeline);
}

/* ---- cameras ---- */

static void
set_tap (CnxCamera * camera)
{
  g_clear_pointer (&camera->tap, cnx_clip_tap_free);
  camera->clips = camera->shared->clips;
  if (camera->clips)
    camera->tap = cnx_clip_tap_new (camera->clips, camera->config->name);
}

CnxCamera *
cnx_camera_new (CnxBoard * board, const CnxCameraConfig * config, const CnxCameraShared * shared)
{
  CnxCamera *camera = g_new0 (CnxCamera, 1);
  g_autofree char *source = cnx_watch_redact (config->source);

  camera->config = config;
  camera->shared = shared;
  camera->board = board;
  camera->entry = cnx_board_add (board, config->name, source);
  camera->ending = g_atomic_rc_box_new0 (gint);
  set_tap (camera);
  begin (camera);
  return camera;
}

void
cnx_camera_free (CnxCamera * camera)
{
  let_go (camera);
  g_clear_pointer (&camera->tap, cnx_clip_tap_free);
  g_atomic_rc_box_release (camera->ending);
  cnx_board_remove (camera->board, camera->entry);
  g_free (camera);
}

GstStructure *
cnx_camera_stats (const CnxCamera * camera)
{
  return camera->pipeline ? cnx_pipeline_stats (camera->pipeline) : NULL;
}

const CnxCameraConfig *
cnx_camera_config (const CnxCamera * camera)
{
  return camera->config;
}

/* What a pipeline is made of, and not what can be set while it plays. */
static gboolean
same_pipeline (const CnxCameraConfig * a, const CnxCameraConfig * b)
{
  CnxCameraConfig as_a = *b;

  as_a.max_rate = a->max_rate;
  as_a.threshold = a->threshold;
  as_a.smoothing = a->smoothing;
  as_a.hysteresis = a->hysteresis;
  return cnx_camera_config_equal (a, &as_a);
}

void
cnx_camera_change (CnxCamera * camera, const CnxCameraConfig * config)
{
  const gboolean same = camera->clips == camera->shared->clips && cnx_camera_config_equal (camera->config, config);
  const gboolean goes_on = camera->pipeline && same_pipeline (camera->config, config)
      && camera->clips == camera->shared->clips && cnx_pipeline_fits (camera->pipeline, camera->shared);

  g_autofree char *source = cnx_watch_redact (config->source);
  camera->config = config;
  cnx_board_set_source (camera->board, camera->entry, source);
  if (goes_on) {
    cnx_pipeline_set (camera->pipeline, config, camera->shared);
    return;
  }
  if (same && !camera->pipeline)        /* it is over, or waits to be tried again */
    return;
  let_go (camera);
  set_tap (camera);
  camera->attempts = 0;
  cnx_board_set_state (camera->board, camera->entry, CNX_BOARD_CONNECTING, NULL);
  begin (camera);
}
