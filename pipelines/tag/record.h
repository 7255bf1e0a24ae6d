/* What becomes of one file's classifications: its outputs, written under temporary names as they come and renamed when
 * they are whole. */
#pragma once

#include "pipelines/tag/inputs.h"
#include "pipelines/tag/journal.h"
#include "pipelines/tag/ordered.h"
#include "pipelines/tag/read/reader.h"
#include "pipelines/tag/settler.h"

G_BEGIN_DECLS

/**
 * CnxRecordOptions:
 * @formats: const CnxTagFormat *, those that are wanted
 * @key: for the journal: what else the outputs depend on
 * @gap, @min_length: of segments, in seconds
 * @end: seconds, where the stretch to read ends; G_MAXDOUBLE where that is the file's own end
 * @to_stdout: text goes there, in turn, and nowhere else
 * @settler: who gets what is finished; NULL with @to_stdout
 */
typedef struct
{
  GPtrArray *formats;
  const char *key;
  double gap, min_length, end;
  gboolean to_stdout;
  CnxSettler *settler;
} CnxRecordOptions;

typedef struct _CnxRecord CnxRecord;

/** The record of @input. @journal: of its output folder, NULL where nothing is kept; @ordered, @place: its turn on the
 * standard output, NULL likewise. All must outlive it.
 * Errors: CNX_ERROR_INPUT for an output's name that somebody else's file has. Free with cnx_record_free(), which
 * throws away what was not finished. */
CnxRecord *cnx_record_new (const CnxRecordOptions * options, const CnxInput * input, gboolean is_picture,
    CnxJournal * journal, CnxOrdered * ordered, guint place, GError ** error);
void cnx_record_free (CnxRecord * record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxRecord, cnx_record_free)

/** Whether a former run did all of it. */
gboolean cnx_record_is_done (CnxRecord * record);

/** Hears a file's classifications; @progress is left to the caller. */
CnxListener cnx_record_listener (CnxRecord * record);

/** Writes the ends, and hands the outputs to the settler, who notes them in the journal and puts them in their places.
 * @complete: the file was read to its end. Errors: G_FILE_ERROR (a full disk), CNX_ERROR_FORMAT for a sidecar that
 * cannot be added to; then no output is in its place. */
gboolean cnx_record_finish (CnxRecord * record, const CnxTagFacts * facts, gboolean complete, GError ** error);

G_END_DECLS
