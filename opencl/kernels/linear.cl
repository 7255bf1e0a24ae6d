/* A product with its bias, and what follows it: rows of `in` times a weight.
 *
 *   in      rows of `in_stride` elements, `depth` of them used; TILE_ROWS spare rows behind the last
 *   scales  int8: `groups` of them for each row (operand.cl)
 *   weight  panels of PANEL columns, one behind another (operand.cl); the last is filled up with zeros
 *   bias    as many floats as the panels have columns
 *   out     rows x out_stride floats; columns of the last panel beyond out_stride are not written
 *   scale   of the sums, before they are added to what `out` holds; as long as bias
 *
 * With WG 1 (else: linear_gpu.cl) a work-item computes one panel's columns for `block` rows, tile by tile: the panel
 * is read from memory once and the rows come from the cache. linear_fp32 is the same for inputs and weights that are
 * floats whatever the network's precision: its stem and its classifier. */
#define STORE_PLAIN(to, value, scale) vstorev (value, 0, to)
#define STORE_GELU(to, value, scale) vstorev (activation (value), 0, to)
#define STORE_SCALE_ADD(to, value, scale) \
    vstorev (fma (value, vloadv (0, scale), vloadv (0, to)), 0, to)

#if WG == 1

#define DEFINE_LINEAR(NAME, ELEMENT, BYTES, PRODUCT, STORE)                                 \
KERNEL void                                                                                 \
NAME (global const ELEMENT *in, int in_stride, global const float2 *scales, int groups,     \
    int depth, global const char *weight, global const float *bias,                         \
    global const float *scale, global float *out, int out_stride, int rows, int panels,     \
    int block, int items)                                                                   \
{                                                                                           \
  const int item = get_global_id (0);                                                       \
  if (item >= items)                                                                        \
    return;                                                                                 \
  const int p = item % panels, begin = item / panels * block, end = min (begin + block, rows); \
  global const char *panel = weight + (size_t) p * BYTES (depth);                           \
  for (int row = begin; row < end; row += TILE_ROWS) {                                      \
    const Ahead ahead = look_ahead (panel + BYTES (depth), BYTES (depth), (row - begin) / TILE_ROWS); \
    floatv acc[TILE_ROWS][TILE_VECS];                                                       \
    EACH_VALUE                                                                              \
      acc[r][v] = vloadv (v, bias + p * PANEL);                                             \
    PRODUCT (in + (size_t) row * in_stride, in_stride, scales + (size_t) row * groups, groups, depth, \
        panel, ahead, acc);                                                                 \
    _Pragma ("unroll")                                                                      \
    for (int v = 0; v < TILE_VECS; v++) {                                                   \
      const int c = p * PANEL + v * V;                                                      \
      if (c >= out_stride)                                                                  \
        continue;                                                                           \
      _Pragma ("unroll")                                                                    \
      for (int r = 0; r < TILE_ROWS; r++)                                                   \
        if (row + r < end) {                                                                \
          global float *to = out + (size_t) (row + r) * out_stride + c;                     \
          STORE (to, acc[r][v], scale + c);                                                 \
        }                                                                                   \
    }                                                                                       \
  }                                                                                         \
}

#define PRODUCT_OPERAND(rows, stride, scales, groups, depth, panel, ahead, acc)             \
    product_from_global (rows, stride, scales, groups, depth, (panel) + PANEL_OFFSET (0),   \
        (global const float *) (panel), ahead, acc)

DEFINE_LINEAR (linear, element, PANEL_BYTES, PRODUCT_OPERAND, STORE_PLAIN)
DEFINE_LINEAR (linear_gelu, element, PANEL_BYTES, PRODUCT_OPERAND, STORE_GELU)
DEFINE_LINEAR (linear_scale_add, element, PANEL_BYTES, PRODUCT_OPERAND, STORE_SCALE_ADD)

#ifndef OPERAND_FP32
#define PRODUCT_FP32(rows, stride, scales, groups, depth, panel, ahead, acc)                \
    tile_from_global (rows, stride, depth, (global const float *) (panel), ahead, acc)
DEFINE_LINEAR (linear_fp32, float, FP32_BYTES, PRODUCT_FP32, STORE_PLAIN)
#endif

#endif
