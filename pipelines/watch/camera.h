/* One camera: a pipeline, as long as that lives, and another one when it does not.
 *
 * For the main context's thread, which nothing here blocks. */
#pragma once

#include "pipelines/watch/board.h"
#include "pipelines/watch/pipeline.h"

G_BEGIN_DECLS

typedef struct _CnxCamera CnxCamera;

/** A camera on @board, which begins at once. @config is to live as long as it, or until cnx_camera_change(); what is
 * @shared longer, and is changed only before that. */
CnxCamera *cnx_camera_new (CnxBoard * board, const CnxCameraConfig * config, const CnxCameraShared * shared);

/** Off the board; its pipeline ends by itself. */
void cnx_camera_free (CnxCamera * camera);

const CnxCameraConfig *cnx_camera_config (const CnxCamera * camera);

/** It is as @config and what is shared say from now on: without an interruption where the source is the same. */
void cnx_camera_change (CnxCamera * camera, const CnxCameraConfig * config);

/** What its classifier says of itself, as its property `stats` has it; NULL while there is none. Free with
 * gst_structure_free(). */
GstStructure *cnx_camera_stats (const CnxCamera * camera);

G_END_DECLS
