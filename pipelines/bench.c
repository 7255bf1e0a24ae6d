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
  int batch;
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

/* Passes for so many seconds, with the peak measured in between, so that both see the same machine. */
static gboolean
time_passes (const Options * options, CnxNetwork * network, CnxPeak * peak, const float *in, float *logits,
    double flops, Result * result, GError ** error)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  const gint64 begin = g_get_monotonic_time ();

  for (guint i = 0; i < WARM_UP; i++) {
    if (!cnx_network_forward (network, in, options->batch, logits, error))
      return FALSE;
    if (i == 0) {
      result->start_ms = (g_get_monotonic_time () - options->start) / 1e3;
      result->memory_mb = status_mb ("RssAnon:");
      result->peak_memory_mb = status_mb ("VmHWM:");
    }
  }
  while (times->len < MIN_PASSES || g_get_monotonic_time () - begin < options->seconds * 1e6) {
    if (times->len % PASSES_BETWEEN_PEAKS == 0)
      result->peak_gflops = cnx_peak_measure (peak);
    const gint64 start = g_get_monotonic_time ();
    if (!cnx_network_forward (network, in, options->batch, logits, error))
      return FALSE;
    const double ms = (g_get_monotonic_time () - start) / 1e3 / options->batch;
    g_array_append_val (times, ms);
  }
  g_array_sort (times, by_value);
  result->passes = times->len;
  result->ms_min = g_array_index (times, double, 0);
  result->ms_median = g_array_index (times, double, times->len / 2);
  result->gflops = flops / result->ms_min / 1e6;
  return TRUE;
}

/* ---- what is printed ---- */

static void
print_json (const Options * options, const char *variant, const char *precision, int height, int width,
    const char *device, const Result * result)
{
  g_autofree char *quoted = g_strescape (device, NULL);
  g_autofree char *name = g_strescape (variant, NULL);

  printf ("{\"variant\": \"%s\", \"precision\": \"%s\", \"size\": %d, \"width\": %d, \"batch\": %d, "
      "\"device\": \"%s\", \"ms_min\": %.4f, \"ms_median\": %.4f, \"gflops\": %.2f, \"peak_gflops\": %.2f, "
      "\"peak_ratio\": %.4f, \"start_ms\": %.1f, \"memory_mb\": %.1f, \"peak_memory_mb\": %.1f}\n", name, precision, height, width, options->batch, quoted, result->ms_min,
      result->ms_median, result->gflops, result->peak_gflops,
      result->peak_gflops > 0 ? result->gflops / result->peak_gflops : 0, result->start_ms, result->memory_mb,
      result->peak_memory_mb);
}

static void
print_text (const Options * options, const char *variant, const char *precision, int height, int width,
    const char *device, const Result * result)
{
  printf ("%s, %s, %d x %d, batch %d, on %s\n", variant, precision, width, height, options->batch, device);
  printf ("  %.2f ms a frame at best, %.2f in the middle of %u passes\n", result->ms_min, result->ms_median,
      result->passes);
  printf ("  %.1f GFLOP/s, %.0f %% of the device's peak (%.1f, measured in between)\n", result->gflops,
      result->peak_gflops > 0 ? 100 * result->gflops / result->peak_gflops : 0, result->peak_gflops);
  printf ("  first answer after %.2f s, with %.0f MB of memory of its own, %.0f MB at most\n",
      result->start_ms / 1e3, result->memory_mb, result->peak_memory_mb);
}

/* Milliseconds a frame of every kernel, each the least of some passes. */
static gboolean
print_profile (const Options * options, CnxNetwork * network, const float *in, float *logits, GError ** error)
{
  g_autoptr (GArray) best = NULL;
  double total = 0;

  if (!cnx_network_profile_start (network, error))
    return FALSE;
  for (int pass = 0; pass < 20; pass++) {
    if (!cnx_network_forward (network, in, options->batch, logits, error))
      return FALSE;
    g_autoptr (GArray) lines = cnx_network_profile_take (network);
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
    printf ("  %-8s %-17s %8u %10.3f", line->section, line->kernel, line->launches, line->ms / options->batch);
    if (line->gflop > 0)
      printf (" %10.1f", line->gflop / line->ms * 1e3);
    printf ("\n");
    total += line->ms / options->batch;
  }
  printf ("  %-8s %-17s %8s %10.3f\n", "all", "", "", total);
  return TRUE;
}

/* ---- the command ---- */

static int
run (const Options * options, const char *model_name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = options->random_weights ? load_random (options->common.variant, &error)
      : cnx_model_open (model_name, options->common.variant, NULL, &error);
  g_autoptr (CnxDevice) device = NULL;
  g_autoptr (CnxNetwork) network = NULL;
  g_autoptr (CnxPeak) peak = NULL;
  int height, width;

  if (!model || !(device = cnx_device_open (options->common.device, options->common.threads, &error))
      || !(network = cnx_open_network (&options->common, device, model, options->batch, &height, &width, &error))
      || !(peak = cnx_peak_new (device, cnx_network_precision (network), &error)))
    return cnx_fail (error);

  const gsize values = (gsize) options->batch * height * width * 3;
  const double flops = 2.0 * cnx_arch_macs (cnx_model_arch (model), height, width);
  g_autofree char *variant = variant_label (model);
  const char *device_name = cnx_device_info (device)->name;
  const char *precision = cnx_precision_name (cnx_network_precision (network));
  g_autofree float *in = g_new (float, values);
  g_autofree float *logits = g_new (float, (gsize) options->batch * cnx_network_classes (network));
  Result result = { 0 };

  cnx_fill_random (in, values, 2, 2.0f);
  if (!time_passes (options, network, peak, in, logits, flops, &result, &error))
    return cnx_fail (error);
  (options->common.json ? print_json : print_text) (options, variant, precision, height, width, device_name,
      &result);
  if (options->profile && !print_profile (options, network, in, logits, &error))
    return cnx_fail (error);
  return CNX_EXIT_OK;
}

int
cnx_bench_main (int argc, char **argv)
{
  g_auto (CnxCommonOptions) common = { 0 };
  Options options = {.batch = 1,.seconds = DEFAULT_SECONDS,.start = g_get_monotonic_time () };
  const GOptionEntry entries[] = {
    {"random-weights", 0, 0, G_OPTION_ARG_NONE, &options.random_weights,
        "Of the variant, instead of a model's", NULL},
    {"batch", 'b', 0, G_OPTION_ARG_INT, &options.batch, "Pictures at once (default: 1)", "N"},
    {"seconds", 's', 0, G_OPTION_ARG_DOUBLE, &options.seconds, "How long to measure (default: 3)", "S"},
    {"profile", 0, 0, G_OPTION_ARG_NONE, &options.profile, "Milliseconds of every kernel too", NULL},
    {NULL}
  };

  if (!cnx_parse_options (&common, entries, "[MODEL] [OPTION...]",
          "Times a model (a file, a folder, a name; the one that ships without any) or a variant with random\n"
          "weights, and measures the device's own peak in between.", &argc, &argv))
    return CNX_EXIT_USAGE;
  options.common = common;
  if (argc > 2 || options.batch < 1 || common.threads < 0 || common.size < 0 || !(options.seconds >= 0)) {
    fprintf (stderr, "convnext bench: %s\n", argc > 2 ? "one model at a time"
        : "--batch takes 1 or more; --threads, --size and --seconds nothing below 0");
    return CNX_EXIT_USAGE;
  }
  if (options.random_weights && argc > 1) {
    fprintf (stderr, "convnext bench: --random-weights is instead of a model's own\n");
    return CNX_EXIT_USAGE;
  }
  return run (&options, argc > 1 ? argv[1] : NULL);
}
