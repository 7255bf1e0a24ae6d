#include "pipelines/tag/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/error.h"
#include "pipelines/command/meter.h"

#define BAR_WIDTH 20
#define DRAW_US (G_USEC_PER_SEC / 5)
#define LINE_US (10 * G_USEC_PER_SEC)
/* Speed is that of about so many seconds. */
#define SPEED_SECONDS 5.0

typedef struct
{
  const char *name;             /* NULL: nothing is read */
  guint64 bytes;
  double seconds, duration;
  guint64 frames;
} Slot;

struct _CnxProgress
{
  GMutex lock;
  gboolean quiet, on_terminal, drawn;
  guint files, files_done;
  guint64 bytes, bytes_done, bytes_passed;      /* passed: without any work */
  guint64 frames_done;
  Slot *slots;
  guint n_slots;
  gint64 started, shown, sampled;       /* monotonic microseconds */
  guint64 sampled_frames;
  double rate;                  /* frames a second */
};

CnxProgress *
cnx_progress_new (gboolean quiet, guint files, guint64 bytes, guint slots)
{
  CnxProgress *self = g_new0 (CnxProgress, 1);

  g_mutex_init (&self->lock);
  self->quiet = quiet;
  self->on_terminal = isatty (STDERR_FILENO);
  self->files = files;
  self->bytes = bytes;
  self->n_slots = slots;
  self->slots = g_new0 (Slot, slots);
  self->started = self->shown = self->sampled = g_get_monotonic_time ();
  return self;
}

void
cnx_progress_free (CnxProgress * self)
{
  g_mutex_clear (&self->lock);
  g_free (self->slots);
  g_free (self);
}

void
cnx_progress_begin (CnxProgress * self, guint slot, const char *name, guint64 bytes)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->slots[slot] = (Slot) {.name = name,.bytes = bytes };
}

void
cnx_progress_move (CnxProgress * self, guint slot, double seconds, double duration, guint64 frames)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->slots[slot].seconds = seconds;
  self->slots[slot].duration = duration;
  self->slots[slot].frames = frames;
}

void
cnx_progress_end (CnxProgress * self, guint slot, gboolean worked)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Slot *done = &self->slots[slot];

  self->files_done++;
  self->bytes_done += done->bytes;
  self->frames_done += done->frames;
  if (!worked)
    self->bytes_passed += done->bytes;
  self->slots[slot] = (Slot) { NULL };
}

/* ---- showing, with the lock held ---- */

static void
clear (CnxProgress * self)
{
  if (self->drawn)
    fputs (CNX_ERASE_LINE, stderr);
  self->drawn = FALSE;
}

/* Bytes of what is read, films by their time. */
static guint64
bytes_now (const CnxProgress * self)
{
  guint64 sum = self->bytes_done;

  for (guint i = 0; i < self->n_slots; i++) {
    const Slot *slot = &self->slots[i];
    if (slot->name && slot->duration > 0)
      sum += slot->bytes * CLAMP (slot->seconds / slot->duration, 0, 1);
  }
  return sum;
}

/* What takes longest to read is what is shown. */
static const Slot *
shown_slot (const CnxProgress * self)
{
  const Slot *shown = NULL;

  for (guint i = 0; i < self->n_slots; i++)
    if (self->slots[i].name && (!shown || self->slots[i].bytes > shown->bytes))
      shown = &self->slots[i];
  return shown;
}

static void
sample (CnxProgress * self, gint64 now)
{
  guint64 frames = self->frames_done;

  for (guint i = 0; i < self->n_slots; i++)
    frames += self->slots[i].frames;
  const double seconds = (now - self->sampled) / (double) G_USEC_PER_SEC;
  if (seconds < DRAW_US / (double) G_USEC_PER_SEC)
    return;
  const double rate = frames >= self->sampled_frames ? (frames - self->sampled_frames) / seconds : 0;
  const double weight = MIN (seconds / SPEED_SECONDS, 1);
  self->rate = self->rate > 0 ? weight * rate + (1 - weight) * self->rate : rate;
  self->sampled = now;
  self->sampled_frames = frames;
}

static char *
clock_text (double seconds)
{
  const guint64 whole = seconds;

  return g_strdup_printf ("%u:%02u:%02u", (guint) (whole / 3600), (guint) (whole / 60 % 60), (guint) (whole % 60));
}

/* "12 of 345 files, film.mp4 0:01:02 of 0:10:00, 312 frames/s, 0:00:42 left" */
static char *
describe (const CnxProgress * self, gint64 now)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const Slot *slot = shown_slot (self);
  const guint64 bytes = bytes_now (self), worked = bytes - self->bytes_passed;
  const double elapsed = (now - self->started) / (double) G_USEC_PER_SEC;

  g_string_append_printf (text, "%u of %u files", self->files_done, self->files);
  if (slot) {
    g_autofree char *name = g_path_get_basename (slot->name), *shown = cnx_printable (name);
    g_string_append_printf (text, ", %s", shown);
  }
  if (slot && slot->duration > 0) {
    g_autofree char *at = clock_text (slot->seconds), *of = clock_text (slot->duration);
    g_string_append_printf (text, " %s of %s", at, of);
  }
  if (self->rate >= 0.05)
    g_string_append_printf (text, ", %.*f frames/s", self->rate < 10 ? 1 : 0, self->rate);
  if (worked > 0 && elapsed > 2 && self->bytes > bytes) {
    g_autofree char *left = clock_text (elapsed / worked * (self->bytes - bytes));
    g_string_append_printf (text, ", %s left", left);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static int
columns (void)
{
  struct winsize size;

  return ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* A line that wrapped could not be taken away again. */
static void
draw_bar (CnxProgress * self, gint64 now)
{
  g_autofree char *text = describe (self, now);
  const double share = self->bytes ? (double) bytes_now (self) / self->bytes : 1;
  const int filled = CLAMP (share, 0, 1) * BAR_WIDTH;
  g_autofree char *line = g_strdup_printf ("[%.*s%*s] %3d %%  %s", filled, "####################",
      BAR_WIDTH - filled, "", (int) (100 * CLAMP (share, 0, 1)), text);
  g_autofree char *fitting = g_utf8_substring (line, 0, MIN (g_utf8_strlen (line, -1), columns () - 1));

  fprintf (stderr, CNX_ERASE_LINE "%s", fitting);
  self->drawn = TRUE;
}

void
cnx_progress_show (CnxProgress * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const gint64 now = g_get_monotonic_time ();

  if (self->quiet || now - self->shown < (self->on_terminal ? DRAW_US : LINE_US))
    return;
  sample (self, now);
  self->shown = now;
  if (self->on_terminal) {
    draw_bar (self, now);
  } else {
    g_autofree char *text = describe (self, now);
    fprintf (stderr, "%s\n", text);
  }
}

void
cnx_progress_say (CnxProgress * self, const char *format, ...)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  va_list arguments;

  clear (self);
  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *line = cnx_printable (text);
  fprintf (stderr, "%s\n", line);
}

void
cnx_progress_clear (CnxProgress * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  clear (self);
}
