/* Normalisations over rows of `stride` floats.
 *
 *   layer_norm   each row over its channels; RMSNorm or SimpleNorm (common.cl) where the architecture has that
 *   norm_patchify  the same for a downsample: each pixel's channels go where patchify (patchify.cl) puts them, in 2x2
 *                patches; what fills a patch's row up to out_stride is left alone
 *   grn_norms    norms[n][c] = sqrt (sum over the picture's pixels of x^2)
 *   grn_scales   in place: norms[n][c] becomes 1 + weight[c] * norm / (mean over channels + eps)
 *   grn_apply    x = x * scale[n][c] + bias[c]
 *
 * With WG 1 a work-item has one row of layer_norm, norm_patchify and grn_apply, V channels of grn_norms, and a whole
 * picture of grn_scales; else a group shares rows and columns out as group.cl says, and a work-item has a vector of
 * grn_apply.
 *
 * GRN: "ConvNeXt V2", section 3.2, with y = weight * (x * n) + bias + x written as one product and sum. */
#if WG == 1

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

#else

/* What is subtracted of a row, its mean in LayerNorm, and what its differences are multiplied by. Two passes, as
 * normalise_global. */
INLINE float2
row_moments (global const float *in, int count, int channels, float eps, local float *scratch)
{
  floatv sums = 0;
  EACH_VECTOR (c, count)
    sums += vloadv (0, in + c); /* padding is zero */
  const float mean = row_sum (sumv (sums), scratch) / channels;
  sums = 0;
  EACH_VECTOR (c, count) {
    const floatv d = first_values (vloadv (0, in + c) - NORM_CENTRE (mean), channels - c);
    sums = fma (d, d, sums);
  }
  const float square = row_sum (sumv (sums), scratch) / NORM_COUNT (channels);
  return (float2) (NORM_SHIFT (mean), 1.0f / sqrt (square + eps));
}

KERNEL void
layer_norm (global const float *in, int stride, int channels, global const float *weight,
    global const float *bias, float eps, global float *out, int rows)
{
  local float scratch[WG];
  EACH_ROW (row, rows) {
    const int count = row < rows ? channels : 0;
    global const float *from = in + (size_t) row * stride;
    const float2 m = row_moments (from, count, channels, eps, scratch);
    EACH_VECTOR (c, count)
      vstorev (fma ((vloadv (0, from + c) - m.x) * m.y, vloadv (0, weight + c), vloadv (0, bias + c)), 0,
          out + (size_t) row * stride + c);
  }
}

KERNEL void
norm_patchify (global const float *in, int stride, int channels, global const float *weight,
    global const float *bias, float eps, int height, int width, global float *out, int out_stride, int rows)
{
  local float scratch[WG];
  EACH_ROW (row, rows) {
    const int count = row < rows ? channels : 0, x = row % width, line = row / width;
    const int patch = line / 2 * (width / 2) + x / 2, place = line % 2 * 2 + x % 2;
    global const float *from = in + (size_t) row * stride;
    global float *to = out + (size_t) patch * out_stride + place * channels;
    const float2 m = row_moments (from, count, channels, eps, scratch);
    EACH_VECTOR (c, count) {
      float values[V];
      vstorev (fma ((vloadv (0, from + c) - m.x) * m.y, vloadv (0, weight + c), vloadv (0, bias + c)), 0, values);
      for (int i = 0; i < min (V, channels - c); i++)   /* behind the last are the next pixel's */
        to[c + i] = values[i];
    }
  }
}

KERNEL void
grn_norms (global const float *x, int stride, int pixels, global float *norms)
{
  local floatv scratch[WG];
  const int blocks = stride / (COLUMN_VECS * V), item = get_local_id (0), group = get_group_id (0);
  const int c = (group % blocks * COLUMN_VECS + item % COLUMN_VECS) * V, n = group / blocks;
  floatv sum = 0;
  for (int i = item / COLUMN_VECS; i < pixels; i += COLUMN_SLICES) {
    const floatv v = vloadv (0, x + ((size_t) n * pixels + i) * stride + c);
    sum = fma (v, v, sum);
  }
  sum = column_sum (sum, scratch);
  if (item < COLUMN_VECS)
    vstorev (sqrt (sum), 0, norms + n * stride + c);
}

KERNEL void
grn_scales (global float *norms, int stride, int channels, global const float *weight, float eps, int n)
{
  local float scratch[WG];
  EACH_ROW (row, n) {
    global float *g = norms + row * stride;
    const int count = row < n ? stride : 0;
    floatv sums = 0;
    EACH_VECTOR (c, count)
      sums += vloadv (0, g + c);
    const float scale = 1.0f / (row_sum (sumv (sums), scratch) / channels + eps);
    EACH_VECTOR (c, count)
      vstorev (fma (vloadv (0, weight + c), vloadv (0, g + c) * scale, (floatv) (1.0f)), 0, g + c);
  }
}

KERNEL void
grn_apply (global float *x, int stride, int pixels, global const float *scales,
    global const float *bias, int items)
{
  const int item = get_global_id (0);
  if (item >= items)
    return;
  const int c = item % (stride / V) * V, row = item / (stride / V);
  global float *to = x + (size_t) row * stride + c;
  vstorev (fma (vloadv (0, to), vloadv (0, scales + row / pixels * stride + c), vloadv (0, bias + c)), 0, to);
}

#endif
