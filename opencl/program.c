#include "opencl/program.h"
#include "opencl/cache/folder.h"
#include "opencl/cache/lock.h"
#include "opencl/cache/patience.h"
#include "opencl/cpu.h"
#include "core/error.h"

#include <string.h>
#include <unistd.h>

#define MAGIC "cnxbin2\n"
#define MAX_FILE (256 << 20)
#define DIGEST 64               /* hexadecimal digits of a SHA-256 */
#define HEADER (sizeof MAGIC - 1 + 2 * DIGEST + sizeof (guint64))

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

/* The binary inside a cache file, or NULL when the file is not whole or not for this key. */
static const guchar *
cache_check (const char *text, gsize length, const char *key, gsize * size)
{
  guint64 stated;

  if (length < HEADER || memcmp (text, MAGIC, sizeof MAGIC - 1) != 0)
    return NULL;
  text += sizeof MAGIC - 1;
  if (memcmp (text, key, DIGEST) != 0)
    return NULL;
  const char *digest = text + DIGEST;
  memcpy (&stated, digest + DIGEST, sizeof stated);
  const guchar *binary = (const guchar *) digest + DIGEST + sizeof stated;
  if (GUINT64_FROM_LE (stated) != length - HEADER)
    return NULL;
  *size = length - HEADER;
  g_autofree char *found = g_compute_checksum_for_data (G_CHECKSUM_SHA256, binary, *size);
  return memcmp (found, digest, DIGEST) == 0 ? binary : NULL;
}

static cl_program
cache_load (CnxDevice * device, int folder, const char *name, const char *key, const char *options)
{
  g_autofree char *text = NULL;
  gsize length = 0, size = 0;
  cl_device_id id = cnx_device_id (device);
  cl_int status = CL_SUCCESS, code = CL_SUCCESS;
  g_autoptr (GRecMutexLocker) setup = NULL;

  if (!(text = cnx_cache_read (folder, name, MAX_FILE, &length)))
    return NULL;
  const guchar *binary = cache_check (text, length, key, &size);
  if (!binary) {
    g_debug ("kernel cache: %s is not whole; building from source", name);
    return NULL;
  }
  setup = cnx_opencl_setup ();
  cl_program program = clCreateProgramWithBinary (cnx_device_context (device), 1, &id, &size, &binary,
      &status, &code);
  if (!program)
    return NULL;
  if (code == CL_SUCCESS && status == CL_SUCCESS && compile (device, program, options) == CL_SUCCESS)
    return program;
  g_debug ("kernel cache: the driver refuses %s; building from source", name);
  clReleaseProgram (program);
  return NULL;
}

static void
cache_store (cl_program program, int folder, const char *name, const char *key)
{
  g_autoptr (GError) error = NULL;
  size_t size = 0;

  if (clGetProgramInfo (program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) != CL_SUCCESS
      || size == 0)
    return;
  g_autofree guchar *file = g_try_malloc (HEADER + size);
  if (!file)
    return;
  guchar *binary = file + HEADER;
  if (clGetProgramInfo (program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) != CL_SUCCESS)
    return;
  g_autofree char *digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, binary, size);
  guint64 stated = GUINT64_TO_LE ((guint64) size);
  guchar *to = file;
  memcpy (to, MAGIC, sizeof MAGIC - 1);
  to += sizeof MAGIC - 1;
  memcpy (to, key, DIGEST);
  memcpy (to + DIGEST, digest, DIGEST);
  memcpy (to + 2 * DIGEST, &stated, sizeof stated);
  if (!cnx_cache_write (folder, name, file, HEADER + size, &error))
    g_debug ("kernel cache: cannot be written: %s", error->message);
}

static void
set_build_error (CnxDevice * device, cl_program program, cl_int code, GError ** error)
{
  size_t size = 0;
  g_autofree char *log = NULL;

  clGetProgramBuildInfo (program, cnx_device_id (device), CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
  log = g_malloc0 (size + 1);
  clGetProgramBuildInfo (program, cnx_device_id (device), CL_PROGRAM_BUILD_LOG, size, log, NULL);
  g_set_error (error, CNX_ERROR, CNX_ERROR_DEVICE,
      "The OpenCL driver of %s cannot build the kernels: %s\n%s",
      cnx_device_info (device)->name, cnx_cl_error_name (code), g_strstrip (log));
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

/* One process compiles, the others wait for what it keeps. */
static cl_program
build_once (CnxDevice * device, const CnxKernelSource * sources, const char *options, int folder, const char *name,
    const char *key, GError ** error)
{
  const char *on = cnx_device_info (device)->name;
  g_autofree char *waiting = g_strdup_printf ("another process compiles the kernels for %s: waiting for it", on);
  g_autofree char *compiling = g_strdup_printf ("compiling the kernels for %s%s", on,
      folder < 0 ? "" : ": this once, they are kept");
  g_autoptr (CnxPatience) patience = cnx_patience_new (waiting);
  g_autoptr (CnxCacheLock) lock = folder < 0 ? NULL : cnx_cache_lock (folder, name);
  /* whether it had to wait or not: another may have been done between the first look and the lock */
  cl_program program = lock ? cache_load (device, folder, name, key, options) : NULL;

  if (program)
    return program;
  cnx_patience_set (patience, compiling);
  program = build_from_source (device, sources, options, error);
  if (program && folder >= 0)
    cache_store (program, folder, name, key);
  return program;
}

cl_program
cnx_program_build (CnxDevice * device, const CnxKernelSource * sources, const char *options, GError ** error)
{
  g_autofree char *key = cnx_program_key (device, sources, options);
  g_autofree char *name = g_strconcat (key, ".clbin", NULL);
  const int folder = cnx_cache_open ();
  cl_program program = folder < 0 ? NULL : cache_load (device, folder, name, key, options);

  if (!program)
    program = build_once (device, sources, options, folder, name, key, error);
  if (folder >= 0)
    close (folder);
  return program;
}
