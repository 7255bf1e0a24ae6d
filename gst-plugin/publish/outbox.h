/* Messages on their way to a place: a bounded queue, and the thread that writes them.
 *
 * What cannot be written yet waits in order. Where more wait than there is room for, the oldest go, for what a stream
 * shows now is worth more than what it showed then; they are counted. Nobody who puts a message in ever waits for the
 * place. */
#pragma once

#include "gst-plugin/publish/place.h"

G_BEGIN_DECLS

typedef struct _CnxOutbox CnxOutbox;

/**
 * CnxOutboxStats:
 * @published: messages that the place took; a broker: those that it said it has
 * @waiting: those that it has not yet
 * @dropped: those that there was no room for, that it refused, and that waited when it was closed
 * @reconnects: how often it was opened again, or came back
 *
 * Since it was opened last.
 */
typedef struct
{
  guint64 published, waiting, dropped, reconnects;
} CnxOutboxStats;

/**
 * CnxOutboxListener:
 * @trouble: the place cannot take anything, for that reason; it is tried again. At most once a minute.
 * @refused: the place will not take something, for that reason, and goes on without it. At most once a minute.
 * @lost: so many messages were dropped since it was opened. At once for the first, then at most once a minute, and when
 *   it is closed.
 *
 * Called without a lock, by the writer's thread or by who closes.
 */
typedef struct
{
  void (*trouble) (gpointer user_data, const GError * error);
  void (*refused) (gpointer user_data, const GError * error);
  void (*lost) (gpointer user_data, guint64 dropped);
} CnxOutboxListener;

/** Free with cnx_outbox_free(), which closes it. */
CnxOutbox *cnx_outbox_new (const CnxOutboxListener * listener, gpointer user_data);
void cnx_outbox_free (CnxOutbox * outbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxOutbox, cnx_outbox_free)

/** Opens @place as @settings say and starts the writer. Errors: the place's, and G_THREAD_ERROR. */
gboolean cnx_outbox_open (CnxOutbox * outbox, const CnxPlace * place, const CnxPlaceSettings * settings,
    GError ** error);

/** Writes on for as long as the place takes what waits, or has it underway, and no longer than @timeout (microseconds),
 * ends the writer and closes the place; nothing where it is not open. */
void cnx_outbox_close (CnxOutbox * outbox, gint64 timeout);

/** At most so many messages wait, beside one that is being written; at least 1. For any thread. */
void cnx_outbox_set_size (CnxOutbox * outbox, guint size);

/** Takes @message. While it is open; does not wait. */
void cnx_outbox_put (CnxOutbox * outbox, CnxMessage * message);

/** Waits until nothing waits any more, @timeout (microseconds) is over, or it is hurried. FALSE for the last two. */
gboolean cnx_outbox_drain (CnxOutbox * outbox, gint64 timeout);

/** With @hurried nobody waits in cnx_outbox_drain(), or begins to. For any thread. */
void cnx_outbox_set_hurried (CnxOutbox * outbox, gboolean hurried);

/** For any thread. */
CnxOutboxStats cnx_outbox_stats (CnxOutbox * outbox);

G_END_DECLS
