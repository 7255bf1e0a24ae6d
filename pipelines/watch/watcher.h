/* The cameras that are watched, together. */
#pragma once

#include <gst/gst.h>
#include "pipelines/watch/board.h"
#include "pipelines/watch/config.h"
#include "pipelines/watch/herald.h"

G_BEGIN_DECLS

typedef struct _CnxWatcher CnxWatcher;

/** Begins with all cameras of @config, which it takes, on @board; that and @herald outlive it. Loads the network first.
 * Errors: those of cnx_network_keep(), and of cnx_clips_new(). */
CnxWatcher *cnx_watcher_new (CnxBoard * board, CnxWatchConfig * config, CnxHerald * herald, GError ** error);

/** Ends them, waiting at most @timeout microseconds. FALSE where some have not ended by then. */
gboolean cnx_watcher_free (CnxWatcher * watcher, gint64 timeout);

/** It is as @config says from now on, which it takes: cameras that are not there any more end, new ones begin, those
 * that say the same go on, and so do the others as far as what changed lets them. FALSE, and nothing has changed, where
 * its network cannot be loaded; errors: those of cnx_network_keep(). */
gboolean cnx_watcher_change (CnxWatcher * watcher, CnxWatchConfig * config, GError ** error);

/** What the first camera's classifier that there is says of itself; NULL: none. Free with gst_structure_free(). */
GstStructure *cnx_watcher_stats (const CnxWatcher * watcher);

/** Owned by it, until it changes. */
const CnxWatchConfig *cnx_watcher_config (const CnxWatcher * watcher);

G_END_DECLS
