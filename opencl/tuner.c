#include "opencl/tuner.h"
#include "core/model/random_checkpoint.h"

#define MOST_BLOCKS 9
#define MOST_BYTES (64 << 20)     /* beyond most caches; several sets are held at once */

struct _CnxTrial
{
  CnxOps *ops;
  int variant;
  CnxTrialShape shape;
  cl_mem depthwise_weight, vector;
  CnxBlockBuffers buffers;
  int n_blocks;
  CnxBlock *blocks;              /* weights of their own, as in a network: one block's would stay in the caches */
  double best;
};

/* Rows of a weight; the same few values again and again are as good as any. */
static void
random_rows (gpointer data, int first, int count, float *rows)
{
  const CnxLinear *linear = data;
  cnx_fill_random (rows, (gsize) count * linear->inputs, first + 1, 0.05f);
}

static void
init_linear (CnxTrial * trial, CnxLinear * linear, int inputs, int outputs)
{
  linear->inputs = inputs;
  cnx_ops_linear_init (trial->ops, linear, random_rows, linear, NULL, inputs, outputs);
}

CnxTrial *
cnx_trial_new (CnxOps * ops, int variant, const CnxTrialShape * shape, GError ** error)
{
  g_autoptr (CnxTrial) trial = g_new0 (CnxTrial, 1);
  const int rows = shape->height * shape->width, channels = shape->channels, hidden = 4 * channels;
  g_autofree float *values = g_new (float, (gsize) MAX (rows, 49) * channels);
  g_autofree float *ones = g_new (float, hidden);

  *trial = (CnxTrial) {.ops = ops,.variant = variant,.shape = *shape,.best = G_MAXDOUBLE,
    .n_blocks = CLAMP (MIN (shape->blocks, (int) (MOST_BYTES / (8 * sizeof (float) * channels * channels))), 1,
        MOST_BLOCKS)
  };
  trial->blocks = g_new0 (CnxBlock, trial->n_blocks);
  cnx_fill_random (values, (gsize) MAX (rows, 49) * channels, 1, 0.5f);
  for (int c = 0; c < hidden; c++)
    ones[c] = 0.01f;
  cnx_ops_select (ops, variant);
  trial->buffers.x = cnx_ops_upload_rows (ops, values, rows, channels);
  trial->depthwise_weight = cnx_ops_upload_rows (ops, values, 49, channels);
  trial->vector = cnx_ops_upload_vector (ops, ones, hidden);
  trial->buffers.y = cnx_ops_rows (ops, rows, channels);
  trial->buffers.normalised = cnx_ops_rows (ops, rows, channels);
  trial->buffers.hidden = cnx_ops_rows (ops, rows, hidden);
  trial->buffers.norms = cnx_ops_rows (ops, 1, hidden);
  for (int i = 0; i < trial->n_blocks; i++) {
    CnxBlock *block = &trial->blocks[i];
    block->depthwise_weight = trial->depthwise_weight;
    block->eps = CNX_NORM_EPS;
    block->depthwise_bias = block->norm_weight = block->norm_bias = block->scale = trial->vector;
    if (shape->version == 2)
      block->grn_weight = block->grn_bias = trial->vector;
    init_linear (trial, &block->linear1, channels, hidden);
    init_linear (trial, &block->linear2, hidden, channels);
  }
  if (!cnx_ops_finish (ops, error))
    return NULL;
  return g_steal_pointer (&trial);
}

void
cnx_trial_free (CnxTrial * trial)
{
  if (!trial)
    return;
  const cl_mem all[] = { trial->depthwise_weight, trial->vector, trial->buffers.x, trial->buffers.y,
    trial->buffers.normalised, trial->buffers.hidden, trial->buffers.norms
  };
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    if (all[i])
      clReleaseMemObject (all[i]);
  for (int i = 0; i < trial->n_blocks; i++) {
    cnx_ops_linear_clear (&trial->blocks[i].linear1);
    cnx_ops_linear_clear (&trial->blocks[i].linear2);
  }
  g_free (trial->blocks);
  g_free (trial);
}

double
cnx_trial_run (CnxTrial * trial, double seconds, GError ** error)
{
  const gint64 begin = g_get_monotonic_time ();

  cnx_ops_select (trial->ops, trial->variant);
  do {
    const gint64 start = g_get_monotonic_time ();
    for (int i = 0; i < trial->n_blocks; i++)
      cnx_ops_block (trial->ops, &trial->blocks[i], &trial->buffers, trial->shape.channels, 1, trial->shape.height,
          trial->shape.width);
    if (!cnx_ops_finish (trial->ops, error))
      return -1;
    trial->best = MIN (trial->best, (g_get_monotonic_time () - start) / 1e3 / trial->n_blocks);
  } while (g_get_monotonic_time () - begin < seconds * 1e6);
  return trial->best;
}
