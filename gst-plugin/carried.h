/* The labels that buffers carry which wait for none of their own, until newer ones come or none have come for too
 * long. */
#pragma once

#include "gst-plugin/engine/classifier.h"

G_BEGIN_DECLS

/**
 * CnxCarried:
 * @result: owned; NULL: none
 * @since: the running time when they were made, as near as the first buffer with them tells; GST_CLOCK_TIME_NONE until
 *   one has
 * @stamped: that is by a buffer's timestamp, not by the clock
 * @before: the running time of the last buffer that had one, if @any had
 *
 * All zero is nothing carried. For one thread.
 */
typedef struct
{
  CnxResult *result;
  GstClockTime since;
  gboolean stamped;
  gboolean any;
  GstClockTime before;
} CnxCarried;

/** Carries @result, which it takes, from the next buffer on; NULL: nothing. */
void cnx_carried_set (CnxCarried * carried, CnxResult * result);

/** What a buffer at the running time @now carries: nothing any more where what there is was made longer ago
 * than @longest, if that is above 0. Time is what buffers say, and, where @now is GST_CLOCK_TIME_NONE and none before
 * said more, what @element's clock does. Owned by @carried; NULL: nothing. */
CnxResult *cnx_carried_at (CnxCarried * carried, GstElement * element, GstClockTime now, GstClockTime longest);

/** Nobody wants newer ones than there are: what is carried grows no older with the last buffer that was asked about. */
void cnx_carried_hold (CnxCarried * carried);

G_END_DECLS
