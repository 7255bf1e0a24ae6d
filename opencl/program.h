/* Building kernels from the embedded sources, and the binary cache.
 *
 * Cache: $XDG_CACHE_HOME/convnext/<sha256>.clbin, one file per key. The key hashes platform, device name and
 * version, driver version, CPU feature bits, every source and the build options. A file is written under a
 * temporary name, synced and renamed, so a reader never sees half of one; it starts with a magic, the key, the
 * size and the SHA-256 of what follows. Whatever does not match, or that the driver refuses, is built again
 * from source and replaced. A cache that cannot be written is a debug message, never an error; one that somebody
 * else may write to is not used (cache/folder.h), for a binary can do what this process can. */
#pragma once

#include "opencl/device.h"

G_BEGIN_DECLS

/** One embedded .cl file; the array ends with a NULL name. */
typedef struct
{
  const char *name;
  const char *source;
} CnxKernelSource;

/** The network's operations, the measure of the device's peak, and the way from a frame to the network's input. */
extern const CnxKernelSource cnx_kernel_sources[], cnx_peak_sources[], cnx_frame_sources[];

/** Builds the kernels in @sources for @device with @options ("-DTILE_ROWS=6 ..."). Release with clReleaseProgram().
 * Errors: CNX_ERROR_DEVICE with the driver's build log. */
cl_program cnx_program_build (CnxDevice * device, const CnxKernelSource * sources, const char *options,
    GError ** error);

/** The key that a device's files in the cache go by: it hashes platform, device name and version, driver version, CPU
 * feature bits, @options and @sources (or NULL). Free with g_free(). */
char *cnx_program_key (CnxDevice * device, const CnxKernelSource * sources, const char *options);

G_END_DECLS
