/* Everything that can happen to a pipeline that runs, in random order: it goes on, without an error of its own making.
 * Three hundred times; with `-m slow` ten thousand times. */
#include "tests/gst/engine/change.h"

typedef struct
{
  GstElement *pipeline, *filter;
  GstElement *classifiers[2];
  GRand *rand;
  gint format;                  /* of `formats`, that frames are to be in; below 0: as they are */
} Storm;

static const char *const formats[] = {
  CNX_CHANGE_CAPS, "video/x-raw,format=NV12,width=96,height=72,framerate=50/1",
  "video/x-raw,format=I420,width=48,height=72,framerate=25/1,pixel-aspect-ratio=2/1",
  "video/x-raw,format=BGRx,width=320,height=240,framerate=100/1"
};

#define PICK(storm, array) (array)[g_rand_int_range ((storm)->rand, 0, G_N_ELEMENTS (array))]

/* ---- properties ---- */

/* Some of them take another network, and one model is not there. */
static void
set_model (Storm * storm, GstElement * element)
{
  const CnxChangeModels *all = &cnx_change_models;
  const char *const models[] = { all->first, all->second, all->third, "/no/such/model" };

  g_object_set (element, "model", PICK (storm, models), NULL);
}

static void
set_input (Storm * storm, GstElement * element)
{
  static const char *const recipes[] = { NULL, "size=64", "mean=0.9" };

  g_object_set (element, "recipe", PICK (storm, recipes),
      "video-direction", g_rand_int_range (storm->rand, GST_VIDEO_ORIENTATION_IDENTITY, GST_VIDEO_ORIENTATION_CUSTOM),
      NULL);
}

static void
set_labels (Storm * storm, GstElement * element)
{
  const char *const labels[] = { NULL, cnx_change_models.labels };

  g_object_set (element, "labels", PICK (storm, labels), "top-k", g_rand_int_range (storm->rand, 1, 4), NULL);
}

static void
set_network (Storm * storm, GstElement * element)
{
  static const CnxPrecision precisions[] = { CNX_PRECISION_FP32, CNX_PRECISION_INT8 };

  g_object_set (element, "precision", PICK (storm, precisions), "batch", g_rand_int_range (storm->rand, 1, 3), NULL);
}

static void
set_mode (Storm * storm, GstElement * element)
{
  g_object_set (element, "mode", g_rand_int_range (storm->rand, 0, 3),
      "batch-timeout", g_rand_int_range (storm->rand, 0, 2000), NULL);
}

static void
set_pace (Storm * storm, GstElement * element)
{
  g_object_set (element, "interval", g_rand_int_range (storm->rand, 1, 4),
      "max-rate", g_rand_int_range (storm->rand, 0, 3) * 20.0,
      "scene-threshold", g_rand_int_range (storm->rand, 0, 3) * 0.01, NULL);
}

static void
set_steadiness (Storm * storm, GstElement * element)
{
  g_object_set (element, "smoothing", g_rand_int_range (storm->rand, 0, 3) * 100,
      "hysteresis", g_rand_int_range (storm->rand, 0, 3) * 0.1, "post-messages", g_rand_boolean (storm->rand),
      "heatmap", g_rand_boolean (storm->rand), NULL);
}

static void
set_regions (Storm * storm, GstElement * element)
{
  static const char *const kinds[] = { NULL, "thing", "thing,another", "none" };

  g_object_set (element, "inference-region", g_rand_int_range (storm->rand, 0, 2),
      "object-class", PICK (storm, kinds), "min-region", g_rand_int_range (storm->rand, 0, 3) * 10,
      "max-regions", g_rand_int_range (storm->rand, 1, 4),
      "reclassify-interval", g_rand_int_range (storm->rand, 0, 4), NULL);
}

static void
set_something (Storm * storm)
{
  static void (*const setters[]) (Storm *, GstElement *) = {
    set_model, set_model, set_input, set_labels, set_network, set_mode, set_pace, set_steadiness,
    set_regions
  };

  PICK (storm, setters) (storm, PICK (storm, storm->classifiers));
}

/* ---- what else happens ---- */

static void
forget_messages (Storm * storm)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (storm->pipeline);

  gst_bus_set_flushing (bus, TRUE);
  gst_bus_set_flushing (bus, FALSE);
}

static void
set_state (Storm * storm, GstState state)
{
  if (gst_element_set_state (storm->pipeline, state) != GST_STATE_CHANGE_FAILURE)
    return;
  /* it was to be opened with what cannot be had */
  gst_element_set_state (storm->pipeline, GST_STATE_NULL);
  forget_messages (storm);
  for (guint i = 0; i < G_N_ELEMENTS (storm->classifiers); i++)
    g_object_set (storm->classifiers[i], "model", cnx_change_models.first, "labels", NULL, NULL);
  g_assert_cmpint (gst_element_set_state (storm->pipeline, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
}

/* A source that negotiates while what is behind it is stopped complains of that. */
static void
change_state (Storm * storm)
{
  set_state (storm, g_rand_int_range (storm->rand, GST_STATE_NULL, GST_STATE_PLAYING));
  forget_messages (storm);
}

static void
play (Storm * storm)
{
  set_state (storm, GST_STATE_PLAYING);
}

static void
seek (Storm * storm)
{
  static const GstSeekFlags flags[] = { GST_SEEK_FLAG_FLUSH, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE };

  gst_element_seek_simple (storm->pipeline, GST_FORMAT_TIME, PICK (storm, flags),
      g_rand_int_range (storm->rand, 0, 1000) * GST_MSECOND);
}

/* A source of GStreamer's takes it only while frames flow. */
static void
end (Storm * storm)
{
  play (storm);
  if (gst_element_get_state (storm->pipeline, NULL, NULL, GST_CLOCK_TIME_NONE) == GST_STATE_CHANGE_SUCCESS)
    gst_element_send_event (storm->pipeline, gst_event_new_eos ());
}

/* On the source's thread: one that negotiates meanwhile would be told this and that. */
static GstPadProbeReturn
apply_format (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Storm *storm = data;
  const gint format = g_atomic_int_get (&storm->format);

  if (format < 0 || !g_atomic_int_compare_and_exchange (&storm->format, format, -1))
    return GST_PAD_PROBE_OK;
  g_autoptr (GstCaps) caps = gst_caps_from_string (formats[format]);
  g_object_set (storm->filter, "caps", caps, NULL);
  return GST_PAD_PROBE_OK;
}

/* As a detector does it that knows nothing of sizes, and loses sight of things. */
static GstPadProbeReturn
mark_regions (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  static guint frames;
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  const guint frame = frames++;

  for (guint i = 0; i < frame / 7 % 5; i++)
    gst_video_region_of_interest_meta_add_param (gst_buffer_add_video_region_of_interest_meta (buffer,
            i % 2 ? "thing" : "another", (int) (frame + 40 * i) % 130 - 20, (int) (frame * i) % 90 - 20,
            (int) (20 * i + frame % 31), 40), gst_structure_new ("object_id", "id", G_TYPE_INT, (int) i, NULL));
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

static void
change_caps (Storm * storm)
{
  g_atomic_int_set (&storm->format, g_rand_int_range (storm->rand, 0, G_N_ELEMENTS (formats)));
}

static void
look_away (Storm * storm)
{
  g_usleep (g_rand_int_range (storm->rand, 0, 150000));
}

static void
check_bus (Storm * storm)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (storm->pipeline);
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  if (message)
    gst_message_parse_error (message, &error, &debug);
  if (error)
    g_test_message ("%s", debug);
  g_assert_no_error (error);
}

static void
begin (Storm * storm, const char *published)
{
  const char *model = cnx_change_models.first;
  g_autofree char *line = g_strdup_printf ("videotestsrc ! capsfilter name=f caps=%s ! tee name=t ! "
      "queue ! convnext name=a model=%s ! labeloverlay name=o ! labelpublish location=%s ! fakesink sync=true "
      "t. ! queue ! convnext name=b model=%s ! fakesink sync=true", CNX_CHANGE_CAPS, model, published, model);

  *storm = (Storm) { gst_parse_launch (line, NULL),.format = -1 };
  g_assert_nonnull (storm->pipeline);
  storm->filter = gst_bin_get_by_name (GST_BIN (storm->pipeline), "f");
  storm->classifiers[0] = gst_bin_get_by_name (GST_BIN (storm->pipeline), "a");
  storm->classifiers[1] = gst_bin_get_by_name (GST_BIN (storm->pipeline), "b");
  storm->rand = g_rand_new_with_seed (15);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (storm->filter, "sink");
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, apply_format, storm, NULL);
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, mark_regions, NULL, NULL);
}

static void
test_storm (void)
{
  static void (*const happenings[]) (Storm *) = {
    set_something, set_something, set_something, set_something, set_something, set_something,
    play, play, play, change_state, seek, seek, end, change_caps, look_away
  };
  g_autofree char *published = g_build_filename (cnx_change_models.root, "published.jsonl", NULL);
  const guint n = g_test_slow () ? 10000 : 300;
  Storm storm;

  begin (&storm, published);
  for (guint i = 0; i < n; i++) {
    if (i % 500 == 0)
      g_test_message ("%u of %u", i, n);
    PICK (&storm, happenings) (&storm);
    check_bus (&storm);
  }
  gst_element_set_state (storm.pipeline, GST_STATE_NULL);
  gst_object_unref (storm.filter);
  gst_object_unref (storm.classifiers[0]);
  gst_object_unref (storm.classifiers[1]);
  gst_object_unref (storm.pipeline);
  g_rand_free (storm.rand);
}

int
main (int argc, char **argv)
{
  cnx_change_init (&argc, &argv);
  g_test_add_func ("/storm", test_storm);
  return cnx_change_run ();
}
