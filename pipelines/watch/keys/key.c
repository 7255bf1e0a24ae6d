#include "pipelines/watch/keys/key.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/edits.h"
#include "core/error.h"
#include "core/model/precision.h"
#include "pipelines/watch/source.h"

/* Of a name that is held against others, and of a value that a message repeats. */
#define MOST_NAME 64
#define MOST_SHOWN 40
#define UNSET (-1.0)
#define FIELD(type, base, key) ((type *) G_STRUCT_MEMBER_P (base, (key)->offset))
#define CONST_FIELD(type, base, key) ((const type *) ((const char *) (base) + (key)->offset))

static const char units[] = "KMGT";

/* ---- finding ---- */

const CnxKey *
cnx_keys_find (CnxKeys keys, const char *name)
{
  for (guint i = 0; i < keys.n; i++)
    if (strcmp (keys.keys[i].name, name) == 0)
      return &keys.keys[i];
  return NULL;
}

const CnxKey *
cnx_keys_nearest (CnxKeys keys, const char *name, guint * edits)
{
  g_autofree char *start = g_strndup (name, MOST_NAME);
  const CnxKey *best = keys.keys;
  guint least = G_MAXUINT;

  for (guint i = 0; i < keys.n; i++) {
    const guint n = cnx_edits (start, keys.keys[i].name);
    if (n < least)
      best = &keys.keys[i];
    least = MIN (least, n);
  }
  if (edits)
    *edits = least;
  return best;
}

/* ---- what is wrong ---- */

/* 1048576 as 1M. */
static char *
bytes_text (double bytes)
{
  guint unit = 0;

  while (unit < strlen (units) && bytes >= 1024 && fmod (bytes, 1024) == 0) {
    bytes /= 1024;
    unit++;
  }
  return unit ? g_strdup_printf ("%.0f%c", bytes, units[unit - 1]) : g_strdup_printf ("%.0f", bytes);
}

char *
cnx_key_takes (const CnxKey * key)
{
  g_autofree char *least = bytes_text (key->least), *most = bytes_text (key->most);

  switch (key->type) {
    case CNX_KEY_FLAG:
      return g_strdup ("true or false");
    case CNX_KEY_UINT:
      return g_strdup_printf ("a whole number from %.0f to %.0f", key->least, key->most);
    case CNX_KEY_DOUBLE:
      return g_strdup_printf ("a number from %g to %g", key->least, key->most);
    case CNX_KEY_BYTES:
      return g_strdup_printf ("bytes from %s to %s, a whole number that K, M, G or T may follow", least, most);
    case CNX_KEY_PRECISION:
      return g_strdup ("auto, fp32, fp16, bf16 or int8");
    default:
      return g_strdup ("a text");
  }
}

static gboolean
refuse (const CnxKey * key, const char *text, GError ** error)
{
  g_autofree char *takes = cnx_key_takes (key), *redacted = cnx_watch_redact (text);
  g_autofree char *printable = cnx_printable (redacted);

  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "it takes %s, and not '%.*s%s'", takes, MOST_SHOWN, printable,
      strlen (printable) > MOST_SHOWN ? "..." : "");
  return FALSE;
}

/* ---- values ---- */

static gboolean
read_flag (const char *text, gboolean * value)
{
  static const char *const words[2][4] = { {"false", "no", "0", NULL}, {"true", "yes", "1", NULL} };

  for (guint i = 0; i < 2; i++)
    if (g_strv_contains (words[i], text)) {
      *value = i;
      return TRUE;
    }
  return FALSE;
}

static gboolean
read_double (const char *text, double *value)
{
  char *end;

  if (strspn (text, "+-.0123456789eE") != strlen (text))        /* no nan, and no hexadecimal number */
    return FALSE;
  *value = g_ascii_strtod (text, &end);
  return end > text && *end == '\0';
}

static gboolean
read_bytes (const char *text, guint64 * value)
{
  const gsize digits = strspn (text, "0123456789");
  g_autofree char *number = g_strndup (text, digits);
  const char *unit = text[digits] ? strchr (units, g_ascii_toupper (text[digits])) : NULL;
  const guint shift = unit ? 10 * (unit - units + 1) : 0;

  if (!g_ascii_string_to_unsigned (number, 10, 0, G_MAXUINT64 >> shift, value, NULL))
    return FALSE;
  *value <<= shift;
  return text[digits] == '\0' || (unit && text[digits + 1] == '\0');
}

static gboolean
set_text (const CnxKey * key, char **field, const char *text, const char *folder, GError ** error)
{
  char *value = key->take ? key->take (text, folder, error) : g_strdup (text);

  if (!value)
    return FALSE;
  g_free (*field);
  *field = value;
  return TRUE;
}

/* Numbers and words. FALSE: @text says none that is right. */
static gboolean
set_plain (const CnxKey * key, gpointer to, const char *text)
{
  double real = 0;
  guint64 whole = 0;

  switch (key->type) {
    case CNX_KEY_FLAG:
      return read_flag (text, FIELD (gboolean, to, key));
    case CNX_KEY_UINT:
      if (!g_ascii_string_to_unsigned (text, 10, key->least, key->most, &whole, NULL))
        return FALSE;
      *FIELD (guint, to, key) = whole;
      return TRUE;
    case CNX_KEY_DOUBLE:
      if (!read_double (text, &real) || !(real >= key->least && real <= key->most))
        return FALSE;
      *FIELD (double, to, key) = real;
      return TRUE;
    case CNX_KEY_BYTES:
      if (!read_bytes (text, &whole) || whole < key->least || whole > key->most)
        return FALSE;
      *FIELD (guint64, to, key) = whole;
      return TRUE;
    default:
      return cnx_precision_parse (text, FIELD (CnxPrecision, to, key), NULL);
  }
}

static void
clear (const CnxKey * key, gpointer values)
{
  if (key->type == CNX_KEY_TEXT)
    g_clear_pointer (FIELD (char *, values, key), g_free);
  else if (key->type == CNX_KEY_LIST)
    g_clear_pointer (FIELD (char **, values, key), g_strfreev);
}

static void
reset (const CnxKey * key, gpointer to)
{
  clear (key, to);
  if (key->usual && key->type == CNX_KEY_TEXT)
    *FIELD (char *, to, key) = g_strdup (key->usual);
  else if (key->usual && key->type != CNX_KEY_LIST)
    set_plain (key, to, key->usual);
  else if (key->type == CNX_KEY_DOUBLE)
    *FIELD (double, to, key) = UNSET;
}

gboolean
cnx_key_set (const CnxKey * key, gpointer to, const char *text, const char *folder, GError ** error)
{
  const char *const items[] = { text, NULL };

  if (*text == '\0') {
    reset (key, to);
    return TRUE;
  }
  if (key->type == CNX_KEY_LIST)
    return cnx_key_set_list (key, to, items, folder, error);
  if (key->type == CNX_KEY_TEXT)
    return set_text (key, FIELD (char *, to, key), text, folder, error);
  return set_plain (key, to, text) || refuse (key, text, error);
}

gboolean
cnx_key_set_list (const CnxKey * key, gpointer to, const char *const *items, const char *folder, GError ** error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; items[i]; i++) {
    char *item = NULL;

    if (*items[i] == '\0')
      continue;
    if (!set_text (key, &item, items[i], folder, error))
      return FALSE;
    g_ptr_array_add (list, item);
  }
  clear (key, to);
  if (list->len == 0)
    return TRUE;
  g_ptr_array_add (list, NULL);
  *FIELD (char **, to, key) = (char **) g_ptr_array_free (g_steal_pointer (&list), FALSE);
  return TRUE;
}

/* ---- all of them ---- */

void
cnx_keys_reset (CnxKeys keys, gpointer to)
{
  for (guint i = 0; i < keys.n; i++)
    reset (&keys.keys[i], to);
}

void
cnx_keys_clear (CnxKeys keys, gpointer values)
{
  for (guint i = 0; i < keys.n; i++)
    clear (&keys.keys[i], values);
}

static gsize
size_of (CnxKeyType type)
{
  static const gsize sizes[] = {
    [CNX_KEY_FLAG] = sizeof (gboolean),[CNX_KEY_UINT] = sizeof (guint),[CNX_KEY_DOUBLE] = sizeof (double),
    [CNX_KEY_BYTES] = sizeof (guint64),[CNX_KEY_PRECISION] = sizeof (CnxPrecision),
  };

  return sizes[type];
}

void
cnx_keys_copy (CnxKeys keys, gpointer to, gconstpointer from)
{
  for (const CnxKey * key = keys.keys; key < keys.keys + keys.n; key++) {
    if (key->type == CNX_KEY_TEXT)
      *FIELD (char *, to, key) = g_strdup (*CONST_FIELD (char *, from, key));
    else if (key->type == CNX_KEY_LIST)
      *FIELD (char **, to, key) = g_strdupv (*(char **const *) CONST_FIELD (char **, from, key));
    else
      memcpy (FIELD (char, to, key), CONST_FIELD (char, from, key), size_of (key->type));
  }
}

gboolean
cnx_key_equal (const CnxKey * key, gconstpointer a, gconstpointer b)
{
  static const char *const none[] = { NULL };
  const char *const *left, *const *right;

  if (key->type == CNX_KEY_TEXT)
    return g_strcmp0 (*CONST_FIELD (char *, a, key), *CONST_FIELD (char *, b, key)) == 0;
  if (key->type != CNX_KEY_LIST)
    return memcmp (CONST_FIELD (char, a, key), CONST_FIELD (char, b, key), size_of (key->type)) == 0;
  left = *CONST_FIELD (const char *const *, a, key);
  right = *CONST_FIELD (const char *const *, b, key);
  return g_strv_equal (left ? left : none, right ? right : none);
}
