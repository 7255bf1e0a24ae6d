/* The shape of a ConvNeXt: depths and dims of its four stages, and the published variants.
 *
 * Source: "A ConvNet for the 2020s" (arXiv 2201.03545), section 2 and table 9;
 * "ConvNeXt V2" (arXiv 2301.00808), table 3 and appendix A. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNX_STAGES 4
/** Input height and width must be multiples of this: 4 (stem) x 2 x 2 x 2 (downsamples). */
#define CNX_INPUT_MULTIPLE 32
/** eps of GRN, and unless an architecture has another, of every norm but the final one: cnx_model_final_norm_eps(). */
#define CNX_NORM_EPS 1e-6
#define CNX_GRN_EPS 1e-6

/** The depthwise convolution's height and width, unless an architecture has others. */
#define CNX_KERNEL 7

/** How a picture becomes the first stage's input. */
typedef enum
{
  CNX_STEM_PATCH,               /* one 4x4 convolution of stride 4, norm */
  CNX_STEM_OVERLAP,             /* two 3x3 convolutions of stride 2, padding 1, norm: timm's `_ols` */
  CNX_STEM_OVERLAP_ACT,         /* the same with the activation between them */
} CnxStem;

/** Over the channels of a row; all have a weight, and the first a bias. */
typedef enum
{
  CNX_NORM_LAYER,               /* (x - mean) / sqrt (variance + eps) */
  CNX_NORM_RMS,                 /* x / sqrt (mean of x^2 + eps) */
  CNX_NORM_SIMPLE,              /* x / sqrt (variance + eps), the variance with one value less in its divisor */
  CNX_NORM_UNNAMED,             /* one of the last two, while a model is loaded and nothing said which */
} CnxNorm;

/** Between a block's two linears. */
typedef enum
{
  CNX_ACTIVATION_GELU,          /* x * (1 + erf (x / sqrt 2)) / 2 */
  CNX_ACTIVATION_GELU_TANH,     /* x * (1 + tanh (sqrt (2 / pi) * (x + 0.044715 x^3))) / 2 */
  CNX_ACTIVATION_QUICK_GELU,    /* x / (1 + exp (-1.702 x)) */
  CNX_ACTIVATION_SILU,          /* x / (1 + exp (-x)) */
  CNX_ACTIVATION_RELU,          /* max (x, 0) */
  CNX_N_ACTIVATIONS,
} CnxActivation;

/**
 * CnxArch:
 * @version: 1 (layer scale) or 2 (global response normalisation)
 * @depths: blocks in each stage
 * @dims: channels in each stage
 * @classes: outputs of the classifier; 0 when there is none
 * @stem, @stem_dim: its kind, and the channels between the two convolutions of an overlapping one
 * @norm, @norm_eps: every norm's kind, and the eps of all but the final one; 0: CNX_NORM_EPS
 * @activation: between a block's linears; 0: GELU. The head's hidden layer has GELU in any case
 * @kernels: the depthwise convolutions' height and width in each stage, odd and at most CNX_KERNEL; 0: CNX_KERNEL
 * @no_conv_bias: the stem's, the downsamples' and the depthwise convolutions have no bias
 * @norm_first: the final norm is before the pooling (timm's `_hnf`)
 * @hidden: outputs of a hidden layer between the final norm and the classifier (timm's `_mlp`); 0: none
 * @embedding: outputs of a linear without a bias in the classifier's place (an image tower of CLIP); 0: none
 *
 * A plain value; copy it freely. All but the first four are 0 in a ConvNeXt as the papers have it.
 */
typedef struct
{
  int version;
  int depths[CNX_STAGES];
  int dims[CNX_STAGES];
  int classes;
  CnxStem stem;
  int stem_dim;
  CnxNorm norm;
  double norm_eps;
  CnxActivation activation;
  int kernels[CNX_STAGES];
  gboolean no_conv_bias, norm_first;
  int hidden, embedding;
} CnxArch;

/** The depthwise convolutions' height and width in @stage. */
int cnx_arch_kernel (const CnxArch * arch, int stage);
/** eps of every norm but the final one. */
double cnx_arch_norm_eps (const CnxArch * arch);
/** What a classifier reads, or would: the last stage's channels, the hidden layer's or the embedding's outputs. */
int cnx_arch_features (const CnxArch * arch);

/**
 * CnxVariant:
 * @name: the published name in lower case: "atto" ... "xlarge", with "v2-" before it for V2
 * @arch: its shape, with 1000 classes
 * @id: its usual weights on the hub, as "owner/repository"
 * @conv_mlp: timm holds the two linears of its blocks as 1 x 1 convolutions, (O, I, 1, 1)
 */
typedef struct
{
  const char *name;
  CnxArch arch;
  const char *id;
  gboolean conv_mlp;
} CnxVariant;

/** All published variants, ended by one whose name is NULL. Static. */
const CnxVariant *cnx_variants (void);

/** The variant called @name, in any case: "T", "tiny", "xl", "XLarge", "v2-T"; NULL if there is none.
 * Static; thread-safe. */
const CnxVariant *cnx_variant_find (const char *name);

/** Where @file of the hub's repository @id ("owner/repository") is downloaded from. Free with g_free(). */
char *cnx_hub_url (const char *id, const char *file);

/** The variant with this version, these depths and dims (classes do not count), or NULL. */
const CnxVariant *cnx_variant_of (const CnxArch * arch);

/** timm's name of @variant: "convnext_tiny", "convnextv2_atto". Free with g_free(). */
char *cnx_variant_timm_name (const CnxVariant * variant);

/** FALSE and an error unless @height and @width are positive multiples of CNX_INPUT_MULTIPLE
 * and at most 4096; the error names the nearest size that works. */
gboolean cnx_arch_check_input (int height, int width, GError ** error);

G_END_DECLS
