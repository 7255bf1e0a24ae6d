/* What is known of cameras as JSON, with the field names that labelpublish and `convnext tag` have. Times are RFC 3339,
 * UTC; what is not known is null. */
#pragma once

#include "pipelines/watch/board.h"

G_BEGIN_DECLS

/** What classifies, for people; NULL: unknown. */
typedef struct
{
  const char *device, *precision, *model;
} CnxViewFacts;

/** An object: device, precision, model, and cameras, of which each has name, source, state, since, trouble, picture
 * (the time of the newest), labels (id, label, confidence, best first), frames, classified, errors, reconnects,
 * frame-rate, classify-rate. */
void cnx_view_append_all (GString * out, const CnxBoard * board, const CnxViewFacts * facts);

/** An object: camera, and of that what has changed, as in its object above. */
void cnx_view_append_change (GString * out, const CnxBoardCamera * camera, CnxBoardChange change);

/** An object: camera, number, time, label, confidence, before. */
void cnx_view_append_event (GString * out, const CnxBoardCamera * camera, const CnxBoardEvent * event);

/** An object: camera, and its events from @from (g_get_real_time()) on, oldest first. */
void cnx_view_append_hour (GString * out, const CnxBoardCamera * camera, gint64 from);

/** Members of an object that is open in @out. */
void cnx_view_add_text (GString * out, const char *key, const char *value);
void cnx_view_add_number (GString * out, const char *key, double value);

G_END_DECLS
