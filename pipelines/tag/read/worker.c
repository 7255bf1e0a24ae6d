#include "pipelines/tag/read/worker.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/picture/picture.h"
#include "gst-plugin/frame/wholemeta.h"
#include "pipelines/tag/read/film.h"
#include "pipelines/tag/read/kind.h"
#include "pipelines/tag/read/wire.h"

/* Longer words are cut. */
#define MOST_WORDS 4096
/* No frame is larger, where nothing else is said. */
#define MOST_FRAME (G_GUINT64_CONSTANT (8) << 30)
/* A process that keeps so much of what it was given, or of all that it may take, is replaced. */
#define WORN_BYTES (G_GUINT64_CONSTANT (1) << 30)
#define WORN_SHARE 4
/* How often a picture's progress is told. */
#define TELL_US (G_USEC_PER_SEC / 10)

typedef struct
{
  int fd;
  guint64 memory, at_first;
  CnxFramesOut *frames;
  gint told;                    /* when a picture's progress was, in TELL_US */
} Worker;

/* ---- saying ---- */

/* As a message takes it. Free with g_free(). */
static char *
words (const char *text)
{
  return g_utf8_make_valid (text, strnlen (text, MOST_WORDS));
}

/* Bytes of private memory, used or kept. */
static guint64
memory_now (void)
{
  guint64 pages = 0;
  FILE *file = fopen ("/proc/self/statm", "re");

  if (file && fscanf (file, "%*u %*u %*u %*u %*u %" G_GUINT64_FORMAT, &pages) != 1)
    pages = 0;
  if (file)
    fclose (file);
  return pages * sysconf (_SC_PAGESIZE);
}

/* What decoders lose, or keep, of one file shall not be missing for the next. */
static gboolean
is_worn (const Worker * self)
{
  const guint64 most = self->memory ? MIN (self->memory / WORN_SHARE, WORN_BYTES) : WORN_BYTES;

  return memory_now () > self->at_first + most;
}

static void
say_failure (Worker * self, const GError * error)
{
  g_autofree char *text = words (error->message);

  cnx_wire_send (self->fd, CNX_WIRE_FAILED, g_variant_new ("(sb)", text, is_worn (self)), -1);
}

static void
say_end (Worker * self)
{
  cnx_wire_send (self->fd, CNX_WIRE_END, g_variant_new ("(b)", is_worn (self)), -1);
}

static gboolean
say_facts (gpointer data, const CnxTagFacts * facts, GError ** error)
{
  Worker *self = data;
  g_autofree char *container = facts->container ? words (facts->container) : NULL;
  g_autofree char *codec = facts->codec ? words (facts->codec) : NULL;

  cnx_wire_send (self->fd, CNX_WIRE_FACTS, g_variant_new ("(iiiidmsms)", facts->width, facts->height, facts->fps_n,
          facts->fps_d, facts->duration, container, codec), -1);
  return TRUE;
}

static void
say_progress (gpointer data, double seconds, guint64 frames)
{
  Worker *self = data;

  cnx_wire_send (self->fd, CNX_WIRE_PROGRESS, g_variant_new ("(dt)", seconds, frames), -1);
}

static void
say_warning (gpointer data, const char *text)
{
  Worker *self = data;
  g_autofree char *valid = words (text);

  cnx_wire_send (self->fd, CNX_WIRE_WARNING, g_variant_new ("(s)", valid), -1);
}

/* ---- a file ---- */

static gboolean
tell_kind (Worker * self, const char *path, GError ** error)
{
  CnxKind kind;

  if (!cnx_kind_find (path, &kind, error))
    return FALSE;
  cnx_wire_send (self->fd, CNX_WIRE_KIND_IS, g_variant_new ("(u)", kind), -1);
  return TRUE;
}

/* libvips says so for every few rows. */
static void
on_moved (gpointer data)
{
  Worker *self = data;
  const gint now = g_get_monotonic_time () / TELL_US;

  if (g_atomic_int_get (&self->told) == now)
    return;
  g_atomic_int_set (&self->told, now);
  say_progress (self, 0, 0);
}

/* A frame that shares the picture's pixels. */
static GstBuffer *
to_frame (const CnxPicture * picture)
{
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 };
  int strides[GST_VIDEO_MAX_PLANES] = { 3 * picture->width };
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (picture->pixels);

  /* without gaps between rows, where GStreamer would have some */
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, picture->width,
      picture->height, 1, offsets, strides);
  cnx_whole_meta_add (buffer, &picture->whole);
  return buffer;
}

static gboolean
read_picture (Worker * self, const char *path, int shorter, GError ** error)
{
  const CnxFrameNote note = { 0, 0, GST_VIDEO_ORIENTATION_IDENTITY };
  const CnxPictureWatch watch = { on_moved, self };
  g_auto (CnxPicture) picture = { 0 };
  GstVideoInfo info;

  if (!cnx_picture_load (path, shorter, &watch, &picture, error))
    return FALSE;
  if (picture.oddity)
    say_warning (self, picture.oddity);
  const CnxTagFacts facts = {.width = picture.whole.width,.height = picture.whole.height,.fps_d = 1 };
  g_autoptr (GstBuffer) buffer = to_frame (&picture);
  if (!gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, picture.width, picture.height)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "a picture of %d x %d is no frame", picture.width, picture.height);
    return FALSE;
  }
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (&info);
  say_facts (self, &facts, NULL);
  return cnx_frames_out_send (self->frames, caps, buffer, &note, error);
}

static gboolean
send_frame (gpointer data, GstCaps * caps, GstBuffer * buffer, const CnxFrameNote * note, GError ** error)
{
  Worker *self = data;

  return cnx_frames_out_send (self->frames, caps, buffer, note, error);
}

static gboolean
read_film (Worker * self, const char *path, const CnxFilmOptions * options, GError ** error)
{
  const CnxFilmListener listener = { say_facts, send_frame, say_progress, say_warning, self };
  CnxTagFacts facts = {.path = path,.fps_d = 1,.duration = -1 };

  return cnx_film_read (options, &facts, &listener, error) && say_facts (self, &facts, NULL);
}

/* ---- being asked ---- */

static gboolean
answer_kind (Worker * self, GVariant * body, GError ** error)
{
  const char *path;

  g_variant_get (body, "(^&ay)", &path);
  return tell_kind (self, path, error);
}

static gboolean
answer_picture (Worker * self, GVariant * body, GError ** error)
{
  const char *path;
  gint32 shorter;

  g_variant_get (body, "(^&ayi)", &path, &shorter);
  if (!read_picture (self, path, shorter, error))
    return FALSE;
  say_end (self);
  return TRUE;
}

static gboolean
answer_film (Worker * self, GVariant * body, GError ** error)
{
  CnxFilmOptions options = { 0 };
  CnxSampling *sampling = &options.sampling;
  const char *path;

  g_variant_get (body, "(^&aydubddu)", &path, &sampling->rate, &sampling->every, &sampling->keyframes,
      &sampling->start, &sampling->end, &options.threads);
  if (!read_film (self, path, &options, error))
    return FALSE;
  say_end (self);
  return TRUE;
}

static gboolean
take_release (Worker * self, GVariant * body, GError ** error)
{
  cnx_frames_out_release (self->frames, body);
  return TRUE;
}

/* GLib is about to end the process: of what, the other side shall know. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField * fields, gsize n, gpointer data)
{
  const Worker *self = data;

  for (gsize i = 0; (level & G_LOG_LEVEL_ERROR) && i < n; i++) {
    if (strcmp (fields[i].key, "MESSAGE") == 0) {
      g_autofree char *text = words (fields[i].value);
      cnx_wire_send (self->fd, CNX_WIRE_LAST_WORDS, g_variant_new ("(s)", text), -1);
    }
  }
  return g_log_writer_default (level, fields, n, NULL);
}

void
cnx_worker_serve (int fd, guint64 memory)
{
  static gboolean (*const answers[CNX_WIRES]) (Worker *, GVariant *, GError **) = {
    [CNX_WIRE_KIND] = answer_kind,[CNX_WIRE_PICTURE] = answer_picture,[CNX_WIRE_FILM] = answer_film,
    [CNX_WIRE_RELEASE] = take_release
  };
  Worker self = { fd, memory, memory_now (), cnx_frames_out_new (fd, memory ? memory : MOST_FRAME) };
  CnxWire what;
  int passed;

  g_log_set_writer_func (write_log, &self, NULL);
  for (;;) {
    g_autoptr (GVariant) body = cnx_wire_receive (fd, &what, &passed);
    g_autoptr (GError) error = NULL;
    if (!body || !answers[what])
      break;
    if (!answers[what] (&self, body, &error))
      say_failure (&self, error);
  }
  cnx_frames_out_free (self.frames);
}
