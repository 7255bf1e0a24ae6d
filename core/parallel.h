/* One loop over all cores. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef void (*CnxParallelFunc) (gpointer data, guint i);

/** Calls @func for every i below @count, on as many threads as there are processors, each taking the next i that is
 * left; returns when all are done. @func must not touch what another i writes. */
void cnx_parallel_for (guint count, CnxParallelFunc func, gpointer data);

G_END_DECLS
