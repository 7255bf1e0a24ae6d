#define _GNU_SOURCE
#include "tests/fuzz/memory_file.h"

#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

const char *
cnx_memory_file (const uint8_t * data, size_t size)
{
  static int fd = -1;
  static char path[64];

  if (fd < 0) {
    fd = memfd_create ("fuzz", MFD_CLOEXEC);
    g_snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  }
  if (fd < 0 || ftruncate (fd, size) != 0 || pwrite (fd, data, size, 0) != (ssize_t) size)
    g_error ("no file in memory");
  return path;
}
