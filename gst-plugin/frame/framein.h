/* A mapped GstVideoFrame to the network's input tensor: core/resample for the formats it reads, anything
 * else brought to one of them by GstVideoConverter first. Or to what the device makes the tensor of, where that is
 * less. */
#pragma once

#include <gst/video/video.h>
#include "core/model/recipe.h"
#include "gst-plugin/frame/direction.h"
#include "opencl/frame.h"

G_BEGIN_DECLS

typedef struct _CnxFrameIn CnxFrameIn;

/** For frames of @info and this @recipe. Errors: CNX_ERROR_INPUT. Free with cnx_frame_in_unref(). */
CnxFrameIn *cnx_frame_in_new (const GstVideoInfo * info, const CnxRecipe * recipe, GError ** error);
/** References may be another thread's, but one thread at a time reads frames. */
CnxFrameIn *cnx_frame_in_ref (CnxFrameIn * in);
void cnx_frame_in_unref (CnxFrameIn * in);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxFrameIn, cnx_frame_in_unref)

/** Frames are to be turned, or mirrored, by @method to be upright: from now on the tensor is that of the upright
 * frame. auto and custom: as they are. */
void cnx_frame_in_set_direction (CnxFrameIn * in, GstVideoOrientationMethod method);

/**
 * CnxFramePlace:
 * @x, @y, @w, @h: in shares of the frame's width and height; beyond 0..1 where it is padded
 * @direction: how what lies there is turned to be the input
 *
 * Where the network's input lies in a frame: in what a GstVideoCropMeta leaves of it, where it has one.
 */
typedef struct
{
  double x, y, w, h;
  CnxDirection direction;
} CnxFramePlace;

/** Of the frame that cnx_frame_in_run() or cnx_frame_in_pack() read last. */
CnxFramePlace cnx_frame_in_place (const CnxFrameIn * in);

/** @out: recipe height x width x 3 normalised floats (HWC). @frame must be mapped for reading. Where its
 * buffer has a GstVideoCropMeta, the picture is what that says; else, where it stands for a larger one
 * (wholemeta.h), that one. Errors: CNX_ERROR_INPUT. */
gboolean cnx_frame_in_run (CnxFrameIn * in, const GstVideoFrame * frame, float *out, GError ** error);

/** The same of each of @n @regions of @frame by itself, one tensor behind the other. They count in its pixels, before
 * it is turned, and the rows of both fields where those lie in buffers of their own; what a GstVideoCropMeta says
 * limits them. Errors: CNX_ERROR_INPUT, also for one that is empty or not within the picture; some of @out is written
 * then. */
gboolean cnx_frame_in_run_regions (CnxFrameIn * in, const GstVideoFrame * frame, const GstVideoRectangle * regions,
    guint n, float *out, GError ** error);

/** As cnx_frame_in_run(), or, where the bytes of the frame that are needed are fewer than the tensor's, those: packed
 * by *@plan, which is @in's, and NULL where @out is the tensor, as it always is of frames that are turned. @out is as
 * long as the tensor either way. */
gboolean cnx_frame_in_pack (CnxFrameIn * in, const GstVideoFrame * frame, float *out, CnxFramePlan ** plan,
    GError ** error);

/** Maps @buffer for reading, a frame of @info. FALSE, and CNX_ERROR_INPUT, where it does not hold one. */
gboolean cnx_frame_in_map (GstVideoFrame * frame, const GstVideoInfo * info, GstBuffer * buffer, GError ** error);

G_END_DECLS
