#include "core/time_text.h"

char *
cnx_time_text (gint64 real_time, int digits)
{
  const gint64 within = ((real_time % G_USEC_PER_SEC) + G_USEC_PER_SEC) % G_USEC_PER_SEC;
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc ((real_time - within) / G_USEC_PER_SEC);
  g_autofree char *seconds = time ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%S") : NULL;
  gint64 unit = 1;

  for (int i = digits; i < 6; i++)
    unit *= 10;
  return seconds ? g_strdup_printf ("%s.%0*dZ", seconds, digits, (int) (within / unit)) : NULL;
}
