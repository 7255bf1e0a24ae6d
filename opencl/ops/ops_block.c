/* A block: one kernel, or its steps one by one. */
#include "opencl/ops/ops_private.h"
#include "core/model/model.h"

/* Tiles that read a panel, for the fused kernel to be worth a thread's reading all weights; where the weights are few
 * they are near, and what counts is that it is one launch and not four. */
#define WORTH_TILES 4
#define FEW_BYTES (1024 * 1024)

/* Local memory that the fused block takes: for each row, and besides. */
typedef struct
{
  gsize normalised, scales, chunk, sums, hidden_rows, hidden_scales;    /* bytes a row */
  gsize lines;                  /* bytes in all */
} Memory;

static Memory
memory_of (CnxOps * ops, int channels)
{
  const int stride = cnx_ops_stride (channels), chunk = ops->tuning.mlp_chunk;
  const gsize element = cnx_ops_element_size (ops);
  const gboolean floats = ops->tuning.precision == CNX_PRECISION_FP32;

  return (Memory) {
    .normalised = stride * element,.scales = floats ? 0 : cnx_ops_groups (stride) * sizeof (cl_float2),
    .chunk = chunk * sizeof (float),.sums = round_up (channels, panel (ops)) * sizeof (float),
    .hidden_rows = floats ? 0 : chunk * element,.hidden_scales = floats ? 0 : sizeof (cl_float2),
    .lines = floats ? 0 : ops->tuning.depthwise_cols * stride * sizeof (float)
  };
}

static gsize
row_bytes (const Memory * m)
{
  return m->normalised + m->scales + m->chunk + m->sums + m->hidden_rows + m->hidden_scales;
}

int
cnx_ops_fused_rows (CnxOps * ops, int channels, int rows)
{
  const int tile = ops->tuning.tile_rows, threads = ops->tuning.threads;
  const Memory memory = memory_of (ops, channels);
  const int most = ops->tuning.mlp_bytes > memory.lines
      ? (ops->tuning.mlp_bytes - memory.lines) / row_bytes (&memory) / tile * tile : 0;
  const int share = (rows + threads - 1) / threads;
  const gsize weights = 8 * (gsize) channels * channels * cnx_ops_element_size (ops);

  if (most < tile || (weights > FEW_BYTES && most < (WORTH_TILES + 1) * tile))
    return 0;
  if (weights > FEW_BYTES ? rows < WORTH_TILES * tile * threads : 2 * rows < 3 * tile * threads)
    return 0;
  /* as many blocks for each thread as the memory asks for, all of about one size */
  const int blocks = (share + most - 1) / most;
  return MIN (round_up ((share + blocks - 1) / blocks, tile), most);
}

static void
fused (CnxOps * ops, const CnxBlock * b, const CnxBlockBuffers * buffers, int channels, int n, int height, int width)
{
  const CnxPrecision precision = ops->tuning.precision;
  const int rows = n * height * width, hidden = cnx_ops_depth (precision, 4 * channels);
  const int depth = cnx_ops_depth (precision, channels), groups = cnx_ops_groups (depth);
  const int stride = cnx_ops_stride (channels), out_stride = round_up (channels, panel (ops));
  const int block = cnx_ops_fused_rows (ops, channels, rows);
  const Memory m = memory_of (ops, channels);
  const cl_float eps = b->eps;

#define LOCAL(bytes) { MAX (bytes, 16), NULL }  /* a kernel takes no local memory of no size */
  const Arg args[] = { ARG (buffers->x), ARG (buffers->y), ARG (height), ARG (width), ARG (stride), ARG (channels),
    ARG (b->depthwise_weight), ARG (b->depthwise_bias), ARG (b->norm_weight), ARG (b->norm_bias), ARG (eps),
    ARG (groups), ARG (depth), ARG (hidden), ARG (b->linear1.weight), ARG (b->linear1.bias),
    ARG (b->linear2.weight), ARG (b->linear2.bias), ARG (b->scale), ARG (out_stride), ARG (rows), ARG (block),
    LOCAL (block * m.normalised), LOCAL (block * m.scales), LOCAL (block * m.chunk), LOCAL (block * m.sums),
    LOCAL (m.lines), LOCAL (block * m.hidden_rows), LOCAL (block * m.hidden_scales)
  };
#undef LOCAL
  LAUNCH (ops, KERNEL_BLOCK, args, (rows + block - 1) / block, (16.0 * channels + 98) * channels * rows);
}

static void
step_by_step (CnxOps * ops, const CnxBlock * b, const CnxBlockBuffers * buffers, int channels, int n, int height,
    int width)
{
  const int pixels = height * width, rows = n * pixels, hidden = 4 * channels;

  cnx_ops_depthwise (ops, buffers->x, b->depthwise_weight, b->depthwise_bias, buffers->y, n, height, width, channels);
  cnx_ops_layer_norm (ops, buffers->y, channels, b->norm_weight, b->norm_bias, b->eps, buffers->normalised,
      rows);
  cnx_ops_linear (ops, CNX_LINEAR_GELU, buffers->normalised, &b->linear1, NULL, buffers->hidden, rows);
  if (b->grn_weight)
    cnx_ops_grn (ops, buffers->hidden, hidden, b->grn_weight, b->grn_bias, CNX_GRN_EPS, buffers->norms, n, pixels);
  cnx_ops_linear (ops, CNX_LINEAR_SCALE_ADD, buffers->hidden, &b->linear2, b->scale, buffers->x, rows);
}

void
cnx_ops_block (CnxOps * ops, const CnxBlock * block, CnxBlockBuffers * buffers, int channels, int n, int height,
    int width)
{
  if (block->grn_weight || !cnx_ops_fused_rows (ops, channels, n * height * width)) {
    step_by_step (ops, block, buffers, channels, n, height, width);
    return;
  }
  fused (ops, block, buffers, channels, n, height, width);
  const cl_mem out = buffers->y;
  buffers->y = buffers->x;
  buffers->x = out;
}
