/* Regions as they ride on buffers, and on the bus. */
#pragma once

#include "gst-plugin/engine/result.h"

G_BEGIN_DECLS

/** What was found of @parts, as many; not NULL, even of none. What it points to is the parts', or goes with it. Free
 * with g_free(). For any thread. */
CnxMetaRegion *cnx_regions_describe (const GPtrArray * parts);

G_END_DECLS
