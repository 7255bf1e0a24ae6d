/* Global average pool: out[n] is the mean of the picture's `pixels` rows of `stride` floats.
 *
 * With WG 1 a work-item has V channels of one picture, else a group shares them out as group.cl says. The LayerNorm
 * and the classifier after it are layer_norm and linear, on one row a picture. */
#if WG == 1

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

#else

KERNEL void
pool (global const float *in, int stride, int pixels, global float *out)
{
  local floatv scratch[WG];
  const int blocks = stride / (COLUMN_VECS * V), item = get_local_id (0), group = get_group_id (0);
  const int c = (group % blocks * COLUMN_VECS + item % COLUMN_VECS) * V, n = group / blocks;
  floatv sum = 0;
  for (int i = item / COLUMN_VECS; i < pixels; i += COLUMN_SLICES)
    sum += vloadv (0, in + ((size_t) n * pixels + i) * stride + c);
  sum = column_sum (sum, scratch);
  if (item < COLUMN_VECS)
    vstorev (sum / pixels, 0, out + n * stride + c);
}

#endif
