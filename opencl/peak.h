/* What the device was measured to do at most, to hold a network's speed against. One thread at a time. */
#pragma once

#include "core/model/precision.h"
#include "opencl/device.h"

G_BEGIN_DECLS

typedef struct _CnxPeak CnxPeak;

/** Builds the kernel that adds up as a product in @precision (never auto) does on @device (where that is no more
 * than converting to floats, it is fp32's), and the one that reads memory. Errors: CNX_ERROR_DEVICE. Free with
 * cnx_peak_free(). */
CnxPeak *cnx_peak_new (CnxDevice * device, CnxPrecision precision, GError ** error);
void cnx_peak_free (CnxPeak * peak);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxPeak, cnx_peak_free)

/** Runs it for some 20 ms, and keeps the best: GFLOP/s, a multiply and an add counted as two. 0 when the device
 * fails. */
double cnx_peak_measure (CnxPeak * peak);

/** Reads once through a buffer that no cache holds (256 MB, or eight times the cache that the device names; it is
 * there from the first call on), and keeps the best: GB/s from the device's main memory. 0 when the device fails,
 * or has no memory for it. */
double cnx_peak_bandwidth (CnxPeak * peak);

G_END_DECLS
