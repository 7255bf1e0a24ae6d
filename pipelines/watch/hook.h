/* A command of the operator's that is run at each event: its JSON on the standard input. */
#pragma once

#include "pipelines/watch/board.h"
#include "pipelines/watch/herald.h"

G_BEGIN_DECLS

/** Seconds that a command may take. */
#define CNX_HOOK_LIMIT 30

/** How many events of a camera wait at most while the command runs: the newest. */
#define CNX_HOOK_WAITING 16

/** On one thread, that of the default main context, which it never blocks but in cnx_hook_free(). */
typedef struct _CnxHook CnxHook;

/**
 * @command: for /bin/sh -c, in a process group of its own, with none of our descriptors
 * @limit: seconds that it may take, then it gets SIGTERM, and 2 s later SIGKILL; 0: CNX_HOOK_LIMIT
 * @herald: gets a reference; is told what the command prints (either output, line by line), how it ended where that was
 *   not well, and once a minute of events that were dropped
 */
CnxHook *cnx_hook_new (const char *command, guint limit, CnxHerald * herald);

/** Commands do not see that variable of the environment from now on. */
void cnx_hook_hide (CnxHook * hook, const char *variable);

/** Ends what runs and drops what waits. Takes up to 2 s where a command does not end at SIGTERM within 1. */
void cnx_hook_free (CnxHook * hook);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxHook, cnx_hook_free)

/** Runs the command for the @event of @camera: at once, or when that of the camera's event before is over. */
void cnx_hook_event (CnxHook * hook, const char *camera, const CnxBoardEvent * event);

/** How many commands run now. */
guint cnx_hook_running (const CnxHook * hook);

/** How many events were dropped since the start, for too many waited. */
guint64 cnx_hook_dropped (const CnxHook * hook);

G_END_DECLS
