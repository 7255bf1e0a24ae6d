/* Whether a frame is to get a heat map. */
#pragma once

#include "core/model/model.h"
#include "gst-plugin/heat/heater.h"

G_BEGIN_DECLS

/**
 * CnxHeatAsk:
 * @warned: that the model gives no map
 *
 * All zero is a new one, and for another model a new one is needed. For the streaming thread.
 */
typedef struct
{
  gboolean warned;
} CnxHeatAsk;

/** Whether to ask @model for a map, where one is @wanted. Where the model gives none @element warns, once. */
gboolean cnx_heat_ask (CnxHeatAsk * ask, GstElement * element, CnxModel * model, gboolean wanted);

G_END_DECLS
