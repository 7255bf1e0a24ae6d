/* An event of a camera, in JSON: for commands, and for the page. */
#pragma once

#include <json-glib/json-glib.h>
#include "pipelines/watch/board.h"

G_BEGIN_DECLS

/** One object without a line end: "camera", "event" (its number), "time" (RFC 3339, UTC, with microseconds), "label",
 * "confidence" and "before". "label" and "confidence" are null where there is no label any more, "before" where there
 * was none. Free with g_free(). */
char *cnx_event_json (const char *camera, const CnxBoardEvent * event);

/** The same as a value of what @builder makes. */
void cnx_event_json_add (JsonBuilder * builder, const char *camera, const CnxBoardEvent * event);

/** g_get_real_time() as RFC 3339, UTC, with microseconds; NULL: in no year of four digits. Free with g_free(). */
char *cnx_event_time (gint64 real_time);

G_END_DECLS
