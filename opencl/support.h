/* Which precisions a device runs, and which one it is given. */
#pragma once

#include "core/model/precision.h"
#include "opencl/ops/ops.h"

G_BEGIN_DECLS

/** Whether @device says that it runs @precision: fp32 and int8 run everywhere, fp16 where the device has cl_khr_fp16,
 * bf16 where the CPU has the instruction and the compiler takes it. What it says is tried by cnx_ops_open(). */
gboolean cnx_precision_runs (CnxDevice * device, CnxPrecision precision);

/** The names of the precisions that cnx_precision_runs() is true for, fp32 first. Free with g_strfreev(). */
char **cnx_precisions (CnxDevice * device);

/** Builds the kernels for @wanted and tries them: a small product must come out as the plain-C reference has it,
 * whatever the device says of itself and wherever the binary comes from. auto is bf16 or fp16 where that runs, else
 * fp32, never int8. Inner loops in assembly that are refused or give wrong numbers are left out.
 * Errors: CNX_ERROR_INPUT for a precision that does not run, naming those that do; CNX_ERROR_DEVICE: what failed, or
 * that the numbers are wrong.
 * Free with cnx_ops_free(). */
CnxOps *cnx_ops_open (CnxDevice * device, CnxPrecision wanted, GError ** error);

/** Adds the kernels for the tuner's answer for blocks of @channels channels, and tries them. Returns their number for
 * cnx_ops_select(); 0, the first ones, where there is no answer or it no longer works. Selects the first. */
int cnx_ops_add_tuned (CnxOps * ops, CnxDevice * device, int channels);

G_END_DECLS
