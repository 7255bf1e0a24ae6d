#include "core/input/read_all.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES ((gsize) 1 << 16)

static void
set_error (int number, GError ** error)
{
  g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (number), g_strerror (number));
}

/* Room for more in @bytes, which has @room bytes; NULL where there is no more memory. */
static char *
grow (char *bytes, gsize * room, gsize most)
{
  const gsize doubled = *room > most / 2 ? most : 2 * *room;

  *room = MAX (doubled, MIN (most, FIRST_BYTES));
  return g_try_realloc (bytes, *room);
}

static char *
read_stream (int fd, gsize most, gsize * length, GError ** error)
{
  g_autofree char *bytes = NULL;
  gsize room = 0;

  for (*length = 0; *length < most;) {
    if (*length == room) {
      char *larger = grow (bytes, &room, most);
      if (!larger) {
        set_error (ENOMEM, error);
        return NULL;
      }
      (void) g_steal_pointer (&bytes);
      bytes = larger;
    }
    const gssize got = read (fd, bytes + *length, MIN (room - *length, G_MAXINT));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      set_error (errno, error);
      return NULL;
    }
    if (got == 0)
      break;
    *length += got;
  }
  return g_steal_pointer (&bytes);
}

/* Whether it is a descriptor's name. */
static gboolean
is_open_already (const char *path)
{
  static const char *const names[] = { "/dev/stdin", "/dev/fd/", "/proc/" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_has_prefix (path, names[i]))
      return TRUE;
  return FALSE;
}

int
cnx_open_for_reading (const char *path, GError ** error)
{
  /* O_NONBLOCK: to open a pipe would wait for who writes to it. */
  const int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
  struct stat is;

  if (fd < 0 || fstat (fd, &is) != 0) {
    set_error (errno, error);
  } else if (S_ISFIFO (is.st_mode) && !is_open_already (path)) {
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "it is a pipe with a name, which nobody may ever "
        "write to: give a file, or /dev/stdin with the pipe behind it");
  } else {
    fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
  }
  if (fd >= 0)
    close (fd);
  return -1;
}

char *
cnx_read_all (const char *path, gsize most, gsize * length, GError ** error)
{
  const int fd = cnx_open_for_reading (path, error);

  if (fd < 0)
    return NULL;
  char *bytes = read_stream (fd, most + 1, length, error);
  close (fd);
  return bytes;
}
