/* What the inner loops share: fetching the next panel while this one is read, so that a thread with few rows does not
 * wait for its weights. */
#define AHEAD_TILES 4
#if defined OPERAND_INT8 && defined ASM_AVX2    /* bytes of a panel that a turn of the inner loop reads */
#define TURN_BYTES 128
#elif defined OPERAND_FP32 && defined ASM_AVX512
#define TURN_BYTES 512
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
