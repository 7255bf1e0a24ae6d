#include "opencl/cache/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

char *
cnx_cache_path (void)
{
  return g_build_filename (g_get_user_cache_dir (), "convnext", NULL);
}

static gboolean
fail (GError ** error, int number, const char *path)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "'%s': %s", path, g_strerror (number));
  return FALSE;
}

static gboolean
is_trusted_owner (const struct stat *is)
{
  return is->st_uid == geteuid () || is->st_uid == 0;
}

static gboolean
is_trusted (const struct stat *is, const char *path, GError ** error)
{
  if (!is_trusted_owner (is))
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_PERM, "'%s' belongs to another user (%u), whose code would run "
        "here: give XDG_CACHE_HOME a folder of your own", path, (guint) is->st_uid);
  else if (is->st_mode & (S_IWGRP | S_IWOTH))
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_PERM, "others may write to '%s', and their code would run here: "
        "chmod go-w it", path);
  else
    return TRUE;
  return FALSE;
}

static int
open_folder (const char *path, int flags, GError ** error)
{
  struct stat is;

  if (g_mkdir_with_parents (path, 0700) != 0) {
    fail (error, errno, path);
    return -1;
  }
  const int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
  if (fd >= 0 && fstat (fd, &is) == 0) {
    if (is_trusted (&is, path, error))
      return fd;
  } else {
    fail (error, errno, path);
  }
  if (fd >= 0)
    close (fd);
  return -1;
}

int
cnx_cache_open_folder (const char *path, GError ** error)
{
  return open_folder (path, 0, error);
}

int
cnx_cache_open_unlinked (const char *path, GError ** error)
{
  return open_folder (path, O_NOFOLLOW, error);
}

int
cnx_cache_open (void)
{
  static gsize told;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = cnx_cache_path ();
  const int fd = cnx_cache_open_folder (path, &error);

  if (fd >= 0)
    return fd;
  if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_PERM)) {
    g_debug ("kernel cache: %s", error->message);
  } else if (g_once_init_enter (&told)) {
    g_log (CNX_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "compiled kernels are neither kept nor read: %s",
        error->message);
    g_once_init_leave (&told, 1);
  }
  return -1;
}

/* ---- files ---- */

static char *
read_whole (int fd, gsize size)
{
  g_autofree char *text = g_try_malloc (size + 1);
  gsize done = 0;

  while (text && done < size) {
    const gssize got = read (fd, text + done, size - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return NULL;
    done += got;
  }
  if (text)
    text[size] = '\0';
  return g_steal_pointer (&text);
}

char *
cnx_cache_read (int folder, const char *name, gsize most, gsize * length)
{
  /* O_NONBLOCK: to open a pipe would wait for ever. */
  const int fd = openat (folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  char *text = NULL;
  struct stat is;

  if (fd < 0) {
    if (errno != ENOENT)
      g_debug ("kernel cache: '%s' is not used: %s", name, g_strerror (errno));
    return NULL;
  }
  if (fstat (fd, &is) != 0 || !S_ISREG (is.st_mode))
    g_debug ("kernel cache: '%s' is not used: it is no file", name);
  else if (!is_trusted_owner (&is) || (is.st_mode & (S_IWGRP | S_IWOTH)))
    g_log (CNX_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "kernel cache: '%s' is not used: others than this user "
        "and root may write to it", name);
  else if ((guint64) is.st_size > most)
    g_debug ("kernel cache: '%s' is not used: it is too large", name);
  else
    text = read_whole (fd, *length = is.st_size);
  close (fd);
  return text;
}

static gboolean
write_whole (int fd, const guint8 * bytes, gsize length)
{
  while (length > 0) {
    const gssize written = write (fd, bytes, length);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return FALSE;
    bytes += written;
    length -= written;
  }
  return fsync (fd) == 0;
}

gboolean
cnx_cache_write (int folder, const char *name, const void *bytes, gsize length, GError ** error)
{
  g_autofree char *part = g_strdup_printf (".%08x%08x.part", g_random_int (), g_random_int ());
  const int fd = openat (folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0)
    return fail (error, errno, name);
  gboolean ok = write_whole (fd, bytes, length);
  int number = errno;
  if (close (fd) != 0 && ok) {
    ok = FALSE;
    number = errno;
  }
  if (ok && renameat (folder, part, folder, name) == 0)
    return TRUE;
  if (ok)
    number = errno;
  unlinkat (folder, part, 0);
  return fail (error, number, name);
}
