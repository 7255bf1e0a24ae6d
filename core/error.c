#include "core/error.h"

#include <string.h>

G_DEFINE_QUARK (cnx-error-quark, cnx_error)

gboolean
cnx_refuse (GError ** error, CnxError code, const char *where, const char *format, va_list args)
{
  g_autofree char *reason = g_strdup_vprintf (format, args);

  g_set_error (error, CNX_ERROR, code, "%s: %s", where, reason);
  return FALSE;
}

gpointer
cnx_try_new (gsize n, gsize size, const char *what, GError ** error)
{
  gpointer block = g_try_malloc0_n (MAX (n, 1), MAX (size, 1));

  if (!block)
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "there is no memory for %s (%" G_GSIZE_FORMAT " times %"
        G_GSIZE_FORMAT " bytes)", what, n, size);
  return block;
}

/* Control characters; marks of direction, which Unicode calls explicit formatting; its line and paragraph ends. */
static gboolean
is_command (gunichar c)
{
  return g_unichar_iscntrl (c) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e
      || c == 0x200f || c == 0x061c;
}

gboolean
cnx_name_is_printable (const char *name)
{
  if (strlen (name) > CNX_MAX_NAME || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const char *at = name; *at; at = g_utf8_next_char (at))
    if (is_command (g_utf8_get_char (at)))
      return FALSE;
  return TRUE;
}

char *
cnx_printable (const char *text)
{
  GString *out = g_string_new (NULL);

  for (gsize length; *text; text += length) {
    const gunichar c = g_utf8_get_char_validated (text, -1);
    const gboolean is_character = c != (gunichar) - 1 && c != (gunichar) - 2;
    length = is_character ? (gsize) (g_utf8_next_char (text) - text) : 1;
    if (is_character && !is_command (c))
      g_string_append_len (out, text, length);
    else if (c == '\n' || c == '\t')
      g_string_append (out, c == '\n' ? "\\n" : "\\t");
    else
      for (gsize i = 0; i < length; i++)
        g_string_append_printf (out, "\\x%02x", (guchar) text[i]);
  }
  return g_string_free (out, FALSE);
}
