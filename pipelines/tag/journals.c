#include "pipelines/tag/journals.h"

#include <unistd.h>

#include "pipelines/tag/place.h"
#include "pipelines/tag/presence.h"

/* A folder's. */
typedef struct
{
  CnxJournal *journal;
  int presence;                 /* cnx_presence_take(); below 0 until the folder is there */
} Entry;

struct _CnxJournals
{
  CnxJournalNews damaged, shared;
  gpointer data;
  GMutex lock;
  GHashTable *all;              /* folder, in its one spelling, to Entry */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  cnx_journal_free (entry->journal);
  if (entry->presence >= 0)
    close (entry->presence);
  g_free (entry);
}

CnxJournals *
cnx_journals_new (CnxJournalNews damaged, CnxJournalNews shared, gpointer data)
{
  CnxJournals *self = g_new0 (CnxJournals, 1);

  self->damaged = damaged;
  self->shared = shared;
  self->data = data;
  g_mutex_init (&self->lock);
  self->all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  return self;
}

void
cnx_journals_free (CnxJournals * self)
{
  g_hash_table_unref (self->all);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static Entry *
open_entry (CnxJournals * self, const char *folder, const char *spelling, GError ** error)
{
  CnxJournal *journal = cnx_journal_open (spelling, error);

  if (!journal)
    return NULL;
  if (self->damaged && cnx_journal_is_damaged (journal)) {
    g_autofree char *path = g_build_filename (folder, CNX_JOURNAL_NAME, NULL);
    self->damaged (self->data, path);
  }
  cnx_place_sweep (spelling);
  Entry *entry = g_new (Entry, 1);
  *entry = (Entry) { journal, -1 };
  g_hash_table_insert (self->all, g_strdup (spelling), entry);
  return entry;
}

/* Once the folder is there, which may be made for its first output. */
static void
show_presence (CnxJournals * self, Entry * entry, const char *folder, const char *spelling)
{
  gboolean others;

  if (entry->presence >= 0)
    return;
  entry->presence = cnx_presence_take (spelling, &others);
  if (others && self->shared)
    self->shared (self->data, folder);
}

CnxJournal *
cnx_journals_get (CnxJournals * self, const char *folder, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autofree char *spelling = g_canonicalize_filename (folder, NULL);
  Entry *entry = g_hash_table_lookup (self->all, spelling);

  if (!entry && !(entry = open_entry (self, folder, spelling, error)))
    return NULL;
  show_presence (self, entry, folder, spelling);
  return entry->journal;
}

gboolean
cnx_journals_tidy (CnxJournals * self, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GHashTableIter iter;
  gpointer entry;
  gboolean ok = TRUE;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    ok = cnx_journal_tidy (((Entry *) entry)->journal, ok ? error : NULL) && ok;
  return ok;
}
