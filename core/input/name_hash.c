#include "core/input/name_hash.h"

#include <string.h>

typedef struct
{
  guint64 v[4];
} State;

static inline guint64
rotate (guint64 value, int by)
{
  return value << by | value >> (64 - by);
}

static void
stir (State * state, int rounds)
{
  guint64 *v = state->v;

  for (int i = 0; i < rounds; i++) {
    v[0] += v[1];
    v[1] = rotate (v[1], 13) ^ v[0];
    v[0] = rotate (v[0], 32);
    v[2] += v[3];
    v[3] = rotate (v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate (v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate (v[1], 17) ^ v[2];
    v[2] = rotate (v[2], 32);
  }
}

static void
add_word (State * state, guint64 word)
{
  state->v[3] ^= word;
  stir (state, 2);
  state->v[0] ^= word;
}

guint64
cnx_siphash (const guint64 key[2], const char *bytes, gsize length)
{
  State state = { {key[0] ^ G_GUINT64_CONSTANT (0x736f6d6570736575), key[1] ^ G_GUINT64_CONSTANT (0x646f72616e646f6d),
      key[0] ^ G_GUINT64_CONSTANT (0x6c7967656e657261), key[1] ^ G_GUINT64_CONSTANT (0x7465646279746573)}
  };
  guint64 word = 0;
  gsize at = 0;

  for (; length - at >= sizeof word; at += sizeof word) {
    memcpy (&word, bytes + at, sizeof word);
    add_word (&state, GUINT64_FROM_LE (word));
  }
  word = (guint64) length << 56;
  for (int shift = 0; at < length; at++, shift += 8)
    word |= (guint64) (guint8) bytes[at] << shift;
  add_word (&state, word);
  state.v[2] ^= 0xff;
  stir (&state, 4);
  return state.v[0] ^ state.v[1] ^ state.v[2] ^ state.v[3];
}

/* GLib seeds its generator from the system's randomness. */
static const guint64 *
process_key (void)
{
  static guint64 key[2];
  static gsize drawn;

  if (g_once_init_enter (&drawn)) {
    for (int i = 0; i < 2; i++)
      key[i] = (guint64) g_random_int () << 32 | g_random_int ();
    g_once_init_leave (&drawn, 1);
  }
  return key;
}

guint64
cnx_name_hash64 (const char *name, gsize length)
{
  return cnx_siphash (process_key (), name, length);
}

guint
cnx_name_hash (gconstpointer name)
{
  return (guint) cnx_name_hash64 (name, strlen (name));
}
