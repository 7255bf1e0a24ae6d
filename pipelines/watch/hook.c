#define _GNU_SOURCE             /* memfd_create() */

#include "pipelines/watch/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipelines/watch/event_json.h"

/* Seconds between SIGTERM and SIGKILL; at the end there is less time. */
#define GRACE 2
#define LAST_GRACE (G_TIME_SPAN_SECOND)

/* A longer line is said in parts, and of one run no more lines than these. */
#define LONGEST_LINE 1000
#define MOST_LINES 100
/* How much is read at once, and how often when the command is over: who is left of its group may write on. */
#define READ_SIZE 16384
#define LAST_READS 16
/* Descriptors of a command, at most, as shells have it. */
#define USUAL_FILES 1024

/* A camera, with its command where one runs. */
typedef struct
{
  CnxHook *hook;                /* of which this is a part */
  char *name;
  GQueue waiting;               /* JSON, oldest first */
  CnxSeldom dropped, failed;

  GPid pid;                     /* 0: none runs */
  int output;
  GString *line;                /* what has come of a line */
  guint64 lines;
  gboolean late;                /* its time was over */
  guint ended, readable, limit; /* sources; 0: none */
} Camera;

struct _CnxHook
{
  char *command;
  char **environment;
  guint limit;
  CnxHerald *herald;
  GHashTable *cameras;          /* by their names */
  guint64 dropped;
  guint running;
};

static void run_next (Camera * camera);

/* ---- what it prints ---- */

static void
say_line (Camera * camera)
{
  if (camera->line->len > 0 && ++camera->lines <= MOST_LINES)
    cnx_herald_say (camera->hook->herald, camera->name, "on-event: %s", camera->line->str);
  g_string_truncate (camera->line, 0);
}

static void
take (Camera * camera, const char *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++) {
    if (bytes[i] == '\n' || camera->line->len >= LONGEST_LINE)
      say_line (camera);
    if (bytes[i] != '\n' && bytes[i] != '\0')
      g_string_append_c (camera->line, bytes[i]);
  }
}

/* FALSE: there is nothing more, now or ever. */
static gboolean
read_some (Camera * camera, gboolean * over)
{
  char bytes[READ_SIZE];
  const gssize n = read (camera->output, bytes, sizeof (bytes));

  *over = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
  if (n <= 0)
    return FALSE;
  take (camera, bytes, n);
  return TRUE;
}

static gboolean
on_readable (int output, GIOCondition condition, gpointer data)
{
  Camera *camera = data;
  gboolean over;

  read_some (camera, &over);
  if (!over)
    return G_SOURCE_CONTINUE;
  camera->readable = 0;
  return G_SOURCE_REMOVE;
}

/* ---- how it ends ---- */

static gboolean
kill_it (gpointer data)
{
  Camera *camera = data;

  kill (-camera->pid, SIGKILL);
  camera->limit = 0;
  return G_SOURCE_REMOVE;
}

static gboolean
end_it (gpointer data)
{
  Camera *camera = data;

  camera->late = TRUE;
  kill (-camera->pid, SIGTERM);
  camera->limit = g_timeout_add_seconds (GRACE, kill_it, camera);
  return G_SOURCE_REMOVE;
}

/* How the command ended, where that is worth a word. Free with g_free(). */
static char *
complaint (const Camera * camera, int status)
{
  if (camera->late)
    return g_strdup_printf ("was ended after %u s", camera->hook->limit);
  if (WIFSIGNALED (status))
    return g_strdup_printf ("was ended by signal %d (%s)", WTERMSIG (status), g_strsignal (WTERMSIG (status)));
  if (WIFEXITED (status) && WEXITSTATUS (status) != 0)
    return g_strdup_printf ("ended with status %d", WEXITSTATUS (status));
  return NULL;
}

static void
clear_run (Camera * camera)
{
  g_clear_handle_id (&camera->ended, g_source_remove);
  g_clear_handle_id (&camera->readable, g_source_remove);
  g_clear_handle_id (&camera->limit, g_source_remove);
  close (camera->output);
  camera->pid = 0;
  camera->hook->running--;
}

static void
on_ended (GPid pid, int status, gpointer data)
{
  Camera *camera = data;
  gboolean over = FALSE;

  camera->ended = 0;
  /* What did not heed SIGTERM outlives the shell that did. */
  if (camera->late)
    kill (-pid, SIGKILL);
  for (int i = 0; i < LAST_READS && read_some (camera, &over); i++);
  say_line (camera);
  if (camera->lines > MOST_LINES)
    cnx_herald_say (camera->hook->herald, camera->name, "on-event: and %" G_GUINT64_FORMAT " lines more",
        camera->lines - MOST_LINES);
  g_autofree char *why = complaint (camera, status);
  if (why)
    cnx_herald_say_seldom (camera->hook->herald, &camera->failed, camera->name, "the command of on-event %s", why);
  clear_run (camera);
  run_next (camera);
}

/* ---- how it begins ---- */

/* A file in memory that holds @json: unlike a pipe it needs nobody who writes. */
static int
open_input (const char *json)
{
  const int input = memfd_create ("event", MFD_CLOEXEC);

  if (input < 0)
    return -1;
  for (gsize done = 0, size = strlen (json); done < size;) {
    const gssize n = write (input, json + done, size - done);
    if (n <= 0) {
      close (input);
      return -1;
    }
    done += n;
  }
  lseek (input, 0, SEEK_SET);
  return input;
}

/* Between fork and exec: only what is safe there. */
static void
lead_a_group (gpointer data)
{
  struct rlimit files;
  sigset_t none;

  setpgid (0, 0);
  if (getrlimit (RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > USUAL_FILES) {
    files.rlim_cur = USUAL_FILES;       /* we may have raised it, and select() and who closes all would suffer */
    setrlimit (RLIMIT_NOFILE, &files);
  }
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

static gboolean
spawn (Camera * camera, const char *json, GError ** error)
{
  const char *argv[] = { "/bin/sh", "-c", camera->hook->command, NULL };
  const char *const *environment = (const char *const *) camera->hook->environment;
  const int input = open_input (json);
  int output[2];

  if (input < 0 || !g_unix_open_pipe (output, FD_CLOEXEC, NULL)) {
    g_set_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "no descriptors for it: %s", g_strerror (errno));
    if (input >= 0)
      close (input);
    return FALSE;
  }
  const gboolean runs = g_spawn_async_with_pipes_and_fds (NULL, argv, environment, G_SPAWN_DO_NOT_REAP_CHILD,
      lead_a_group, NULL, input, output[1], output[1], NULL, NULL, 0, &camera->pid, NULL, NULL, NULL, error);
  close (input);
  close (output[1]);
  if (!runs) {
    close (output[0]);
    camera->pid = 0;
    return FALSE;
  }
  camera->output = output[0];
  g_unix_set_fd_nonblocking (camera->output, TRUE, NULL);
  return TRUE;
}

static void
run_next (Camera * camera)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json = NULL;

  while (camera->pid == 0 && (json = g_queue_pop_head (&camera->waiting))) {
    if (!spawn (camera, json, &error)) {
      cnx_herald_say_seldom (camera->hook->herald, &camera->failed, camera->name,
          "the command of on-event cannot be run: %s", error->message);
      g_clear_error (&error);
      g_clear_pointer (&json, g_free);
      continue;
    }
    camera->late = FALSE;
    camera->lines = 0;
    camera->hook->running++;
    camera->ended = g_child_watch_add (camera->pid, on_ended, camera);
    camera->readable = g_unix_fd_add (camera->output, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, camera);
    camera->limit = g_timeout_add_seconds (camera->hook->limit, end_it, camera);
  }
}

/* ---- the hook ---- */

static void
camera_free (gpointer data)
{
  Camera *camera = data;

  g_queue_clear_full (&camera->waiting, g_free);
  g_string_free (camera->line, TRUE);
  g_free (camera->name);
  g_free (camera);
}

static Camera *
camera_new (CnxHook * hook, const char *name)
{
  Camera *camera = g_new0 (Camera, 1);

  camera->hook = hook;
  camera->name = g_strdup (name);
  camera->line = g_string_new (NULL);
  g_queue_init (&camera->waiting);
  g_hash_table_insert (hook->cameras, camera->name, camera);
  return camera;
}

CnxHook *
cnx_hook_new (const char *command, guint limit, CnxHerald * herald)
{
  CnxHook *hook = g_new0 (CnxHook, 1);

  hook->command = g_strdup (command);
  hook->environment = g_get_environ ();
  hook->limit = limit > 0 ? limit : CNX_HOOK_LIMIT;
  hook->herald = cnx_herald_ref (herald);
  hook->cameras = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, camera_free);
  return hook;
}

void
cnx_hook_hide (CnxHook * hook, const char *variable)
{
  hook->environment = g_environ_unsetenv (hook->environment, variable);
}

void
cnx_hook_event (CnxHook * hook, const char *name, const CnxBoardEvent * event)
{
  Camera *camera = g_hash_table_lookup (hook->cameras, name);
  g_autofree char *json = cnx_event_json (name, event);

  if (!camera)
    camera = camera_new (hook, name);
  g_queue_push_tail (&camera->waiting, g_strconcat (json, "\n", NULL));
  if (camera->waiting.length > CNX_HOOK_WAITING) {
    g_free (g_queue_pop_head (&camera->waiting));
    hook->dropped++;
    cnx_herald_say_seldom (hook->herald, &camera->dropped, name,
        "events come faster than the command of on-event ends: the oldest that waited was dropped");
  }
  run_next (camera);
}

guint
cnx_hook_running (const CnxHook * hook)
{
  return hook->running;
}

guint64
cnx_hook_dropped (const CnxHook * hook)
{
  return hook->dropped;
}

/* ---- its end ---- */

/* Whether @pid is there no more. GLib may have waited for it before. */
static gboolean
is_gone (GPid pid)
{
  const pid_t got = waitpid (pid, NULL, WNOHANG);

  return got == pid || (got < 0 && errno == ECHILD);
}

/* Sends @signal to every command's group, and waits until they are gone. */
static void
end_all (CnxHook * hook, int signal)
{
  const gint64 deadline = g_get_monotonic_time () + LAST_GRACE;
  gboolean told = FALSE;

  while (hook->running > 0 && (!told || g_get_monotonic_time () < deadline)) {
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init (&iter, hook->cameras);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
      Camera *camera = value;
      if (camera->pid == 0)
        continue;
      g_clear_handle_id (&camera->ended, g_source_remove);
      if (!told)
        kill (-camera->pid, signal);
      if (!is_gone (camera->pid))
        continue;
      /* What did not heed it outlives the shell that did. */
      kill (-camera->pid, SIGKILL);
      clear_run (camera);
    }
    told = TRUE;
    if (hook->running > 0)
      g_usleep (10000);
  }
}

void
cnx_hook_free (CnxHook * hook)
{
  end_all (hook, SIGTERM);
  end_all (hook, SIGKILL);
  g_hash_table_unref (hook->cameras);
  cnx_herald_unref (hook->herald);
  g_free (hook->command);
  g_strfreev (hook->environment);
  g_free (hook);
}
