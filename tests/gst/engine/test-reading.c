/* Who reads a frame: in mode latest the worker does, and nobody waits for it, unless what becomes of the frame depends
 * on what it shows. */
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/gstconvnext.h"
#include "tests/gst/elements.h"

#include <string.h>

#define RGB "video/x-raw,format=RGB,width=64,height=48,framerate=30/1"
#define OTHER "video/x-raw,format=I420,width=32,height=40,framerate=30/1"
#define PATIENCE (20 * GST_SECOND)

/* Frames of which mapping is seen, and may wait. */
static struct
{
  GMutex lock;
  GCond changed;
  gboolean shut;
  GThread *reader;              /* who has mapped the last one, or wants to */
  guint buffers_let_go;
} gate;

typedef gboolean (*MapFunc) (GstVideoMeta * meta, guint plane, GstMapInfo * info, gpointer * data, gint * stride,
    GstMapFlags flags);

static MapFunc usual_map;

static gboolean
map_at_gate (GstVideoMeta * meta, guint plane, GstMapInfo * info, gpointer * data, gint * stride, GstMapFlags flags)
{
  g_mutex_lock (&gate.lock);
  gate.reader = g_thread_self ();
  g_cond_broadcast (&gate.changed);
  while (gate.shut)
    g_cond_wait (&gate.changed, &gate.lock);
  g_mutex_unlock (&gate.lock);
  return usual_map (meta, plane, info, data, stride, flags);
}

static void
set_gate (gboolean shut)
{
  g_mutex_lock (&gate.lock);
  gate.shut = shut;
  gate.reader = NULL;
  g_cond_broadcast (&gate.changed);
  g_mutex_unlock (&gate.lock);
}

static GThread *
await_reader (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&gate.lock);

  while (!gate.reader)
    g_cond_wait (&gate.changed, &gate.lock);
  return gate.reader;
}

static void
note_let_go (gpointer data, GstMiniObject * object)
{
  g_atomic_int_inc (&gate.buffers_let_go);
}

static GstBuffer *
gated_frame (guint seed, GstClockTime time)
{
  GstBuffer *buffer = cnx_test_frame (RGB, seed, time);
  GstVideoMeta *meta = gst_buffer_add_video_meta (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, 64, 48);

  usual_map = meta->map;
  meta->map = map_at_gate;
  gst_mini_object_weak_ref (GST_MINI_OBJECT (buffer), note_let_go, NULL);
  return buffer;
}

typedef struct
{
  GstHarness *h;
  GstElement *element;
  GstBus *bus;
} Rig;

static Rig
begin (const char *line)
{
  Rig rig = { gst_harness_new_parse (line) };

  rig.element = gst_harness_find_element (rig.h, "convnext");
  rig.bus = gst_bus_new ();
  gst_element_set_bus (rig.element, rig.bus);
  gst_harness_set_src_caps_str (rig.h, RGB);
  g_atomic_int_set (&gate.buffers_let_go, 0);
  return rig;
}

static void
end (Rig * rig)
{
  gst_element_set_bus (rig->element, NULL);
  gst_harness_teardown (rig->h);
  gst_object_unref (rig->element);
  gst_object_unref (rig->bus);
}

static GstMessage *
await (const Rig * rig, GstMessageType types)
{
  GstMessage *message = gst_bus_timed_pop_filtered (rig->bus, PATIENCE, types | GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  g_assert_true (GST_MESSAGE_TYPE (message) & types);
  return message;
}

#define LATEST "convnext mode=latest threshold=0 post-messages=true "

/* The frame is out while it is yet to be read; nobody may write to it until it was; and its pass does not hold it. */
static void
test_nobody_waits (void)
{
  Rig rig = begin (LATEST);

  set_gate (TRUE);
  GstBuffer *out = gst_harness_push_and_pull (rig.h, gated_frame (1, 7));
  g_assert_true (await_reader () != g_thread_self ());
  g_assert_false (gst_buffer_is_writable (out));
  set_gate (FALSE);
  g_autoptr (GstMessage) message = await (&rig, GST_MESSAGE_ELEMENT);
  g_assert_true (gst_buffer_is_writable (out));
  gst_buffer_unref (out);
  g_assert_cmpint (g_atomic_int_get (&gate.buffers_let_go), ==, 1);
  g_autoptr (GstStructure) stats = NULL;
  double mean = 0;
  g_object_get (rig.element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_double (stats, "preprocess-mean", &mean));
  g_assert_cmpfloat (mean, >, 0);
  end (&rig);
}

/* Where the frame is looked at before it is known what becomes of it. */
static void
test_looked_at (void)
{
  static const char *const lines[] = { LATEST "scene-threshold=0.02", LATEST "smoothing=500",
    "convnext mode=every-frame threshold=0 post-messages=true"
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    Rig rig = begin (lines[i]);
    set_gate (FALSE);
    gst_buffer_unref (gst_harness_push_and_pull (rig.h, gated_frame (1, 7)));
    g_assert_true (await_reader () == g_thread_self ());
    g_autoptr (GstMessage) message = await (&rig, GST_MESSAGE_ELEMENT);
    end (&rig);
  }
}

/* What cannot be read is an error of the stream, told when it is seen; the next frame finds it. */
static void
test_unreadable (void)
{
  Rig rig = begin (LATEST);
  GstBuffer *frame = cnx_test_frame (RGB, 1, 7);
  g_autoptr (GError) error = NULL;

  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (frame);
  crop->x = 64;
  crop->y = crop->width = crop->height = 0;
  gst_buffer_unref (gst_harness_push_and_pull (rig.h, frame));
  g_autoptr (GstMessage) message = await (&rig, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "cropped to nothing"));
  GstFlowReturn flow;
  while ((flow = gst_harness_push (rig.h, cnx_test_frame (RGB, 2, 8))) == GST_FLOW_OK)
    g_usleep (1000);            /* until the worker has said so to both */
  g_assert_cmpint (flow, ==, GST_FLOW_ERROR);
  end (&rig);
}

/* Frames of other caps come, by another reader, while one of the old is still to be read: it is read as it was. */
static void
test_new_caps (void)
{
  Rig rig = begin (LATEST);

  set_gate (TRUE);
  gst_buffer_unref (gst_harness_push_and_pull (rig.h, gated_frame (1, 7)));
  await_reader ();
  gst_harness_set_src_caps_str (rig.h, OTHER);
  gst_buffer_unref (gst_harness_push_and_pull (rig.h, cnx_test_frame (OTHER, 2, 8)));
  set_gate (FALSE);
  GstClockTime time = GST_CLOCK_TIME_NONE;
  while (time == GST_CLOCK_TIME_NONE) {
    GstBuffer *out = gst_harness_push_and_pull (rig.h, cnx_test_frame (OTHER, 3, 9));
    time = cnx_test_running_time (out);
    gst_buffer_unref (out);
  }
  g_assert_cmpuint (time, ==, 9);       /* nothing of the old caps' is carried */
  g_assert_cmpint (g_atomic_int_get (&gate.buffers_let_go), ==, 1);
  end (&rig);
}

static gpointer
open_later (gpointer data)
{
  g_usleep (50000);
  set_gate (FALSE);
  return NULL;
}

/* Who stops waits for the reading, and lets go of the frame. */
static void
test_stopped (void)
{
  Rig rig = begin (LATEST);

  set_gate (TRUE);
  gst_buffer_unref (gst_harness_push_and_pull (rig.h, gated_frame (1, 7)));
  await_reader ();
  GThread *thread = g_thread_new ("open", open_later, NULL);
  end (&rig);
  g_assert_cmpint (g_atomic_int_get (&gate.buffers_let_go), ==, 1);
  g_thread_join (thread);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/reading/nobody-waits", test_nobody_waits);
  g_test_add_func ("/reading/looked-at", test_looked_at);
  g_test_add_func ("/reading/unreadable", test_unreadable);
  g_test_add_func ("/reading/new-caps", test_new_caps);
  g_test_add_func ("/reading/stopped", test_stopped);
  return g_test_run ();
}
