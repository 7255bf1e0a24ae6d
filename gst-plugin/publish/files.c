#include "gst-plugin/publish/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

#define WAIT_MS 100

/**
 * Files:
 * @path: NULL: the standard output
 * @fd: -1 while it is closed
 * @is_pipe: one with a name stood at the path last
 * @was_lost: it was open, and then moved away or read no more
 * @is_cut: what was in the file does not end in a line end
 * @done: bytes that are there of a message that is not whole yet
 */
typedef struct
{
  char *path;
  int fd;
  gboolean is_pipe, was_lost, is_cut;
  gsize done;
  guint64 reconnects;
} Files;

static CnxPlaceAnswer
not_now (const Files * self)
{
  return self->done > 0 ? CNX_PLACE_PARTLY : CNX_PLACE_LATER;
}

static const char *
reason (const Files * self, int number)
{
  if (number == EISDIR)
    return "it is a folder; give the path of a file in it";
  if (number == ENOENT)
    return self->is_pipe ? "the pipe was taken away" : "the folder that it is to lie in is not there; make it first";
  return g_strerror (number);
}

static void
set_error (const Files * self, GError ** error, int number)
{
  g_autofree char *path = self->path ? cnx_printable (self->path) : g_strdup ("standard output");

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "Labels cannot be written to '%s': %s", path,
      reason (self, number));
}

/* Whether @path leads to a pipe: one that cannot be opened to be written to has no reader. */
static gboolean
is_pipe (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 && S_ISFIFO (status.st_mode);
}

/* Whether the file of @size bytes at @path ends in the middle of a line; not where it may not be read. */
static gboolean
is_cut (const char *path, off_t size)
{
  const int fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  char last = '\n';

  if (fd < 0)
    return FALSE;
  const gboolean is_read = pread (fd, &last, 1, size - 1) == 1;
  close (fd);
  return is_read && last != '\n';
}

/* A pipe that was taken away is waited for: no file comes in its place. FALSE without an error: nobody reads it. */
static gboolean
open_path (Files * self, GError ** error)
{
  const int flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | (self->is_pipe ? 0 : O_CREAT);
  struct stat status;

  self->fd = open (self->path, flags, 0666);
  if (self->fd < 0 && errno == ENXIO && is_pipe (self->path)) {
    self->is_pipe = TRUE;
    return FALSE;
  }
  if (self->fd < 0) {
    set_error (self, error, errno);
    return FALSE;
  }
  const gboolean is_known = fstat (self->fd, &status) == 0;
  self->is_pipe = is_known && S_ISFIFO (status.st_mode);
  self->is_cut = is_known && S_ISREG (status.st_mode) && status.st_size > 0 && is_cut (self->path, status.st_size);
  return TRUE;
}

/* A message of which a part is in a file stands there whole or not at all, unless others have written behind it. */
static void
take_back (const Files * self)
{
  const off_t end = lseek (self->fd, 0, SEEK_CUR);

  if (end >= (off_t) self->done && lseek (self->fd, 0, SEEK_END) == end
      && ftruncate (self->fd, end - (off_t) self->done) != 0)
    g_debug ("half a line stays in a file of labels");
}

static void
close_path (Files * self)
{
  if (self->done > 0 && !self->is_pipe)
    take_back (self);
  close (self->fd);
  self->fd = -1;
  self->done = 0;
}

/* Whether another file stands at the path than the one that is open, or none. */
static gboolean
is_moved (const Files * self)
{
  struct stat there, here;

  return stat (self->path, &there) != 0 || fstat (self->fd, &here) != 0 || there.st_dev != here.st_dev
      || there.st_ino != here.st_ino;
}

/* Bytes that a write may have without waiting, once poll() has let it: a pipe that has room has it for so many. */
static gsize
most_at_once (const Files * self)
{
  struct stat status;

  return fstat (self->fd, &status) == 0 && S_ISREG (status.st_mode) ? G_MAXSSIZE : PIPE_BUF;
}

/* On with @message from where the last call ended. errno is 0 where there was only no room for a while. */
static gboolean
write_rest (Files * self, const CnxMessage * message)
{
  const gsize most = most_at_once (self);

  for (int wait = WAIT_MS; self->done < message->length; wait = 0) {
    struct pollfd ready = { self->fd, POLLOUT, 0 };
    if (poll (&ready, 1, wait) <= 0) {
      errno = 0;
      return FALSE;
    }
    const gssize n = write (self->fd, message->line + self->done, MIN (message->length - self->done, most));
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      errno = 0;
    if (n < 0)
      return FALSE;
    self->done += n;
  }
  self->done = 0;
  return TRUE;
}

static CnxPlaceAnswer
file_write (gpointer place, const CnxMessage * message, GError ** error)
{
  Files *self = place;

  if (self->fd >= 0 && is_moved (self)) {
    close_path (self);
    self->was_lost = TRUE;
  }
  if (self->fd < 0 && !open_path (self, error))
    return CNX_PLACE_LATER;
  if (self->is_cut && write (self->fd, "\n", 1) == 1)
    self->is_cut = FALSE;
  if (!self->is_cut && write_rest (self, message)) {
    self->reconnects += self->was_lost;
    self->was_lost = FALSE;
    return CNX_PLACE_TAKEN;
  }
  if (errno == EPIPE && self->is_pipe)
    self->was_lost = TRUE;
  else if (errno != 0)
    set_error (self, error, errno);
  return not_now (self);
}

static void
file_close (gpointer place)
{
  Files *self = place;

  if (self->fd >= 0)
    close_path (self);
  g_free (self->path);
  g_free (self);
}

static gpointer
file_open (const CnxPlaceSettings * settings, GError ** error)
{
  Files *self = g_new0 (Files, 1);
  GError *failed = NULL;

  self->path = g_strdup (settings->location);
  self->fd = -1;
  if (open_path (self, &failed) || !failed)
    return self;
  g_propagate_error (error, failed);
  file_close (self);
  return NULL;
}

static guint64
reconnects (gpointer place)
{
  return ((Files *) place)->reconnects;
}

/* ---- the standard output ---- */

static gpointer
stdout_open (const CnxPlaceSettings * settings, GError ** error)
{
  Files *self = g_new0 (Files, 1);

  if (fcntl (STDOUT_FILENO, F_GETFD) >= 0) {
    self->fd = STDOUT_FILENO;
    return self;
  }
  set_error (self, error, errno);
  g_free (self);
  return NULL;
}

static CnxPlaceAnswer
stdout_write (gpointer place, const CnxMessage * message, GError ** error)
{
  Files *self = place;

  if (write_rest (self, message))
    return CNX_PLACE_TAKEN;
  if (errno == 0)
    return not_now (self);
  const gboolean is_over = errno == EPIPE || errno == EBADF;
  set_error (self, error, errno);
  if (is_over)
    self->done = 0;
  return is_over ? CNX_PLACE_REFUSED : not_now (self);
}

static void
stdout_close (gpointer place)
{
  g_free (place);
}

const CnxPlace cnx_place_file = { file_open, file_write, reconnects, file_close };
const CnxPlace cnx_place_stdout = { stdout_open, stdout_write, reconnects, stdout_close };
