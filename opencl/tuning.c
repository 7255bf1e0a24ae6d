#include "opencl/tuning.h"
#include "opencl/cpu.h"

#include <string.h>

/* On Zen 3 with two threads ConvNeXt-T gained 4 % up to 4 pictures in fp32, and lost half of it at 8. */
#define CPU_BATCH 4
#define GPU_BATCH 64

/* AVX2 has 16 registers of 8 floats, AVX-512 32 of 16. On Zen 3 the fused block of ConvNeXt-T ran at 175 GFLOP/s of
 * 203 with 5 x 16 tiles, whatever the chunk (96 to 256) and the block (30 to 200 rows); 6 x 16 lost as much in
 * stage 4, whose 25 rows a thread it does not divide, as it won elsewhere. */
static const CnxTuning avx2 = {.vector = 8,.tile_rows = 5,.tile_vecs = 2,.depthwise_cols = 7,
  .group = 1,.linear_rows = 100,.mlp_chunk = 256,.mlp_bytes = 384 * 1024
};

static const CnxTuning avx512 = {.vector = 16,.tile_rows = 14,.tile_vecs = 2,.depthwise_cols = 7,
  .group = 1,.linear_rows = 98,.mlp_chunk = 256,.mlp_bytes = 512 * 1024
};

static const CnxTuning gpu = {.vector = 4,.tile_rows = 4,.tile_vecs = 1,.depthwise_cols = 4,
  .group = 64,.linear_rows = 4,.mlp_bytes = 0
};

/* Inline assembly is what PoCL's compiler takes; others may not. */
static gboolean
takes_assembly (const CnxDeviceInfo * info)
{
  return info->is_cpu && strstr (info->platform_name, "Portable Computing Language") != NULL;
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

void
cnx_tuning_default (CnxDevice * device, CnxPrecision precision, CnxTuning * tuning)
{
  cl_uint width = 0, units = 1;
  cl_ulong local = 0;
  size_t group = 1;
  const CnxDeviceInfo *info = cnx_device_info (device);
  const CnxAssembly assembly = assembly_for (info, precision);
  cl_device_id id = cnx_device_id (device);

  clGetDeviceInfo (id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof width, &width, NULL);
  clGetDeviceInfo (id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
  clGetDeviceInfo (id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local, &local, NULL);
  clGetDeviceInfo (id, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof group, &group, NULL);

  *tuning = !info->is_cpu ? gpu : assembly == CNX_ASSEMBLY_AVX2 ? avx2
      : assembly != CNX_ASSEMBLY_NONE || width >= 16 ? avx512 : avx2;
  tuning->precision = precision;
  tuning->assembly = assembly;
  tuning->levels = assembly == CNX_ASSEMBLY_AVX2 ? 127 : 255;
  tuning->threads = MAX (units, 1);
  tuning->batch = info->is_cpu ? MAX (CPU_BATCH, CPU_BATCH / 2 * tuning->threads) : GPU_BATCH;
  tuning->mlp_bytes = MIN (tuning->mlp_bytes, local * 3 / 4);
  tuning->group = MIN (tuning->group, (int) group);
}

char *
cnx_tuning_options (const CnxTuning * tuning)
{
  static const char *const assembly[] = { "", " -DASM_AVX2", " -DASM_AVX512", " -DASM_AVX512 -DASM_AVX512_BF16",
    " -DASM_AVX512 -DASM_AVX512_VNNI"
  };
  g_autofree char *operand = g_ascii_strup (cnx_precision_name (tuning->precision), -1);

  return g_strdup_printf ("-w -DV=%d -DTILE_ROWS=%d -DTILE_VECS=%d -DDW_COLS=%d -DWG=%d -DCHUNK=%d -DOPERAND_%s "
      "-DLEVELS=%d%s", tuning->vector, tuning->tile_rows, tuning->tile_vecs, tuning->depthwise_cols,
      tuning->group, tuning->mlp_chunk, operand, tuning->levels, assembly[tuning->assembly]);
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

GArray *
cnx_tuning_candidates (CnxDevice * device, CnxPrecision precision)
{
  GArray *candidates = g_array_new (FALSE, FALSE, sizeof (CnxTuning));
  CnxTuning first;

  cnx_tuning_default (device, precision, &first);
  add_candidate (candidates, &first);
  if (cnx_device_info (device)->is_cpu)
    add_cpu_candidates (candidates, &first);
  return candidates;
}
