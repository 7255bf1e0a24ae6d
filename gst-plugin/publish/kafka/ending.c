#include "gst-plugin/publish/kafka/ending.h"

#define MOST_LEFT 8

static gint n_left;             /* atomic: threads that end a client, waited for or not */

typedef struct
{
  gatomicrefcount refs;         /* the thread's, and of who waits */
  rd_kafka_t *client;
  GMutex lock;
  GCond changed;
  gboolean ended;
} Ending;

static void
unref (Ending * self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

static gpointer
end (gpointer data)
{
  Ending *self = data;

  rd_kafka_destroy (self->client);
  g_atomic_int_dec_and_test (&n_left);
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  unref (self);
  return NULL;
}

void
cnx_kafka_end (rd_kafka_t * client, gint64 timeout)
{
  const gint64 until = g_get_monotonic_time () + timeout;
  Ending *self = g_new0 (Ending, 1);

  rd_kafka_purge (client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  g_atomic_ref_count_init (&self->refs);
  g_atomic_ref_count_inc (&self->refs);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->client = client;
  GThread *thread = g_atomic_int_add (&n_left, 1) < MOST_LEFT ? g_thread_try_new ("kafka-end", end, self, NULL) : NULL;
  if (!thread)
    end (self);
  g_mutex_lock (&self->lock);
  while (!self->ended && g_cond_wait_until (&self->changed, &self->lock, until));
  const gboolean ended = self->ended;
  g_mutex_unlock (&self->lock);
  if (thread && ended)
    g_thread_join (thread);
  else if (thread)
    g_thread_unref (thread);
  unref (self);
}
