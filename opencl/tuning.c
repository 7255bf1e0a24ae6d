#include "opencl/tuning.h"
#include "opencl/cpu.h"

#include <string.h>

/* On Zen 3 with two threads ConvNeXt-T gained 4 % up to 4 pictures in fp32, and lost half of it at 8. */
#define CPU_BATCH 4
#define GPU_BATCH 64

/* More than any device has; one that claims more does not know. */
#define MOST_THREADS 4096

/* AVX2 has 16 registers of 8 floats, AVX-512 32 of 16. On Zen 3 the fused block of ConvNeXt-T ran at 175 GFLOP/s of
 * 203 with 5 x 16 tiles, whatever the chunk (96 to 256) and the block (30 to 200 rows); 6 x 16 lost as much in
 * stage 4, whose 25 rows a thread it does not divide, as it won elsewhere. */
static const CnxTuning avx2 = {.vector = 8,.tile_rows = 5,.tile_vecs = 2,.depthwise_cols = 7,
  .group = 1,.group_cols = 1,.linear_rows = 100,.mlp_chunk = 256,.mlp_bytes = 384 * 1024
};

static const CnxTuning avx512 = {.vector = 16,.tile_rows = 14,.tile_vecs = 2,.depthwise_cols = 7,
  .group = 1,.group_cols = 1,.linear_rows = 98,.mlp_chunk = 256,.mlp_bytes = 512 * 1024
};

/* A group's rows x columns, and what each work-item has of them. More for each: fewer reads of local memory. Smaller
 * groups: more of them for a picture's few rows. No GPU was at hand to choose by; the first is the guess. */
#define TILE(items, across, rows, vecs, steps) {.vector = 4,.tile_rows = rows,.tile_vecs = vecs,.group = items,\
    .group_cols = across,.slice = steps,.depthwise_cols = 4,.row_items = 16,.subgroups = TRUE,.integer_dot = TRUE }
static const CnxTuning gpu[] = {
  TILE (128, 16, 8, 1, 16),     /* 64 x 64 */
  TILE (64, 8, 4, 1, 32),       /* 32 x 32 */
  TILE (128, 16, 4, 1, 16),     /* 32 x 64 */
  TILE (256, 16, 4, 1, 16),     /* 64 x 64 */
  TILE (64, 8, 8, 2, 16),       /* 64 x 64 */
  TILE (256, 16, 8, 1, 16),     /* 128 x 64 */
};

/* Inline assembly is what PoCL's compiler takes; others may not. */
static gboolean
takes_assembly (const CnxDeviceInfo * info)
{
  return info->is_cpu && cnx_device_is_pocl (info);
}

static CnxAssembly
assembly_for (const CnxDeviceInfo * info, CnxPrecision precision)
{
  const CnxCpu *cpu = cnx_cpu ();

  if (!takes_assembly (info))
    return CNX_ASSEMBLY_NONE;
  if (precision == CNX_PRECISION_BF16 && cpu->avx512_bf16)
    return CNX_ASSEMBLY_AVX512_BF16;
  if (precision == CNX_PRECISION_INT8 && cpu->avx512_vnni)
    return CNX_ASSEMBLY_AVX512_VNNI;
  if (precision == CNX_PRECISION_FP32 && cpu->avx512)
    return CNX_ASSEMBLY_AVX512;
  if ((precision == CNX_PRECISION_FP32 || precision == CNX_PRECISION_INT8) && cpu->avx2)
    return CNX_ASSEMBLY_AVX2;
  return CNX_ASSEMBLY_NONE;
}

/* Bytes of local memory that a set's kernels take at most: a slice of the rows and one of the panel (linear_gpu.cl),
 * or a vector for each work-item (group.cl). */
static gsize
local_bytes (const CnxTuning * t)
{
  const gsize rows = t->group / t->group_cols * t->tile_rows, panel = t->group_cols * t->tile_vecs * t->vector;

  return MAX (t->slice * (rows + 4 + panel) * sizeof (cl_float), t->group * sizeof (cl_float4));
}

static gboolean
fits (CnxDevice * device, const CnxTuning * tuning)
{
  size_t group = 1;
  cl_ulong local = 0;
  cl_device_id id = cnx_device_id (device);

  clGetDeviceInfo (id, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof group, &group, NULL);
  clGetDeviceInfo (id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local, &local, NULL);
  return (gsize) tuning->group <= group && local_bytes (tuning) <= local;
}

void
cnx_tuning_fit (CnxDevice * device, CnxTuning * tuning)
{
  cl_device_fp_config floats = 0;
  cl_uint units = 1;
  cl_device_id id = cnx_device_id (device);

  clGetDeviceInfo (id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof floats, &floats, NULL);
  clGetDeviceInfo (id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
  tuning->subgroups = tuning->subgroups && cnx_device_has_extension (device, "cl_khr_subgroups");
  tuning->integer_dot = tuning->integer_dot && cnx_device_has_extension (device, "cl_khr_integer_dot_product");
  tuning->fused = (floats & CL_FP_FMA) != 0;
  tuning->exact_division = (floats & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0;
  tuning->threads = CLAMP (units, 1, MOST_THREADS);
}

/* Of a CPU, or of a device that takes no groups. */
static const CnxTuning *
cpu_guess (CnxDevice * device, CnxAssembly assembly)
{
  cl_uint width = 0;

  clGetDeviceInfo (cnx_device_id (device), CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof width, &width, NULL);
  if (assembly == CNX_ASSEMBLY_AVX2)
    return &avx2;
  return assembly != CNX_ASSEMBLY_NONE || width >= 16 ? &avx512 : &avx2;
}

void
cnx_tuning_default (CnxDevice * device, CnxPrecision precision, CnxTuning * tuning)
{
  cl_ulong local = 0;
  const CnxDeviceInfo *info = cnx_device_info (device);
  const CnxAssembly assembly = assembly_for (info, precision);
  const CnxTuning *guess = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (gpu) && !info->is_cpu && !guess; i++)
    if (fits (device, &gpu[i]))
      guess = &gpu[i];
  *tuning = guess ? *guess : *cpu_guess (device, assembly);
  clGetDeviceInfo (cnx_device_id (device), CL_DEVICE_LOCAL_MEM_SIZE, sizeof local, &local, NULL);
  tuning->precision = precision;
  tuning->assembly = assembly;
  tuning->levels = assembly == CNX_ASSEMBLY_AVX2 ? 127 : 255;
  cnx_tuning_fit (device, tuning);
  tuning->batch = info->is_cpu ? MAX (CPU_BATCH, CPU_BATCH / 2 * tuning->threads) : GPU_BATCH;
  tuning->mlp_bytes = MIN (tuning->mlp_bytes, local * 3 / 4);
}

char *
cnx_tuning_options (const CnxTuning * t)
{
  static const char *const assembly[] = { "", " -DASM_AVX2", " -DASM_AVX512", " -DASM_AVX512 -DASM_AVX512_BF16",
    " -DASM_AVX512 -DASM_AVX512_VNNI"
  };
  g_autofree char *operand = g_ascii_strup (cnx_precision_name (t->precision), -1);
  GString *options = g_string_new ("-w");

  g_string_append_printf (options, " -DV=%d -DTILE_ROWS=%d -DTILE_VECS=%d -DDW_COLS=%d -DWG=%d -DGROUP_COLS=%d",
      t->vector, t->tile_rows, t->tile_vecs, t->depthwise_cols, t->group, t->group_cols);
  g_string_append_printf (options, " -DCHUNK=%d -DOPERAND_%s -DLEVELS=%d%s", t->mlp_chunk, operand, t->levels,
      assembly[t->assembly]);
  if (t->group > 1)
    g_string_append_printf (options, " -DSLICE=%d -DROW_ITEMS=%d", t->slice, t->row_items);
  if (t->group > 1 && t->subgroups)
    g_string_append (options, " -DSUBGROUPS");
  if (t->group > 1 && t->integer_dot && t->precision == CNX_PRECISION_INT8)
    g_string_append (options, " -DINTEGER_DOT");
  if (!t->fused)
    g_string_append (options, " -DSLOW_FMA");
  if (t->exact_division)
    g_string_append (options, " -cl-fp32-correctly-rounded-divide-sqrt");
  return g_string_free (options, FALSE);
}

char *
cnx_tuning_describe (const CnxTuning * tuning)
{
  g_autofree char *options = cnx_tuning_options (tuning);

  return g_strdup_printf ("%s linear_rows=%d mlp_bytes=%" G_GSIZE_FORMAT, options, tuning->linear_rows,
      tuning->mlp_bytes);
}

gboolean
cnx_tuning_equal (const CnxTuning * a, const CnxTuning * b)
{
  g_autofree char *left = cnx_tuning_describe (a);
  g_autofree char *right = cnx_tuning_describe (b);

  return g_str_equal (left, right);
}

/* Adds @tuning unless it is there. */
static void
add_candidate (GArray * candidates, const CnxTuning * tuning)
{
  for (guint i = 0; i < candidates->len; i++)
    if (cnx_tuning_equal (&g_array_index (candidates, CnxTuning, i), tuning))
      return;
  g_array_append_val (candidates, *tuning);
}

/* A CPU's: one thing changed at a time, and the steps as kernels of their own. */
static void
add_cpu_candidates (GArray * candidates, const CnxTuning * first)
{
  const int rows_avx2[] = { 4, 5, 6 }, rows_avx512[] = { 12, 14 }, chunks[] = { 128, 256 };
  const gboolean wide = first->vector == 16;

  for (guint i = 0; i < (wide ? G_N_ELEMENTS (rows_avx512) : G_N_ELEMENTS (rows_avx2)); i++) {
    CnxTuning tuning = *first;
    tuning.tile_rows = wide ? rows_avx512[i] : rows_avx2[i];
    if (tuning.precision == CNX_PRECISION_INT8 && tuning.tile_rows == 6)
      continue;                 /* its registers hold five */
    tuning.linear_rows = first->linear_rows / tuning.tile_rows * tuning.tile_rows;
    add_candidate (candidates, &tuning);
    tuning.depthwise_cols = wide ? 14 : 4;
    add_candidate (candidates, &tuning);
  }
  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++) {
    CnxTuning tuning = *first;
    if (tuning.precision == CNX_PRECISION_INT8)
      break;                    /* its chunk is its group */
    tuning.mlp_chunk = chunks[i];
    add_candidate (candidates, &tuning);
  }
  CnxTuning split = *first;
  split.mlp_bytes = 0;
  add_candidate (candidates, &split);
}

/* A GPU's tiles, each with two widths of the depthwise convolution's. */
static void
add_gpu_candidates (GArray * candidates, CnxDevice * device, const CnxTuning * first)
{
  const int cols[] = { 4, 7 };

  for (guint i = 0; i < G_N_ELEMENTS (gpu); i++)
    for (guint c = 0; c < G_N_ELEMENTS (cols) && fits (device, &gpu[i]); c++) {
      CnxTuning tuning = gpu[i];
      tuning.precision = first->precision;
      tuning.levels = first->levels;
      tuning.batch = first->batch;
      tuning.depthwise_cols = cols[c];
      cnx_tuning_fit (device, &tuning);
      add_candidate (candidates, &tuning);
    }
}

GArray *
cnx_tuning_candidates (CnxDevice * device, CnxPrecision precision)
{
  GArray *candidates = g_array_new (FALSE, FALSE, sizeof (CnxTuning));
  CnxTuning first;

  cnx_tuning_default (device, precision, &first);
  add_candidate (candidates, &first);
  if (first.group == 1)
    add_cpu_candidates (candidates, &first);
  else
    add_gpu_candidates (candidates, device, &first);
  return candidates;
}
