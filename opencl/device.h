/* Finding and choosing an OpenCL device, through the ICD loader only. Every function may be called from any thread. */
#pragma once

#include <glib.h>
#include <glib-object.h>
#include <CL/cl.h>

G_BEGIN_DECLS

/**
 * CnxDeviceInfo:
 * @id, @platform: OpenCL handles
 * @name, @platform_name, @version, @driver: as the driver reports them
 * @is_cpu: runs on the CPU as a CPU device
 * @is_software_gpu: calls itself a GPU and runs on the CPU (llvmpipe); never chosen unless named
 */
typedef struct
{
  cl_device_id id;
  cl_platform_id platform;
  char *name, *platform_name, *version, *driver;
  gboolean is_cpu, is_software_gpu;
} CnxDeviceInfo;

typedef struct _CnxDevice CnxDevice;

/** The lock of the process around OpenCL's set-up: listing, opening and releasing devices, and building kernels.
 * Drivers are not all safe there: PoCL 3.1 crashes when two threads list its devices for the first time. Recursive;
 * the functions here and those of program.h take it. Hold it in a variable:
 * `g_autoptr (GRecMutexLocker) setup = cnx_opencl_setup ();` */
GRecMutexLocker *cnx_opencl_setup (void);

/** Every device of every platform, in the loader's order: that is the index `device=N` takes.
 * A platform without devices is left out. Free with g_ptr_array_unref(). */
GPtrArray *cnx_devices_list (void);

/** Opens a device. @selector: NULL or "auto" (a hardware GPU, else a CPU device), "gpu", "cpu", an index into
 * cnx_devices_list(), or a part of a name in any case. @threads: on a CPU device, at most so many threads
 * (0: all). Errors: CNX_ERROR_NOT_FOUND listing the devices there are, CNX_ERROR_DEVICE.
 * Free with cnx_device_unref(). */
CnxDevice *cnx_device_open (const char *selector, guint threads, GError ** error);
CnxDevice *cnx_device_ref (CnxDevice * device);
void cnx_device_unref (CnxDevice * device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxDevice, cnx_device_unref)

const CnxDeviceInfo *cnx_device_info (CnxDevice * device);
/** Whether the driver is PoCL, http://portablecl.org. */
gboolean cnx_device_is_pocl (const CnxDeviceInfo * info);
/** Why this one was taken, one sentence for the log. */
const char *cnx_device_reason (CnxDevice * device);
cl_context cnx_device_context (CnxDevice * device);
/** The device to build for and queue to: the whole one, or the part that `threads` left. */
cl_device_id cnx_device_id (CnxDevice * device);

/** Waits for what @queue, or NULL, has to do and releases it. What ran in it may be released after that. */
void cnx_device_release_queue (CnxDevice * device, cl_command_queue queue);

/** Whether the driver lists the extension @name, "cl_khr_fp16". */
gboolean cnx_device_has_extension (CnxDevice * device, const char *name);

/** "CL_OUT_OF_RESOURCES (-5)", for messages. Static or interned. */
const char *cnx_cl_error_name (cl_int code);

G_END_DECLS
