#include "opencl/cpu.h"

#include <string.h>

const CnxCpu *
cnx_cpu (void)
{
  static CnxCpu cpu;
#ifdef __x86_64__
  static gsize known;

  if (g_once_init_enter (&known)) {
    __builtin_cpu_init ();
    cpu.avx2 = __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
    cpu.avx512 = __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw")
        && __builtin_cpu_supports ("avx512vl");
    cpu.avx512_bf16 = cpu.avx512 && __builtin_cpu_supports ("avx512bf16");
    cpu.avx512_vnni = cpu.avx512 && __builtin_cpu_supports ("avx512vnni");
    g_once_init_leave (&known, 1);
  }
#endif
  return &cpu;
}

char *
cnx_cpu_feature_line (void)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    return g_strdup ("");
  for (const char *line = text; line; line = strchr (line, '\n'), line = line ? line + 1 : NULL)
    if (g_str_has_prefix (line, "flags") || g_str_has_prefix (line, "Features"))
      return g_strndup (line, strcspn (line, "\n"));
  return g_strdup ("");
}
