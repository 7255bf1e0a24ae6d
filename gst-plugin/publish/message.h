/* What is published of one classification: a line of JSON, and what a place may want to sort it by. */
#pragma once

#include "gst-plugin/labels/labelmeta.h"

G_BEGIN_DECLS

/**
 * CnxMessage:
 * @line: one JSON object and a line end, UTF-8
 * @length: its bytes
 * @stream: what the user calls where the stream comes from; without that the stream's id; or ""
 * @label: the first label, or ""
 *
 * Immutable. Free with cnx_message_free().
 */
typedef struct
{
  char *line;
  gsize length;
  char *stream, *label;
} CnxMessage;

/** The members of the object, in the words of `convnext tag`: `stream`; `source`, only where the user named it;
 * `running-time` (seconds); `time` (RFC 3339, UTC); `frame`; `model`; `labels`, best first, each with `id`, `label` and
 * `confidence`; and, only where regions were classified, `regions`, each with `x`, `y`, `w`, `h` (as they are
 * given, whatever frame they say that they are of), `id`, `class` and `labels`. What is not known is null.
 * @time: the wall clock's, in microseconds since 1970; @frame: below 0 where nobody knows. */
CnxMessage *cnx_message_new (const CnxMetaLabels * labels, gint64 time, gint64 frame);
void cnx_message_free (CnxMessage * message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxMessage, cnx_message_free)

G_END_DECLS
