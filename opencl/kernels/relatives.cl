/* What only relatives of ConvNeXt need.
 *
 *   unfold     overlapping patches become rows of a product, for the 3x3 convolutions of stride 2 in an overlapping
 *              stem: as patchify (patchify.cl), but patches are `kernel_size` high and wide, begin `padding` pixels
 *              before the picture and are `step` apart; outside the picture lie zeros
 *   activate   in place, vector by vector: the architecture's activation, or GELU. What fills a row stays zero
 *
 * With WG 1 a work-item of unfold copies one patch, else one float. */
INLINE float
unfolded (global const float *in, int in_stride, int height, int width, int n, int y, int x, int c)
{
  if ((uint) y >= (uint) height || (uint) x >= (uint) width)
    return 0.0f;
  return in[((size_t) (n * height + y) * width + x) * in_stride + c];
}

KERNEL void
unfold (global const float *in, int in_stride, int channels, int height, int width, int kernel_size, int step,
    int padding, global float *out, int out_stride, int rows)
{
  const int depth = kernel_size * kernel_size * channels;
#if WG == 1
  const int row = get_global_id (0), first = 0, end = depth;
#else
  const int row = get_global_id (0) / depth, first = get_global_id (0) % depth, end = first + 1;
#endif
  if (row >= rows)
    return;
  const int across = width / step, down = height / step;
  const int x = row % across * step - padding, y = row / across % down * step - padding, n = row / (across * down);
  for (int k = first; k < end; k++) {
    const int pixel = k / channels;
    out[(size_t) row * out_stride + k] = unfolded (in, in_stride, height, width, n, y + pixel / kernel_size,
        x + pixel % kernel_size, k % channels);
  }
}

KERNEL void
activate (global float *x, int plain_gelu, int items)
{
  const int item = get_global_id (0);
  if (item >= items)
    return;
  const floatv v = vloadv (item, x);
  vstorev (plain_gelu ? gelu (v) : activation (v), item, x);
}
