#include "pipelines/tag/options.h"

#include <string.h>

#include "pipelines/tag/formats/format.h"

#define DEFAULT_RATE 1.0
#define DEFAULT_FORMAT "jsonl"
#define DEFAULT_TOP_K 5
#define UNSET -1.0
#define NO_THRESHOLD (-G_MAXDOUBLE)
/* Beyond these nobody gains, and memory is lost. */
#define MOST_JOBS 64
#define MOST_BATCH 256
#define USUAL_BATCH 16
#define USUAL_TIMEOUT 30
#define USUAL_MEMORY 2048
/* A week; and more than any machine has. */
#define MOST_TIMEOUT 604800
#define MOST_MEMORY (1 << 30)

/* What is wrong with one number, or NULL. */
static const char *
check_numbers (CnxTagOptions * self)
{
  const CnxSampling *sampling = &self->sampling;

  if (self->top_k < 1 || self->top_k > 1000)
    return "--top-k takes 1 to 1000";
  if (self->threshold != NO_THRESHOLD && !(self->threshold >= 0 && self->threshold <= 1))
    return "--threshold takes 0 to 1";
  if (sampling->rate != UNSET && !(sampling->rate > 0 && sampling->rate <= 1000))
    return "--rate takes classifications a second of film, above 0 and at most 1000";
  if (self->every < 0)
    return "--every takes a number of frames, 1 or more";
  if (!(self->gap >= 0 && self->gap < 1e7))
    return "--gap takes seconds, 0 or more";
  if (!(self->min_length >= 0 && self->min_length < 1e7))
    return "--min-length takes seconds, 0 or more";
  if (self->jobs < 0 || self->jobs > MOST_JOBS)
    return "--jobs takes 1 to 64";
  if (self->batch < 0 || self->batch > MOST_BATCH)
    return "--batch takes 1 to 256";
  if (self->file_timeout < 0 || self->file_timeout > MOST_TIMEOUT)
    return "--file-timeout takes seconds, 0 to 604800";
  if (self->file_memory < 0 || self->file_memory > MOST_MEMORY)
    return "--file-memory takes MiB, 0 or more";
  return NULL;
}

static const char *
check_sampling (CnxTagOptions * self)
{
  CnxSampling *sampling = &self->sampling;

  if (self->every > 0 && (sampling->rate != UNSET || sampling->keyframes))
    return "--every goes with neither --rate nor --keyframes";
  if (sampling->rate == UNSET)
    sampling->rate = self->every > 0 || sampling->keyframes ? 0 : DEFAULT_RATE;
  sampling->every = self->every;
  sampling->end = -1;
  if (self->start && !cnx_sampling_parse_time (self->start, &sampling->start))
    return "--start takes seconds, or H:MM:SS";
  if (self->end && !cnx_sampling_parse_time (self->end, &sampling->end))
    return "--end takes seconds, or H:MM:SS";
  if (sampling->end >= 0 && sampling->end <= sampling->start)
    return "--end must be behind --start";
  return NULL;
}

static const char *
check_formats (CnxTagOptions * self, GError ** error)
{
  g_auto (GStrv) names = g_strsplit (self->format ? self->format : DEFAULT_FORMAT, ",", -1);

  for (guint i = 0; names[i]; i++) {
    const CnxTagFormat *format = cnx_tag_format_find (g_strstrip (names[i]), error);
    if (!format)
      return (*error)->message;
    if (!g_ptr_array_find (self->formats, format, NULL))
      g_ptr_array_add (self->formats, (gpointer) format);
  }
  self->to_stdout = g_strcmp0 (self->output, "-") == 0;
  if (self->to_stdout && (self->formats->len != 1 || self->formats->pdata[0] != &cnx_tag_jsonl))
    return "--output - goes with --format jsonl alone";
  return NULL;
}

static const char *
check_inputs (CnxTagOptions * self)
{
  CnxInputOptions *inputs = &self->inputs;

  for (guint i = 0; inputs->include && inputs->include[i]; i++)
    if (g_str_has_suffix (inputs->include[i], "/"))
      return "--include takes globs of files: for what is in a folder, write FOLDER/*";
  int lists = 0;

  if (!inputs->paths && !self->list)
    return "what is to be tagged? Name files or folders, or a list with --files-from";
  for (guint i = 0; inputs->paths && inputs->paths[i]; i++)
    lists += strcmp (inputs->paths[i], "-") == 0;
  lists += g_strcmp0 (self->list, "-") == 0;
  if (lists > 1)
    return "the standard input holds one list";
  inputs->list = self->list;
  inputs->output = self->to_stdout ? NULL : self->output;
  return NULL;
}

static void
fill_in (CnxTagOptions * self)
{
  if (self->jobs == 0)
    self->jobs = MIN (g_get_num_processors (), MOST_JOBS);
  if (self->batch == 0)
    self->batch = MIN (self->jobs, USUAL_BATCH);
}

static const char *
check (CnxTagOptions * self, GError ** error)
{
  const char *wrong = check_numbers (self);

  if (!wrong)
    wrong = check_sampling (self);
  if (!wrong)
    wrong = check_formats (self, error);
  if (!wrong)
    wrong = check_inputs (self);
  fill_in (self);
  return wrong;
}

/* One table, as long as the options are many. */
static gboolean
parse (CnxTagOptions * self, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    {"format", 'f', 0, G_OPTION_ARG_STRING, &self->format,
        "jsonl, csv, json, vtt, srt, xmp, html; several with commas (default: jsonl)", "F[,F...]"},
    {"output", 'o', 0, G_OPTION_ARG_FILENAME, &self->output,
        "Folder for what is written (default: beside each file); - prints jsonl", "DIR"},
    {"rate", 'r', 0, G_OPTION_ARG_DOUBLE, &self->sampling.rate,
        "Classifications a second of film (default: 1)", "R"},
    {"every", 0, 0, G_OPTION_ARG_INT, &self->every, "Classify every N-th frame instead", "N"},
    {"keyframes", 'k', 0, G_OPTION_ARG_NONE, &self->sampling.keyframes,
        "Decode and classify key frames only, which is much faster", NULL},
    {"start", 0, 0, G_OPTION_ARG_STRING, &self->start, "Begin films there: seconds, or H:MM:SS", "TIME"},
    {"end", 0, 0, G_OPTION_ARG_STRING, &self->end, "End films there", "TIME"},
    {"gap", 0, 0, G_OPTION_ARG_DOUBLE, &self->gap,
        "Seconds for which a label may be missing in a segment (default: 0)", "S"},
    {"min-length", 0, 0, G_OPTION_ARG_DOUBLE, &self->min_length, "Leave out shorter segments (default: 0)", "S"},
    {"include", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->inputs.include,
        "Of folders, only files that match; may be repeated", "GLOB"},
    {"exclude", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->inputs.exclude,
        "Of folders, nothing that matches; may be repeated", "GLOB"},
    {"files-from", 'T', 0, G_OPTION_ARG_FILENAME, &self->list, "Read names from a file, one a line; - is the "
        "standard input", "FILE"},
    {"null", '0', 0, G_OPTION_ARG_NONE, &self->inputs.null_ends, "Names in lists end in a zero byte", NULL},
    {"model", 'm', 0, G_OPTION_ARG_STRING, &self->model,
        "A model's file, folder or name (default: the one that ships)", "MODEL"},
    {"labels", 0, 0, G_OPTION_ARG_FILENAME, &self->labels, "A label per line (default: the model's own)", "FILE"},
    {"recipe", 0, 0, G_OPTION_ARG_STRING, &self->recipe, "How pictures are prepared, where not as the model says",
        "KEY=VALUE,..."},
    {"top-k", 0, 0, G_OPTION_ARG_INT, &self->top_k, "Labels of each classification, at most (default: 5)", "K"},
    {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &self->threshold, "Labels of at least this confidence, 0 to 1 (default: "
        "the model's own, else 0.5)", "T"},
    {"jobs", 'j', 0, G_OPTION_ARG_INT, &self->jobs, "Files read at the same time (default: one for each core)", "N"},
    {"batch", 'b', 0, G_OPTION_ARG_INT, &self->batch, "Frames classified at once, at most (default: as many as jobs)",
        "N"},
    {"file-timeout", 0, 0, G_OPTION_ARG_INT, &self->file_timeout, "Give a file up after so long without progress "
        "(default: 30; 0: never)", "SECONDS"},
    {"file-memory", 0, 0, G_OPTION_ARG_INT, &self->file_memory, "Give a file up whose decoder takes more memory "
        "(default: 2048; 0: any)", "MIB"},
    {"quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet, "Say nothing but what went wrong", NULL},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->inputs.paths, NULL, NULL},
    {NULL}
  };

  return cnx_parse_options (&self->common, CNX_TAKES_VARIANT | CNX_TAKES_PRECISION, entries, "PATH...",
      "Writes what films and pictures show beside them, or into a folder: a line of JSON for each\n"
      "classification, subtitles, keywords for photo managers, a report for a browser. What is done\n"
      "is not done again.", argc, argv);
}

gboolean
cnx_tag_options_parse (CnxTagOptions * self, int argc, char **argv)
{
  g_autofree char *command = g_strdup (argv[0]);
  g_autoptr (GError) error = NULL;

  *self = (CnxTagOptions) {
    .top_k = DEFAULT_TOP_K,.threshold = NO_THRESHOLD,.sampling = {.rate = UNSET},
    .file_timeout = USUAL_TIMEOUT,.file_memory = USUAL_MEMORY
  };
  self->formats = g_ptr_array_new ();
  if (!parse (self, argc, argv))
    return FALSE;
  const char *wrong = check (self, &error);
  if (wrong)
    cnx_wrong (command, wrong);
  return wrong == NULL;
}

void
cnx_tag_options_clear (CnxTagOptions * self)
{
  cnx_common_options_clear (&self->common);
  g_clear_pointer (&self->formats, g_ptr_array_unref);
  g_strfreev (self->inputs.paths);
  g_strfreev (self->inputs.include);
  g_strfreev (self->inputs.exclude);
  g_free (self->model);
  g_free (self->labels);
  g_free (self->recipe);
  g_free (self->format);
  g_free (self->output);
  g_free (self->list);
  g_free (self->start);
  g_free (self->end);
}
