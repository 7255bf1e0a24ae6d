#include "opencl/support.h"
#include "core/error.h"

gboolean
cnx_precision_runs (CnxDevice * device, CnxPrecision precision)
{
  return precision == CNX_PRECISION_FP32 || precision == CNX_PRECISION_INT8;
}

gboolean
cnx_precision_choose (CnxDevice * device, CnxPrecision wanted, CnxPrecision * chosen, GError ** error)
{
  g_autoptr (GString) running = g_string_new (NULL);

  *chosen = wanted == CNX_PRECISION_AUTO ? CNX_PRECISION_FP32 : wanted;
  if (cnx_precision_runs (device, *chosen))
    return TRUE;
  for (CnxPrecision p = CNX_PRECISION_FP32; p <= CNX_PRECISION_INT8; p++)
    if (cnx_precision_runs (device, p))
      g_string_append_printf (running, "%s%s", running->len ? ", " : "", cnx_precision_name (p));
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s cannot run in %s; it runs in %s",
      cnx_device_info (device)->name, cnx_precision_name (wanted), running->str);
  return FALSE;
}
