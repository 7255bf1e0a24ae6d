/* The planes of a frame to the network's input: what core/resample does, sum by sum in the same order, so that both
 * round to the same 8-bit level. frame_shape.cl has the layout.
 *
 *   packed  bytes --shrink_rows--> rows  floats --shrink_columns--> tensor  (height, width, 3) floats
 */
#pragma OPENCL FP_CONTRACT OFF

/* One work-item: four neighbouring bytes, for one row of the picture. */
kernel void
shrink_rows (global const uchar *packed, global const FrameShape *shape, global const int *places,
    global const float *numbers, global float *rows)
{
  const int y = get_global_id (1), n_planes = shape->n_planes;
  int quad = get_global_id (0), p = 0;

  while (p < n_planes && quad >= shape->planes[p].pitch / 4)
    quad -= shape->planes[p++].pitch / 4;
  if (p == n_planes)
    return;
  const FramePlane plane = shape->planes[p];
  const int taps = places[plane.lengths + y];
  global const uchar *in = packed + plane.packed + places[plane.starts + y] * plane.pitch + 4 * quad;
  global const float *weights = numbers + plane.weights + y * plane.weights_pitch;
  float4 sum = 0;
  for (int t = 0; t < taps; t++, in += plane.pitch)
    sum = fma ((float4) (weights[t]), convert_float4 (*(global const uchar4 *) in), sum);
  vstore4 (sum, 0, rows + plane.rows + y * plane.pitch + 4 * quad);
}

/* The sums of a pixel's samples, one for each byte that a sample has: eight running sums (three times eight where
 * samples have three bytes), added up from the first. */
float4
columns_even (global const float *in, global const float *weights, int pitch, int step)
{
  float8 s = 0;
  for (int k = 0; k < pitch; k += 8)
    s = fma (vload8 (0, in + k), vload8 (0, weights + k), s);
  if (step == 1)
    return (float4) (s.s0 + s.s1 + s.s2 + s.s3 + s.s4 + s.s5 + s.s6 + s.s7, 0, 0, 0);
  if (step == 2)
    return (float4) (s.s01 + s.s23 + s.s45 + s.s67, 0, 0);
  return s.lo + s.hi;
}

float4
columns_three (global const float *in, global const float *weights, int pitch)
{
  float8 a = 0, b = 0, c = 0;
  for (int k = 0; k < pitch; k += 24) {
    a = fma (vload8 (0, in + k), vload8 (0, weights + k), a);
    b = fma (vload8 (1, in + k), vload8 (1, weights + k), b);
    c = fma (vload8 (2, in + k), vload8 (2, weights + k), c);
  }
  return (float4) (a.s0 + a.s3 + a.s6 + b.s1 + b.s4 + b.s7 + c.s2 + c.s5,
      a.s1 + a.s4 + a.s7 + b.s2 + b.s5 + c.s0 + c.s3 + c.s6,
      a.s2 + a.s5 + b.s0 + b.s3 + b.s6 + c.s1 + c.s4 + c.s7, 0);
}

float
pick (float4 sums, int lane, float otherwise)
{
  return lane < 0 ? otherwise : lane == 0 ? sums.x : lane == 1 ? sums.y : lane == 2 ? sums.z : sums.w;
}

/* One work-item: one pixel of the tensor, which begins at float `at`. */
kernel void
shrink_columns (global const float *rows, global const FrameShape *shape, global const int *places,
    global const float *numbers, global float *tensor, int at)
{
  const int x = get_global_id (0), y = get_global_id (1);

  if (x >= shape->width)
    return;
  global float *out = tensor + at + 3 * (y * shape->width + x);
  if (x < shape->left || x >= shape->right || y < shape->top || y >= shape->bottom) {
    for (int c = 0; c < 3; c++)
      out[c] = shape->pad[c];
    return;
  }
  const int column = x - shape->left, row = y - shape->top;
  float values[3] = { shape->middle, shape->middle, shape->middle };
  for (int r = 0; r < shape->n_readers; r++) {
    global const FrameReader *reader = &shape->readers[r];
    global const float *in = rows + reader->rows + row * reader->pitch + places[reader->starts + column];
    global const float *weights = numbers + reader->weights + column * reader->weights_pitch;
    const float4 sums = reader->step == 3 ? columns_three (in, weights, reader->weights_pitch)
        : columns_even (in, weights, reader->weights_pitch, reader->step);
    for (int c = 0; c < 3; c++)
      values[c] = pick (sums, reader->lanes[c], values[c]);
  }
  for (int c = 0; c < 3; c++) {
    global const float *m = shape->matrix[c];
    const float value = !shape->yuv ? values[c]
        : m[0] * values[0] + m[1] * values[1] + m[2] * values[2] + m[3];
    out[c] = numbers[shape->levels + 256 * c + (int) (clamp (value, 0.0f, 255.0f) + 0.5f)];
  }
}
