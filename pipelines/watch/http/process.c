#include "pipelines/watch/http/process.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pipelines/watch/http/prometheus.h"

/* The numbers of /proc/self/stat that are asked for, counted from the one behind the state (field 4). */
enum
{
  USER_TICKS = 14 - 4,
  SYSTEM_TICKS = 15 - 4,
  THREADS = 20 - 4,
  START_TICKS = 22 - 4,
  VIRTUAL_BYTES = 23 - 4,
  RESIDENT_PAGES = 24 - 4,
  N_NUMBERS
};

static void
append (GString * out, const char *name, const char *type, const char *help, double value)
{
  cnx_prometheus_append_head (out, name, type, help);
  g_string_append_printf (out, "%s ", name);
  cnx_prometheus_append_number (out, value);
  g_string_append_c (out, '\n');
}

/* The command's name, in brackets, may have spaces and brackets of its own. */
static gboolean
read_stat (double *numbers)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents ("/proc/self/stat", &text, NULL, NULL))
    return FALSE;
  const char *end = strrchr (text, ')');
  if (!end || strlen (end) < 4)
    return FALSE;
  g_auto (GStrv) fields = g_strsplit (end + 4, " ", -1);
  if (g_strv_length (fields) < N_NUMBERS)
    return FALSE;
  for (guint i = 0; i < N_NUMBERS; i++)
    numbers[i] = g_ascii_strtod (fields[i], NULL);
  return TRUE;
}

/* g_get_real_time()'s second in which the machine started; 0: unknown. */
static double
boot_time (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/stat", &text, NULL, NULL) || !(line = strstr (text, "\nbtime ")))
    return 0;
  return g_ascii_strtod (line + strlen ("\nbtime "), NULL);
}

static void
append_descriptors (GString * out)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  struct rlimit limit;
  int count = -1;               /* the folder's own */

  if (folder) {
    while (g_dir_read_name (folder))
      count++;
    append (out, "process_open_fds", "gauge", "Number of open file descriptors.", count);
  }
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    append (out, "process_max_fds", "gauge", "Maximum number of open file descriptors.", limit.rlim_cur);
}

void
cnx_process_append (GString * out)
{
  double numbers[N_NUMBERS];
  const double ticks = sysconf (_SC_CLK_TCK), boot = boot_time ();

  append_descriptors (out);
  if (!read_stat (numbers))
    return;
  append (out, "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.",
      (numbers[USER_TICKS] + numbers[SYSTEM_TICKS]) / ticks);
  append (out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
      numbers[RESIDENT_PAGES] * sysconf (_SC_PAGESIZE));
  append (out, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", numbers[VIRTUAL_BYTES]);
  append (out, "process_threads", "gauge", "Number of threads.", numbers[THREADS]);
  if (boot > 0)
    append (out, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
        boot + numbers[START_TICKS] / ticks);
}
