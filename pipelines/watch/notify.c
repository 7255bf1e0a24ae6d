#include "pipelines/watch/notify.h"

#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include <gio/gio.h>

/* When it is tried again, in milliseconds, and how much waits until then. */
#define RETRY 100
#define MOST_WAITING 8

/* The longest path: an address ends with a zero, or begins with one. */
#define LONGEST (sizeof ((struct sockaddr_un *) NULL)->sun_path - 1)

struct _CnxNotify
{
  GSocket *socket;              /* NULL: nobody is told */
  GSocketAddress *manager;
  gint64 period;
  char *status;
  GQueue waiting;               /* of char *: what must arrive, in order */
  GSource *retry, *life;
};

/* ---- what the environment says ---- */

/* The value of a variable, which is gone then; or NULL. */
static char *
take (const char *name)
{
  char *value = g_strdup (g_getenv (name));

  g_unsetenv (name);
  return value;
}

static GSocketAddress *
parse_address (const char *text)
{
  const gsize length = text ? strlen (text) : 0;

  if (length > 1 && text[0] == '/' && length <= LONGEST)
    return g_unix_socket_address_new (text);
  if (length > 1 && text[0] == '@' && length - 1 <= LONGEST)
    return g_unix_socket_address_new_with_type (text + 1, length - 1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  return NULL;
}

/* Half of what @limit says, where @pid means us. */
static gint64
parse_period (const char *limit, const char *pid)
{
  guint64 number;

  if (pid && (!g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT32, &number, NULL) || number != (guint64) getpid ()))
    return 0;
  if (!limit || !g_ascii_string_to_unsigned (limit, 10, 1, G_MAXINT64, &number, NULL))
    return 0;
  return MAX (1, (gint64) number / 2);
}

CnxNotify *
cnx_notify_new (void)
{
  CnxNotify *self = g_new0 (CnxNotify, 1);
  g_autofree char *address = take ("NOTIFY_SOCKET");
  g_autofree char *limit = take ("WATCHDOG_USEC");
  g_autofree char *pid = take ("WATCHDOG_PID");

  g_queue_init (&self->waiting);
  self->manager = parse_address (address);
  if (self->manager)
    self->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  if (self->socket) {
    g_socket_set_blocking (self->socket, FALSE);
    self->period = parse_period (limit, pid);
  }
  return self;
}

static void
end_source (GSource ** source)
{
  if (*source)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
cnx_notify_free (CnxNotify * self)
{
  end_source (&self->retry);
  end_source (&self->life);
  g_queue_clear_full (&self->waiting, g_free);
  g_clear_object (&self->socket);
  g_clear_object (&self->manager);
  g_free (self->status);
  g_free (self);
}

gboolean
cnx_notify_is_told (const CnxNotify * self)
{
  return self->socket != NULL;
}

gint64
cnx_notify_period (const CnxNotify * self)
{
  return self->period;
}

/* ---- telling ---- */

/* Whether that is done with: only of a manager that has no room is there more to hope. */
static gboolean
send_now (CnxNotify * self, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_socket_send_to (self->socket, self->manager, text, strlen (text), NULL, &error);
  return !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static GSource *
every (guint interval, GSourceFunc func, gpointer data)
{
  GSource *source = g_timeout_source_new (interval);

  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

static gboolean
send_waiting (CnxNotify * self)
{
  while (!g_queue_is_empty (&self->waiting)) {
    if (!send_now (self, g_queue_peek_head (&self->waiting)))
      return FALSE;
    g_free (g_queue_pop_head (&self->waiting));
  }
  return TRUE;
}

static gboolean
try_again (gpointer data)
{
  CnxNotify *self = data;

  if (!send_waiting (self))
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&self->retry, g_source_unref);
  return G_SOURCE_REMOVE;
}

/* Something that must arrive, behind all that was before it. */
static void
tell (CnxNotify * self, const char *text)
{
  if (!self->socket || (send_waiting (self) && send_now (self, text)))
    return;
  if (g_queue_get_length (&self->waiting) == MOST_WAITING)
    g_free (g_queue_pop_head (&self->waiting));
  g_queue_push_tail (&self->waiting, g_strdup (text));
  if (!self->retry)
    self->retry = every (RETRY, try_again, self);
}

void
cnx_notify_ready (CnxNotify * self)
{
  tell (self, "READY=1");
}

void
cnx_notify_reloading (CnxNotify * self)
{
  /* by the time the manager knows which of several reloads is over */
  g_autofree char *text = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time ());

  tell (self, text);
}

void
cnx_notify_stopping (CnxNotify * self)
{
  tell (self, "STOPPING=1");
}

void
cnx_notify_set_status (CnxNotify * self, const char *status)
{
  g_autofree char *line = g_utf8_make_valid (status, -1);

  if (!self->socket)
    return;
  if (strlen (line) > CNX_NOTIFY_STATUS)
    *g_utf8_find_prev_char (line, line + CNX_NOTIFY_STATUS + 1) = '\0';
  g_strdelimit (line, "\r\n", ' ');     /* a line of its own would be another variable */
  if (g_strcmp0 (line, self->status) == 0)
    return;
  g_autofree char *text = g_strconcat ("STATUS=", line, NULL);
  /* one that finds no room is told with the next that is another */
  if (send_waiting (self) && send_now (self, text)) {
    g_free (self->status);
    self->status = g_steal_pointer (&line);
  }
}

static gboolean
give_sign (gpointer data)
{
  send_now (data, "WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

void
cnx_notify_live (CnxNotify * self)
{
  if (!self->socket || !self->period || self->life)
    return;
  give_sign (self);
  self->life = every ((guint) CLAMP (self->period / 1000, 1, G_MAXUINT), give_sign, self);
}
