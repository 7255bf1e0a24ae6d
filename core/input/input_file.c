#include "core/input/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

struct _CnxInputFile
{
  char *path;
  int fd;
  struct stat opened;
  int failed;                   /* atomic: errno of the first read that failed, -1 where the file ended */
};

CnxInputFile *
cnx_input_file_open (const char *path, GError ** error)
{
  g_autoptr (CnxInputFile) file = g_new0 (CnxInputFile, 1);

  file->path = g_strdup (path);
  /* O_NONBLOCK: to open a pipe would wait for ever. */
  file->fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file->fd < 0 || fstat (file->fd, &file->opened) != 0) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "cannot open '%s': %s", path, g_strerror (errno));
    return NULL;
  }
  if (!S_ISREG (file->opened.st_mode)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "'%s' is not a file", path);
    return NULL;
  }
  return g_steal_pointer (&file);
}

void
cnx_input_file_free (CnxInputFile * file)
{
  if (file->fd >= 0)
    close (file->fd);
  g_free (file->path);
  g_free (file);
}

const char *
cnx_input_file_path (const CnxInputFile * file)
{
  return file->path;
}

guint64
cnx_input_file_size (const CnxInputFile * file)
{
  return file->opened.st_size;
}

gboolean
cnx_input_file_read (CnxInputFile * file, guint64 offset, gsize length, void *out)
{
  guint8 *to = out;

  while (length > 0) {
    const gssize got = pread (file->fd, to, length, offset);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0) {
      errno = got < 0 ? errno : 0;
      g_atomic_int_compare_and_exchange (&file->failed, 0, errno ? errno : -1);
      memset (to, 0, length);
      return FALSE;
    }
    to += got;
    offset += got;
    length -= got;
  }
  return TRUE;
}

gboolean
cnx_input_file_check (CnxInputFile * file, GError ** error)
{
  const int failed = g_atomic_int_get (&file->failed);
  struct stat now;

  if (failed > 0) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "cannot read '%s': %s", file->path, g_strerror (failed));
    return FALSE;
  }
  if (!failed && fstat (file->fd, &now) == 0 && now.st_size == file->opened.st_size
      && now.st_mtim.tv_sec == file->opened.st_mtim.tv_sec && now.st_mtim.tv_nsec == file->opened.st_mtim.tv_nsec)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s' was %s while it was read: load it again, and replace a file "
      "by renaming the new one over the old", file->path, failed ? "cut short" : "changed");
  return FALSE;
}

char *
cnx_input_file_load (const char *path, gsize max, gsize * length, GError ** error)
{
  g_autoptr (CnxInputFile) file = cnx_input_file_open (path, error);
  g_autofree char *text = NULL;

  if (!file)
    return NULL;
  if (cnx_input_file_size (file) > max) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "'%s': too large: over %" G_GSIZE_FORMAT " KiB", path, max / 1024);
    return NULL;
  }
  *length = cnx_input_file_size (file);
  if (!(text = cnx_try_new (*length + 1, 1, path, error)))
    return NULL;
  text[*length] = '\0';
  if (!cnx_input_file_read (file, 0, *length, text)) {
    cnx_input_file_check (file, error);
    return NULL;
  }
  return g_steal_pointer (&text);
}
