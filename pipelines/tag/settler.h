/* Finished outputs on their way to their names, such that a power cut finds each of them whole or not there, and known
 * to its journal if it is. What the disk needs for that it is asked for many files at once, on a thread of its own. */
#pragma once

#include "pipelines/tag/journal.h"
#include "pipelines/tag/place.h"

G_BEGIN_DECLS

typedef struct _CnxSettler CnxSettler;

/** Told, from the settler's thread, that the outputs of the input at @path did not come about. */
typedef void (*CnxSettlerFailure) (gpointer data, const char *path, const GError * error);

/**
 * CnxSettlement:
 * @path: the input's, for messages
 * @journal: of the outputs' folder; must outlive the settler
 * @entry: its line, once the outputs are on disk
 * @merged: CnxPlace of what its journal has no digest of: those get their names before the line is written
 * @others: CnxPlace of what does not get its name before
 */
typedef struct
{
  char *path;
  CnxJournal *journal;
  CnxJournalEntry *entry;
  GPtrArray *merged, *others;
} CnxSettlement;

/** Both arrays empty, and free their places. Free with cnx_settlement_free(). */
CnxSettlement *cnx_settlement_new (const char *path, CnxJournal * journal, const CnxJournalEntry * entry);
void cnx_settlement_free (CnxSettlement * settlement);

CnxSettler *cnx_settler_new (CnxSettlerFailure failed, gpointer data);

/** Returns when everything is in its place. */
void cnx_settler_free (CnxSettler * settler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxSettler, cnx_settler_free)

/** Takes @settlement; waits while there are many already. From any thread. */
void cnx_settler_add (CnxSettler * settler, CnxSettlement * settlement);

G_END_DECLS
