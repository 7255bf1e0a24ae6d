/* The whole network in plain C, out of reference.c's operations. */
#include "core/reference/reference.h"
#include "core/finite.h"

#include <string.h>

/* A forward pass under way: the activations of @n pictures and their present size. */
typedef struct
{
  CnxModel *model;
  CnxPrecision precision;
  int levels;
  int n, height, width, channels;
  float *x;                     /* activations */
  float *y;                     /* room for as many, and for the patches of the input */
  float *hidden;                /* room for 4C values a pixel */
} Pass;

static gsize
count_rows (const Pass * pass)
{
  return (gsize) pass->n * pass->height * pass->width;
}

static float *
load (const Pass * pass, CnxRole role, int stage, int block)
{
  return cnx_model_values (pass->model, role, stage, block);
}

static void
norm (const Pass * pass, CnxRole weight_role, CnxRole bias_role, int stage, int block, double eps,
    const float *in, gsize rows, float *out)
{
  g_autofree float *weight = load (pass, weight_role, stage, block);
  g_autofree float *bias = load (pass, bias_role, stage, block);

  cnx_reference_norm (cnx_model_arch (pass->model)->norm, in, rows, pass->channels, weight, bias, eps, out);
}

static double
norm_eps (const Pass * pass)
{
  return cnx_arch_norm_eps (cnx_model_arch (pass->model));
}

static void
linear (const Pass * pass, CnxPrecision precision, const float *in, gsize rows, int inputs, int outputs,
    const float *weight, const float *bias, float *out)
{
  cnx_reference_linear_in (precision, pass->levels, in, rows, inputs, outputs, weight, bias, out);
}

/* Every output's weights, in the order that patchify gives the inputs. */
static float *
load_patches (const Pass * pass, CnxRole role, int stage, int inputs, int outputs)
{
  float *weight = g_new (float, (gsize) inputs * outputs);

  cnx_model_rows (pass->model, role, stage, 0, 0, outputs, weight);
  return weight;
}

/* x becomes @outputs channels of a picture 1/@patch as high and wide. */
static void
patch_convolution (Pass * pass, CnxPrecision precision, const float *in, CnxRole weight_role,
    CnxRole bias_role, int stage, int outputs, int patch)
{
  const int inputs = patch * patch * pass->channels;
  g_autofree float *weight = load_patches (pass, weight_role, stage, inputs, outputs);
  g_autofree float *bias = load (pass, bias_role, stage, 0);

  cnx_reference_patchify (in, pass->n, pass->height, pass->width, pass->channels, patch, pass->y);
  pass->height /= patch;
  pass->width /= patch;
  linear (pass, precision, pass->y, count_rows (pass), inputs, outputs, weight,
      bias, pass->x);
  pass->channels = outputs;
}

/* @out becomes @outputs channels of half the picture's height and width; pass->y holds the patches. */
static void
overlapping_convolution (Pass * pass, const float *in, CnxRole weight_role, CnxRole bias_role, int outputs, float *out)
{
  const int inputs = 3 * 3 * pass->channels;
  g_autofree float *weight = load_patches (pass, weight_role, 0, inputs, outputs);
  g_autofree float *bias = load (pass, bias_role, 0, 0);

  cnx_reference_unfold (in, pass->n, pass->height, pass->width, pass->channels, 3, 2, 1, pass->y);
  pass->height /= 2;
  pass->width /= 2;
  linear (pass, CNX_PRECISION_FP32, pass->y, count_rows (pass), inputs, outputs, weight, bias, out);
  pass->channels = outputs;
}

static void
overlapping_stem (Pass * pass, const float *in)
{
  const CnxArch *arch = cnx_model_arch (pass->model);

  overlapping_convolution (pass, in, CNX_ROLE_STEM_WEIGHT, CNX_ROLE_STEM_BIAS, arch->stem_dim, pass->hidden);
  if (arch->stem == CNX_STEM_OVERLAP_ACT)
    cnx_reference_activate (arch->activation, pass->hidden, count_rows (pass) * arch->stem_dim);
  overlapping_convolution (pass, pass->hidden, CNX_ROLE_STEM_SECOND_WEIGHT, CNX_ROLE_STEM_SECOND_BIAS, arch->dims[0],
      pass->x);
}

static void
stem (Pass * pass, const float *in)
{
  if (cnx_model_arch (pass->model)->stem != CNX_STEM_PATCH)
    overlapping_stem (pass, in);
  else
    patch_convolution (pass, CNX_PRECISION_FP32, in, CNX_ROLE_STEM_WEIGHT, CNX_ROLE_STEM_BIAS, 0,
        cnx_model_arch (pass->model)->dims[0], 4);
  norm (pass, CNX_ROLE_STEM_NORM_WEIGHT, CNX_ROLE_STEM_NORM_BIAS, 0, 0, norm_eps (pass),
      pass->x, count_rows (pass), pass->x);
}

static void
downsample (Pass * pass, int stage)
{
  norm (pass, CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT, CNX_ROLE_DOWNSAMPLE_NORM_BIAS, stage, 0,
      norm_eps (pass), pass->x, count_rows (pass), pass->x);
  patch_convolution (pass, cnx_precision_of_downsamples (pass->precision), pass->x, CNX_ROLE_DOWNSAMPLE_WEIGHT,
      CNX_ROLE_DOWNSAMPLE_BIAS, stage, cnx_model_arch (pass->model)->dims[stage], 2);
}

/* y = linear (activation (linear (y))), with GRN before the second linear where the model has it. */
static void
mlp (Pass * pass, int stage, int block)
{
  g_autofree float *weight1 = load (pass, CNX_ROLE_LINEAR1_WEIGHT, stage, block);
  g_autofree float *bias1 = load (pass, CNX_ROLE_LINEAR1_BIAS, stage, block);
  g_autofree float *weight2 = load (pass, CNX_ROLE_LINEAR2_WEIGHT, stage, block);
  g_autofree float *bias2 = load (pass, CNX_ROLE_LINEAR2_BIAS, stage, block);
  g_autofree float *grn_weight = load (pass, CNX_ROLE_GRN_WEIGHT, stage, block);
  g_autofree float *grn_bias = load (pass, CNX_ROLE_GRN_BIAS, stage, block);
  gsize rows = count_rows (pass);
  int channels = pass->channels;

  linear (pass, pass->precision, pass->y, rows, channels, 4 * channels, weight1, bias1, pass->hidden);
  cnx_reference_activate (cnx_model_arch (pass->model)->activation, pass->hidden, rows * 4 * channels);
  if (grn_weight)
    cnx_reference_grn (pass->hidden, pass->n, pass->height * pass->width, 4 * channels, grn_weight,
        grn_bias);
  linear (pass, pass->precision, pass->hidden, rows, 4 * channels, channels, weight2, bias2, pass->y);
}

static void
run_block (Pass * pass, int stage, int block)
{
  g_autofree float *weight = load (pass, CNX_ROLE_DEPTHWISE_WEIGHT, stage, block);
  g_autofree float *bias = load (pass, CNX_ROLE_DEPTHWISE_BIAS, stage, block);
  g_autofree float *layer_scale = load (pass, CNX_ROLE_LAYER_SCALE, stage, block);
  gsize rows = count_rows (pass);

  cnx_reference_depthwise (pass->x, pass->n, pass->height, pass->width, pass->channels,
      cnx_arch_kernel (cnx_model_arch (pass->model), stage), weight, bias, pass->y);
  norm (pass, CNX_ROLE_BLOCK_NORM_WEIGHT, CNX_ROLE_BLOCK_NORM_BIAS, stage, block, norm_eps (pass),
      pass->y, rows, pass->y);
  mlp (pass, stage, block);
  cnx_reference_scale_add (pass->x, pass->y, rows, pass->channels, layer_scale);
}

/* A linear of the head, always in fp32: @inputs values of each picture to @outputs. */
static void
head_linear (const Pass * pass, CnxRole weight_role, CnxRole bias_role, const float *in, int inputs, int outputs,
    float *out)
{
  g_autofree float *weight = load (pass, weight_role, 0, 0);
  g_autofree float *bias = bias_role < CNX_N_ROLES ? load (pass, bias_role, 0, 0) : NULL;

  cnx_reference_linear (in, pass->n, inputs, outputs, weight, bias, out);
}

/* The last stage's channels, one row a picture, to pass->y. */
static void
pool (Pass * pass)
{
  const gsize rows = count_rows (pass);
  const double eps = cnx_model_final_norm_eps (pass->model);
  const gboolean first = cnx_model_arch (pass->model)->norm_first;

  if (first)
    norm (pass, CNX_ROLE_FINAL_NORM_WEIGHT, CNX_ROLE_FINAL_NORM_BIAS, 0, 0, eps, pass->x, rows, pass->x);
  cnx_reference_pool (pass->x, pass->n, pass->height * pass->width, pass->channels, pass->y);
  if (!first)
    norm (pass, CNX_ROLE_FINAL_NORM_WEIGHT, CNX_ROLE_FINAL_NORM_BIAS, 0, 0, eps, pass->y, pass->n, pass->y);
}

/* What the classifier reads. */
static void
head (Pass * pass, float *features)
{
  const CnxArch *arch = cnx_model_arch (pass->model);
  g_autofree float *hidden = g_new (float, (gsize) pass->n * MAX (arch->hidden, pass->channels));
  int width = pass->channels;

  pool (pass);
  memcpy (hidden, pass->y, (gsize) pass->n * width * sizeof (float));
  if (arch->hidden > 0) {
    head_linear (pass, CNX_ROLE_HIDDEN_WEIGHT, CNX_ROLE_HIDDEN_BIAS, pass->y, width, arch->hidden, hidden);
    width = arch->hidden;
    cnx_reference_activate (CNX_ACTIVATION_GELU, hidden, (gsize) pass->n * width);
  }
  if (arch->embedding > 0)
    head_linear (pass, CNX_ROLE_EMBEDDING_WEIGHT, CNX_N_ROLES, hidden, width, arch->embedding, features);
  else
    memcpy (features, hidden, (gsize) pass->n * width * sizeof (float));
}

/* The most activations that any stage holds, for all pictures. */
static gsize
largest_activation (const Pass * pass, const CnxArch * arch)
{
  gsize pixels = count_rows (pass) / 16;
  gsize largest = 0;

  for (int stage = 0; stage < CNX_STAGES; stage++, pixels /= 4)
    largest = MAX (largest, pixels * arch->dims[stage]);
  return largest;
}

/* @last: what the last stage gives; @features: what the classifier reads; either may be NULL. */
static gboolean
run_stages (CnxModel * model, CnxPrecision precision, int levels, const float *in, int n,
    int height, int width, float *last, float *features, GError ** error)
{
  const CnxArch *arch = cnx_model_arch (model);
  Pass pass = {.model = model,.precision = precision,.levels = levels,.n = n,.height = height,
    .width = width,.channels = 3
  };
  gsize largest, pixels;

  if (!cnx_arch_check_input (height, width, error))
    return FALSE;
  largest = largest_activation (&pass, arch);
  pixels = count_rows (&pass) / 16;     /* of the first stage's; a stem's patches must fit too */
  pass.x = g_new (float, largest);
  pass.y = g_new (float, MAX (largest, pixels * MAX (4 * 3 * 3 * 3, 3 * 3 * arch->stem_dim)));
  pass.hidden = g_new (float, MAX (largest, pixels * arch->stem_dim) * 4);

  stem (&pass, in);
  for (int stage = 0; stage < CNX_STAGES; stage++) {
    if (stage > 0)
      downsample (&pass, stage);
    for (int block = 0; block < arch->depths[stage]; block++)
      run_block (&pass, stage, block);
  }
  if (last)
    memcpy (last, pass.x, count_rows (&pass) * pass.channels * sizeof (float));
  if (features)
    head (&pass, features);

  g_free (pass.x);
  g_free (pass.y);
  g_free (pass.hidden);
  return cnx_model_check (model, error);
}

gboolean
cnx_reference_last_in (CnxModel * model, CnxPrecision precision, int levels, const float *in, int n,
    int height, int width, float *last, GError ** error)
{
  return run_stages (model, precision, levels, in, n, height, width, last, NULL, error);
}

gboolean
cnx_reference_features_in (CnxModel * model, CnxPrecision precision, int levels, const float *in, int n,
    int height, int width, float *features, GError ** error)
{
  return run_stages (model, precision, levels, in, n, height, width, NULL, features, error)
      && cnx_check_finite (features, n, cnx_arch_features (cnx_model_arch (model)), error);
}

gboolean
cnx_reference_forward_in (CnxModel * model, CnxPrecision precision, int levels, const float *in, int n,
    int height, int width, float *logits, GError ** error)
{
  const CnxArch *arch = cnx_model_arch (model);
  const int inputs = cnx_arch_features (arch);
  g_autofree float *features = NULL, *weight = NULL, *bias = NULL;

  if (!cnx_arch_check_input (height, width, error) || !cnx_model_check_classifier (model, error))
    return FALSE;
  features = g_new (float, (gsize) n * inputs);
  if (!run_stages (model, precision, levels, in, n, height, width, NULL, features, error))
    return FALSE;
  weight = cnx_model_values (model, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0);
  bias = cnx_model_values (model, CNX_ROLE_CLASSIFIER_BIAS, 0, 0);
  cnx_reference_linear (features, n, inputs, arch->classes, weight, bias, logits);
  return cnx_model_check (model, error) && cnx_check_finite (logits, n, arch->classes, error);
}

gboolean
cnx_reference_forward (CnxModel * model, const float *in, int n, int height, int width,
    float *logits, GError ** error)
{
  return cnx_reference_forward_in (model, CNX_PRECISION_FP32, 0, in, n, height, width, logits, error);
}
