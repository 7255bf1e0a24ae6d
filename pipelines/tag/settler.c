#include "pipelines/tag/settler.h"

/* So long more files are waited for, which are settled in about the time of one. */
#define GATHER_US (G_USEC_PER_SEC / 2)
/* Each holds two descriptors, of the 1024 that a process has. */
#define MOST_PLACES 96

struct _CnxSettler
{
  CnxSettlerFailure failed;
  gpointer data;
  GThread *thread;
  GMutex lock;                  /* guards what follows */
  GCond changed;
  GPtrArray *waiting;           /* CnxSettlement */
  guint places;                 /* of those, and of those that are being settled */
  gboolean ends;
};

CnxSettlement *
cnx_settlement_new (const char *path, CnxJournal * journal, const CnxJournalEntry * entry)
{
  CnxSettlement *self = g_new0 (CnxSettlement, 1);

  self->path = g_strdup (path);
  self->journal = journal;
  self->entry = cnx_journal_entry_copy (entry);
  self->merged = g_ptr_array_new_with_free_func ((GDestroyNotify) cnx_place_free);
  self->others = g_ptr_array_new_with_free_func ((GDestroyNotify) cnx_place_free);
  return self;
}

void
cnx_settlement_free (CnxSettlement * self)
{
  g_ptr_array_unref (self->merged);
  g_ptr_array_unref (self->others);
  cnx_journal_entry_free (self->entry);
  g_free (self->path);
  g_free (self);
}

static guint
count_places (const CnxSettlement * settlement)
{
  return settlement->merged->len + settlement->others->len;
}

/* ---- one batch ---- */

typedef gboolean (*Step) (CnxSettlement * settlement, GError ** error);

static void
begin_sync (const CnxSettlement * settlement)
{
  for (guint i = 0; i < settlement->merged->len; i++)
    cnx_place_begin_sync (settlement->merged->pdata[i]);
  for (guint i = 0; i < settlement->others->len; i++)
    cnx_place_begin_sync (settlement->others->pdata[i]);
}

static gboolean
sync_places (CnxSettlement * settlement, GError ** error)
{
  for (guint i = 0; i < settlement->merged->len; i++)
    if (!cnx_place_sync (settlement->merged->pdata[i], error))
      return FALSE;
  for (guint i = 0; i < settlement->others->len; i++)
    if (!cnx_place_sync (settlement->others->pdata[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
put (GPtrArray * places, GError ** error)
{
  for (guint i = 0; i < places->len; i++)
    if (!cnx_place_put (places->pdata[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
put_merged (CnxSettlement * settlement, GError ** error)
{
  return put (settlement->merged, error);
}

static gboolean
sync_merged (CnxSettlement * settlement, GError ** error)
{
  for (guint i = 0; i < settlement->merged->len; i++)
    if (!cnx_place_sync_folder (settlement->merged->pdata[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
note (CnxSettlement * settlement, GError ** error)
{
  return cnx_journal_add (settlement->journal, settlement->entry, error);
}

static gboolean
sync_journal (CnxSettlement * settlement, GError ** error)
{
  return cnx_journal_sync (settlement->journal, error);
}

static gboolean
put_others (CnxSettlement * settlement, GError ** error)
{
  return put (settlement->others, error);
}

/* Each step is taken for all before the next one is; who fails one takes no other. */
static void
settle (CnxSettler * self, GPtrArray * batch)
{
  static const Step steps[] = { sync_places, put_merged, sync_merged, note, sync_journal, put_others };

  for (guint i = 0; i < batch->len; i++)
    begin_sync (batch->pdata[i]);
  for (guint s = 0; s < G_N_ELEMENTS (steps); s++) {
    for (guint i = 0; i < batch->len;) {
      CnxSettlement *settlement = batch->pdata[i];
      g_autoptr (GError) error = NULL;
      if (steps[s] (settlement, &error)) {
        i++;
        continue;
      }
      self->failed (self->data, settlement->path, error);
      g_ptr_array_remove_index (batch, i);
    }
  }
}

/* What waits, once there is enough of it or its time is over; NULL at the end. */
static GPtrArray *
take_batch (CnxSettler * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->waiting->len == 0 && !self->ends)
    g_cond_wait (&self->changed, &self->lock);
  const gint64 until = g_get_monotonic_time () + GATHER_US;
  while (!self->ends && self->places < MOST_PLACES / 2)
    if (!g_cond_wait_until (&self->changed, &self->lock, until))
      break;
  if (self->waiting->len == 0)
    return NULL;
  GPtrArray *batch = self->waiting;
  self->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify) cnx_settlement_free);
  return batch;
}

static gpointer
work (gpointer data)
{
  CnxSettler *self = data;
  GPtrArray *batch;

  while ((batch = take_batch (self))) {
    guint places = 0;
    for (guint i = 0; i < batch->len; i++)
      places += count_places (batch->pdata[i]);
    settle (self, batch);
    g_ptr_array_unref (batch);
    g_mutex_lock (&self->lock);
    self->places -= places;
    g_cond_broadcast (&self->changed);
    g_mutex_unlock (&self->lock);
  }
  return NULL;
}

/* ---- from outside ---- */

CnxSettler *
cnx_settler_new (CnxSettlerFailure failed, gpointer data)
{
  CnxSettler *self = g_new0 (CnxSettler, 1);

  self->failed = failed;
  self->data = data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify) cnx_settlement_free);
  self->thread = g_thread_new ("settle", work, self);
  return self;
}

void
cnx_settler_free (CnxSettler * self)
{
  g_mutex_lock (&self->lock);
  self->ends = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  g_ptr_array_unref (self->waiting);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
cnx_settler_add (CnxSettler * self, CnxSettlement * settlement)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->places >= MOST_PLACES)
    g_cond_wait (&self->changed, &self->lock);
  self->places += count_places (settlement);
  g_ptr_array_add (self->waiting, settlement);
  g_cond_broadcast (&self->changed);
}
