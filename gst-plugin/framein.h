/* A mapped GstVideoFrame to the network's input tensor: core/resample for the formats it reads, anything
 * else brought to one of them by GstVideoConverter first. */
#pragma once

#include <gst/video/video.h>
#include "core/recipe.h"

G_BEGIN_DECLS

typedef struct _CnxFrameIn CnxFrameIn;

/** For frames of @info and this @recipe. Errors: CNX_ERROR_INPUT. Free with cnx_frame_in_free(). */
CnxFrameIn *cnx_frame_in_new (const GstVideoInfo * info, const CnxRecipe * recipe, GError ** error);
void cnx_frame_in_free (CnxFrameIn * in);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxFrameIn, cnx_frame_in_free)

/** @out: recipe height x width x 3 normalised floats (HWC). @frame must be mapped for reading. Where its
 * buffer has a GstVideoCropMeta, the picture is what that says. Errors: CNX_ERROR_INPUT. */
gboolean cnx_frame_in_run (CnxFrameIn * in, const GstVideoFrame * frame, float *out, GError ** error);

G_END_DECLS
