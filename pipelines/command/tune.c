/* convnext tune: finds the tiles that are fastest on a device, and keeps the answer. */
#include "pipelines/command/command.h"
#include "pipelines/command/meter.h"
#include "core/error.h"
#include "opencl/support.h"
#include "opencl/tuned.h"
#include "opencl/tuner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 4
#define BAR_WIDTH 30
/* What another set must gain over the built-in guess to be worth its kernels. */
#define WORTH 0.99

typedef struct
{
  guint done, total;
  gboolean on_terminal;
} Progress;

static void
show_progress (Progress * progress, const char *what)
{
  const int filled = progress->total ? progress->done * BAR_WIDTH / progress->total : 0;

  if (!progress->on_terminal)
    return;
  fprintf (stderr, "\r[%.*s%*s] %3u %%  %-20s", filled, "##############################", BAR_WIDTH - filled, "",
      progress->total ? progress->done * 100 / progress->total : 0, what);
}

static void
clear_progress (const Progress * progress)
{
  if (progress->on_terminal)
    fputs (CNX_ERASE_LINE, stderr);
}

static void
clear_on_signal (void)
{
  if (write (STDERR_FILENO, CNX_ERASE_LINE, strlen (CNX_ERASE_LINE)) < 0)
    return;
}

/* Times every candidate in turn, so that all see the same machine; returns the fastest. */
static int
find_fastest (CnxOps * ops, GArray * candidates, const CnxTrialShape * shape, Progress * progress, double *first_ms,
    double *best_ms, GError ** error)
{
  g_autoptr (GPtrArray) trials = g_ptr_array_new_with_free_func ((GDestroyNotify) cnx_trial_free);
  g_autofree char *what = g_strdup_printf ("%s, %d channels", cnx_precision_name (cnx_ops_tuning (ops)->precision),
      shape->channels);
  int best = -1;

  for (guint i = 0; i < candidates->len; i++) {
    g_autoptr (GError) refused = NULL;
    const int variant = cnx_ops_add (ops, &g_array_index (candidates, CnxTuning, i), &refused);
    CnxTrial *trial = variant < 0 ? NULL : cnx_trial_new (ops, variant, shape, &refused);
    if (!trial && i == 0) {
      g_propagate_error (error, g_steal_pointer (&refused));
      return -1;
    }
    if (!trial)                 /* the device has too few registers for it, or too little local memory */
      g_debug ("left out: %s", refused->message);
    g_ptr_array_add (trials, trial);
    show_progress (progress, what);
  }
  for (int round = 0; round < ROUNDS; round++)
    for (guint i = 0; i < trials->len; i++) {
      if (!trials->pdata[i]) {
        progress->done++;
        continue;
      }
      const double ms = cnx_trial_run (trials->pdata[i], 0.02, error);
      if (ms < 0)
        return -1;
      if (i == 0)
        *first_ms = ms;
      if (round == ROUNDS - 1 && (best < 0 || ms < *best_ms)) {
        best = i;
        *best_ms = ms;
      }
      progress->done++;
      show_progress (progress, what);
    }
  if (*best_ms > WORTH * *first_ms) {
    *best_ms = *first_ms;
    return 0;
  }
  return best;
}

static gboolean
tune_stage (CnxDevice * device, CnxOps * ops, GArray * candidates, const CnxTrialShape * shape, Progress * progress,
    GError ** error)
{
  double first_ms = 0, best_ms = 0;
  const int best = find_fastest (ops, candidates, shape, progress, &first_ms, &best_ms, error);

  if (best < 0)
    return FALSE;
  const CnxTuning *winner = &g_array_index (candidates, CnxTuning, best);
  clear_progress (progress);
  printf ("%s, %4d channels, %3d x %-3d %8.3f ms a block", cnx_precision_name (winner->precision), shape->channels,
      shape->width, shape->height, best_ms);
  if (best > 0)
    printf (", %2.0f %% less than with the built-in guess: %d x %d tiles, %s", 100 * (1 - best_ms / first_ms),
        winner->tile_rows, winner->tile_vecs * winner->vector,
        winner->mlp_bytes ? "fused" : "step by step");
  printf ("\n");
  fflush (stdout);
  return cnx_tuned_save (device, shape->channels, winner, error);
}

static gboolean
tune_precision (CnxDevice * device, CnxOps * ops, const CnxTrialShape shapes[CNX_STAGES], GError ** error)
{
  g_autoptr (GArray) candidates = cnx_tuning_candidates (device, cnx_ops_tuning (ops)->precision);
  Progress progress = {.total = candidates->len * ROUNDS * CNX_STAGES,.on_terminal = isatty (STDERR_FILENO) };
  gboolean ok = TRUE;

  cnx_ops_keep (ops, FALSE);    /* nobody is to wait for all that follows */
  if (progress.on_terminal)
    cnx_set_clean_up (clear_on_signal);
  for (int s = 0; ok && s < CNX_STAGES; s++)
    ok = tune_stage (device, ops, candidates, &shapes[s], &progress, error);
  clear_progress (&progress);
  cnx_set_clean_up (NULL);
  return ok;
}

/* Every precision that runs, or the one that is asked for. */
static gboolean
tune_all (CnxDevice * device, CnxPrecision wanted, const CnxTrialShape shapes[CNX_STAGES], GError ** error)
{
  for (CnxPrecision p = CNX_PRECISION_FP32; p <= CNX_PRECISION_INT8; p++) {
    g_autoptr (GError) refused = NULL;
    if (wanted != p && (wanted != CNX_PRECISION_AUTO || !cnx_precision_runs (device, p)))
      continue;
    g_autoptr (CnxOps) ops = cnx_ops_open (device, p, &refused);
    if (!ops && (wanted == p || p == CNX_PRECISION_FP32)) {
      g_propagate_error (error, g_steal_pointer (&refused));
      return FALSE;
    }
    if (!ops)
      cnx_say ("%s is left out: %s", cnx_precision_name (p), refused->message);
    else if (!tune_precision (device, ops, shapes, error))
      return FALSE;
  }
  return TRUE;
}

static int
tune (const CnxCommonOptions * options, const CnxArch * arch, int height, int width)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxDevice) device = cnx_device_open (options->device, options->threads, &error);
  CnxTrialShape shapes[CNX_STAGES];

  if (!device || !cnx_arch_check_input (height, width, &error))
    return cnx_fail (error);
  for (int s = 0; s < CNX_STAGES; s++)
    shapes[s] = (CnxTrialShape) { arch->dims[s], height / (4 << s), width / (4 << s), arch->version,
      arch->depths[s] };
  if (!tune_all (device, options->precision, shapes, &error))
    return cnx_fail (error);
  g_autofree char *path = cnx_tuned_path (device), *shown = cnx_printable (path);
  printf ("saved in %s\n", shown);
  return CNX_EXIT_OK;
}

int
cnx_tune_main (int argc, char **argv)
{
  g_auto (CnxCommonOptions) options = { 0 };
  const GOptionEntry entries[] = { {NULL} };
  g_autoptr (GError) error = NULL;

  if (!cnx_parse_options (&options, CNX_TAKES_MODEL | CNX_TAKES_SIZE, entries, "[MODEL]",
          "Times the sets of tiles that a device may be fastest with, on the shapes of a model or of a variant\n"
          "(--variant; tiny without either), and saves the answers, which every later run uses.", argc, argv))
    return CNX_EXIT_USAGE;
  if (!options.model) {
    const CnxVariant *variant = cnx_variant_find (options.variant ? options.variant : "tiny");
    if (variant)
      return tune (&options, &variant->arch, options.size ? options.size : 224, options.size ? options.size : 224);
  }
  g_autoptr (CnxModel) model = cnx_model_open_unlabelled (options.model, options.variant, NULL, &error);
  if (!model)
    return cnx_fail (error);
  const CnxRecipe *recipe = cnx_model_recipe (model);
  return tune (&options, cnx_model_arch (model), options.size ? options.size : recipe->height,
      options.size ? options.size : recipe->width);
}
