/* Which kind of place a location names. */
#pragma once

#include "gst-plugin/publish/place.h"

G_BEGIN_DECLS

/** Static. Errors: CNX_ERROR_INPUT for none, and for an address of a kind that there is nothing for, which says what
 * can be given. */
const CnxPlace *cnx_place_for (const char *location, GError ** error);

G_END_DECLS
