/* convnext run --image: what is on pictures, or their features. */
#include "pipelines/command/run.h"
#include "core/error.h"
#include "core/finite.h"
#include "core/picture/image.h"
#include "core/picture/vips_use.h"
#include "core/model/labels.h"

#include <stdio.h>
#include <vips/vips.h>

/* Pictures on their way through the network, a batch at a time. */
typedef struct
{
  const CnxRunOptions *options;
  CnxModel *model;
  CnxRunner *runner;
  int batch, outputs;
  float *in, *out;
  const char **files;           /* of the batch */
  CnxLabel *labels;             /* of one picture */
  guint most_labels;
  int status;
} Run;

static void
run_clear (Run * run)
{
  g_clear_pointer (&run->runner, cnx_runner_free);
  g_free (run->in);
  g_free (run->out);
  g_free (run->files);
  g_free (run->labels);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* ---- printing ---- */

static char *
printable_label (const Run * run, guint i)
{
  return cnx_printable (cnx_model_label (run->model, run->labels[i].id));
}

static void
print_labels (Run * run, const char *path, guint n)
{
  g_autofree char *file = cnx_printable (path);
  glong widest = 0;

  for (guint i = 0; i < n; i++) {
    g_autofree char *label = printable_label (run, i);
    widest = MAX (widest, g_utf8_strlen (label, -1));
  }
  for (guint i = 0; i < n; i++) {
    g_autofree char *label = printable_label (run, i);
    const int padding = widest - g_utf8_strlen (label, -1);
    printf ("%s: %s%*s  %5.1f %%\n", file, label, padding, "", 100 * run->labels[i].confidence);
  }
  if (n == 0)
    printf ("%s: no label reaches %.1f %%\n", file, 100 * run->options->threshold);
}

static void
print_json_labels (Run * run, guint n)
{
  printf ("\"labels\": [");
  for (guint i = 0; i < n; i++) {
    g_autofree char *label = cnx_json_string (cnx_model_label (run->model, run->labels[i].id));
    printf ("%s{\"id\": %d, \"label\": %s, \"confidence\": %.9g}", i ? ", " : "", run->labels[i].id, label,
        run->labels[i].confidence);
  }
  printf ("]}\n");
}

static void
print (Run * run, const char *file, const float *values)
{
  const CnxRunOptions *options = run->options;
  g_autofree char *name = cnx_json_string (file);

  if (options->features) {
    printf ("{\"file\": %s, \"features\": ", name);
    cnx_run_print_row (values, run->outputs);
    printf ("}\n");
    return;
  }
  const guint n = cnx_labels_top_k (cnx_model_confidence (run->model), values, run->outputs, run->most_labels,
      options->threshold, run->labels);
  if (options->common.json) {
    printf ("{\"file\": %s, ", name);
    print_json_labels (run, n);
  } else {
    print_labels (run, file, n);
  }
}

/* ---- running ---- */

/* A picture whose numbers are not finite is told and left out. */
static void
run_batch (Run * run, int n, GError ** error)
{
  g_autoptr (GError) failure = NULL;

  if (n == 0)
    return;
  if (!cnx_runner_forward (run->runner, run->in, n, run->out, &failure)
      && !g_error_matches (failure, CNX_ERROR, CNX_ERROR_NUMBERS)) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return;
  }
  for (int i = 0; i < n; i++) {
    const float *values = run->out + (gsize) i * run->outputs;
    g_autoptr (GError) broken = NULL;

    if (cnx_check_finite (values, 1, run->outputs, &broken)) {
      print (run, run->files[i], values);
      continue;
    }
    cnx_say ("convnext: %s: %s", run->files[i], broken->message);
    run->status = CNX_EXIT_FAILED;
  }
}

/* A picture that cannot be read is told and left out. */
static gboolean
run_all (Run * run, GError ** error)
{
  const CnxRecipe *recipe = cnx_model_recipe (run->model);
  const gsize size = (gsize) recipe->height * recipe->width * 3;
  const GPtrArray *files = run->options->common.images;
  GError *failure = NULL;
  int n = 0;

  for (guint i = 0; i < files->len && !failure; i++) {
    g_autoptr (GError) broken = NULL;
    const char *oddity;

    run->files[n] = files->pdata[i];
    if (!cnx_image_load (run->files[n], recipe, run->in + n * size, &oddity, &broken))
      run->status = cnx_fail (broken);
    else if (oddity)
      cnx_say ("convnext: %s: %s", run->files[n], oddity);
    n += !broken;
    if (n == run->batch || i + 1 == files->len) {
      run_batch (run, n, &failure);
      n = 0;
    }
  }
  if (failure)
    g_propagate_error (error, failure);
  return failure == NULL;
}

static gboolean
open_run (Run * run, GError ** error)
{
  const CnxRecipe *recipe = cnx_model_recipe (run->model);

  run->batch = cnx_run_batch (recipe->height, recipe->width, run->options->common.images->len);
  run->outputs = cnx_run_outputs (run->options, run->model);
  run->most_labels = MIN (run->options->top_k, cnx_model_arch (run->model)->classes);
  run->runner = cnx_runner_new (run->options, run->model, recipe->height, recipe->width, run->batch, error);
  if (!run->runner)
    return FALSE;
  run->files = g_new0 (const char *, run->batch);
  run->labels = g_new0 (CnxLabel, run->most_labels);
  return (run->in = cnx_try_new ((gsize) run->batch * recipe->height * recipe->width, 3 * sizeof (float),
          "a batch of pictures", error))
      && (run->out = cnx_try_new ((gsize) run->batch * run->outputs, sizeof (float), "a batch of answers", error));
}

int
cnx_run_images (const CnxRunOptions * options, CnxModel * model)
{
  g_auto (Run) run = {.options = options,.model = model,.status = CNX_EXIT_OK };
  g_autoptr (GError) error = NULL;

  if (!cnx_vips_start (&error))
    return cnx_fail (error);
  if (!open_run (&run, &error) || !run_all (&run, &error))
    run.status = cnx_fail (error);
  vips_shutdown ();
  return run.status;
}
