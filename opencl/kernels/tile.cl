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
 * Tunables: V, TILE_ROWS, TILE_VECS. With ASM_AVX2 or ASM_AVX512 the loop is written out (tile_avx2.cl,
 * tile_avx512.cl): a compiler that sees it in C may vectorise across the rows, and then spills at half the speed or
 * less. */
#if defined ASM_AVX2 || defined ASM_AVX512

#ifdef ASM_AVX2
#define TILE_ASM tile_avx2
#else
#define TILE_ASM tile_avx512
#endif
#define DEFINE_TILE(NAME, FROM)                                                             \
INLINE void                                                                                 \
NAME (FROM const float *a, int stride, int depth, global const float *panel, Ahead ahead,   \
    floatv acc[TILE_ROWS][TILE_VECS])                                                       \
{                                                                                           \
  TILE_ASM ((size_t) a, stride * sizeof (float), (size_t) panel, depth / 4, ahead, (float *) acc); \
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
