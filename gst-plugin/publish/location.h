/* Which kind of place a location names. */
#pragma once

#include "gst-plugin/publish/place.h"

G_BEGIN_DECLS

/** Static. Errors: CNX_ERROR_INPUT for none, for an address of a kind that there is nothing for, which says what can be
 * given, and where a setting has no meaning for it; CNX_ERROR_NOT_FOUND where a broker's library is not installed. */
const CnxPlace *cnx_place_for (const CnxPlaceSettings * settings, GError ** error);

G_END_DECLS
