/* convnext bench: how fast a network runs here, beside what the device could do at most. */
#include "pipelines/command/command.h"
#include "core/error.h"
#include "core/model/cost.h"
#include "core/model/random_checkpoint.h"
#include "core/weights/safetensors_writer.h"
#include "opencl/peak.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WARM_UP 3
#define MIN_PASSES 5
#define PASSES_BETWEEN_PEAKS 8
#define DEFAULT_SECONDS 3.0
#define MOST_SECONDS 86400

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
  double bandwidth_gbs;         /* what the device reads from its main memory */
  double flop_per_byte;         /* see flop_per_byte() */
  guint passes;
  double start_ms;              /* from the command's start to the first answer */
  double memory_mb;             /* anonymous memory after it */
  double peak_memory_mb;        /* all memory at most, until then */
} Result;

/* ---- the model ---- */

/* The files of random weights and their folder, while there are any. */
static char *random_paths[4];

/* Also called by a signal, in the middle of anything. */
static void
remove_random (void)
{
  for (guint i = 0; i < 3; i++)
    if (random_paths[i])
      unlink (random_paths[i]); /* a file that is open stays until it is closed */
  if (random_paths[3])
    rmdir (random_paths[3]);
}

static CnxModel *
load_random (const char *variant_name, GError ** error)
{
  const CnxVariant *variant = cnx_variant_find (variant_name ? variant_name : "tiny");

  if (!variant)
    return cnx_model_open_unlabelled (NULL, variant_name, NULL, error);    /* which says what variants there are */
  char *dir = g_dir_make_tmp ("convnext-bench-XXXXXX", error);
  if (!dir)
    return NULL;
  random_paths[0] = g_build_filename (dir, "model.safetensors", NULL);
  random_paths[1] = cnx_safetensors_part_name (random_paths[0]);
  random_paths[2] = g_build_filename (dir, "config.json", NULL);
  random_paths[3] = dir;
  cnx_set_clean_up (remove_random);
  CnxModel *model = NULL;
  if (cnx_write_random_checkpoint (dir, &variant->arch, 1, error))
    model = cnx_model_load (dir, error);
  remove_random ();
  cnx_set_clean_up (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (random_paths); i++)
    g_clear_pointer (&random_paths[i], g_free);
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

/* Bytes of the weights as the device holds them, without what fills panels up: of the blocks' products in @precision,
 * of the downsamples' where they are too, all others and every vector in fp32. An int8 row has a scale, and a sum of
 * each group, beside its values. */
static double
weight_bytes (const CnxArch * arch, CnxPrecision precision)
{
  const gboolean int8 = precision == CNX_PRECISION_INT8;
  const double size = precision == CNX_PRECISION_FP32 ? 4 : int8 ? 1 + 4.0 / CNX_INT8_GROUP : 2;
  double values = 0, rows = 0;

  for (int s = 0; s < CNX_STAGES; s++) {
    const double channels = arch->dims[s];
    values += arch->depths[s] * 8 * channels * channels;
    rows += arch->depths[s] * 5 * channels;
    if (s > 0 && cnx_precision_of_downsamples (precision) == precision)
      values += 4 * channels * arch->dims[s - 1];
  }
  return 4 * (cnx_arch_parameters (arch) - values) + size * values + (int8 ? 4 * rows : 0);
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
  const char *variant, *device;
  int height, width;
  float *in, *logits;
  const CnxArch *arch;
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

static void
measure_device (Run * run, Result * result)
{
  result->bandwidth_gbs = cnx_peak_bandwidth (run->peak);
  result->peak_gflops = cnx_peak_measure (run->peak);
}

/* The first launch of a kernel may compile it. */
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
  measure_device (run, result);
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
      measure_device (run, result);
    for (guint i = 0; i < run->times->len; i++)
      if (!time_pass (run, i, error))
        return FALSE;
  }
  measure_device (run, result);
  return TRUE;
}

/* Flops of a pass over the bytes that it must move between the device and its main memory at least: the packed weights
 * once, however many pictures there are, and each picture's input and logits in fp32. The activations in between and
 * weights that are read again count as staying in the caches; where the weights stay there from pass to pass too (a
 * small network on a large cache), fewer bytes are moved than this says. */
static double
flop_per_byte (const Run * run, int batch)
{
  const double pictures = 4.0 * batch * (3.0 * run->height * run->width + run->arch->classes);

  return batch * run->flops / (weight_bytes (run->arch, cnx_network_precision (run->network)) + pictures);
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
  result->flop_per_byte = flop_per_byte (run, batch_at (run->options, which));
}

/* ---- what is printed ---- */

static double
peak_ratio (const Result * result)
{
  return result->peak_gflops > 0 ? result->gflops / result->peak_gflops : 0;
}

static const char *
precision_name (const Run * run)
{
  return cnx_precision_name (cnx_network_precision (run->network));
}

static void
print_json (const Run * run, int batch, const Result * result)
{
  g_autofree char *variant = cnx_json_string (run->variant);
  g_autofree char *device = cnx_json_string (run->device);

  printf ("{\"variant\": %s, \"precision\": \"%s\", \"size\": %d, \"width\": %d, \"batch\": %d, \"device\": %s, ",
      variant, precision_name (run), run->height, run->width, batch, device);
  printf ("\"ms_min\": %.4f, \"ms_median\": %.4f, \"gflops\": %.2f, \"peak_gflops\": %.2f, \"peak_ratio\": %.4f, ",
      result->ms_min, result->ms_median, result->gflops, result->peak_gflops, peak_ratio (result));
  printf ("\"bandwidth_gbs\": %.2f, \"flop_per_byte\": %.2f, ", result->bandwidth_gbs, result->flop_per_byte);
  printf ("\"start_ms\": %.1f, \"memory_mb\": %.1f, \"peak_memory_mb\": %.1f}\n", result->start_ms,
      result->memory_mb, result->peak_memory_mb);
}

static void
print_text (const Run * run, int batch, const Result * result)
{
  g_autofree char *name = cnx_printable (run->variant);

  printf ("%s, %s, %d x %d, batch %d, on %s\n", name, precision_name (run), run->width, run->height, batch,
      run->device);
  printf ("  %.2f ms a frame at best, %.2f in the middle of %u passes\n", result->ms_min, result->ms_median,
      result->passes);
  printf ("  %.1f GFLOP/s, %.0f %% of the device's peak (%.1f, measured in between)\n", result->gflops,
      100 * peak_ratio (result), result->peak_gflops);
  printf ("  %.0f flops a byte that must be moved; the device reads %.1f GB/s from its memory\n",
      result->flop_per_byte, result->bandwidth_gbs);
  printf ("  first answer after %.2f s, with %.0f MB of memory of its own, %.0f MB at most\n",
      result->start_ms / 1e3, result->memory_mb, result->peak_memory_mb);
}

static void
print_profile_json (const GArray * lines, int batch)
{
  printf ("{\"batch\": %d, \"profile\": [", batch);
  for (guint i = 0; i < lines->len; i++) {
    const CnxProfileLine *line = &g_array_index (lines, CnxProfileLine, i);
    printf ("%s{\"where\": \"%s\", \"kernel\": \"%s\", \"launches\": %u, \"ms\": %.4f, \"gflops\": %.2f}",
        i ? ", " : "", line->section, line->kernel, line->launches, line->ms / batch,
        line->ms > 0 ? line->gflop / line->ms * 1e3 : 0);
  }
  printf ("]}\n");
}

static void
print_profile_text (const GArray * lines, int batch)
{
  double total = 0;

  printf ("\n  %-8s %-17s %8s %10s %10s\n", "where", "kernel", "launches", "ms a frame", "GFLOP/s");
  for (guint i = 0; i < lines->len; i++) {
    const CnxProfileLine *line = &g_array_index (lines, CnxProfileLine, i);
    printf ("  %-8s %-17s %8u %10.3f", line->section, line->kernel, line->launches, line->ms / batch);
    if (line->gflop > 0 && line->ms > 0)
      printf (" %10.1f", line->gflop / line->ms * 1e3);
    printf ("\n");
    total += line->ms / batch;
  }
  printf ("  %-8s %-17s %8s %10.3f\n", "all", "", "", total);
}

/* Milliseconds a frame of every kernel, each the least of some passes. */
static gboolean
profile (Run * run, GError ** error)
{
  const int batch = batch_at (run->options, 0);
  g_autoptr (GArray) best = NULL;

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
  (run->options->common.json ? print_profile_json : print_profile_text) (best, batch);
  return TRUE;
}

/* ---- the command ---- */

static int
measure (Run * run)
{
  g_autoptr (GError) error = NULL;
  Result result = { 0 };

  if (!time_passes (run, &result, &error))
    return cnx_fail (error);
  for (guint i = 0; i < run->times->len; i++) {
    summarise (run, i, &result);
    (run->options->common.json ? print_json : print_text) (run, batch_at (run->options, i), &result);
  }
  if (run->options->profile && !profile (run, &error))
    return cnx_fail (error);
  return CNX_EXIT_OK;
}

/* Random pictures, and room for what comes of them. */
static gboolean
make_batch (Run * run, GError ** error)
{
  const gsize batch = run->options->max_batch, values = batch * run->height * run->width * 3;

  if (!(run->in = cnx_try_new (values, sizeof (float), "a batch of pictures", error))
      || !(run->logits = cnx_try_new (batch * cnx_network_classes (run->network), sizeof (float), "a batch of answers",
              error)))
    return FALSE;
  cnx_fill_random (run->in, values, 2, 2.0f);
  for (guint i = 0; i < run->options->batches->len; i++)
    g_ptr_array_add (run->times, g_array_new (FALSE, FALSE, sizeof (double)));
  return TRUE;
}

static int
bench (const Options * options)
{
  const CnxCommonOptions *common = &options->common;
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = options->random_weights ? load_random (common->variant, &error)
      : cnx_model_open_unlabelled (common->model, common->variant, NULL, &error);
  g_autoptr (CnxDevice) device = NULL;
  g_autoptr (CnxNetwork) network = NULL;
  g_autoptr (CnxPeak) peak = NULL;
  g_autoptr (GPtrArray) times = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  Run run = {.options = options,.times = times };

  if (!model || !(device = cnx_device_open (common->device, common->threads, &error))
      || !(network = cnx_open_network (common, device, model, options->max_batch, &run.height, &run.width, &error))
      || !(peak = cnx_peak_new (device, cnx_network_precision (network), &error)))
    return cnx_fail (error);

  g_autofree char *variant = variant_label (model);
  run.variant = variant;
  run.device = cnx_device_info (device)->name;
  run.network = network;
  run.peak = peak;
  run.arch = cnx_model_arch (model);
  run.flops = 2.0 * cnx_arch_macs (run.arch, run.height, run.width);
  const int status = make_batch (&run, &error) ? measure (&run) : cnx_fail (error);
  g_free (run.in);
  g_free (run.logits);
  return status;
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

  if (!cnx_parse_options (&common, CNX_TAKES_MODEL | CNX_TAKES_SIZE | CNX_TAKES_JSON, entries, "[MODEL]",
          "Times a model (a file, a folder, a name; the one that ships without any) or a variant with random\n"
          "weights, and measures the device's own peak in between.", argc, argv))
    return CNX_EXIT_USAGE;
  options.common = common;
  if (!parse_batches (batches, &options))
    return cnx_wrong ("bench", "--batch takes whole numbers from 1 to 4096, separated by commas");
  if (!(options.seconds >= 0 && options.seconds <= MOST_SECONDS))
    return cnx_wrong ("bench", "--seconds takes 0 to " G_STRINGIFY (MOST_SECONDS));
  if (options.random_weights && common.model)
    return cnx_wrong ("bench", "--random-weights is instead of a model's own");
  return bench (&options);
}
