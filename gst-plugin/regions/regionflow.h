/* What `convnext` does with each frame where not the frame is to be classified but the regions marked in it. */
#pragma once

#include "gst-plugin/flow.h"

G_BEGIN_DECLS

/** As cnx_flow_frame(), of the regions marked on @buffer: those that need a pass run as one batch, and labels are added
 * to @buffer and to what marks them. */
GstFlowReturn cnx_region_flow_frame (CnxFlow * flow, GstBuffer * buffer, GstClockTime running_time,
    const CnxSettings * settings);

G_END_DECLS
