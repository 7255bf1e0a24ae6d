/* Clients that are told what changes as it does, by server-sent events. On the main context's thread.
 *
 * Events: cameras (all that is known, to begin with and when there is one more), removed, state, labels, picture,
 * counts, and event, whose id is its number. All is told five times a second; of labels, pictures and counts the
 * newest. */
#pragma once

#include "pipelines/watch/board.h"
#include "pipelines/watch/http/connections.h"

G_BEGIN_DECLS

/** Appends all that is known as one line. */
typedef void (*CnxStreamsFunc) (gpointer data, GString * out);

typedef struct _CnxStreams CnxStreams;

/** Both @board and @connections have to outlive it. */
CnxStreams *cnx_streams_new (CnxBoard * board, CnxConnections * connections, CnxStreamsFunc all, gpointer data);
void cnx_streams_free (CnxStreams * streams);

/** Answers @message, from now on, beginning with the events after number @last (-1: none). A client with more than
 * 256 KiB unread, or that reads nothing for a minute, is dropped. */
void cnx_streams_add (CnxStreams * streams, SoupServerMessage * message, gint64 last);

/** Clients that there are, and that were dropped so far. */
guint cnx_streams_count (const CnxStreams * streams);
guint64 cnx_streams_dropped (const CnxStreams * streams);

G_END_DECLS
