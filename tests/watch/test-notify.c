/* What a service manager is told, by a manager of our own. */
#include "pipelines/watch/notify.h"

#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include <gio/gio.h>

#include "tests/support/temp_files.h"

typedef struct
{
  char *dir, *address;
  GSocket *socket;
} Manager;

static void
listen_at (Manager * self, GSocketAddress * address)
{
  g_autoptr (GSocketAddress) owned = address;
  g_autoptr (GError) error = NULL;

  self->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (self->socket, FALSE);
  g_socket_bind (self->socket, address, FALSE, &error);
  g_assert_no_error (error);
}

static void
manager_init (Manager * self)
{
  self->dir = cnx_test_make_dir ();
  self->address = g_build_filename (self->dir, "notify", NULL);
  listen_at (self, g_unix_socket_address_new (self->address));
}

static void
manager_clear (Manager * self)
{
  g_object_unref (self->socket);
  g_free (self->address);
  cnx_test_remove_dir (self->dir);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Manager, manager_clear)

static CnxNotify *
notify_to (const char *address, const char *limit, const char *pid)
{
  const struct
  {
    const char *name, *value;
  } variables[] = { {"NOTIFY_SOCKET", address}, {"WATCHDOG_USEC", limit}, {"WATCHDOG_PID", pid} };

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++) {
    if (variables[i].value)
      g_setenv (variables[i].name, variables[i].value, TRUE);
    else
      g_unsetenv (variables[i].name);
  }
  CnxNotify *notify = cnx_notify_new ();
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    g_assert_null (g_getenv (variables[i].name));
  return notify;
}

/* What came next; NULL: nothing. */
static char *
next (Manager * self)
{
  char text[4096];
  const gssize n = g_socket_receive (self->socket, text, sizeof text, NULL, NULL);

  return n < 0 ? NULL : g_strndup (text, n);
}

static void
assert_next (Manager * self, const char *expected)
{
  g_autofree char *text = next (self);

  g_assert_cmpstr (text, ==, expected);
}

/* Goes on until something came. */
static char *
wait_next (Manager * self)
{
  char *text;

  while (!(text = next (self)))
    g_main_context_iteration (NULL, TRUE);
  return text;
}

static void
test_told (void)
{
  g_auto (Manager) manager = { NULL };

  manager_init (&manager);
  g_autoptr (CnxNotify) notify = notify_to (manager.address, NULL, NULL);
  g_assert_true (cnx_notify_is_told (notify));
  assert_next (&manager, NULL);
  cnx_notify_ready (notify);
  assert_next (&manager, "READY=1");
  const gint64 before = g_get_monotonic_time ();
  cnx_notify_reloading (notify);
  g_autofree char *reloading = next (&manager);
  g_auto (GStrv) lines = g_strsplit (reloading, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 2);
  g_assert_cmpstr (lines[0], ==, "RELOADING=1");
  g_assert_true (g_str_has_prefix (lines[1], "MONOTONIC_USEC="));
  const gint64 said = g_ascii_strtoll (strchr (lines[1], '=') + 1, NULL, 10);
  g_assert_cmpint (said, >=, before);
  g_assert_cmpint (said, <=, g_get_monotonic_time ());
  cnx_notify_stopping (notify);
  assert_next (&manager, "STOPPING=1");
  assert_next (&manager, NULL);
}

/* A status is one line, of a length that a manager reads, and no news twice. */
static void
test_status (void)
{
  g_auto (Manager) manager = { NULL };
  GString *lengthy = g_string_new (NULL);

  manager_init (&manager);
  g_autoptr (CnxNotify) notify = notify_to (manager.address, NULL, NULL);
  cnx_notify_set_status (notify, "2 of 3 cameras");
  assert_next (&manager, "STATUS=2 of 3 cameras");
  cnx_notify_set_status (notify, "2 of 3 cameras");
  assert_next (&manager, NULL);
  cnx_notify_set_status (notify, "door: lost\nSTOPPING=1\r\nREADY=1");
  assert_next (&manager, "STATUS=door: lost STOPPING=1  READY=1");
  cnx_notify_set_status (notify, "\xff");
  assert_next (&manager, "STATUS=\xef\xbf\xbd");
  cnx_notify_set_status (notify, "");
  assert_next (&manager, "STATUS=");
  while (lengthy->len < 5000)
    g_string_append (lengthy, "aé");
  cnx_notify_set_status (notify, lengthy->str);
  g_autofree char *cut = next (&manager);
  g_assert_cmpuint (strlen (cut), <=, strlen ("STATUS=") + CNX_NOTIFY_STATUS);
  g_assert_cmpuint (strlen (cut), >, strlen ("STATUS=") + CNX_NOTIFY_STATUS - 4);
  g_assert_true (g_utf8_validate (cut, -1, NULL));
  g_string_free (lengthy, TRUE);
}

static void
test_abstract (void)
{
  g_autofree char *name = g_strdup_printf ("gst-convnext/test-notify/%d", (int) getpid ());
  g_autofree char *address = g_strconcat ("@", name, NULL);
  Manager manager = { NULL };

  listen_at (&manager, g_unix_socket_address_new_with_type (name, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT));
  g_autoptr (CnxNotify) notify = notify_to (address, NULL, NULL);
  cnx_notify_ready (notify);
  assert_next (&manager, "READY=1");
  g_object_unref (manager.socket);
}

/* Where nobody listens, all calls do nothing. */
static void
test_nobody (void)
{
  g_auto (Manager) manager = { NULL };

  manager_init (&manager);
  const gsize longest = sizeof ((struct sockaddr_un *) NULL)->sun_path - 1;
  g_autofree char *filler = g_strnfill (longest, 'x');
  g_autofree char *lengthy = g_strconcat ("/", filler, NULL);
  g_autofree char *abstract = g_strconcat ("@x", filler, NULL);
  g_autofree char *away = g_build_filename (manager.dir, "away", NULL);
  const struct
  {
    const char *address;
    gboolean told;
  } addresses[] = { {NULL}, {""}, {"/"}, {"@"}, {"notify"}, {"./notify"}, {"vsock:2:1234"}, {lengthy}, {abstract},
    {away, TRUE}
  };

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++) {
    g_autoptr (CnxNotify) notify = notify_to (addresses[i].address, "1000", NULL);
    g_assert_cmpint (cnx_notify_is_told (notify), ==, addresses[i].told);
    g_assert_cmpint (cnx_notify_period (notify), ==, addresses[i].told ? 500 : 0);
    cnx_notify_ready (notify);
    cnx_notify_reloading (notify);
    cnx_notify_set_status (notify, "well");
    cnx_notify_live (notify);
    cnx_notify_stopping (notify);
  }
  assert_next (&manager, NULL);
}

static void
test_period (void)
{
  g_auto (Manager) manager = { NULL };
  g_autofree char *self = g_strdup_printf ("%d", (int) getpid ());
  g_autofree char *other = g_strdup_printf ("%d", (int) getppid ());

  manager_init (&manager);
  const struct
  {
    const char *limit, *pid;
    gint64 period;
  } cases[] = { {"30000000", NULL, 15000000}, {"30000000", self, 15000000}, {"30000000", other, 0}, {NULL, self, 0},
    {"0", self, 0}, {"1", self, 1}, {"-5", self, 0}, {"soon", self, 0}, {"30000000", "me", 0}, {"30000000", "", 0},
    {"99999999999999999999", self, 0}, {"9223372036854775807", self, G_MAXINT64 / 2}
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (CnxNotify) notify = notify_to (manager.address, cases[i].limit, cases[i].pid);
    g_test_message ("%s of %s", cases[i].limit, cases[i].pid);
    g_assert_cmpint (cnx_notify_period (notify), ==, cases[i].period);
  }
}

/* The first sign of life at once, others while the main context goes on, none where none is wanted. */
static void
test_life (void)
{
  g_auto (Manager) manager = { NULL };

  manager_init (&manager);
  {
    g_autoptr (CnxNotify) unwatched = notify_to (manager.address, NULL, NULL);
    cnx_notify_live (unwatched);
    assert_next (&manager, NULL);
  }
  g_autoptr (CnxNotify) notify = notify_to (manager.address, "2000", NULL);
  assert_next (&manager, NULL);
  cnx_notify_live (notify);
  cnx_notify_live (notify);
  assert_next (&manager, "WATCHDOG=1");
  assert_next (&manager, NULL);
  for (guint i = 0; i < 3; i++) {
    g_autofree char *sign = wait_next (&manager);
    g_assert_cmpstr (sign, ==, "WATCHDOG=1");
  }
}

/* A manager that reads nothing holds up nobody; what must arrive does when it reads again, in order, and what is out of
 * date does not. */
static void
test_full (void)
{
  g_auto (Manager) manager = { NULL };
  g_autofree char *text = NULL;

  manager_init (&manager);
  g_autoptr (CnxNotify) notify = notify_to (manager.address, NULL, NULL);
  for (guint i = 0; i < 5000; i++) {
    g_autofree char *status = g_strdup_printf ("%u", i);
    cnx_notify_set_status (notify, status);
  }
  cnx_notify_reloading (notify);
  cnx_notify_ready (notify);
  cnx_notify_stopping (notify);
  cnx_notify_set_status (notify, "lost");
  while (g_str_has_prefix (text = wait_next (&manager), "STATUS=")) {
    g_assert_cmpstr (text, !=, "STATUS=4999");
    g_free (text);
  }
  g_assert_true (g_str_has_prefix (text, "RELOADING=1\n"));
  g_autofree char *ready = wait_next (&manager), *stopping = wait_next (&manager);
  g_assert_cmpstr (ready, ==, "READY=1");
  g_assert_cmpstr (stopping, ==, "STOPPING=1");
  assert_next (&manager, NULL);
  cnx_notify_set_status (notify, "lost");
  assert_next (&manager, "STATUS=lost");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/notify/told", test_told);
  g_test_add_func ("/notify/status", test_status);
  g_test_add_func ("/notify/abstract", test_abstract);
  g_test_add_func ("/notify/nobody", test_nobody);
  g_test_add_func ("/notify/period", test_period);
  g_test_add_func ("/notify/life", test_life);
  g_test_add_func ("/notify/full", test_full);
  return g_test_run ();
}
