#include "core/error.h"

G_DEFINE_QUARK (cnx-error-quark, cnx_error)

gboolean
cnx_refuse (GError ** error, CnxError code, const char *where, const char *format, va_list args)
{
  g_autofree char *reason = g_strdup_vprintf (format, args);

  g_set_error (error, CNX_ERROR, code, "%s: %s", where, reason);
  return FALSE;
}
