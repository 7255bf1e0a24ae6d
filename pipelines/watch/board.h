/* What is known of the cameras that are watched, for who shows it.
 *
 * Cameras write it, the page and the metrics read it, all on the main context's thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Upper bounds of histograms, in seconds; the last bucket has none. */
#define CNX_BOARD_BOUNDS { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 }
#define CNX_BOARD_BUCKETS 12

/** How long events are kept, in microseconds, and how many at most of one camera. */
#define CNX_BOARD_EVENTS_FOR (G_TIME_SPAN_HOUR)
#define CNX_BOARD_MOST_EVENTS 10000

/**
 * CnxBoardState:
 * @CNX_BOARD_CONNECTING: for the first time, or at once after a change of its settings
 * @CNX_BOARD_CONNECTED: frames come
 * @CNX_BOARD_RECONNECTING: it is waited until it is tried again, or tried
 * @CNX_BOARD_ENDED: a file that is not looped is over
 */
typedef enum
{
  CNX_BOARD_CONNECTING,
  CNX_BOARD_CONNECTED,
  CNX_BOARD_RECONNECTING,
  CNX_BOARD_ENDED,
} CnxBoardState;

/** "connecting", "connected", "reconnecting", "ended". */
const char *cnx_board_state_name (CnxBoardState state);

typedef struct
{
  int id;
  char *label;
  double confidence;
} CnxBoardLabel;

/**
 * CnxBoardEvent:
 * @number: of all cameras' events, from 1 on
 * @time: g_get_real_time() when it was seen
 * @label: the first label from then on; NULL: none any more
 * @before: the one before; NULL: none
 */
typedef struct
{
  guint64 number;
  gint64 time;
  char *label, *before;
  double confidence;
} CnxBoardEvent;

typedef struct
{
  guint64 buckets[CNX_BOARD_BUCKETS];   /* not cumulative */
  guint64 count;
  double sum;
} CnxBoardHistogram;

/**
 * CnxBoardCamera:
 * @source: without credentials
 * @since: g_get_real_time() of @state
 * @trouble: why it was lost last, for people; NULL: it never was
 * @picture: the newest, JPEG; NULL: none yet
 * @picture_time: g_get_real_time() when it came
 * @labels: CnxBoardLabel, best first
 * @events: CnxBoardEvent, oldest first
 * @frames, @classified, @errors, @reconnects: since the start
 * @frame_rate, @classify_rate: a second, of late; 0 while it is not connected
 * @passes: of the network; @ages: of the labels of a frame
 *
 * Read it as you like; write by the functions below.
 */
typedef struct
{
  char *name, *source;
  CnxBoardState state;
  gint64 since;
  char *trouble;
  GBytes *picture;
  gint64 picture_time;
  GArray *labels;
  GQueue events;
  guint64 frames, classified, errors, reconnects;
  double frame_rate, classify_rate;
  CnxBoardHistogram passes, ages;
} CnxBoardCamera;

typedef struct _CnxBoard CnxBoard;

/**
 * CnxBoardChange:
 * @CNX_BOARD_ADDED, @CNX_BOARD_REMOVED: the camera; after the last its memory is gone when the call returns
 * @CNX_BOARD_STATE: its state, or its trouble
 * @CNX_BOARD_LABELS: its labels
 * @CNX_BOARD_EVENT: there is a new event, the last of them
 * @CNX_BOARD_PICTURE: its picture
 * @CNX_BOARD_COUNTS: its numbers; once a second
 */
typedef enum
{
  CNX_BOARD_ADDED,
  CNX_BOARD_REMOVED,
  CNX_BOARD_STATE,
  CNX_BOARD_LABELS,
  CNX_BOARD_EVENT,
  CNX_BOARD_PICTURE,
  CNX_BOARD_COUNTS,
} CnxBoardChange;

/** Is not to change the board. */
typedef void (*CnxBoardFunc) (gpointer data, const CnxBoardCamera * camera, CnxBoardChange change);

CnxBoard *cnx_board_new (void);
void cnx_board_free (CnxBoard * board);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxBoard, cnx_board_free)

/** Has @func called at each change from now on; with the same @data cnx_board_unlisten() ends it. */
void cnx_board_listen (CnxBoard * board, CnxBoardFunc func, gpointer data);
void cnx_board_unlisten (CnxBoard * board, gpointer data);

/** CnxBoardCamera, in the order that they were added in. Owned by the board. */
const GPtrArray *cnx_board_cameras (const CnxBoard * board);
/** NULL: there is none of that name. */
const CnxBoardCamera *cnx_board_find (const CnxBoard * board, const char *name);

/** A camera of a @name that no other has. Owned by the board until it is removed. */
CnxBoardCamera *cnx_board_add (CnxBoard * board, const char *name, const char *source);
void cnx_board_remove (CnxBoard * board, CnxBoardCamera * camera);

/** What is shown of where it is. */
void cnx_board_set_source (CnxBoard * board, CnxBoardCamera * camera, const char *source);
/** @trouble: why; NULL: what was said before stands. */
void cnx_board_set_state (CnxBoard * board, CnxBoardCamera * camera, CnxBoardState state, const char *trouble);
/** Its @n labels, best first, which are copied. Where the first is another than before that is an event. Returns
 * whether it is. */
gboolean cnx_board_set_labels (CnxBoard * board, CnxBoardCamera * camera, const CnxBoardLabel * labels, guint n);
void cnx_board_set_picture (CnxBoard * board, CnxBoardCamera * camera, GBytes * jpeg);
/** Its counts since the start, from which the rates are reckoned with those of the call before. */
void cnx_board_set_counts (CnxBoard * board, CnxBoardCamera * camera, guint64 frames, guint64 classified);
void cnx_board_add_error (CnxBoard * board, CnxBoardCamera * camera);
void cnx_board_add_reconnect (CnxBoard * board, CnxBoardCamera * camera);
void cnx_board_add_pass (CnxBoard * board, CnxBoardCamera * camera, double seconds);
void cnx_board_add_age (CnxBoard * board, CnxBoardCamera * camera, double seconds);

G_END_DECLS
