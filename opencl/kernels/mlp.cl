/* The second half of a V1 block in one kernel: LayerNorm, linear C -> 4C, GELU, linear 4C -> C, layer scale,
 * add the block's input.
 *
 *   in            the depthwise convolution's output: rows of `stride` floats
 *   x             the block's input, and its output: rows of `stride` floats, updated in place
 *   weight1, 2    panels as in linear.cl, `depth` and `hidden` values deep; bias1, bias2, scale as long as them
 *   normalised    local, block x stride floats
 *   chunk         local, block x CHUNK floats: CHUNK of the hidden values at a time, so that they and the part of
 *                 weight2 that reads them stay in the core's nearest caches
 *   sums          local, block x out_stride floats, whole panels of them: the second product, chunk by chunk
 *
 * A work-item (a group of its own: WG must be 1) takes `block` rows, a multiple of TILE_ROWS, from end to end.
 * For devices whose local memory is the cache; others run the same steps as kernels of their own.
 * Tunable: CHUNK, hidden values at a time, a multiple of PANEL. */
#if WG == 1

INLINE void
normalise_rows (global const float *in, int stride, int channels, global const float *weight,
    global const float *bias, float eps, int count, local float *out)
{
  for (int r = 0; r < count; r++) {
    normalise_to_local (in + (size_t) r * stride, channels, weight, bias, eps, out + r * stride);
    for (int c = channels; c < stride; c++)
      out[r * stride + c] = 0;
  }
}

/* `width` of the hidden values of `count` rows, from the panels at `weight`. */
INLINE void
hidden_chunk (local const float *in, int stride, int depth, global const float *weight,
    global const float *bias, int width, int count, local float *out)
{
  for (int c = 0; c < width; c += PANEL, weight += (size_t) depth * PANEL)
    for (int row = 0; row < count; row += TILE_ROWS) {
      floatv acc[TILE_ROWS][TILE_VECS];
      EACH_VALUE
        acc[r][v] = vloadv (v, bias + c);
      tile_from_local (in + row * stride, stride, depth, weight,
          look_ahead (weight + (size_t) depth * PANEL, depth, row / TILE_ROWS), acc);
      EACH_VALUE
        vstorev (gelu (acc[r][v]), v, out + (row + r) * CHUNK + c);
    }
}

/* The second product's share of one chunk, for one panel of columns: on top of the bias or of the sums. */
INLINE void
add_chunk (local const float *in, int width, global const float *panel, global const float *next,
    int count, local float *sums, int sums_stride, bool first, global const float *bias)
{
  for (int row = 0; row < count; row += TILE_ROWS) {
    floatv acc[TILE_ROWS][TILE_VECS];
    if (first)
      EACH_VALUE
        acc[r][v] = vloadv (v, bias);
    else
      EACH_VALUE
        acc[r][v] = vloadv (v, sums + (row + r) * sums_stride);
    tile_from_local (in + row * CHUNK, CHUNK, width, panel, look_ahead (next, width, row / TILE_ROWS), acc);
    EACH_VALUE
      vstorev (acc[r][v], v, sums + (row + r) * sums_stride);
  }
}

INLINE void
scale_add_rows (local const float *sums, int sums_stride, global const float *scale, int count,
    global float *x, int stride)
{
  for (int r = 0; r < count; r++)
    for (int c = 0; c < min (stride, sums_stride); c += V) {
      global float *to = x + (size_t) r * stride + c;
      vstorev (fma (vloadv (0, sums + r * sums_stride + c), vloadv (0, scale + c), vloadv (0, to)), 0, to);
    }
}

KERNEL void
mlp (global const float *in, global float *x, int stride, int channels, int depth, int hidden,
    global const float *norm_weight, global const float *norm_bias, float eps,
    global const float *weight1, global const float *bias1, global const float *weight2,
    global const float *bias2, global const float *scale, int out_stride, int rows, int block,
    local float *normalised, local float *chunk, local float *sums)
{
  const int begin = get_global_id (0) * block, count = min (block, rows - begin);

  normalise_rows (in + (size_t) begin * stride, stride, channels, norm_weight, norm_bias, eps, count,
      normalised);
  for (int first = 0; first < hidden; first += CHUNK) {
    const int width = min (CHUNK, hidden - first);
    hidden_chunk (normalised, stride, depth, weight1 + (size_t) first * depth, bias1 + first, width, count,
        chunk);
    for (int c = 0; c < out_stride; c += PANEL) {
      global const float *panel = weight2 + ((size_t) c * hidden + first * PANEL);
      add_chunk (chunk, width, panel, panel + (size_t) hidden * PANEL, count, sums + c, out_stride,
          first == 0, bias2 + c);
    }
  }
  scale_add_rows (sums, out_stride, scale, count, x + (size_t) begin * stride, stride);
}
#endif
