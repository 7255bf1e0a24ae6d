#include "pipelines/watch/backoff.h"

double
cnx_backoff (guint attempt, double random)
{
  const double wait = attempt < 6 ? CNX_BACKOFF_LEAST * (1 << attempt) : CNX_BACKOFF_MOST;

  return wait * (1 + CNX_BACKOFF_JITTER * (2 * random - 1));
}
