#include "pipelines/tag/presence.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

/* A lock on the folder itself, shared by all runs: who gets it alone is the only one. */
int
cnx_presence_take (const char *folder, gboolean * others)
{
  const int fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

  *others = FALSE;
  if (fd < 0)
    return -1;
  *others = flock (fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (flock (fd, LOCK_SH | LOCK_NB) == 0 || *others)
    return fd;
  close (fd);
  return -1;
}
