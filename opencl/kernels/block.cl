/* A V1 block in one kernel: depthwise 7x7, LayerNorm, linear C -> 4C, GELU, linear 4C -> C, layer scale, add the
 * block's input.
 *
 *   in, out       the block's input and output: rows of `stride` floats, height x width of them a picture; not the same
 *                 buffer, since a row's neighbours are read when it may have been written
 *   weight        depthwise: 49 rows (ky, kx) of `stride` floats, and its bias
 *   weight1, 2    panels (operand.cl), `depth` and `hidden` values deep; bias1, bias2, scale as long as them
 *   normalised    local, block x stride elements: LayerNorm's output, with `groups` scales a row
 *   chunk         local, block x CHUNK floats: CHUNK of the hidden values at a time, so that they and the part of
 *                 weight2 that reads them stay in the core's nearest caches
 *   sums          local, block x out_stride floats, whole panels of them: the second product, chunk by chunk
 * and unless elements are floats
 *   lines         local, DW_COLS rows of floats
 *   hidden_rows   local, block x CHUNK elements: the chunk, with one scale a row
 *
 * A work-item (a group of its own: WG must be 1) takes `block` rows, a multiple of TILE_ROWS, from end to end.
 * For devices whose local memory is the cache; others run the same steps as kernels of their own.
 * Tunables: DW_COLS, neighbouring pixels that go through the depthwise convolution at once; CHUNK, hidden values at a
 * time, a multiple of PANEL; in int8 that is GROUP. */
#if WG == 1

#ifdef OPERAND_FP32
#define HIDDEN_ROWS chunk
#else
#define HIDDEN_ROWS hidden_rows
#endif

/* The depthwise convolution at the pixels of one line from `row` on; `count` of them are written. */
INLINE void
depthwise_rows (global const float *in, int stride, int height, int width, global const float *weight,
    global const float *bias, int row, int count, local float *out)
{
  const int x = row % width, line = row / width, y = line % height;
  const int above = max (PAD - y, 0), below = min (TAPS, height + PAD - y);
  for (int c = 0; c < stride; c += V) {
    floatv acc[DW_COLS];
#pragma unroll
    for (int p = 0; p < DW_COLS; p++)
      acc[p] = vloadv (0, bias + c);
    for (int ky = above; ky < below; ky++)
      depthwise_line (in + ((long) (line + ky - PAD) * width + x - PAD) * stride + c, stride,
          weight + ky * TAPS * stride + c, x - PAD, width, acc);
#pragma unroll
    for (int p = 0; p < DW_COLS; p++)
      if (p < count)
        vstorev (acc[p], 0, out + p * stride + c);
  }
}

/* `width` of the hidden values of `count` rows, from the panels at `weight`. */
INLINE void
hidden_chunk (local const element *in, int stride, local const float2 *scales, int groups, int depth,
    global const char *weight, global const float *bias, int width, int count, local float *out)
{
  for (int c = 0; c < width; c += PANEL, weight += PANEL_BYTES (depth))
    for (int row = 0; row < count; row += TILE_ROWS) {
      floatv acc[TILE_ROWS][TILE_VECS];
      EACH_VALUE
        acc[r][v] = vloadv (v, bias + c);
      product_from_local (in + row * stride, stride, scales + row * groups, groups, depth,
          weight + PANEL_OFFSET (0), (global const float *) weight,
          look_ahead (weight + PANEL_BYTES (depth), PANEL_BYTES (depth), row / TILE_ROWS), acc);
      EACH_VALUE
        vstorev (activation (acc[r][v]), v, out + (row + r) * CHUNK + c);
    }
}

/* The second product's share of one chunk, for one panel of columns: on top of the bias or of the sums. */
INLINE void
add_chunk (local const element *in, local const float2 *scales, int width, global const char *panel, int first,
    size_t panel_bytes, int count, local float *sums, int sums_stride, global const float *bias)
{
  global const char *part = panel + PANEL_OFFSET (first);
  for (int row = 0; row < count; row += TILE_ROWS) {
    floatv acc[TILE_ROWS][TILE_VECS];
    if (first == 0)
      EACH_VALUE
        acc[r][v] = vloadv (v, bias);
    else
      EACH_VALUE
        acc[r][v] = vloadv (v, sums + (row + r) * sums_stride);
    product_from_local (in + row * CHUNK, CHUNK, scales + row, 1, width, part, (global const float *) panel,
        look_ahead (part + panel_bytes, PANEL_BYTES (width), row / TILE_ROWS), acc);
    EACH_VALUE
      vstorev (acc[r][v], v, sums + (row + r) * sums_stride);
  }
}

INLINE void
scale_add_rows (local const float *sums, int sums_stride, global const float *scale, int count,
    global const float *in, global float *out, int stride)
{
  for (int r = 0; r < count; r++)
    for (int c = 0; c < min (stride, sums_stride); c += V) {
      const size_t at = (size_t) r * stride + c;
      vstorev (fma (vloadv (0, sums + r * sums_stride + c), vloadv (0, scale + c), vloadv (0, in + at)), 0, out + at);
    }
}

KERNEL void
block (global const float *in, global float *out, int height, int width, int stride, int channels,
    global const float *weight, global const float *bias, global const float *norm_weight,
    global const float *norm_bias, float eps, int groups, int depth, int hidden,
    global const char *weight1, global const float *bias1, global const char *weight2,
    global const float *bias2, global const float *scale, int out_stride, int rows, int block_rows,
    local element *normalised, local float2 *scales, local float *chunk, local float *sums, local float *lines,
    local element *hidden_rows, local float2 *hidden_scales)
{
  const int begin = get_global_id (0) * block_rows, count = min (block_rows, rows - begin);

  for (int r = 0, n; r < count; r += n) {
    n = min (min (DW_COLS, width - (begin + r) % width), count - r);
#ifdef OPERAND_FP32
    local float *to = normalised + r * stride;
#else
    local float *to = lines;
#endif
    depthwise_rows (in, stride, height, width, weight, bias, begin + r, n, to);
    for (int i = 0; i < n; i++) {
      normalise_local (to + i * stride, channels, norm_weight, norm_bias, eps, to + i * stride);
#ifndef OPERAND_FP32
      to_operand_local (to + i * stride, depth, normalised + (r + i) * stride, scales + (r + i) * groups);
#endif
    }
  }
  for (int first = 0; first < hidden; first += CHUNK) {
    const int chunk_width = min (CHUNK, hidden - first);
    hidden_chunk (normalised, stride, scales, groups, depth, weight1 + (size_t) first / PANEL * PANEL_BYTES (depth),
        bias1 + first, chunk_width, count, chunk);
#ifndef OPERAND_FP32
    for (int r = 0; r < count; r++)
      to_operand_local (chunk + r * CHUNK, chunk_width, hidden_rows + r * CHUNK, hidden_scales + r);
#endif
    for (int c = 0; c < out_stride; c += PANEL)
      add_chunk (HIDDEN_ROWS, hidden_scales, chunk_width, weight2 + (size_t) (c / PANEL) * PANEL_BYTES (hidden), first,
          PANEL_BYTES (hidden), count, sums + c, out_stride, bias2 + c);
  }
  scale_add_rows (sums, out_stride, scale, count, in + (size_t) begin * stride, out + (size_t) begin * stride, stride);
}
#endif
