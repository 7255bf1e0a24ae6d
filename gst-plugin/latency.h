/* How long an element makes frames wait, as sinks behind a live source must know: else they drop what comes later than
 * they were told. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CnxLatency:
 * @takes: what a frame takes, a peak that is forgotten slowly; 0 until it is known
 * @told: what the last answer to a live pipeline added; GST_CLOCK_TIME_NONE without one
 *
 * Its functions are for any thread.
 */
typedef struct
{
  GMutex lock;
  GstClockTime takes, told;
} CnxLatency;

void cnx_latency_init (CnxLatency * latency);
void cnx_latency_clear (CnxLatency * latency);

/** What frames took is not known any more: another network does them from now on. */
void cnx_latency_forget (CnxLatency * latency);

/** Whether a frame's time is known. */
gboolean cnx_latency_is_known (CnxLatency * latency);

/** A frame has taken from @since (g_get_monotonic_time()) until now. Posts a LATENCY message of @element's when what
 * was told is off by half. */
void cnx_latency_note (CnxLatency * latency, GstElement * element, gint64 since);

/** Adds to upstream's answer to the LATENCY query @query what frames take; nothing unless they @wait, or where the
 * pipeline is not live. */
void cnx_latency_answer (CnxLatency * latency, GstQuery * query, gboolean wait);

G_END_DECLS
