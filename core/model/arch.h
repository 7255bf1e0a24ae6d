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
/** eps of every LayerNorm but that before the classifier, see cnx_model_final_norm_eps(), and of GRN. */
#define CNX_NORM_EPS 1e-6
#define CNX_GRN_EPS 1e-6

/**
 * CnxArch:
 * @version: 1 (layer scale) or 2 (global response normalisation)
 * @depths: blocks in each stage
 * @dims: channels in each stage
 * @classes: outputs of the classifier; 0 when there is none
 *
 * A plain value; copy it freely.
 */
typedef struct
{
  int version;
  int depths[CNX_STAGES];
  int dims[CNX_STAGES];
  int classes;
} CnxArch;

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
