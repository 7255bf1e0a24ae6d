#include "opencl/device.h"
#include "core/error.h"
#include "opencl/cache/pocl.h"

#include <string.h>

struct _CnxDevice
{
  gatomicrefcount refs;
  CnxDeviceInfo *info;
  cl_context context;
  cl_device_id id;              /* the whole device, or a sub-device of `threads` units */
  gboolean is_sub_device;
  char *reason;
};

static const struct
{
  cl_int code;
  const char *name;
} error_names[] = {
#define NAME(x) { x, #x }
  NAME (CL_DEVICE_NOT_FOUND), NAME (CL_DEVICE_NOT_AVAILABLE), NAME (CL_COMPILER_NOT_AVAILABLE),
  NAME (CL_MEM_OBJECT_ALLOCATION_FAILURE), NAME (CL_OUT_OF_RESOURCES), NAME (CL_OUT_OF_HOST_MEMORY),
  NAME (CL_BUILD_PROGRAM_FAILURE), NAME (CL_INVALID_VALUE), NAME (CL_INVALID_DEVICE),
  NAME (CL_INVALID_CONTEXT), NAME (CL_INVALID_MEM_OBJECT), NAME (CL_INVALID_BINARY),
  NAME (CL_INVALID_BUILD_OPTIONS), NAME (CL_INVALID_PROGRAM), NAME (CL_INVALID_PROGRAM_EXECUTABLE),
  NAME (CL_INVALID_KERNEL_NAME), NAME (CL_INVALID_KERNEL), NAME (CL_INVALID_ARG_INDEX),
  NAME (CL_INVALID_ARG_VALUE), NAME (CL_INVALID_ARG_SIZE), NAME (CL_INVALID_KERNEL_ARGS),
  NAME (CL_INVALID_WORK_GROUP_SIZE), NAME (CL_INVALID_BUFFER_SIZE), NAME (CL_DEVICE_PARTITION_FAILED),
#undef NAME
  {-1001, "CL_PLATFORM_NOT_FOUND_KHR"},
};

const char *
cnx_cl_error_name (cl_int code)
{
  const char *name = "OpenCL error";
  for (guint i = 0; i < G_N_ELEMENTS (error_names); i++)
    if (error_names[i].code == code)
      name = error_names[i].name;
  g_autofree char *text = g_strdup_printf ("%s (%d)", name, code);
  return g_intern_string (text);
}

GRecMutexLocker *
cnx_opencl_setup (void)
{
  static GRecMutex setup;

  return g_rec_mutex_locker_new (&setup);
}

/* Of @device, or of @platform where that is NULL. */
static cl_int
get_info (cl_platform_id platform, cl_device_id device, cl_uint what, size_t size, void *value,
    size_t * needed)
{
  return device ? clGetDeviceInfo (device, what, size, value, needed)
      : clGetPlatformInfo (platform, what, size, value, needed);
}

static char *
get_string (cl_platform_id platform, cl_device_id device, cl_uint what)
{
  size_t size = 0;

  if (get_info (platform, device, what, 0, NULL, &size) != CL_SUCCESS)
    return g_strdup ("");
  char *text = g_malloc0 (size + 1);
  get_info (platform, device, what, size, text, NULL);
  return g_strstrip (text);
}

static void
info_free (CnxDeviceInfo * info)
{
  g_free (info->name);
  g_free (info->platform_name);
  g_free (info->version);
  g_free (info->driver);
  g_free (info);
}

static CnxDeviceInfo *
info_copy (const CnxDeviceInfo * from)
{
  CnxDeviceInfo *info = g_memdup2 (from, sizeof *from);
  info->name = g_strdup (from->name);
  info->platform_name = g_strdup (from->platform_name);
  info->version = g_strdup (from->version);
  info->driver = g_strdup (from->driver);
  return info;
}

static gboolean
contains (const char *text, const char *part)
{
  g_autofree char *folded_text = g_utf8_casefold (text, -1);
  g_autofree char *folded_part = g_utf8_casefold (part, -1);
  return strstr (folded_text, folded_part) != NULL;
}

static CnxDeviceInfo *
info_new (cl_platform_id platform, cl_device_id id)
{
  CnxDeviceInfo *info = g_new0 (CnxDeviceInfo, 1);
  cl_device_type type = 0;

  info->id = id;
  info->platform = platform;
  info->name = get_string (NULL, id, CL_DEVICE_NAME);
  info->version = get_string (NULL, id, CL_DEVICE_VERSION);
  info->driver = get_string (NULL, id, CL_DRIVER_VERSION);
  info->platform_name = get_string (platform, NULL, CL_PLATFORM_NAME);
  clGetDeviceInfo (id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
  info->is_software_gpu = contains (info->name, "llvmpipe") || contains (info->name, "softpipe")
      || contains (info->name, "swrast");
  info->is_cpu = (type & CL_DEVICE_TYPE_CPU) && !info->is_software_gpu;
  return info;
}

GPtrArray *
cnx_devices_list (void)
{
  g_autoptr (GRecMutexLocker) setup = cnx_opencl_setup ();
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) info_free);
  cl_uint n_platforms = 0;

  cnx_cache_set_up_pocl ();
  if (clGetPlatformIDs (0, NULL, &n_platforms) != CL_SUCCESS || n_platforms == 0)
    return list;
  g_autofree cl_platform_id *platforms = g_new0 (cl_platform_id, n_platforms);
  clGetPlatformIDs (n_platforms, platforms, NULL);
  for (cl_uint p = 0; p < n_platforms; p++) {
    cl_uint n = 0;
    if (clGetDeviceIDs (platforms[p], CL_DEVICE_TYPE_ALL, 0, NULL, &n) != CL_SUCCESS || n == 0)
      continue;
    g_autofree cl_device_id *ids = g_new0 (cl_device_id, n);
    if (clGetDeviceIDs (platforms[p], CL_DEVICE_TYPE_ALL, n, ids, NULL) != CL_SUCCESS)
      continue;
    for (cl_uint d = 0; d < n; d++)
      g_ptr_array_add (list, info_new (platforms[p], ids[d]));
  }
  return list;
}

static const CnxDeviceInfo *
first_of (GPtrArray * list, gboolean cpu)
{
  for (guint i = 0; i < list->len; i++) {
    const CnxDeviceInfo *info = list->pdata[i];
    if (info->is_cpu == cpu && !info->is_software_gpu)
      return info;
  }
  return NULL;
}

static const CnxDeviceInfo *
choose (GPtrArray * list, const char *selector, const char **why)
{
  const CnxDeviceInfo *info = NULL;

  if (g_ascii_strcasecmp (selector, "auto") == 0) {
    *why = "device=auto takes a hardware GPU first";
    if ((info = first_of (list, FALSE)))
      return info;
    *why = "device=auto found no hardware GPU";
    return first_of (list, TRUE);
  }
  *why = "it was asked for";
  if (g_ascii_strcasecmp (selector, "gpu") == 0)
    return first_of (list, FALSE);
  if (g_ascii_strcasecmp (selector, "cpu") == 0)
    return first_of (list, TRUE);

  guint64 index;
  if (g_ascii_string_to_unsigned (selector, 10, 0, G_MAXINT, &index, NULL))
    return index < list->len ? list->pdata[index] : NULL;
  for (guint i = 0; i < list->len; i++) {
    info = list->pdata[i];
    if (contains (info->name, selector) || contains (info->platform_name, selector))
      return info;
  }
  return NULL;
}

/* Who has drivers is not told to install one. */
static void
set_no_device (GError ** error)
{
  cl_platform_id platforms[8];
  cl_uint n = 0;
  g_autoptr (GString) names = g_string_new (NULL);

  if (clGetPlatformIDs (G_N_ELEMENTS (platforms), platforms, &n) != CL_SUCCESS)
    n = 0;
  for (cl_uint i = 0; i < MIN (n, G_N_ELEMENTS (platforms)); i++) {
    g_autofree char *name = get_string (platforms[i], NULL, CL_PLATFORM_NAME);
    g_string_append_printf (names, "%s%s", i ? ", " : "", name);
  }
  if (n == 0)
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND,
        "There is no OpenCL device on this machine. Install your GPU's OpenCL driver, or PoCL, "
        "which runs on any CPU (Debian: apt install pocl-opencl-icd)");
  else
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "None of the OpenCL drivers that are installed has a device "
        "here: %s. A GPU's needs the right to open its device file (/dev/dri, /dev/kfd, /dev/nvidia0); PoCL, which "
        "runs on any CPU, a folder that it can write to (POCL_CACHE_DIR)", names->str);
}

static void
set_not_found (GPtrArray * list, const char *selector, GError ** error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (list->len == 0) {
    set_no_device (error);
    return;
  }
  for (guint i = 0; i < list->len; i++) {
    const CnxDeviceInfo *info = list->pdata[i];
    g_string_append_printf (text, "%s%u: %s (%s)", i ? ", " : "", i, info->name, info->platform_name);
  }
  g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND,
      "No OpenCL device matches device=%s. Give auto, gpu, cpu, an index or a part of a name; "
      "there are: %s", selector, text->str);
}

/* A part of a CPU device, so that a decoder and a sink keep the other cores. */
static cl_int
take_threads (CnxDevice * device, guint threads)
{
  cl_uint units = 0;

  clGetDeviceInfo (device->id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
  if (!device->info->is_cpu || threads == 0 || threads >= units)
    return CL_SUCCESS;
  const cl_device_partition_property by_counts[] = { CL_DEVICE_PARTITION_BY_COUNTS,
    (cl_device_partition_property) threads, CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0
  };
  cl_int code = clCreateSubDevices (device->info->id, by_counts, 1, &device->id, NULL);
  device->is_sub_device = code == CL_SUCCESS;
  return code;
}

CnxDevice *
cnx_device_open (const char *selector, guint threads, GError ** error)
{
  g_autoptr (GRecMutexLocker) setup = cnx_opencl_setup ();
  g_autoptr (GPtrArray) list = cnx_devices_list ();
  const char *why = NULL;

  if (!selector || !*selector)
    selector = "auto";
  const CnxDeviceInfo *info = choose (list, selector, &why);
  if (!info) {
    set_not_found (list, selector, error);
    return NULL;
  }

  g_autoptr (CnxDevice) device = g_new0 (CnxDevice, 1);
  g_atomic_ref_count_init (&device->refs);
  device->info = info_copy (info);
  device->id = info->id;
  device->reason = g_strdup_printf ("%s (%s, driver %s): %s", info->name, info->platform_name,
      info->driver, why);
  cl_int code = take_threads (device, threads);
  if (code == CL_SUCCESS)
    device->context = clCreateContext (NULL, 1, &device->id, NULL, NULL, &code);
  if (code != CL_SUCCESS) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "Cannot open OpenCL device %s%s: %s",
        info->name, threads ? " with the number of threads asked for" : "", cnx_cl_error_name (code));
    return NULL;
  }
  return g_steal_pointer (&device);
}

CnxDevice *
cnx_device_ref (CnxDevice * device)
{
  g_atomic_ref_count_inc (&device->refs);
  return device;
}

void
cnx_device_unref (CnxDevice * device)
{
  if (!device || !g_atomic_ref_count_dec (&device->refs))
    return;
  g_autoptr (GRecMutexLocker) setup = cnx_opencl_setup ();
  if (device->context)
    clReleaseContext (device->context);
  if (device->is_sub_device)
    clReleaseDevice (device->id);
  info_free (device->info);
  g_free (device->reason);
  g_free (device);
}

const CnxDeviceInfo *
cnx_device_info (CnxDevice * device)
{
  return device->info;
}

gboolean
cnx_device_is_pocl (const CnxDeviceInfo * info)
{
  return strstr (info->platform_name, "Portable Computing Language") != NULL;
}

const char *
cnx_device_reason (CnxDevice * device)
{
  return device->reason;
}

cl_context
cnx_device_context (CnxDevice * device)
{
  return device->context;
}

cl_device_id
cnx_device_id (CnxDevice * device)
{
  return device->id;
}

/* PoCL 3.1's threads look at a command once more when clFinish() has returned. Whether one still does shows in its
 * event: theirs is the other reference. */
static void
wait_for_threads (cl_command_queue queue)
{
  cl_event last = NULL;
  cl_uint references = 2;

  if (clEnqueueMarkerWithWaitList (queue, 0, NULL, &last) != CL_SUCCESS)
    return;
  clFinish (queue);
  for (int round = 0; references > 1 && round < 1000; round++) {
    g_usleep (100);
    if (clGetEventInfo (last, CL_EVENT_REFERENCE_COUNT, sizeof references, &references, NULL) != CL_SUCCESS)
      break;
  }
  clReleaseEvent (last);
}

void
cnx_device_release_queue (CnxDevice * device, cl_command_queue queue)
{
  if (!queue)
    return;
  clFinish (queue);
  if (cnx_device_is_pocl (device->info))
    wait_for_threads (queue);
  clReleaseCommandQueue (queue);
}

gboolean
cnx_device_has_extension (CnxDevice * device, const char *name)
{
  g_autofree char *text = get_string (NULL, device->id, CL_DEVICE_EXTENSIONS);
  g_auto (GStrv) names = g_strsplit (text, " ", -1);

  return g_strv_contains ((const char *const *) names, name);
}
