/* Tile sizes for a device: data, never #ifdef by vendor. */
#pragma once

#include "core/model/precision.h"
#include "opencl/device.h"

G_BEGIN_DECLS

/** Inner loops in assembly; with AVX-512, fp32's is there beside the precision's own. */
typedef enum
{
  CNX_ASSEMBLY_NONE,
  CNX_ASSEMBLY_AVX2,            /* fp32 and int8 */
  CNX_ASSEMBLY_AVX512,          /* fp32 */
  CNX_ASSEMBLY_AVX512_BF16,
  CNX_ASSEMBLY_AVX512_VNNI,     /* int8 */
} CnxAssembly;

/**
 * CnxTuning:
 * @precision: of the products, never auto
 * @levels: of int8's inputs: 127 where four products are added in 16 bits, else 255
 * @vector: floats in a vector (V); 4 on GPUs
 * @tile_rows, @tile_vecs: the register tile, rows x vectors; on GPUs @tile_rows is a multiple of 4
 * @depthwise_cols: neighbouring pixels of a depthwise work-item
 * @group: work-items in a group; 1 on CPUs
 * @group_cols: of them side by side across a panel of weights; 1 on CPUs
 * @slice: GPUs: steps of a product that a group stages in local memory at a time, 16 or 32; @group divides a
 *   slice's vectors of four
 * @row_items: GPUs: work-items that read a row together where it is added up; a power of two that divides @group
 * @subgroups: GPUs: a sub-group reads a row together instead (cl_khr_subgroups)
 * @integer_dot: GPUs: four int8 products at once (cl_khr_integer_dot_product)
 * @fused: the device multiplies and adds in one instruction
 * @exact_division: the compiler is asked for divisions that are correctly rounded, which int8's results need
 * @linear_rows: CPUs: rows that a work-item of `linear` takes, a multiple of @tile_rows
 * @mlp_chunk: hidden values that the fused `mlp` makes at a time, a multiple of the panel
 * @assembly: the register tile as written in assembly for a CPU's instructions
 * @mlp_bytes: cache that a work-item of the fused `mlp` may fill; 0: the steps run as kernels of their own
 * @batch: most pictures in one pass: with more of them a CPU's activations no longer stay in its caches
 * @threads: work-items that run at once, to share rows out evenly
 *
 * All but @linear_rows and the last three are compiled into the kernels. A panel is @group_cols x @tile_vecs x @vector
 * columns.
 */
typedef struct
{
  CnxPrecision precision;
  int levels;
  int vector;
  int tile_rows, tile_vecs;
  int depthwise_cols;
  int group, group_cols;
  int slice;
  int row_items;
  gboolean subgroups, integer_dot, fused, exact_division;
  int mlp_chunk;
  CnxAssembly assembly;
  int linear_rows;
  gsize mlp_bytes;
  int batch;
  int threads;
} CnxTuning;

/** The built-in guess by device type and vector width. */
void cnx_tuning_default (CnxDevice * device, CnxPrecision precision, CnxTuning * tuning);

/** The sets worth timing on @device, the built-in guess first; all give the same results but for the order of sums. A
 * GPU's driver may refuse one (registers). Free with g_array_unref(). */
GArray *cnx_tuning_candidates (CnxDevice * device, CnxPrecision precision);

/** For a set that was made elsewhere: turns off @subgroups and @integer_dot where @device has them not, and asks it for
 * @fused, @exact_division and @threads. */
void cnx_tuning_fit (CnxDevice * device, CnxTuning * tuning);

/** Every field on one line, for logs and for the saved answers. Free with g_free(). */
char *cnx_tuning_describe (const CnxTuning * tuning);

gboolean cnx_tuning_equal (const CnxTuning * a, const CnxTuning * b);

/** The build options that name the compiled-in part. Free with g_free(). */
char *cnx_tuning_options (const CnxTuning * tuning);

G_END_DECLS
