#include "core/picture/resample_loops.h"

#include <string.h>

#if defined (__x86_64__) || defined (__i386__)
#define HAVE_AVX2 1
#include <immintrin.h>
#endif

/* Eight floats in what the CPU has for them: one AVX register, or two of SSE or NEON. */
typedef float Floats __attribute__((vector_size (32)));

#define LANES 8
/* Columns that the first loop keeps in registers while it runs down the rows. */
#define ROW_BLOCK (4 * LANES)

#define INLINE static inline __attribute__((always_inline))
#define AVX2 __attribute__((target ("avx2,fma")))

/* Four rows at a time, so that the sums are read and written a quarter as often. */
static void
rows_plain (const guint8 * in, gssize stride, const float *weights, int taps, int count, float *out)
{
  int t = 0;

  memset (out, 0, count * sizeof *out);
  for (; t + 4 <= taps; t += 4, in += 4 * stride) {
    const guint8 *a = in, *b = a + stride, *c = b + stride, *d = c + stride;
    float wa = weights[t], wb = weights[t + 1], wc = weights[t + 2], wd = weights[t + 3];

    for (int k = 0; k < count; k++)
      out[k] += wa * a[k] + wb * b[k] + wc * c[k] + wd * d[k];
  }
  for (; t < taps; t++, in += stride)
    for (int k = 0; k < count; k++)
      out[k] += weights[t] * in[k];
}

#ifdef HAVE_AVX2
INLINE AVX2 __m256
add_bytes (__m256 sum, const guint8 * in, __m256 weight)
{
  __m256i values = _mm256_cvtepu8_epi32 (_mm_loadl_epi64 ((const __m128i *) in));

  return _mm256_fmadd_ps (weight, _mm256_cvtepi32_ps (values), sum);
}

INLINE AVX2 void
rows_block (const guint8 * in, gssize stride, const float *weights, int taps, float *out)
{
  __m256 a = _mm256_setzero_ps (), b = a, c = a, d = a;

  for (int t = 0; t < taps; t++, in += stride) {
    __m256 weight = _mm256_set1_ps (weights[t]);

    a = add_bytes (a, in, weight);
    b = add_bytes (b, in + LANES, weight);
    c = add_bytes (c, in + 2 * LANES, weight);
    d = add_bytes (d, in + 3 * LANES, weight);
  }
  _mm256_storeu_ps (out, a);
  _mm256_storeu_ps (out + LANES, b);
  _mm256_storeu_ps (out + 2 * LANES, c);
  _mm256_storeu_ps (out + 3 * LANES, d);
}

AVX2 static void
rows_avx2 (const guint8 * in, gssize stride, const float *weights, int taps, int count, float *out)
{
  if (count < ROW_BLOCK) {
    rows_plain (in, stride, weights, taps, count, out);
    return;
  }
  for (int c = 0; c + ROW_BLOCK <= count; c += ROW_BLOCK)
    rows_block (in + c, stride, weights, taps, out + c);
  /* The last block overlaps the one before it. */
  if (count % ROW_BLOCK != 0)
    rows_block (in + count - ROW_BLOCK, stride, weights, taps, out + count - ROW_BLOCK);
}
#endif

/* sum += in * weights */
typedef void (*AddFloats) (Floats * sum, const float *in, const float *weights);

static inline void
add_floats (Floats * sum, const float *in, const float *weights)
{
  Floats a, b;

  memcpy (&a, in, sizeof a);
  memcpy (&b, weights, sizeof b);
  *sum += a * b;
}

#ifdef HAVE_AVX2
/* Rounded once, as the rows are and as a device does it. Left to the compiler, GCC 12 fuses `add_floats` and GCC 14
 * does not. */
AVX2 static inline void
add_floats_fused (Floats * sum, const float *in, const float *weights)
{
  *sum = (Floats) _mm256_fmadd_ps (_mm256_loadu_ps (in), _mm256_loadu_ps (weights), (__m256) *sum);
}
#endif

/* Step 1, 2 or 4: lane k of the sum belongs to lane k mod step of the samples. */
INLINE void
columns_even (AddFloats add, const float *in, const int *starts, const float *weights, int pitch,
    int step, int count, float *out)
{
  for (int i = 0; i < count; i++, weights += pitch) {
    const float *from = in + starts[i];
    Floats sum = { 0 };

    for (int k = 0; k < pitch; k += LANES)
      add (&sum, from + k, weights + k);
    for (int l = 0; l < step; l++) {
      float total = 0.0f;

      for (int k = l; k < LANES; k += step)
        total += sum[k];
      out[l * count + i] = total;
    }
  }
}

/* Step 3: three vectors hold eight samples of three lanes. */
INLINE void
columns_three (AddFloats add, const float *in, const int *starts, const float *weights, int pitch,
    int count, float *out)
{
  for (int i = 0; i < count; i++, weights += pitch) {
    const float *from = in + starts[i];
    Floats sums[3] = { 0 };

    for (int k = 0; k < pitch; k += 3 * LANES)
      for (int v = 0; v < 3; v++)
        add (&sums[v], from + k + v * LANES, weights + k + v * LANES);
    for (int l = 0; l < 3; l++) {
      float total = 0.0f;

      for (int k = l; k < 3 * LANES; k += 3)
        total += sums[k / LANES][k % LANES];
      out[l * count + i] = total;
    }
  }
}

INLINE void
columns_body (AddFloats add, const float *in, const int *starts, const float *weights, int pitch,
    int step, int count, float *out)
{
  /* A constant step lets the compiler unroll the sums of lanes. */
  if (step == 1)
    columns_even (add, in, starts, weights, pitch, 1, count, out);
  else if (step == 2)
    columns_even (add, in, starts, weights, pitch, 2, count, out);
  else if (step == 3)
    columns_three (add, in, starts, weights, pitch, count, out);
  else
    columns_even (add, in, starts, weights, pitch, 4, count, out);
}

static void
columns_plain (const float *in, const int *starts, const float *weights, int pitch, int step,
    int count, float *out)
{
  columns_body (add_floats, in, starts, weights, pitch, step, count, out);
}

#ifdef HAVE_AVX2
AVX2 static void
columns_avx2 (const float *in, const int *starts, const float *weights, int pitch, int step,
    int count, float *out)
{
  columns_body (add_floats_fused, in, starts, weights, pitch, step, count, out);
}
#endif

const CnxResampleLoops *
cnx_resample_loops_plain (void)
{
  static const CnxResampleLoops plain = { rows_plain, columns_plain };

  return &plain;
}

const CnxResampleLoops *
cnx_resample_loops (void)
{
#ifdef HAVE_AVX2
  static const CnxResampleLoops avx2 = { rows_avx2, columns_avx2 };

  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return &avx2;
#endif
  return cnx_resample_loops_plain ();
}
