/* Non-overlapping patches become rows of a product: the 4x4 stem and the 2x2 downsamples.
 *
 *   in   picture, `height` x `width` pixels, a pixel every `in_stride` floats
 *   out  one row a patch, out_stride floats:
 *        | ky=0: kx=0 c0 c1 .. | kx=1 c0 c1 .. | .. | ky=1: .. | zeros up to the stride |
 *
 * With WG 1 a work-item copies one patch, else one float. */
#if WG == 1

KERNEL void
patchify (global const float *in, int in_stride, int channels, int height, int width, int patch,
    global float *out, int out_stride, int rows)
{
  const int row = get_global_id (0);
  if (row >= rows)
    return;
  const int across = width / patch, down = height / patch;
  const int x = row % across, y = row / across % down, n = row / (across * down);
  global float *to = out + (size_t) row * out_stride;
  for (int ky = 0; ky < patch; ky++)
    for (int kx = 0; kx < patch; kx++) {
      global const float *from = in
          + (size_t) ((n * height + y * patch + ky) * width + x * patch + kx) * in_stride;
      for (int c = 0; c < channels; c++)
        *to++ = from[c];
    }
}

#else

KERNEL void
patchify (global const float *in, int in_stride, int channels, int height, int width, int patch,
    global float *out, int out_stride, int rows)
{
  const int depth = patch * patch * channels, row = get_global_id (0) / depth, k = get_global_id (0) % depth;
  if (row >= rows)
    return;
  const int across = width / patch, down = height / patch;
  const int x = row % across * patch + k / channels % patch, n = row / (across * down);
  const int y = row / across % down * patch + k / (patch * channels);
  out[(size_t) row * out_stride + k] = in[((size_t) n * height * width + y * width + x) * in_stride + k % channels];
}

#endif
