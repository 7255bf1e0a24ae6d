/* What an MQTT broker is to know as long as we are there, and is told over each connection anew, for one that was
 * started again may have forgotten it, unless it knows us again: that we are there, which sensors there are, and what
 * each stream showed last. */
#pragma once

#include "gst-plugin/publish/mqtt/courier.h"

G_BEGIN_DECLS

/** For one thread at a time. */
typedef struct _CnxStanding CnxStanding;

/** @client_id: who announces sensors to Home Assistant, and says that it is there; NULL: nobody does. @qos: of what
 * streams show; @retain: it is told again. Free with cnx_standing_free(). */
CnxStanding *cnx_standing_new (const char *client_id, guint qos, gboolean retain);
void cnx_standing_free (CnxStanding * standing);

/** @stream publishes to @topic. At most 1024 are kept in mind. */
void cnx_standing_know (CnxStanding * standing, const char *stream, const char *topic);

/** The broker got @parcel of @stream over @courier. It is kept in mind where it is at most 64 KiB. */
void cnx_standing_showed (CnxStanding * standing, const char *stream, const CnxParcel * parcel, CnxCourier * courier);

/** Tells by @courier what has not been told over this connection, for about CNX_COURIER_WAIT. TAKEN: it has been, and
 * something else may be brought. LATER: there is no connection after @timeout (microseconds). REFUSED, with an error:
 * something was, which is not told any more; there may be more. Else there is more, which comes before all else. */
CnxPlaceAnswer cnx_standing_tell (CnxStanding * standing, CnxCourier * courier, gint64 timeout, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxStanding, cnx_standing_free)

G_END_DECLS
