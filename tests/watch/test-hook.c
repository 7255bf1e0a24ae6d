/* A command at each event: what it gets, how many run at once, how it ends, what is left of it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "pipelines/watch/hook.h"
#include "tests/support/temp_files.h"
#include "tests/watch/said.h"

static const CnxBoardEvent cat = { 1, G_GINT64_CONSTANT (1764424931000042), (char *) "cat", NULL, 0.5 };

/* For as long as the command may take. */
static gboolean
give_up (gpointer data)
{
  g_error ("the command does not end");
  return G_SOURCE_REMOVE;
}

static void
run_until_idle (CnxHook * hook)
{
  const guint timeout = g_timeout_add_seconds (30, give_up, NULL);

  while (cnx_hook_running (hook) > 0)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timeout);
}

/* The text of @dir/@name; NULL: there is none. */
static char *
text_of (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

/* The pid that a command wrote to @dir/@name, as soon as it has. */
static GPid
pid_in (const char *dir, const char *name)
{
  for (int i = 0; i < 3000; i++) {
    g_autofree char *text = text_of (dir, name);
    if (text && strchr (text, '\n'))
      return (GPid) g_ascii_strtoll (text, NULL, 10);
    g_main_context_iteration (NULL, FALSE);
    g_usleep (10000);
  }
  g_error ("no pid in %s", name);
}

/* Whoever is not ours is init's to wait for. */
static void
assert_ends (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);

  for (int i = 0; i < 1000; i++) {
    g_autofree char *stat = NULL;
    if (!g_file_get_contents (path, &stat, NULL, NULL) || strstr (stat, ") Z "))
      return;
    g_usleep (10000);
  }
  g_error ("%d lives on", pid);
}

static void
assert_no_children (void)
{
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
  g_assert_cmpint (errno, ==, ECHILD);
}

static CnxHook *
make (const char *dir, const char *format, guint limit, Said * said)
{
  g_autoptr (GString) command = g_string_new (format);

  g_string_replace (command, "@", dir, 0);
  return cnx_hook_new (command->str, limit, said->herald);
}

static void
test_input (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (Said) said = said_new ();
  g_autoptr (CnxHook) hook = make (dir, "cat > @/got; ls /proc/self/fd > @/fds; echo good; echo 'b\033d' >&2; "
      "printf unended", 0, said);
  const int leaked = open ("/dev/null", O_RDONLY);      /* without O_CLOEXEC */
  g_autoptr (GError) error = NULL;

  cnx_hook_event (hook, "door", &cat);
  g_assert_cmpuint (cnx_hook_running (hook), ==, 1);
  run_until_idle (hook);
  close (leaked);
  g_autofree char *got = text_of (dir, "got"), *fds = text_of (dir, "fds");
  g_assert_true (g_str_has_suffix (got, "}\n"));
  g_autoptr (JsonNode) root = json_from_string (got, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (root), "label"), ==, "cat");
  /* The fourth is the folder that ls reads. */
  g_assert_cmpstr (fds, ==, "0\n1\n2\n3\n");
  g_assert_cmpuint (said->lines->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (said->lines, 0), ==, "door: on-event: good");
  g_assert_cmpstr (g_ptr_array_index (said->lines, 1), ==, "door: on-event: b\\x1bd");
  g_assert_cmpstr (g_ptr_array_index (said->lines, 2), ==, "door: on-event: unended");
  assert_no_children ();
}

/* One at a time of a camera, in order; another camera does not wait for it. */
static void
test_one_at_a_time (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (Said) said = said_new ();
  g_autoptr (CnxHook) hook = make (dir, "camera=$(sed 's/.*camera\":\"\\([a-z]*\\).*/\\1/' | tee -a @/order); "
      "mkdir @/$camera && sleep 0.05 && rmdir @/$camera", 0, said);
  CnxBoardEvent event = cat;

  for (guint i = 0; i < 5; i++) {
    event.number = i + 1;
    cnx_hook_event (hook, "door", &event);
  }
  g_assert_cmpuint (cnx_hook_running (hook), ==, 1);
  run_until_idle (hook);
  g_autofree char *order = text_of (dir, "order");
  g_assert_cmpstr (order, ==, "door\ndoor\ndoor\ndoor\ndoor\n");
  g_assert_cmpuint (said->lines->len, ==, 0);
  cnx_hook_event (hook, "door", &event);
  cnx_hook_event (hook, "gate", &event);
  g_assert_cmpuint (cnx_hook_running (hook), ==, 2);
  run_until_idle (hook);
  assert_no_children ();
}

/* Of too many the newest are kept, and that is said once. */
static void
test_too_many (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (Said) said = said_new ();
  g_autoptr (CnxHook) hook = make (dir, "sed 's/.*event\":\\([0-9]*\\).*/\\1/' >> @/numbers", 0, said);
  g_autoptr (GString) expected = g_string_new ("1\n");
  CnxBoardEvent event = cat;

  for (event.number = 1; event.number <= 5 + CNX_HOOK_WAITING; event.number++) {
    cnx_hook_event (hook, "door", &event);
    if (event.number > 5)
      g_string_append_printf (expected, "%d\n", (int) event.number);
  }
  g_assert_cmpuint (cnx_hook_dropped (hook), ==, 4);
  run_until_idle (hook);
  g_autofree char *numbers = text_of (dir, "numbers");
  g_assert_cmpstr (numbers, ==, expected->str);
  g_assert_cmpuint (said_count (said, "door: events come faster than the command of on-event ends"), ==, 1);
  g_assert_cmpuint (said->lines->len, ==, 1);
}

/* How it ended is said, but not every time. */
static void
test_status (void)
{
  static const struct
  {
    const char *command, *said;
  } rows[] = {
    {"exit 3", "door: the command of on-event ended with status 3"},
    {"kill -9 $$", "door: the command of on-event was ended by signal 9"},
    {"/nonexistent/command 2> /dev/null", "door: the command of on-event ended with status 127"},
    {"true", NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Said) said = said_new ();
    g_autoptr (CnxHook) hook = cnx_hook_new (rows[i].command, 0, said->herald);
    for (guint k = 0; k < 3; k++)
      cnx_hook_event (hook, "door", &cat);
    run_until_idle (hook);
    g_assert_cmpuint (said->lines->len, ==, rows[i].said ? 1 : 0);
    if (rows[i].said)
      g_assert_cmpuint (said_count (said, rows[i].said), ==, 1);
    assert_no_children ();
  }
}

/* The whole group is ended, also where it does not heed SIGTERM; the next event's command runs then. */
static void
test_limit (void)
{
  static const char *const traps[] = { "", "trap '' TERM; " };

  for (guint i = 0; i < G_N_ELEMENTS (traps); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autoptr (Said) said = said_new ();
    g_autofree char *command = g_strconcat ("test -e @/again && exit; touch @/again; ", traps[i],
        "sleep 100 & echo $! > @/pid; wait; sleep 100", NULL);
    g_autoptr (CnxHook) hook = make (dir, command, 1, said);
    cnx_hook_event (hook, "door", &cat);
    cnx_hook_event (hook, "door", &cat);
    run_until_idle (hook);
    assert_ends (pid_in (dir, "pid"));
    g_assert_cmpuint (said_count (said, "door: the command of on-event was ended after 1 s"), ==, 1);
    g_assert_cmpuint (said->lines->len, ==, 1);
    assert_no_children ();
  }
}

/* At the end nothing lives on, and what waits is not run. */
static void
test_end (void)
{
  static const char *const traps[] = { "", "trap '' TERM; " };

  for (guint i = 0; i < G_N_ELEMENTS (traps); i++) {
    g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
    g_autoptr (Said) said = said_new ();
    g_autofree char *command = g_strconcat (traps[i], "echo run >> @/runs; sleep 100 & echo $! > @/pid; wait; "
        "sleep 100", NULL);
    CnxHook *hook = make (dir, command, 0, said);
    cnx_hook_event (hook, "door", &cat);
    cnx_hook_event (hook, "door", &cat);
    const GPid pid = pid_in (dir, "pid");
    cnx_hook_free (hook);
    assert_ends (pid);
    g_autofree char *runs = text_of (dir, "runs");
    g_assert_cmpstr (runs, ==, "run\n");
    assert_no_children ();
  }
}

/* A command that leaves somebody behind who holds its output is over, and one that prints without end is no matter. */
static void
test_output (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (Said) said = said_new ();
  g_autoptr (CnxHook) hook = make (dir, "sleep 100 & echo $! > @/pid; echo first; echo last >&2", 0, said);
  g_autoptr (CnxHook) loud = cnx_hook_new ("exec yes", 1, said->herald);

  cnx_hook_event (hook, "door", &cat);
  run_until_idle (hook);
  kill (pid_in (dir, "pid"), SIGKILL);
  g_assert_cmpuint (said->lines->len, ==, 2);
  g_assert_cmpuint (said_count (said, "door: on-event: last"), ==, 1);
  cnx_hook_event (loud, "gate", &cat);
  run_until_idle (loud);
  g_assert_cmpuint (said_count (said, "gate: on-event: y"), ==, 100);
  g_assert_cmpuint (said_count (said, " lines more"), ==, 1);
  g_assert_cmpuint (said_count (said, "gate: the command of on-event was ended after 1 s"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hook/input", test_input);
  g_test_add_func ("/hook/one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/hook/too-many", test_too_many);
  g_test_add_func ("/hook/status", test_status);
  g_test_add_func ("/hook/limit", test_limit);
  g_test_add_func ("/hook/end", test_end);
  g_test_add_func ("/hook/output", test_output);
  return g_test_run ();
}
