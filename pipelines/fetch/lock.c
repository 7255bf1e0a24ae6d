#include "pipelines/fetch/lock.h"
#include "pipelines/fetch/download.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever lets a lock go removes its folder: so often it is made anew. */
#define MOST_TRIES 100

static gboolean
fail (const char *what, const char *path, GError ** error)
{
  const int number = errno;

  g_set_error (error, CNX_DOWNLOAD_ERROR, CNX_DOWNLOAD_ERROR_DISK, "cannot %s %s: %s", what, path,
      g_strerror (number));
  return FALSE;
}

static gboolean
open_file (CnxLock * lock, const char *folder, GError ** error)
{
  for (int tries = 0; tries < MOST_TRIES; tries++) {
    if (g_mkdir_with_parents (folder, 0755) != 0)
      return fail ("make the folder", folder, error);
    if ((lock->fd = g_open (lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666)) >= 0)
      return TRUE;
    if (errno != ENOENT)
      break;
  }
  return fail ("write", lock->path, error);
}

/* Whether the open file still has the name: whoever held the lock removed it. */
static gboolean
has_name (const CnxLock * lock)
{
  struct stat opened, named;

  return fstat (lock->fd, &opened) == 0 && stat (lock->path, &named) == 0 && opened.st_dev == named.st_dev
      && opened.st_ino == named.st_ino;
}

gboolean
cnx_lock_take (CnxLock * lock, const char *folder, void (*say) (const char *line, gpointer user_data),
    gpointer user_data, GError ** error)
{
  *lock = (CnxLock) {.path = g_build_filename (folder, "lock", NULL),.fd = -1 };
  for (;;) {
    if (!open_file (lock, folder, error))
      return FALSE;
    while (flock (lock->fd, LOCK_EX | (lock->waited ? 0 : LOCK_NB)) != 0) {
      if (errno == EWOULDBLOCK) {
        say ("waiting: another process downloads the same model", user_data);
        lock->waited = TRUE;
      } else if (errno != EINTR) {      /* ENOLCK, EOPNOTSUPP: some network file systems */
        g_autofree char *line = g_strdup_printf ("%s cannot be locked (%s): going on without; let no other process "
            "download the same model meanwhile", lock->path, g_strerror (errno));
        say (line, user_data);
        return TRUE;
      }
    }
    if (has_name (lock))
      return TRUE;
    close (lock->fd);
    lock->fd = -1;
  }
}

void
cnx_lock_release (CnxLock * lock)
{
  g_autofree char *folder = g_path_get_dirname (lock->path);

  if (lock->fd >= 0)
    g_unlink (lock->path);
  g_rmdir (folder);             /* before the next one has the lock, who makes it anew */
  if (lock->fd >= 0)
    close (lock->fd);
  g_free (lock->path);
  *lock = (CnxLock) {.fd = -1 };
}
