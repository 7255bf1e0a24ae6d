/* A product's two operands in the precision that the network runs in, one of OPERAND_FP32, OPERAND_FP16,
 * OPERAND_BF16 and OPERAND_INT8; core/model/precision.h has the arithmetic. Sums are floats always.
 *
 *   element   a value of an input's row. Rows are `stride` elements apart, `depth` of them used
 *   scales    int8: (scale, low) of each GROUP values of a row, `groups` of them a row; else unused
 *   panel     fp32, fp16   depth x PANEL values
 *             bf16         depth/2 x PANEL x 2 values: two of an input side by side
 *             int8         | PANEL scales |, then for each group of inputs
 *                          | PANEL sums of weights | width/4 x PANEL x 4 bytes |; scales and sums are floats
 *
 * `depth` is a multiple of 4 in fp32, of 16 in the others; what fills a row or a panel up to it is zero.
 * Tunables: V, TILE_ROWS, TILE_VECS. ASM_AVX2, ASM_AVX512_BF16 and ASM_AVX512_VNNI as in tile.cl. */
#define GROUP 256

#if defined OPERAND_INT8
typedef uchar element;
#define LEVELS_F ((float) LEVELS)
#define PANEL_HEAD (PANEL * 4)
#define PANEL_OFFSET(k) (PANEL_HEAD + (k) / GROUP * PANEL * 4 + (k) * PANEL)
#define PANEL_BYTES(depth) (PANEL_HEAD + ((depth) + GROUP - 1) / GROUP * PANEL * 4 + (depth) * PANEL)
#elif defined OPERAND_FP32
typedef float element;
#define PANEL_OFFSET(k) ((k) * PANEL * 4)
#define PANEL_BYTES FP32_BYTES
#else
typedef ushort element;
#define PANEL_OFFSET(k) ((k) * PANEL * 2)
#define PANEL_BYTES(depth) ((depth) * PANEL * 2)
#endif

#define FP32_BYTES(depth) ((depth) * PANEL * 4) /* of what stays fp32 whatever the network runs in */

/* Groups have what follows in linear_gpu.cl. */
#if WG == 1

/* ---- a row of floats becomes a row of elements ---- */

#if defined OPERAND_INT8

INLINE float
smallest (floatv v)
{
  float least = v.s0;
  float values[V];
  vstorev (v, 0, values);
#pragma unroll
  for (int i = 1; i < V; i++)
    least = min (least, values[i]);
  return least;
}

#define DEFINE_TO_OPERAND(NAME, FROM, TO)                                                   \
INLINE void                                                                                 \
NAME (FROM const float *in, int depth, TO element *out, TO float2 *scales)                  \
{                                                                                           \
  for (int first = 0; first < depth; first += GROUP) {                                      \
    const int end = min (first + GROUP, depth);                                             \
    floatv least = 0, most = 0;                                                             \
    for (int k = first; k < end; k += V) {                                                  \
      const floatv x = vloadv (0, in + k);                                                  \
      least = min (least, x);                                                               \
      most = max (most, x);                                                                 \
    }                                                                                       \
    const float low = smallest (least), range = -smallest (-most) - low;                    \
    const float inverse = range > INT8_LEAST ? LEVELS_F / range : 0;                        \
    scales[first / GROUP] = (float2) (range / LEVELS_F, low);                               \
    for (int k = first; k < end; k += V)                                                    \
      vstorev (CAT (convert_uchar, V) (CAT (convert_int, V)                                 \
              (fma (vloadv (0, in + k) - low, inverse, (floatv) (0.5f)))), 0, out + k);     \
  }                                                                                         \
}

#elif defined OPERAND_BF16

/* To the nearest, ties to even. */
INLINE CAT (ushort, V)
to_bf16 (floatv x)
{
  const CAT (uint, V) bits = CAT (as_uint, V) (x);
  return CAT (convert_ushort, V) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#define DEFINE_TO_OPERAND(NAME, FROM, TO)                                                   \
INLINE void                                                                                 \
NAME (FROM const float *in, int depth, TO element *out, TO float2 *scales)                  \
{                                                                                           \
  for (int k = 0; k < depth; k += V)                                                        \
    vstorev (to_bf16 (vloadv (0, in + k)), 0, out + k);                                     \
}

#elif defined OPERAND_FP16

#define DEFINE_TO_OPERAND(NAME, FROM, TO)                                                   \
INLINE void                                                                                 \
NAME (FROM const float *in, int depth, TO element *out, TO float2 *scales)                  \
{                                                                                           \
  for (int k = 0; k < depth; k += V)                                                        \
    CAT (vstore_half, V) (vloadv (0, in + k), 0, (TO half *) (out + k));                    \
}

#endif

#ifdef DEFINE_TO_OPERAND
DEFINE_TO_OPERAND (to_operand_global, global, global)
DEFINE_TO_OPERAND (to_operand_local, local, local)

/* For the kernels that read their input from memory: a work-item has one row. */
KERNEL void
to_operand (global const float *in, int stride, int depth, global element *out, global float2 *scales,
    int groups, int rows)
{
  const int row = get_global_id (0);
  if (row < rows)
    to_operand_global (in + (size_t) row * stride, depth, out + (size_t) row * stride,
        scales + (size_t) row * groups);
}
#endif

/* ---- the product: acc += rows * panel ---- */

/* columns: int8's scales of the panel's columns. */
#define PRODUCT_ARGUMENTS(FROM)                                                             \
  FROM const element *rows, int stride, FROM const float2 *scales, int groups, int depth,   \
  global const char *weights, global const float *columns, Ahead ahead,                     \
  floatv acc[TILE_ROWS][TILE_VECS]

#if defined OPERAND_INT8

typedef CAT (int, V) intv;

#if defined ASM_AVX2 || defined ASM_AVX512_VNNI
#ifdef ASM_AVX2
#define INT8_TILE_ASM int8_tile_avx2
#else
#define INT8_TILE_ASM int8_tile_avx512
#endif
#define DEFINE_INT8_TILE(NAME, FROM)                                                        \
INLINE void                                                                                 \
NAME (FROM const element *a, int stride, int depth, global const char *panel, Ahead ahead,  \
    intv acc[TILE_ROWS][TILE_VECS])                                                         \
{                                                                                           \
  INT8_TILE_ASM ((size_t) a, stride, (size_t) panel, depth / 8, ahead, (int *) acc);       \
}
#else
/* The four bytes of every column, one after another. */
#define DEFINE_INT8_TILE(NAME, FROM)                                                        \
INLINE void                                                                                 \
NAME (FROM const element *a, int stride, int depth, global const char *weights,             \
    Ahead ahead, intv acc[TILE_ROWS][TILE_VECS])                                            \
{                                                                                           \
  global const int *panel = (global const int *) weights;                                   \
  for (int k = 0; k < depth; k += 4, panel += PANEL) {                                      \
    _Pragma ("unroll")                                                                      \
    for (int v = 0; v < TILE_VECS; v++) {                                                   \
      const intv w = vloadv (v, panel);                                                     \
      _Pragma ("unroll")                                                                    \
      for (int r = 0; r < TILE_ROWS; r++) {                                                 \
        const FROM element *from = a + r * stride + k;                                      \
        acc[r][v] += (w << 24 >> 24) * from[0] + (w << 16 >> 24) * from[1]                  \
            + (w << 8 >> 24) * from[2] + (w >> 24) * from[3];                               \
      }                                                                                     \
    }                                                                                       \
  }                                                                                         \
}
#endif

#define DEFINE_PRODUCT(NAME, FROM)                                                          \
DEFINE_INT8_TILE (int8_##NAME, FROM)                                                        \
INLINE void                                                                                 \
NAME (PRODUCT_ARGUMENTS (FROM))                                                            \
{                                                                                           \
  for (int k = 0, g = 0; k < depth; k += GROUP, g++) {                                      \
    const int width = min (GROUP, depth - k);                                               \
    global const float *sums = (global const float *) weights;                              \
    intv total[TILE_ROWS][TILE_VECS];                                                       \
    EACH_VALUE                                                                              \
      total[r][v] = 0;                                                                      \
    int8_##NAME (rows + k, stride, width, weights + PANEL * 4, ahead, total);               \
    ahead.from += width / 8 * ahead.advance;                                                \
    weights += PANEL * 4 + width * PANEL;                                                   \
    _Pragma ("unroll")                                                                      \
    for (int r = 0; r < TILE_ROWS; r++) {                                                   \
      const float2 scale = scales[r * groups + g];                                          \
      _Pragma ("unroll")                                                                    \
      for (int v = 0; v < TILE_VECS; v++) {                                                 \
        const floatv low = scale.y * vloadv (v, sums);                                      \
        const floatv value = fma (CAT (convert_float, V) (total[r][v]), (floatv) (scale.x), low); \
        acc[r][v] = fma (value, vloadv (v, columns), acc[r][v]);                            \
      }                                                                                     \
    }                                                                                       \
  }                                                                                         \
}

#elif defined OPERAND_FP32

#define DEFINE_PRODUCT(NAME, FROM)                                                          \
INLINE void                                                                                 \
NAME (PRODUCT_ARGUMENTS (FROM))                                                            \
{                                                                                           \
  tile_from_##FROM (rows, stride, depth, (global const float *) weights, ahead, acc);       \
}

#elif defined ASM_AVX512_BF16

#define DEFINE_PRODUCT(NAME, FROM)                                                          \
INLINE void                                                                                 \
NAME (PRODUCT_ARGUMENTS (FROM))                                                            \
{                                                                                           \
  bf16_tile_avx512 ((size_t) rows, stride * sizeof (element), (size_t) weights, depth / 4, ahead, (float *) acc); \
}

#else

/* Sixteen bits widened as they are read: what a device without instructions of its own for them does. */
#ifdef OPERAND_BF16
#define WEIGHTS(v) const CAT (uint, V) both = vloadv (v, (global const uint *) panel);      \
  const floatv w0 = CAT (as_float, V) (both << 16), w1 = CAT (as_float, V) (both & 0xffff0000u)
#define INPUT(at, FROM) as_float ((uint) (at)[0] << 16)
#else
#define WEIGHTS(v) const floatv w0 = CAT (vload_half, V) (v, (global const half *) panel),  \
  w1 = CAT (vload_half, V) (v, (global const half *) panel + PANEL)
#define INPUT(at, FROM) vload_half (0, (const FROM half *) (at))
#endif

#define DEFINE_PRODUCT(NAME, FROM)                                                          \
INLINE void                                                                                 \
NAME (PRODUCT_ARGUMENTS (FROM))                                                            \
{                                                                                           \
  global const element *panel = (global const element *) weights;                           \
  for (int k = 0; k < depth; k += 2, panel += 2 * PANEL) {                                  \
    _Pragma ("unroll")                                                                      \
    for (int v = 0; v < TILE_VECS; v++) {                                                   \
      WEIGHTS (v);                                                                          \
      _Pragma ("unroll")                                                                    \
      for (int r = 0; r < TILE_ROWS; r++) {                                                 \
        const FROM element *from = rows + r * stride + k;                                   \
        acc[r][v] = fma ((floatv) (INPUT (from, FROM)), w0, acc[r][v]);                     \
        acc[r][v] = fma ((floatv) (INPUT (from + 1, FROM)), w1, acc[r][v]);                 \
      }                                                                                     \
    }                                                                                       \
  }                                                                                         \
}

#endif

DEFINE_PRODUCT (product_from_global, global)
DEFINE_PRODUCT (product_from_local, local)

#endif
