#include "pipelines/tag/read/decoder.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"

#define LOOK_MS 100

struct _CnxDecoder
{
  CnxKeeper *keeper;
  guint patience;
  const gint *stop;

  int fd;                       /* below 0: no process */
  pid_t pid;
  guint served;                 /* files, before this one */
  gboolean died_of_others;      /* as may_try_again() has it */
  char *last_words;
  CnxFramesIn *frames;
};

CnxDecoder *
cnx_decoder_new (CnxKeeper * keeper, guint patience, const gint * stop)
{
  CnxDecoder *self = g_new0 (CnxDecoder, 1);

  self->keeper = keeper;
  self->patience = patience;
  self->stop = stop;
  self->fd = -1;
  return self;
}

/* The process and what it shared; its status. */
static int
end (CnxDecoder * self)
{
  if (self->fd < 0)
    return 0;
  close (self->fd);
  self->fd = -1;
  g_clear_pointer (&self->frames, cnx_frames_in_free);
  return cnx_keeper_end (self->keeper, self->pid);
}

void
cnx_decoder_free (CnxDecoder * self)
{
  end (self);
  g_free (self->last_words);
  g_free (self);
}

void
cnx_decoder_break_off (CnxDecoder * self)
{
  end (self);
}

static gboolean
start (CnxDecoder * self, GError ** error)
{
  self->fd = cnx_keeper_start (self->keeper, &self->pid, error);
  if (self->fd < 0)
    return FALSE;
  self->served = 0;
  self->frames = cnx_frames_in_new ();
  return TRUE;
}

/* One that died since the file before, of whatever, is replaced here. */
gboolean
cnx_decoder_ask (CnxDecoder * self, CnxWire what, GVariant * body, GError ** error)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (body);

  self->died_of_others = FALSE;
  g_clear_pointer (&self->last_words, g_free);
  if (self->fd < 0 && !start (self, error))
    return FALSE;
  if (cnx_wire_send (self->fd, what, sunk, -1))
    return TRUE;
  end (self);
  if (start (self, error) && cnx_wire_send (self->fd, what, sunk, -1))
    return TRUE;
  if (error && !*error)
    g_set_error_literal (error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "decoders end before they begin");
  return FALSE;
}

/* ---- how it ended ---- */

static GVariant *
fail_dead (CnxDecoder * self, GError ** error)
{
  const guint served = self->served;
  const int status = end (self);
  const char *why = self->last_words ? self->last_words : "";

  self->died_of_others = served > 0;
  if (WIFSIGNALED (status))
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot be decoded: its decoder crashed (signal %d%s%s%s)",
        WTERMSIG (status), WTERMSIG (status) == SIGKILL ? ", as when memory runs out" : "", *why ? ": " : "", why);
  else
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot be decoded: its decoder ended the process (exit status "
        "%d%s%s)", WEXITSTATUS (status), *why ? ": " : "", why);
  return NULL;
}

static GVariant *
fail_late (CnxDecoder * self, GError ** error)
{
  end (self);
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "nothing more came of it for %u seconds (--file-timeout): given up",
      self->patience);
  return NULL;
}

static GVariant *
fail_strange (CnxDecoder * self, GError ** error)
{
  end (self);
  g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot be decoded: its decoder answers nonsense");
  return NULL;
}

/* ---- listening ---- */

typedef enum
{ READY, LATE, STOPPED } Wait;

static gboolean
is_stopped (const CnxDecoder * self)
{
  return self->stop && g_atomic_int_get (self->stop);
}

static GVariant *
break_off (CnxDecoder * self)
{
  end (self);
  return NULL;
}

/* Time is what was waited, look by look: none of it passes while both processes are stopped, as by a ^Z. */
static Wait
wait_for (CnxDecoder * self)
{
  struct pollfd poller = { self->fd, POLLIN, 0 };
  guint64 waited = 0;

  for (;;) {
    const int ready = poll (&poller, 1, LOOK_MS);
    if (ready > 0)
      return READY;
    if (is_stopped (self))
      return STOPPED;
    waited += ready == 0 ? LOOK_MS : 0;
    if (self->patience > 0 && waited >= (guint64) self->patience * 1000)
      return LATE;
  }
}

/* A process that has grown is ended between two files. */
static void
end_file (CnxDecoder * self, gboolean worn)
{
  self->served++;
  if (worn)
    end (self);
}

static GVariant *
fail_as_told (CnxDecoder * self, GVariant * body, GError ** error)
{
  const char *text;
  gboolean worn;

  g_variant_get (body, "(&sb)", &text, &worn);
  g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, text);
  end_file (self, worn);
  return NULL;
}

typedef enum
{ TAKEN, NOT_TAKEN, STRANGE } Take;

/* What is between the two processes alone. */
static Take
take_own (CnxDecoder * self, CnxWire what, GVariant * body, int passed)
{
  if (what == CNX_WIRE_MEMORY)
    return cnx_frames_in_take_memory (self->frames, body, passed) ? TAKEN : STRANGE;
  if (passed >= 0)
    close (passed);
  if (what == CNX_WIRE_PIECE)
    return cnx_frames_in_take_piece (self->frames, body) ? TAKEN : STRANGE;
  if (what == CNX_WIRE_CAPS)
    return cnx_frames_in_take_caps (self->frames, body) ? TAKEN : STRANGE;
  if (what != CNX_WIRE_LAST_WORDS)
    return NOT_TAKEN;
  g_free (self->last_words);
  g_variant_get (body, "(s)", &self->last_words);
  return TAKEN;
}

GVariant *
cnx_decoder_hear (CnxDecoder * self, CnxWire * what, GError ** error)
{
  for (;;) {
    const Wait wait = wait_for (self);
    int passed = -1;
    if (wait != READY)
      return wait == LATE ? fail_late (self, error) : break_off (self);
    g_autoptr (GVariant) body = cnx_wire_receive (self->fd, what, &passed);
    if (!body)
      return fail_dead (self, error);
    const Take take = take_own (self, *what, body, passed);
    if (take == STRANGE)
      return fail_strange (self, error);
    if (take == TAKEN && is_stopped (self))
      return break_off (self);
    if (take == TAKEN)
      continue;
    if (*what == CNX_WIRE_FAILED)
      return fail_as_told (self, body, error);
    if (*what == CNX_WIRE_END) {
      gboolean worn;
      g_variant_get (body, "(b)", &worn);
      end_file (self, worn);
    }
    return g_steal_pointer (&body);
  }
}

gboolean
cnx_decoder_may_try_again (CnxDecoder * self)
{
  return self->died_of_others;
}

CnxFramesIn *
cnx_decoder_frames (CnxDecoder * self)
{
  return self->frames;
}

/* One that has died said more before that, which is heard next. */
gboolean
cnx_decoder_release (CnxDecoder * self, guint slot, GError ** error)
{
  if (cnx_frames_in_release (self->fd, slot) || errno != EAGAIN)
    return TRUE;
  fail_strange (self, error);
  return FALSE;
}
