#include "opencl/cache/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST_WAIT (300 * G_USEC_PER_SEC)
#define BETWEEN_TRIES (G_USEC_PER_SEC / 50)

struct _CnxCacheLock
{
  int folder;                   /* of the caller's, to be open until the lock is freed */
  int fd;
  char *name;
};

/* Whether @fd is still what stands at @name: the holder before removes it. */
static gboolean
is_there (int folder, const char *name, int fd)
{
  struct stat ours, there;

  return fstat (fd, &ours) == 0 && fstatat (folder, name, &there, AT_SYMLINK_NOFOLLOW) == 0
      && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* A descriptor; -1, and errno EWOULDBLOCK while somebody else has it. */
static int
try_lock (int folder, const char *name)
{
  const int fd = openat (folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

  if (fd < 0)
    return -1;
  if (flock (fd, LOCK_EX | LOCK_NB) == 0) {
    if (is_there (folder, name, fd))
      return fd;
    errno = EWOULDBLOCK;
  }
  const int number = errno;
  close (fd);
  errno = number;
  return -1;
}

CnxCacheLock *
cnx_cache_lock (int folder, const char *name)
{
  const gint64 end = g_get_monotonic_time () + LONGEST_WAIT;
  g_autofree char *file = g_strconcat (name, ".lock", NULL);
  int fd;

  while ((fd = try_lock (folder, file)) < 0) {
    if (errno != EWOULDBLOCK || g_get_monotonic_time () > end) {
      g_debug ("kernel cache: no lock: %s", g_strerror (errno));
      return NULL;
    }
    g_usleep (BETWEEN_TRIES);
  }
  CnxCacheLock *lock = g_new (CnxCacheLock, 1);
  *lock = (CnxCacheLock) { folder, fd, g_steal_pointer (&file) };
  return lock;
}

void
cnx_cache_unlock (CnxCacheLock * lock)
{
  if (!lock)
    return;
  unlinkat (lock->folder, lock->name, 0);
  close (lock->fd);
  g_free (lock->name);
  g_free (lock);
}
