/* The published naming schemes, and what each calls a tensor of a ConvNeXt. */
#pragma once

#include "core/model/arch.h"
#include "core/weights/checkpoint.h"

G_BEGIN_DECLS

typedef enum
{
  CNX_SCHEME_TIMM,
  CNX_SCHEME_HUGGING_FACE,
  CNX_SCHEME_TORCHVISION,
  CNX_SCHEME_ORIGINAL,
  CNX_SCHEME_DINOV3,            /* Hugging Face's DINOv3ConvNextModel */
  CNX_N_SCHEMES,
} CnxScheme;

/** What a tensor is for. Roles up to CNX_ROLE_DOWNSAMPLE_BIAS exist once per stage or once in all;
 * CNX_ROLE_DEPTHWISE_WEIGHT .. CNX_ROLE_GRN_BIAS once per block. Norms without a bias, and convolutions where the
 * architecture has none, lack that role. */
typedef enum
{
  CNX_ROLE_STEM_WEIGHT,         /* (C0, 3, 4, 4); of an overlapping stem (stem_dim, 3, 3, 3) */
  CNX_ROLE_STEM_BIAS,           /* as many as its outputs */
  CNX_ROLE_STEM_SECOND_WEIGHT,  /* of an overlapping stem: (C0, stem_dim, 3, 3) */
  CNX_ROLE_STEM_SECOND_BIAS,    /* (C0) */
  CNX_ROLE_STEM_NORM_WEIGHT,    /* (C0) */
  CNX_ROLE_STEM_NORM_BIAS,      /* (C0) */
  CNX_ROLE_FINAL_NORM_WEIGHT,   /* (C3) */
  CNX_ROLE_FINAL_NORM_BIAS,     /* (C3) */
  CNX_ROLE_HIDDEN_WEIGHT,       /* the head's hidden layer: (hidden, C3) */
  CNX_ROLE_HIDDEN_BIAS,         /* (hidden) */
  CNX_ROLE_EMBEDDING_WEIGHT,    /* (embedding, C3), or of the hidden layer's outputs */
  CNX_ROLE_CLASSIFIER_WEIGHT,   /* (classes, C3), or of the hidden layer's outputs */
  CNX_ROLE_CLASSIFIER_BIAS,     /* (classes) */
  CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT,      /* stage s >= 1: (C of s-1) */
  CNX_ROLE_DOWNSAMPLE_NORM_BIAS,
  CNX_ROLE_DOWNSAMPLE_WEIGHT,   /* (C of s, C of s-1, 2, 2) */
  CNX_ROLE_DOWNSAMPLE_BIAS,     /* (C of s) */
  CNX_ROLE_DEPTHWISE_WEIGHT,    /* (C, 1, 7, 7), or another kernel's size */
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

/** "timm", "Hugging Face", "torchvision", "original", "Hugging Face DINOv3". */
const char *cnx_scheme_name (CnxScheme scheme);

/** The name that @scheme gives to @role in @stage (0..3) and @block; stage and block are ignored where
 * the role has none. NULL where the scheme has no such tensor. Free with g_free(). */
char *cnx_scheme_tensor_name (CnxScheme scheme, CnxRole role, int stage, int block);
/** The same where it depends on the stem and the head of @arch; NULL: a plain ConvNeXt, as above. */
char *cnx_arch_tensor_name (const CnxArch * arch, CnxScheme scheme, CnxRole role, int stage, int block);

/** The same as a file has it, with the @prefix that cnx_scheme_detect() found (the classifier of a Hugging Face
 * checkpoint stands before `convnext.`). Free with g_free(). */
char *cnx_scheme_file_name (CnxScheme scheme, const char *prefix, CnxRole role, int stage, int block);
char *cnx_arch_file_name (const CnxArch * arch, CnxScheme scheme, const char *prefix, CnxRole role, int stage,
    int block);

/** The tensor that @checkpoint has for @role under that name, or under another that is used for it outside the
 * prefix, as the projection beside the trunk of a CLIP; NULL. Owned by the checkpoint. */
const CnxTensor *cnx_arch_find (const CnxArch * arch, CnxCheckpoint * checkpoint, CnxScheme scheme,
    const char *prefix, CnxRole role, int stage, int block);

/** Whether @role exists once per stage (blocks included), and once per block. */
gboolean cnx_role_is_per_stage (CnxRole role);
gboolean cnx_role_is_per_block (CnxRole role);

/** The shape that @role has in @stage of @arch, without dimensions of 1 that some schemes add: fills @dims
 * (unused ones with 1) and returns how many count; 0 where @arch has no such tensor. */
int cnx_role_shape (const CnxArch * arch, CnxRole role, int stage, gint64 dims[4]);

/** Called for a tensor that an architecture has; @dims as from cnx_role_shape(). */
typedef void (*CnxTensorFunc) (CnxRole role, int stage, int block, int n_dims, const gint64 * dims,
    gpointer user_data);

/** Calls @func for every tensor of @arch. */
void cnx_arch_foreach_tensor (const CnxArch * arch, CnxTensorFunc func, gpointer user_data);

/** Which scheme @checkpoint is named in, by its stem tensor, and the prefix before every name ("", "module.", "model.",
 * ...; free with g_free()). Of several stems, the one whose network has blocks in every stage; where none has, the one
 * of the shortest prefix. FALSE and CNX_ERROR_MODEL when none fits, or when several have blocks. */
gboolean cnx_scheme_detect (CnxCheckpoint * checkpoint, CnxScheme * scheme, char **prefix, GError ** error);

/** Whether a tensor called @name is the network's that cnx_scheme_detect() found, or stands beside it in the file. */
gboolean cnx_scheme_covers (CnxScheme scheme, const char *prefix, const char *name);

/** Whether @name is a second one of a tensor that is read by its first. */
gboolean cnx_scheme_repeats (CnxScheme scheme, const char *prefix, const char *name);

G_END_DECLS
