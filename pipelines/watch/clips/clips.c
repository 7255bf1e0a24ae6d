#include "pipelines/watch/clips/clips.h"

#include "pipelines/watch/clips/inlet.h"
#include "pipelines/watch/clips/writer.h"

/* Running time that goes back by more is another stream's: a film that begins again. */
#define BACK (2 * GST_SECOND)

/* Clips of one camera that may be unfinished at once: a disk that hangs gets no more of them. */
#define MOST_RUNNING 2

struct _CnxClips
{
  char **labels;                /* NULL: all */
  GstClockTime before, after, longest, linger;
  gsize memory;
  CnxClipWriters *writers;
  CnxHerald *herald;
};

/* The clip that is wanted: from its first event until its end has come. */
typedef struct
{
  gboolean active;
  char *label;
  gint64 real_time;
  GstClockTimeDiff from, until; /* running times; STIME_NONE: of what comes next */
} Wanted;

struct _CnxClipTap
{
  gatomicrefcount refs;
  CnxClips *clips;
  char *camera;
  gint *running;

  GMutex lock;                  /* of what follows */
  guint stream;                 /* counts the elements */
  gboolean closed;
  GstCaps *caps;                /* of what is in the ring; NULL: nothing came yet */
  char *why_not;                /* these caps cannot be kept; NULL: they can */
  CnxClipRing *ring;
  GstClockTimeDiff newest;
  gint64 last;                  /* g_get_monotonic_time() of what came last */
  gboolean reorders;
  Wanted wanted;
  CnxClipWriter *writer;        /* NULL: none is written */
  GstClockTimeDiff begin, shown;        /* of what is written: where it begins, and the latest in it */
  guint64 count, given;         /* frames that came; which of them was written last */
  gboolean whole;               /* it has all that was wanted, and waits */
  CnxSeldom small, refused;
};

/* What an element hands over, and to whom. */
typedef struct
{
  CnxClipTap *tap;
  guint stream;
} Inlet;

/* ---- settings ---- */

static CnxClips *
clips_ref (CnxClips * clips)
{
  return g_atomic_rc_box_acquire (clips);
}

static void
clips_clear (gpointer data)
{
  CnxClips *clips = data;

  g_strfreev (clips->labels);
  cnx_clip_writers_unref (clips->writers);
  cnx_herald_unref (clips->herald);
}

static void
clips_unref (CnxClips * clips)
{
  g_atomic_rc_box_release_full (clips, clips_clear);
}

static GstClockTime
nanoseconds (double seconds)
{
  return seconds > 0 ? (GstClockTime) (MIN (seconds, 1e6) * GST_SECOND) : 0;
}

CnxClips *
cnx_clips_new (const CnxClipsSettings * settings, CnxHerald * herald, GError ** error)
{
  g_autoptr (GstCaps) any = gst_caps_from_string ("video/x-h264,stream-format=avc,alignment=au,width=64,height=64");

  if (!cnx_clip_can_hold (any, error))
    return NULL;
  g_autoptr (CnxClipFolder) folder = cnx_clip_folder_new (settings->folder, settings->limit, error);
  if (!folder)
    return NULL;
  CnxClips *clips = g_atomic_rc_box_new0 (CnxClips);
  clips->labels = g_strdupv ((char **) settings->labels);
  clips->before = nanoseconds (settings->before);
  clips->after = nanoseconds (settings->after);
  clips->longest = nanoseconds (settings->longest > 0 ? settings->longest : CNX_CLIP_LONGEST);
  clips->linger = nanoseconds (settings->linger > 0 ? MIN (settings->linger, CNX_CLIP_LATE) : CNX_CLIP_LATE);
  clips->memory = settings->memory > 0 ? settings->memory : CNX_CLIP_MEMORY;
  clips->writers = cnx_clip_writers_new (folder, herald);
  clips->herald = cnx_herald_ref (herald);
  return clips;
}

gboolean
cnx_clips_await (CnxClips * clips, gint64 timeout)
{
  return cnx_clip_writers_await (clips->writers, timeout);
}

void
cnx_clips_free (CnxClips * clips)
{
  cnx_clips_await (clips, CNX_CLIPS_DRAIN);
  clips_unref (clips);
}

/* ImageNet's labels have several names: "tabby, tabby cat". */
static gboolean
has_name (const char *label, const char *name)
{
  g_auto (GStrv) names = g_strsplit (label, ",", -1);

  if (g_ascii_strcasecmp (label, name) == 0)
    return TRUE;
  for (guint i = 0; names[i]; i++)
    if (g_ascii_strcasecmp (g_strstrip (names[i]), name) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_wanted (const CnxClips * clips, const char *label)
{
  if (!label || !clips->labels)
    return label != NULL;
  for (guint i = 0; clips->labels[i]; i++)
    if (has_name (label, clips->labels[i]))
      return TRUE;
  return FALSE;
}

/* ---- the clip; the tap's lock is held ---- */

static void
end_clip (CnxClipTap * tap)
{
  g_clear_pointer (&tap->writer, cnx_clip_writer_end);
}

static void
want_nothing (CnxClipTap * tap)
{
  end_clip (tap);
  g_clear_pointer (&tap->wanted.label, g_free);
  tap->wanted.active = FALSE;
  tap->whole = FALSE;
}

/* Whether the clip is whole without @frame. Frames that others refer to come before what is shown before them: where
 * there are such, all that is shown until one of them is there when the next one comes. */
static gboolean
is_whole (const CnxClipTap * tap, const CnxClipFrame * frame)
{
  if (!tap->reorders)
    return frame->pts >= tap->wanted.until;
  return frame->pts > tap->shown && tap->shown >= tap->wanted.until;
}

/* Gives @frame to the clip. One that is whole waits for a while before it ends: what is seen is told late. */
static void
extend (CnxClipTap * tap, const CnxClipFrame * frame)
{
  tap->whole = tap->whole || is_whole (tap, frame);
  if (tap->whole) {
    if (tap->newest >= tap->wanted.until + (GstClockTimeDiff) tap->clips->linger)
      want_nothing (tap);
    return;
  }
  if (!cnx_clip_writer_push (tap->writer, frame)) {
    want_nothing (tap);
    return;
  }
  tap->given = frame->number;
  tap->shown = MAX (tap->shown, frame->pts);
}

/* The clip goes on: what came while it waited is in the ring. */
static void
catch_up (CnxClipTap * tap)
{
  const GList *link = cnx_clip_ring_is_empty (tap->ring) ? NULL : cnx_clip_ring_from (tap->ring, G_MININT64);

  tap->whole = FALSE;
  if (!link || ((const CnxClipFrame *) link->data)->number > tap->given + 1) {
    want_nothing (tap);         /* it was thrown away for its bytes */
    return;
  }
  for (; link && tap->writer; link = link->next)
    if (((const CnxClipFrame *) link->data)->number > tap->given)
      extend (tap, link->data);
}

/* There is no clip of what is wanted. */
static void
say_none (CnxClipTap * tap, const char *why)
{
  cnx_herald_say_seldom (tap->clips->herald, &tap->refused, tap->camera, "no clip of \"%s\": %s",
      tap->wanted.label, why);
  want_nothing (tap);
}

/* Begins the clip that is wanted with what is in the ring. */
static void
begin_clip (CnxClipTap * tap)
{
  Wanted *wanted = &tap->wanted;

  if (cnx_clip_ring_is_empty (tap->ring))
    return;
  if (g_atomic_int_get (tap->running) >= MOST_RUNNING) {
    say_none (tap, "those before it are not on the disk yet");
    return;
  }
  const GList *link = cnx_clip_ring_from (tap->ring, wanted->from);
  const CnxClipFrame *first = link->data;
  if (first->pts >= wanted->until) {
    say_none (tap, "what was seen then is not kept any more");
    return;
  }
  g_autofree char *name = cnx_clip_name (tap->camera, wanted->real_time, wanted->label);
  tap->whole = FALSE;
  tap->begin = tap->shown = first->pts;
  wanted->until = MIN (wanted->until, tap->begin + (GstClockTimeDiff) tap->clips->longest);
  tap->writer = cnx_clip_writer_new (tap->clips->writers, tap->camera, name, tap->caps,
      cnx_clip_ring_bytes (tap->ring), tap->running);
  for (; link && tap->writer; link = link->next)
    extend (tap, link->data);
}

/* ---- what comes; the tap's lock is held ---- */

static void
forget (CnxClipTap * tap)
{
  want_nothing (tap);
  cnx_clip_ring_clear (tap->ring);
  tap->newest = GST_CLOCK_STIME_NONE;
  tap->reorders = FALSE;
}

/* Other caps are another file's, and do not go on in the one before. */
static void
take_caps (CnxClipTap * tap, GstCaps * caps)
{
  g_autoptr (GError) error = NULL;

  if (tap->caps && gst_caps_is_equal (caps, tap->caps))
    return;
  if (tap->whole)
    want_nothing (tap);
  end_clip (tap);
  cnx_clip_ring_clear (tap->ring);
  gst_caps_replace (&tap->caps, caps);
  g_clear_pointer (&tap->why_not, g_free);
  if (!cnx_clip_can_hold (caps, &error))
    tap->why_not = g_strdup (error->message);
}

/* A time of the stream's own, as running time. */
static GstClockTimeDiff
running_time (const GstSegment * segment, GstClockTime time)
{
  guint64 running;
  const int sign = gst_segment_to_running_time_full (segment, GST_FORMAT_TIME, time, &running);

  if (sign == 0 || !GST_CLOCK_TIME_IS_VALID (time))
    return GST_CLOCK_STIME_NONE;
  return sign > 0 ? (GstClockTimeDiff) running : -(GstClockTimeDiff) running;
}

/* Pictures over HTTP have no times: theirs is when they came. */
static void
read_times (CnxClipTap * tap, CnxClipFrame * frame, const GstSegment * segment)
{
  const gint64 now = g_get_monotonic_time ();

  frame->pts = running_time (segment, GST_BUFFER_PTS (frame->buffer));
  frame->dts = running_time (segment, GST_BUFFER_DTS (frame->buffer));
  if (frame->pts == GST_CLOCK_STIME_NONE)
    frame->pts = frame->dts;
  if (frame->pts == GST_CLOCK_STIME_NONE)
    frame->pts = tap->newest == GST_CLOCK_STIME_NONE ? 0 : tap->newest + (now - tap->last) * GST_USECOND;
  tap->last = now;
}

/* Where the event is to be found when it is told before anything has come. */
static void
settle_wanted (CnxClipTap * tap, GstClockTimeDiff time)
{
  if (!tap->wanted.active || tap->wanted.until != GST_CLOCK_STIME_NONE)
    return;
  tap->wanted.from = time - (GstClockTimeDiff) tap->clips->before;
  tap->wanted.until = time + (GstClockTimeDiff) tap->clips->after;
}

static void
take_frame (CnxClipTap * tap, const CnxClipFrame * frame)
{
  if (tap->newest != GST_CLOCK_STIME_NONE && frame->pts + (GstClockTimeDiff) BACK < tap->newest)
    forget (tap);
  if (tap->newest != GST_CLOCK_STIME_NONE && frame->pts < tap->newest)
    tap->reorders = TRUE;
  else
    tap->newest = frame->pts;
  settle_wanted (tap, frame->pts);
  if (!cnx_clip_ring_add (tap->ring, frame))
    cnx_herald_say_seldom (tap->clips->herald, &tap->small, tap->camera,
        "clips begin later than they should: so much video before an event takes more than %" G_GSIZE_FORMAT " bytes",
        tap->clips->memory);
  if (tap->writer)
    extend (tap, frame);
  else if (tap->wanted.active && frame->pts >= tap->wanted.until)
    say_none (tap, "no key frame has come");
  else if (tap->wanted.active)
    begin_clip (tap);
}

/* A copy: a camera may have few buffers, and a small one may be a piece of much memory. */
static GstBuffer *
copy_of (GstBuffer * buffer)
{
  return gst_buffer_copy_region (buffer, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_MEMORY
      | GST_BUFFER_COPY_DEEP, 0, -1);
}

static void
take_sample (CnxClipTap * tap, GstSample * sample)
{
  take_caps (tap, gst_sample_get_caps (sample));
  if (tap->why_not)
    return;
  g_autoptr (GstBuffer) copy = copy_of (gst_sample_get_buffer (sample));
  CnxClipFrame frame = { copy };
  read_times (tap, &frame, gst_sample_get_segment (sample));
  frame.number = ++tap->count;
  frame.arrived = g_get_real_time ();
  frame.key = !GST_BUFFER_FLAG_IS_SET (copy, GST_BUFFER_FLAG_DELTA_UNIT);
  take_frame (tap, &frame);
}

static void
on_sample (gpointer data, GstSample * sample)
{
  const Inlet *inlet = data;
  CnxClipTap *tap = inlet->tap;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&tap->lock);

  if (tap->closed || tap->stream != inlet->stream)
    return;
  if (!sample)
    want_nothing (tap);
  else if (gst_sample_get_caps (sample))
    take_sample (tap, sample);
}

static void
inlet_free (gpointer data)
{
  cnx_clip_tap_unref (((Inlet *) data)->tap);
  g_free (data);
}

/* ---- the tap ---- */

CnxClipTap *
cnx_clip_tap_new (CnxClips * clips, const char *camera)
{
  CnxClipTap *tap = g_new0 (CnxClipTap, 1);

  g_atomic_ref_count_init (&tap->refs);
  tap->clips = clips_ref (clips);
  tap->camera = g_strdup (camera);
  tap->running = g_atomic_rc_box_new0 (gint);
  g_mutex_init (&tap->lock);
  tap->ring = cnx_clip_ring_new (clips->before + CNX_CLIP_LATE * GST_SECOND, clips->memory);
  tap->newest = GST_CLOCK_STIME_NONE;
  return tap;
}

CnxClipTap *
cnx_clip_tap_ref (CnxClipTap * tap)
{
  g_atomic_ref_count_inc (&tap->refs);
  return tap;
}

void
cnx_clip_tap_unref (CnxClipTap * tap)
{
  if (!g_atomic_ref_count_dec (&tap->refs))
    return;
  want_nothing (tap);
  cnx_clip_ring_free (tap->ring);
  gst_clear_caps (&tap->caps);
  g_mutex_clear (&tap->lock);
  g_atomic_rc_box_release (tap->running);
  g_free (tap->why_not);
  g_free (tap->camera);
  clips_unref (tap->clips);
  g_free (tap);
}

void
cnx_clip_tap_free (CnxClipTap * tap)
{
  g_mutex_lock (&tap->lock);
  tap->closed = TRUE;
  forget (tap);
  g_mutex_unlock (&tap->lock);
  cnx_clip_tap_unref (tap);
}

void
cnx_clip_tap_forget (CnxClipTap * tap)
{
  g_mutex_lock (&tap->lock);
  forget (tap);
  g_mutex_unlock (&tap->lock);
}

GstElement *
cnx_clip_tap_element (CnxClipTap * tap)
{
  Inlet *inlet = g_new0 (Inlet, 1);

  g_mutex_lock (&tap->lock);
  forget (tap);
  gst_clear_caps (&tap->caps);
  g_clear_pointer (&tap->why_not, g_free);
  inlet->stream = ++tap->stream;
  g_mutex_unlock (&tap->lock);
  inlet->tap = cnx_clip_tap_ref (tap);
  return cnx_clip_inlet_new (on_sample, inlet, inlet_free);
}

/* Why there is no clip of this camera whatever comes; NULL: there can be. */
static const char *
why_none (const CnxClipTap * tap)
{
  if (tap->stream == 0)
    return "it gives raw pictures, and a clip holds what comes encoded";
  return tap->why_not;
}

/* Whether an event at @time is of no clip that is written: that may not become so long, or ended long before. */
static gboolean
is_another (const CnxClipTap * tap, GstClockTimeDiff time)
{
  return time >= tap->begin + (GstClockTimeDiff) tap->clips->longest
      || time - (GstClockTimeDiff) tap->clips->before > tap->wanted.until;
}

/* The clip that is wanted has an event at @time, too. */
static void
prolong (CnxClipTap * tap, GstClockTimeDiff time)
{
  const GstClockTimeDiff before = tap->wanted.until;
  const GstClockTimeDiff until = MAX (before, time + (GstClockTimeDiff) tap->clips->after);

  tap->wanted.until = tap->writer ? MIN (until, tap->begin + (GstClockTimeDiff) tap->clips->longest) : until;
  if (tap->whole && tap->wanted.until > before)
    catch_up (tap);
}

void
cnx_clip_tap_event (CnxClipTap * tap, const char *label, gint64 real_time, GstClockTime running_time)
{
  const CnxClips *clips = tap->clips;
  Wanted *wanted = &tap->wanted;
  GstClockTimeDiff time =
      GST_CLOCK_TIME_IS_VALID (running_time) ? (GstClockTimeDiff) running_time : GST_CLOCK_STIME_NONE;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&tap->lock);

  if (tap->closed || !is_wanted (clips, label))
    return;
  const char *why_not = why_none (tap);
  if (why_not) {
    cnx_herald_say_seldom (clips->herald, &tap->refused, tap->camera, "no clip of \"%s\": %s", label, why_not);
    return;
  }
  /* A film that began again has not come so far: that was seen before. */
  if (time != GST_CLOCK_STIME_NONE && tap->newest != GST_CLOCK_STIME_NONE)
    time = MIN (time, tap->newest);
  if (time == GST_CLOCK_STIME_NONE && !cnx_clip_ring_is_empty (tap->ring))
    time = cnx_clip_ring_time_at (tap->ring, real_time);
  if (tap->writer && time != GST_CLOCK_STIME_NONE && is_another (tap, time))
    want_nothing (tap);
  if (!wanted->active) {
    wanted->active = TRUE;
    wanted->label = g_strdup (label);
    wanted->real_time = real_time;
    wanted->from = wanted->until = GST_CLOCK_STIME_NONE;
    if (time != GST_CLOCK_STIME_NONE)
      settle_wanted (tap, time);
  } else if (time != GST_CLOCK_STIME_NONE && wanted->until != GST_CLOCK_STIME_NONE) {
    prolong (tap, time);
  }
  if (!tap->writer && wanted->until != GST_CLOCK_STIME_NONE)
    begin_clip (tap);
}
