/* The heat map of what was classified: where in the frame its first label's class was seen. */
#pragma once

#include "gst-plugin/frame/framein.h"
#include "gst-plugin/labels/metaheat.h"
#include "opencl/network.h"

G_BEGIN_DECLS

/**
 * CnxHeatWish:
 * @wanted: that there is to be a map
 * @place: where the network's input lies in the frame, once that was read
 *
 * Of one frame. All zero: none.
 */
typedef struct
{
  gboolean wanted;
  CnxFramePlace place;
} CnxHeatWish;

/**
 * CnxHeater:
 * @last: room for what the last stage gives; NULL until a map is wanted
 * @filled: that a pass was to fill it, since cnx_heater_begin()
 *
 * All zero is a new one; clear with cnx_heater_clear(). One thread at a time.
 */
typedef struct
{
  float *last;
  gboolean filled;
} CnxHeater;

void cnx_heater_clear (CnxHeater * heater);

/** Another pass begins, of which a map may be wanted. */
void cnx_heater_begin (CnxHeater * heater);

/** Writes to @last where @network's pass is to put what its last stage gives, of which cnx_heater_make() makes the map;
 * NULL where @wish is for none. Errors: CNX_ERROR_INPUT where there is no memory. */
gboolean cnx_heater_room (CnxHeater * heater, CnxNetwork * network, const CnxHeatWish * wish, float **last,
    GError ** error);

/** The map of class @id after that pass: *@heat, NULL where none was wanted or no pass of a network was run. As the
 * frame lies. Errors: those of cnx_network_heat(). */
gboolean cnx_heater_make (CnxHeater * heater, CnxNetwork * network, const CnxHeatWish * wish, int id,
    CnxMetaHeat ** heat, GError ** error);

G_END_DECLS
