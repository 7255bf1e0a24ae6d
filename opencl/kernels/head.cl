/* Global average pool: out[n] is the mean of the picture's `pixels` rows of `stride` floats.
 *
 * A work-item has V channels of one picture. The LayerNorm and the classifier after it are layer_norm and
 * linear, on one row a picture. */
KERNEL void
pool (global const float *in, int stride, int pixels, global float *out, int items)
{
  const int item = get_global_id (0);
  if (item >= items)
    return;
  const int c = item % (stride / V) * V, n = item / (stride / V);
  global const float *from = in + (size_t) n * pixels * stride + c;
  floatv sum = 0;
  for (int i = 0; i < pixels; i++)
    sum += vloadv (0, from + (size_t) i * stride);
  vstorev (sum / pixels, 0, out + n * stride + c);
}
