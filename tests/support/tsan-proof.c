/* Whether ThreadSanitizer, as tests/in-tsan sets it up, finds what it is there to find, and nothing else: threads that
 * share a number, each pair in a process of its own. */
#include <glib.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORTED 66             /* as TSAN_OPTIONS say */

static struct
{
  GMutex lock, other;
  GRecMutex again;
  GCond changed;
  gboolean ready;
  guint number;
  guint *halves;                /* counted: of two that each count in one */
} all;

static gpointer
under_lock (gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&all.lock);

  all.number++;
  return NULL;
}

static gpointer
under_lock_again (gpointer data)
{
  g_rec_mutex_lock (&all.again);
  g_rec_mutex_lock (&all.again);
  all.number++;
  g_rec_mutex_unlock (&all.again);
  g_rec_mutex_unlock (&all.again);
  return NULL;
}

static gpointer
when_ready (gpointer data)
{
  g_mutex_lock (&all.lock);
  while (!all.ready)
    g_cond_wait (&all.changed, &all.lock);
  g_mutex_unlock (&all.lock);
  all.number++;
  return NULL;
}

static gpointer
get_ready (gpointer data)
{
  all.number++;
  g_mutex_lock (&all.lock);
  all.ready = TRUE;
  g_cond_broadcast (&all.changed);
  g_mutex_unlock (&all.lock);
  return NULL;
}

/* Whoever is last adds up. */
static void
add_halves (gpointer halves)
{
  all.number += ((guint *) halves)[0] + ((guint *) halves)[1];
}

static gpointer
in_first_half (gpointer data)
{
  all.halves[0]++;
  g_atomic_rc_box_release_full (all.halves, add_halves);
  return NULL;
}

static gpointer
in_second_half (gpointer data)
{
  all.halves[1]++;
  g_atomic_rc_box_release_full (all.halves, add_halves);
  return NULL;
}

static gpointer
under_other_lock (gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&all.other);

  all.number++;
  return NULL;
}

static gpointer
under_no_lock (gpointer data)
{
  all.number++;
  return NULL;
}

/* The number is kept, but by locks that would wait for each other if both came at once. */
static gpointer
under_both (gpointer data)
{
  g_autoptr (GMutexLocker) outer = g_mutex_locker_new (&all.lock);
  g_autoptr (GMutexLocker) inner = g_mutex_locker_new (&all.other);

  all.number++;
  return NULL;
}

static gpointer
under_both_turned (gpointer data)
{
  g_autoptr (GMutexLocker) outer = g_mutex_locker_new (&all.other);
  g_autoptr (GMutexLocker) inner = g_mutex_locker_new (&all.lock);

  all.number++;
  return NULL;
}

static const struct
{
  const char *name;
  GThreadFunc first, second;
  gboolean in_turn;             /* the second begins when the first has ended */
  int status;
} pairs[] = {
  {"a lock", under_lock, under_lock, FALSE, EXIT_SUCCESS},
  {"a lock that is taken twice", under_lock_again, under_lock_again, FALSE, EXIT_SUCCESS},
  {"a condition", when_ready, get_ready, FALSE, EXIT_SUCCESS},
  {"a count", in_first_half, in_second_half, FALSE, EXIT_SUCCESS},
  {"no lock", under_no_lock, under_no_lock, FALSE, REPORTED},
  {"a lock that one of them does not take", under_lock, under_no_lock, FALSE, REPORTED},
  {"two locks", under_lock, under_other_lock, FALSE, REPORTED},
  {"locks in two orders", under_both, under_both_turned, TRUE, REPORTED},
};

static int
run (guint i)
{
  all.halves = g_atomic_rc_box_alloc0 (2 * sizeof *all.halves);
  g_atomic_rc_box_acquire (all.halves);
  GThread *first = g_thread_new ("first", pairs[i].first, NULL);

  if (pairs[i].in_turn)
    g_thread_join (first);
  g_thread_join (g_thread_new ("second", pairs[i].second, NULL));
  if (!pairs[i].in_turn)
    g_thread_join (first);
  return EXIT_SUCCESS;
}

/* A process's reports are for nobody. */
static int
status_of (const char *program, guint i)
{
  g_autofree char *command = g_strdup_printf ("'%s' %u 2> /dev/null", program, i);
  const int status = system (command);

  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

int
main (int argc, char **argv)
{
  int wrong = 0;

  if (argc > 1)
    return run (atoi (argv[1]));
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
    const int status = status_of (argv[0], i);
    if (status == pairs[i].status)
      continue;
    g_printerr ("ThreadSanitizer is not of use here: threads with %s end with %d, not with %d\n", pairs[i].name, status,
        pairs[i].status);
    wrong = 1;
  }
  return wrong;
}
