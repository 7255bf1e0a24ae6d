/* Building kernels from the embedded sources, and the binary cache.
 *
 * Cache: $XDG_CACHE_HOME/convnext/<sha256>.clbin, one file per key. The key hashes platform, device name and
 * version, driver version, CPU feature bits, every source and the build options. A file is written under a
 * temporary name, synced and renamed, so a reader never sees half of one; it starts with a magic, the key, the
 * size and the SHA-256 of what follows. Whatever does not match, or that the driver refuses, is built again
 * from source and replaced. PoCL keeps what it compiles itself, kernel by kernel at their first use; to ask it for a
 * binary makes it compile every one of them a second time, so its file has nothing behind the size and says only that
 * nobody need wait. A cache that cannot be written is a debug message, never an error; one that somebody
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

/** What stands between kernels that were compiled just now and the cache: other processes that need the same ones wait
 * while it is there. */
typedef struct _CnxProgramKeep CnxProgramKeep;

/** Builds the kernels in @sources for @device with @options ("-DTILE_ROWS=6 ..."). Free with cnx_program_release().
 * Where they had to be compiled, @keep is set to what cnx_program_keep() is to be called with, soon; otherwise it is
 * left alone. Without @keep they are kept at once.
 * Errors: CNX_ERROR_DEVICE with the driver's build log. */
cl_program cnx_program_build (CnxDevice * device, const CnxKernelSource * sources, const char *options,
    CnxProgramKeep ** keep, GError ** error);

/** Releases @program, and not while another is being built: PoCL's compiler is not safe there. */
void cnx_program_release (cl_program program);

/** Puts @program into the cache and lets others go on. @ran: whether its kernels have run, which is when some drivers
 * compile them. Takes @keep, or does nothing with NULL. */
void cnx_program_keep (CnxProgramKeep * keep, cl_program program, gboolean ran);

/** The key that a device's files in the cache go by: it hashes platform, device name and version, driver version, CPU
 * feature bits, @options and @sources (or NULL). Free with g_free(). */
char *cnx_program_key (CnxDevice * device, const CnxKernelSource * sources, const char *options);

G_END_DECLS
