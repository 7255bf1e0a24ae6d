/* A film, from its file to the frames that are to be classified. It is decoded where it may end the process. */
#pragma once

#include "pipelines/tag/formats/format.h"
#include "pipelines/tag/read/frames.h"
#include "pipelines/tag/read/sampling.h"

G_BEGIN_DECLS

/**
 * CnxFilmOptions:
 * @sampling: which frames
 * @threads: at most so many for its decoder; 0: as many as it likes
 */
typedef struct
{
  CnxSampling sampling;
  guint threads;
} CnxFilmOptions;

/**
 * CnxFilmListener:
 * @facts: once, before the first frame: what is known by then
 * @frame: for each frame that was asked for, in their order; it may wait
 * @progress: now and then, if anything happened: @seconds of the film are read, in @frames frames
 * @warn: of something odd, in words, that is no error
 *
 * The first two are called from a thread of the film's; FALSE ends it with @error.
 */
typedef struct
{
  gboolean (*facts) (gpointer data, const CnxTagFacts * facts, GError ** error);
  gboolean (*frame) (gpointer data, GstCaps * caps, GstBuffer * buffer, const CnxFrameNote * note, GError ** error);
  void (*progress) (gpointer data, double seconds, guint64 frames);
  void (*warn) (gpointer data, const char *text);
  gpointer data;
} CnxFilmListener;

/** Reads the film at @facts->path to its end, or the end asked for; what becomes known of it is written to @facts,
 * whose strings are interned. Errors: CNX_ERROR_INPUT, for what is no film, is broken, or has no frames;
 * CNX_ERROR_NOT_FOUND for elements that GStreamer lacks; the listener's. */
gboolean cnx_film_read (const CnxFilmOptions * options, CnxTagFacts * facts, const CnxFilmListener * listener,
    GError ** error);

G_END_DECLS
