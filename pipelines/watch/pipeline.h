/* A camera's pipeline, for as long as it lives: what its source gives, classified, published and now and then a
 * picture.
 *
 * For the main context's thread, which nothing here blocks but cnx_network_keep(): pipelines begin and end on threads
 * of GStreamer's. */
#pragma once

#include <gst/gst.h>
#include "pipelines/watch/clips/clips.h"
#include "pipelines/watch/config.h"
#include "pipelines/watch/herald.h"

G_BEGIN_DECLS

/**
 * CnxCameraShared:
 * @config: what all cameras have; not its cameras
 * @batch: frames that the network runs at once
 * @herald: who says what goes wrong
 * @clips: NULL: none
 *
 * The owner's; it outlives the cameras.
 */
typedef struct
{
  const CnxWatchConfig *config;
  guint batch;
  CnxHerald *herald;
  CnxClips *clips;
} CnxCameraShared;

typedef struct _CnxPipeline CnxPipeline;

/** Whether one that was let go of has not ended yet: a count for atomic access, of g_atomic_rc_box_new0(). */
typedef gint CnxEnding;

/** Its encoded stream goes to @tap (nullable). It does not begin yet. Errors: CNX_ERROR_NOT_FOUND where GStreamer lacks
 * an element. End it by cnx_pipeline_end(). */
CnxPipeline *cnx_pipeline_new (const CnxCameraConfig * config, const CnxCameraShared * shared, CnxClipTap * tap,
    GError ** error);

void cnx_pipeline_begin (CnxPipeline * pipeline);

/** Lets go of it; *@ending is 1 until it has ended. */
void cnx_pipeline_end (CnxPipeline * pipeline, CnxEnding * ending);

/** Waits until all that were let go of have ended, or @timeout (microseconds) is over. FALSE for the last. */
gboolean cnx_pipelines_await_end (gint64 timeout);

/** The GstPipeline, owned by it. */
GstElement *cnx_pipeline_element (const CnxPipeline * pipeline);

/** It is as they say from now on, as far as that may change while it plays. */
void cnx_pipeline_set (CnxPipeline * pipeline, const CnxCameraConfig * config, const CnxCameraShared * shared);

/** Whether it is on the device of @shared, which cannot change while it plays. */
gboolean cnx_pipeline_fits (const CnxPipeline * pipeline, const CnxCameraShared * shared);

/** How many frames have come. */
guint cnx_pipeline_frames (const CnxPipeline * pipeline);

/** Whether no frame has come for @stall seconds, since it had opened what it needs at first. */
gboolean cnx_pipeline_is_stalled (const CnxPipeline * pipeline, guint stall);

/** What its classifier says of itself, as its property `stats` has it. Free with gst_structure_free(). */
GstStructure *cnx_pipeline_stats (const CnxPipeline * pipeline);

/** A picture that has come since the last call, JPEG; NULL: none has. */
GBytes *cnx_pipeline_take_picture (CnxPipeline * pipeline);

/** A classifier with the network that cameras of @shared use, which so stays loaded when none of them has one. Waits
 * for it to be loaded. Errors: what is wrong with the model, the device or the kernels. */
GstElement *cnx_network_keep (const CnxCameraShared * shared, GError ** error);
void cnx_network_let_go (GstElement * network);

G_END_DECLS
