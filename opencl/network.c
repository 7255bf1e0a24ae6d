#include "opencl/network_private.h"
#include "core/error.h"
#include "core/finite.h"
#include "opencl/support.h"

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

/* Buffers between a relative's two convolutions of the stem, and in its head. */
static void
allocate_relatives (CnxNetwork * net)
{
  const CnxArch *arch = &net->arch;

  if (arch->stem != CNX_STEM_PATCH) {
    const gsize rows = (gsize) net->max_batch * (net->height / 2) * (net->width / 2);
    net->stem_patches = cnx_ops_rows (net->ops, rows, 3 * 3 * 3);
    net->stem_rows = cnx_ops_rows (net->ops, rows, arch->stem_dim);
  }
  if (arch->hidden > 0)
    net->hidden_rows = cnx_ops_rows (net->ops, net->max_batch, arch->hidden);
  if (arch->embedding > 0)
    net->embedded = cnx_ops_rows (net->ops, net->max_batch, arch->embedding);
}

static void
allocate (CnxNetwork * net)
{
  const int features = net->arch.dims[CNX_STAGES - 1];

  allocate_relatives (net);
  net->input = cnx_ops_rows (net->ops, (gsize) net->max_batch * net->height, net->width * 3);
  for (int s = 0; s < CNX_STAGES; s++)
    allocate_stage (net, s);
  net->pooled = cnx_ops_rows (net->ops, net->max_batch, features);
  net->normalised = cnx_ops_rows (net->ops, net->max_batch, features);
  if (!net->gives_features)
    net->logits = cnx_ops_rows (net->ops, net->max_batch, net->arch.classes);
}

/* ---- the passes ---- */

/* The first 3x3 convolution of an overlapping stem, and the patches of the second. */
static void
run_overlapping (CnxNetwork * net, int n)
{
  const int height = net->height / 2, width = net->width / 2, middle = net->arch.stem_dim, rows = n * height * width;

  cnx_ops_unfold (net->ops, net->input, 3, 3, n, net->height, net->width, 3, 2, 1, net->stem_patches);
  cnx_ops_linear (net->ops, CNX_LINEAR_PLAIN, net->stem_patches, &net->stem_first, NULL, net->stem_rows, rows);
  if (net->arch.stem == CNX_STEM_OVERLAP_ACT)
    cnx_ops_activate (net->ops, FALSE, net->stem_rows, middle, rows);
  cnx_ops_unfold (net->ops, net->stem_rows, cnx_ops_stride (middle), middle, n, height, width, 3, 2, 1,
      net->stages[0].patches);
}

static void
run_stem (CnxNetwork * net, int n)
{
  Stage *stage = &net->stages[0];
  const int rows = n * stage->height * stage->width;

  if (net->arch.stem == CNX_STEM_PATCH)
    cnx_ops_patchify (net->ops, net->input, 3, 3, n, net->height, net->width, 4, stage->patches);
  else
    run_overlapping (net, n);
  cnx_ops_linear (net->ops, CNX_LINEAR_PLAIN, stage->patches, &stage->downsample, NULL, stage->buffers.x, rows);
  cnx_ops_layer_norm (net->ops, stage->buffers.x, stage->channels, net->stem_norm_weight, net->stem_norm_bias,
      net->norm_eps, stage->buffers.x, rows);
}

static void
run_downsample (CnxNetwork * net, Stage * from, Stage * to, int n)
{
  const int rows = n * to->height * to->width;

  cnx_ops_norm_patchify (net->ops, from->buffers.x, from->channels, to->downsample_norm_weight,
      to->downsample_norm_bias, net->norm_eps, n, from->height, from->width, to->patches);
  cnx_ops_linear (net->ops, CNX_LINEAR_PLAIN, to->patches, &to->downsample, NULL, to->buffers.x, rows);
}

/* The last stage's channels, one row a picture, to net->normalised or where it returns. */
static cl_mem
run_pool (CnxNetwork * net, int n)
{
  Stage *last = &net->stages[CNX_STAGES - 1];
  const int pixels = last->height * last->width;

  if (net->arch.norm_first)
    cnx_ops_layer_norm (net->ops, last->buffers.x, last->channels, net->final_norm_weight, net->final_norm_bias,
        net->final_norm_eps, last->buffers.y, n * pixels);
  cnx_ops_pool (net->ops, net->arch.norm_first ? last->buffers.y : last->buffers.x, last->channels, n, pixels,
      net->pooled);
  if (net->arch.norm_first)
    return net->pooled;
  cnx_ops_layer_norm (net->ops, net->pooled, last->channels, net->final_norm_weight, net->final_norm_bias,
      net->final_norm_eps, net->normalised, n);
  return net->normalised;
}

/* Returns what holds the logits, or the features where those are asked for. */
static cl_mem
run_head (CnxNetwork * net, int n)
{
  cl_mem features = run_pool (net, n);

  if (net->hidden_rows) {
    cnx_ops_linear (net->ops, CNX_LINEAR_PLAIN, features, &net->hidden, NULL, net->hidden_rows, n);
    cnx_ops_activate (net->ops, TRUE, net->hidden_rows, net->arch.hidden, n);
    features = net->hidden_rows;
  }
  if (net->embedded) {
    cnx_ops_linear (net->ops, CNX_LINEAR_PLAIN, features, &net->embedding, NULL, net->embedded, n);
    features = net->embedded;
  }
  if (net->gives_features)
    return features;
  cnx_ops_linear (net->ops, CNX_LINEAR_PLAIN, features, &net->classifier, NULL, net->logits, n);
  return net->logits;
}

static const char *const stage_names[CNX_STAGES] = { "stage 1", "stage 2", "stage 3", "stage 4" };

/* What the last stage gave for those of @pictures that have room for it. */
static void
read_last (CnxNetwork * net, const CnxNetworkInput * pictures, int n)
{
  const Stage *stage = &net->stages[CNX_STAGES - 1];
  const gsize places = (gsize) stage->height * stage->width;

  for (int i = 0; i < n; i++)
    if (pictures[i].last)
      cnx_ops_read_rows_at (net->ops, stage->buffers.x, i * places, pictures[i].last, places, stage->channels);
}

/* On what is in net->input, of @pictures, or, with NULL, of some of which only logits are wanted. */
static gboolean
run_input (CnxNetwork * net, const CnxNetworkInput * pictures, int n, float *logits, GError ** error)
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
  const cl_mem outputs = run_head (net, n);
  cnx_ops_read_rows (net->ops, outputs, logits, n, cnx_network_outputs (net));
  if (pictures)
    read_last (net, pictures, n);
  return cnx_ops_finish (net->ops, error);
}

static gboolean
run_batch (CnxNetwork * net, const float *in, int n, float *logits, GError ** error)
{
  cnx_ops_write_rows (net->ops, net->input, in, (gsize) n * net->height, net->width * 3);
  return run_input (net, NULL, n, logits, error);
}

/* Of what is left that many run next, so that passes are of about one size. */
static int
next_pass (CnxNetwork * net, int left)
{
  const int passes = (left + net->max_batch - 1) / net->max_batch;

  return (left + passes - 1) / passes;
}

gboolean
cnx_network_forward (CnxNetwork * net, const float *in, int n, float *logits, GError ** error)
{
  const gsize picture = (gsize) net->height * net->width * 3;
  gboolean ok = TRUE;

  g_mutex_lock (&net->lock);
  for (int first = 0, count; first < n && ok; first += count) {
    count = next_pass (net, n - first);
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
cnx_network_takes (CnxNetwork * net, const CnxNetworkInput * picture, GError ** error)
{
  return !picture->plan || cnx_frame_plan_fits (picture->plan, net->width, net->height, error);
}

/* To its place in the batch. */
static gboolean
write_picture (CnxNetwork * net, const CnxNetworkInput * picture, int place, GError ** error)
{
  const gsize row = (gsize) place * net->height;

  if (picture->plan)
    return cnx_frame_kernels_run (net->frame, cnx_ops_queue (net->ops), picture->plan, picture->data, net->input,
        row * net->width * 3, error);
  cnx_ops_write_rows_at (net->ops, net->input, row, picture->data, net->height, net->width * 3);
  return TRUE;
}

static gboolean
run_pictures (CnxNetwork * net, const CnxNetworkInput * pictures, int n, float *logits, GError ** error)
{
  for (int i = 0; i < n; i++)
    if (!write_picture (net, &pictures[i], i, error))
      return FALSE;
  return run_input (net, pictures, n, logits, error);
}

gboolean
cnx_network_forward_pictures (CnxNetwork * net, const CnxNetworkInput * pictures, int n, float *logits, GError ** error)
{
  const gsize outputs = cnx_network_outputs (net);
  gboolean ok = TRUE;

  for (int i = 0; i < n; i++)
    if (!cnx_network_takes (net, &pictures[i], error))
      return FALSE;
  g_mutex_lock (&net->lock);
  for (int first = 0, count; first < n && ok; first += count) {
    count = next_pass (net, n - first);
    ok = run_pictures (net, pictures + first, count, logits + first * outputs, error);
  }
  g_mutex_unlock (&net->lock);
  return ok && cnx_check_finite (logits, n, outputs, error);
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

/* Drivers compile kernels at their first use: that happens here, while other processes wait for it. */
static gboolean
warm_up (CnxNetwork * net, GError ** error)
{
  if (!cnx_ops_are_new (net->ops))
    return TRUE;
  g_autofree float *black = g_try_new0 (float, (gsize) net->height * net->width * 3);
  g_autofree float *logits = g_try_new (float, cnx_network_outputs (net));
  g_autoptr (GRecMutexLocker) setup = cnx_opencl_setup ();
  const gboolean ran = black && logits && run_batch (net, black, 1, logits, error);
  cnx_ops_keep (net->ops, ran);
  return ran || !black || !logits;
}

CnxNetwork *
cnx_network_new (CnxDevice * device, CnxModel * model, const CnxNetworkOptions * options, GError ** error)
{
  if (!fits (model, options, error))
    return NULL;

  g_autoptr (CnxNetwork) net = g_new0 (CnxNetwork, 1);
  g_atomic_ref_count_init (&net->refs);
  g_mutex_init (&net->lock);
  cnx_network_heat_init (net);
  net->device = cnx_device_ref (device);
  net->arch = *cnx_model_arch (model);
  net->height = options->height;
  net->width = options->width;
  net->gives_features = options->features;
  net->ops = cnx_ops_open (device, options->precision, error);
  if (!net->ops)
    return NULL;
  net->norm_eps = cnx_arch_norm_eps (&net->arch);
  if (!cnx_ops_set_arithmetic (net->ops, net->arch.norm, net->arch.activation, error))
    return NULL;
  net->precision = cnx_ops_tuning (net->ops)->precision;
  net->max_batch = MIN (options->max_batch, cnx_ops_tuning (net->ops)->batch);
  choose_variants (net);
  if (!cnx_network_upload (net, model, error))
    return NULL;
  allocate (net);
  if (!cnx_ops_finish (net->ops, error) || !warm_up (net, error))
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
    net->normalised, net->logits, net->final_norm_weight, net->final_norm_bias, net->stem_patches, net->stem_rows,
    net->hidden_rows, net->embedded
  };
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    release (all[i]);
  cnx_ops_linear_clear (&net->stem_first);
  cnx_ops_linear_clear (&net->hidden);
  cnx_ops_linear_clear (&net->embedding);
  cnx_ops_linear_clear (&net->classifier);
  cnx_network_heat_clear (net);
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
  return net->gives_features ? cnx_arch_features (&net->arch) : net->arch.classes;
}

int
cnx_network_batch (CnxNetwork * net)
{
  return net->max_batch;
}

CnxPrecision
cnx_network_precision (CnxNetwork * net)
{
  return net->precision;
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
