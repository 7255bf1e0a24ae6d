/* The four published naming schemes, and what each calls a tensor of a ConvNeXt. */
#pragma once

#include "core/checkpoint.h"

G_BEGIN_DECLS

typedef enum
{
  CNX_SCHEME_TIMM,
  CNX_SCHEME_HUGGING_FACE,
  CNX_SCHEME_TORCHVISION,
  CNX_SCHEME_ORIGINAL,
  CNX_N_SCHEMES,
} CnxScheme;

/** What a tensor is for. Roles up to CNX_ROLE_DOWNSAMPLE_BIAS exist once per stage or once in all;
 * CNX_ROLE_DEPTHWISE_WEIGHT .. CNX_ROLE_GRN_BIAS once per block. */
typedef enum
{
  CNX_ROLE_STEM_WEIGHT,         /* (C0, 3, 4, 4) */
  CNX_ROLE_STEM_BIAS,           /* (C0) */
  CNX_ROLE_STEM_NORM_WEIGHT,    /* (C0) */
  CNX_ROLE_STEM_NORM_BIAS,      /* (C0) */
  CNX_ROLE_FINAL_NORM_WEIGHT,   /* (C3) */
  CNX_ROLE_FINAL_NORM_BIAS,     /* (C3) */
  CNX_ROLE_CLASSIFIER_WEIGHT,   /* (classes, C3) */
  CNX_ROLE_CLASSIFIER_BIAS,     /* (classes) */
  CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT,      /* stage s >= 1: (C of s-1) */
  CNX_ROLE_DOWNSAMPLE_NORM_BIAS,
  CNX_ROLE_DOWNSAMPLE_WEIGHT,   /* (C of s, C of s-1, 2, 2) */
  CNX_ROLE_DOWNSAMPLE_BIAS,     /* (C of s) */
  CNX_ROLE_DEPTHWISE_WEIGHT,    /* (C, 1, 7, 7) */
  CNX_ROLE_DEPTHWISE_BIAS,      /* (C) */
  CNX_ROLE_BLOCK_NORM_WEIGHT,   /* (C) */
  CNX_ROLE_BLOCK_NORM_BIAS,     /* (C) */
  CNX_ROLE_LINEAR1_WEIGHT,      /* (4C, C) or (4C, C, 1, 1) */
  CNX_ROLE_LINEAR1_BIAS,        /* (4C) */
  CNX_ROLE_LINEAR2_WEIGHT,      /* (C, 4C) or (C, 4C, 1, 1) */
  CNX_ROLE_LINEAR2_BIAS,        /* (C) */
  CNX_ROLE_LAYER_SCALE,         /* V1: (C) or (C, 1, 1) */
  CNX_ROLE_GRN_WEIGHT,          /* V2: (4C) or (1, 1, 1, 4C) */
  CNX_ROLE_GRN_BIAS,            /* V2: as above */
  CNX_N_ROLES,
} CnxRole;

/** "timm", "Hugging Face", "torchvision", "original". */
const char *cnx_scheme_name (CnxScheme scheme);

/** The name that @scheme gives to @role in @stage (0..3) and @block; stage and block are ignored where
 * the role has none. NULL where the scheme has no such tensor. Free with g_free(). */
char *cnx_scheme_tensor_name (CnxScheme scheme, CnxRole role, int stage, int block);

/** Which scheme @checkpoint is named in, by its stem tensor, and the prefix before every name
 * ("", "module.", "model.", ...; free with g_free()). FALSE and CNX_ERROR_MODEL when none fits. */
gboolean cnx_scheme_detect (CnxCheckpoint * checkpoint, CnxScheme * scheme, char **prefix, GError ** error);

G_END_DECLS
