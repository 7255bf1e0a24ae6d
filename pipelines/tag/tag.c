/* convnext tag: a folder of films and photographs in, searchable tags out. */
#include "pipelines/command/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <vips/vips.h>
#include <vips/vector.h>         /* needs the other one before it */

#include "core/error.h"
#include "core/picture/vips_use.h"
#include "opencl/cache/folder.h"
#include "gst-plugin/gstconvnext.h"
#include "gst-plugin/labels/labelmeta.h"
#include "gst-plugin/frame/wholemeta.h"
#include "pipelines/tag/jobs.h"
#include "pipelines/tag/read/file_reader.h"
#include "pipelines/tag/read/worker.h"
#include "pipelines/tag/options.h"
#include "pipelines/tag/report.h"

#define EXIT_SIGNAL 128         /* and its number, as a shell has it */

/* ---- stopping ---- */

static gint stop;               /* a signal's number, or CNX_JOBS_GIVE_UP */

/* The first one ends after the frame; a second one at once. */
static void
on_signal (int number)
{
  g_atomic_int_set (&stop, number);
}

static void
catch_signals (void)
{
  const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    struct sigaction old, action = {.sa_handler = on_signal,.sa_flags = SA_RESETHAND | SA_RESTART };
    if (sigaction (numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      sigaction (numbers[i], &action, NULL);
  }
}

/* ---- what outputs depend on ---- */

static void
add_weights (GChecksum * sum, CnxModel * model)
{
  const CnxRecipe *recipe = cnx_model_recipe (model);
  const CnxArch *arch = cnx_model_arch (model);
  struct stat status = { 0 };

  if (stat (cnx_model_path (model), &status) != 0)
    g_debug ("%s: %s", cnx_model_path (model), g_strerror (errno));
  g_autofree char *text = g_strdup_printf ("%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, cnx_model_name (model),
      (guint64) status.st_size, (guint64) status.st_mtime);
  g_checksum_update (sum, (const guchar *) text, -1);
  g_checksum_update (sum, (const guchar *) recipe, sizeof *recipe);
  for (int i = 0; i < arch->classes; i++) {
    const char *label = cnx_model_label (model, i);
    g_checksum_update (sum, (const guchar *) label, strlen (label) + 1);
  }
}

/* Pictures do not depend on how films are sampled. */
static char *
make_key (const CnxTagOptions * options, CnxEngine * engine, gboolean of_films)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  const CnxSampling *sampling = &options->sampling;
  g_autofree char *text = g_strdup_printf ("%s %d %g %s", cnx_precision_name (cnx_network_precision (cnx_engine_network
              (engine))), options->top_k, options->threshold,
      cnx_confidence_name (cnx_model_confidence (cnx_engine_model (engine))));

  add_weights (sum, cnx_engine_model (engine));
  g_checksum_update (sum, (const guchar *) text, -1);
  if (of_films) {
    g_autofree char *more = g_strdup_printf (" %g %u %d %.6f %.6f %g %g", sampling->rate, sampling->every,
        sampling->keyframes, sampling->start, sampling->end, options->gap, options->min_length);
    g_checksum_update (sum, (const guchar *) more, -1);
  }
  return g_strndup (g_checksum_get_string (sum), 16);
}

/* ---- a run ---- */

typedef struct
{
  CnxTagOptions *options;
  CnxKeeper *keeper;
  CnxProgress *progress;        /* NULL until the files are listed */
  guint complaints;
} Run;

static void
complain (gpointer data, const char *path, const GError * error)
{
  Run *run = data;

  cnx_say ("convnext tag: %s: %s", path, error->message);
  run->complaints++;
}

/* Subtitles are named like their film without its extension: who gets which name must not depend on which thread is
 * first. */
static void
claim_names (CnxJobs * jobs)
{
  g_autoptr (CnxFileReader) reader = cnx_file_reader_new (jobs->reader);
  gboolean any = FALSE;

  for (guint i = 0; i < jobs->film_record.formats->len; i++)
    any |= ((const CnxTagFormat *) jobs->film_record.formats->pdata[i])->drops_extension;
  for (guint i = 0; any && jobs->journals && i < jobs->inputs->len && !g_atomic_int_get (&stop); i++) {
    const CnxInput *input = jobs->inputs->pdata[i];
    CnxJournal *journal = cnx_journals_get (jobs->journals, input->output_dir, NULL);
    CnxKind kind;
    if (!journal || !cnx_file_reader_kind (reader, input->path, &kind, NULL) || kind != CNX_KIND_FILM)
      continue;
    CnxRecord *record = cnx_record_new (&jobs->film_record, input, FALSE, journal, NULL, 0, NULL);
    g_clear_pointer (&record, cnx_record_free);
  }
}

static void
say_sums (const Run * run, const CnxJobs * jobs)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (run->options->quiet)
    return;
  g_string_append_printf (text, "%d tagged", jobs->done);
  if (jobs->skipped)
    g_string_append_printf (text, ", %d were done already", jobs->skipped);
  if (jobs->passed > jobs->raws)
    g_string_append_printf (text, ", %d are neither films nor pictures", jobs->passed - jobs->raws);
  if (jobs->raws)
    g_string_append_printf (text, ", %d are raw files of cameras, which are not read", jobs->raws);
  if (jobs->failed + run->complaints)
    g_string_append_printf (text, ", %d failed", jobs->failed + run->complaints);
  if (stop)
    g_string_append (text, "; stopped: run it again to go on");
  fprintf (stderr, "%s\n", text->str);
}

/* The folders' pages, and the journals in order. */
static void
finish (const CnxTagOptions * options, CnxJobs * jobs)
{
  g_autoptr (GHashTable) tops = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < jobs->inputs->len; i++) {
    const CnxInput *input = jobs->inputs->pdata[i];
    if (!g_ptr_array_find (options->formats, &cnx_tag_html, NULL) || !g_hash_table_add (tops, input->top))
      continue;
    g_autoptr (GError) cause = NULL;
    if (!cnx_report_write (jobs->journals, input->top, options->inputs.paths, &cause)) {
      jobs->failed++;
      cnx_fail (cause);
    }
  }
  if (!cnx_journals_tidy (jobs->journals, &error)) {
    jobs->failed++;
    cnx_fail (error);
  }
}

static guint64
bytes_of (GPtrArray * inputs)
{
  guint64 sum = 0;

  for (guint i = 0; i < inputs->len; i++)
    sum += ((const CnxInput *) inputs->pdata[i])->size;
  return sum;
}

static int
exit_status (const Run * run, const CnxJobs * jobs)
{
  if (stop > 0)
    return EXIT_SIGNAL + stop;
  return jobs->failed + run->complaints || stop ? CNX_EXIT_FAILED : CNX_EXIT_OK;
}

static CnxTagModel
describe_model (CnxEngine * engine)
{
  CnxModel *model = cnx_engine_model (engine);
  const CnxRecipe *recipe = cnx_model_recipe (model);
  const CnxVariant *variant = cnx_variant_of (cnx_model_arch (model));

  return (CnxTagModel) {.name = cnx_model_name (model),.variant = variant ? variant->name : NULL,
    .classes = cnx_model_arch (model)->classes,.width = recipe->width,.height = recipe->height,
    .precision = cnx_precision_name (cnx_network_precision (cnx_engine_network (engine))),
    .device = cnx_device_info (cnx_engine_device (engine))->name
  };
}

static void
on_unsettled (gpointer data, const char *path, const GError * error)
{
  cnx_jobs_fail (data, path, error);
}

static void
on_damage (gpointer data, const char *path)
{
  cnx_progress_say (data, "convnext tag: %s is damaged: what it does not name any more is done anew, and what is there "
      "instead is kept as NAME~", path);
}

static void
on_shared (gpointer data, const char *folder)
{
  cnx_progress_say (data, "convnext tag: %s: another run is at work in this folder; neither harms the other, but what "
      "both were given is done twice", folder);
}

static int
run_jobs (Run * run, CnxEngine * engine, const CnxEngineSettings * settings, GPtrArray * inputs)
{
  const CnxTagOptions *options = run->options;
  const CnxTagModel model = describe_model (engine);
  g_autofree char *film_key = make_key (options, engine, TRUE), *picture_key = make_key (options, engine, FALSE);
  g_autoptr (CnxProgress) progress = cnx_progress_new (options->quiet, inputs->len, bytes_of (inputs), options->jobs);
  g_autoptr (CnxJournals) journals = options->to_stdout ? NULL : cnx_journals_new (on_damage,
      options->quiet ? NULL : on_shared, progress);
  g_autoptr (CnxOrdered) ordered = options->to_stdout ? cnx_ordered_new () : NULL;
  g_autoptr (CnxSettler) settler = NULL;
  const double end = options->sampling.end >= 0 ? options->sampling.end : G_MAXDOUBLE;
  const CnxReader reader = { engine, settings, options->top_k, options->threshold, options->sampling,
    MAX (1, g_get_num_processors () / options->jobs), run->keeper, options->file_timeout, &stop
  };
  CnxJobs jobs = {.reader = &reader,.model = &model,
    .film_record = {options->formats, film_key, options->gap, options->min_length, end, options->to_stdout},
    .picture_record = {options->formats, picture_key, 0, 0, G_MAXDOUBLE, options->to_stdout},
    .inputs = inputs,.journals = journals,.ordered = ordered,.progress = progress,.quiet = options->quiet,
    .threads = options->jobs,
    .stop = &stop
  };

  if (journals)
    settler = cnx_settler_new (on_unsettled, &jobs);
  jobs.film_record.settler = jobs.picture_record.settler = settler;
  claim_names (&jobs);
  cnx_jobs_run (&jobs);
  g_clear_pointer (&settler, cnx_settler_free);
  if (journals)
    finish (options, &jobs);
  say_sums (run, &jobs);
  return exit_status (run, &jobs);
}

/* What is listed comes first: a wrong name is told before a model is loaded. */
static int
run (CnxTagOptions * options, CnxKeeper * keeper)
{
  Run run = { options, keeper };
  const CnxEngineSettings settings = { options->model, options->common.variant, options->labels, options->recipe,
    options->common.device ? options->common.device : "auto", options->common.threads, options->common.precision,
    options->batch
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) inputs = cnx_inputs_list (&options->inputs, complain, &run);

  if (inputs->len == 0) {
    if (!run.complaints && !options->quiet)
      fprintf (stderr, "convnext tag: there are no files\n");
    return run.complaints ? CNX_EXIT_FAILED : CNX_EXIT_OK;
  }
  options->jobs = MIN ((guint) options->jobs, inputs->len);       /* one film alone gets all cores */
  g_autoptr (CnxEngine) engine = cnx_engine_new (&settings, &error);
  if (!engine)
    return cnx_fail (error);
  if (!options->quiet)
    cnx_warn (cnx_model_notes (cnx_engine_model (engine)));
  options->threshold = cnx_model_threshold (cnx_engine_model (engine), options->threshold, CNX_USUAL_THRESHOLD);
  catch_signals ();
  return run_jobs (&run, engine, &settings, inputs);
}

int
cnx_tag_main (int argc, char **argv)
{
  g_auto (CnxTagOptions) options = { 0 };
  g_autoptr (GError) error = NULL;

  if (!cnx_tag_options_parse (&options, argc, argv))
    return CNX_EXIT_USAGE;
  cnx_allow_files ();
  signal (SIGXFSZ, SIG_IGN);    /* a file that may not grow is an error to tell, as a full disk is */
  g_type_ensure (GST_TYPE_CONVNEXT);    /* before a plugin of that name, see gst-plugin/plugin.c */
  if (!gst_init_check (NULL, NULL, &error))
    return cnx_fail (error);
  if (!cnx_vips_start (&error))
    return cnx_fail (error);
  cnx_label_meta_register ();
  cnx_whole_meta_register ();
  vips_cache_set_max (0);       /* a file may change under the same name */
  vips_concurrency_set (1);     /* every job is a thread already */
  vips_vector_set_enabled (FALSE);      /* the same small pictures on every CPU */
  const CnxKeeperOptions kept = { (guint64) options.file_memory << 20, cnx_worker_serve };
  g_autoptr (CnxKeeper) keeper = cnx_keeper_new (&kept, &error);        /* before there are threads */
  const int status = keeper ? run (&options, keeper) : cnx_fail (error);
  vips_shutdown ();
  return status;
}
