/* An event of a camera, in JSON: for commands. */
#pragma once

#include "pipelines/watch/board.h"

G_BEGIN_DECLS

/** One object without a line end: "camera", "event" (its number), "time" (RFC 3339, UTC, with microseconds), "label",
 * "confidence" and "before". "label" and "confidence" are null where there is no label any more, "before" where there
 * was none. Free with g_free(). */
char *cnx_event_json (const char *camera, const CnxBoardEvent * event);

G_END_DECLS
