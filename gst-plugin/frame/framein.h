/* A mapped GstVideoFrame to the network's input tensor: core/resample for the formats it reads, anything
 * else brought to one of them by GstVideoConverter first. Or to what the device makes the tensor of, where that is
 * less. */
#pragma once

#include <gst/video/video.h>
#include "core/model/recipe.h"
#include "opencl/frame.h"

G_BEGIN_DECLS

typedef struct _CnxFrameIn CnxFrameIn;

/** For frames of @info and this @recipe. Errors: CNX_ERROR_INPUT. Free with cnx_frame_in_free(). */
CnxFrameIn *cnx_frame_in_new (const GstVideoInfo * info, const CnxRecipe * recipe, GError ** error);
void cnx_frame_in_free (CnxFrameIn * in);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxFrameIn, cnx_frame_in_free)

/** Frames are to be turned, or mirrored, by @method to be upright: from now on the tensor is that of the upright
 * frame. auto and custom: as they are. */
void cnx_frame_in_set_direction (CnxFrameIn * in, GstVideoOrientationMethod method);

/** @out: recipe height x width x 3 normalised floats (HWC). @frame must be mapped for reading. Where its
 * buffer has a GstVideoCropMeta, the picture is what that says; else, where it stands for a larger one
 * (wholemeta.h), that one. Errors: CNX_ERROR_INPUT. */
gboolean cnx_frame_in_run (CnxFrameIn * in, const GstVideoFrame * frame, float *out, GError ** error);

/** As above, or, where the bytes of the frame that are needed are fewer than the tensor's, those: packed by *@plan,
 * which is @in's, and NULL where @out is the tensor, as it always is of frames that are turned. @out is as long as the
 * tensor either way. */
gboolean cnx_frame_in_pack (CnxFrameIn * in, const GstVideoFrame * frame, float *out, CnxFramePlan ** plan,
    GError ** error);

G_END_DECLS
