/* The files of one run of `convnext tag`, read by several threads. */
#pragma once

#include "pipelines/tag/inputs.h"
#include "pipelines/tag/journals.h"
#include "pipelines/tag/ordered.h"
#include "pipelines/tag/progress.h"
#include "pipelines/tag/record.h"

G_BEGIN_DECLS

/** What @stop is set to where every other file would fail alike: no signal's number. */
#define CNX_JOBS_GIVE_UP (-1)

/**
 * CnxJobs:
 * @reader: what files are read with
 * @model: what classifies, for the outputs
 * @film_record, @picture_record: what becomes of films, and of pictures
 * @inputs: CnxInput
 * @journals: of all output folders; NULL where nothing is kept
 * @ordered: the standard output, where text goes there; or NULL
 * @progress: who is told
 * @quiet: only of errors
 * @threads: how many read
 * @failed, @done, @skipped, @passed: counts of what became of the inputs: an error, outputs, outputs that were there
 *   already, and nothing, for it is neither film nor picture
 * @stop: set, to what is not 0, to end early, after the frames that are being classified
 *
 * One run. What is not set begins at 0.
 */
typedef struct
{
  const CnxReader *reader;
  const CnxTagModel *model;
  CnxRecordOptions film_record, picture_record;
  GPtrArray *inputs;
  CnxJournals *journals;
  CnxOrdered *ordered;
  CnxProgress *progress;
  gboolean quiet;
  guint threads;

  gint failed, done, skipped, passed;
  gint raws;                    /* of those passed: raw files of cameras */
  gint *stop;

  /* its own */
  gint next, running;
} CnxJobs;

/** Says that the outputs of the input at @path, which counts as done, did not come about. From any thread. */
void cnx_jobs_fail (CnxJobs * jobs, const char *path, const GError * error);

/** Reads all inputs; says each error as it comes. Returns when the last thread has ended. */
void cnx_jobs_run (CnxJobs * jobs);

G_END_DECLS
