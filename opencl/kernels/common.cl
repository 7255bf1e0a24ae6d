/* What every kernel shares.
 *
 * Layout: activations are NHWC. A "row" is one pixel: `stride` floats, of which the first `channels` count
 * and the rest are zero; stride is a multiple of 16. Rows of all pictures of a batch follow one another.
 * Weights of a product lie in panels (tile.cl).
 *
 * Tunables, given as -D by tuning.c:
 *   V           floats in a vector: 4 (GPUs), 8 (AVX2), 16 (AVX-512)
 *   TILE_ROWS   rows of a register tile: 4..6 with V 8, 14 with V 16
 *   TILE_VECS   vectors across a register tile
 *   DW_COLS     neighbouring pixels that a depthwise work-item computes at once
 *   WG          work-items in a group: 1 on CPUs, where a work-item is a tile; more on GPUs, with V 4
 *   GROUP_COLS  of them side by side across a panel
 *   NORM_*, ACTIVATION_*  what a relative of ConvNeXt computes otherwise, given by ops.c
 *   SLOW_FMA    the device has no such instruction: mad() where it will do
 */
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define INT8_LEAST 1e-36f       /* CNX_INT8_LEAST: a narrower range counts as none */
#define floatv CAT(float, V)
#define vloadv CAT(vload, V)
#define vstorev CAT(vstore, V)
#define PANEL (GROUP_COLS * TILE_VECS * V)
#define INLINE inline __attribute__ ((always_inline))   /* or arrays of sums would live in memory */
#define KERNEL kernel __attribute__ ((reqd_work_group_size (WG, 1, 1)))

/* One rounding, whatever the device: int8's few roundings are those of the reference. */
INLINE floatv
fma_exact (floatv a, floatv b, floatv c)
{
  return fma (a, b, c);
}

#ifdef SLOW_FMA
#define fma(a, b, c) mad (a, b, c)
#endif

INLINE float
sum4 (float4 v)
{
  return (v.x + v.y) + (v.z + v.w);
}

INLINE float
sumv (floatv v)
{
#if V == 16
  float8 w = v.lo + v.hi;
  return sum4 (w.lo + w.hi);
#elif V == 8
  return sum4 (v.lo + v.hi);
#else
  return sum4 (v);
#endif
}

/* x * (1 + erf (x / sqrt 2)) / 2, within 4e-7 of max (|x|, 1/2). erf (x / sqrt 2) / 2 is x P(t) with t = 2 x^2 / 25 - 1
 * up to |x| = 5, where it is taken for one half: our own minimax fit, with that end held fast. No division: it would
 * cost as much as the polynomial. */
INLINE floatv
gelu (floatv x)
{
  const floatv c = min (max (x, -5.0f), 5.0f);
  const floatv t = fma (c * c, (floatv) (0.08f), (floatv) (-1.0f));
  floatv p = fma (t, (floatv) (7.253497606e-04f), (floatv) (-1.701240195e-03f));
  p = fma (t, p, (floatv) (1.431216369e-03f));
  p = fma (t, p, (floatv) (-2.478154376e-03f));
  p = fma (t, p, (floatv) (6.678238511e-03f));
  p = fma (t, p, (floatv) (-1.133953501e-02f));
  p = fma (t, p, (floatv) (1.629184373e-02f));
  p = fma (t, p, (floatv) (-2.320509404e-02f));
  p = fma (t, p, (floatv) (3.146202117e-02f));
  p = fma (t, p, (floatv) (-4.045180231e-02f));
  p = fma (t, p, (floatv) (5.151927844e-02f));
  p = fma (t, p, (floatv) (-7.029592246e-02f));
  p = fma (t, p, (floatv) (1.413637996e-01f));
  return x * fma (c, p, (floatv) (0.5f));
}

/* Between a block's two linears: gelu, or what the architecture has, all of the form x / (1 + exp (-k)). */
#if defined ACTIVATION_GELU_TANH
#define ACTIVATION_EXPONENT(x) (1.5957691216f * (x) * fma (0.044715f * (x), (x), (floatv) (1.0f)))
#elif defined ACTIVATION_QUICK_GELU
#define ACTIVATION_EXPONENT(x) (1.702f * (x))
#elif defined ACTIVATION_SILU
#define ACTIVATION_EXPONENT(x) (x)
#endif

#if defined ACTIVATION_EXPONENT
INLINE floatv
activation (floatv x)
{
  return x / (1.0f + exp (-ACTIVATION_EXPONENT (x)));
}
#elif defined ACTIVATION_RELU
#define activation(x) max (x, 0.0f)
#else
#define activation gelu
#endif

/* The other norms subtract no mean: NORM_SHIFT. Of what NORM_CENTRE leaves, the mean square over NORM_COUNT counts. */
#if defined NORM_RMS
#define NORM_CENTRE(mean) 0.0f
#define NORM_SHIFT(mean) 0.0f
#define NORM_COUNT(channels) (channels)
#elif defined NORM_SIMPLE
#define NORM_CENTRE(mean) (mean)
#define NORM_SHIFT(mean) 0.0f
#define NORM_COUNT(channels) max ((channels) - 1, 1)
#else
#define NORM_CENTRE(mean) (mean)
#define NORM_SHIFT(mean) (mean)
#define NORM_COUNT(channels) (channels)
#endif

/* One row's normalisation, for a row and a result in any two address spaces; they may be one. The variance is of
 * the differences, so a large mean costs nothing. */
#define DEFINE_NORMALISE(NAME, FROM, TO)                                                    \
INLINE void                                                                                 \
NAME (FROM const float *in, int channels, global const float *weight,                       \
    global const float *bias, float eps, TO float *out)                                     \
{                                                                                           \
  const int whole = channels / V * V;                                                       \
  floatv sums = 0;                                                                          \
  float sum = 0;                                                                            \
  for (int c = 0; c < whole; c += V)                                                        \
    sums += vloadv (0, in + c);                                                             \
  for (int c = whole; c < channels; c++)                                                    \
    sum += in[c];                                                                           \
  const float mean = (sum + sumv (sums)) / channels;                                        \
  sums = 0;                                                                                 \
  sum = 0;                                                                                  \
  for (int c = 0; c < whole; c += V) {                                                      \
    const floatv d = vloadv (0, in + c) - NORM_CENTRE (mean);                               \
    sums = fma (d, d, sums);                                                                \
  }                                                                                         \
  for (int c = whole; c < channels; c++)                                                    \
    sum += (in[c] - NORM_CENTRE (mean)) * (in[c] - NORM_CENTRE (mean));                     \
  const float scale = 1.0f / sqrt ((sum + sumv (sums)) / NORM_COUNT (channels) + eps);      \
  for (int c = 0; c < whole; c += V)                                                        \
    vstorev (fma ((vloadv (0, in + c) - NORM_SHIFT (mean)) * scale, vloadv (0, weight + c), \
            vloadv (0, bias + c)), 0, out + c);                                             \
  for (int c = whole; c < channels; c++)                                                    \
    out[c] = (in[c] - NORM_SHIFT (mean)) * scale * weight[c] + bias[c];                     \
}

DEFINE_NORMALISE (normalise_global, global, global)
DEFINE_NORMALISE (normalise_local, local, local)
