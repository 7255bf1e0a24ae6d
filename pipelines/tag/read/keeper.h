/* Where decoders come from: a process that is split off before there are threads, with GStreamer and libvips started
 * in it, and that splits off a decoder whenever one is asked for. So a new one costs milliseconds, and whatever a
 * decoder dies of, the process that classifies and writes has not loaded. */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * CnxKeeperOptions:
 * @memory: bytes that a decoder may take beyond what it begins with; 0: any number
 * @serve: what a decoder does with its end of the socket; it ends when this returns. It has no other descriptor but
 *   the three streams, of which the first two lead nowhere.
 */
typedef struct
{
  guint64 memory;
  void (*serve) (int fd, guint64 memory);
} CnxKeeperOptions;

typedef struct _CnxKeeper CnxKeeper;

/** Call it while the process has one thread, after gst_init() and vips_init(). Errors: G_SPAWN_ERROR. Free with
 * cnx_keeper_free(): then its decoders end too, as they do when this process is killed. */
CnxKeeper *cnx_keeper_new (const CnxKeeperOptions * options, GError ** error);
void cnx_keeper_free (CnxKeeper * keeper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxKeeper, cnx_keeper_free)

/** A new decoder: its socket, to be closed; *@pid is set. -1 with G_SPAWN_ERROR. Thread-safe. */
int cnx_keeper_start (CnxKeeper * keeper, pid_t * pid, GError ** error);

/** Ends the decoder @pid, if it has not ended: its status as waitpid() has it. Once for each. Thread-safe. */
int cnx_keeper_end (CnxKeeper * keeper, pid_t pid);

G_END_DECLS
