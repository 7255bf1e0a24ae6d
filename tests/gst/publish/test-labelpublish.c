/* labelpublish in a pipeline: what it writes of labelled buffers, that buffers pass as they are and never wait, the
 * ends of streams, and what it says when it cannot write. */
#include "tests/gst/elements.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "tests/support/temp_files.h"

#define CAPS "video/x-raw,format=RGB,width=4,height=4,framerate=25/1"
#define LONG 60000              /* milliseconds, of a wait that ends before */

typedef struct
{
  GstHarness *h;
  GstElement *element;
  GstBus *bus;
  char *dir, *path;
} Fixture;

/* An element that writes to @path, which the fixture takes; with a bus of its own. */
static void
begin_at (Fixture * f, char *path, const char *caps)
{
  f->path = path;
  f->element = gst_object_ref_sink (gst_element_factory_make ("labelpublish", NULL));
  g_assert_nonnull (f->element);
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->element, f->bus);
  g_object_set (f->element, "location", path, "drain-timeout", LONG, NULL);
  f->h = gst_harness_new_with_element (f->element, "sink", "src");
  gst_harness_set_src_caps_str (f->h, caps);
}

static void
begin (Fixture * f)
{
  f->dir = cnx_test_make_dir ();
  begin_at (f, g_build_filename (f->dir, "labels.jsonl", NULL), CAPS);
}

static void
begin_with_pipe (Fixture * f)
{
  f->dir = cnx_test_make_dir ();
  char *path = g_build_filename (f->dir, "pipe", NULL);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  begin_at (f, path, CAPS);
}

static void
end (Fixture * f)
{
  gst_harness_teardown (f->h);
  gst_element_set_state (f->element, GST_STATE_NULL);
  gst_element_set_bus (f->element, NULL);
  gst_object_unref (f->element);
  gst_object_unref (f->bus);
  cnx_test_remove_dir (f->dir);
  g_free (f->path);
}

/* The @i-th frame, at @i seconds, with the label @id, or none below 0, of the frame of @time. */
static GstBuffer *
labelled (guint i, int id, GstClockTime time)
{
  g_autofree char *name = g_strdup_printf ("class %d", id);
  const CnxMetaLabel label = { id, name, 0.75 };
  const CnxMetaLabels labels = { "model", "cam", time, id >= 0, &label, NULL };
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 48, NULL);

  GST_BUFFER_PTS (buffer) = i * GST_SECOND;
  cnx_label_meta_add (buffer, &labels);
  return buffer;
}

static void
push (Fixture * f, guint i, int id)
{
  g_assert_cmpint (gst_harness_push (f->h, labelled (i, id, i * GST_SECOND)), ==, GST_FLOW_OK);
}

static guint64
stat_of (Fixture * f, const char *name)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 value = G_MAXUINT64;

  g_object_get (f->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, name, &value));
  return value;
}

/* Waits until what was pushed is written. */
static void
wait_for_published (Fixture * f, guint64 n)
{
  while (stat_of (f, "published") < n)
    g_usleep (1000);
  g_assert_cmpuint (stat_of (f, "published"), ==, n);
}

static void
finish (Fixture * f)
{
  g_assert_true (gst_harness_push_event (f->h, gst_event_new_eos ()));
}

/* The member @name of each line of @path, one behind the other with commas; of the first label where it is "id". */
static char *
members (const char *path, const char *name)
{
  GString *all = g_string_new (NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i + 1]; i++) {
    g_autoptr (JsonNode) root = json_from_string (lines[i], NULL);
    g_assert_nonnull (root);
    JsonObject *object = json_node_get_object (root);
    JsonArray *labels = json_object_get_array_member (object, "labels");
    JsonNode *node = json_object_get_member (object, name);
    if (g_str_equal (name, "id"))
      node = json_array_get_length (labels) ? json_object_get_member (json_array_get_object_element (labels, 0), name) :
          NULL;
    g_autofree char *value = node ? json_to_string (node, FALSE) : g_strdup ("none");
    g_string_append_printf (all, "%s%s", i ? "," : "", value);
  }
  return g_string_free (all, FALSE);
}

static void
assert_members (Fixture * f, const char *name, const char *expected)
{
  g_autofree char *found = members (f->path, name);

  g_assert_cmpstr (found, ==, expected);
}

static guint
count_messages (Fixture * f, GstMessageType type)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (f->bus, type))) {
    n++;
    gst_message_unref (message);
  }
  return n;
}

/* ---- what is written ---- */

static void
test_lines (void)
{
  Fixture f = { NULL };

  begin (&f);
  g_object_set (f.element, "on-change", FALSE, NULL);
  push (&f, 0, 3);
  push (&f, 1, 3);
  g_assert_cmpint (gst_harness_push (f.h, labelled (2, 3, GST_SECOND)), ==, GST_FLOW_OK);       /* carried on */
  g_assert_cmpint (gst_harness_push (f.h, gst_buffer_new ()), ==, GST_FLOW_OK); /* without labels */
  g_assert_cmpint (gst_harness_push (f.h, labelled (4, -1, 2 * GST_SECOND)), ==, GST_FLOW_OK);  /* of two before */
  finish (&f);
  assert_members (&f, "stream", "\"cam\",\"cam\",\"cam\"");
  assert_members (&f, "model", "\"model\",\"model\",\"model\"");
  assert_members (&f, "running-time", "0,1,2");
  assert_members (&f, "frame", "0,1,2");
  assert_members (&f, "id", "3,3,none");
  g_autofree char *times = members (f.path, "time");
  g_assert_true (g_regex_match_simple ("^(\"2\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z\",?){3}$", times, 0,
          0));
  g_assert_cmpuint (stat_of (&f, "published"), ==, 3);
  g_assert_cmpuint (stat_of (&f, "waiting"), ==, 0);
  g_assert_cmpuint (stat_of (&f, "dropped"), ==, 0);
  end (&f);
}

/* Boxes of a frame of 16 x 8, which a scaler has made another of since. They are of the buffer that comes by: as its
 * caps say, of JPEGs too, or, where they are of a part of it, its metas. */
static void
test_scaled (void)
{
  static const struct
  {
    const char *caps, *expected;
    gboolean crops;
  } rows[] = {
    {"video/x-raw,format=RGB,width=16,height=8,framerate=25/1", "8 2 4 6"},
    {CAPS, "2 1 1 3"}, {"image/jpeg,width=32,height=16,framerate=25/1", "16 4 8 12"},
    {"application/x-anything", "8 2 4 6"}, {CAPS, "4 4 2 12", TRUE}
  };
  const CnxMetaRegion region = { {8, 2, 4, 6}, 7, "dog", 0, 0, NULL };
  const CnxMetaLabels labels = {.model = "model",.stream = "cam",.running_time = 0,.n_regions = 1,.regions = &region,
    .width = 16,.height = 8
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 8 * 16 * 3, NULL);
    Fixture f = { NULL };

    begin (&f);
    gst_harness_set_src_caps_str (f.h, rows[i].caps);
    if (rows[i].crops) {
      gst_buffer_add_video_meta (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, 8, 16);
      gst_buffer_add_video_crop_meta (buffer)->x = 4;
    }
    cnx_label_meta_add (buffer, &labels);
    g_assert_cmpint (gst_harness_push (f.h, buffer), ==, GST_FLOW_OK);
    finish (&f);
    g_autofree char *text = NULL;
    g_assert_true (g_file_get_contents (f.path, &text, NULL, NULL));
    g_autoptr (JsonNode) root = json_from_string (text, NULL);
    JsonArray *regions = json_object_get_array_member (json_node_get_object (root), "regions");
    JsonObject *box = json_array_get_object_element (regions, 0);
    g_autofree char *found = g_strdup_printf ("%d %d %d %d", (int) json_object_get_int_member (box, "x"),
        (int) json_object_get_int_member (box, "y"), (int) json_object_get_int_member (box, "w"),
        (int) json_object_get_int_member (box, "h"));
    g_assert_cmpstr (found, ==, rows[i].expected);
    end (&f);
  }
}

/* Both may be set while it plays. */
static void
test_rules (void)
{
  Fixture f = { NULL };

  begin (&f);
  for (guint i = 0; i < 6; i++)
    push (&f, i, i / 3);
  g_object_set (f.element, "on-change", FALSE, "min-interval", 2000, NULL);
  for (guint i = 6; i < 12; i++)
    push (&f, i, 1);
  finish (&f);
  assert_members (&f, "frame", "0,3,6,8,10");
  end (&f);
}

/* What comes after a seek is told, though it is what was told last. */
static void
test_flush (void)
{
  Fixture f = { NULL };
  GstSegment segment;

  begin (&f);
  push (&f, 0, 1);
  gst_harness_push_event (f.h, gst_event_new_flush_start ());
  gst_harness_push_event (f.h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f.h, gst_event_new_segment (&segment));
  push (&f, 0, 1);
  finish (&f);
  assert_members (&f, "frame", "0,0");
  end (&f);
}

#if HAVE_ANALYTICS
#include <gst/analytics/analytics.h>

/* It has neither a time nor a stream nor a model: the first two are the buffer's. */
static void
test_other_element (void)
{
  Fixture f = { NULL };
  GstAnalyticsClsMtd mtd;
  gfloat level = 0.5f;
  GQuark quark = g_quark_from_string ("bird");

  begin (&f);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 48, NULL);
  GST_BUFFER_PTS (buffer) = 2 * GST_SECOND;
  gst_analytics_relation_meta_add_cls_mtd (gst_buffer_add_analytics_relation_meta (buffer), 1, &level, &quark, &mtd);
  g_assert_cmpint (gst_harness_push (f.h, buffer), ==, GST_FLOW_OK);
  finish (&f);
  assert_members (&f, "running-time", "2");
  assert_members (&f, "frame", "0");
  assert_members (&f, "model", "null");
  assert_members (&f, "id", "null");
  g_autofree char *stream = members (f.path, "stream");
  g_assert_cmpstr (stream, !=, "null");
  end (&f);
}
#endif

/* ---- buffers ---- */

/* Of any caps, the very same ones, though somebody else holds them too. */
static void
test_passes (void)
{
  static const char *const caps[] = { "video/x-raw,format=NV12,width=64,height=64,framerate=0/1",
    "video/x-h264,stream-format=avc", "audio/x-raw,format=S16LE,rate=8000,channels=1,layout=interleaved",
    "application/x-anything"
  };

  for (guint i = 0; i < G_N_ELEMENTS (caps); i++) {
    Fixture f = {.dir = cnx_test_make_dir () };
    begin_at (&f, g_build_filename (f.dir, "a", NULL), caps[i]);
    g_autoptr (GstBuffer) buffer = labelled (1, 2, 3);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
    g_assert_cmpint (gst_harness_push (f.h, gst_buffer_ref (buffer)), ==, GST_FLOW_OK);
    g_autoptr (GstBuffer) out = gst_harness_pull (f.h);
    g_assert_true (out == buffer);
    end (&f);
  }
}

/* What downstream offers for buffers is offered upstream. */
static void
test_allocation (void)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  g_autoptr (GstQuery) query = gst_query_new_allocation (caps, TRUE);
  Fixture f = { NULL };

  begin (&f);
  gst_harness_add_propose_allocation_meta (f.h, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  g_assert_true (gst_pad_peer_query (f.h->srcpad, query));
  g_assert_true (gst_query_find_allocation_meta (query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL));
  end (&f);
}

/* ---- places ---- */

static void
test_rotated (void)
{
  Fixture f = { NULL };

  begin (&f);
  g_autofree char *old = g_build_filename (f.dir, "labels.jsonl.1", NULL);
  push (&f, 0, 1);
  wait_for_published (&f, 1);
  g_assert_cmpint (g_rename (f.path, old), ==, 0);
  push (&f, 1, 2);
  finish (&f);
  assert_members (&f, "id", "2");
  g_autofree char *before = members (old, "id");
  g_assert_cmpstr (before, ==, "1");
  g_assert_cmpuint (stat_of (&f, "reconnects"), ==, 1);
  end (&f);
}

/* Nobody reads it: buffers pass, and what was made until somebody does is read in order. */
static void
test_pipe (void)
{
  Fixture f = { NULL };
  char text[4096] = "";

  begin_with_pipe (&f);
  for (guint i = 0; i < 3; i++)
    push (&f, i, i);
  g_assert_cmpuint (gst_harness_buffers_received (f.h), ==, 3);
  g_assert_cmpuint (stat_of (&f, "waiting"), ==, 3);
  const int reader = open (f.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  finish (&f);
  g_assert_cmpint (read (reader, text, sizeof text - 1), >, 0);
  close (reader);
  const char *first = strstr (text, "class 0"), *second = strstr (text, "class 1"), *third = strstr (text, "class 2");
  g_assert_true (first && second && third && first < second && second < third);
  g_assert_cmpuint (count_messages (&f, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), ==, 0);
  end (&f);
}

/* The oldest go, in a queue that may be made smaller while it plays. */
static void
test_queue_size (void)
{
  Fixture f = { NULL };

  begin_with_pipe (&f);
  g_object_set (f.element, "queue-size", 2, NULL);
  for (guint i = 0; i < 50; i++)
    push (&f, i, i);
  while (stat_of (&f, "dropped") < 48)  /* one more may be at the pipe just now */
    g_usleep (1000);
  g_assert_cmpuint (stat_of (&f, "waiting"), ==, 2);
  end (&f);
}

/* Set in PLAYING it is refused, as all that is about the place; what is set to what it is already is not. */
static void
test_location_stays (void)
{
  Fixture f = { NULL };
  g_autofree char *location = NULL;
  guint qos;

  begin (&f);
  g_object_set (f.element, "location", "elsewhere", "qos", 2, "retain", TRUE, "client-id", "a", "ca-file", "b", NULL);
  g_object_get (f.element, "location", &location, "qos", &qos, NULL);
  g_assert_cmpstr (location, ==, f.path);
  g_assert_cmpuint (qos, ==, 1);
  g_assert_cmpuint (count_messages (&f, GST_MESSAGE_WARNING), ==, 5);
  g_object_set (f.element, "location", f.path, "qos", 1, "retain", FALSE, "client-id", NULL, "ca-file", "", NULL);
  g_assert_cmpuint (count_messages (&f, GST_MESSAGE_WARNING), ==, 0);
  gst_element_set_state (f.element, GST_STATE_READY);
  g_object_set (f.element, "location", "elsewhere", NULL);
  g_assert_cmpuint (count_messages (&f, GST_MESSAGE_WARNING), ==, 0);
  end (&f);
}

static void
test_cannot_open (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *missing = g_build_filename (dir, "missing", "a.jsonl", NULL);
  const struct
  {
    const char *location, *said;
  } cases[] = { {NULL, "Set location"}, {dir, "is a folder"}, {missing, "make it first"},
    {"amqp://me:secret@host/topic", "amqp://"}
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("labelpublish", NULL));
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GError) error = NULL;

    gst_element_set_bus (element, bus);
    g_object_set (element, "location", cases[i].location, NULL);
    g_assert_cmpint (gst_element_set_state (element, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
    g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    cnx_test_assert_message (error, cases[i].said, NULL);
    g_assert_null (strstr (error->message, "secret"));
    g_object_set (element, "location", "-", NULL);      /* it can be mended */
    g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), !=, GST_STATE_CHANGE_FAILURE);
    gst_element_set_state (element, GST_STATE_NULL);
    gst_element_set_bus (element, NULL);
  }
}

/* A full disk: one warning, no error; the stream goes on, and what was lost is counted. */
static void
test_full (void)
{
  Fixture f = { NULL };

  if (g_access ("/dev/full", W_OK) != 0) {
    g_test_skip ("/dev/full is not there");
    return;
  }
  f.dir = cnx_test_make_dir ();
  begin_at (&f, g_strdup ("/dev/full"), CAPS);
  g_object_set (f.element, "drain-timeout", 250, NULL);
  for (guint i = 0; i < 5; i++)
    push (&f, i, i);
  finish (&f);                  /* after several tries */
  g_assert_cmpuint (gst_harness_buffers_received (f.h), ==, 5);
  g_assert_cmpuint (stat_of (&f, "waiting"), ==, 5);
  gst_element_set_state (f.element, GST_STATE_NULL);
  g_assert_cmpuint (stat_of (&f, "waiting"), ==, 0);
  g_assert_cmpuint (stat_of (&f, "dropped"), ==, 5);
  g_assert_cmpuint (count_messages (&f, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (count_messages (&f, GST_MESSAGE_ERROR), ==, 0);
  end (&f);
}

/* ---- ends ---- */

static gpointer
push_eos (gpointer h)
{
  gst_harness_push_event (h, gst_event_new_eos ());
  return NULL;
}

/* A stream that waits at its end, for a pipe that nobody reads, is let go by a flush and by the element's stop. */
static void
test_end_is_let_go (void)
{
  for (guint stops = 0; stops < 2; stops++) {
    Fixture f = { NULL };
    begin_with_pipe (&f);
    g_object_set (f.element, "drain-timeout", G_MAXUINT, NULL);
    push (&f, 0, 1);
    GThread *thread = g_thread_new ("eos", push_eos, f.h);
    g_usleep (50000);           /* it waits by now, most likely; if not it is let go at once */
    if (stops)
      gst_element_set_state (f.element, GST_STATE_READY);
    else
      gst_harness_push_event (f.h, gst_event_new_flush_start ());
    g_thread_join (thread);
    if (!stops)
      gst_harness_push_event (f.h, gst_event_new_flush_stop (TRUE));
    g_object_set (f.element, "drain-timeout", 0, NULL);
    end (&f);
  }
}

/* Stopped without an end of the stream: what a file can take is written. */
static void
test_stop (void)
{
  Fixture f = { NULL };

  begin (&f);
  for (guint i = 0; i < 200; i++)
    push (&f, i, i);
  gst_element_set_state (f.element, GST_STATE_NULL);
  g_assert_cmpuint (stat_of (&f, "published"), ==, 200);
  g_assert_cmpuint (stat_of (&f, "dropped"), ==, 0);
  end (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/labelpublish/lines", test_lines);
  g_test_add_func ("/labelpublish/scaled", test_scaled);
  g_test_add_func ("/labelpublish/rules", test_rules);
  g_test_add_func ("/labelpublish/flush", test_flush);
#if HAVE_ANALYTICS
  g_test_add_func ("/labelpublish/other-element", test_other_element);
#endif
  g_test_add_func ("/labelpublish/passes", test_passes);
  g_test_add_func ("/labelpublish/allocation", test_allocation);
  g_test_add_func ("/labelpublish/rotated", test_rotated);
  g_test_add_func ("/labelpublish/pipe", test_pipe);
  g_test_add_func ("/labelpublish/queue-size", test_queue_size);
  g_test_add_func ("/labelpublish/location-stays", test_location_stays);
  g_test_add_func ("/labelpublish/cannot-open", test_cannot_open);
  g_test_add_func ("/labelpublish/full", test_full);
  g_test_add_func ("/labelpublish/end-is-let-go", test_end_is_let_go);
  g_test_add_func ("/labelpublish/stop", test_stop);
  return g_test_run ();
}
