#include "pipelines/tag/journals.h"

#include "pipelines/tag/place.h"

struct _CnxJournals
{
  CnxJournalDamage damaged;
  gpointer data;
  GMutex lock;
  GHashTable *all;              /* folder, in its one spelling, to CnxJournal */
};

CnxJournals *
cnx_journals_new (CnxJournalDamage damaged, gpointer data)
{
  CnxJournals *self = g_new0 (CnxJournals, 1);

  self->damaged = damaged;
  self->data = data;
  g_mutex_init (&self->lock);
  self->all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) cnx_journal_free);
  return self;
}

void
cnx_journals_free (CnxJournals * self)
{
  g_hash_table_unref (self->all);
  g_mutex_clear (&self->lock);
  g_free (self);
}

CnxJournal *
cnx_journals_get (CnxJournals * self, const char *folder, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autofree char *spelling = g_canonicalize_filename (folder, NULL);
  CnxJournal *journal = g_hash_table_lookup (self->all, spelling);

  if (!journal && (journal = cnx_journal_open (spelling, error))) {
    if (cnx_journal_is_damaged (journal)) {
      g_autofree char *path = g_build_filename (folder, CNX_JOURNAL_NAME, NULL);
      self->damaged (self->data, path);
    }
    cnx_place_sweep (spelling);
    g_hash_table_insert (self->all, g_steal_pointer (&spelling), journal);
  }
  return journal;
}

gboolean
cnx_journals_tidy (CnxJournals * self, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GHashTableIter iter;
  gpointer journal;
  gboolean ok = TRUE;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &journal))
    ok = cnx_journal_tidy (journal, ok ? error : NULL) && ok;
  return ok;
}
