/* The register tiles of CPUs that have AVX-512, 14 or 12 rows x 32 columns, written out as tile.cl's for AVX2 are:
 *
 *   ASM_AVX512        fp32: vfmadd231ps                   4 inputs a turn
 *   ASM_AVX512_BF16   bf16: vdpbf16ps, two inputs a lane  4 inputs a turn
 *   ASM_AVX512_VNNI   int8: vpdpbusd, four a lane         8 inputs a turn
 *
 * Sums in zmm0 .. 27, row by row; the panel's two vectors in zmm28 and 29; a row's inputs are broadcast from memory,
 * in int8 through zmm30, since the instruction wants the unsigned side in a register. Never inlined, so that the
 * instructions are this function's alone, and because PoCL 6 does not take assembly in a kernel's own code. */
#if defined ASM_AVX512 || defined ASM_AVX512_BF16 || defined ASM_AVX512_VNNI

/* Twelve rows through four addresses, three each, and two more through a fifth. */
#define THREE_ROWS(DO, k, base, r0, r1, r2, r3, r4, r5)                                     \
  DO (k "(%[" base "])", r0, r1) DO (k "(%[" base "],%[stride])", r2, r3)                   \
  DO (k "(%[" base "],%[stride],2)", r4, r5)
#if TILE_ROWS == 14
#define LAST_ROWS(DO, k) DO (k "(%[e])", 24, 25) DO (k "(%[e],%[stride])", 26, 27)
#define MOVE_LAST(MOVE) MOVE (24) MOVE (25) MOVE (26) MOVE (27)
#else
#define LAST_ROWS(DO, k)
#define MOVE_LAST(MOVE)
#endif
#define ALL_ROWS(DO, k)                                                                     \
  THREE_ROWS (DO, k, "a", 0, 1, 2, 3, 4, 5) THREE_ROWS (DO, k, "b", 6, 7, 8, 9, 10, 11)     \
  THREE_ROWS (DO, k, "c", 12, 13, 14, 15, 16, 17) THREE_ROWS (DO, k, "d", 18, 19, 20, 21, 22, 23) \
  LAST_ROWS (DO, k)
#define MOVE_ZMM(MOVE)                                                                      \
  MOVE (0) MOVE (1) MOVE (2) MOVE (3) MOVE (4) MOVE (5) MOVE (6) MOVE (7) MOVE (8) MOVE (9) \
  MOVE (10) MOVE (11) MOVE (12) MOVE (13) MOVE (14) MOVE (15) MOVE (16) MOVE (17) MOVE (18) \
  MOVE (19) MOVE (20) MOVE (21) MOVE (22) MOVE (23) MOVE_LAST (MOVE)
#define LOAD_ZMM(i) "vmovups (" #i " * 64)(%[acc]), %%zmm" #i "\n\t"
#define STORE_ZMM(i) "vmovups %%zmm" #i ", (" #i " * 64)(%[acc])\n\t"
#define PANEL_VECTORS(w, w2)                                                                \
  "vmovups " w "(%[panel]), %%zmm28\n\t" "vmovups " w2 "(%[panel]), %%zmm29\n\t"
#define FETCH_AHEAD                                                                         \
  "prefetcht1 (%[ahead])\n\t" "prefetcht1 64(%[ahead])\n\t" "add %[advance], %[ahead]\n\t"
#define NEXT_TURN(panel_bytes, row_bytes)                                                   \
  "add $" panel_bytes ", %[panel]\n\t"                                                      \
  "add $" row_bytes ", %[a]\n\t" "add $" row_bytes ", %[b]\n\t" "add $" row_bytes ", %[c]\n\t" \
  "add $" row_bytes ", %[d]\n\t" "add $" row_bytes ", %[e]\n\t"                             \
  "dec %[turns]\n\t" "jnz 1b\n\t"
#define ALL_ZMM                                                                             \
  "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10",  \
  "zmm11", "zmm12", "zmm13", "zmm14", "zmm15", "zmm16", "zmm17", "zmm18", "zmm19", "zmm20", \
  "zmm21", "zmm22", "zmm23", "zmm24", "zmm25", "zmm26", "zmm27", "zmm28", "zmm29", "zmm30"

/* Addresses and strides in bytes. */
#define DEFINE_TILE_AVX512(NAME, FEATURES, ACC, TURN)                                       \
__attribute__ ((noinline, target (FEATURES))) void                                          \
NAME (size_t a, size_t stride, size_t panel, size_t turns, Ahead ahead, ACC *acc)           \
{                                                                                           \
  size_t b = a + 3 * stride, c = a + 6 * stride, d = a + 9 * stride, e = a + 12 * stride;   \
  __asm__ volatile (                                                                        \
      MOVE_ZMM (LOAD_ZMM)                                                                   \
      "1:\n\t"                                                                              \
      FETCH_AHEAD                                                                           \
      TURN                                                                                  \
      MOVE_ZMM (STORE_ZMM)                                                                  \
      : [panel] "+r" (panel), [a] "+r" (a), [b] "+r" (b), [c] "+r" (c), [d] "+r" (d),       \
        [e] "+r" (e), [turns] "+r" (turns), [ahead] "+r" (ahead.from)                       \
      : [stride] "r" (stride), [advance] "r" (ahead.advance), [acc] "r" (acc)               \
      : ALL_ZMM, "memory", "cc");                                                           \
}

#ifdef ASM_AVX512
#define FMA_ROW(address, left, right)                                                       \
  "vfmadd231ps " address "%{1to16%}, %%zmm28, %%zmm" #left "\n\t"                           \
  "vfmadd231ps " address "%{1to16%}, %%zmm29, %%zmm" #right "\n\t"
DEFINE_TILE_AVX512 (tile_avx512, "avx512f,avx512bw,avx512vl", float,
    PANEL_VECTORS ("0", "64") ALL_ROWS (FMA_ROW, "0")
    PANEL_VECTORS ("128", "192") ALL_ROWS (FMA_ROW, "4")
    PANEL_VECTORS ("256", "320") ALL_ROWS (FMA_ROW, "8")
    PANEL_VECTORS ("384", "448") ALL_ROWS (FMA_ROW, "12")
    NEXT_TURN ("512", "16"))
#endif

#ifdef ASM_AVX512_BF16
#define DOT2_ROW(address, left, right)                                                      \
  "vdpbf16ps " address "%{1to16%}, %%zmm28, %%zmm" #left "\n\t"                             \
  "vdpbf16ps " address "%{1to16%}, %%zmm29, %%zmm" #right "\n\t"
DEFINE_TILE_AVX512 (bf16_tile_avx512, "avx512f,avx512bw,avx512vl,avx512bf16", float,
    PANEL_VECTORS ("0", "64") ALL_ROWS (DOT2_ROW, "0")
    PANEL_VECTORS ("128", "192") ALL_ROWS (DOT2_ROW, "4")
    NEXT_TURN ("256", "8"))
#endif

#ifdef ASM_AVX512_VNNI
#define DOT4_ROW(address, left, right)                                                      \
  "vpbroadcastd " address ", %%zmm30\n\t"                                                   \
  "vpdpbusd %%zmm28, %%zmm30, %%zmm" #left "\n\t"                                           \
  "vpdpbusd %%zmm29, %%zmm30, %%zmm" #right "\n\t"
DEFINE_TILE_AVX512 (int8_tile_avx512, "avx512f,avx512bw,avx512vl,avx512vnni", int,
    PANEL_VECTORS ("0", "64") ALL_ROWS (DOT4_ROW, "0")
    PANEL_VECTORS ("128", "192") ALL_ROWS (DOT4_ROW, "4")
    NEXT_TURN ("256", "8"))
#endif

#endif
