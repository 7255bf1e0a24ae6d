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
