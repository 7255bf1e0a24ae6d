#include "pipelines/command/runner.h"

#include <stdio.h>

#include "core/reference/reference.h"

/* At most so many pictures in a pass, and pixels, which a pass holds a few hundred bytes for, each. */
#define MOST_PICTURES 16
#define MOST_PIXELS (MOST_PICTURES * 512 * 512)

/* What the reference reads int8's inputs with: see core/model/precision.h. Some devices have 127. */
#define REFERENCE_LEVELS 255

struct _CnxRunner
{
  CnxModel *model;
  CnxPrecision precision;
  gboolean features;
  int height, width;
  CnxNetwork *network;          /* NULL: the reference */
};

int
cnx_run_outputs (const CnxRunOptions * options, CnxModel * model)
{
  const CnxArch *arch = cnx_model_arch (model);

  return options->features ? cnx_arch_features (arch) : arch->classes;
}

int
cnx_run_batch (int height, int width, int n)
{
  const int fit = MOST_PIXELS / MAX (1, height * width);

  return MAX (1, MIN (n, MIN (fit, MOST_PICTURES)));
}

void
cnx_run_print_row (const float *values, int count)
{
  printf ("[");
  for (int i = 0; i < count; i++)
    printf ("%s%.9g", i ? ", " : "", values[i]);
  printf ("]");
}

CnxRunner *
cnx_runner_new (const CnxRunOptions * options, CnxModel * model, int height, int width, int most, GError ** error)
{
  const CnxCommonOptions *common = &options->common;
  g_autoptr (CnxRunner) runner = g_new0 (CnxRunner, 1);
  g_autoptr (CnxDevice) device = NULL;

  runner->model = cnx_model_ref (model);
  runner->precision = common->precision;
  runner->features = options->features;
  runner->height = height;
  runner->width = width;
  if (options->reference)
    return g_steal_pointer (&runner);
  if (!(device = cnx_device_open (common->device, common->threads, error)))
    return NULL;
  const CnxNetworkOptions network = { height, width, most, common->precision, options->features };
  if (!(runner->network = cnx_network_new (device, model, &network, error)))
    return NULL;
  return g_steal_pointer (&runner);
}

void
cnx_runner_free (CnxRunner * runner)
{
  if (!runner)
    return;
  g_clear_pointer (&runner->network, cnx_network_unref);
  cnx_model_unref (runner->model);
  g_free (runner);
}

gboolean
cnx_runner_forward (CnxRunner * runner, const float *in, int n, float *out, GError ** error)
{
  const CnxPrecision precision = MAX (runner->precision, CNX_PRECISION_FP32);

  if (runner->network)
    return cnx_network_forward (runner->network, in, n, out, error);
  if (runner->features)
    return cnx_reference_features_in (runner->model, precision, REFERENCE_LEVELS, in, n, runner->height,
        runner->width, out, error);
  return cnx_reference_forward_in (runner->model, precision, REFERENCE_LEVELS, in, n, runner->height, runner->width,
      out, error);
}
