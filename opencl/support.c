#include "opencl/support.h"
#include "opencl/tuned.h"
#include "core/error.h"
#include "core/model/random_checkpoint.h"
#include "core/reference/reference.h"

#include <math.h>
#include <string.h>

gboolean
cnx_precision_runs (CnxDevice * device, CnxPrecision precision)
{
  CnxTuning tuning;

  if (precision == CNX_PRECISION_FP16)
    return !cnx_device_info (device)->is_cpu && cnx_device_has_extension (device, "cl_khr_fp16");
  if (precision != CNX_PRECISION_BF16)
    return precision != CNX_PRECISION_AUTO;
  cnx_tuning_default (device, precision, &tuning);
  return tuning.assembly == CNX_ASSEMBLY_AVX512_BF16;
}

char **
cnx_precisions (CnxDevice * device)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (CnxPrecision p = CNX_PRECISION_FP32; p <= CNX_PRECISION_INT8; p++)
    if (cnx_precision_runs (device, p))
      g_strv_builder_add (names, cnx_precision_name (p));
  return g_strv_builder_end (names);
}

/* ---- the probe ---- */

/* More rows than a tile, two of int8's groups, and no multiple of anything. */
#define PROBE_ROWS 33
#define PROBE_INPUTS 300
#define PROBE_OUTPUTS 37

static void
probe_rows (gpointer data, int first, int count, float *rows)
{
  memcpy (rows, (const float *) data + (gsize) first * PROBE_INPUTS, (gsize) count * PROBE_INPUTS * sizeof (float));
}

/* Values are about 1; a wrong lane is off by tenths. What is no number is near nothing. */
static gboolean
all_near (const float *got, const float *want, int count)
{
  for (int i = 0; i < count; i++)
    if (!(fabs (got[i] - want[i]) <= 1e-4))
      return FALSE;
  return TRUE;
}

/* Runs one product in @ops' precision, or the fp32 one beside it, against the reference. */
static gboolean
probe_product (CnxOps * ops, CnxDevice * device, gboolean fp32, GError ** error)
{
  const CnxTuning *tuning = cnx_ops_tuning (ops);
  const CnxPrecision precision = fp32 ? CNX_PRECISION_FP32 : tuning->precision;
  g_autofree float *in = g_new (float, PROBE_ROWS * PROBE_INPUTS);
  g_autofree float *weight = g_new (float, PROBE_OUTPUTS * PROBE_INPUTS);
  g_autofree float *want = g_new0 (float, PROBE_ROWS * PROBE_OUTPUTS);
  g_autofree float *got = g_new0 (float, PROBE_ROWS * PROBE_OUTPUTS);
  CnxLinear linear = {.fp32 = fp32 };

  cnx_fill_random (in, PROBE_ROWS * PROBE_INPUTS, 1, 1.0f);
  cnx_fill_random (weight, PROBE_OUTPUTS * PROBE_INPUTS, 2, 0.1f);
  cnx_reference_linear_in (precision, tuning->levels, in, PROBE_ROWS, PROBE_INPUTS, PROBE_OUTPUTS, weight, NULL,
      want);
  cl_mem from = cnx_ops_upload_rows (ops, in, PROBE_ROWS, PROBE_INPUTS);
  cl_mem to = cnx_ops_rows (ops, PROBE_ROWS, PROBE_OUTPUTS);
  cnx_ops_linear_init (ops, &linear, probe_rows, weight, NULL, PROBE_INPUTS, PROBE_OUTPUTS);
  cnx_ops_linear (ops, CNX_LINEAR_PLAIN, from, &linear, NULL, to, PROBE_ROWS);
  cnx_ops_read_rows (ops, to, got, PROBE_ROWS, PROBE_OUTPUTS);
  const gboolean ran = cnx_ops_finish (ops, error);
  cnx_ops_linear_clear (&linear);
  if (from)
    clReleaseMemObject (from);
  if (to)
    clReleaseMemObject (to);
  if (!ran || all_near (got, want, PROBE_ROWS * PROBE_OUTPUTS))
    return ran;
  g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "%s gives wrong numbers in %s: a driver's mistake, most likely",
      cnx_device_info (device)->name, cnx_precision_name (precision));
  return FALSE;
}

static gboolean
probe (CnxOps * ops, CnxDevice * device, GError ** error)
{
  const gboolean fp32 = cnx_ops_tuning (ops)->precision == CNX_PRECISION_FP32;

  return probe_product (ops, device, FALSE, error) && (fp32 || probe_product (ops, device, TRUE, error));
}

/* ---- opening ---- */

static CnxOps *
try_tuning (CnxDevice * device, const CnxTuning * tuning, GError ** error)
{
  g_autoptr (CnxOps) ops = cnx_ops_new (device, tuning, error);
  /* a first use is a part of the set-up where drivers compile then */
  g_autoptr (GRecMutexLocker) setup = ops && cnx_ops_are_new (ops) ? cnx_opencl_setup () : NULL;

  return ops && probe (ops, device, error) ? g_steal_pointer (&ops) : NULL;
}

static CnxOps *
try_precision (CnxDevice * device, CnxPrecision precision, GError ** error)
{
  g_autoptr (GError) refused = NULL;
  CnxTuning tuning;

  cnx_tuning_default (device, precision, &tuning);
  const gboolean plain = !tuning.assembly && !tuning.subgroups && !tuning.integer_dot;
  CnxOps *ops = try_tuning (device, &tuning, &refused);
  if (ops)
    return ops;
  if (plain || precision == CNX_PRECISION_BF16) {
    g_propagate_error (error, g_steal_pointer (&refused));
    return NULL;
  }
  g_debug ("without assembly, sub-groups and integer dot products: %s", refused->message);
  tuning.assembly = CNX_ASSEMBLY_NONE;
  tuning.subgroups = tuning.integer_dot = FALSE;
  return try_tuning (device, &tuning, error);
}

static CnxOps *
open_auto (CnxDevice * device, GError ** error)
{
  const CnxPrecision halves[] = { CNX_PRECISION_BF16, CNX_PRECISION_FP16 };

  for (guint i = 0; i < G_N_ELEMENTS (halves); i++) {
    g_autoptr (GError) refused = NULL;
    if (!cnx_precision_runs (device, halves[i]))
      continue;
    CnxOps *ops = try_precision (device, halves[i], &refused);
    if (ops)
      return ops;
    g_debug ("%s is left out: %s", cnx_precision_name (halves[i]), refused->message);
  }
  return try_precision (device, CNX_PRECISION_FP32, error);
}

CnxOps *
cnx_ops_open (CnxDevice * device, CnxPrecision wanted, GError ** error)
{
  if (wanted == CNX_PRECISION_AUTO)
    return open_auto (device, error);
  if (cnx_precision_runs (device, wanted))
    return try_precision (device, wanted, error);
  g_auto (GStrv) running = cnx_precisions (device);
  g_autofree char *listed = g_strjoinv (", ", running);
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s cannot run in %s; it runs in %s",
      cnx_device_info (device)->name, cnx_precision_name (wanted), listed);
  return NULL;
}

int
cnx_ops_add_tuned (CnxOps * ops, CnxDevice * device, int channels)
{
  g_autoptr (GError) error = NULL;
  CnxTuning tuning;

  cnx_ops_select (ops, 0);
  /* one set that gave wrong numbers was enough */
  if (!cnx_tuned_find (device, cnx_ops_tuning (ops)->precision, channels, &tuning)
      || tuning.assembly != cnx_ops_tuning (ops)->assembly)
    return 0;
  int variant = cnx_ops_add (ops, &tuning, &error);
  if (variant < 0) {
    g_debug ("the tuner's answer for %d channels does not build: %s", channels, error->message);
    return 0;
  }
  cnx_ops_select (ops, variant);
  if (variant > 0 && !probe (ops, device, &error)) {    /* the first ones were tried when they were opened */
    g_debug ("the tuner's answer for %d channels is left out: %s", channels, error->message);
    variant = 0;
  }
  cnx_ops_select (ops, 0);
  return variant;
}
