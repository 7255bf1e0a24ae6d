/* Depthwise 7x7 convolution, padding 3, with its bias.
 *
 *   in, out   rows of `stride` floats, height x width of them a picture
 *   weight    49 rows (ky, kx) of `stride` floats, padded with zeros
 *   bias      `stride` floats
 *
 * A work-item computes DW_COLS neighbouring pixels of one line, V channels at a time, for the channels
 * [part * span, part * span + span). Sums stay in DW_COLS registers; vector loads run along the channels. */
#define TAPS 7
#define PAD 3

/* One line's share: each pixel of `in` is read once and goes to the outputs whose window it lies in. `first` is
 * the column of in's first pixel, which may lie outside, as the last may. */
INLINE void
depthwise_line (global const float *in, int stride, global const float *weight, int first, int width,
    floatv acc[DW_COLS])
{
  floatv w[TAPS];
#pragma unroll
  for (int kx = 0; kx < TAPS; kx++)
    w[kx] = vloadv (0, weight + kx * stride);
#pragma unroll
  for (int j = 0; j < DW_COLS + TAPS - 1; j++)
    if ((uint) (first + j) < (uint) width) {
      const floatv v = vloadv (0, in + j * stride);
#pragma unroll
      for (int p = 0; p < DW_COLS; p++)
        if (j - p >= 0 && j - p < TAPS)
          acc[p] = fma (v, w[j - p], acc[p]);
    }
}

KERNEL void
depthwise (global const float *in, global const float *weight, global const float *bias,
    global float *out, int height, int width, int stride, int span, int parts, int items)
{
  int item = get_global_id (0);
  if (item >= items)
    return;
  const int tiles = (width + DW_COLS - 1) / DW_COLS;
  const int part = item % parts, x = item / parts % tiles * DW_COLS;
  const int line = item / parts / tiles, y = line % height;
  const int first = x - PAD;
  const int above = max (PAD - y, 0), below = min (TAPS, height + PAD - y);
  const int end = min (stride, part * span + span);

  for (int c = part * span; c < end; c += V) {
    floatv acc[DW_COLS];
#pragma unroll
    for (int p = 0; p < DW_COLS; p++)
      acc[p] = vloadv (0, bias + c);
    for (int ky = above; ky < below; ky++) {
      global const float *from = in + ((long) (line + ky - PAD) * width + first) * stride + c;
      global const float *w = weight + ky * TAPS * stride + c;
      depthwise_line (from, stride, w, first, width, acc);
    }
#pragma unroll
    for (int p = 0; p < DW_COLS; p++)
      if (x + p < width)
        vstorev (acc[p], 0, out + ((size_t) line * width + x + p) * stride + c);
  }
}
