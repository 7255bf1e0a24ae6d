/* The journals of all folders that one run writes to, opened when they are first asked for. */
#pragma once

#include "pipelines/tag/journal.h"

G_BEGIN_DECLS

typedef struct _CnxJournals CnxJournals;

/** Told once of a journal at @path that lost lines, or of the folder @path that another run is at work in; from any
 * thread. */
typedef void (*CnxJournalNews) (gpointer data, const char *path);

/** @damaged, @shared: NULL: nobody wants to know. Free with cnx_journals_free(). Its functions may be called from any
 * thread. */
CnxJournals *cnx_journals_new (CnxJournalNews damaged, CnxJournalNews shared, gpointer data);
void cnx_journals_free (CnxJournals * journals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxJournals, cnx_journals_free)

/** That of @folder, owned by @journals. Errors: as cnx_journal_open(), each time. */
CnxJournal *cnx_journals_get (CnxJournals * journals, const char *folder, GError ** error);

/** cnx_journal_tidy() of them all. Errors: the first one's; the others are tidied all the same. */
gboolean cnx_journals_tidy (CnxJournals * journals, GError ** error);

G_END_DECLS
