/* A network's forward passes: what several threads ask for at about the same time runs as one batch. */
#pragma once

#include "opencl/network.h"

G_BEGIN_DECLS

typedef struct _CnxPasses CnxPasses;

/** @network: not owned; nobody else is to run its passes. @is_cpu: what it is on. Errors: CNX_ERROR_INPUT where there
 * is no memory. Free with cnx_passes_free(), while nobody waits. */
CnxPasses *cnx_passes_new (CnxNetwork * network, gboolean is_cpu, GError ** error);
void cnx_passes_free (CnxPasses * passes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxPasses, cnx_passes_free)

/** As cnx_engine_forward(), and with @n above 1 cnx_engine_forward_several(). For any thread. */
gboolean cnx_passes_forward (CnxPasses * passes, const CnxNetworkInput * pictures, guint n, guint patience,
    float *logits, GError ** error);

/** How many passes were begun so far, and how many pictures were in them. For any thread. */
void cnx_passes_count (CnxPasses * passes, guint64 * n, guint64 * pictures);
/** How many pictures the largest had. */
guint cnx_passes_largest (CnxPasses * passes);
/** How many pictures wait for one now. */
guint cnx_passes_waiting (CnxPasses * passes);

G_END_DECLS
