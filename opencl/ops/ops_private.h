/* What the files of ops share: ops.c and ops_block.c stand on ops_memory.c, that on ops_launch.c and ops_profile.c. */
#pragma once

#include "opencl/ops/ops.h"
#include "opencl/program.h"

#define ROW_ALIGN 16            /* values of a row; of a product's inputs too, but in fp32 */
#define FP32_DEPTH_ALIGN 4      /* there it is the inner loop's turn, kernels/tile.cl */

typedef enum
{
  KERNEL_PATCHIFY,
  KERNEL_DEPTHWISE,
  KERNEL_LAYER_NORM,
  KERNEL_NORM_PATCHIFY,
  KERNEL_GRN_NORMS,
  KERNEL_GRN_SCALES,
  KERNEL_GRN_APPLY,
  KERNEL_TO_OPERAND,            /* unless operands are floats */
  KERNEL_LINEAR,                /* the three in the order of CnxLinearKind */
  KERNEL_LINEAR_GELU,
  KERNEL_LINEAR_SCALE_ADD,
  KERNEL_LINEAR_FP32,           /* unless operands are floats */
  KERNEL_POOL,
  KERNEL_BLOCK,                 /* where a group is one work-item */
  KERNEL_UNFOLD,
  KERNEL_ACTIVATE,
  N_KERNELS,
} Kernel;

extern const char *const cnx_kernel_names[N_KERNELS];

/* The kernels, built for one tuning. */
typedef struct
{
  CnxTuning tuning;
  cl_program program;
  CnxProgramKeep *keep;         /* of the first one, while others wait for it */
  cl_kernel kernels[N_KERNELS];
} Variant;

struct _CnxOps
{
  CnxDevice *device;
  GPtrArray *variants;          /* of Variant */
  CnxNorm norm;                 /* what all of them are built for */
  CnxActivation activation;
  CnxTuning tuning;             /* of the selected one */
  const cl_kernel *kernels;     /* of the selected one */
  cl_command_queue queue;
  cl_mem operand, scales;       /* a product's input in the network's precision, for what is not fused */
  gsize operand_size, scales_size;
  GArray *profile;              /* of Launch, or NULL where nobody asked */
  const char *section;          /* what the next launches belong to */
  cl_int status;                /* of the first operation that failed */
  const char *failed;           /* its name */
};

static inline int
round_up (int value, int multiple)
{
  return (value + multiple - 1) / multiple * multiple;
}

/* Columns of a panel. */
static inline int
panel (const CnxOps * ops)
{
  return ops->tuning.group_cols * ops->tuning.tile_vecs * ops->tuning.vector;
}

/** Keeps the first failure; FALSE from then on. */
gboolean cnx_ops_check (CnxOps * ops, cl_int code, const char *what);

/** The precision that a product of @linear runs in. */
CnxPrecision cnx_ops_linear_precision (const CnxOps * ops, const CnxLinear * linear);

/** Inputs of a product as its inner loop counts them, with the zeros behind. */
int cnx_ops_depth (CnxPrecision precision, int inputs);

/** Bytes of an element of a product's input. */
gsize cnx_ops_element_size (const CnxOps * ops);

/** A buffer of at least @size bytes in *@buffer, whose size is *@had. */
void cnx_ops_reserve (CnxOps * ops, cl_mem * buffer, gsize * had, gsize size);

/** Where the next launch's event goes; NULL without a profile. */
cl_event *cnx_ops_profile_next (CnxOps * ops, Kernel kernel, double flops);
void cnx_ops_profile_free (CnxOps * ops);

/** int8's groups of so many inputs. */
static inline int
cnx_ops_groups (int depth)
{
  return (depth + CNX_INT8_GROUP - 1) / CNX_INT8_GROUP;
}

/* A kernel's argument: where it is and how long, or NULL and a length for local memory. */
typedef struct
{
  size_t size;
  const void *value;
} Arg;

#define ARG(x) { sizeof (x), &(x) }

/** Queues a kernel. @flops: what the profile counts for it. */
void cnx_ops_launch (CnxOps * ops, Kernel which, const Arg * args, guint n_args, size_t items, double flops);

#define LAUNCH(ops, which, args, items, flops) \
    cnx_ops_launch (ops, which, args, G_N_ELEMENTS (args), items, flops)
