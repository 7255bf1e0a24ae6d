#include "gst-plugin/publish/outbox.h"

#include <signal.h>

/* From one try of a place that takes nothing to the next, and between two words about it. */
#define PAUSE (G_USEC_PER_SEC / 10)
#define SILENCE (60 * G_USEC_PER_SEC)
/* From one look of a place after itself to the next. */
#define IDLE (G_USEC_PER_SEC / 4)

/* How often something may be told: at once, then once in a while. */
typedef struct
{
  gboolean was_told;
  gint64 at;
} Teller;

struct _CnxOutbox
{
  const CnxOutboxListener *listener;
  gpointer user_data;

  /* the writer's thread's own, and, without one, of who opens and closes */
  const CnxPlace *place;
  gpointer opened;
  GThread *thread;
  Teller trouble, refusal, loss;
  guint64 told;                 /* of what was dropped */

  GMutex lock;
  GCond work, empty;            /* something to do for the writer; nothing waits, or who waits is hurried */
  GQueue messages;
  guint size;
  gboolean busy;                /* the first message is being written, or a part of it is there */
  gboolean closing, hurried;
  gint64 deadline;
  CnxOutboxStats stats;
};

CnxOutbox *
cnx_outbox_new (const CnxOutboxListener * listener, gpointer user_data)
{
  CnxOutbox *self = g_new0 (CnxOutbox, 1);

  self->listener = listener;
  self->user_data = user_data;
  self->size = 1;
  g_mutex_init (&self->lock);
  g_cond_init (&self->work);
  g_cond_init (&self->empty);
  g_queue_init (&self->messages);
  return self;
}

void
cnx_outbox_free (CnxOutbox * self)
{
  cnx_outbox_close (self, 0);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->work);
  g_cond_clear (&self->empty);
  g_free (self);
}

/* ---- the queue; all with the lock held ---- */

static void
remove_nth (CnxOutbox * self, guint n, guint64 * counter)
{
  CnxMessage *message = g_queue_pop_nth (&self->messages, n);

  cnx_message_free (message);
  (*counter)++;
  if (g_queue_is_empty (&self->messages))
    g_cond_broadcast (&self->empty);
}

/* The oldest first, but never the one that is being written. */
static void
make_room (CnxOutbox * self)
{
  while (g_queue_get_length (&self->messages) > self->size + self->busy)
    remove_nth (self, self->busy, &self->stats.dropped);
}

/* ---- the writer ---- */

static gboolean
is_due (Teller * teller)
{
  const gint64 now = g_get_monotonic_time ();

  if (teller->was_told && now - teller->at < SILENCE)
    return FALSE;
  *teller = (Teller) { TRUE, now };
  return TRUE;
}

static void
tell_loss (CnxOutbox * self, gboolean is_last)
{
  const guint64 dropped = cnx_outbox_stats (self).dropped;

  if (dropped == self->told || !(is_due (&self->loss) || is_last))
    return;
  self->told = dropped;
  self->listener->lost (self->user_data, dropped);
}

static void
tell_trouble (CnxOutbox * self, const GError * error)
{
  if (error && is_due (&self->trouble))
    self->listener->trouble (self->user_data, error);
}

static void
tell_refusal (CnxOutbox * self, const GError * error)
{
  if (error && is_due (&self->refusal))
    self->listener->refused (self->user_data, error);
}

/* Waits for something to do, in between which the place looks after itself. */
static void
wait_for_work (CnxOutbox * self)
{
  g_autoptr (GError) error = NULL;

  if (!self->place->idle)
    g_cond_wait (&self->work, &self->lock);
  else if (!g_cond_wait_until (&self->work, &self->lock, g_get_monotonic_time () + IDLE)) {
    g_mutex_unlock (&self->lock);
    self->place->idle (self->opened, &error);
    const guint64 reconnects = self->place->reconnects (self->opened);
    tell_refusal (self, error);
    tell_loss (self, FALSE);
    g_mutex_lock (&self->lock);
    self->stats.reconnects = reconnects;
  }
}

/* Waits until there is a message. NULL: it is closed, and what is left, if anything, is not written any more. */
static const CnxMessage *
next_message (CnxOutbox * self)
{
  while (g_queue_is_empty (&self->messages) && !self->closing)
    wait_for_work (self);
  if (self->closing && g_get_monotonic_time () >= self->deadline)
    return NULL;
  return g_queue_peek_head (&self->messages);
}

/* Waits before the next try after the one that began at @start. FALSE: there is none, for it is closed. */
static gboolean
pause_writing (CnxOutbox * self, gint64 start)
{
  const gint64 end = start + PAUSE;

  while (!self->closing && g_cond_wait_until (&self->work, &self->lock, end));
  return !self->closing;
}

/* Notes what came of the first message, which was given at @start. FALSE: nothing more is written. */
static gboolean
settle (CnxOutbox * self, CnxPlaceAnswer answer, guint64 reconnects, gint64 start)
{
  self->busy = answer == CNX_PLACE_PARTLY || answer == CNX_PLACE_UNDERWAY;
  self->stats.reconnects = reconnects;
  if (answer == CNX_PLACE_UNDERWAY)
    return TRUE;
  if (answer == CNX_PLACE_LATER || answer == CNX_PLACE_PARTLY) {
    make_room (self);           /* it may go now */
    return pause_writing (self, start);
  }
  remove_nth (self, 0, answer == CNX_PLACE_TAKEN ? &self->stats.published : &self->stats.dropped);
  return TRUE;
}

/* A pipe that is read no more, and a file that is as large as it may be, are an answer and not the process's end. */
static void
block_signals (void)
{
  sigset_t signals;

  sigemptyset (&signals);
  sigaddset (&signals, SIGPIPE);
  sigaddset (&signals, SIGXFSZ);
  pthread_sigmask (SIG_BLOCK, &signals, NULL);
}

static gpointer
write_messages (gpointer user_data)
{
  CnxOutbox *self = user_data;
  const CnxMessage *message;
  gboolean goes_on = TRUE;

  block_signals ();
  g_mutex_lock (&self->lock);
  while (goes_on && (message = next_message (self))) {
    g_autoptr (GError) error = NULL;
    self->busy = TRUE;
    g_mutex_unlock (&self->lock);
    const gint64 start = g_get_monotonic_time ();
    const CnxPlaceAnswer answer = self->place->write (self->opened, message, &error);
    const guint64 reconnects = self->place->reconnects (self->opened);
    if (answer == CNX_PLACE_REFUSED)
      tell_refusal (self, error);
    else
      tell_trouble (self, error);
    tell_loss (self, FALSE);
    g_mutex_lock (&self->lock);
    goes_on = settle (self, answer, reconnects, start);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* ---- for the others ---- */

gboolean
cnx_outbox_open (CnxOutbox * self, const CnxPlace * place, const CnxPlaceSettings * settings, GError ** error)
{
  cnx_outbox_close (self, 0);
  self->opened = place->open (settings, error);
  if (!self->opened)
    return FALSE;
  self->place = place;
  self->trouble = self->refusal = self->loss = (Teller) { FALSE, 0 };
  self->told = 0;
  g_mutex_lock (&self->lock);
  self->stats = (CnxOutboxStats) { 0, 0, 0, 0 };
  self->busy = self->closing = self->hurried = FALSE;
  g_mutex_unlock (&self->lock);
  self->thread = g_thread_try_new ("labelpublish", write_messages, self, error);
  if (!self->thread)
    place->close (g_steal_pointer (&self->opened));
  return self->thread != NULL;
}

void
cnx_outbox_close (CnxOutbox * self, gint64 timeout)
{
  if (!self->thread)
    return;
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  self->deadline = g_get_monotonic_time () + timeout;
  g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
  g_thread_join (g_steal_pointer (&self->thread));
  self->place->close (g_steal_pointer (&self->opened));
  g_mutex_lock (&self->lock);
  while (!g_queue_is_empty (&self->messages))
    remove_nth (self, 0, &self->stats.dropped);
  g_mutex_unlock (&self->lock);
  tell_loss (self, TRUE);
}

void
cnx_outbox_set_size (CnxOutbox * self, guint size)
{
  g_mutex_lock (&self->lock);
  self->size = MAX (size, 1);
  make_room (self);
  g_mutex_unlock (&self->lock);
}

void
cnx_outbox_put (CnxOutbox * self, CnxMessage * message)
{
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->messages, message);
  make_room (self);
  g_cond_signal (&self->work);
  g_mutex_unlock (&self->lock);
}

gboolean
cnx_outbox_drain (CnxOutbox * self, gint64 timeout)
{
  const gint64 end = g_get_monotonic_time () + timeout;

  g_mutex_lock (&self->lock);
  while (!self->hurried && !g_queue_is_empty (&self->messages))
    if (!g_cond_wait_until (&self->empty, &self->lock, end))
      break;
  const gboolean is_empty = g_queue_is_empty (&self->messages);
  g_mutex_unlock (&self->lock);
  return is_empty;
}

void
cnx_outbox_set_hurried (CnxOutbox * self, gboolean hurried)
{
  g_mutex_lock (&self->lock);
  self->hurried = hurried;
  g_cond_broadcast (&self->empty);
  g_mutex_unlock (&self->lock);
}

CnxOutboxStats
cnx_outbox_stats (CnxOutbox * self)
{
  g_mutex_lock (&self->lock);
  CnxOutboxStats stats = self->stats;
  stats.waiting = g_queue_get_length (&self->messages);
  g_mutex_unlock (&self->lock);
  return stats;
}
