#include "pipelines/watch/board.h"

#include <string.h>

/* How much of a second's rate is news: a change shows within a few. */
#define RATE_SHARE 0.3

typedef struct
{
  CnxBoardFunc func;
  gpointer data;
} Listener;

/* A camera with what its rates are reckoned from. */
typedef struct
{
  CnxBoardCamera public;        /* first: a camera is its entry */
  gint64 counted;               /* g_get_monotonic_time(); 0: not yet */
} Entry;

struct _CnxBoard
{
  GPtrArray *cameras;
  GArray *listeners;            /* of Listener */
  guint64 events;
};

const char *
cnx_board_state_name (CnxBoardState state)
{
  static const char *const names[] = {
    [CNX_BOARD_CONNECTING] = "connecting",[CNX_BOARD_CONNECTED] = "connected",
    [CNX_BOARD_RECONNECTING] = "reconnecting",[CNX_BOARD_ENDED] = "ended"
  };

  return names[state];
}

static void
clear_label (gpointer item)
{
  g_free (((CnxBoardLabel *) item)->label);
}

static void
event_free (CnxBoardEvent * event)
{
  g_free (event->label);
  g_free (event->before);
  g_free (event);
}

static void
entry_free (gpointer data)
{
  CnxBoardCamera *camera = data;
  CnxBoardEvent *event;

  while ((event = g_queue_pop_head (&camera->events)))
    event_free (event);
  g_free (camera->name);
  g_free (camera->source);
  g_free (camera->trouble);
  g_clear_pointer (&camera->picture, g_bytes_unref);
  g_array_unref (camera->labels);
  g_free (data);
}

CnxBoard *
cnx_board_new (void)
{
  CnxBoard *board = g_new0 (CnxBoard, 1);

  board->cameras = g_ptr_array_new_with_free_func (entry_free);
  board->listeners = g_array_new (FALSE, FALSE, sizeof (Listener));
  return board;
}

void
cnx_board_free (CnxBoard * board)
{
  g_ptr_array_unref (board->cameras);
  g_array_unref (board->listeners);
  g_free (board);
}

/* ---- who listens ---- */

void
cnx_board_listen (CnxBoard * board, CnxBoardFunc func, gpointer data)
{
  const Listener listener = { func, data };

  g_array_append_val (board->listeners, listener);
}

void
cnx_board_unlisten (CnxBoard * board, gpointer data)
{
  for (guint i = board->listeners->len; i > 0; i--)
    if (g_array_index (board->listeners, Listener, i - 1).data == data)
      g_array_remove_index (board->listeners, i - 1);
}

static void
tell (CnxBoard * board, const CnxBoardCamera * camera, CnxBoardChange change)
{
  for (guint i = 0; i < board->listeners->len; i++) {
    const Listener *listener = &g_array_index (board->listeners, Listener, i);
    listener->func (listener->data, camera, change);
  }
}

/* ---- cameras ---- */

const GPtrArray *
cnx_board_cameras (const CnxBoard * board)
{
  return board->cameras;
}

const CnxBoardCamera *
cnx_board_find (const CnxBoard * board, const char *name)
{
  for (guint i = 0; i < board->cameras->len; i++) {
    const CnxBoardCamera *camera = g_ptr_array_index (board->cameras, i);
    if (strcmp (camera->name, name) == 0)
      return camera;
  }
  return NULL;
}

CnxBoardCamera *
cnx_board_add (CnxBoard * board, const char *name, const char *source)
{
  Entry *entry = g_new0 (Entry, 1);
  CnxBoardCamera *camera = &entry->public;

  camera->name = g_strdup (name);
  camera->source = g_strdup (source);
  camera->since = g_get_real_time ();
  camera->labels = g_array_new (FALSE, FALSE, sizeof (CnxBoardLabel));
  g_array_set_clear_func (camera->labels, clear_label);
  g_queue_init (&camera->events);
  g_ptr_array_add (board->cameras, camera);
  tell (board, camera, CNX_BOARD_ADDED);
  return camera;
}

void
cnx_board_remove (CnxBoard * board, CnxBoardCamera * camera)
{
  tell (board, camera, CNX_BOARD_REMOVED);
  g_ptr_array_remove (board->cameras, camera);
}

void
cnx_board_set_source (CnxBoard * board, CnxBoardCamera * camera, const char *source)
{
  if (strcmp (source, camera->source) == 0)
    return;
  g_free (camera->source);
  camera->source = g_strdup (source);
  tell (board, camera, CNX_BOARD_STATE);
}

void
cnx_board_set_state (CnxBoard * board, CnxBoardCamera * camera, CnxBoardState state, const char *trouble)
{
  const gboolean news = trouble && g_strcmp0 (trouble, camera->trouble) != 0;

  if (state == camera->state && !news)
    return;
  if (state != camera->state)
    camera->since = g_get_real_time ();
  camera->state = state;
  if (state != CNX_BOARD_CONNECTED) {
    camera->frame_rate = camera->classify_rate = 0;
    ((Entry *) camera)->counted = 0;
  }
  if (news) {
    g_free (camera->trouble);
    camera->trouble = g_strdup (trouble);
  }
  tell (board, camera, CNX_BOARD_STATE);
}

void
cnx_board_set_picture (CnxBoard * board, CnxBoardCamera * camera, GBytes * jpeg)
{
  g_clear_pointer (&camera->picture, g_bytes_unref);
  camera->picture = g_bytes_ref (jpeg);
  camera->picture_time = g_get_real_time ();
  tell (board, camera, CNX_BOARD_PICTURE);
}

/* ---- labels and events ---- */

static void
forget_old_events (CnxBoardCamera * camera, gint64 now)
{
  CnxBoardEvent *oldest;

  while ((oldest = g_queue_peek_head (&camera->events))
      && (oldest->time < now - CNX_BOARD_EVENTS_FOR || camera->events.length > CNX_BOARD_MOST_EVENTS))
    event_free (g_queue_pop_head (&camera->events));
}

static void
add_event (CnxBoard * board, CnxBoardCamera * camera, const CnxBoardLabel * first, const char *before)
{
  CnxBoardEvent *event = g_new0 (CnxBoardEvent, 1);

  event->number = ++board->events;
  event->time = g_get_real_time ();
  event->label = first ? g_strdup (first->label) : NULL;
  event->confidence = first ? first->confidence : 0;
  event->before = g_strdup (before);
  g_queue_push_tail (&camera->events, event);
  forget_old_events (camera, event->time);
}

static const char *
first_label (const GArray * labels)
{
  return labels->len > 0 ? g_array_index (labels, CnxBoardLabel, 0).label : NULL;
}

static gboolean
same_labels (const GArray * labels, const CnxBoardLabel * others, guint n)
{
  if (labels->len != n)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    const CnxBoardLabel *label = &g_array_index (labels, CnxBoardLabel, i);
    if (label->id != others[i].id || label->confidence != others[i].confidence
        || strcmp (label->label, others[i].label) != 0)
      return FALSE;
  }
  return TRUE;
}

gboolean
cnx_board_set_labels (CnxBoard * board, CnxBoardCamera * camera, const CnxBoardLabel * labels, guint n)
{
  g_autofree char *before = g_strdup (first_label (camera->labels));

  if (same_labels (camera->labels, labels, n))
    return FALSE;
  g_array_set_size (camera->labels, 0);
  for (guint i = 0; i < n; i++) {
    const CnxBoardLabel copy = { labels[i].id, g_strdup (labels[i].label), labels[i].confidence };
    g_array_append_val (camera->labels, copy);
  }
  const gboolean changed = g_strcmp0 (first_label (camera->labels), before) != 0;
  if (changed)
    add_event (board, camera, n > 0 ? labels : NULL, before);
  tell (board, camera, CNX_BOARD_LABELS);
  if (changed)
    tell (board, camera, CNX_BOARD_EVENT);
  return changed;
}

/* ---- numbers ---- */

static void
follow (double *rate, guint64 before, guint64 now, gint64 microseconds)
{
  const double latest = now > before ? (now - before) * 1e6 / microseconds : 0;

  *rate = *rate > 0 ? *rate + RATE_SHARE * (latest - *rate) : latest;
}

void
cnx_board_set_counts (CnxBoard * board, CnxBoardCamera * camera, guint64 frames, guint64 classified)
{
  Entry *entry = (Entry *) camera;
  const gint64 now = g_get_monotonic_time ();

  if (entry->counted > 0 && now > entry->counted) {
    follow (&camera->frame_rate, camera->frames, frames, now - entry->counted);
    follow (&camera->classify_rate, camera->classified, classified, now - entry->counted);
  }
  entry->counted = now;
  camera->frames = frames;
  camera->classified = classified;
  forget_old_events (camera, g_get_real_time ());
  tell (board, camera, CNX_BOARD_COUNTS);
}

void
cnx_board_add_error (CnxBoard * board, CnxBoardCamera * camera)
{
  camera->errors++;
}

void
cnx_board_add_reconnect (CnxBoard * board, CnxBoardCamera * camera)
{
  camera->reconnects++;
}

static void
add_to (CnxBoardHistogram * histogram, double value)
{
  static const double bounds[] = CNX_BOARD_BOUNDS;
  guint i = 0;

  while (i < G_N_ELEMENTS (bounds) && !(value <= bounds[i]))
    i++;
  histogram->buckets[i]++;
  histogram->count++;
  histogram->sum += value;
}

void
cnx_board_add_pass (CnxBoard * board, CnxBoardCamera * camera, double seconds)
{
  add_to (&camera->passes, seconds);
}

void
cnx_board_add_age (CnxBoard * board, CnxBoardCamera * camera, double seconds)
{
  add_to (&camera->ages, seconds);
}
