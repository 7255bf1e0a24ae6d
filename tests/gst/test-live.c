/* Live is not offline: no frame of a camera waits, whatever the network does; and who should say that he is live is
 * told so. */
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/gstconvnext.h"
#include "tests/gst/elements.h"

#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#define RGB "video/x-raw,format=RGB,width=64,height=48,framerate=30/1"
#define FRAMES 30

/* ---- a device that makes each pass when it is let to ---- */

static struct
{
  GMutex lock;
  GCond changed;
  guint entered, allowed;       /* passes, so far */
} device;

static gboolean
when_allowed (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_mutex_lock (&device.lock);
  const guint pass = ++device.entered;
  g_cond_broadcast (&device.changed);
  while (device.allowed < pass)
    g_cond_wait (&device.changed, &device.lock);
  g_mutex_unlock (&device.lock);
  return cnx_classifier_forward (classifier, in, logits, error);
}

static void
allow (guint passes)
{
  g_mutex_lock (&device.lock);
  device.allowed = passes;
  g_cond_broadcast (&device.changed);
  g_mutex_unlock (&device.lock);
}

static void
await_pass (guint pass)
{
  g_mutex_lock (&device.lock);
  while (device.entered < pass)
    g_cond_wait (&device.changed, &device.lock);
  g_mutex_unlock (&device.lock);
}

static CnxClassifier *
replace_network (GstElement * element)
{
  CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (element));

  g_assert_nonnull (classifier);
  device.entered = device.allowed = 0;
  cnx_classifier_set_forward (classifier, when_allowed, classifier);
  return classifier;
}

/* ---- live ---- */

static void
on_frame (GstElement * sink, GstBuffer * buffer, GstPad * pad, gpointer user_data)
{
  guint *frames = user_data;

  g_assert_cmpuint (cnx_test_classifications (buffer), ==, 0);  /* no pass has been done */
  if (++*frames == FRAMES)
    allow (G_MAXUINT);
}

/* A second of a camera before a network that answers when all of it has been shown: every frame is shown. */
static void
test_no_frame_waits (void)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch ("videotestsrc is-live=true num-buffers=" G_STRINGIFY (FRAMES) " ! " RGB " ! "
      "convnext name=c threshold=0 post-messages=true ! fakesink name=s sync=true signal-handoffs=true", &error);
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), "c");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  guint frames = 0;

  g_assert_no_error (error);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), &frames);
  gst_element_set_state (pipeline, GST_STATE_READY);
  replace_network (element);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);        /* what the network said, at last */
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_assert_cmpuint (frames, ==, FRAMES);
}

static GstClockTime
answer_at (GstHarness * h, GstClockTime time)
{
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, time));

  return cnx_test_running_time (out);
}

/* Labels are renewed with every pass, and each pass has the newest frame that there is when it begins. */
static void
test_newest (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext threshold=0");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  CnxClassifier *classifier = replace_network (element);
  GstClockTime now = 0, before = GST_CLOCK_TIME_NONE;

  gst_harness_set_live (h, TRUE);
  gst_harness_set_src_caps_str (h, RGB);
  for (guint pass = 1; pass <= 5; pass++) {
    const GstClockTime first = now;
    g_assert_cmpuint (answer_at (h, now++), ==, before);        /* its own pass begins */
    await_pass (pass);
    for (int i = 0; i < 7; i++)
      g_assert_cmpuint (answer_at (h, now++), ==, before);
    allow (pass);
    g_assert_true (cnx_classifier_drain (classifier, 60 * G_USEC_PER_SEC));
    before = first;
  }
  gst_harness_teardown (h);
}

/* ---- who does not say so ---- */

/* Upstream's answer to whether it is to be wound. */
typedef struct
{
  GstFormat format;             /* in this; GST_FORMAT_UNDEFINED: in none */
  gboolean live;
} Upstream;

static GstPadProbeReturn
answer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  const Upstream *upstream = user_data;
  GstFormat format;

  if (GST_QUERY_TYPE (query) != GST_QUERY_SEEKING)
    return GST_PAD_PROBE_OK;
  gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
  if (format != upstream->format)
    return GST_PAD_PROBE_DROP;
  gst_query_set_seeking (query, format, TRUE, 0, -1);
  return GST_PAD_PROBE_HANDLED;
}

/* How many warnings there are of frames that wait. */
static guint
warnings_of (const char *line, Upstream upstream)
{
  GstHarness *h = gst_harness_new_parse (line);
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  g_autoptr (GstBus) bus = gst_bus_new ();
  guint warnings = 0;

  gst_pad_add_probe (h->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM | GST_PAD_PROBE_TYPE_PUSH, answer, &upstream, NULL);
  gst_harness_set_live (h, upstream.live);
  gst_element_set_bus (element, bus);
  gst_harness_set_src_caps_str (h, RGB);
  for (int i = 0; i < 3; i++)
    gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, i, i)));
  for (GstMessage * message; (message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING)); warnings++) {
    g_autoptr (GError) warning = NULL;
    gst_message_parse_warning (message, &warning, NULL);
    g_assert_nonnull (strstr (warning->message, "is-live"));
    g_assert_nonnull (strstr (warning->message, "mode="));
    gst_message_unref (message);
  }
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (h);
  return warnings;
}

/* What cannot be wound may be a camera: it is said, once, that its frames wait. Of a file, of what is live and of who
 * has chosen a mode nothing is said. */
static void
test_told (void)
{
  g_assert_cmpuint (warnings_of ("convnext", (Upstream) { GST_FORMAT_UNDEFINED, FALSE }), ==, 1);
  g_assert_cmpuint (warnings_of ("convnext", (Upstream) { GST_FORMAT_TIME, FALSE }), ==, 0);
  g_assert_cmpuint (warnings_of ("convnext", (Upstream) { GST_FORMAT_BYTES, FALSE }), ==, 0);
  g_assert_cmpuint (warnings_of ("convnext", (Upstream) { GST_FORMAT_UNDEFINED, TRUE }), ==, 0);
  g_assert_cmpuint (warnings_of ("convnext mode=every-frame", (Upstream) { GST_FORMAT_UNDEFINED, FALSE }), ==, 0);
  g_assert_cmpuint (warnings_of ("convnext mode=latest", (Upstream) { GST_FORMAT_UNDEFINED, FALSE }), ==, 0);
}

/* As they are: what GStreamer's own sources answer. */
static void
test_sources (void)
{
  static const struct
  {
    const char *source;
    gboolean told;
  } sources[] = {
    {"videotestsrc num-buffers=2", FALSE}, {"videotestsrc num-buffers=2 is-live=true", FALSE},
    {"filesrc location=/proc/self/exe num-buffers=1 blocksize=9216", FALSE},
    {"fdsrc fd=%d num-buffers=1 blocksize=9216", TRUE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (sources); i++) {
    int ends[2];
    char bytes[9216] = { 0 };

    g_assert_true (g_unix_open_pipe (ends, 0, NULL));
    g_assert_cmpint (write (ends[1], bytes, sizeof bytes), ==, sizeof bytes);
    g_autofree char *fd = g_strdup_printf ("%d", ends[0]);
    g_auto (GStrv) parts = g_strsplit (sources[i].source, "%d", 2);
    g_autofree char *source = g_strjoinv (fd, parts);
    g_autofree char *line = g_strconcat (source, " ! capsfilter caps=", RGB, " ! convnext ! fakesink", NULL);
    g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
    g_assert_nonnull (message);
    g_test_message ("%s: %s", source, GST_MESSAGE_TYPE_NAME (message));
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, sources[i].told ? GST_MESSAGE_WARNING : GST_MESSAGE_EOS);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    close (ends[0]);
    close (ends[1]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/live/no-frame-waits", test_no_frame_waits);
  g_test_add_func ("/live/newest", test_newest);
  g_test_add_func ("/live/told", test_told);
  g_test_add_func ("/live/sources", test_sources);
  return g_test_run ();
}
