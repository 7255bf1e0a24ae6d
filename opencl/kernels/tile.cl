/* The register tile, the inner loop of every product:
 *
 *   acc[r][v] += sum over k of a[r][k] * panel[k][v]
 *
 *   a       TILE_ROWS rows of `depth` values, `stride` apart
 *   panel   `depth` x PANEL: the weights that the panel's columns have for one k lie side by side, so the loop
 *           reads straight through; a row's value is broadcast
 *   depth   a multiple of 4; what fills a row or a panel up to it is zero
 *   ahead   which part of the next panel to fetch meanwhile
 *
 * Tunables: V, TILE_ROWS, TILE_VECS; ASM_AVX2 for CPUs that have AVX2 and FMA, with V 8, TILE_VECS 2 and 4 to 6
 * rows. There the loop is written out: a compiler that sees it in C may vectorise across the rows, and then
 * spills at half the speed or less. */
#define AHEAD_TILES 4
#ifdef OPERAND_INT8             /* bytes of a panel that a turn of the inner loop reads */
#define TURN_BYTES 128
#else
#define TURN_BYTES 256
#endif

/* Each of the first AHEAD_TILES tiles fetches its quarter of the next panel, the others nothing. */
typedef struct
{
  size_t from, advance;         /* advance: bytes for each turn of the inner loop */
} Ahead;

INLINE Ahead
look_ahead (global const char *next, int bytes, int tile)
{
  Ahead ahead = { (size_t) next, 0 };
  if (tile < AHEAD_TILES) {
    ahead.from += tile * (bytes / AHEAD_TILES);
    ahead.advance = TURN_BYTES / AHEAD_TILES;
  }
  return ahead;
}

#define EACH_VALUE                                                                          \
  _Pragma ("unroll") for (int r = 0; r < TILE_ROWS; r++)                                    \
    _Pragma ("unroll") for (int v = 0; v < TILE_VECS; v++)

#ifdef ASM_AVX2

/* Sums in ymm0 .. 11, row by row. Never inlined: PoCL 6 does not take assembly in a kernel's own code. */
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

/* Addresses and strides in bytes; four k a turn. */
__attribute__ ((noinline)) void
tile_avx2 (size_t a, size_t stride, size_t panel, size_t turns, Ahead ahead, float *acc)
{
  size_t b = a + 3 * stride;
  __asm__ volatile (
      MOVE_SUMS (LOAD)
      "1:\n\t"
      "prefetcht1 (%[ahead])\n\t"
      "add %[advance], %[ahead]\n\t"
      STEP ("0", "0", "32") STEP ("4", "64", "96") STEP ("8", "128", "160") STEP ("12", "192", "224")
      "add $256, %[panel]\n\t"
      "add $16, %[a]\n\t"
      "add $16, %[b]\n\t"
      "dec %[turns]\n\t"
      "jnz 1b\n\t"
      MOVE_SUMS (STORE)
      : [panel] "+r" (panel), [a] "+r" (a), [b] "+r" (b), [turns] "+r" (turns), [ahead] "+r" (ahead.from)
      : [stride] "r" (stride), [advance] "r" (ahead.advance), [acc] "r" (acc)
      : ALL_YMM, "memory", "cc");
}

#define DEFINE_TILE(NAME, FROM)                                                             \
INLINE void                                                                                 \
NAME (FROM const float *a, int stride, int depth, global const float *panel, Ahead ahead,   \
    floatv acc[TILE_ROWS][TILE_VECS])                                                       \
{                                                                                           \
  tile_avx2 ((size_t) a, stride * sizeof (float), (size_t) panel, depth / 4, ahead, (float *) acc); \
}

#else

#define DEFINE_TILE(NAME, FROM)                                                             \
INLINE void                                                                                 \
NAME (FROM const float *a, int stride, int depth, global const float *panel, Ahead ahead,   \
    floatv acc[TILE_ROWS][TILE_VECS])                                                       \
{                                                                                           \
  for (int k = 0; k < depth; k++) {                                                         \
    floatv w[TILE_VECS];                                                                    \
    _Pragma ("unroll")                                                                      \
    for (int v = 0; v < TILE_VECS; v++)                                                     \
      w[v] = vloadv (v, panel + k * PANEL);                                                 \
    EACH_VALUE                                                                              \
      acc[r][v] = fma ((floatv) (a[r * stride + k]), w[v], acc[r][v]);                      \
  }                                                                                         \
}

#endif

DEFINE_TILE (tile_from_global, global)
DEFINE_TILE (tile_from_local, local)
