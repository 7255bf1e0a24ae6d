/* The register tiles of CPUs that have AVX2 and FMA, 4 to 6 rows x 16 columns (int8: 4 or 5): tile.cl's loop, and
 * int8's, written out. Sums in ymm0 .. 11, row by row. Never inlined: PoCL 6 does not take assembly in a kernel's own
 * code. */
#ifdef ASM_AVX2

#define ROW(address, left, right)                                                           \
  "vbroadcastss " address ", %%ymm13\n\t"                                                   \
  "vfmadd231ps %%ymm14, %%ymm13, %%ymm" #left "\n\t"                                        \
  "vfmadd231ps %%ymm15, %%ymm13, %%ymm" #right "\n\t"
#define MOVE_ROW(MOVE, left, right)                                                         \
  MOVE ("(" #left " * 32)(%[acc])", "%%ymm" #left) MOVE ("(" #right " * 32)(%[acc])", "%%ymm" #right)
#define LOAD(memory, register) "vmovups " memory ", " register "\n\t"
#define STORE(memory, register) "vmovups " register ", " memory "\n\t"
#if TILE_ROWS == 4
#define MORE_ROWS(k) ROW (k "(%[b])", 6, 7)
#define MOVE_MORE(MOVE) MOVE_ROW (MOVE, 6, 7)
#elif TILE_ROWS == 5
#define MORE_ROWS(k) ROW (k "(%[b])", 6, 7) ROW (k "(%[b],%[stride])", 8, 9)
#define MOVE_MORE(MOVE) MOVE_ROW (MOVE, 6, 7) MOVE_ROW (MOVE, 8, 9)
#else
#define MORE_ROWS(k)                                                                        \
  ROW (k "(%[b])", 6, 7) ROW (k "(%[b],%[stride])", 8, 9) ROW (k "(%[b],%[stride],2)", 10, 11)
#define MOVE_MORE(MOVE) MOVE_ROW (MOVE, 6, 7) MOVE_ROW (MOVE, 8, 9) MOVE_ROW (MOVE, 10, 11)
#endif
#define MOVE_SUMS(MOVE) MOVE_ROW (MOVE, 0, 1) MOVE_ROW (MOVE, 2, 3) MOVE_ROW (MOVE, 4, 5) MOVE_MORE (MOVE)
/* One k: `k` and `w` are its bytes into a row and into the panel. */
#define STEP(k, w, w2)                                                                      \
  "vmovups " w "(%[panel]), %%ymm14\n\t"                                                    \
  "vmovups " w2 "(%[panel]), %%ymm15\n\t"                                                   \
  ROW (k "(%[a])", 0, 1) ROW (k "(%[a],%[stride])", 2, 3) ROW (k "(%[a],%[stride],2)", 4, 5) \
  MORE_ROWS (k)
#define ALL_YMM                                                                             \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", \
  "xmm12", "xmm13", "xmm14", "xmm15"

/* Addresses and strides in bytes. BEFORE: what is done once, after the sums are loaded. */
#define DEFINE_TILE_AVX2(NAME, ACC, BEFORE, TURN, PANEL_STEP, ROW_STEP)                     \
__attribute__ ((noinline)) void                                                             \
NAME (size_t a, size_t stride, size_t panel, size_t turns, Ahead ahead, ACC *acc)           \
{                                                                                           \
  size_t b = a + 3 * stride;                                                                \
  __asm__ volatile (                                                                        \
      MOVE_SUMS (LOAD)                                                                      \
      BEFORE                                                                                \
      "1:\n\t"                                                                              \
      "prefetcht1 (%[ahead])\n\t"                                                           \
      "add %[advance], %[ahead]\n\t"                                                        \
      TURN                                                                                  \
      "add $" PANEL_STEP ", %[panel]\n\t"                                                   \
      "add $" ROW_STEP ", %[a]\n\t"                                                         \
      "add $" ROW_STEP ", %[b]\n\t"                                                         \
      "dec %[turns]\n\t"                                                                    \
      "jnz 1b\n\t"                                                                          \
      MOVE_SUMS (STORE)                                                                     \
      : [panel] "+r" (panel), [a] "+r" (a), [b] "+r" (b), [turns] "+r" (turns),             \
        [ahead] "+r" (ahead.from)                                                           \
      : [stride] "r" (stride), [advance] "r" (ahead.advance), [acc] "r" (acc)               \
      : ALL_YMM, "memory", "cc");                                                           \
}

/* Four k a turn. */
DEFINE_TILE_AVX2 (tile_avx2, float, "",
    STEP ("0", "0", "32") STEP ("4", "64", "96") STEP ("8", "128", "160") STEP ("12", "192", "224"), "256", "16")

#ifdef OPERAND_INT8
/* Four products fit 16 bits: two vpmaddubsw, added, then widened by a multiplication with ones. */
#define ROW8(address, address4, left, right)                                                \
  "vpbroadcastd " address ", %%ymm13\n\t"                                                   \
  "vpbroadcastd " address4 ", %%ymm14\n\t"                                                  \
  "vpmaddubsw (%[panel]), %%ymm13, %%ymm10\n\t"                                             \
  "vpmaddubsw 32(%[panel]), %%ymm13, %%ymm11\n\t"                                           \
  "vpmaddubsw 64(%[panel]), %%ymm14, %%ymm13\n\t"                                           \
  "vpmaddubsw 96(%[panel]), %%ymm14, %%ymm15\n\t"                                           \
  "vpaddw %%ymm13, %%ymm10, %%ymm10\n\t"                                                    \
  "vpaddw %%ymm15, %%ymm11, %%ymm11\n\t"                                                    \
  "vpmaddwd %%ymm12, %%ymm10, %%ymm10\n\t"                                                  \
  "vpmaddwd %%ymm12, %%ymm11, %%ymm11\n\t"                                                  \
  "vpaddd %%ymm10, %%ymm" #left ", %%ymm" #left "\n\t"                                      \
  "vpaddd %%ymm11, %%ymm" #right ", %%ymm" #right "\n\t"
#if TILE_ROWS == 4
#define MORE_ROWS8 ROW8 ("(%[b])", "4(%[b])", 6, 7)
#else
#define MORE_ROWS8                                                                          \
  ROW8 ("(%[b])", "4(%[b])", 6, 7) ROW8 ("(%[b],%[stride])", "4(%[b],%[stride])", 8, 9)
#endif

/* Eight k a turn; ymm12 is sixteen ones. */
DEFINE_TILE_AVX2 (int8_tile_avx2, int,
    "vpcmpeqw %%ymm12, %%ymm12, %%ymm12\n\t" "vpsrlw $15, %%ymm12, %%ymm12\n\t",
    ROW8 ("(%[a])", "4(%[a])", 0, 1) ROW8 ("(%[a],%[stride])", "4(%[a],%[stride])", 2, 3)
    ROW8 ("(%[a],%[stride],2)", "4(%[a],%[stride],2)", 4, 5) MORE_ROWS8, "128", "8")
#endif

#endif
