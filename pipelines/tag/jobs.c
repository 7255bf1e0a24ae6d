#include "pipelines/tag/jobs.h"

#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "pipelines/tag/html/html_index.h"
#include "pipelines/tag/read/file_reader.h"

#define SHOW_US (G_USEC_PER_SEC / 10)

/* One of the threads that read. */
typedef struct
{
  CnxJobs *jobs;
  guint slot;
  GThread *thread;
  CnxFileReader *reader;
} Worker;

typedef enum
{ DONE, SKIPPED, PASSED, FAILED, STOPPED } Outcome;

/* A listener that passes on to a record, and tells of progress. */
typedef struct
{
  Worker *worker;
  CnxListener record;
  const CnxTagFacts *facts;
} Ear;

static gboolean
on_begin (gpointer data, const CnxTagFacts * facts, GError ** error)
{
  Ear *ear = data;

  return ear->record.begin (ear->record.data, facts, error);
}

static gboolean
on_sample (gpointer data, const CnxTagSample * sample, GstVideoFrame * frame, GstVideoOrientationMethod direction,
    GError ** error)
{
  Ear *ear = data;

  return ear->record.sample (ear->record.data, sample, frame, direction, error);
}

static void
on_progress (gpointer data, double seconds, guint64 frames)
{
  Ear *ear = data;

  /* a film in fragments tells its length as far as it is read */
  const double duration = seconds <= ear->facts->duration ? ear->facts->duration : 0;

  cnx_progress_move (ear->worker->jobs->progress, ear->worker->slot, seconds, duration, frames);
}

static void
on_warning (gpointer data, const char *text)
{
  Ear *ear = data;

  if (!ear->worker->jobs->quiet)
    cnx_progress_say (ear->worker->jobs->progress, "convnext tag: %s: %s", ear->facts->path, text);
}

/* ---- one file ---- */

/* Errors that every other file would meet too. */
static gboolean
is_fatal (const GError * error)
{
  return g_error_matches (error, CNX_ERROR, CNX_ERROR_DEVICE)
      || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC)
      || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_ROFS)
      || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_PIPE) || error->domain == G_SPAWN_ERROR;
}

/* From the outputs' folder to the file, where that is another one. */
static char *
link_to (const CnxInput * input)
{
  g_autofree char *folder = g_path_get_dirname (input->path);
  g_autofree char *from = g_canonicalize_filename (input->output_dir, NULL);
  g_autofree char *to = g_canonicalize_filename (folder, NULL);

  return strcmp (from, to) == 0 ? NULL : g_canonicalize_filename (input->path, NULL);
}

static Outcome
tag (Worker * worker, const CnxInput * input, guint place, CnxKind kind, CnxRecord * record, GError ** error)
{
  CnxJobs *jobs = worker->jobs;
  g_autofree char *link = link_to (input);
  CnxTagFacts facts = {.file = input->path,.path = input->path,.link = link,.is_picture = kind == CNX_KIND_PICTURE,
    .fps_d = 1,.duration = -1,.model = jobs->model
  };
  Ear ear = { worker, cnx_record_listener (record), &facts };
  const CnxListener listener = { on_begin, on_sample, on_progress, on_warning, &ear };
  gboolean complete = FALSE;

  if (!cnx_file_reader_read (worker->reader, &facts, &listener, &complete, error))
    return FAILED;
  if (!complete && facts.width == 0)
    return STOPPED;             /* before its first frame */
  return cnx_record_finish (record, &facts, complete, error) ? DONE : FAILED;
}

/* What a folder has beside films and pictures is no error; a file that was named is, or one called like them. */
static Outcome
pass_over (CnxJobs * jobs, const CnxInput * input, CnxKind kind, GError ** error)
{
  static const char *const whys[] = {
    [CNX_KIND_OTHER] = "neither a film that GStreamer knows nor a picture that libvips knows",
    [CNX_KIND_RAW] = "it is a camera's raw file, which nothing here develops: tag the picture that the camera, or a "
        "converter, made of it",
    [CNX_KIND_SESSION] = "it is a session description (SDP): it holds no film, it says where one is sent, and nothing "
        "is fetched",
    [CNX_KIND_PLAYLIST] = "it is a playlist: it holds no film, it says where some are, and nothing is fetched"
  };
  const gboolean is_raw = kind == CNX_KIND_RAW, promised = !is_raw && cnx_kind_is_promised (input->name);
  const char *why = whys[kind];

  if (!input->named && !promised) {
    g_atomic_int_add (&jobs->raws, is_raw);
    return PASSED;
  }
  if (input->size == 0)
    why = "it is empty";
  else if (promised && kind == CNX_KIND_OTHER)
    why = "neither a film that GStreamer knows nor a picture that libvips knows, though it is called like one: it is "
        "damaged, has sound alone, or another name would fit it";
  g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, why);
  return FAILED;
}

static Outcome
work_on (Worker * worker, const CnxInput * input, guint place, GError ** error)
{
  CnxJobs *jobs = worker->jobs;
  CnxJournal *journal = NULL;
  CnxKind kind;

  if (!cnx_file_reader_kind (worker->reader, input->path, &kind, error))
    return FAILED;
  if (kind == CNX_KIND_UNKNOWN)
    return STOPPED;
  if (kind != CNX_KIND_PICTURE && kind != CNX_KIND_FILM)
    return pass_over (jobs, input, kind, error);
  if (jobs->journals && !(journal = cnx_journals_get (jobs->journals, input->output_dir, error)))
    return FAILED;
  const gboolean is_picture = kind == CNX_KIND_PICTURE;
  g_autoptr (CnxRecord) record = cnx_record_new (is_picture ? &jobs->picture_record : &jobs->film_record, input,
      is_picture, journal, jobs->ordered, place, error);
  if (!record)
    return FAILED;
  return cnx_record_is_done (record) ? SKIPPED : tag (worker, input, place, kind, record, error);
}

/* What was written by a former run is not worth a word. */
static gboolean
is_output (const CnxInput * input)
{
  const CnxTagFormat *const *formats = cnx_tag_formats ();

  for (guint i = 0; formats[i]; i++)
    if (g_str_has_suffix (input->name, formats[i]->extension))
      return TRUE;
  return strcmp (input->name, CNX_TAG_HTML_INDEX) == 0 || strcmp (input->name, CNX_JOURNAL_NAME) == 0;
}

static void
count (CnxJobs * jobs, Outcome outcome)
{
  gint *const counts[] = {[DONE] = &jobs->done,[SKIPPED] = &jobs->skipped,[PASSED] = &jobs->passed,
    [FAILED] = &jobs->failed
  };

  if (outcome != STOPPED)       /* the next run's */
    g_atomic_int_inc (counts[outcome]);
}

static void
say_error (CnxJobs * jobs, const char *path, const GError * error)
{
  cnx_progress_say (jobs->progress, "convnext tag: %s: %s", path, error->message);
  if (is_fatal (error) && g_atomic_int_compare_and_exchange (jobs->stop, 0, CNX_JOBS_GIVE_UP))
    cnx_progress_say (jobs->progress, "convnext tag: every other file would meet the same: giving up");
}

void
cnx_jobs_fail (CnxJobs * jobs, const char *path, const GError * error)
{
  say_error (jobs, path, error);
  g_atomic_int_add (&jobs->done, -1);
  g_atomic_int_inc (&jobs->failed);
}

static void
work_and_tell (Worker * worker, const CnxInput * input, guint place)
{
  CnxJobs *jobs = worker->jobs;
  g_autoptr (GError) error = NULL;

  cnx_progress_begin (jobs->progress, worker->slot, input->path, input->size);
  const Outcome outcome = work_on (worker, input, place, &error);
  if (outcome == FAILED)
    say_error (jobs, input->path, error);
  if (jobs->ordered) {
    if (outcome == FAILED)
      cnx_ordered_drop (jobs->ordered, place);
    cnx_ordered_end (jobs->ordered, place);
  }
  cnx_progress_end (jobs->progress, worker->slot, outcome == DONE || outcome == FAILED);
  if (outcome != PASSED || !is_output (input))
    count (jobs, outcome);
}

/* ---- threads ---- */

static gpointer
work (gpointer data)
{
  Worker *worker = data;
  CnxJobs *jobs = worker->jobs;

  worker->reader = cnx_file_reader_new (jobs->reader);
  while (!g_atomic_int_get (jobs->stop)) {
    const guint place = g_atomic_int_add (&jobs->next, 1);
    if (place >= jobs->inputs->len)
      break;
    work_and_tell (worker, jobs->inputs->pdata[place], place);
  }
  g_clear_pointer (&worker->reader, cnx_file_reader_free);
  g_atomic_int_add (&jobs->running, -1);
  return NULL;
}

void
cnx_jobs_run (CnxJobs * jobs)
{
  const guint n = jobs->threads;
  g_autofree Worker *workers = g_new0 (Worker, n);

  jobs->running = n;
  for (guint i = 0; i < n; i++) {
    workers[i].jobs = jobs;
    workers[i].slot = i;
    workers[i].thread = g_thread_new ("tag", work, &workers[i]);
  }
  while (g_atomic_int_get (&jobs->running) > 0) {
    g_usleep (SHOW_US);
    cnx_progress_show (jobs->progress);
  }
  for (guint i = 0; i < n; i++)
    g_thread_join (workers[i].thread);
  cnx_progress_clear (jobs->progress);
}
