/* Settings that are described by a table: how each is written, what it takes, what it is where nothing is said, and
 * where it is kept. Nothing of what they are about. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxKeyType:
 * @CNX_KEY_TEXT: char *; NULL: none
 * @CNX_KEY_LIST: char **, NULL at the end; NULL: none
 * @CNX_KEY_FLAG: gboolean
 * @CNX_KEY_UINT: guint
 * @CNX_KEY_DOUBLE: double
 * @CNX_KEY_BYTES: guint64; written with K, M, G or T, which are 1024 times the one before
 * @CNX_KEY_PRECISION: CnxPrecision
 */
typedef enum
{
  CNX_KEY_TEXT,
  CNX_KEY_LIST,
  CNX_KEY_FLAG,
  CNX_KEY_UINT,
  CNX_KEY_DOUBLE,
  CNX_KEY_BYTES,
  CNX_KEY_PRECISION,
} CnxKeyType;

/** @text as it is kept, where that is another than it is written; NULL and an error, which completes "NAME: ". @folder:
 * what paths count from; NULL: where the process is. Free with g_free(). */
typedef char *(*CnxKeyTake) (const char *text, const char *folder, GError ** error);

/**
 * CnxKey:
 * @name: as a file has it, and behind -- the command line
 * @letter: the option's short form; 0: none
 * @offset: of the value in the structure that it is kept in
 * @usual: what is taken where nothing is said, as it would be written; NULL: nothing, which of numbers is -1
 * @argument: what the option's help calls its value
 * @help: what it is, without a point at the end
 * @least, @most: of numbers
 * @take: of texts, and of each of a list; NULL: as it is
 * @of: what the table's owner tells keys apart by
 */
typedef struct
{
  const char *name;
  char letter;
  CnxKeyType type;
  gsize offset;
  const char *usual, *argument, *help;
  double least, most;
  CnxKeyTake take;
  guint of;
} CnxKey;

/** A table of them. */
typedef struct
{
  const CnxKey *keys;
  guint n;
} CnxKeys;

/** NULL: none is called so. */
const CnxKey *cnx_keys_find (CnxKeys keys, const char *name);
/** Of which @name has the fewest letters wrong. @edits: how many; may be NULL. */
const CnxKey *cnx_keys_nearest (CnxKeys keys, const char *name, guint * edits);

/** "a number from 0 to 1000": what completes "it takes ". Free with g_free(). */
char *cnx_key_takes (const CnxKey * key);

/** The value in @to, a structure whose values are all set or all zeros, becomes what @text says; of a list its only
 * item. An empty @text is as if nothing was said. Errors: CNX_ERROR_INPUT, which complete "NAME: ". */
gboolean cnx_key_set (const CnxKey * key, gpointer to, const char *text, const char *folder, GError ** error);
/** The same of a list's items, of which none is as if nothing was said. */
gboolean cnx_key_set_list (const CnxKey * key, gpointer to, const char *const *items, const char *folder,
    GError ** error);

/** Every value becomes what it is where nothing is said; of those that are set already, each is freed. */
void cnx_keys_reset (CnxKeys keys, gpointer to);
/** Every value of @from, to @to that holds none yet. */
void cnx_keys_copy (CnxKeys keys, gpointer to, gconstpointer from);
void cnx_keys_clear (CnxKeys keys, gpointer values);
gboolean cnx_key_equal (const CnxKey * key, gconstpointer a, gconstpointer b);

G_END_DECLS
