/* convnext bench: how fast a network runs here, beside what the device could do at most. */
#include "pipelines/command.h"
#include "core/random_checkpoint.h"
#include "opencl/peak.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP 3
#define MIN_PASSES 5
#define PASSES_BETWEEN_PEAKS 8
#define DEFAULT_SECONDS 3.0

typedef struct
{
  CnxCommonOptions common;
  gboolean random_weights, profile;
  GArray *batches;              /* of int */
  int max_batch;
  double seconds;
  gint64 start;
} Options;

typedef struct
{
  double ms_min, ms_median;     /* a frame */
  double gflops, peak_gflops;
  guint passes;
  double start_ms;              /* from the command's start to the first answer */
  double memory_mb;             /* anonymous memory after it */
  double peak_memory_mb;        /* all memory at most, until then */
} Result;

/* ---- the model ---- */

static CnxModel *
load_random (const char *variant_name, GError ** error)
{
  const CnxVariant *variant = cnx_variant_find (variant_name ? variant_name : "tiny");

  if (!variant)
    return cnx_model_open (NULL, variant_name, NULL, error);    /* which says what variants there are */
  g_autofree char *dir = g_dir_make_tmp ("convnext-bench-XXXXXX", error);
  if (!dir)
    return NULL;
  CnxModel *model = NULL;
  if (cnx_write_random_checkpoint (dir, &variant->arch, 1, error))
    model = cnx_model_load (dir, error);
  const char *const names[] = { "model.safetensors", "config.json" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (dir, names[i], NULL);
    g_unlink (path);            /* a file that is mapped stays until it is unmapped */
  }
  g_rmdir (dir);
  return model;
}

static char *
variant_label (CnxModel * model)
{
  const CnxVariant *variant = cnx_variant_of (cnx_model_arch (model));
  return g_strdup (variant ? variant->name : cnx_model_name (model));
}

/* ---- timing ---- */

/* A line of /proc/self/status, in MB; 0 where there is none. */
static double
status_mb (const char *name)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL))
    return 0;
  const char *line = strstr (text, name);
  return line ? g_ascii_strtoull (line + strlen (name), NULL, 10) / 1024.0 : 0;
}

static int
by_value (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

/* One network, and what is measured of it for every batch size. */
typedef struct
{
  const Options *options;
  CnxNetwork *network;
  CnxPeak *peak;
  float *in, *logits;
  double flops;                 /* of one picture */
  GPtrArray *times;             /* for each batch size, a GArray of milliseconds a frame */
} Run;

static int
batch_at (const Options * options, guint i)
{
  return g_array_index (options->batches, int, i);
}

static gboolean
time_pass (Run * run, guint which, GError ** error)
{
  const int batch = batch_at (run->options, which);
  const gint64 start = g_get_monotonic_time ();

  if (!cnx_network_forward (run->network, run->in, batch, run->logits, error))
    return FALSE;
  const double ms = (g_get_monotonic_time () - start) / 1e3 / batch;
  g_array_append_val (g_ptr_array_index (run->times, which), ms);
  return TRUE;
}

static gboolean
warm_up (Run * run, Result * result, GError ** error)
{
  for (guint i = 0; i < WARM_UP; i++) {
    if (!cnx_network_forward (run->network, run->in, batch_at (run->options, 0), run->logits, error))
      return FALSE;
    if (i == 0) {
      result->start_ms = (g_get_monotonic_time () - run->options->start) / 1e3;
      result->memory_mb = status_mb ("RssAnon:");
      result->peak_memory_mb = status_mb ("VmHWM:");
    }
  }
  return TRUE;
}

/* Passes for so many seconds, every batch size in turn and the peak in between, so that all see the same machine. */
static gboolean
time_passes (Run * run, Result * result, GError ** error)
{
  const gint64 begin = g_get_monotonic_time ();
  guint rounds = 0;

  if (!warm_up (run, result, error))
    return FALSE;
  for (; rounds < MIN_PASSES || g_get_monotonic_time () - begin < run->options->seconds * 1e6; rounds++) {
    if (rounds % PASSES_BETWEEN_PEAKS == 0)
      result->peak_gflops = cnx_peak_measure (run->peak);
    for (guint i = 0; i < run->times->len; i++)
      if (!time_pass (run, i, error))
        return FALSE;
  }
  return TRUE;
}

static void
summarise (const Run * run, guint which, Result * result)
{
  GArray *times = run->times->pdata[which];

  g_array_sort (times, by_value);
  result->passes = times->len;
  result->ms_min = g_array_index (times, double, 0);
  result->ms_median = g_array_index (times, double, times->len / 2);
  result->gflops = run->flops / result->ms_min / 1e6;
}

/* ---- what is printed ---- */

static void
print_json (int batch, const char *variant, const char *precision, int height, int width, const char *device,
    const Result * result)
{
  g_autofree char *quoted = g_strescape (device, NULL);
  g_autofree char *name = g_strescape (variant, NULL);

  printf ("{\"variant\": \"%s\", \"precision\": \"%s\", \"size\": %d, \"width\": %d, \"batch\": %d, "
      "\"device\": \"%s\", \"ms_min\": %.4f, \"ms_median\": %.4f, \"gflops\": %.2f, \"peak_gflops\": %.2f, "
      "\"peak_ratio\": %.4f, \"start_ms\": %.1f, \"memory_mb\": %.1f, \"peak_memory_mb\": %.1f}\n", name, precision, height, width, batch, quoted, result->ms_min,
      result->ms_median, result->gflops, result->peak_gflops,
      result->peak_gflops > 0 ? result->gflops / result->peak_gflops : 0, result->start_ms, result->memory_mb,
      result->peak_memory_mb);
}

static void
print_text (int batch, const char *variant, const char *precision, int height, int width, const char *device,
    const Result * result)
{
  printf ("%s, %s, %d x %d, batch %d, on %s\n", variant, precision, width, height, batch, device);
  printf ("  %.2f ms a frame at best, %.2f in the middle of %u passes\n", result->ms_min, result->ms_median,
      result->passes);
  printf ("  %.1f GFLOP/s, %.0f %% of the device's peak (%.1f, measured in between)\n", result->gflops,
      result->peak_gflops > 0 ? 100 * result->gflops / result->peak_gflops : 0, result->peak_gflops);
  printf ("  first answer after %.2f s, with %.0f MB of memory of its own, %.0f MB at most\n",
      result->start_ms / 1e3, result->memory_mb, result->peak_memory_mb);
}

/* Milliseconds a frame of every kernel, each the least of some passes. */
static gboolean
print_profile (Run * run, GError ** error)
{
  const int batch = batch_at (run->options, 0);
  g_autoptr (GArray) best = NULL;
  double total = 0;

  if (!cnx_network_profile_start (run->network, error))
    return FALSE;
  for (int pass = 0; pass < 20; pass++) {
    if (!cnx_network_forward (run->network, run->in, batch, run->logits, error))
      return FALSE;
    g_autoptr (GArray) lines = cnx_network_profile_take (run->network);
    for (guint i = 0; best && i < MIN (best->len, lines->len); i++) {
      CnxProfileLine *line = &g_array_index (best, CnxProfileLine, i);
      line->ms = MIN (line->ms, g_array_index (lines, CnxProfileLine, i).ms);
    }
    if (!best)
      best = g_steal_pointer (&lines);
  }
  printf ("\n  %-8s %-17s %8s %10s %10s\n", "where", "kernel", "launches", "ms a frame", "GFLOP/s");
  for (guint i = 0; i < best->len; i++) {
    const CnxProfileLine *line = &g_array_index (best, CnxProfileLine, i);
    printf ("  %-8s %-17s %8u %10.3f", line->section, line->kernel, line->launches, line->ms / batch);
    if (line->gflop > 0)
      printf (" %10.1f", line->gflop / line->ms * 1e3);
    printf ("\n");
    total += line->ms / batch;
  }
  printf ("  %-8s %-17s %8s %10.3f\n", "all", "", "", total);
  return TRUE;
}

/* ---- the command ---- */

static int
measure (Run * run, CnxModel * model, const char *device, int height, int width)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *variant = variant_label (model);
  const char *precision = cnx_precision_name (cnx_network_precision (run->network));
  Result result = { 0 };

  if (!time_passes (run, &result, &error))
    return cnx_fail (error);
  for (guint i = 0; i < run->times->len; i++) {
    summarise (run, i, &result);
    (run->options->common.json ? print_json : print_text) (batch_at (run->options, i), variant, precision, height,
        width, device, &result);
  }
  if (run->options->profile && !print_profile (run, &error))
    return cnx_fail (error);
  return CNX_EXIT_OK;
}

static int
bench (const Options * options, const char *model_name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = options->random_weights ? load_random (options->common.variant, &error)
      : cnx_model_open (model_name, options->common.variant, NULL, &error);
  g_autoptr (CnxDevice) device = NULL;
  g_autoptr (CnxNetwork) network = NULL;
  g_autoptr (CnxPeak) peak = NULL;
  int height, width;

  if (!model || !(device = cnx_device_open (options->common.device, options->common.threads, &error))
      || !(network = cnx_open_network (&options->common, device, model, options->max_batch, &height, &width, &error))
      || !(peak = cnx_peak_new (device, cnx_network_precision (network), &error)))
    return cnx_fail (error);

  const gsize values = (gsize) options->max_batch * height * width * 3;
  g_autofree float *in = g_new (float, values);
  g_autofree float *logits = g_new (float, (gsize) options->max_batch * cnx_network_classes (network));
  g_autoptr (GPtrArray) times = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  Run run = { options, network, peak, in, logits, 2.0 * cnx_arch_macs (cnx_model_arch (model), height, width), times };

  cnx_fill_random (in, values, 2, 2.0f);
  for (guint i = 0; i < options->batches->len; i++)
    g_ptr_array_add (times, g_array_new (FALSE, FALSE, sizeof (double)));
  return measure (&run, model, cnx_device_info (device)->name, height, width);
}

/* "1,4,16"; NULL is 1. */
static gboolean
parse_batches (const char *text, Options * options)
{
  g_auto (GStrv) words = g_strsplit (text ? text : "1", ",", -1);

  for (guint i = 0; words[i]; i++) {
    guint64 value;
    if (!g_ascii_string_to_unsigned (words[i], 10, 1, 4096, &value, NULL))
      return FALSE;
    const int batch = value;
    g_array_append_val (options->batches, batch);
    options->max_batch = MAX (options->max_batch, batch);
  }
  return options->batches->len > 0;
}

int
cnx_bench_main (int argc, char **argv)
{
  g_auto (CnxCommonOptions) common = { 0 };
  g_autofree char *batches = NULL;
  g_autoptr (GArray) parsed = g_array_new (FALSE, FALSE, sizeof (int));
  Options options = {.batches = parsed,.seconds = DEFAULT_SECONDS,.start = g_get_monotonic_time () };
  const GOptionEntry entries[] = {
    {"random-weights", 0, 0, G_OPTION_ARG_NONE, &options.random_weights,
        "Of the variant, instead of a model's", NULL},
    {"batch", 'b', 0, G_OPTION_ARG_STRING, &batches, "Pictures at once; several are measured in turn (default: 1)",
        "N[,N...]"},
    {"seconds", 's', 0, G_OPTION_ARG_DOUBLE, &options.seconds, "How long to measure (default: 3)", "S"},
    {"profile", 0, 0, G_OPTION_ARG_NONE, &options.profile, "Milliseconds of every kernel too", NULL},
    {NULL}
  };
  const char *wrong = NULL;

  if (!cnx_parse_options (&common, entries, "[MODEL] [OPTION...]",
          "Times a model (a file, a folder, a name; the one that ships without any) or a variant with random\n"
          "weights, and measures the device's own peak in between.", &argc, &argv))
    return CNX_EXIT_USAGE;
  options.common = common;
  if (argc > 2)
    wrong = "one model at a time";
  else if (!parse_batches (batches, &options))
    wrong = "--batch takes whole numbers from 1 to 4096, separated by commas";
  else if (common.threads < 0 || common.size < 0 || !(options.seconds >= 0))
    wrong = "--threads, --size and --seconds take nothing below 0";
  else if (options.random_weights && argc > 1)
    wrong = "--random-weights is instead of a model's own";
  if (wrong) {
    fprintf (stderr, "convnext bench: %s\n", wrong);
    return CNX_EXIT_USAGE;
  }
  return bench (&options, argc > 1 ? argv[1] : NULL);
}
