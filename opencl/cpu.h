/* Which instructions this machine's CPU has, asked at run time. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxCpu:
 * @avx2: AVX2 and FMA
 * @avx512: AVX-512 F, BW and VL
 * @avx512_bf16: VDPBF16PS
 * @avx512_vnni: VPDPBUSD on 512-bit registers
 *
 * All false on a CPU that is not x86-64.
 */
typedef struct
{
  gboolean avx2, avx512, avx512_bf16, avx512_vnni;
} CnxCpu;

/** Thread-safe. Static. */
const CnxCpu *cnx_cpu (void);

/** The feature line of /proc/cpuinfo, "" where there is none. Free with g_free(). */
char *cnx_cpu_feature_line (void);

G_END_DECLS
