/* What films and pictures are read with, and who hears of it. */
#pragma once

#include <gst/video/video.h>

#include "gst-plugin/engine/engine.h"
#include "pipelines/tag/formats/format.h"
#include "pipelines/tag/read/keeper.h"
#include "pipelines/tag/read/sampling.h"

G_BEGIN_DECLS

/**
 * CnxReader:
 * @engine: what classifies; its context is given to every pipeline
 * @settings: what it was made with
 * @top_k, @threshold: of the labels
 * @sampling: of films
 * @decoder_threads: at most so many for a film's decoder; 0: as many as it likes
 * @keeper: where decoders come from
 * @patience: seconds for which a file's decoder may say nothing; 0: any number
 * @stop: not 0: what is being read is to be broken off
 *
 * What films and pictures are read with, by any number of threads.
 */
typedef struct
{
  CnxEngine *engine;
  const CnxEngineSettings *settings;
  guint top_k;
  double threshold;
  CnxSampling sampling;
  guint decoder_threads;
  CnxKeeper *keeper;
  guint patience;
  gint *stop;
} CnxReader;

/**
 * CnxListener:
 * @begin: once, before the first classification: the facts that are known by then
 * @sample: for each classification; @frame is mapped for reading, in @info, and lies as @direction says; FALSE to stop
 *   with @error
 * @progress: now and then: @seconds of the film are read, in @frames frames; may be NULL
 * @warn: of something odd, in words, that is no error; may be NULL
 *
 * Who hears of a file's classifications, from one thread at a time. The strings of a sample's labels live as long as
 * the reader's engine.
 */
typedef struct
{
  gboolean (*begin) (gpointer data, const CnxTagFacts * facts, GError ** error);
  gboolean (*sample) (gpointer data, const CnxTagSample * sample, GstVideoFrame * frame,
      GstVideoOrientationMethod direction, GError ** error);
  void (*progress) (gpointer data, double seconds, guint64 frames);
  void (*warn) (gpointer data, const char *text);
  gpointer data;
} CnxListener;

/** An element `convnext` that waits for every frame, with @reader's settings, in @pipeline, which gets the engine's
 * context. Owned by @pipeline. */
GstElement *cnx_reader_add_classifier (const CnxReader * reader, GstElement * pipeline);

/** The first classification on @buffer to @sample, which keeps its time and frame, the labels' strings replaced by the
 * model's own. @labels holds them and is overwritten. FALSE where there is none. */
gboolean cnx_reader_read_labels (const CnxReader * reader, GstBuffer * buffer, GArray * labels,
    CnxTagSample * sample);

G_END_DECLS
