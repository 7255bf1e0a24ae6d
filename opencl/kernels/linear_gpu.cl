/* The products of linear.cl where a group shares local memory (WG > 1, and V is 4).
 *
 * A group computes GROUP_ROWS rows of one panel. It goes through them slice by slice; a slice is SLICE steps of the
 * depth, and a step one value of it, in int8 four in a word. Staged in local memory, so that each is read from there
 * as often as tiles need it and from memory once:
 *
 *   rows     | step 0: row 0, row 1 .. | step 1: .. |        a step is ROWS_APART words
 *   panel    | step 0: column 0, column 1 .. | step 1: .. |  a step is PANEL words
 *
 * A work-item has TILE_ROWS rows side by side and TILE_VECS vectors of columns, GROUP_COLS vectors apart. While it adds
 * up one slice, it already fetches its share of the next. In fp16 the rows are floats, rounded as they are staged.
 * Rows beyond the last are the last one again, and not written.
 *
 * Tunables: TILE_ROWS, a multiple of 4; TILE_VECS; GROUP_COLS; WG; SLICE, 16 or 32, so that a slice of the rows and one
 * of the panel are whole vectors for each work-item; INTEGER_DOT, the device multiplies and adds four bytes at once. */
#if WG > 1

#define GROUP_ROWS (WG / GROUP_COLS * TILE_ROWS)
#define ROWS_APART (GROUP_ROWS + 4)     /* neighbouring steps in other banks */
#define SLICE_VECS (SLICE / 4)
#define PANEL_VECS (PANEL / 4)
#define ROW_LOADS (GROUP_ROWS * SLICE_VECS / WG)
#define PANEL_LOADS (SLICE * PANEL_VECS / WG)
#if GROUP_ROWS * SLICE_VECS % WG || SLICE * PANEL_VECS % WG || TILE_ROWS % 4
#error "a slice must be whole vectors for each work-item"
#endif

/* ---- what differs between precisions: a row's type, a word (w), a sum (s); steps; reading, adding up ---- */

#define EACH_SUM                                                                            \
  _Pragma ("unroll") for (int r = 0; r < TILE_ROWS; r++)                                    \
    _Pragma ("unroll") for (int v = 0; v < TILE_VECS; v++)

/* Which of a group's sums a work-item has: its first row, and the first column of its first vector. */
#define FIRST_ROW ((int) get_local_id (0) / GROUP_COLS * TILE_ROWS)
#define COLUMN(v) (((v) * GROUP_COLS + (int) get_local_id (0) % GROUP_COLS) * 4)

typedef float row_fp32, w_fp32;
typedef float4 w4_fp32, s4_fp32;
#define STEPS_FP32(depth) (depth)

INLINE float4
row_words_fp32 (global const float *row, int step)
{
  return vload4 (0, row + step);
}

INLINE float4
panel_words_fp32 (global const char *panel, int step, int c)
{
  return vload4 (0, (global const float *) panel + step * PANEL + c);
}

INLINE float4
add_product_fp32 (float4 sum, float row, float4 columns)
{
  return fma ((float4) (row), columns, sum);
}

/* After the last slice: what is added up goes on top of the bias. */
#define FINISH_FP32(end, steps) ((end) >= (steps))

INLINE void
finish_fp32 (global const char *panel, global const float2 *scales, int groups, int first, int rows, int end,
    float4 sums[TILE_ROWS][TILE_VECS], float4 acc[TILE_ROWS][TILE_VECS])
{
  EACH_SUM
    acc[r][v] += sums[r][v];
}

#if defined OPERAND_FP16

typedef float row_fp16, w_fp16;
typedef float4 w4_fp16, s4_fp16;
#define STEPS_FP16 STEPS_FP32
#define add_product_fp16 add_product_fp32
#define FINISH_FP16 FINISH_FP32
#define finish_fp16 finish_fp32

INLINE float4
row_words_fp16 (global const float *row, int step)
{
  ushort bits[4];
  vstore_half4 (vload4 (0, row + step), 0, (half *) bits);
  return vload_half4 (0, (const half *) bits);
}

INLINE float4
panel_words_fp16 (global const char *panel, int step, int c)
{
  return vload_half4 (0, (global const half *) panel + step * PANEL + c);
}

#elif defined OPERAND_INT8

typedef uchar row_int8;
typedef uint w_int8;
typedef uint4 w4_int8;
typedef int4 s4_int8;
#define STEPS_INT8(depth) ((depth) / 4)
#define GROUP_STEPS (GROUP / 4)

#ifdef INTEGER_DOT
#pragma OPENCL EXTENSION cl_khr_integer_dot_product : enable
#endif

INLINE uint4
row_words_int8 (global const uchar *row, int step)
{
  return vload4 (0, (global const uint *) row + step);
}

INLINE uint4
panel_words_int8 (global const char *panel, int step, int c)
{
  return vload4 (0, (global const uint *) (panel + PANEL_OFFSET (step * 4) + PANEL * 4) + c);
}

/* `row`: four bytes without a sign; `columns`: four with one in each word. */
INLINE int4
add_product_int8 (int4 sum, uint row, uint4 columns)
{
#ifdef INTEGER_DOT
  return sum + (int4) (dot_4x8packed_us_int (row, columns.s0), dot_4x8packed_us_int (row, columns.s1),
      dot_4x8packed_us_int (row, columns.s2), dot_4x8packed_us_int (row, columns.s3));
#else
  const int4 w = as_int4 (columns);
  return sum + (w << 24 >> 24) * (int) (row & 255) + (w << 16 >> 24) * (int) (row >> 8 & 255)
      + (w << 8 >> 24) * (int) (row >> 16 & 255) + (w >> 24) * (int) (row >> 24);
#endif
}

/* After each group of inputs, which has its scale. */
#define FINISH_INT8(end, steps) ((end) % GROUP_STEPS == 0 || (end) >= (steps))

INLINE void
finish_int8 (global const char *panel, global const float2 *scales, int groups, int first, int rows, int end,
    int4 sums[TILE_ROWS][TILE_VECS], float4 acc[TILE_ROWS][TILE_VECS])
{
  const int g = (end - 1) / GROUP_STEPS;
  global const float *columns = (global const float *) panel;
  global const float *weight_sums = (global const float *) (panel + PANEL_OFFSET (g * GROUP));
  _Pragma ("unroll")
  for (int r = 0; r < TILE_ROWS; r++) {
    const float2 scale = scales[(size_t) min (first + FIRST_ROW + r, rows - 1) * groups + g];
    _Pragma ("unroll")
    for (int v = 0; v < TILE_VECS; v++) {
      const float4 low = scale.y * vload4 (0, weight_sums + COLUMN (v));
      const float4 value = fma_exact (convert_float4 (sums[r][v]), (float4) (scale.x), low);
      acc[r][v] = fma_exact (value, vload4 (0, columns + COLUMN (v)), acc[r][v]);
      sums[r][v] = 0;
    }
  }
}

#endif

/* ---- the product ---- */

/* P: fp32, fp16 or int8; FINISH is in capitals because it is a macro. */
#define DEFINE_GROUP_PRODUCT(P, STEPS, FINISH)                                              \
                                                                                            \
/* A work-item's share of the slice that begins at `step`; zeros behind the depth. */       \
INLINE void                                                                                 \
fetch_##P (global const row_##P *in, int in_stride, int first, int rows, global const char *panel, \
    int step, int steps, w4_##P next_rows[ROW_LOADS], w4_##P next_panel[PANEL_LOADS])       \
{                                                                                           \
  const int item = get_local_id (0);                                                        \
  _Pragma ("unroll")                                                                        \
  for (int i = 0; i < ROW_LOADS; i++) {                                                     \
    const int at = i * WG + item, row = min (first + at / SLICE_VECS, rows - 1);            \
    const int from = step + at % SLICE_VECS * 4;                                            \
    next_rows[i] = 0;                                                                       \
    if (from < steps)                                                                       \
      next_rows[i] = row_words_##P (in + (size_t) row * in_stride, from);                   \
  }                                                                                         \
  _Pragma ("unroll")                                                                        \
  for (int i = 0; i < PANEL_LOADS; i++) {                                                   \
    const int at = i * WG + item, from = step + at / PANEL_VECS;                            \
    next_panel[i] = 0;                                                                      \
    if (from < steps)                                                                       \
      next_panel[i] = panel_words_##P (panel, from, at % PANEL_VECS * 4);                   \
  }                                                                                         \
}                                                                                           \
                                                                                            \
/* What was fetched goes to local memory, rows turned into columns. */                      \
INLINE void                                                                                 \
stage_##P (const w4_##P next_rows[ROW_LOADS], const w4_##P next_panel[PANEL_LOADS],         \
    local w4_##P *staged_rows, local w4_##P *staged_panel)                                  \
{                                                                                           \
  const int item = get_local_id (0);                                                        \
  _Pragma ("unroll")                                                                        \
  for (int i = 0; i < ROW_LOADS; i++) {                                                     \
    const int at = i * WG + item;                                                           \
    local w_##P *to = (local w_##P *) staged_rows + at % SLICE_VECS * 4 * ROWS_APART + at / SLICE_VECS; \
    to[0] = next_rows[i].s0;                                                                \
    to[ROWS_APART] = next_rows[i].s1;                                                       \
    to[2 * ROWS_APART] = next_rows[i].s2;                                                   \
    to[3 * ROWS_APART] = next_rows[i].s3;                                                   \
  }                                                                                         \
  _Pragma ("unroll")                                                                        \
  for (int i = 0; i < PANEL_LOADS; i++)                                                     \
    staged_panel[i * WG + item] = next_panel[i];                                            \
}                                                                                           \
                                                                                            \
INLINE void                                                                                 \
add_slice_##P (local const w4_##P *staged_rows, local const w4_##P *staged_panel,           \
    s4_##P sums[TILE_ROWS][TILE_VECS])                                                      \
{                                                                                           \
  _Pragma ("unroll 4")                                                                      \
  for (int s = 0; s < SLICE; s++) {                                                         \
    local const w4_##P *from = staged_rows + (s * ROWS_APART + FIRST_ROW) / 4;              \
    w_##P row[TILE_ROWS];                                                                   \
    w4_##P columns[TILE_VECS];                                                              \
    _Pragma ("unroll")                                                                      \
    for (int r = 0; r < TILE_ROWS / 4; r++)                                                 \
      vstore4 (from[r], r, row);                                                            \
    _Pragma ("unroll")                                                                      \
    for (int v = 0; v < TILE_VECS; v++)                                                     \
      columns[v] = staged_panel[s * PANEL_VECS + COLUMN (v) / 4];                           \
    EACH_SUM                                                                                \
      sums[r][v] = add_product_##P (sums[r][v], row[r], columns[v]);                        \
  }                                                                                         \
}                                                                                           \
                                                                                            \
INLINE void                                                                                 \
group_product_##P (global const row_##P *in, int in_stride, global const float2 *scales,    \
    int groups, int depth, global const char *panel, int first, int rows,                   \
    local w4_##P *staged_rows, local w4_##P *staged_panel, float4 acc[TILE_ROWS][TILE_VECS]) \
{                                                                                           \
  const int steps = STEPS (depth);                                                          \
  w4_##P next_rows[ROW_LOADS], next_panel[PANEL_LOADS];                                     \
  s4_##P sums[TILE_ROWS][TILE_VECS];                                                        \
  EACH_SUM                                                                                  \
    sums[r][v] = 0;                                                                         \
  fetch_##P (in, in_stride, first, rows, panel, 0, steps, next_rows, next_panel);           \
  for (int end = SLICE;; end += SLICE) {                                                    \
    stage_##P (next_rows, next_panel, staged_rows, staged_panel);                           \
    barrier (CLK_LOCAL_MEM_FENCE);                                                          \
    if (end < steps)                                                                        \
      fetch_##P (in, in_stride, first, rows, panel, end, steps, next_rows, next_panel);     \
    add_slice_##P (staged_rows, staged_panel, sums);                                        \
    if (FINISH (end, steps))                                                                \
      finish_##P (panel, scales, groups, first, rows, min (end, steps), sums, acc);         \
    if (end >= steps)                                                                       \
      return;                                                                               \
    barrier (CLK_LOCAL_MEM_FENCE);                                                          \
  }                                                                                         \
}

#define DEFINE_GROUP_LINEAR(NAME, P, BYTES, STORE)                                          \
KERNEL void                                                                                 \
NAME (global const row_##P *in, int in_stride, global const float2 *scales, int groups,     \
    int depth, global const char *weight, global const float *bias,                         \
    global const float *scale, global float *out, int out_stride, int rows, int panels)     \
{                                                                                           \
  local w4_##P staged_rows[SLICE * ROWS_APART / 4], staged_panel[SLICE * PANEL_VECS];       \
  const int p = get_group_id (0) % panels, first = get_group_id (0) / panels * GROUP_ROWS;  \
  float4 acc[TILE_ROWS][TILE_VECS];                                                         \
  EACH_SUM                                                                                  \
    acc[r][v] = vload4 (0, bias + p * PANEL + COLUMN (v));                                  \
  group_product_##P (in, in_stride, scales, groups, depth, weight + (size_t) p * BYTES (depth), first, rows, \
      staged_rows, staged_panel, acc);                                                      \
  EACH_SUM {                                                                                \
    const int row = first + FIRST_ROW + r, c = p * PANEL + COLUMN (v);                      \
    if (row < rows && c < out_stride) {                                                     \
      global float *to = out + (size_t) row * out_stride + c;                               \
      STORE (to, acc[r][v], scale + c);                                                     \
    }                                                                                       \
  }                                                                                         \
}

DEFINE_GROUP_PRODUCT (fp32, STEPS_FP32, FINISH_FP32)

#if defined OPERAND_FP16
DEFINE_GROUP_PRODUCT (fp16, STEPS_FP16, FINISH_FP16)
DEFINE_GROUP_LINEAR (linear, fp16, PANEL_BYTES, STORE_PLAIN)
DEFINE_GROUP_LINEAR (linear_gelu, fp16, PANEL_BYTES, STORE_GELU)
DEFINE_GROUP_LINEAR (linear_scale_add, fp16, PANEL_BYTES, STORE_SCALE_ADD)
DEFINE_GROUP_LINEAR (linear_fp32, fp32, FP32_BYTES, STORE_PLAIN)
#elif defined OPERAND_INT8
DEFINE_GROUP_PRODUCT (int8, STEPS_INT8, FINISH_INT8)
DEFINE_GROUP_LINEAR (linear, int8, PANEL_BYTES, STORE_PLAIN)
DEFINE_GROUP_LINEAR (linear_gelu, int8, PANEL_BYTES, STORE_GELU)
DEFINE_GROUP_LINEAR (linear_scale_add, int8, PANEL_BYTES, STORE_SCALE_ADD)
DEFINE_GROUP_LINEAR (linear_fp32, fp32, FP32_BYTES, STORE_PLAIN)
#else
DEFINE_GROUP_LINEAR (linear, fp32, FP32_BYTES, STORE_PLAIN)
DEFINE_GROUP_LINEAR (linear_gelu, fp32, FP32_BYTES, STORE_GELU)
DEFINE_GROUP_LINEAR (linear_scale_add, fp32, FP32_BYTES, STORE_SCALE_ADD)
#endif

#ifdef OPERAND_INT8
/* As operand.cl's to_operand, with the same roundings; a row's group of inputs is shared out as group.cl says. */
KERNEL void
to_operand_shared (global const float *in, int stride, int depth, global uchar *out, global float2 *scales,
    int groups, int rows)
{
  local float scratch[WG];
  EACH_ROW (at, rows * groups) {
    const int row = at / groups, k = at % groups * GROUP;
    const int count = row < rows ? min (GROUP, depth - k) : 0;
    global const float *from = in + (size_t) row * stride + k;
    float4 least = 0, most = 0;
    EACH_VECTOR (c, count) {
      least = min (least, vload4 (0, from + c));
      most = max (most, vload4 (0, from + c));
    }
    const float4 ends = min ((float4) (least.lo, -most.lo), (float4) (least.hi, -most.hi));
    const float low = row_least (min (ends.s0, ends.s1), scratch);
    const float range = -row_least (min (ends.s2, ends.s3), scratch) - low;
    const float inverse = range > INT8_LEAST ? (float) LEVELS / range : 0;
    if (ROW_LANE == 0 && count > 0)
      scales[at] = (float2) (range / (float) LEVELS, low);
    EACH_VECTOR (c, count)
      vstore4 (convert_uchar4 (convert_int4 (fma_exact (vload4 (0, from + c) - low, (float4) (inverse),
                      (float4) (0.5f)))), 0, out + (size_t) row * stride + k + c);
  }
}
#endif

#endif
