#include "core/finite.h"
#include "core/error.h"

#include <math.h>

gboolean
cnx_check_finite (const float *values, int n, int count, GError ** error)
{
  for (gsize i = 0; i < (gsize) n * count; i++) {
    if (isfinite (values[i]))
      continue;
    g_set_error (error, CNX_ERROR, CNX_ERROR_NUMBERS, "what the network gives is not finite; if it is with --precision "
        "fp32 (precision=fp32 of the element) too, the weights are broken, or the device computes wrong");
    return FALSE;
  }
  return TRUE;
}
