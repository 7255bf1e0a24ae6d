/* Normalisations over rows of `stride` floats.
 *
 *   layer_norm   each row over its channels
 *   norm_patchify  the same for a downsample: each pixel's channels go where patchify (patchify.cl) puts them, in 2x2
 *                patches; what fills a patch's row up to out_stride is left alone
 *   grn_norms    norms[n][c] = sqrt (sum over the picture's pixels of x^2); a work-item has V channels
 *   grn_scales   in place: norms[n][c] becomes 1 + weight[c] * norm / (mean over channels + eps);
 *                a work-item has a whole picture
 *   grn_apply    x = x * scale[n][c] + bias[c]; a work-item has one row
 *
 * GRN: "ConvNeXt V2", section 3.2, with y = weight * (x * n) + bias + x written as one product and sum. */
KERNEL void
layer_norm (global const float *in, int stride, int channels, global const float *weight,
    global const float *bias, float eps, global float *out, int rows)
{
  const int row = get_global_id (0);
  if (row < rows)
    normalise_global (in + (size_t) row * stride, channels, weight, bias, eps,
        out + (size_t) row * stride);
}

KERNEL void
norm_patchify (global const float *in, int stride, int channels, global const float *weight,
    global const float *bias, float eps, int height, int width, global float *out, int out_stride, int rows)
{
  const int row = get_global_id (0);
  if (row >= rows)
    return;
  const int x = row % width, line = row / width;        /* an even height: lines of a picture pair up */
  const int patch = line / 2 * (width / 2) + x / 2, place = line % 2 * 2 + x % 2;
  normalise_global (in + (size_t) row * stride, channels, weight, bias, eps,
      out + (size_t) patch * out_stride + place * channels);
}

KERNEL void
grn_norms (global const float *x, int stride, int pixels, global float *norms, int items)
{
  const int item = get_global_id (0);
  if (item >= items)
    return;
  const int c = item % (stride / V) * V, n = item / (stride / V);
  global const float *in = x + (size_t) n * pixels * stride + c;
  floatv total = 0;
  for (int first = 0; first < pixels; first += 64) {    /* sums of sums: the error stays small */
    floatv sum = 0;
    for (int i = first; i < min (first + 64, pixels); i++) {
      const floatv v = vloadv (0, in + (size_t) i * stride);
      sum = fma (v, v, sum);
    }
    total += sum;
  }
  vstorev (sqrt (total), 0, norms + n * stride + c);
}

KERNEL void
grn_scales (global float *norms, int stride, int channels, global const float *weight, float eps, int n)
{
  if ((int) get_global_id (0) >= n)
    return;
  global float *g = norms + get_global_id (0) * stride;
  floatv sums = 0;
  for (int c = 0; c < stride; c += V)   /* padding is zero */
    sums += vloadv (0, g + c);
  const float scale = 1.0f / (sumv (sums) / channels + eps);
  for (int c = 0; c < stride; c += V)
    vstorev (fma (vloadv (0, weight + c), vloadv (0, g + c) * scale, (floatv) (1.0f)), 0, g + c);
}

KERNEL void
grn_apply (global float *x, int stride, int pixels, global const float *scales,
    global const float *bias, int rows)
{
  const int row = get_global_id (0);
  if (row >= rows)
    return;
  global float *to = x + (size_t) row * stride;
  global const float *scale = scales + row / pixels * stride;
  for (int c = 0; c < stride; c += V)
    vstorev (fma (vloadv (0, to + c), vloadv (0, scale + c), vloadv (0, bias + c)), 0, to + c);
}
