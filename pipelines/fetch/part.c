/* Files only: nothing here knows of a network. */
#include "pipelines/fetch/part.h"
#include "pipelines/fetch/download_error.h"
#include "core/input/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP "part"
#define MOST_NOTE (1 << 16)

static gboolean
fail (const char *what, const char *path, GError ** error)
{
  const int number = errno;

  g_set_error (error, CNX_DOWNLOAD_ERROR, CNX_DOWNLOAD_ERROR_DISK, "cannot %s %s: %s", what, path,
      g_strerror (number));
  return FALSE;
}

/* The URL itself may hold a password or a token, which is nothing to leave on disk. */
static char *
source_of (const char *url)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, url, -1);
}

/* What the note says of a part of the same URL's file. */
static void
read_note (CnxPart * part, const char *url)
{
  g_autoptr (GKeyFile) note = g_key_file_new ();
  g_autofree char *source = source_of (url);
  gsize length;
  g_autofree char *text = cnx_input_file_load (part->note, MOST_NOTE, &length, NULL);
  struct stat is;

  if (!text || !g_key_file_load_from_data (note, text, length, G_KEY_FILE_NONE, NULL) || fstat (part->fd, &is) != 0)
    return;
  g_autofree char *from = g_key_file_get_string (note, GROUP, "source", NULL);
  part->etag = g_key_file_get_string (note, GROUP, "etag", NULL);
  part->sha256 = g_key_file_get_string (note, GROUP, "sha256", NULL);
  part->total = g_key_file_get_uint64 (note, GROUP, "total", NULL);
  part->done = is.st_size;
  if (g_strcmp0 (from, source) == 0 && part->etag && !(part->total && part->done > part->total))
    return;
  g_clear_pointer (&part->etag, g_free);
  g_clear_pointer (&part->sha256, g_free);
  part->done = part->total = 0;
}

gboolean
cnx_part_open (CnxPart * part, const char *path, const char *stem, const char *url, GError ** error)
{
  *part = (CnxPart) {
    .path = path,
    .part = g_strconcat (stem, ".part", NULL),
    .note = g_strconcat (stem, ".part.note", NULL),
    .rejected = g_strconcat (stem, ".rejected", NULL),
    .fd = -1,
  };
  if ((part->fd = g_open (part->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666)) < 0)
    return fail ("write", part->part, error);
  read_note (part, url);
  if (lseek (part->fd, part->done, SEEK_SET) < 0)
    return fail ("write", part->part, error);
  return TRUE;
}

gboolean
cnx_part_begin (CnxPart * part, const char *url, guint64 total, const char *etag, const char *sha256, GError ** error)
{
  g_autoptr (GKeyFile) note = g_key_file_new ();
  g_autofree char *source = source_of (url);
  g_autoptr (GError) refused = NULL;

  /* The note goes first and comes last: one that is there is true of what is in the part. */
  g_unlink (part->note);
  if (ftruncate (part->fd, 0) != 0 || lseek (part->fd, 0, SEEK_SET) < 0)
    return fail ("write", part->part, error);
  part->begun = TRUE;
  part->done = 0;
  part->total = total;
  g_free (part->etag);
  g_free (part->sha256);
  part->etag = g_strdup (etag);
  part->sha256 = g_strdup (sha256);
  if (!etag)
    return TRUE;
  g_key_file_set_string (note, GROUP, "source", source);
  g_key_file_set_string (note, GROUP, "etag", etag);
  g_key_file_set_uint64 (note, GROUP, "total", total);
  if (sha256)
    g_key_file_set_string (note, GROUP, "sha256", sha256);
  if (g_key_file_save_to_file (note, part->note, &refused))
    return TRUE;
  g_set_error (error, CNX_DOWNLOAD_ERROR, CNX_DOWNLOAD_ERROR_DISK, "cannot write: %s", refused->message);
  return FALSE;
}

gboolean
cnx_part_write (CnxPart * part, const void *data, gsize size, GError ** error)
{
  const char *from = data;

  while (size > 0) {
    const gssize written = write (part->fd, from, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return fail ("write", part->part, error);
    from += written;
    size -= written;
    part->done += written;
  }
  return TRUE;
}

/* The name is on disk once its folder is. Where a file system cannot do that, the file itself is there. */
static void
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  const int fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

  if (fd < 0)
    return;
  if (fsync (fd) != 0)
    g_debug ("%s: %s", folder, g_strerror (errno));
  close (fd);
}

gboolean
cnx_part_sync (CnxPart * part, GError ** error)
{
  return fsync (part->fd) == 0 || fail ("write", part->part, error);
}

gboolean
cnx_part_finish (CnxPart * part, GError ** error)
{
  if (g_rename (part->part, part->path) != 0)
    return fail ("rename to its name", part->part, error);
  g_unlink (part->note);
  g_unlink (part->rejected);
  sync_folder (part->path);
  return TRUE;
}

void
cnx_part_reject (CnxPart * part)
{
  g_unlink (part->note);
  if (g_rename (part->part, part->rejected) != 0)
    g_unlink (part->part);
}

static gboolean
is_empty (const CnxPart * part)
{
  struct stat is;

  return fstat (part->fd, &is) == 0 && is.st_size == 0;
}

void
cnx_part_close (CnxPart * part)
{
  /* One of another source, or that could not be looked at, is left alone until one of this source is begun. */
  if (part->fd >= 0 && (is_empty (part) || (part->begun && !part->etag))) {
    g_unlink (part->note);
    g_unlink (part->part);
  }
  if (part->fd >= 0)
    close (part->fd);
  g_free (part->rejected);
  g_free (part->part);
  g_free (part->note);
  g_free (part->etag);
  g_free (part->sha256);
}
