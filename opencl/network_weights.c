/* The weights' way from a model to the device, in the kernels' layout. */
#include "opencl/network_private.h"

static cl_mem
upload_vector (CnxNetwork * net, CnxModel * model, CnxRole role, int stage, int block)
{
  const CnxTensor *tensor = cnx_model_tensor (model, role, stage, block);
  g_autofree float *values = cnx_model_values (model, role, stage, block);

  return values ? cnx_ops_upload_vector (net->ops, values, tensor->count) : NULL;
}

/* Zeros where the architecture has no such bias. */
static cl_mem
upload_bias (CnxNetwork * net, CnxModel * model, CnxRole role, int stage, int block, int channels)
{
  g_autofree float *values = cnx_model_values (model, role, stage, block);

  if (!values)
    values = g_new0 (float, channels);
  return cnx_ops_upload_vector (net->ops, values, channels);
}

/* Which tensor a product's rows are read from. */
typedef struct
{
  CnxModel *model;
  CnxRole role;
  int stage, block;
} RowSource;

static void
read_rows (gpointer data, int first, int count, float *rows)
{
  const RowSource *source = data;
  cnx_model_rows (source->model, source->role, source->stage, source->block, first, count, rows);
}

static void
upload_linear (CnxNetwork * net, CnxModel * model, CnxRole weight_role, int stage, int block, int inputs,
    int outputs, CnxLinear * linear)
{
  RowSource source = { model, weight_role, stage, block };
  const gboolean has_bias = weight_role != CNX_ROLE_EMBEDDING_WEIGHT;
  g_autofree float *bias = has_bias ? cnx_model_values (model, weight_role + 1, stage, block) : NULL;

  cnx_ops_linear_init (net->ops, linear, read_rows, &source, bias, inputs, outputs);
}

/* (channels, 7, 7) becomes 49 rows of channels. A smaller kernel is one of 7 x 7 with zeros around it. */
static cl_mem
upload_depthwise (CnxNetwork * net, CnxModel * model, int stage, int block, int channels)
{
  const int kernel = cnx_arch_kernel (&net->arch, stage), edge = (CNX_KERNEL - kernel) / 2;
  g_autofree float *weight = cnx_model_values (model, CNX_ROLE_DEPTHWISE_WEIGHT, stage, block);
  g_autofree float *ordered = g_new0 (float, 49 * (gsize) channels);

  for (int c = 0; c < channels; c++)
    for (int t = 0; t < kernel * kernel; t++) {
      const int tap = (edge + t / kernel) * CNX_KERNEL + edge + t % kernel;
      ordered[tap * channels + c] = weight[c * kernel * kernel + t];
    }
  return cnx_ops_upload_rows (net->ops, ordered, 49, channels);
}

static cl_mem
upload_layer_scale (CnxNetwork * net, CnxModel * model, int stage, int block, int channels)
{
  g_autofree float *values = cnx_model_values (model, CNX_ROLE_LAYER_SCALE, stage, block);

  if (!values) {
    values = g_new (float, channels);
    for (int c = 0; c < channels; c++)
      values[c] = 1;
  }
  return cnx_ops_upload_vector (net->ops, values, channels);
}

static void
upload_block (CnxNetwork * net, CnxModel * model, int s, int b)
{
  CnxBlock *block = &net->stages[s].blocks[b];
  const int channels = net->stages[s].channels;

  block->depthwise_weight = upload_depthwise (net, model, s, b, channels);
  block->depthwise_bias = upload_bias (net, model, CNX_ROLE_DEPTHWISE_BIAS, s, b, channels);
  block->eps = net->norm_eps;
  block->norm_weight = upload_vector (net, model, CNX_ROLE_BLOCK_NORM_WEIGHT, s, b);
  block->norm_bias = upload_bias (net, model, CNX_ROLE_BLOCK_NORM_BIAS, s, b, channels);
  upload_linear (net, model, CNX_ROLE_LINEAR1_WEIGHT, s, b, channels, 4 * channels, &block->linear1);
  upload_linear (net, model, CNX_ROLE_LINEAR2_WEIGHT, s, b, 4 * channels, channels, &block->linear2);
  block->scale = upload_layer_scale (net, model, s, b, channels);
  block->grn_weight = upload_vector (net, model, CNX_ROLE_GRN_WEIGHT, s, b);
  block->grn_bias = upload_vector (net, model, CNX_ROLE_GRN_BIAS, s, b);
}

static void
upload_stem (CnxNetwork * net, CnxModel * model)
{
  Stage *stage = &net->stages[0];
  const int middle = net->arch.stem_dim;

  stage->downsample.fp32 = net->stem_first.fp32 = TRUE;
  if (net->arch.stem == CNX_STEM_PATCH) {
    upload_linear (net, model, CNX_ROLE_STEM_WEIGHT, 0, 0, 4 * 4 * 3, stage->channels, &stage->downsample);
  } else {
    upload_linear (net, model, CNX_ROLE_STEM_WEIGHT, 0, 0, 3 * 3 * 3, middle, &net->stem_first);
    upload_linear (net, model, CNX_ROLE_STEM_SECOND_WEIGHT, 0, 0, 3 * 3 * middle, stage->channels,
        &stage->downsample);
  }
  net->stem_norm_weight = upload_vector (net, model, CNX_ROLE_STEM_NORM_WEIGHT, 0, 0);
  net->stem_norm_bias = upload_bias (net, model, CNX_ROLE_STEM_NORM_BIAS, 0, 0, stage->channels);
}

static void
upload_stage (CnxNetwork * net, CnxModel * model, int s)
{
  Stage *stage = &net->stages[s];

  cnx_ops_select (net->ops, stage->variant);
  if (s == 0) {
    upload_stem (net, model);
  } else {
    stage->downsample.fp32 =
        cnx_precision_of_downsamples (cnx_ops_tuning (net->ops)->precision) == CNX_PRECISION_FP32;
    stage->downsample_norm_weight = upload_vector (net, model, CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT, s, 0);
    stage->downsample_norm_bias = upload_bias (net, model, CNX_ROLE_DOWNSAMPLE_NORM_BIAS, s, 0,
        net->stages[s - 1].channels);
    upload_linear (net, model, CNX_ROLE_DOWNSAMPLE_WEIGHT, s, 0, 2 * 2 * net->stages[s - 1].channels,
        stage->channels, &stage->downsample);
  }
  stage->n_blocks = net->arch.depths[s];
  stage->blocks = g_new0 (CnxBlock, stage->n_blocks);
  for (int b = 0; b < stage->n_blocks; b++)
    upload_block (net, model, s, b);
}

static void
upload_head (CnxNetwork * net, CnxModel * model)
{
  const int channels = net->arch.dims[CNX_STAGES - 1];

  net->final_norm_eps = cnx_model_final_norm_eps (model);
  net->final_norm_weight = upload_vector (net, model, CNX_ROLE_FINAL_NORM_WEIGHT, 0, 0);
  net->final_norm_bias = upload_bias (net, model, CNX_ROLE_FINAL_NORM_BIAS, 0, 0, channels);
  net->hidden.fp32 = net->embedding.fp32 = net->classifier.fp32 = TRUE;
  if (net->arch.hidden > 0)
    upload_linear (net, model, CNX_ROLE_HIDDEN_WEIGHT, 0, 0, channels, net->arch.hidden, &net->hidden);
  if (net->arch.embedding > 0)
    upload_linear (net, model, CNX_ROLE_EMBEDDING_WEIGHT, 0, 0, net->arch.hidden ? net->arch.hidden : channels,
        net->arch.embedding, &net->embedding);
  if (!net->gives_features)
    upload_linear (net, model, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0, cnx_arch_features (&net->arch), net->arch.classes,
        &net->classifier);
}

gboolean
cnx_network_upload (CnxNetwork * net, CnxModel * model, GError ** error)
{
  for (int s = 0; s < CNX_STAGES; s++)
    upload_stage (net, model, s);
  upload_head (net, model);
  return cnx_model_check (model, error);
}
