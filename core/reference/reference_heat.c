/* Class activation maps in plain C, step by step: heat.c folds the steps into one. */
#include "core/reference/reference.h"
#include "core/finite.h"
#include "core/heat/heat.h"

#include <math.h>

/* What the head does to a picture's rows. */
typedef struct
{
  CnxNorm norm;
  int channels;
  double eps;
  const float *norm_weight, *weight;    /* the final norm's; the class's row of the classifier */
} Head;

static double
mean_of (const float *row, int channels)
{
  double sum = 0;

  for (int c = 0; c < channels; c++)
    sum += row[c];
  return sum / channels;
}

/* What the norm takes off a row before all else. */
static double
middle (const Head * head, const float *row)
{
  return head->norm == CNX_NORM_LAYER ? mean_of (row, head->channels) : 0;
}

/* What the norm divides a row by. */
static double
divisor (const Head * head, const float *row)
{
  const double mean = head->norm == CNX_NORM_RMS ? 0 : mean_of (row, head->channels);
  const int count = head->norm == CNX_NORM_SIMPLE ? MAX (head->channels - 1, 1) : head->channels;
  double square = 0;

  for (int c = 0; c < head->channels; c++)
    square += (row[c] - mean) * (row[c] - mean);
  return sqrt (square / count + head->eps);
}

/* What @row adds where the norm divides by @by. */
static double
share_of (const Head * head, const float *row, double by)
{
  const double taken = middle (head, row);
  double sum = 0;

  for (int c = 0; c < head->channels; c++)
    sum += head->weight[c] * (head->norm_weight[c] * ((row[c] - taken) / by));
  return sum;
}

static void
share_picture (const Head * head, gboolean norm_first, const float *rows, int places, float *shares)
{
  g_autofree float *pooled = g_new (float, head->channels);
  double by;

  cnx_reference_pool (rows, 1, places, head->channels, pooled);
  by = divisor (head, pooled);
  for (int p = 0; p < places; p++, rows += head->channels)
    shares[p] = share_of (head, rows, norm_first ? divisor (head, rows) : by);
}

gboolean
cnx_reference_shares (CnxModel * model, const float *last, int n, int places, int id, float *shares, GError ** error)
{
  const CnxArch *arch = cnx_model_arch (model);
  const int channels = arch->dims[CNX_STAGES - 1];
  g_autofree float *weight = NULL, *norm_weight = NULL;

  if (!cnx_heat_check (arch, error))
    return FALSE;
  weight = g_new (float, channels);
  cnx_model_rows (model, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0, id, 1, weight);
  norm_weight = cnx_model_values (model, CNX_ROLE_FINAL_NORM_WEIGHT, 0, 0);
  const Head head = { arch->norm, channels, cnx_model_final_norm_eps (model), norm_weight, weight };
  for (int i = 0; i < n; i++)
    share_picture (&head, arch->norm_first, last + (gsize) i * places * channels, places, shares + i * places);
  return cnx_model_check (model, error);
}

gboolean
cnx_reference_heat_in (CnxModel * model, CnxPrecision precision, int levels, const float *in, int n,
    int height, int width, int id, float *maps, GError ** error)
{
  const CnxArch *arch = cnx_model_arch (model);
  const int places = cnx_heat_places (height, width);
  g_autofree float *last = NULL;

  if (!cnx_heat_check (arch, error) || !cnx_arch_check_input (height, width, error))
    return FALSE;
  last = g_new (float, (gsize) n * places * arch->dims[CNX_STAGES - 1]);
  if (!cnx_reference_last_in (model, precision, levels, in, n, height, width, last, error)
      || !cnx_check_finite (last, n, places * arch->dims[CNX_STAGES - 1], error)
      || !cnx_reference_shares (model, last, n, places, id, maps, error))
    return FALSE;
  for (int i = 0; i < n; i++)
    cnx_heat_scale (maps + i * places, places);
  return TRUE;
}
