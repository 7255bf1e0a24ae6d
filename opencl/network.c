#include "opencl/network.h"
#include "opencl/ops.h"
#include "core/error.h"
#include "core/finite.h"
#include "opencl/support.h"

#include <string.h>

typedef struct
{
  int height, width, channels;
  int variant;                  /* the stage's kernels, see cnx_ops_select() */
  cl_mem downsample_norm_weight, downsample_norm_bias;  /* stages 1 to 3 */
  CnxLinear downsample;         /* stage 0: the stem */
  int n_blocks;
  CnxBlock *blocks;             /* scale: of ones where the model has none */
  cl_mem patches;               /* the downsample's input, patch by patch */
  CnxBlockBuffers buffers;      /* x: the stage's activations; normalised, hidden: NULL where every block is fused;
                                 * norms: V2 only */
} Stage;

struct _CnxNetwork
{
  gatomicrefcount refs;
  GMutex lock;
  CnxDevice *device;
  CnxOps *ops;
  CnxArch arch;
  int height, width, max_batch;
  double final_norm_eps;
  cl_mem input, stem_norm_weight, stem_norm_bias;
  Stage stages[CNX_STAGES];
  cl_mem pooled, features, logits;
  cl_mem final_norm_weight, final_norm_bias;
  CnxLinear classifier;
  gboolean gives_features;      /* and has no classifier and no logits */
  CnxFrameKernels *frame;       /* NULL unless asked for */
};

/* ---- weights ---- */

static cl_mem
upload_vector (CnxNetwork * net, CnxModel * model, CnxRole role, int stage, int block)
{
  const CnxTensor *tensor = cnx_model_tensor (model, role, stage, block);
  g_autofree float *values = cnx_model_values (model, role, stage, block);

  return values ? cnx_ops_upload_vector (net->ops, values, tensor->count) : NULL;
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
  g_autofree float *bias = cnx_model_values (model, weight_role + 1, stage, block);

  cnx_ops_linear_init (net->ops, linear, read_rows, &source, bias, inputs, outputs);
}

/* (channels, 7, 7) becomes 49 rows of channels. */
static cl_mem
upload_depthwise (CnxNetwork * net, CnxModel * model, int stage, int block, int channels)
{
  g_autofree float *weight = cnx_model_values (model, CNX_ROLE_DEPTHWISE_WEIGHT, stage, block);
  g_autofree float *ordered = g_new (float, 49 * (gsize) channels);

  for (int c = 0; c < channels; c++)
    for (int t = 0; t < 49; t++)
      ordered[t * channels + c] = weight[c * 49 + t];
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
  block->depthwise_bias = upload_vector (net, model, CNX_ROLE_DEPTHWISE_BIAS, s, b);
  block->norm_weight = upload_vector (net, model, CNX_ROLE_BLOCK_NORM_WEIGHT, s, b);
  block->norm_bias = upload_vector (net, model, CNX_ROLE_BLOCK_NORM_BIAS, s, b);
  upload_linear (net, model, CNX_ROLE_LINEAR1_WEIGHT, s, b, channels, 4 * channels, &block->linear1);
  upload_linear (net, model, CNX_ROLE_LINEAR2_WEIGHT, s, b, 4 * channels, channels, &block->linear2);
  block->scale = upload_layer_scale (net, model, s, b, channels);
  block->grn_weight = upload_vector (net, model, CNX_ROLE_GRN_WEIGHT, s, b);
  block->grn_bias = upload_vector (net, model, CNX_ROLE_GRN_BIAS, s, b);
}

static void
upload_stage (CnxNetwork * net, CnxModel * model, int s)
{
  Stage *stage = &net->stages[s];

  cnx_ops_select (net->ops, stage->variant);
  if (s == 0) {
    stage->downsample.fp32 = TRUE;
    upload_linear (net, model, CNX_ROLE_STEM_WEIGHT, 0, 0, 4 * 4 * 3, stage->channels, &stage->downsample);
    net->stem_norm_weight = upload_vector (net, model, CNX_ROLE_STEM_NORM_WEIGHT, 0, 0);
    net->stem_norm_bias = upload_vector (net, model, CNX_ROLE_STEM_NORM_BIAS, 0, 0);
  } else {
    stage->downsample.fp32 =
        cnx_precision_of_downsamples (cnx_ops_tuning (net->ops)->precision) == CNX_PRECISION_FP32;
    stage->downsample_norm_weight = upload_vector (net, model, CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT, s, 0);
    stage->downsample_norm_bias = upload_vector (net, model, CNX_ROLE_DOWNSAMPLE_NORM_BIAS, s, 0);
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
  net->final_norm_bias = upload_vector (net, model, CNX_ROLE_FINAL_NORM_BIAS, 0, 0);
  if (net->gives_features)
    return;
  net->classifier.fp32 = TRUE;
  upload_linear (net, model, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0, channels, net->arch.classes,
      &net->classifier);
}

/* ---- activations ---- */

/* Whether even a single picture has rows enough for the fused block; more pictures have more. */
static gboolean
always_fused (CnxNetwork * net, const Stage * stage)
{
  return net->arch.version == 1 && cnx_ops_fused_rows (net->ops, stage->channels,
      stage->height * stage->width) > 0;
}

static void
allocate_stage (CnxNetwork * net, int s)
{
  Stage *stage = &net->stages[s];
  const int patch_inputs = stage->downsample.inputs, hidden = 4 * stage->channels;
  const gsize rows = (gsize) net->max_batch * stage->height * stage->width;

  cnx_ops_select (net->ops, stage->variant);
  stage->buffers.x = cnx_ops_rows (net->ops, rows, stage->channels);
  stage->patches = cnx_ops_rows (net->ops, rows, patch_inputs);
  stage->buffers.y = cnx_ops_rows (net->ops, rows, stage->channels);
  if (!always_fused (net, stage)) {
    stage->buffers.normalised = cnx_ops_rows (net->ops, rows, stage->channels);
    stage->buffers.hidden = cnx_ops_rows (net->ops, rows, hidden);
  }
  if (net->arch.version == 2)
    stage->buffers.norms = cnx_ops_rows (net->ops, net->max_batch, hidden);
}

static void
allocate (CnxNetwork * net)
{
  const int features = net->arch.dims[CNX_STAGES - 1];

  net->input = cnx_ops_rows (net->ops, (gsize) net->max_batch * net->height, net->width * 3);
  for (int s = 0; s < CNX_STAGES; s++)
    allocate_stage (net, s);
  net->pooled = cnx_ops_rows (net->ops, net->max_batch, features);
  net->features = cnx_ops_rows (net->ops, net->max_batch, features);
  if (!net->gives_features)
    net->logits = cnx_ops_rows (net->ops, net->max_batch, net->arch.classes);
}

/* ---- the passes ---- */

static void
run_stem (CnxNetwork * net, int n)
{
  Stage *stage = &net->stages[0];
  const int rows = n * stage->height * stage->width;

  cnx_ops_patchify (net->ops, net->input, 3, 3, n, net->height, net->width, 4, stage->patches);
  cnx_ops_linear (net->ops, CNX_LINEAR_PLAIN, stage->patches, &stage->downsample, NULL, stage->buffers.x, rows);
  cnx_ops_layer_norm (net->ops, stage->buffers.x, stage->channels, net->stem_norm_weight, net->stem_norm_bias,
      CNX_NORM_EPS, stage->buffers.x, rows);
}

static void
run_downsample (CnxNetwork * net, Stage * from, Stage * to, int n)
{
  const int rows = n * to->height * to->width;

  cnx_ops_norm_patchify (net->ops, from->buffers.x, from->channels, to->downsample_norm_weight,
      to->downsample_norm_bias, CNX_NORM_EPS, n, from->height, from->width, to->patches);
  cnx_ops_linear (net->ops, CNX_LINEAR_PLAIN, to->patches, &to->downsample, NULL, to->buffers.x, rows);
}

static void
run_head (CnxNetwork * net, int n)
{
  Stage *last = &net->stages[CNX_STAGES - 1];

  cnx_ops_pool (net->ops, last->buffers.x, last->channels, n, last->height * last->width, net->pooled);
  cnx_ops_layer_norm (net->ops, net->pooled, last->channels, net->final_norm_weight, net->final_norm_bias,
      net->final_norm_eps, net->features, n);
  if (!net->gives_features)
    cnx_ops_linear (net->ops, CNX_LINEAR_PLAIN, net->features, &net->classifier, NULL, net->logits, n);
}

static const char *const stage_names[CNX_STAGES] = { "stage 1", "stage 2", "stage 3", "stage 4" };

/* On what is in net->input. */
static gboolean
run_input (CnxNetwork * net, int n, float *logits, GError ** error)
{
  cnx_ops_section (net->ops, "stem");
  cnx_ops_select (net->ops, net->stages[0].variant);
  run_stem (net, n);
  for (int s = 0; s < CNX_STAGES; s++) {
    Stage *stage = &net->stages[s];
    cnx_ops_section (net->ops, stage_names[s]);
    cnx_ops_select (net->ops, stage->variant);
    if (s > 0)
      run_downsample (net, stage - 1, stage, n);
    for (int b = 0; b < stage->n_blocks; b++)
      cnx_ops_block (net->ops, &stage->blocks[b], &stage->buffers, stage->channels, n, stage->height,
          stage->width);
  }
  cnx_ops_section (net->ops, "head");
  run_head (net, n);
  cnx_ops_read_rows (net->ops, net->gives_features ? net->features : net->logits, logits, n,
      cnx_network_outputs (net));
  return cnx_ops_finish (net->ops, error);
}

static gboolean
run_batch (CnxNetwork * net, const float *in, int n, float *logits, GError ** error)
{
  cnx_ops_write_rows (net->ops, net->input, in, (gsize) n * net->height, net->width * 3);
  return run_input (net, n, logits, error);
}

gboolean
cnx_network_forward (CnxNetwork * net, const float *in, int n, float *logits, GError ** error)
{
  const gsize picture = (gsize) net->height * net->width * 3;
  gboolean ok = TRUE;

  g_mutex_lock (&net->lock);
  /* passes of about one size */
  for (int first = 0, count; first < n && ok; first += count) {
    const int left = n - first, passes = (left + net->max_batch - 1) / net->max_batch;
    count = (left + passes - 1) / passes;
    ok = run_batch (net, in + first * picture, count, logits + (gsize) first * cnx_network_outputs (net), error);
  }
  g_mutex_unlock (&net->lock);
  return ok && cnx_check_finite (logits, n, cnx_network_outputs (net), error);
}

gboolean
cnx_network_take_frames (CnxNetwork * net, GError ** error)
{
  g_mutex_lock (&net->lock);
  if (!net->frame)
    net->frame = cnx_frame_kernels_new (net->device, error);
  const gboolean ok = net->frame != NULL;
  g_mutex_unlock (&net->lock);
  return ok;
}

gboolean
cnx_network_forward_frame (CnxNetwork * net, CnxFramePlan * plan, const guint8 * packed, float *logits,
    GError ** error)
{
  if (!cnx_frame_plan_fits (plan, net->width, net->height, error))
    return FALSE;
  g_mutex_lock (&net->lock);
  const gboolean ok = cnx_frame_kernels_run (net->frame, cnx_ops_queue (net->ops), plan, packed, net->input, error)
      && run_input (net, 1, logits, error);
  g_mutex_unlock (&net->lock);
  return ok && cnx_check_finite (logits, 1, cnx_network_outputs (net), error);
}

/* ---- life ---- */

static gboolean
fits (CnxModel * model, const CnxNetworkOptions * options, GError ** error)
{
  const int height = options->height, width = options->width, max_batch = options->max_batch;

  if (!cnx_arch_check_input (height, width, error))
    return FALSE;
  if (max_batch < 1 || (gint64) max_batch * height * width > G_MAXINT / 64) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "A batch of %d pictures of %d x %d cannot be used",
        max_batch, width, height);
    return FALSE;
  }
  return options->features || cnx_model_check_classifier (model, error);
}

/* Every stage runs with the answer that the tuner saved for its channels, where there is one. */
static void
choose_variants (CnxNetwork * net)
{
  for (int s = 0; s < CNX_STAGES; s++) {
    Stage *stage = &net->stages[s];
    stage->height = net->height / (4 << s);
    stage->width = net->width / (4 << s);
    stage->channels = net->arch.dims[s];
    stage->variant = cnx_ops_add_tuned (net->ops, net->device, stage->channels);
  }
}

static gboolean
upload (CnxNetwork * net, CnxModel * model, GError ** error)
{
  for (int s = 0; s < CNX_STAGES; s++)
    upload_stage (net, model, s);
  upload_head (net, model);
  return cnx_model_check (model, error);
}

CnxNetwork *
cnx_network_new (CnxDevice * device, CnxModel * model, const CnxNetworkOptions * options, GError ** error)
{
  if (!fits (model, options, error))
    return NULL;

  g_autoptr (CnxNetwork) net = g_new0 (CnxNetwork, 1);
  g_atomic_ref_count_init (&net->refs);
  g_mutex_init (&net->lock);
  net->device = cnx_device_ref (device);
  net->arch = *cnx_model_arch (model);
  net->height = options->height;
  net->width = options->width;
  net->gives_features = options->features;
  net->ops = cnx_ops_open (device, options->precision, error);
  if (!net->ops)
    return NULL;
  net->max_batch = MIN (options->max_batch, cnx_ops_tuning (net->ops)->batch);
  choose_variants (net);
  if (!upload (net, model, error))
    return NULL;
  allocate (net);
  if (!cnx_ops_finish (net->ops, error))
    return NULL;
  return g_steal_pointer (&net);
}

CnxNetwork *
cnx_network_ref (CnxNetwork * net)
{
  g_atomic_ref_count_inc (&net->refs);
  return net;
}

static void
release (cl_mem mem)
{
  if (mem)
    clReleaseMemObject (mem);
}

static void
release_stage (Stage * stage)
{
  for (int b = 0; stage->blocks && b < stage->n_blocks; b++) {
    CnxBlock *block = &stage->blocks[b];
    const cl_mem all[] = { block->depthwise_weight, block->depthwise_bias, block->norm_weight,
      block->norm_bias, block->scale, block->grn_weight, block->grn_bias
    };
    for (guint i = 0; i < G_N_ELEMENTS (all); i++)
      release (all[i]);
    cnx_ops_linear_clear (&block->linear1);
    cnx_ops_linear_clear (&block->linear2);
  }
  g_free (stage->blocks);
  cnx_ops_linear_clear (&stage->downsample);
  const cl_mem all[] = { stage->downsample_norm_weight, stage->downsample_norm_bias, stage->buffers.x,
    stage->patches, stage->buffers.y, stage->buffers.normalised, stage->buffers.hidden, stage->buffers.norms
  };
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    release (all[i]);
}

void
cnx_network_unref (CnxNetwork * net)
{
  if (!net || !g_atomic_ref_count_dec (&net->refs))
    return;
  for (int s = 0; s < CNX_STAGES; s++)
    release_stage (&net->stages[s]);
  const cl_mem all[] = { net->input, net->stem_norm_weight, net->stem_norm_bias, net->pooled,
    net->features, net->logits, net->final_norm_weight, net->final_norm_bias
  };
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    release (all[i]);
  cnx_ops_linear_clear (&net->classifier);
  cnx_frame_kernels_free (net->frame);
  cnx_ops_free (net->ops);
  cnx_device_unref (net->device);
  g_mutex_clear (&net->lock);
  g_free (net);
}

int
cnx_network_classes (CnxNetwork * net)
{
  return net->arch.classes;
}

int
cnx_network_outputs (CnxNetwork * net)
{
  return net->gives_features ? net->arch.dims[CNX_STAGES - 1] : net->arch.classes;
}

CnxPrecision
cnx_network_precision (CnxNetwork * net)
{
  return cnx_ops_tuning (net->ops)->precision;
}

int
cnx_network_levels (CnxNetwork * net)
{
  return cnx_ops_tuning (net->ops)->levels;
}

gboolean
cnx_network_profile_start (CnxNetwork * net, GError ** error)
{
  g_mutex_lock (&net->lock);
  const gboolean ok = cnx_ops_profile_start (net->ops, error);
  g_mutex_unlock (&net->lock);
  return ok;
}

GArray *
cnx_network_profile_take (CnxNetwork * net)
{
  g_mutex_lock (&net->lock);
  GArray *lines = cnx_ops_profile_take (net->ops);
  g_mutex_unlock (&net->lock);
  return lines;
}
