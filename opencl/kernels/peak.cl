/* What this device can do at most: the two measures that the network's speed is held against.
 *
 * peak: how fast it multiplies and adds when nothing else is in the way. Sums in registers, added to `rounds` times;
 * what comes out depends on all of them.
 * stream: how fast it reads memory. It adds up `in`, PIECES x `rounds` vectors of floats for every work-item: where a
 * work-item stands for itself (WG 1) its vectors lie side by side, else those of a group do.
 *
 *   out   one vector of floats a work-item
 *
 * Tunables: V, WG, and one of
 *   PEAK_FP32      CHAINS sums of fma()
 *   PEAK_INT8_AVX2 8 sums of vpmaddubsw, vpaddw, vpmaddwd, vpaddd
 *   PEAK_BF16, PEAK_VNNI  24 sums of vdpbf16ps or vpdpbusd */
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define floatv CAT(float, V)

#ifdef PEAK_INT8_AVX2
#define STEP(i)                                                                             \
  "vpmaddubsw %%ymm14, %%ymm15, %%ymm10\n\t" "vpmaddubsw %%ymm13, %%ymm15, %%ymm11\n\t"     \
  "vpaddw %%ymm10, %%ymm11, %%ymm10\n\t" "vpmaddwd %%ymm12, %%ymm10, %%ymm10\n\t"           \
  "vpaddd %%ymm10, %%ymm" #i ", %%ymm" #i "\n\t"
__attribute__ ((noinline)) void
int8_avx2 (size_t rounds, float *out)
{
  __asm__ volatile (
      "1:\n\t" STEP (0) STEP (1) STEP (2) STEP (3) STEP (4) STEP (5) STEP (6) STEP (7)
      "dec %[rounds]\n\t" "jnz 1b\n\t" "vmovups %%ymm0, (%[out])\n\t"
      : [rounds] "+r" (rounds) : [out] "r" (out)
      : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
        "xmm13", "xmm14", "xmm15", "memory", "cc");
}
#define ADD_UP(rounds, sums) int8_avx2 (rounds, (float *) sums)
#elif defined PEAK_BF16 || defined PEAK_VNNI
#ifdef PEAK_BF16
#define FEATURES "avx512f,avx512bw,avx512vl,avx512bf16"
#define STEP(i) "vdpbf16ps %%zmm28, %%zmm29, %%zmm" #i "\n\t"
#else
#define FEATURES "avx512f,avx512bw,avx512vl,avx512vnni"
#define STEP(i) "vpdpbusd %%zmm28, %%zmm29, %%zmm" #i "\n\t"
#endif
__attribute__ ((noinline, target (FEATURES))) void
avx512 (size_t rounds, float *out)
{
  __asm__ volatile (
      "vpxord %%zmm28, %%zmm28, %%zmm28\n\t" "vpxord %%zmm29, %%zmm29, %%zmm29\n\t"
      "1:\n\t" STEP (0) STEP (1) STEP (2) STEP (3) STEP (4) STEP (5) STEP (6) STEP (7) STEP (8) STEP (9)
      STEP (10) STEP (11) STEP (12) STEP (13) STEP (14) STEP (15) STEP (16) STEP (17) STEP (18) STEP (19)
      STEP (20) STEP (21) STEP (22) STEP (23)
      "dec %[rounds]\n\t" "jnz 1b\n\t" "vmovups %%zmm0, (%[out])\n\t"
      : [rounds] "+r" (rounds) : [out] "r" (out)
      : "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10", "zmm11", "zmm12",
        "zmm13", "zmm14", "zmm15", "zmm16", "zmm17", "zmm18", "zmm19", "zmm20", "zmm21", "zmm22", "zmm23", "zmm28",
        "zmm29", "memory", "cc");
}
#define ADD_UP(rounds, sums) avx512 (rounds, (float *) sums)
#endif

kernel __attribute__ ((reqd_work_group_size (WG, 1, 1))) void
peak (global floatv *out, int rounds)
{
#ifdef ADD_UP
  floatv sums[16 / V];
  ADD_UP ((size_t) rounds, sums);
  out[get_global_id (0)] = sums[0];
#else
  floatv sums[CHAINS];
  const floatv factor = 0.999f, term = 1e-3f;
#pragma unroll
  for (int i = 0; i < CHAINS; i++)
    sums[i] = (floatv) ((float) get_global_id (0) + i);
  for (int k = 0; k < rounds; k++)
#pragma unroll
    for (int i = 0; i < CHAINS; i++)
      sums[i] = fma (sums[i], factor, term);
  floatv total = 0;
#pragma unroll
  for (int i = 0; i < CHAINS; i++)
    total += sums[i];
  out[get_global_id (0)] = total;
#endif
}

#define PIECES 16

kernel __attribute__ ((reqd_work_group_size (WG, 1, 1))) void
stream (global floatv *out, int rounds, global const floatv *in)
{
  floatv sums[PIECES];
#if WG == 1
  const size_t step = 1;
  in += get_global_id (0) * rounds * PIECES;
#else
  const size_t step = get_global_size (0);
  in += get_global_id (0);
#endif
#pragma unroll
  for (int i = 0; i < PIECES; i++)
    sums[i] = 0;
  for (int k = 0; k < rounds; k++, in += PIECES * step)
#pragma unroll
    for (int i = 0; i < PIECES; i++)
      sums[i] += in[i * step];
  floatv total = 0;
#pragma unroll
  for (int i = 0; i < PIECES; i++)
    total += sums[i];
  out[get_global_id (0)] = total;
}
