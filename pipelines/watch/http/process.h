/* What this process takes of the machine, with the names that every exporter for Prometheus has. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Appends process_* of Prometheus' text format: memory, descriptors, threads, processor time and the start's. What
 * /proc does not say is left out. */
void cnx_process_append (GString * out);

G_END_DECLS
