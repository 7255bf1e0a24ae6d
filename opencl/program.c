#include "opencl/program.h"
#include "opencl/cache/binary.h"
#include "opencl/cache/folder.h"
#include "opencl/cache/lock.h"
#include "opencl/cache/patience.h"
#include "opencl/cache/pocl.h"
#include "opencl/cpu.h"
#include "core/error.h"

#include <string.h>
#include <unistd.h>

struct _CnxProgramKeep
{
  int folder;                   /* -1 where there is none */
  char *key;
  gboolean driver_keeps;
  CnxCacheLock *lock;
  CnxPatience *patience;
};

static void
keep_free (CnxProgramKeep * keep)
{
  g_clear_pointer (&keep->patience, cnx_patience_free);
  g_clear_pointer (&keep->lock, cnx_cache_unlock);
  if (keep->folder >= 0)
    close (keep->folder);
  g_free (keep->key);
  g_free (keep);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxProgramKeep, keep_free)

char *
cnx_program_key (CnxDevice * device, const CnxKernelSource * sources, const char *options)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  const CnxDeviceInfo *info = cnx_device_info (device);
  /* a home shared by machines must not hand one CPU's code to another */
  g_autofree char *features = cnx_cpu_feature_line ();
  const char *parts[] = { info->platform_name, info->name, info->version, info->driver, features,
    options
  };

  /* each with its end, so that no two lists of parts read the same */
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    g_checksum_update (sum, (const guchar *) parts[i], strlen (parts[i]) + 1);
  for (const CnxKernelSource * s = sources; s && s->name; s++)
    g_checksum_update (sum, (const guchar *) s->source, strlen (s->source) + 1);
  return g_strdup (g_checksum_get_string (sum));
}

static cl_int
compile (CnxDevice * device, cl_program program, const char *options)
{
  cl_device_id id = cnx_device_id (device);
  return clBuildProgram (program, 1, &id, options, NULL, NULL);
}

static void
set_build_error (CnxDevice * device, cl_program program, cl_int code, GError ** error)
{
  size_t size = 0;
  g_autofree char *log = NULL;

  clGetProgramBuildInfo (program, cnx_device_id (device), CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
  log = g_malloc0 (size + 1);
  clGetProgramBuildInfo (program, cnx_device_id (device), CL_PROGRAM_BUILD_LOG, size, log, NULL);
  g_autofree char *trouble = cnx_device_is_pocl (cnx_device_info (device)) ? cnx_cache_pocl_trouble () : NULL;
  g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE,
      "The OpenCL driver of %s cannot build the kernels: %s\n%s",
      cnx_device_info (device)->name, trouble ? trouble : cnx_cl_error_name (code), g_strstrip (log));
}

static cl_program
build_from_source (CnxDevice * device, const CnxKernelSource * sources, const char *options, GError ** error)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();
  cl_int code;

  for (const CnxKernelSource * s = sources; s->name; s++)
    g_ptr_array_add (texts, (gpointer) s->source);
  g_autoptr (GRecMutexLocker) setup = cnx_opencl_setup ();
  cl_program program = clCreateProgramWithSource (cnx_device_context (device), texts->len,
      (const char **) texts->pdata, NULL, &code);
  if (!program) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE, "Cannot create an OpenCL program on %s: %s",
        cnx_device_info (device)->name, cnx_cl_error_name (code));
    return NULL;
  }
  code = compile (device, program, options);
  if (code == CL_SUCCESS)
    return program;
  set_build_error (device, program, code, error);
  clReleaseProgram (program);
  return NULL;
}

/* Builds from the binary at @keep, or from source where the driver has its own binary beside that mark. */
static cl_program
load (CnxDevice * device, const CnxKernelSource * sources, const char *options, const CnxProgramKeep * keep)
{
  g_autofree guchar *binary = NULL;
  gsize size = 0;
  cl_device_id id = cnx_device_id (device);
  cl_int status = CL_SUCCESS, code = CL_SUCCESS;

  if (keep->folder < 0 || !(binary = cnx_cache_read_binary (keep->folder, keep->key, &size)))
    return NULL;
  if (size == 0)
    return keep->driver_keeps ? build_from_source (device, sources, options, NULL) : NULL;
  const guchar *bytes = binary;
  g_autoptr (GRecMutexLocker) setup = cnx_opencl_setup ();
  cl_program program = clCreateProgramWithBinary (cnx_device_context (device), 1, &id, &size, &bytes,
      &status, &code);
  if (!program)
    return NULL;
  if (code == CL_SUCCESS && status == CL_SUCCESS && compile (device, program, options) == CL_SUCCESS)
    return program;
  g_debug ("kernel cache: the driver refuses %s; building from source", keep->key);
  clReleaseProgram (program);
  return NULL;
}

static void
store (cl_program program, const CnxProgramKeep * keep)
{
  g_autofree guchar *binary = NULL;
  size_t size = 0;

  if (!keep->driver_keeps) {
    if (clGetProgramInfo (program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) != CL_SUCCESS
        || size == 0 || !(binary = g_try_malloc (size)))
      return;
    if (clGetProgramInfo (program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) != CL_SUCCESS)
      return;
  }
  cnx_cache_write_binary (keep->folder, keep->key, binary, size);
}

static CnxProgramKeep *
keep_new (CnxDevice * device, const CnxKernelSource * sources, const char *options)
{
  CnxProgramKeep *keep = g_new0 (CnxProgramKeep, 1);

  keep->folder = cnx_cache_open ();
  keep->key = cnx_program_key (device, sources, options);
  keep->driver_keeps = cnx_device_is_pocl (cnx_device_info (device));
  return keep;
}

/* One process compiles, the others wait for what it keeps. */
static void
wait_for_turn (CnxProgramKeep * keep, const char *on)
{
  g_autofree char *waiting = g_strdup_printf ("another process compiles the kernels for %s: waiting for it", on);
  g_autofree char *compiling = g_strdup_printf ("compiling the kernels for %s%s", on,
      keep->folder < 0 ? "" : ": this once, they are kept");

  keep->patience = cnx_patience_new (waiting);
  keep->lock = keep->folder < 0 ? NULL : cnx_cache_lock (keep->folder, keep->key);
  cnx_patience_set (keep->patience, compiling);
}

cl_program
cnx_program_build (CnxDevice * device, const CnxKernelSource * sources, const char *options, CnxProgramKeep ** keep,
    GError ** error)
{
  g_autoptr (CnxProgramKeep) own = keep_new (device, sources, options);
  cl_program program = load (device, sources, options, own);

  if (program)
    return program;
  wait_for_turn (own, cnx_device_info (device)->name);
  /* whether it had to wait or not: another may have been done between the first look and the lock */
  if (own->lock && (program = load (device, sources, options, own)))
    return program;
  program = build_from_source (device, sources, options, error);
  if (program && keep)
    *keep = g_steal_pointer (&own);
  else if (program)
    cnx_program_keep (g_steal_pointer (&own), program, TRUE);
  return program;
}

void
cnx_program_keep (CnxProgramKeep * keep, cl_program program, gboolean ran)
{
  if (!keep)
    return;
  if (keep->folder >= 0 && (ran || !keep->driver_keeps))
    store (program, keep);
  keep_free (keep);
}

void
cnx_program_release (cl_program program)
{
  g_autoptr (GRecMutexLocker) setup = cnx_opencl_setup ();

  clReleaseProgram (program);
}
