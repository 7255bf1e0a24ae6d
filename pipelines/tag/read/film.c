#include "pipelines/tag/read/film.h"

#include <gst/pbutils/pbutils.h>
#include <string.h>

#include "core/error.h"
#include "gst-plugin/frame/direction.h"
#include "gst-plugin/gstconvnext.h"
#include "pipelines/tag/read/autoplug.h"
#include "pipelines/tag/read/snapshot.h"

#define POLL (100 * GST_MSECOND)
/* Sound may be a little longer than the film. */
#define CUT_SHARE 1.05
#define CUT_SECONDS 3

#define NO_VIDEO "there is no video in it"

/* A frame between the decoder and who takes it. */
typedef struct
{
  double time;
  gint64 frame;
} Pending;

typedef struct
{
  const CnxFilmOptions *options;
  const CnxFilmListener *listener;
  CnxTagFacts *facts;
  GstElement *pipeline;
  GstElement *queue;            /* between the decoder's thread and the one that hands frames on */

  /* the decoder's thread's own, once it may go on */
  GstSegment segment;
  CnxSampler sampler;
  guint64 frames;               /* that were decoded */
  gboolean counts;              /* they are all the film's, from its start on */
  GstClockTime origin;          /* the time that the film begins at, where its container has no 0 */

  GMutex lock;                  /* guards what follows */
  GstPad *decoded;              /* the decoder's, with the film's frames; NULL until it is there */
  gulong block;                 /* holds the first frame back, until it is decided where to begin */
  gboolean blocked;
  GstClockTime first;           /* its time */
  gboolean no_zero;             /* times in the container count from anywhere */
  gboolean names_others;        /* what plays it would fetch what it names */
  gboolean no_index, is_flv;    /* a seek comes out anywhere near, so that key frames there would be lost */
  gboolean others, no_more_pads;        /* streams of another kind; all streams are known */
  GQueue pending;               /* Pending, in the order that they come out */
  gboolean past_end;
  double last_end;              /* seconds: where the last frame decoded ends */
  guint64 read_to;              /* bytes of the file */
  gboolean moved;               /* something happened since that was last told */
  GError *failure;              /* the listener's */

  /* the handing thread's own */
  GstCaps *caps;
  GstVideoInfo info;
  GstVideoOrientationMethod direction;
  gboolean begun;
} Film;

/* ---- facts ---- */

static void
tell_facts (Film * film)
{
  CnxTagFacts *facts = film->facts;
  const gboolean quarter = cnx_direction_of (film->direction).swaps;
  gint64 duration;

  const int width = cnx_snapshot_shown_width (&film->info);

  facts->width = quarter ? film->info.height : width;
  facts->height = quarter ? width : film->info.height;
  facts->fps_n = film->info.fps_n;
  facts->fps_d = film->info.fps_d;
  if (film->info.fps_n <= 0 || GST_VIDEO_INFO_FLAG_IS_SET (&film->info, GST_VIDEO_FLAG_VARIABLE_FPS)) {
    facts->fps_n = 0;
    facts->fps_d = 1;
  }
  /* one that is shorter than what comes before it does not count that */
  if (gst_pad_query_duration (film->decoded, GST_FORMAT_TIME, &duration) && duration > 0)
    facts->duration = (double) (duration - ((GstClockTime) duration > film->origin ? film->origin : 0)) / GST_SECOND;
}

static void
read_tags (Film * film, GstTagList * tags)
{
  CnxTagFacts *facts = film->facts;
  GstVideoOrientationMethod direction;
  const char *text;

  if (!facts->codec && gst_tag_list_peek_string_index (tags, GST_TAG_VIDEO_CODEC, 0, &text))
    facts->codec = g_intern_string (text);
  if (!facts->container && gst_tag_list_peek_string_index (tags, GST_TAG_CONTAINER_FORMAT, 0, &text))
    facts->container = g_intern_string (text);
  if (gst_video_orientation_from_tag (tags, &direction))
    film->direction = direction;
}

/* ---- frames that come out of the decoder ---- */

static int
frame_rate (Film * film, int *denominator)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (film->decoded);
  GstVideoInfo info;

  if (!caps || !gst_video_info_from_caps (&info, caps))
    return 0;
  *denominator = info.fps_d;
  return info.fps_n;
}

/* Where frames are not all decoded from the start on, their number is what the rate makes of their time. */
static gint64
frame_number (Film * film, GstClockTime time)
{
  int fps_d = 1;
  const int fps_n = film->counts ? 0 : frame_rate (film, &fps_d);

  if (film->counts)
    return film->frames - 1;
  return fps_n > 0 ? (gint64) gst_util_uint64_scale_round (time, fps_n, fps_d * GST_SECOND) : -1;
}

/* Of the film, as a player counts it; GST_CLOCK_TIME_NONE where nobody knows. */
static GstClockTime
time_of (const Film * film, GstBuffer * buffer)
{
  const GstClockTime time = gst_segment_to_stream_time (&film->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));

  return GST_CLOCK_TIME_IS_VALID (time) ? time - MIN (time, film->origin) : time;
}

static GstPadProbeReturn
decide (Film * film, GstBuffer * buffer)
{
  const GstClockTime time = time_of (film, buffer), duration = GST_BUFFER_DURATION (buffer);

  film->frames++;
  if (!GST_CLOCK_TIME_IS_VALID (time))
    return GST_PAD_PROBE_DROP;
  const gint64 frame = frame_number (film, time);
  const gboolean taken = cnx_sampler_take (&film->sampler, time, frame);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);
  film->moved = TRUE;
  film->past_end |= cnx_sampling_is_past (&film->options->sampling, time);
  film->last_end = (double) time / GST_SECOND;
  if (GST_CLOCK_TIME_IS_VALID (duration))
    film->last_end += (double) duration / GST_SECOND;
  if (!taken)
    return GST_PAD_PROBE_DROP;
  Pending *pending = g_new (Pending, 1);
  *pending = (Pending) { (double) time / GST_SECOND, frame };
  g_queue_push_tail (&film->pending, pending);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_decoded (GstPad * pad, GstPadProbeInfo * probe, gpointer data)
{
  Film *film = data;
  const GstSegment *segment;

  if (probe->type & GST_PAD_PROBE_TYPE_BUFFER)
    return decide (film, GST_PAD_PROBE_INFO_BUFFER (probe));
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (probe);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
    gst_event_parse_segment (event, &segment);
    gst_segment_copy_into (segment, &film->segment);
    if (film->segment.time > G_MAXINT64)        /* a demuxer's that went below 0 */
      film->segment.time = 0;
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_first_frame (GstPad * pad, GstPadProbeInfo * probe, gpointer data)
{
  Film *film = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);

  film->blocked = TRUE;
  film->first = time_of (film, GST_PAD_PROBE_INFO_BUFFER (probe));
  film->moved = TRUE;
  return GST_PAD_PROBE_OK;
}

static gboolean
on_continue (GstElement * decoder, GstPad * pad, GstCaps * caps, gpointer data)
{
  return cnx_autoplug_wants (caps);
}

static int
on_select (GstElement * decoder, GstPad * pad, GstCaps * caps, GstElementFactory * factory, gpointer data)
{
  Film *film = data;

  if (cnx_autoplug_allows (factory))
    return CNX_AUTOPLUG_TRY;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);
  film->names_others = TRUE;
  return CNX_AUTOPLUG_SKIP;
}

/* The first video there is; a second one, and sound, are left alone. */
static void
on_pad (GstElement * decoder, GstPad * pad, gpointer data)
{
  Film *film = data;
  g_autoptr (GstPad) sink = gst_element_get_static_pad (film->queue, "sink");

  if (!cnx_autoplug_is_raw_video (pad)) {
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);
    film->others = TRUE;
    return;
  }
  if (gst_pad_is_linked (sink) || gst_pad_link (pad, sink) != GST_PAD_LINK_OK)
    return;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_decoded, film, NULL);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);
  film->decoded = gst_object_ref (pad);
  film->block = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, on_first_frame, film,
      NULL);
}

static void
on_no_more_pads (GstElement * decoder, gpointer data)
{
  Film *film = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);

  film->no_more_pads = TRUE;
}

/* ---- frames that go into the decoder ---- */

static GstPadProbeReturn
drop_delta (GstPad * pad, GstPadProbeInfo * probe, gpointer data)
{
  Film *film = data;

  if (!GST_BUFFER_FLAG_IS_SET (GST_PAD_PROBE_INFO_BUFFER (probe), GST_BUFFER_FLAG_DELTA_UNIT))
    return cnx_sampling_pass_key_frame (probe);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);
  film->moved = TRUE;
  return GST_PAD_PROBE_DROP;
}

/* Who reads what was not read before gets on. Who goes round in circles does not. */
static GstPadProbeReturn
on_read (GstPad * pad, GstPadProbeInfo * probe, gpointer data)
{
  Film *film = data;
  const GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (probe);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);

  if (buffer && GST_BUFFER_OFFSET_IS_VALID (buffer) && GST_BUFFER_OFFSET (buffer) >= film->read_to) {
    film->read_to = GST_BUFFER_OFFSET (buffer) + 1;
    film->moved = TRUE;
  }
  return GST_PAD_PROBE_OK;
}

static void
note_demuxer (Film * film, const char *name)
{
  static const char *const no_zero[] = { "tsdemux", "mpegpsdemux", "flvdemux", NULL };
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);

  film->no_zero |= g_strv_contains (no_zero, name);
  film->no_index |= strcmp (name, "mpegpsdemux") == 0;
  film->is_flv |= strcmp (name, "flvdemux") == 0;
}

static void
on_element (GstBin * bin, GstBin * sub_bin, GstElement * element, gpointer data)
{
  Film *film = data;
  GstElementFactory *factory = gst_element_get_factory (element);
  const char *name = factory ? GST_OBJECT_NAME (factory) : "";

  note_demuxer (film, name);
  if (!factory || !gst_element_factory_list_is_type (factory,
          GST_ELEMENT_FACTORY_TYPE_DECODER | GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO))
    return;
  if (film->options->threads > 0 && g_object_class_find_property (G_OBJECT_GET_CLASS (element), "max-threads"))
    g_object_set (element, "max-threads", (int) film->options->threads, NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (element, "sink");
  if (sink && film->options->sampling.keyframes)
    gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, drop_delta, film, NULL);
}

/* ---- frames that are handed on ---- */

static gboolean
hand_on (Film * film, GstBuffer * buffer, const Pending * pending, GError ** error)
{
  const CnxFilmListener *listener = film->listener;
  const CnxFrameNote note = { pending->time, pending->frame, film->direction };

  if (!film->begun) {
    tell_facts (film);
    if (!listener->facts (listener->data, film->facts, error))
      return FALSE;
    film->begun = TRUE;
  }
  return listener->frame (listener->data, film->caps, buffer, &note, error);
}

static GstPadProbeReturn
take_frame (Film * film, GstBuffer * buffer)
{
  GError *failure = NULL;

  g_mutex_lock (&film->lock);
  g_autofree Pending *pending = g_queue_pop_head (&film->pending);
  const gboolean failed = film->failure != NULL;
  film->moved = TRUE;
  g_mutex_unlock (&film->lock);
  if (!pending || failed || !film->caps)
    return GST_PAD_PROBE_OK;
  if (!hand_on (film, buffer, pending, &failure)) {
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);
    film->failure = failure;
  }
  return GST_PAD_PROBE_OK;
}

/* Frames may lie as their decoder likes. */
static GstPadProbeReturn
allow_metas (GstQuery * query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_PAD_PROBE_OK;
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return GST_PAD_PROBE_HANDLED;
}

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * probe, gpointer data)
{
  Film *film = data;
  GstTagList *tags;
  GstCaps *caps;

  if (probe->type & GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM)
    return probe->type & GST_PAD_PROBE_TYPE_PUSH ? allow_metas (GST_PAD_PROBE_INFO_QUERY (probe)) : GST_PAD_PROBE_OK;
  if (probe->type & GST_PAD_PROBE_TYPE_BUFFER)
    return take_frame (film, GST_PAD_PROBE_INFO_BUFFER (probe));
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (probe);
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    gst_caps_replace (&film->caps, caps);
    gst_video_info_from_caps (&film->info, caps);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
    gst_event_parse_tag (event, &tags);
    read_tags (film, tags);
  }
  return GST_PAD_PROBE_OK;
}

/* ---- the pipeline ---- */

/* What `convnext` takes: decoders choose among it. */
static void
filter (GstElement * element)
{
  GstElementClass *klass = g_type_class_ref (GST_TYPE_CONVNEXT);
  g_autoptr (GstCaps) caps = gst_pad_template_get_caps (gst_element_class_get_pad_template (klass, "sink"));

  g_object_set (element, "caps", caps, NULL);
  g_type_class_unref (klass);
}

/* Decoder, the frames that are wanted, who takes them; nothing is waited for but that. */
static gboolean
build (Film * film, GError ** error)
{
  GstElement *pipeline = film->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *source = cnx_autoplug_make ("filesrc", pipeline, error);
  GstElement *decoder = source ? cnx_autoplug_make ("decodebin", pipeline, error) : NULL;
  GstElement *queue = film->queue = decoder ? cnx_autoplug_make ("queue", pipeline, error) : NULL;
  GstElement *formats = queue ? cnx_autoplug_make ("capsfilter", pipeline, error) : NULL;
  GstElement *sink = formats ? cnx_autoplug_make ("fakesink", pipeline, error) : NULL;

  if (!sink)
    return FALSE;
  g_object_set (source, "location", film->facts->path, NULL);
  g_object_set (queue, "max-size-buffers", 2, "max-size-bytes", 0, "max-size-time", (guint64) 0, NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, NULL);
  filter (formats);
  g_autoptr (GstPad) in = gst_element_get_static_pad (source, "src");
  gst_pad_add_probe (in, GST_PAD_PROBE_TYPE_BUFFER, on_read, film, NULL);
  gst_element_link (source, decoder);
  gst_element_link_many (queue, formats, sink, NULL);
  g_autoptr (GstPad) out = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (out, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM
      | GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_frame, film, NULL);
  g_signal_connect (decoder, "autoplug-continue", G_CALLBACK (on_continue), NULL);
  g_signal_connect (decoder, "autoplug-select", G_CALLBACK (on_select), film);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad), film);
  g_signal_connect (decoder, "no-more-pads", G_CALLBACK (on_no_more_pads), film);
  g_signal_connect (pipeline, "deep-element-added", G_CALLBACK (on_element), film);
  return TRUE;
}

/* Where reading begins before the first frame goes on. What cannot seek is read from its start: the sampler, and the
 * probe before the decoder, leave out what was not asked for. */
static void
begin (Film * film)
{
  const CnxSampling *sampling = &film->options->sampling;
  GstSeekFlags flags = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE;
  int fps_d = 1;
  const gboolean numbered = sampling->every == 0 || frame_rate (film, &fps_d) > 0;

  film->counts = !sampling->keyframes;
  if (film->no_zero && GST_CLOCK_TIME_IS_VALID (film->first))
    film->origin = film->first;
  const gboolean misled = film->is_flv && film->origin > 0;     /* its index counts from 0 all the same */
  if (!misled && (sampling->keyframes ? !film->no_index : sampling->start > 0 && numbered)) {
    if (sampling->keyframes)
      flags = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_TRICKMODE | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS;
    /* A little before, for a decoder cuts a frame that began earlier to begin there. */
    const GstClockTime from = film->origin + MAX (sampling->start - 1, 0) * GST_SECOND;
    GstEvent *seek = gst_event_new_seek (1, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, from, GST_SEEK_TYPE_NONE, 0);
    if (gst_pad_send_event (film->decoded, seek))
      film->counts = FALSE;
  }
  gst_pad_remove_probe (film->decoded, film->block);
}

/* A decoder's own words, or which one is missing. */
static void
take_error (Film * film, GstMessage * message, const char *missing, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);
  g_autoptr (GError) cause = NULL;
  g_autofree char *debug = NULL;

  gst_message_parse_error (message, &cause, &debug);
  g_autofree char *words = cnx_autoplug_describe_error (cause, debug);
  if (film->names_others && !film->decoded)
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "it names what is to be fetched from elsewhere, as playlists do: "
        "nothing is");
  else if (missing)
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot be decoded: GStreamer lacks a %s (for H.264, H.265 and "
        "most others, install gstreamer1.0-libav)", missing);
  else if (film->others && !film->decoded)     /* what else there is has nowhere to go */
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, NO_VIDEO);
  else
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "cannot be decoded: %s", words);
  g_debug ("%s: %s", cause->message, debug ? debug : "");
}

typedef enum
{ GO_ON, AT_END, FAILED } Step;

static Step
take_message (Film * film, GstMessage * message, char **missing, GError ** error)
{
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      take_error (film, message, *missing, error);
      return FAILED;
    case GST_MESSAGE_EOS:
      return AT_END;
    default:
      if (!*missing && gst_is_missing_plugin_message (message))
        *missing = gst_missing_plugin_message_get_description (message);
      return GO_ON;
  }
}

/* What needs no message to be known. */
static Step
look_around (Film * film, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&film->lock);
  const CnxFilmListener *listener = film->listener;

  if (film->failure) {
    g_propagate_error (error, g_steal_pointer (&film->failure));
    return FAILED;
  }
  if (film->past_end && g_queue_is_empty (&film->pending))
    return AT_END;
  if (film->no_more_pads && !film->decoded) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, NO_VIDEO);
    return FAILED;
  }
  if (film->moved)
    listener->progress (listener->data, film->last_end, film->frames);
  film->moved = FALSE;
  return GO_ON;
}

/* Without the lock while it seeks, for that waits for the decoder's thread. */
static gboolean
begin_once (Film * film)
{
  g_mutex_lock (&film->lock);
  const gboolean ready = film->blocked;
  g_mutex_unlock (&film->lock);
  if (ready)
    begin (film);
  return ready;
}

static gboolean
run (Film * film, GError ** error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (film->pipeline);
  g_autofree char *missing = NULL;
  gboolean begun = FALSE;
  Step step = GO_ON;

  gst_element_set_state (film->pipeline, GST_STATE_PLAYING);
  while (step == GO_ON) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, begun ? POLL : POLL / 20,
        GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_ELEMENT);
    if (message)
      step = take_message (film, message, &missing, error);
    if (step == GO_ON)
      step = look_around (film, error);
    if (step == GO_ON && !begun)
      begun = begin_once (film);
  }
  gst_element_set_state (film->pipeline, GST_STATE_NULL);
  if (step == AT_END && film->failure) {
    g_propagate_error (error, g_steal_pointer (&film->failure));
    step = FAILED;
  }
  return step == AT_END;
}

static void
film_clear (Film * film)
{
  if (film->pipeline)
    gst_element_set_state (film->pipeline, GST_STATE_NULL);
  g_clear_object (&film->decoded);
  g_clear_object (&film->pipeline);
  gst_clear_caps (&film->caps);
  g_queue_clear_full (&film->pending, g_free);
  g_clear_error (&film->failure);
  g_mutex_clear (&film->lock);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Film, film_clear)

/* The end that was found holds, and not the one that the file announces: it may have been cut short, or have sound for
 * longer. With key frames only nobody saw the end. */
static void
end_at (Film * film)
{
  const CnxSampling *sampling = &film->options->sampling;
  const CnxFilmListener *listener = film->listener;
  CnxTagFacts *facts = film->facts;

  if (film->past_end) {
    facts->duration = MAX (facts->duration, film->last_end);
    return;
  }
  if (sampling->keyframes && facts->duration >= film->last_end)
    return;
  if (facts->duration > film->last_end * CUT_SHARE + CUT_SECONDS) {
    g_autofree char *text = g_strdup_printf ("its frames end at %.1f s, where it should last %.1f s: was it cut short?",
        film->last_end, facts->duration);
    listener->warn (listener->data, text);
  }
  facts->duration = film->last_end;
}

gboolean
cnx_film_read (const CnxFilmOptions * options, CnxTagFacts * facts, const CnxFilmListener * listener, GError ** error)
{
  g_auto (Film) film = {.options = options,.facts = facts,.listener = listener };

  g_mutex_init (&film.lock);
  film.sampler.sampling = &options->sampling;
  gst_segment_init (&film.segment, GST_FORMAT_TIME);
  if (!build (&film, error) || !run (&film, error))
    return FALSE;
  if (!film.begun) {
    g_set_error_literal (error, CNX_ERROR, CNX_ERROR_INPUT, !film.blocked ? "there are no frames in it" :
        GST_CLOCK_TIME_IS_VALID (film.first) ? "none of its frames is one that was asked for" :
        "its frames have no times: put them into a film that has, such as Matroska, with their rate");
    return FALSE;
  }
  end_at (&film);
  return TRUE;
}
