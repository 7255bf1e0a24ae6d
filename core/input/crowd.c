#include "core/input/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "core/input/name_hash.h"

/* How many names in one place are let pass, beside a multiple of what is there on average. As each is compared with
 * those before it, their number is what a look-up costs. */
#define MAX_IN_PLACE 100
#define MAX_OVER_MEAN 16

/* The tables' smallest and largest sizes that matter, as powers of two. */
#define FIRST_SHIFT 8
#define LAST_SHIFT 23

typedef struct
{
  guint64 text;                 /* stands for the name: equal for equal ones alone, but for a chance of 2^-64 */
  guint32 hash;                 /* what the table takes for it */
} Name;

struct _CnxCrowd
{
  CnxCrowdTable table;
  GArray *names;                /* Name */
};

CnxCrowd *
cnx_crowd_new (CnxCrowdTable table)
{
  CnxCrowd *crowd = g_new0 (CnxCrowd, 1);

  crowd->table = table;
  crowd->names = g_array_new (FALSE, FALSE, sizeof (Name));
  return crowd;
}

void
cnx_crowd_free (CnxCrowd * crowd)
{
  g_array_unref (crowd->names);
  g_free (crowd);
}

/* Both start at 5381 and multiply by 33; GLib adds the bytes as signed numbers. */
static guint32
hash_for (CnxCrowdTable table, const char *name, gsize length)
{
  guint32 hash = 5381;

  for (gsize i = 0; i < length; i++)
    hash = hash * 33 + (table == CNX_CROWD_GLIB ? (guint32) (signed char) name[i] : (guint32) (guint8) name[i]);
  return hash;
}

void
cnx_crowd_add (CnxCrowd * crowd, const char *name, gsize length)
{
  const char *end = memchr (name, '\0', length);
  Name added;

  if (end)
    length = end - name;
  added = (Name) {.text = cnx_name_hash64 (name, length),.hash = hash_for (crowd->table, name, length) };
  g_array_append_val (crowd->names, added);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  const Name *left = a, *right = b;

  return (left->text > right->text) - (left->text < right->text);
}

static void
keep_one_of_each (GArray * names)
{
  guint kept = 0;

  g_array_sort (names, compare_texts);
  for (guint i = 0; i < names->len; i++)
    if (kept == 0 || g_array_index (names, Name, kept - 1).text != g_array_index (names, Name, i).text)
      g_array_index (names, Name, kept++) = g_array_index (names, Name, i);
  g_array_set_size (names, kept);
}

/* Where a table of 2^@shift places looks first. GLib's takes the remainder by a prime just below; which names have one
 * in common depends on it. Names of equal hashes meet in any table, also if a later GLib should choose its places in
 * another way. */
static guint
place_of (CnxCrowdTable table, guint32 hash, int shift)
{
  static const guint primes[] = { 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071, 262139, 524287,
    1048573, 2097143, 4194301, 8388593
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (primes) == LAST_SHIFT - FIRST_SHIFT + 1);
  if (table == CNX_CROWD_LIBZIP)
    return hash & ((1u << shift) - 1);
  return hash * 11 % primes[shift - FIRST_SHIFT];
}

static gboolean
is_dense_at (const CnxCrowd * crowd, int shift)
{
  const guint n = crowd->names->len, limit = MAX_IN_PLACE + MAX_OVER_MEAN * (n >> shift);
  g_autofree guint *counts = g_new0 (guint, (gsize) 1 << shift);

  for (guint i = 0; i < n; i++)
    if (++counts[place_of (crowd->table, g_array_index (crowd->names, Name, i).hash, shift)] > limit)
      return TRUE;
  return FALSE;
}

gboolean
cnx_crowd_is_dense (CnxCrowd * crowd)
{
  keep_one_of_each (crowd->names);
  if (crowd->names->len <= MAX_IN_PLACE)
    return FALSE;
  for (int shift = FIRST_SHIFT; shift <= LAST_SHIFT; shift++) {
    if (is_dense_at (crowd, shift))
      return TRUE;
    if (crowd->names->len < 1u << (shift - 2))
      break;                    /* no table has more than four places for each */
  }
  return FALSE;
}
