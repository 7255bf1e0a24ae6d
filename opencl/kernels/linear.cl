/* A product with its bias, and what follows it: rows of `in` times a weight.
 *
 *   in      rows of `in_stride` floats, `depth` of them used; TILE_ROWS spare rows behind the last
 *   weight  panels of PANEL columns, one behind another, each `depth` values deep:
 *           | k=0: column 0 .. PANEL-1 | k=1: .. | .. | k=depth-1: .. |  next panel ..
 *           the last panel is filled up with zeros
 *   bias    as many floats as the panels have columns
 *   out     rows x out_stride floats; columns of the last panel beyond out_stride are not written
 *
 * A work-item computes one panel's columns for `block` rows, tile by tile: the panel is read from memory once
 * and the rows come from the cache. */
#define DEFINE_LINEAR(NAME, STORE)                                                          \
KERNEL void                                                                                 \
NAME (global const float *in, int in_stride, int depth, global const float *weight,         \
    global const float *bias, global const float *scale, global float *out, int out_stride, \
    int rows, int block, int panels, int items)                                             \
{                                                                                           \
  const int item = get_global_id (0);                                                       \
  if (item >= items)                                                                        \
    return;                                                                                 \
  const int p = item % panels, begin = item / panels * block, end = min (begin + block, rows); \
  global const float *panel = weight + (size_t) p * depth * PANEL;                          \
  for (int row = begin; row < end; row += TILE_ROWS) {                                      \
    floatv acc[TILE_ROWS][TILE_VECS];                                                       \
    EACH_VALUE                                                                              \
      acc[r][v] = vloadv (v, bias + p * PANEL);                                             \
    tile_from_global (in + (size_t) row * in_stride, in_stride, depth, panel,               \
        look_ahead (panel + (size_t) depth * PANEL, depth, (row - begin) / TILE_ROWS), acc); \
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

#define STORE_PLAIN(to, value, scale) vstorev (value, 0, to)
#define STORE_GELU(to, value, scale) vstorev (gelu (value), 0, to)
#define STORE_SCALE_ADD(to, value, scale) \
    vstorev (fma (value, vloadv (0, scale), vloadv (0, to)), 0, to)

DEFINE_LINEAR (linear, STORE_PLAIN)
DEFINE_LINEAR (linear_gelu, STORE_GELU)
DEFINE_LINEAR (linear_scale_add, STORE_SCALE_ADD)
