/* The second half of a V1 block in one kernel: LayerNorm, linear C -> 4C, GELU, linear 4C -> C, layer scale,
 * add the block's input.
 *
 *   in            the depthwise convolution's output: rows of `stride` floats
 *   x             the block's input, and its output: rows of `stride` floats, updated in place
 *   normalised    local, block x stride floats    } the hidden values of a block of rows
 *   hidden        local, block x hidden_stride    } never leave the core's cache
 *   weight1, 2    panels as in linear.cl, bias1, bias2, scale as long as their panels
 *
 * A work-item (a group of its own: WG must be 1) takes `block` rows, a multiple of TILE_ROWS, from end to end.
 * For devices whose local memory is the cache; others run the same steps as kernels of their own. */
#if WG == 1
KERNEL void
mlp (global const float *in, global float *x, int stride, int channels, int hidden_stride,
    int hidden_channels, global const float *norm_weight, global const float *norm_bias, float eps,
    global const float *weight1, global const float *bias1, global const float *weight2,
    global const float *bias2, global const float *scale, int rows, int block,
    local float *normalised, local float *hidden)
{
  const int begin = get_global_id (0) * block, count = min (block, rows - begin);
  floatv acc[TILE_ROWS][TILE_VECS];

  for (int r = 0; r < count; r++)
    normalise_to_local (in + (size_t) (begin + r) * stride, channels, norm_weight, norm_bias, eps,
        normalised + r * stride);

  for (int c = 0; c < hidden_channels; c += PANEL) {
    global const float *panel = weight1 + (size_t) c * channels;
    for (int row = 0; row < count; row += TILE_ROWS) {
      tile_from_local (normalised + row * stride, stride, channels, panel, acc);
#pragma unroll
      for (int r = 0; r < TILE_ROWS; r++)
#pragma unroll
        for (int v = 0; v < TILE_VECS; v++)
          vstorev (gelu (acc[r][v] + vloadv (v, bias1 + c)), v, hidden + (row + r) * hidden_stride + c);
    }
  }

  for (int c = 0; c < stride; c += PANEL) {
    global const float *panel = weight2 + (size_t) c * hidden_channels;
    for (int row = 0; row < count; row += TILE_ROWS) {
      tile_from_local (hidden + row * hidden_stride, hidden_stride, hidden_channels, panel, acc);
#pragma unroll
      for (int v = 0; v < TILE_VECS; v++) {
        if (c + v * V >= stride)
          continue;
#pragma unroll
        for (int r = 0; r < TILE_ROWS; r++)
          if (row + r < count) {
            global float *to = x + (size_t) (begin + row + r) * stride + c + v * V;
            const floatv y = acc[r][v] + vloadv (v, bias2 + c);
            vstorev (fma (y, vloadv (v, scale + c), vloadv (0, to)), 0, to);
          }
      }
    }
  }
}
#endif
