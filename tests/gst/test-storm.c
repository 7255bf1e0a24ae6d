/* Everything that can happen to pipelines that run, in random order: they go on, without an error of their own making.
 * Three hundred times, always the same; with `-m slow` ten thousand times, and others each time (--seed repeats). */
#include "tests/gst/engine/change.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  GstElement *pipeline, *filter;
  gint format;                  /* of `formats`, that frames are to be in; below 0: as they are */
  guint marked;                 /* frames that regions were marked in: their streaming thread's own */
  gint frames[2];               /* atomic: that came to each sink */
} Line;

/* The first has two branches, the second is live; all classifiers may share one network. */
typedef struct
{
  Line lines[2];
  GstElement *elements[9];
  GRand *rand;
} Storm;

static const char *const names[] = { "source", "a", "b", "c", "text", "bars", "first", "second", "camera" };

static const char *const formats[] = {
  CNX_CHANGE_CAPS, "video/x-raw,format=NV12,width=96,height=72,framerate=50/1",
  "video/x-raw,format=I420,width=48,height=72,framerate=25/1,pixel-aspect-ratio=2/1",
  "video/x-raw,format=BGRx,width=320,height=240,framerate=100/1"
};

#define PICK(storm, array) (array)[g_rand_int_range ((storm)->rand, 0, G_N_ELEMENTS (array))]

/* ---- properties ---- */

/* What they may be set to, with | between; @ stands for the folder of the models. Some take another network, some
 * cannot be had, and some are refused while frames flow. */
static const struct
{
  const char *factory, *property, *values;
} settings[] = {
  {"convnext", "model", "@first|@second|@third|/no/such/model"},
  {"convnext", "variant", "NULL|NULL|NULL|T"},
  {"convnext", "labels", "NULL|@labels.txt"},
  {"convnext", "recipe", "NULL|size=64|mean=0.9"},
  {"convnext", "precision", "fp32|int8"},
  {"convnext", "device", "auto|cpu"},
  {"convnext", "batch", "1|2"},
  {"convnext", "batch-timeout", "0|500|2000"},
  {"convnext", "mode", "auto|latest|every-frame"},
  {"convnext", "top-k", "1|2|3"},
  {"convnext", "threshold", "-1|0|0.6"},
  {"convnext", "label-timeout", "0|20|2000"},
  {"convnext", "video-direction", "identity|90r|180|90l|horiz|vert|ul-lr|ur-ll|auto"},
  {"convnext", "post-messages", "false|true"},
  {"convnext", "source", "NULL|door|hall"},
  {"convnext", "interval", "1|2|3"},
  {"convnext", "max-rate", "0|20|40"},
  {"convnext", "scene-threshold", "0|0.01|0.02"},
  {"convnext", "scene-cut", "0|0.1|0.3"},
  {"convnext", "smoothing", "0|100|200"},
  {"convnext", "hysteresis", "0|0.1|0.2"},
  {"convnext", "heatmap", "false|true"},
  {"convnext", "inference-region", "full-frame|roi-list"},
  {"convnext", "inference-region", "full-frame|roi-list"},
  {"convnext", "object-class", "NULL|thing|thing,another|none"},
  {"convnext", "min-region", "0|10|20"},
  {"convnext", "max-regions", "1|2|3"},
  {"convnext", "reclassify-interval", "0|1|3"},
  {"labeloverlay", "style", "text|bars"},
  {"labeloverlay", "heatmap", "false|true"},
  {"labeloverlay", "show-stats", "false|true"},
  {"labeloverlay", "show-regions", "false|true"},
  {"labeloverlay", "show-confidence", "false|true"},
  {"labeloverlay", "max-labels", "1|3|100"},
  {"labeloverlay", "threshold", "0|0.5|1"},
  {"labeloverlay", "position", "top-left|top-right|bottom-left|bottom-right"},
  {"labeloverlay", "font", "Sans|DejaVu Sans Bold"},
  {"labeloverlay", "text-height", "1|5|50"},
  {"labeloverlay", "colour", "0|4294951997"},
  {"labelpublish", "location", "@one.jsonl|@two.jsonl"},
  {"labelpublish", "on-change", "false|false|true"},
  {"labelpublish", "min-interval", "0|50|500"},
  {"labelpublish", "queue-size", "1|10|10000"},
  {"labelpublish", "drain-timeout", "0|100|2000"},
  {"videotestsrc", "pattern", "smpte|snow|ball|black"},
};

static GstElement *
any_of (Storm * storm, const char *factory)
{
  GstElement *element;

  do
    element = PICK (storm, storm->elements);
  while (strcmp (GST_OBJECT_NAME (gst_element_get_factory (element)), factory) != 0);
  return element;
}

static void
set (Storm * storm, guint row)
{
  g_auto (GStrv) values = g_strsplit (settings[row].values, "|", 0);
  const char *value = values[g_rand_int_range (storm->rand, 0, g_strv_length (values))];
  g_autofree char *path = *value == '@' ? g_build_filename (cnx_change_models.root, value + 1, NULL) : NULL;

  gst_util_set_object_arg (G_OBJECT (any_of (storm, settings[row].factory)), settings[row].property,
      path ? path : value);
}

static void
set_something (Storm * storm)
{
  set (storm, g_rand_int_range (storm->rand, 0, G_N_ELEMENTS (settings)));
}

static void
set_model (Storm * storm)
{
  set (storm, 0);
}

/* ---- states ---- */

static void
forget_messages (Line * line)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (line->pipeline);

  gst_bus_set_flushing (bus, TRUE);
  gst_bus_set_flushing (bus, FALSE);
}

static void
set_state (Storm * storm, Line * line, GstState state)
{
  if (gst_element_set_state (line->pipeline, state) != GST_STATE_CHANGE_FAILURE)
    return;
  /* it was to be opened with what cannot be had */
  gst_element_set_state (line->pipeline, GST_STATE_NULL);
  forget_messages (line);
  for (guint i = 0; i < G_N_ELEMENTS (storm->elements); i++)
    if (g_object_class_find_property (G_OBJECT_GET_CLASS (storm->elements[i]), "model"))
      g_object_set (storm->elements[i], "model", cnx_change_models.first, "labels", NULL, "variant", NULL, NULL);
  g_assert_cmpint (gst_element_set_state (line->pipeline, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
}

/* A source that negotiates while what is behind it is stopped complains of that. */
static void
change_state (Storm * storm)
{
  Line *line = &PICK (storm, storm->lines);

  set_state (storm, line, g_rand_int_range (storm->rand, GST_STATE_NULL, GST_STATE_PLAYING));
  forget_messages (line);
}

static gboolean
await_playing (Storm * storm, Line * line)
{
  set_state (storm, line, GST_STATE_PLAYING);
  return gst_element_get_state (line->pipeline, NULL, NULL, GST_CLOCK_TIME_NONE) == GST_STATE_CHANGE_SUCCESS;
}

static void
play (Storm * storm)
{
  set_state (storm, &PICK (storm, storm->lines), GST_STATE_PLAYING);
}

/* ---- events and queries ---- */

static void
seek (Storm * storm)
{
  static const GstSeekFlags flags[] = { GST_SEEK_FLAG_FLUSH, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE };

  gst_element_seek_simple (PICK (storm, storm->lines).pipeline, GST_FORMAT_TIME, PICK (storm, flags),
      g_rand_int_range (storm->rand, 0, 1000) * GST_MSECOND);
}

/* A source of GStreamer's takes it only while frames flow, as the next. */
static void
flush (Storm * storm)
{
  Line *line = &PICK (storm, storm->lines);

  if (!await_playing (storm, line))
    return;
  gst_element_send_event (line->pipeline, gst_event_new_flush_start ());
  gst_element_send_event (line->pipeline, gst_event_new_flush_stop (g_rand_boolean (storm->rand)));
}

static void
end (Storm * storm)
{
  Line *line = &PICK (storm, storm->lines);

  if (await_playing (storm, line))
    gst_element_send_event (line->pipeline, gst_event_new_eos ());
}

static void
ask_latency (Storm * storm)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();

  gst_element_query (PICK (storm, storm->lines).pipeline, query);
}

static void
change_caps (Storm * storm)
{
  g_atomic_int_set (&PICK (storm, storm->lines).format, g_rand_int_range (storm->rand, 0, G_N_ELEMENTS (formats)));
}

/* ---- who looks on ---- */

static void
read_stats (Storm * storm)
{
  static const struct
  {
    const char *factory, *field;
  } told[] = { {"convnext", "frames"}, {"labelpublish", "published"} };
  const guint i = g_rand_int_range (storm->rand, 0, G_N_ELEMENTS (told));
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (any_of (storm, told[i].factory), "stats", &stats, NULL);
  g_assert_true (gst_structure_has_field (stats, told[i].field));
}

static void
rotate (Storm * storm)
{
  static const char *const files[] = { "one.jsonl", "two.jsonl" };
  g_autofree char *path = g_build_filename (cnx_change_models.root, PICK (storm, files), NULL);
  g_autofree char *old = g_strconcat (path, ".old", NULL);

  g_rename (path, old);
}

static void
look_away (Storm * storm)
{
  g_usleep (g_rand_int_range (storm->rand, 0, 150000));
}

/* In the streaming thread. */
static void
on_labels (GstElement * element, const char *stream, guint64 running_time, const GstStructure * labels, gpointer data)
{
  g_assert_true (gst_structure_has_name (labels, "convnext"));
}

static void
check_bus (Line * line)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (line->pipeline);
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  if (message)
    gst_message_parse_error (message, &error, &debug);
  if (error)
    g_test_message ("%s", debug);
  g_assert_no_error (error);
}

/* Whatever has happened: once it plays, frames come to each of @n sinks again. */
static void
check_flows (Storm * storm, Line * line, guint n)
{
  await_playing (storm, line);
  gst_element_seek_simple (line->pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0);
  for (guint i = 0; i < n; i++) {
    const gint before = g_atomic_int_get (&line->frames[i]);
    while (g_atomic_int_get (&line->frames[i]) == before) {
      g_usleep (1000);
      check_bus (line);
    }
  }
}

/* ---- frames ---- */

/* On the source's thread: one that negotiates meanwhile would be told this and that. */
static GstPadProbeReturn
apply_format (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Line *line = data;
  const gint format = g_atomic_int_get (&line->format);

  if (format < 0 || !g_atomic_int_compare_and_exchange (&line->format, format, -1))
    return GST_PAD_PROBE_OK;
  g_autoptr (GstCaps) caps = gst_caps_from_string (formats[format]);
  g_object_set (line->filter, "caps", caps, NULL);
  return GST_PAD_PROBE_OK;
}

/* As a detector does it that knows nothing of sizes, and loses sight of things. */
static GstPadProbeReturn
mark_regions (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  const guint frame = ((Line *) data)->marked++;

  for (guint i = 0; i < frame / 7 % 5; i++)
    gst_video_region_of_interest_meta_add_param (gst_buffer_add_video_region_of_interest_meta (buffer,
            i % 2 ? "thing" : "another", (int) (frame + 40 * i) % 130 - 20, (int) (frame * i) % 90 - 20,
            (int) (20 * i + frame % 31), 40), gst_structure_new ("object_id", "id", G_TYPE_INT, (int) i, NULL));
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

/* A queue lets a question about memory wait until what came before it is through. While one sink holds a frame and
 * waits for the other to get one, the source would wait for both: with GStreamer's own elements alone, too. */
static GstPadProbeReturn
ask_no_memory (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return GST_QUERY_TYPE (GST_PAD_PROBE_INFO_QUERY (info)) == GST_QUERY_ALLOCATION ? GST_PAD_PROBE_DROP :
      GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
count (GstPad * pad, GstPadProbeInfo * info, gpointer frames)
{
  g_atomic_int_inc ((gint *) frames);
  return GST_PAD_PROBE_OK;
}

static void
watch (GstElement * pipeline, const char *element, GstPadProbeType what, GstPadProbeCallback callback, gpointer data)
{
  g_autoptr (GstElement) found = gst_bin_get_by_name (GST_BIN (pipeline), element);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (found, "sink");

  gst_pad_add_probe (sink, what, callback, data, NULL);
}

/* ---- from beginning to end ---- */

static void
lay (Line * line, const char *format)
{
  g_autoptr (GString) launch = g_string_new (format);

  g_string_replace (launch, "MODEL", cnx_change_models.first, 0);
  g_string_replace (launch, "FOLDER", cnx_change_models.root, 0);
  *line = (Line) {.pipeline = gst_parse_launch (launch->str, NULL),.format = -1 };
  g_assert_nonnull (line->pipeline);
  line->filter = gst_bin_get_by_name (GST_BIN (line->pipeline), "filter");
  watch (line->pipeline, "filter", GST_PAD_PROBE_TYPE_BUFFER, apply_format, line);
  watch (line->pipeline, "filter", GST_PAD_PROBE_TYPE_BUFFER, mark_regions, line);
}

static void
begin (Storm * storm)
{
  Line *film = &storm->lines[0], *camera = &storm->lines[1];

  lay (film, "videotestsrc name=source ! capsfilter name=filter caps=" CNX_CHANGE_CAPS " ! tee name=tee ! queue ! "
      "convnext name=a model=MODEL ! labeloverlay name=text ! labelpublish name=first location=FOLDER/one.jsonl ! "
      "fakesink name=x sync=true tee. ! queue ! convnext name=b model=MODEL heatmap=true ! "
      "labeloverlay name=bars style=bars heatmap=true ! fakesink name=y sync=true qos=true");
  lay (camera, "videotestsrc name=camera is-live=true ! capsfilter name=filter caps=" CNX_CHANGE_CAPS " ! "
      "convnext name=c model=MODEL ! labelpublish name=second location=FOLDER/two.jsonl on-change=false ! "
      "fakesink name=x sync=true qos=true");
  watch (film->pipeline, "tee", GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, ask_no_memory, NULL);
  watch (film->pipeline, "x", GST_PAD_PROBE_TYPE_BUFFER, count, &film->frames[0]);
  watch (film->pipeline, "y", GST_PAD_PROBE_TYPE_BUFFER, count, &film->frames[1]);
  watch (camera->pipeline, "x", GST_PAD_PROBE_TYPE_BUFFER, count, &camera->frames[0]);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    GstElement *element = gst_bin_get_by_name (GST_BIN (film->pipeline), names[i]);
    storm->elements[i] = element ? element : gst_bin_get_by_name (GST_BIN (camera->pipeline), names[i]);
    if (g_signal_lookup ("labels", G_OBJECT_TYPE (storm->elements[i])))
      g_signal_connect (storm->elements[i], "labels", G_CALLBACK (on_labels), NULL);
  }
  storm->rand = g_rand_new_with_seed (g_test_slow () ? (guint32) g_test_rand_int () : 15);
}

static void
blow_over (Storm * storm)
{
  for (guint i = 0; i < G_N_ELEMENTS (storm->lines); i++)
    gst_element_set_state (storm->lines[i].pipeline, GST_STATE_NULL);
  for (guint i = 0; i < G_N_ELEMENTS (storm->elements); i++)
    gst_object_unref (storm->elements[i]);
  for (guint i = 0; i < G_N_ELEMENTS (storm->lines); i++) {
    gst_object_unref (storm->lines[i].filter);
    gst_object_unref (storm->lines[i].pipeline);
  }
  g_rand_free (storm->rand);
}

static void
test_storm (void)
{
  static void (*const happenings[]) (Storm *) = {
    set_something, set_something, set_something, set_something, set_something, set_something, set_something,
    set_something, set_model, set_model, play, play, play, play, change_state, change_state, seek, seek, flush, end,
    change_caps, ask_latency, read_stats, rotate, look_away, look_away
  };
  const guint n = g_test_slow () ? 10000 : 300;
  Storm storm;

  begin (&storm);
  for (guint i = 0; i < n; i++) {
    if (i % 500 == 0)
      g_test_message ("%u of %u", i, n);
    PICK (&storm, happenings) (&storm);
    check_bus (&storm.lines[0]);
    check_bus (&storm.lines[1]);
    if (i % 100 == 99) {
      check_flows (&storm, &storm.lines[0], 2);
      check_flows (&storm, &storm.lines[1], 1);
    }
  }
  blow_over (&storm);
}

int
main (int argc, char **argv)
{
  cnx_change_init (&argc, &argv);
  g_test_add_func ("/storm", test_storm);
  return cnx_change_run ();
}
