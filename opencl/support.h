/* Which precisions a device runs, and which one it is given. */
#pragma once

#include "core/precision.h"
#include "opencl/device.h"

G_BEGIN_DECLS

/** fp32 and int8 run everywhere; fp16 where the device has cl_khr_fp16; bf16 where the CPU has the instruction. */
gboolean cnx_precision_runs (CnxDevice * device, CnxPrecision precision);

/** What @wanted comes to on @device: auto is bf16 or fp16 where it runs, else fp32, never int8.
 * Errors: CNX_ERROR_INPUT, naming those that run. */
gboolean cnx_precision_choose (CnxDevice * device, CnxPrecision wanted, CnxPrecision * chosen, GError ** error);

G_END_DECLS
