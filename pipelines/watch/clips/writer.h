/* Clips that are written: each on a thread of its own, so that nobody but it waits for the disk.
 *
 * GStreamer's splitmuxsink would write from the thread that hands it a frame, and its ring counts frames and not the
 * time before an event; a pipeline of an appsrc, a muxer and a sink for each clip does what is needed. */
#pragma once

#include "pipelines/watch/clips/folder.h"
#include "pipelines/watch/clips/ring.h"
#include "pipelines/watch/herald.h"

G_BEGIN_DECLS

/** Those that write to one folder, and what they say. Safe to be used by several threads. */
typedef struct _CnxClipWriters CnxClipWriters;

CnxClipWriters *cnx_clip_writers_new (CnxClipFolder * folder, CnxHerald * herald);
CnxClipWriters *cnx_clip_writers_ref (CnxClipWriters * writers);
void cnx_clip_writers_unref (CnxClipWriters * writers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxClipWriters, cnx_clip_writers_unref)

/** Waits for those that were ended until their files are whole, or @timeout (microseconds) is over: FALSE. */
gboolean cnx_clip_writers_await (CnxClipWriters * writers, gint64 timeout);

/** Whether a stream of @caps can be put into a clip as it is. Errors: CNX_ERROR_INPUT where it is not encoded,
 * CNX_ERROR_NOT_FOUND where no element here can, with the package that may have one. */
gboolean cnx_clip_can_hold (const GstCaps * caps, GError ** error);

/** One clip. Its functions neither block nor take long. */
typedef struct _CnxClipWriter CnxClipWriter;

/**
 * cnx_clip_writer_new:
 * @camera: who it is of, for what is said
 * @name: see cnx_clip_name()
 * @caps: see cnx_clip_can_hold()
 * @in_memory: bytes of the frames that are pushed at once at its begin, and may wait beside those that come
 * @running: allocated by g_atomic_rc_box_new(); counts those whose files are not whole yet, atomically
 *
 * Free with cnx_clip_writer_end().
 */
CnxClipWriter *cnx_clip_writer_new (CnxClipWriters * writers, const char *camera, const char *name, GstCaps * caps,
    gsize in_memory, gint * running);

/** Adds @frame, with a reference to its buffer; the first is a key frame. FALSE: there will be no more of this clip:
 * it cannot be written, the folder may not hold more, or the disk is too slow, which is said. */
gboolean cnx_clip_writer_push (CnxClipWriter * writer, const CnxClipFrame * frame);

/** No more frames come: the clip is finished, and renamed when it is whole. */
void cnx_clip_writer_end (CnxClipWriter * writer);

G_END_DECLS
