/* What `convnext tag` wrote into a folder, so that it knows its own files from others', and what it need not do again.
 *
 * A file ".convnext-tag" in each folder of outputs, of JSON objects, one a line:
 *   {"input": NAME, "size": BYTES, "mtime": NANOSECONDS, "key": TEXT, "complete": BOOL, "outputs": {NAME: SHA-256}}
 * A line is added, and on disk, before the outputs that it names are renamed into place. So whatever breaks off, an
 * output that was written is in the journal; and an input is done when all its outputs are there as the journal has
 * them. Of several lines of one input the last one holds, but outputs that only earlier ones name stay known.
 *
 * The folder may be somebody else's: lines are read as such, and NAME is one in this folder. Where lines were lost, a
 * line {"lost": true} stands for them: then outputs that no line knows may be ours all the same. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNX_JOURNAL_NAME ".convnext-tag"

/** In the place of a digest: there was nothing to write. */
#define CNX_JOURNAL_NOTHING "-"
/** Before what an output that is merged into got, in the place of a digest. */
#define CNX_JOURNAL_MERGED "="

typedef struct _CnxJournal CnxJournal;

/**
 * CnxJournalEntry:
 * @input: the input's name
 * @size, @mtime_ns: of the input when it was read
 * @key: what else the outputs depend on: model and options
 * @complete: FALSE: broken off before the input's end
 * @outputs: names to SHA-256 in hexadecimal, both char *; for one that is merged into, and never
 *   compared, CNX_JOURNAL_MERGED and what was put into it; "" where nobody knows what that was
 */
typedef struct
{
  char *input;
  guint64 size;
  gint64 mtime_ns;
  char *key;
  gboolean complete;
  GHashTable *outputs;
} CnxJournalEntry;

/** Copies and frees one with all that it holds. */
CnxJournalEntry *cnx_journal_entry_copy (const CnxJournalEntry * entry);
void cnx_journal_entry_free (CnxJournalEntry * entry);

/** Reads @folder's journal, if there is one; lines that make no sense, as a crash leaves them, are passed over.
 * Errors: G_FILE_ERROR. Free with cnx_journal_free(). Every function may be called from any thread. */
CnxJournal *cnx_journal_open (const char *folder, GError ** error);
void cnx_journal_free (CnxJournal * journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxJournal, cnx_journal_free)

/** Whether lines of it were found to be lost just now: it was emptied, or holds what makes no sense. */
gboolean cnx_journal_is_damaged (const CnxJournal * journal);

/** Whether the outputs named @names of an input as it is now (of @entry: its input, size, mtime_ns and key) are all
 * there, as they were written. */
gboolean cnx_journal_is_done (CnxJournal * journal, const CnxJournalEntry * entry, const char *const *names);

/** Whether @input may write @output: nobody else's name in this run or a former one, and, unless it is only added to
 * (@merges), not there yet or as we wrote it, or unknown as below. From now on it is @input's. */
gboolean cnx_journal_claim (CnxJournal * journal, const char *output, const char *input, gboolean merges);

/** Whether @output is there, under a name of our kind, and a line that was lost may have been about it; then *@digest
 * is the one that it has, to be freed with g_free(). */
gboolean cnx_journal_is_unknown (CnxJournal * journal, const char *output, char **digest);

/** What @input's last line has in the place of @output's digest; NULL for none. Free with g_free(). */
char *cnx_journal_recall (CnxJournal * journal, const char *input, const char *output);

/** Adds a line. Errors: G_FILE_ERROR. */
gboolean cnx_journal_add (CnxJournal * journal, const CnxJournalEntry * entry, GError ** error);

/** Has the disk take the lines that were added. Errors: G_FILE_ERROR. */
gboolean cnx_journal_sync (CnxJournal * journal, GError ** error);

/** Writes it anew, a line an input, in the order of their names, without those whose outputs are all gone. Does nothing
 * when that is how it is. Errors: G_FILE_ERROR. */
gboolean cnx_journal_tidy (CnxJournal * journal, GError ** error);

/** The names of outputs that end in @suffix, of every input, sorted. Free with g_ptr_array_unref(). */
GPtrArray *cnx_journal_outputs (CnxJournal * journal, const char *suffix);

G_END_DECLS
