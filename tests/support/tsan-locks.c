/* To be preloaded under ThreadSanitizer, which knows pthread's locks. GLib's are its own, made of futexes, and its
 * atomic counts are taken in code that the sanitizer does not see: here it is told of them, and of nothing else.
 * Whether locks are taken in orders that can wait for each other is asked of those that the program takes: GStreamer
 * has its reasons for the orders that it takes its own in. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <gst/gst.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#pragma GCC visibility push (default)

/* absent from programs without the sanitizer, such as those that a test starts */
#pragma weak __tsan_acquire
#pragma weak __tsan_release
#pragma weak __tsan_mutex_pre_lock
#pragma weak __tsan_mutex_post_lock
#pragma weak __tsan_mutex_pre_unlock
#pragma weak __tsan_mutex_post_unlock
#pragma weak __tsan_mutex_destroy

/* What this one stands before. */
#define NEXT(name) \
    static __typeof__ (&(name)) next; \
    if (!next) \
      next = (__typeof__ (&(name))) dlsym (RTLD_NEXT, #name)

/* ---- locks ---- */

#define PLAIN 0
#define AGAIN __tsan_mutex_write_reentrant

static gsize program_begin, program_end;

/* The first that is told of is the program. */
static int
find_program (struct dl_phdr_info *info, size_t size, void *data)
{
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
      program_begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
      program_end = program_begin + info->dlpi_phdr[i].p_memsz;
    }
  return 1;
}

__attribute__ ((constructor))
static void
begin (void)
{
  dl_iterate_phdr (find_program, NULL);
}

/* The macro's function was called by the program. */
#define IS_OURS ((gsize) __builtin_return_address (0) - program_begin < program_end - program_begin)

/* Those that this thread holds and that the program took: who gives one back does not show, as a library's last call
 * may return to the program. */
static __thread gpointer held[64];
static __thread guint n_held;

static gboolean
hold (gpointer lock, gboolean ours)
{
  if (!ours || !__tsan_mutex_post_lock || n_held == G_N_ELEMENTS (held))
    return FALSE;
  held[n_held++] = lock;
  return TRUE;
}

/* Where it is held, or below 0. */
static int
find_held (gpointer lock)
{
  int i = n_held;

  while (i-- > 0 && held[i] != lock)
    ;
  return i;
}

static void
before_lock (gpointer lock, gboolean ours, guint flags)
{
  if (ours)
    __tsan_mutex_pre_lock (lock, flags);
}

static void
after_lock (gpointer lock, gboolean ours, guint flags)
{
  if (ours)
    __tsan_mutex_post_lock (lock, flags, 0);
  else if (__tsan_acquire)
    __tsan_acquire (lock);
}

static void
before_unlock (gpointer lock, gboolean ours, guint flags)
{
  if (ours)
    __tsan_mutex_pre_unlock (lock, flags);
  else if (__tsan_release)
    __tsan_release (lock);
}

static void
after_unlock (gpointer lock, gboolean ours, guint flags)
{
  if (ours)
    __tsan_mutex_post_unlock (lock, flags);
}

#define LOCK(type, name, flags) \
    void name ## _lock (type * lock) \
    { \
      NEXT (name ## _lock); \
      const gboolean ours = hold (lock, IS_OURS); \
      before_lock (lock, ours, flags); \
      next (lock); \
      after_lock (lock, ours, flags); \
    } \
    gboolean name ## _trylock (type * lock) \
    { \
      NEXT (name ## _trylock); \
      const gboolean called = IS_OURS, locked = next (lock); \
      if (!locked) \
        return FALSE; \
      const gboolean ours = hold (lock, called); \
      before_lock (lock, ours, (flags) | __tsan_mutex_try_lock); \
      after_lock (lock, ours, (flags) | __tsan_mutex_try_lock); \
      return TRUE; \
    } \
    void name ## _unlock (type * lock) \
    { \
      NEXT (name ## _unlock); \
      const int place = find_held (lock); \
      before_unlock (lock, place >= 0, flags); \
      next (lock); \
      after_unlock (lock, place >= 0, flags); \
      if (place >= 0) \
        memmove (held + place, held + place + 1, (--n_held - place) * sizeof *held); \
    } \
    void name ## _clear (type * lock) \
    { \
      NEXT (name ## _clear); \
      if (__tsan_mutex_destroy) \
        __tsan_mutex_destroy (lock, PLAIN); \
      next (lock); \
    }

LOCK (GMutex, g_mutex, PLAIN)
LOCK (GRecMutex, g_rec_mutex, AGAIN)

void
g_cond_wait (GCond * cond, GMutex * lock)
{
  NEXT (g_cond_wait);
  const gboolean ours = find_held (lock) >= 0;
  before_unlock (lock, ours, PLAIN);
  after_unlock (lock, ours, PLAIN);
  next (cond, lock);
  before_lock (lock, ours, PLAIN);
  after_lock (lock, ours, PLAIN);
}

gboolean
g_cond_wait_until (GCond * cond, GMutex * lock, gint64 time)
{
  NEXT (g_cond_wait_until);
  const gboolean ours = find_held (lock) >= 0;
  before_unlock (lock, ours, PLAIN);
  after_unlock (lock, ours, PLAIN);
  const gboolean woken = next (cond, lock, time);
  before_lock (lock, ours, PLAIN);
  after_lock (lock, ours, PLAIN);
  return woken;
}

/* ---- threads of C11, as librdkafka begins them: the sanitizer must know of each, and watches pthread's alone ---- */

typedef struct
{
  thrd_start_t function;
  void *data;
} Start;

static void *
start (void *data)
{
  const Start start = *(Start *) data;

  free (data);
  return GINT_TO_POINTER (start.function (start.data));
}

int
thrd_create (thrd_t * thread, thrd_start_t function, void *data)
{
  Start *begun = malloc (sizeof *begun);

  *begun = (Start) { function, data };
  return pthread_create (thread, NULL, start, begun) == 0 ? thrd_success : thrd_error;
}

int
thrd_join (thrd_t thread, int *result)
{
  void *returned;

  if (pthread_join (thread, &returned) != 0)
    return thrd_error;
  if (result)
    *result = GPOINTER_TO_INT (returned);
  return thrd_success;
}

/* ---- counts: whoever takes the last one away comes after all who took one before ---- */

static void
down (gpointer count)
{
  if (!__tsan_acquire)
    return;
  __tsan_release (count);
  __tsan_acquire (count);
}

gboolean
(g_atomic_ref_count_dec) (gatomicrefcount * count)
{
  NEXT (g_atomic_ref_count_dec);
  down ((gpointer) count);
  return next (count);
}

#define RELEASE(name) \
    void name (gpointer object) \
    { \
      NEXT (name); \
      down (object); \
      next (object); \
    }

RELEASE (g_atomic_rc_box_release)
RELEASE (g_object_unref)
RELEASE (gst_object_unref)

void
g_atomic_rc_box_release_full (gpointer box, GDestroyNotify clear)
{
  NEXT (g_atomic_rc_box_release_full);
  down (box);
  next (box, clear);
}

void
gst_mini_object_unref (GstMiniObject * object)
{
  NEXT (gst_mini_object_unref);
  down (object);
  next (object);
}

/* ---- what is made once ---- */

void
(g_once_init_leave) (volatile void *location, gsize result)
{
  NEXT (g_once_init_leave);
  if (__tsan_release)
    __tsan_release ((gpointer) location);
  next (location, result);
}

gboolean
(g_once_init_enter) (volatile void *location)
{
  NEXT (g_once_init_enter);
  const gboolean first = next (location);
  if (__tsan_acquire)
    __tsan_acquire ((gpointer) location);
  return first;
}

#if GLIB_CHECK_VERSION (2, 80, 0)
void
(g_once_init_leave_pointer) (void *location, gpointer result)
{
  NEXT (g_once_init_leave_pointer);
  if (__tsan_release)
    __tsan_release (location);
  next (location, result);
}

gboolean
(g_once_init_enter_pointer) (void *location)
{
  NEXT (g_once_init_enter_pointer);
  const gboolean first = next (location);
  if (__tsan_acquire)
    __tsan_acquire (location);
  return first;
}
#endif
