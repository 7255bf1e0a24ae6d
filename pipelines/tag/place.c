#define _GNU_SOURCE             /* O_PATH, sync_file_range() */
#include "pipelines/tag/place.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

#define PREFIX ".convnext-"
#define SUFFIX ".part"
#define DIGITS 16
/* Names of 64 random bits: more than one try is another's file of that very name. */
#define MOST_TRIES 100

struct _CnxPlace
{
  char *folder, *name, *path;
  int folder_fd;                /* below 0 until something is written, as is fd */
  int fd;                       /* locked while it lives, so that nobody sweeps it away */
  char temporary[sizeof PREFIX SUFFIX + DIGITS];
  gboolean keeps_mode, keeps_old;
};

CnxPlace *
cnx_place_new (const char *folder, const char *name)
{
  CnxPlace *self = g_new0 (CnxPlace, 1);

  self->folder = g_strdup (folder);
  self->name = g_strdup (name);
  self->path = g_build_filename (folder, name, NULL);
  self->folder_fd = self->fd = -1;
  return self;
}

static void
drop_descriptors (CnxPlace * self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->folder_fd >= 0)
    close (self->folder_fd);
  self->fd = self->folder_fd = -1;
}

void
cnx_place_free (CnxPlace * self)
{
  if (self->fd >= 0)
    unlinkat (self->folder_fd, self->temporary, 0);
  drop_descriptors (self);
  g_free (self->folder);
  g_free (self->name);
  g_free (self->path);
  g_free (self);
}

const char *
cnx_place_path (const CnxPlace * self)
{
  return self->path;
}

gboolean
cnx_place_is_begun (const CnxPlace * self)
{
  return self->fd >= 0;
}

static gboolean
set_error (const CnxPlace * self, int number, GError ** error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "%s cannot be written: %s", self->path,
      g_strerror (number));
  return FALSE;
}

/* ---- what is there ---- */

static gboolean
is_below (const char *path, const char *folder)
{
  const gsize length = strlen (folder);

  return strncmp (path, folder, length) == 0 && (path[length] == '/' || g_str_has_suffix (folder, "/"));
}

gboolean
cnx_place_follow (CnxPlace * self, const char *within, GError ** error)
{
  struct stat status;

  if (lstat (self->path, &status) != 0 || !S_ISLNK (status.st_mode))
    return TRUE;                /* what else is wrong is told by who opens it */
  g_autofree char *target = realpath (self->path, NULL), *top = realpath (within, NULL);
  if (!target || !top)
    return set_error (self, errno, error);
  if (!is_below (target, top)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s is a link to %s, which is not in the folder %s: it is left "
        "alone. Tag a folder that holds both, or put a file in the link's place", self->path, target, within);
    return FALSE;
  }
  g_free (self->folder);
  g_free (self->name);
  g_free (self->path);
  self->folder = g_path_get_dirname (target);
  self->name = g_path_get_basename (target);
  self->path = g_steal_pointer (&target);
  return TRUE;
}

int
cnx_place_open_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  struct stat status;

  if (!*name || strchr (name, '/') || strcmp (name, ".") == 0 || strcmp (name, "..") == 0) {
    errno = EINVAL;
    return -1;
  }
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd >= 0 && fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    return fd;
  const int number = fd >= 0 ? EINVAL : errno;
  if (fd >= 0)
    close (fd);
  errno = number;
  return -1;
}

/* All of @fd, or an error of errno's. */
static GByteArray *
read_all (int fd, gsize most)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 piece[16 * 1024];
  gssize got;

  while ((got = read (fd, piece, sizeof piece)) != 0) {
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return NULL;
    if (bytes->len + (gsize) got > most) {
      errno = EFBIG;
      return NULL;
    }
    g_byte_array_append (bytes, piece, got);
  }
  return g_steal_pointer (&bytes);
}

GBytes *
cnx_place_read (CnxPlace * self, gsize most, GError ** error)
{
  const int fd = cnx_place_open_file (self->folder, self->name);
  GByteArray *bytes = fd >= 0 ? read_all (fd, most) : NULL;
  const int number = errno;

  if (fd >= 0)
    close (fd);
  self->keeps_mode = bytes != NULL;
  if (bytes)
    return g_byte_array_free_to_bytes (bytes);
  if (number == EINVAL || number == EFBIG || number == ELOOP)
    g_set_error (error, CNX_ERROR, CNX_ERROR_FORMAT, "%s is nothing that can be added to", self->path);
  else if (number != ENOENT)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "%s cannot be read: %s", self->path,
        g_strerror (number));
  return NULL;
}

/* A new file in its stead would do what its owner does not want. */
static gboolean
may_replace (const CnxPlace * self, GError ** error)
{
  struct stat status;

  if (fstatat (self->folder_fd, self->name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG (status.st_mode)
      || ((status.st_mode & 0222) != 0 && faccessat (self->folder_fd, self->name, W_OK, 0) == 0))
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s may only be read: it is left as it is. Permit writing to it, or "
      "name another folder with --output", self->path);
  return FALSE;
}

/* ---- writing ---- */

/* Whether the file that was just made still has its name, now that it is locked: else it was swept away between. */
static gboolean
has_name (const CnxPlace * self)
{
  struct stat opened, named;

  return fstat (self->fd, &opened) == 0 && fstatat (self->folder_fd, self->temporary, &named, AT_SYMLINK_NOFOLLOW) == 0
      && opened.st_ino == named.st_ino;
}

static gboolean
begin (CnxPlace * self, GError ** error)
{
  if (g_mkdir_with_parents (self->folder, 0777) != 0
      || (self->folder_fd = open (self->folder, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
    return set_error (self, errno, error);
  if (!may_replace (self, error))
    return FALSE;
  for (int tries = 0; tries < MOST_TRIES; tries++) {
    g_snprintf (self->temporary, sizeof self->temporary, PREFIX "%08x%08x" SUFFIX, g_random_int (), g_random_int ());
    self->fd = openat (self->folder_fd, self->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (self->fd < 0 && errno == EEXIST)
      continue;
    if (self->fd < 0)
      break;
    flock (self->fd, LOCK_EX);  /* where there are no locks nobody sweeps */
    if (has_name (self))
      return TRUE;
    close (self->fd);
    self->fd = -1;
    errno = EEXIST;
  }
  return set_error (self, errno, error);
}

gboolean
cnx_place_write (CnxPlace * self, const char *text, gsize size, GError ** error)
{
  if (self->fd < 0) {
    drop_descriptors (self);
    if (!begin (self, error))
      return FALSE;
  }
  while (size > 0) {
    const gssize written = write (self->fd, text, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return set_error (self, written < 0 ? errno : ENOSPC, error);
    text += written;
    size -= written;
  }
  return TRUE;
}

void
cnx_place_begin_sync (CnxPlace * self)
{
  if (sync_file_range (self->fd, 0, 0, SYNC_FILE_RANGE_WRITE) != 0)
    g_debug ("%s: %s", self->path, g_strerror (errno));
}

/* Some file systems cannot: there it is as good as it gets. */
gboolean
cnx_place_sync (CnxPlace * self, GError ** error)
{
  return fsync (self->fd) == 0 || errno == EINVAL || set_error (self, errno, error);
}

gboolean
cnx_place_sync_folder (CnxPlace * self, GError ** error)
{
  const int fd = open (self->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const gboolean ok = fd >= 0 && (fsync (fd) == 0 || errno == EINVAL);
  const int number = errno;

  if (fd >= 0)
    close (fd);
  return ok || set_error (self, number, error);
}

void
cnx_place_keep_old (CnxPlace * self)
{
  self->keeps_old = TRUE;
}

/* What somebody else's file may be read by stays so. */
static void
keep_old_mode (const CnxPlace * self)
{
  struct stat status;

  if (fstatat (self->folder_fd, self->name, &status, AT_SYMLINK_NOFOLLOW) == 0
      && fchmod (self->fd, status.st_mode & 0777) != 0)
    g_debug ("%s: %s", self->path, g_strerror (errno));
}

/* Where there is no room for the longer name, or one that has it, nothing is lost either: the new file is not put. */
static gboolean
move_old (const CnxPlace * self)
{
  g_autofree char *old = g_strconcat (self->name, "~", NULL);

  return linkat (self->folder_fd, self->name, self->folder_fd, old, 0) == 0
      || renameat2 (self->folder_fd, self->name, self->folder_fd, old, RENAME_NOREPLACE) == 0 || errno == ENOENT;
}

gboolean
cnx_place_put (CnxPlace * self, GError ** error)
{
  if (self->keeps_mode)
    keep_old_mode (self);
  const gboolean ok = (!self->keeps_old || move_old (self))
      && renameat (self->folder_fd, self->temporary, self->folder_fd, self->name) == 0;
  const int number = errno;
  if (!ok)
    unlinkat (self->folder_fd, self->temporary, 0);
  drop_descriptors (self);
  return ok || set_error (self, number, error);
}

/* ---- leftovers ---- */

static gboolean
is_temporary (const char *name)
{
  const gsize length = strlen (PREFIX);

  if (!g_str_has_prefix (name, PREFIX) || strlen (name) != length + DIGITS + strlen (SUFFIX))
    return FALSE;
  for (gsize i = 0; i < DIGITS; i++)
    if (!g_ascii_isxdigit (name[length + i]))
      return FALSE;
  return strcmp (name + length + DIGITS, SUFFIX) == 0;
}

void
cnx_place_sweep (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    const int fd = is_temporary (name) ? cnx_place_open_file (folder, name) : -1;
    if (fd < 0)
      continue;
    g_autofree char *path = g_build_filename (folder, name, NULL);
    if (flock (fd, LOCK_EX | LOCK_NB) == 0)
      g_unlink (path);
    close (fd);
  }
}
