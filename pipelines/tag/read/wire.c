#include "pipelines/tag/read/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Caps and paths have far less; below what a socket takes at once. */
#define MOST_BYTES (64 * 1024)

static const char *const types[CNX_WIRES] = {
  [CNX_WIRE_KIND] = "(ay)",
  [CNX_WIRE_PICTURE] = "(ayi)",
  [CNX_WIRE_FILM] = "(aydubddu)",
  [CNX_WIRE_RELEASE] = "(u)",
  [CNX_WIRE_KIND_IS] = "(u)",
  [CNX_WIRE_FACTS] = "(iiiidmsms)",
  [CNX_WIRE_MEMORY] = "(ut)",
  [CNX_WIRE_PIECE] = "(utay)",
  [CNX_WIRE_CAPS] = "(s)",
  [CNX_WIRE_FRAME] = CNX_WIRE_FRAME_TYPE,
  [CNX_WIRE_PROGRESS] = "(dt)",
  [CNX_WIRE_WARNING] = "(s)",
  [CNX_WIRE_END] = "(b)",
  [CNX_WIRE_FAILED] = "(sb)",
  [CNX_WIRE_LAST_WORDS] = "(s)",
  [CNX_WIRE_START] = "()",
  [CNX_WIRE_STOP] = "(i)",
  [CNX_WIRE_ANSWER] = "(i)",
};

/* A descriptor's place beside a message. */
typedef union
{
  struct cmsghdr header;
  char bytes[CMSG_SPACE (sizeof (int))];
} Beside;

gboolean
cnx_wire_send (int fd, CnxWire what, GVariant * body, int passed)
{
  GVariant *sunk = g_variant_ref_sink (body);
  guint32 name = what;
  struct iovec parts[] = { {&name, sizeof name}, {(void *) g_variant_get_data (sunk), g_variant_get_size (sunk)} };
  Beside beside = { 0 };
  struct msghdr message = {.msg_iov = parts,.msg_iovlen = G_N_ELEMENTS (parts) };
  gssize sent;

  if (passed >= 0) {
    message.msg_control = &beside;
    message.msg_controllen = sizeof beside;
    beside.header.cmsg_level = SOL_SOCKET;
    beside.header.cmsg_type = SCM_RIGHTS;
    beside.header.cmsg_len = CMSG_LEN (sizeof passed);
    memcpy (CMSG_DATA (&beside.header), &passed, sizeof passed);
  }
  do
    sent = sendmsg (fd, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  const int number = errno;
  g_variant_unref (sunk);
  errno = number;
  return sent >= 0;
}

/* The descriptor that came with @message, or -1. */
static int
take_descriptor (struct msghdr *message)
{
  const struct cmsghdr *header = CMSG_FIRSTHDR (message);
  int passed = -1;

  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS
      && header->cmsg_len == CMSG_LEN (sizeof passed))
    memcpy (&passed, CMSG_DATA (header), sizeof passed);
  return passed;
}

static GVariant *
understand (const char *bytes, gsize size, CnxWire * what)
{
  guint32 number = CNX_WIRES;

  if (size >= sizeof number)
    memcpy (&number, bytes, sizeof number);
  if (number >= CNX_WIRES)
    return NULL;
  *what = number;
  g_autoptr (GBytes) body = g_bytes_new (bytes + sizeof number, size - sizeof number);
  return g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (types[number]), body, FALSE));
}

GVariant *
cnx_wire_receive (int fd, CnxWire * what, int *passed)
{
  g_autofree char *bytes = g_malloc (MOST_BYTES);
  struct iovec part = { bytes, MOST_BYTES };
  Beside beside = { 0 };
  struct msghdr message = {.msg_iov = &part,.msg_iovlen = 1,.msg_control = &beside,
    .msg_controllen = CMSG_LEN (sizeof *passed)         /* with the padding behind it a second one would fit */
  };
  gssize size;

  do
    size = recvmsg (fd, &message, MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  *passed = size >= 0 ? take_descriptor (&message) : -1;
  GVariant *body = size > 0 && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ? understand (bytes, size, what) : NULL;
  if (!body && *passed >= 0)
    close (*passed);
  if (!body)
    *passed = -1;
  return body;
}
