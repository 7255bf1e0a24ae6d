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

gboolean
cnx_name_is_printable (const char *name)
{
  if (strlen (name) > CNX_MAX_NAME || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const char *at = name; *at; at = g_utf8_next_char (at))
    if (g_unichar_iscntrl (g_utf8_get_char (at)))
      return FALSE;
  return TRUE;
}
