#include "pipelines/watch/clips/writer.h"

#include <gst/app/gstappsrc.h>

#include "core/error.h"

#define MUXER "matroskamux"

/* What may wait for the disk beside what was in memory anyway. */
#define MOST_WAITING (32 * 1024 * 1024)
/* What may be between appsrc and the file. */
#define MOST_IN_PIPELINE (1024 * 1024)
#define POLL (20 * GST_MSECOND)

/* What the file has beside the frames: head, seek table and tags; and of each frame its block's head and place in the
 * table. */
#define HEAD_BYTES 16384
#define FRAME_BYTES 96
/* So much is asked for at once. */
#define RESERVE_STEP (256 * 1024)

struct _CnxClipWriters
{
  CnxClipFolder *folder;
  CnxHerald *herald;
  CnxSeldom failed, slow, full;
  GMutex lock;
  GCond changed;
  guint running;
};

struct _CnxClipWriter
{
  gatomicrefcount refs;
  CnxClipWriters *writers;
  char *camera, *name;
  GstCaps *caps;
  gint *running;

  GMutex lock;                  /* of what follows */
  GCond changed;
  GQueue frames;                /* CnxClipFrame, which own their buffers */
  gsize waiting, most_waiting;  /* bytes */
  gboolean ended, given_up;
};

/* What only the writer's thread has. */
typedef struct
{
  CnxClipWriter *writer;
  CnxClipFile *file;
  GstElement *pipeline;
  GstAppSrc *source;
  GstBus *bus;
  GstSegment segment;
  GstClockTimeDiff origin, first;
  gboolean has_first;
  guint64 room;                 /* bytes that are reserved and not used */
} Work;

/* ---- what a clip can hold ---- */

/* The parser that makes what the muxer takes of @caps. */
static GstElementFactory *
find_parser (const GstCaps * caps, const GstCaps * taken)
{
  GList *parsers = gst_element_factory_list_get_elements (GST_ELEMENT_FACTORY_TYPE_PARSER, GST_RANK_MARGINAL);
  GList *able = gst_element_factory_list_filter (parsers, caps, GST_PAD_SINK, FALSE);
  GstElementFactory *found = NULL;

  for (GList * link = able; link && !found; link = link->next)
    if (gst_element_factory_can_src_any_caps (link->data, taken))
      found = gst_object_ref (link->data);
  gst_plugin_feature_list_free (able);
  gst_plugin_feature_list_free (parsers);
  return found;
}

static GstCaps *
muxer_caps (void)
{
  g_autoptr (GstElementFactory) muxer = gst_element_factory_find (MUXER);

  if (!muxer)
    return NULL;
  for (const GList * link = gst_element_factory_get_static_pad_templates (muxer); link; link = link->next) {
    GstStaticPadTemplate *template = link->data;
    if (g_str_has_prefix (template->name_template, "video"))
      return gst_static_pad_template_get_caps (template);
  }
  return NULL;
}

/* Whether a clip can hold @caps: as they are, or (transfer full) through @parser. */
static gboolean
find_way (const GstCaps * caps, GstElementFactory ** parser, GError ** error)
{
  g_autoptr (GstCaps) taken = muxer_caps ();
  const GstStructure *s = gst_caps_get_structure (caps, 0);

  *parser = NULL;
  if (!taken) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "GStreamer has no element " MUXER
        ": install gstreamer1.0-plugins-good");
    return FALSE;
  }
  if (gst_structure_has_name (s, "video/x-raw")) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "it gives raw pictures, and a clip holds what comes encoded");
    return FALSE;
  }
  if (gst_caps_is_subset (caps, taken))
    return TRUE;
  *parser = find_parser (caps, taken);
  if (*parser || gst_caps_can_intersect (caps, taken))
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "GStreamer has no element that makes Matroska's %s of it: "
      "install gstreamer1.0-plugins-bad, unless Matroska has no such video", gst_structure_get_name (s));
  return FALSE;
}

gboolean
cnx_clip_can_hold (const GstCaps * caps, GError ** error)
{
  g_autoptr (GstElementFactory) parser = NULL;

  return find_way (caps, &parser, error);
}

/* ---- the pipeline, on the writer's thread ---- */

static gboolean
build (Work * work, GError ** error)
{
  g_autoptr (GstElementFactory) factory = NULL;

  if (!find_way (work->writer->caps, &factory, error))
    return FALSE;
  GstElement *source = gst_element_factory_make ("appsrc", NULL), *muxer = gst_element_factory_make (MUXER, NULL);
  GstElement *sink = gst_element_factory_make ("fdsink", NULL);
  GstElement *parser = factory ? gst_element_factory_create (factory, NULL) : NULL;
  work->pipeline = gst_pipeline_new (NULL);
  work->bus = gst_element_get_bus (work->pipeline);
  work->source = source ? GST_APP_SRC (source) : NULL;
  if (!source || !muxer || !sink) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "GStreamer has no appsrc or fdsink: install "
        "gstreamer1.0-plugins-base and libgstreamer1.0-0");
    return FALSE;
  }
  g_object_set (source, "format", GST_FORMAT_TIME, "max-bytes", (guint64) 0, "handle-segment-change", TRUE, NULL);
  gst_util_set_object_arg (G_OBJECT (muxer), "writing-app", "convnext watch");
  g_object_set (sink, "fd", cnx_clip_file_fd (work->file), "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add_many (GST_BIN (work->pipeline), source, muxer, sink, parser, NULL);
  if (!(parser ? gst_element_link_many (source, parser, muxer, sink, NULL)
          : gst_element_link_many (source, muxer, sink, NULL))) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "its video cannot be put into Matroska");
    return FALSE;
  }
  gst_element_set_state (work->pipeline, GST_STATE_PLAYING);
  return TRUE;
}

/* FALSE: something went wrong in the pipeline. @end: where it is over, too. */
static gboolean
wait_for (Work * work, GstClockTime timeout, gboolean * end, GError ** error)
{
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (work->bus, timeout, GST_MESSAGE_ERROR | (end ? GST_MESSAGE_EOS : 0));

  if (!message)
    return TRUE;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, error, NULL);
    return FALSE;
  }
  *end = TRUE;
  return TRUE;
}

/* FALSE without an error: the folder may not hold more. */
static gboolean
reserve (Work * work, gsize bytes)
{
  const guint64 needed = bytes + FRAME_BYTES;

  if (work->room < needed) {
    const guint64 missing = needed - work->room;
    const guint64 step = MAX (missing, RESERVE_STEP);
    if (cnx_clip_file_reserve (work->file, step))
      work->room += step;
    else if (cnx_clip_file_reserve (work->file, missing))
      work->room += missing;
    else
      return FALSE;
  }
  work->room -= needed;
  return TRUE;
}

static GstClockTime
since_origin (const Work * work, GstClockTimeDiff time)
{
  return time == GST_CLOCK_STIME_NONE ? GST_CLOCK_TIME_NONE : (GstClockTime) MAX (time - work->origin, 0);
}

/* A clip begins at 0 with its first frame's decoding; shown is what comes from that frame on. */
static void
begin_at (Work * work, const CnxClipFrame * frame)
{
  work->has_first = TRUE;
  work->first = frame->pts;
  work->origin = frame->dts == GST_CLOCK_STIME_NONE ? frame->pts : MIN (frame->dts, frame->pts);
  gst_segment_init (&work->segment, GST_FORMAT_TIME);
  work->segment.start = work->segment.time = since_origin (work, frame->pts);
}

static gboolean
write_frame (Work * work, const CnxClipFrame * frame, GError ** error)
{
  if (!work->has_first)
    begin_at (work, frame);
  /* What is shown before the key frame that it comes behind needs frames that are not there. */
  if (frame->pts < work->first)
    return TRUE;
  g_autoptr (GstBuffer) buffer = gst_buffer_copy (frame->buffer);
  GST_BUFFER_PTS (buffer) = since_origin (work, frame->pts);
  GST_BUFFER_DTS (buffer) = since_origin (work, frame->dts);
  g_autoptr (GstSample) sample = gst_sample_new (buffer, work->writer->caps, &work->segment, NULL);
  gst_app_src_push_sample (work->source, sample);
  do {
    const gboolean full = gst_app_src_get_current_level_bytes (work->source) > MOST_IN_PIPELINE;
    if (!wait_for (work, full ? POLL : 0, NULL, error))
      return FALSE;
  } while (gst_app_src_get_current_level_bytes (work->source) > MOST_IN_PIPELINE);
  return TRUE;
}

static void
frame_free (gpointer data)
{
  gst_buffer_unref (((CnxClipFrame *) data)->buffer);
  g_free (data);
}

/* The next frame; NULL: there will be none. */
static CnxClipFrame *
next_frame (CnxClipWriter * writer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&writer->lock);

  while (writer->frames.length == 0 && !writer->ended)
    g_cond_wait (&writer->changed, &writer->lock);
  CnxClipFrame *frame = g_queue_pop_head (&writer->frames);
  if (frame)
    writer->waiting -= gst_buffer_get_size (frame->buffer);
  return frame;
}

/* No more is taken. */
static void
give_up (CnxClipWriter * writer)
{
  g_mutex_lock (&writer->lock);
  writer->given_up = TRUE;
  g_queue_clear_full (&writer->frames, frame_free);
  writer->waiting = 0;
  g_mutex_unlock (&writer->lock);
}

static gboolean
refuse_room (GError ** error)
{
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "the folder's limit leaves no room for it");
  return FALSE;
}

static gboolean
write_frames (Work * work, GError ** error)
{
  CnxClipWriter *writer = work->writer;
  CnxClipFrame *frame;

  while ((frame = next_frame (writer))) {
    const gboolean fits = reserve (work, gst_buffer_get_size (frame->buffer));
    const gboolean good = !fits || write_frame (work, frame, error);
    frame_free (frame);
    if (!good)
      return FALSE;
    if (!fits && !work->has_first)
      return refuse_room (error);
    if (!fits) {
      cnx_herald_say_seldom (writer->writers->herald, &writer->writers->full, writer->camera,
          "the clip %s ends early: the folder's limit leaves no room for more", writer->name);
      break;
    }
  }
  give_up (writer);
  return TRUE;
}

static gboolean
finish (Work * work, GError ** error)
{
  gboolean over = FALSE;

  if (!work->has_first) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "it has no frame");
    return FALSE;
  }
  gst_app_src_end_of_stream (work->source);
  while (!over)
    if (!wait_for (work, GST_SECOND, &over, error))
      return FALSE;
  return TRUE;
}

/* The file is closed when the pipeline is. */
static gboolean
write_clip (CnxClipWriter * writer, GError ** error)
{
  Work work = { writer };
  gboolean good;

  work.file = cnx_clip_file_new (writer->writers->folder, writer->name, error);
  if (!work.file)
    return FALSE;
  good = cnx_clip_file_reserve (work.file, HEAD_BYTES) || refuse_room (error);
  good = good && build (&work, error) && write_frames (&work, error) && finish (&work, error);
  if (work.pipeline) {
    gst_element_set_state (work.pipeline, GST_STATE_NULL);
    gst_object_unref (work.bus);
    gst_object_unref (work.pipeline);
  }
  if (good)
    return cnx_clip_file_keep (work.file, error);
  cnx_clip_file_drop (work.file);
  return FALSE;
}

static void
writer_unref (CnxClipWriter * writer)
{
  if (!g_atomic_ref_count_dec (&writer->refs))
    return;
  g_queue_clear_full (&writer->frames, frame_free);
  g_mutex_clear (&writer->lock);
  g_cond_clear (&writer->changed);
  gst_caps_unref (writer->caps);
  g_atomic_rc_box_release (writer->running);
  g_free (writer->camera);
  g_free (writer->name);
  cnx_clip_writers_unref (writer->writers);
  g_free (writer);
}

static void
say_failure (CnxClipWriter * writer, const GError * error)
{
  give_up (writer);
  cnx_herald_say_seldom (writer->writers->herald, &writer->writers->failed, writer->camera,
      "the clip %s cannot be written: %s", writer->name, error->message);
}

/* Its thread is over, or never was. */
static void
leave (CnxClipWriter * writer)
{
  g_autoptr (CnxClipWriters) writers = cnx_clip_writers_ref (writer->writers);

  (void) g_atomic_int_dec_and_test (writer->running);
  writer_unref (writer);
  g_mutex_lock (&writers->lock);
  writers->running--;
  g_cond_broadcast (&writers->changed);
  g_mutex_unlock (&writers->lock);
}

static gpointer
run (gpointer data)
{
  CnxClipWriter *writer = data;
  g_autoptr (GError) error = NULL;

  if (!write_clip (writer, &error))
    say_failure (writer, error);
  leave (writer);
  return NULL;
}

/* ---- a clip, for who has frames ---- */

/* What does not run is given up from the start. */
static void
start (CnxClipWriter * writer)
{
  CnxClipWriters *writers = writer->writers;
  g_autoptr (GError) error = NULL;

  g_atomic_ref_count_inc (&writer->refs);
  g_atomic_int_inc (writer->running);
  g_mutex_lock (&writers->lock);
  writers->running++;
  g_mutex_unlock (&writers->lock);
  GThread *thread = g_thread_try_new ("clip", run, writer, &error);
  if (thread) {
    g_thread_unref (thread);
    return;
  }
  say_failure (writer, error);
  leave (writer);
}

CnxClipWriter *
cnx_clip_writer_new (CnxClipWriters * writers, const char *camera, const char *name, GstCaps * caps, gsize in_memory,
    gint * running)
{
  CnxClipWriter *writer = g_new0 (CnxClipWriter, 1);

  g_atomic_ref_count_init (&writer->refs);
  writer->most_waiting = MOST_WAITING + in_memory;
  writer->writers = cnx_clip_writers_ref (writers);
  writer->camera = g_strdup (camera);
  writer->name = g_strdup (name);
  writer->caps = gst_caps_ref (caps);
  writer->running = g_atomic_rc_box_acquire (running);
  g_mutex_init (&writer->lock);
  g_cond_init (&writer->changed);
  g_queue_init (&writer->frames);
  start (writer);
  return writer;
}

gboolean
cnx_clip_writer_push (CnxClipWriter * writer, const CnxClipFrame * frame)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&writer->lock);
  const gsize size = gst_buffer_get_size (frame->buffer);

  if (writer->given_up)
    return FALSE;
  if (writer->waiting + size > writer->most_waiting) {
    cnx_herald_say_seldom (writer->writers->herald, &writer->writers->slow, writer->camera,
        "the clip %s ends early: the disk is too slow for it", writer->name);
    return FALSE;
  }
  CnxClipFrame *own = g_new (CnxClipFrame, 1);
  *own = *frame;
  gst_buffer_ref (own->buffer);
  g_queue_push_tail (&writer->frames, own);
  writer->waiting += size;
  g_cond_signal (&writer->changed);
  return TRUE;
}

void
cnx_clip_writer_end (CnxClipWriter * writer)
{
  g_mutex_lock (&writer->lock);
  writer->ended = TRUE;
  g_cond_signal (&writer->changed);
  g_mutex_unlock (&writer->lock);
  writer_unref (writer);
}

/* ---- all of them ---- */

CnxClipWriters *
cnx_clip_writers_new (CnxClipFolder * folder, CnxHerald * herald)
{
  CnxClipWriters *writers = g_atomic_rc_box_new0 (CnxClipWriters);

  writers->folder = cnx_clip_folder_ref (folder);
  writers->herald = cnx_herald_ref (herald);
  g_mutex_init (&writers->lock);
  g_cond_init (&writers->changed);
  return writers;
}

CnxClipWriters *
cnx_clip_writers_ref (CnxClipWriters * writers)
{
  return g_atomic_rc_box_acquire (writers);
}

static void
clear (gpointer data)
{
  CnxClipWriters *writers = data;

  cnx_clip_folder_unref (writers->folder);
  cnx_herald_unref (writers->herald);
  g_mutex_clear (&writers->lock);
  g_cond_clear (&writers->changed);
}

void
cnx_clip_writers_unref (CnxClipWriters * writers)
{
  g_atomic_rc_box_release_full (writers, clear);
}

gboolean
cnx_clip_writers_await (CnxClipWriters * writers, gint64 timeout)
{
  const gint64 until = g_get_monotonic_time () + timeout;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&writers->lock);

  while (writers->running > 0)
    if (!g_cond_wait_until (&writers->changed, &writers->lock, until))
      return FALSE;
  return TRUE;
}
