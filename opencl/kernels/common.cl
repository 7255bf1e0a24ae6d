/* What every kernel shares.
 *
 * Layout: activations are NHWC. A "row" is one pixel: `stride` floats, of which the first `channels` count
 * and the rest are zero; stride is a multiple of 16. Rows of all pictures of a batch follow one another.
 * Weights of a product lie in panels (linear.cl).
 *
 * Tunables, given as -D by tuning.c:
 *   V           floats in a vector: 4 (GPUs), 8 (AVX2), 16 (AVX-512)
 *   TILE_ROWS   rows of a register tile: 4..6 with V 8, 14 with V 16
 *   TILE_VECS   vectors across a register tile
 *   DW_COLS     neighbouring pixels that a depthwise work-item computes at once
 *   WG          work-items in a group: 1 on CPUs, where a work-item is a tile; 64 on GPUs
 */
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define floatv CAT(float, V)
#define vloadv CAT(vload, V)
#define vstorev CAT(vstore, V)
#define PANEL (TILE_VECS * V)
#define KERNEL kernel __attribute__ ((reqd_work_group_size (WG, 1, 1)))

inline float
sum4 (float4 v)
{
  return (v.x + v.y) + (v.z + v.w);
}

inline float
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

/* x * (1 + erf (x / sqrt 2)) / 2. erf (x / sqrt 2) is x P(x^2) / Q(x^2) up to where it rounds to 1; our own
 * minimax fit, relative error 6e-8 before rounding. */
inline floatv
gelu (floatv x)
{
  const floatv c = clamp (x, -5.5437171f, 5.5437171f);
  const floatv s = c * c;
  floatv p = fma (s, (floatv) (2.201491053e-10f), (floatv) (-4.325845196e-08f));
  p = fma (s, p, (floatv) (6.266700305e-06f));
  p = fma (s, p, (floatv) (3.269904160e-04f));
  p = fma (s, p, (floatv) (8.938990210e-03f));
  p = fma (s, p, (floatv) (7.066632392e-02f));
  p = fma (s, p, (floatv) (7.978845202e-01f));
  floatv q = fma (s, (floatv) (5.972012371e-05f), (floatv) (1.793608343e-03f));
  q = fma (s, q, (floatv) (2.874440594e-02f));
  q = fma (s, q, (floatv) (2.552329349e-01f));
  q = fma (s, q, (floatv) (1.0f));
  const floatv e = clamp (c * p / q, -1.0f, 1.0f);
  return 0.5f * x * (1.0f + e);
}

/* One row's layer normalisation, for a row and a result in any two address spaces. Two passes over the row:
 * the variance is of the differences, so a large mean costs nothing. */
#define DEFINE_NORMALISE(NAME, TO)                                                          \
inline void                                                                                 \
NAME (global const float *in, int channels, global const float *weight,                     \
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
    const floatv d = vloadv (0, in + c) - mean;                                             \
    sums = fma (d, d, sums);                                                                \
  }                                                                                         \
  for (int c = whole; c < channels; c++)                                                    \
    sum += (in[c] - mean) * (in[c] - mean);                                                 \
  const float scale = 1.0f / sqrt ((sum + sumv (sums)) / channels + eps);                   \
  for (int c = 0; c < whole; c += V)                                                        \
    vstorev (fma ((vloadv (0, in + c) - mean) * scale, vloadv (0, weight + c),              \
            vloadv (0, bias + c)), 0, out + c);                                             \
  for (int c = whole; c < channels; c++)                                                    \
    out[c] = (in[c] - mean) * scale * weight[c] + bias[c];                                  \
}

DEFINE_NORMALISE (normalise_to_global, global)
DEFINE_NORMALISE (normalise_to_local, local)

/* The register tile: acc[r][v] += sum over k of a[r][k] * panel[k][v], for TILE_ROWS rows of `a`.
 * A panel is `inputs` x PANEL floats: the columns' weights for one k lie side by side, so the inner loop
 * reads it straight through; a row's value is broadcast. */
#define DEFINE_TILE(NAME, FROM)                                                             \
inline void                                                                                 \
NAME (FROM const float *a, int stride, int inputs, global const float *panel,               \
    floatv acc[TILE_ROWS][TILE_VECS])                                                       \
{                                                                                           \
  _Pragma ("unroll")                                                                        \
  for (int r = 0; r < TILE_ROWS; r++)                                                       \
    _Pragma ("unroll")                                                                      \
    for (int v = 0; v < TILE_VECS; v++)                                                     \
      acc[r][v] = 0;                                                                        \
  for (int k = 0; k < inputs; k++) {                                                        \
    floatv w[TILE_VECS];                                                                    \
    _Pragma ("unroll")                                                                      \
    for (int v = 0; v < TILE_VECS; v++)                                                     \
      w[v] = vloadv (v, panel + k * PANEL);                                                 \
    _Pragma ("unroll")                                                                      \
    for (int r = 0; r < TILE_ROWS; r++)                                                     \
      _Pragma ("unroll")                                                                    \
      for (int v = 0; v < TILE_VECS; v++)                                                   \
        acc[r][v] = fma ((floatv) (a[r * stride + k]), w[v], acc[r][v]);                    \
  }                                                                                         \
}

DEFINE_TILE (tile_from_global, global)
DEFINE_TILE (tile_from_local, local)
