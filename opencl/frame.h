/* A video frame to the network's input on the device: what core/resample does on the CPU, for where a frame's planes
 * are fewer bytes than the tensor, so that only they travel.
 *
 * A CnxFramePlan is a resampler's taps and matrices for one frame format and recipe, and how a frame's planes are
 * packed for the way; it touches no device. A CnxFrameKernels runs any plan. */
#pragma once

#include "core/picture/resample.h"
#include "opencl/device.h"

G_BEGIN_DECLS

typedef struct _CnxFramePlan CnxFramePlan;

/** The plan that gives what @resampler gives, which may be freed afterwards. Immutable, and so for any thread. Free
 * with cnx_frame_plan_unref(). */
CnxFramePlan *cnx_frame_plan_new (const CnxResampler * resampler);
CnxFramePlan *cnx_frame_plan_ref (CnxFramePlan * plan);
void cnx_frame_plan_unref (CnxFramePlan * plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxFramePlan, cnx_frame_plan_unref)

/** Bytes of a packed frame: of the rows, and of the bytes in each, that the crop needs, each row rounded up to 4. */
gsize cnx_frame_plan_bytes (const CnxFramePlan * plan);
/** Bytes of the tensor: height x width x 3 floats. */
gsize cnx_frame_plan_tensor_bytes (const CnxFramePlan * plan);
/** Errors: CNX_ERROR_INPUT where the tensor is not @width x @height, or for frames of more than 2 GiB. */
gboolean cnx_frame_plan_fits (const CnxFramePlan * plan, int width, int height, GError ** error);
/** Copies what the crop needs of @frame to @packed, cnx_frame_plan_bytes() long. */
void cnx_frame_plan_pack (const CnxFramePlan * plan, const CnxFramePlanes * frame, guint8 * packed);

typedef struct _CnxFrameKernels CnxFrameKernels;

/** Builds the kernels. Errors: CNX_ERROR_DEVICE. Free with cnx_frame_kernels_free(). */
CnxFrameKernels *cnx_frame_kernels_new (CnxDevice * device, GError ** error);
void cnx_frame_kernels_free (CnxFrameKernels * kernels);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxFrameKernels, cnx_frame_kernels_free)

/** Queues the way from a packed frame to the tensor (height x width x 3 floats, HWC, R G B, normalised, as
 * cnx_resampler_run() writes them) that begins at float @at of @tensor. @packed must stay until @queue, which is in
 * order, is done; the plan is kept, and with it those of the frames before, so that what several cameras send by turns
 * finds its tables on the device. One thread at a time. Errors, after which nothing of it is queued any more:
 * CNX_ERROR_DEVICE; CNX_ERROR_INPUT for frames of more than 2 GiB. */
gboolean cnx_frame_kernels_run (CnxFrameKernels * kernels, cl_command_queue queue, CnxFramePlan * plan,
    const guint8 * packed, cl_mem tensor, gsize at, GError ** error);

G_END_DECLS
