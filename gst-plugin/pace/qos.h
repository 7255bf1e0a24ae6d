/* Which frames would come too late for a live pipeline's sink, were they classified: what its QOS events say. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CnxQos:
 * @troubled: 0 while nobody has complained; else how many frames in a row must be in time to end it
 * @deadline: how long after its running time a frame may come
 * @takes: what the last classification took
 * @since: the running time when that ended, or nothing was the matter *
 * Its functions are for any thread.
 */
typedef struct
{
  GMutex lock;
  gint troubled;
  GstClockTimeDiff deadline;
  GstClockTime takes, since;
} CnxQos;

void cnx_qos_init (CnxQos * qos);
void cnx_qos_clear (CnxQos * qos);

/** Nobody has complained yet. */
void cnx_qos_forget (CnxQos * qos);

/** Downstream says at the running time @now that the frame of @running_time came @late too late. */
void cnx_qos_complain (CnxQos * qos, GstClockTime running_time, GstClockTimeDiff late, GstClockTime now);

/** An event from downstream at @element, which has a pad "sink": heeds what it says of lateness, where upstream is
 * live, and forgets it all where another latency is set. */
void cnx_qos_hear (CnxQos * qos, GstElement * element, GstEvent * event);

/** Whether anybody has complained: else no frame would be late. */
gboolean cnx_qos_is_troubled (CnxQos * qos);

/** Whether the frame of @running_time that is here at @now would be late, were it classified; then it is not. Ask once
 * of each. One that is in time by itself is tried when none has been for two seconds: it may take less by then. */
gboolean cnx_qos_is_late (CnxQos * qos, GstClockTime running_time, GstClockTime now);

/** A frame was classified, which took @time. */
void cnx_qos_note (CnxQos * qos, GstClockTime time);

G_END_DECLS
