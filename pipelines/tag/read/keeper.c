#define _GNU_SOURCE             /* closefrom() */
#include "pipelines/tag/read/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipelines/tag/read/wire.h"

/* A decoder's socket, behind the three streams. */
#define SOCKET 3
/* How long, and how often, one that was killed is waited for. */
#define MOST_LOOKS 2000
#define LOOK_US 1000
/* A decoder reads what it is told within that, or never. */
#define SEND_SECONDS 3

struct _CnxKeeper
{
  GMutex lock;
  int fd;
  pid_t pid;
};

/* ---- a decoder ---- */

/* Of what the process has now, as the kernel counts it for the limit. */
static guint64
data_in_use (void)
{
  char line[256];
  guint64 kib = 0;
  FILE *file = fopen ("/proc/self/status", "re");

  while (file && fgets (line, sizeof line, file))
    if (sscanf (line, "VmData: %" G_GUINT64_FORMAT, &kib) == 1)
      break;
  if (file)
    fclose (file);
  return kib * 1024;
}

static void
limit (guint64 memory)
{
  const struct rlimit none = { 0, 0 };

  setrlimit (RLIMIT_CORE, &none);
  if (memory == 0)
    return;
  const rlim_t most = data_in_use () + memory;
  const struct rlimit data = { most, most };
  setrlimit (RLIMIT_DATA, &data);
}

/* What libraries print goes nowhere, unless somebody wants to see it: they know of no progress line, and not which
 * file it is about. */
static void
redirect_streams (void)
{
  const int nowhere = open ("/dev/null", O_RDWR);
  const gboolean watched = g_getenv ("G_MESSAGES_DEBUG") || g_getenv ("GST_DEBUG");

  for (int stream = 0; nowhere >= 0 && stream <= (watched ? 1 : 2); stream++)
    dup2 (nowhere, stream);
  if (nowhere > 2)
    close (nowhere);
}

/* It may have died before we asked for that. */
static void
die_with (pid_t parent)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)
    _exit (1);
}

static void
be_decoder (const CnxKeeperOptions * options, int fd, pid_t keeper)
{
  die_with (keeper);
  redirect_streams ();
  if (fd != SOCKET)
    dup2 (fd, SOCKET);
  fcntl (SOCKET, F_SETFD, FD_CLOEXEC);
  closefrom (SOCKET + 1);
  limit (options->memory);
  options->serve (SOCKET, options->memory);
  _exit (0);
}

/* ---- the keeper ---- */

static gint32
start (const CnxKeeperOptions * options, int passed)
{
  const pid_t keeper = getpid (), pid = fork ();
  const int number = errno;

  if (pid == 0)
    be_decoder (options, passed, keeper);
  return pid < 0 ? -number : pid;
}

/* What hangs in the kernel, as on a file server that has gone, is not waited for: it ends when it can. */
static gint32
end (pid_t pid)
{
  int status = 0;

  kill (pid, SIGKILL);          /* too late for who is ending already */
  for (guint i = 0; i < MOST_LOOKS; i++) {
    const pid_t ended = waitpid (pid, &status, WNOHANG);
    if (ended > 0 || (ended < 0 && errno != EINTR))
      return status;
    g_usleep (LOOK_US);
  }
  return SIGKILL;
}

/* FALSE where nobody asks any more. */
static gboolean
answer (const CnxKeeperOptions * options, int fd)
{
  gint32 pid = 0, value = -EINVAL;
  CnxWire what;
  int passed;
  g_autoptr (GVariant) body = cnx_wire_receive (fd, &what, &passed);

  if (!body)
    return FALSE;
  if (what == CNX_WIRE_STOP)
    g_variant_get (body, "(i)", &pid);
  if (pid > 0)
    value = end (pid);
  else if (what == CNX_WIRE_START && passed >= 0)
    value = start (options, passed);
  if (passed >= 0)
    close (passed);
  return cnx_wire_send (fd, CNX_WIRE_ANSWER, g_variant_new ("(i)", value), -1);
}

static void
keep (const CnxKeeperOptions * options, int fd, pid_t parent)
{
  const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };

  die_with (parent);
  /* A terminal's ^C reaches every process: the one that writes decides what it means. */
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    signal (numbers[i], SIG_IGN);
  while (answer (options, fd))
    continue;
  _exit (0);
}

/* ---- who asks it ---- */

static int
fail (int number, GError ** error)
{
  g_set_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_FORK, "no process for decoding: %s", g_strerror (number));
  return -1;
}

CnxKeeper *
cnx_keeper_new (const CnxKeeperOptions * options, GError ** error)
{
  const pid_t parent = getpid ();
  int ends[2];

  fflush (NULL);                /* what waits to be printed is printed once */
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    fail (errno, error);
    return NULL;
  }
  const pid_t pid = fork ();
  const int number = errno;
  if (pid == 0) {
    close (ends[0]);
    keep (options, ends[1], parent);
  }
  close (ends[1]);
  if (pid < 0) {
    close (ends[0]);
    fail (number, error);
    return NULL;
  }
  CnxKeeper *self = g_new0 (CnxKeeper, 1);
  g_mutex_init (&self->lock);
  self->fd = ends[0];
  self->pid = pid;
  return self;
}

void
cnx_keeper_free (CnxKeeper * self)
{
  close (self->fd);
  end (self->pid);              /* and with it its decoders */
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* @otherwise: the answer where the keeper has gone. */
static gint32
ask (CnxKeeper * self, CnxWire what, GVariant * request, int passed, gint32 otherwise)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint32 value = otherwise;
  int none = -1;

  if (!cnx_wire_send (self->fd, what, request, passed))
    return otherwise;
  g_autoptr (GVariant) body = cnx_wire_receive (self->fd, &what, &none);
  if (none >= 0)
    close (none);
  if (body && what == CNX_WIRE_ANSWER)
    g_variant_get (body, "(i)", &value);
  return value;
}

int
cnx_keeper_start (CnxKeeper * self, pid_t * pid, GError ** error)
{
  const struct timeval patience = {.tv_sec = SEND_SECONDS };
  int ends[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail (errno, error);
  setsockopt (ends[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const gint32 answer = ask (self, CNX_WIRE_START, g_variant_new ("()"), ends[1], -ESRCH);
  close (ends[1]);
  if (answer > 0) {
    *pid = answer;
    return ends[0];
  }
  close (ends[0]);
  return fail (-answer, error);
}

int
cnx_keeper_end (CnxKeeper * self, pid_t pid)
{
  return ask (self, CNX_WIRE_STOP, g_variant_new ("(i)", (gint32) pid), -1, SIGKILL);
}
