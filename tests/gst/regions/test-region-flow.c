/* The element with the regions of its frames: what each is found to be, how often it is looked at, in both modes, and
 * what a detector may send that no picture is. */
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/gstconvnext.h"
#include "tests/gst/pace/rig.h"
#include "tests/gst/regions/seen.h"

#include <math.h>
#include <string.h>

#define CAPS CNX_TEST_RIG_CAPS
#define MS GST_MSECOND
#define LINE "convnext inference-region=roi-list threshold=0 top-k=3 "

static const GstVideoRectangle left = { 0, 0, 30, 48 }, right = { 34, 0, 30, 48 };

/* ---- alone ---- */

/* Every pass's logits, of a stand-in that runs the network. */
typedef struct
{
  CnxClassifier *classifier;
  GArray *logits;               /* float */
} Tap;

static gboolean
tap (gpointer data, const float *in, float *logits, GError ** error)
{
  Tap *self = data;
  const gboolean good = cnx_classifier_forward (self->classifier, in, logits, error);

  g_array_append_vals (self->logits, logits, cnx_network_classes (cnx_engine_network (cnx_classifier_engine
              (self->classifier))));
  return good;
}

/* The logits of all passes that @buffer, of @caps, is worth. */
static GArray *
logits_of (const char *line, const char *caps, GstBuffer * buffer)
{
  GstHarness *h = gst_harness_new_parse (line);
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  Tap self = { gst_convnext_classifier (GST_CONVNEXT (element)), g_array_new (FALSE, FALSE, sizeof (float)) };

  cnx_classifier_set_forward (self.classifier, tap, &self);
  gst_harness_set_src_caps_str (h, caps);
  gst_buffer_unref (gst_harness_push_and_pull (h, buffer));
  gst_harness_teardown (h);
  return self.logits;
}

static char *
caps_of (const char *format, int width, int height)
{
  return g_strdup_printf ("video/x-raw,format=%s,width=%d,height=%d,framerate=25/1,colorimetry=bt601,chroma-site=jpeg",
      format, width, height);
}

/* What of @from, of @format and 160 x 120, is at @box, by GStreamer's own element, for even places. */
static GstBuffer *
cut_out (const char *format, GstBuffer * from, const GstVideoRectangle * box)
{
  g_autofree char *line = g_strdup_printf ("videocrop left=%d top=%d right=%d bottom=%d", box->x, box->y,
      160 - box->x - box->w, 120 - box->y - box->h);
  g_autofree char *caps = caps_of (format, 160, 120);
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_set_src_caps_str (h, caps);
  GstBuffer *out = gst_harness_push_and_pull (h, gst_buffer_copy_deep (from));
  gst_harness_teardown (h);
  return out;
}

static void
test_as_alone (void)
{
  static const GstVideoRectangle boxes[] = { {20, 10, 60, 80}, {0, 0, 40, 30}, {100, 70, 60, 50}, {0, 0, 160, 120} };
  static const char *const rows[][2] = { {"RGB", "identity"}, {"NV12", "90r"}, {"I420", "vert"} };

  for (guint r = 0; r < G_N_ELEMENTS (rows); r++) {
    const char *format = rows[r][0], *way = rows[r][1];
    g_autofree char *caps = caps_of (format, 160, 120);
    g_autofree char *line = g_strdup_printf (LINE "mode=every-frame video-direction=%s", way);
    g_autofree char *alone = g_strdup_printf ("convnext mode=every-frame video-direction=%s", way);
    g_autoptr (GstBuffer) buffer = cnx_test_frame (caps, 7 + r, 0);
    GstBuffer *marked = gst_buffer_copy_deep (buffer);
    gsize at = 0;

    for (guint i = 0; i < G_N_ELEMENTS (boxes); i++)
      cnx_test_mark (marked, "thing", 0, &boxes[i]);
    g_autoptr (GArray) found = logits_of (line, caps, marked);
    for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
      g_autofree char *small = caps_of (format, boxes[i].w, boxes[i].h);
      g_autoptr (GArray) expected = logits_of (alone, small, cut_out (format, buffer, &boxes[i]));
      g_assert_cmpuint (found->len, ==, expected->len * G_N_ELEMENTS (boxes));
      for (guint c = 0; c < expected->len; c++, at++)
        g_assert_cmpfloat_with_epsilon (g_array_index (found, float, at), g_array_index (expected, float, c), 1e-4);
    }
  }
}

/* The batch gives what one by one does. */
static void
test_batch (void)
{
  GstHarness *whole = gst_harness_new_parse ("convnext threshold=0 top-k=3 mode=every-frame");
  GstHarness *regions = gst_harness_new_parse (LINE "mode=every-frame");
  g_autoptr (GstElement) element = gst_harness_find_element (regions, "convnext");
  g_autofree char *caps = caps_of ("RGB", 160, 120), *small = caps_of ("RGB", 60, 80);
  static const GstVideoRectangle boxes[] = { {20, 10, 60, 80}, {21, 11, 60, 80}, {100, 0, 60, 80} };
  g_autoptr (GstBuffer) buffer = cnx_test_frame (caps, 3, 0);
  GstBuffer *marked = gst_buffer_copy_deep (buffer);

  gst_harness_set_src_caps_str (whole, small);
  gst_harness_set_src_caps_str (regions, caps);
  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++)
    cnx_test_mark (marked, "thing", 0, &boxes[i]);
  const CnxTestSeen seen = cnx_test_seen (gst_harness_push_and_pull (regions, marked));
  g_assert_cmpuint (seen.metas, ==, 1);
  g_assert_cmpuint (seen.others, ==, 0);
  g_assert_cmpuint (seen.n, ==, G_N_ELEMENTS (boxes));
  g_assert_cmpuint (cnx_engine_largest_pass (cnx_classifier_engine (gst_convnext_classifier (GST_CONVNEXT
                  (element)))), ==, G_N_ELEMENTS (boxes));
  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
    const CnxTestRegion *region = &seen.regions[i];
    CnxTestAnswer answer;
    g_autoptr (GstBuffer) alone = gst_harness_push_and_pull (whole, cut_out ("RGB", buffer, &boxes[i]));
    g_assert_true (cnx_test_only_answer (alone, &answer));
    g_assert_cmpint (region->box.x, ==, boxes[i].x);
    g_assert_cmpint (region->box.h, ==, boxes[i].h);
    g_assert_cmpstr (region->kind, ==, "thing");
    g_assert_cmpint (region->id, ==, -1);
    g_assert_cmpuint (region->running_time, ==, 0);
    g_assert_cmpuint (region->n, ==, 3);
    for (guint k = 0; k < 3; k++) {
      g_assert_cmpint (region->ids[k], ==, answer.ids[k]);
      g_assert_cmpfloat_with_epsilon (region->confidences[k], answer.confidences[k], 1e-6);
    }
  }
  gst_harness_teardown (whole);
  gst_harness_teardown (regions);
}

static gpointer
push_one (gpointer harness)
{
  g_autofree char *caps = caps_of ("RGB", 160, 120);
  GstBuffer *frame = cnx_test_frame (caps, 3, 0);

  cnx_test_mark (frame, "thing", 0, &(GstVideoRectangle) {20, 10, 60, 80});
  g_assert_cmpuint (cnx_test_seen (gst_harness_push_and_pull (harness, frame)).n, ==, 1);
  return NULL;
}

/* Regions of two streams wait for each other. */
static void
test_batch_timeout (void)
{
  g_autofree char *caps = caps_of ("RGB", 160, 120);
  CnxEngine *engine = NULL;
  GstHarness *harnesses[2];
  GThread *threads[2];

  for (guint i = 0; i < G_N_ELEMENTS (harnesses); i++) {
    harnesses[i] = gst_harness_new_parse (LINE "mode=every-frame max-regions=2 batch-timeout=1000000");
    gst_harness_set_src_caps_str (harnesses[i], caps);
    g_autoptr (GstElement) element = gst_harness_find_element (harnesses[i], "convnext");
    engine = cnx_classifier_engine (gst_convnext_classifier (GST_CONVNEXT (element)));
  }
  for (guint i = 0; i < G_N_ELEMENTS (harnesses); i++)
    threads[i] = g_thread_new ("push", push_one, harnesses[i]);
  for (guint i = 0; i < G_N_ELEMENTS (harnesses); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (cnx_engine_largest_pass (engine), ==, 2);
  for (guint i = 0; i < G_N_ELEMENTS (harnesses); i++)
    gst_harness_teardown (harnesses[i]);
}

/* ---- one frame after the other ---- */

static GstBuffer *
frame_at (GstClockTime time)
{
  return cnx_test_frame (CAPS, 1, time);
}

static CnxTestSeen
push (CnxTestRig * rig, GstBuffer * frame)
{
  return cnx_test_seen (gst_harness_push_and_pull (rig->harness, frame));
}

/* A frame at @time with as many of the regions as have an id. */
static CnxTestSeen
push_two (CnxTestRig * rig, GstClockTime time, int left_id, int right_id)
{
  GstBuffer *frame = frame_at (time);

  if (left_id)
    cnx_test_mark (frame, "car", left_id, &left);
  if (right_id)
    cnx_test_mark (frame, "car", right_id, &right);
  return push (rig, frame);
}

static void
test_none (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LINE "mode=every-frame object-class=car");
  GstBuffer *frame = frame_at (40 * MS);

  const CnxTestSeen empty = push (&rig, frame_at (0));
  g_assert_cmpuint (empty.metas, ==, 1);
  g_assert_cmpuint (empty.n, ==, 0);
  g_assert_cmpuint (empty.running_time, ==, 0);
  cnx_test_mark (frame, "dog", 0, &left);
  const CnxTestSeen other = push (&rig, frame);
  g_assert_cmpuint (other.metas, ==, 1);
  g_assert_cmpuint (other.n, ==, 0);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 0);
}

/* What is tracked is not looked at again for a while, by its id; what is not is, on every frame. */
static void
test_reclassify (void)
{
  static const guint intervals[] = { 1, 2, 3, 0 }, passes[] = { 6 * 2, 3 * 2, 2 * 2, 2 };

  for (guint i = 0; i < G_N_ELEMENTS (intervals); i++) {
    g_autofree char *line = g_strdup_printf (LINE "mode=every-frame reclassify-interval=%u", intervals[i]);
    g_auto (CnxTestRig) rig = cnx_test_rig (line);
    for (guint n = 0; n < 6; n++) {
      const CnxTestSeen seen = push_two (&rig, n * 40 * MS, 5, 6);
      const guint interval = intervals[i] ? intervals[i] : 100;
      g_assert_cmpuint (seen.n, ==, 2);
      g_assert_cmpuint (seen.running_time, ==, n / interval * interval * 40 * MS);
      g_assert_cmpint (seen.regions[0].id, ==, 5);
      g_assert_cmpuint (seen.regions[1].running_time, ==, n / interval * interval * 40 * MS);
    }
    g_assert_cmpuint (cnx_test_rig_passes (), ==, passes[i]);
    push_two (&rig, 240 * MS, 7, -1);   /* a new one, and one that nobody tracks */
    g_assert_cmpuint (cnx_test_rig_passes (), ==, passes[i] + 2);
    push_two (&rig, 280 * MS, 0, -1);
    g_assert_cmpuint (cnx_test_rig_passes (), ==, passes[i] + 3);
    for (guint kind = 0; kind < CNX_TEST_RIG_RESETS; kind++) {
      cnx_test_rig_reset (&rig, kind);
      const guint before = cnx_test_rig_passes ();
      push_two (&rig, 0, 5, 0);
      g_assert_cmpuint (cnx_test_rig_passes (), ==, before + 1);
    }
  }
}

/* Another kind is another thing, and another question gets another answer. */
static void
test_known_no_more (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LINE "mode=every-frame reclassify-interval=0");
  GstBuffer *frame = frame_at (40 * MS);

  push_two (&rig, 0, 5, 0);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 1);
  cnx_test_mark (frame, "dog", 5, &left);
  push (&rig, frame);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 2);
  g_object_set (rig.element, "top-k", 1, NULL);
  const CnxTestSeen seen = push_two (&rig, 80 * MS, 5, 0);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 3);
  g_assert_cmpuint (seen.regions[0].n, ==, 1);
}

/* What is found for a question that nobody asks any more is no answer to the next. */
static void
test_asked_meanwhile (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LINE "mode=latest reclassify-interval=0");

  cnx_test_rig_hold (TRUE);
  push_two (&rig, 0, 5, 0);
  cnx_test_rig_await (1);
  g_object_set (rig.element, "top-k", 1, NULL);
  cnx_test_rig_hold (FALSE);
  cnx_test_rig_drain (&rig);
  push_two (&rig, 40 * MS, 5, 0);
  cnx_test_rig_drain (&rig);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 2);
  const CnxTestSeen seen = push_two (&rig, 80 * MS, 5, 0);
  g_assert_cmpuint (seen.regions[0].n, ==, 1);
}

static void
test_interval (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LINE "mode=every-frame interval=3");

  for (guint n = 0; n < 7; n++) {
    const CnxTestSeen seen = push_two (&rig, n * 40 * MS, 5, n % 3 == 1 ? 0 : -1);
    g_assert_cmpuint (seen.n, ==, n % 3 == 1 ? 1 : 2);       /* those that are there, by id and by place */
    g_assert_cmpuint (seen.running_time, ==, n / 3 * 3 * 40 * MS);
  }
}

/* No frame waits: each carries the labels that are finished, on the boxes that it has itself. */
static void
test_latest (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LINE "mode=latest");
  const GstVideoRectangle moved = { 40, 4, 24, 40 }, elsewhere = { 0, 30, 10, 10 }, near_by = { 2, 0, 30, 48 };
  GstBuffer *frame = frame_at (40 * MS);

  cnx_test_rig_hold (TRUE);
  CnxTestSeen seen = push_two (&rig, 0, 5, -1);
  g_assert_cmpuint (seen.metas, ==, 0);
  cnx_test_rig_await (1);
  seen = push_two (&rig, 20 * MS, 5, -1);
  g_assert_cmpuint (seen.metas, ==, 0);
  cnx_test_rig_hold (FALSE);
  cnx_test_rig_drain (&rig);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 2);

  cnx_test_mark (frame, "car", 5, &moved);      /* tracked, whereever it is */
  cnx_test_mark (frame, "car", 0, &elsewhere);
  cnx_test_mark (frame, "dog", 0, &right);
  cnx_test_mark (frame, "car", 0, &near_by);
  seen = push (&rig, frame);
  g_assert_cmpuint (seen.metas, ==, 1);
  g_assert_cmpuint (seen.running_time, ==, 0);
  g_assert_cmpuint (seen.n, ==, 2);
  g_assert_cmpint (seen.regions[0].box.x, ==, moved.x);
  g_assert_cmpint (seen.regions[0].id, ==, 5);
  g_assert_cmpint (seen.regions[1].box.x, ==, near_by.x);
  cnx_test_rig_drain (&rig);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 2 + 4);
}

static void
test_label_timeout (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LINE "mode=latest label-timeout=100");

  push_two (&rig, 0, 5, 6);
  cnx_test_rig_drain (&rig);
  g_assert_cmpuint (push_two (&rig, 40 * MS, 5, 6).n, ==, 2);
  cnx_test_rig_drain (&rig);
  cnx_test_rig_hold (TRUE);
  push_two (&rig, 80 * MS, 5, 6);
  g_assert_cmpuint (push_two (&rig, 900 * MS, 5, 6).metas, ==, 0);
  cnx_test_rig_hold (FALSE);
}

/* From the frame to its regions and back, in mid-stream: nothing of the one is taken for the other's. */
static void
test_changed (void)
{
  for (int latest = 0; latest < 2; latest++) {
    g_autofree char *line = g_strdup_printf ("convnext threshold=0 reclassify-interval=0 batch=8 mode=%s",
        latest ? "latest" : "every-frame");
    g_auto (CnxTestRig) rig = cnx_test_rig (line);
    for (guint n = 0; n < 12; n++) {
      const gboolean regions = n / 3 % 2;
      g_object_set (rig.element, "inference-region", regions, NULL);
      const CnxTestSeen seen = push_two (&rig, n * 40 * MS, 5, 6);
      cnx_test_rig_drain (&rig);
      const guint expected = !latest || n % 3 > 0;
      g_assert_cmpuint (seen.metas, ==, regions ? expected : 0);
      g_assert_cmpuint (seen.others, ==, regions ? 0 : expected);
    }
  }
}

/* ---- what a detector may send ---- */

static void
test_bad (void)
{
  static const GstVideoRectangle bad[] = { {0, 0, 0, 0}, {-9, -9, 4, 4}, {0, 0, -1, 9}, {64, 48, 9, 9},
  {60, 40, 100, 100}, {-100, -100, 1000, 1000}, {63, 47, 1, 1}, {1, 1, G_MAXINT, G_MAXINT}, {0, 0, 1, 48},
  {0, 0, 64, 1}, {G_MININT, G_MININT, G_MAXINT, G_MAXINT}
  };
  const char *const formats[] = { "RGB", "I420", "YUY2", "Y41B", "v210", "P010_10LE", "AYUV" };

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    GstHarness *h = gst_harness_new_parse (LINE "mode=every-frame");
    g_autofree char *caps = g_strdup_printf ("video/x-raw,format=%s,width=64,height=48,framerate=25/1", formats[f]);
    GstBuffer *frame = cnx_test_frame (caps, 1, 0), *cropped = gst_buffer_copy_deep (frame);
    gst_harness_set_src_caps_str (h, caps);
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
      cnx_test_mark (frame, "thing", i, &bad[i]);
      cnx_test_mark (cropped, "thing", i, &bad[i]);
    }
    GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (cropped);
    crop->x = 31;
    crop->y = 23;
    crop->width = 1000;
    crop->height = 7;
    g_assert_cmpuint (cnx_test_seen (gst_harness_push_and_pull (h, frame)).n, ==, 5);
    const CnxTestSeen seen = cnx_test_seen (gst_harness_push_and_pull (h, cropped));
    g_assert_cmpuint (seen.n, ==, 1);   /* the one that covers all */
    g_assert_cmpint (seen.regions[0].box.x, ==, 31);
    g_assert_cmpint (seen.regions[0].box.y, ==, 23);
    g_assert_cmpint (seen.regions[0].box.w, ==, 33);
    g_assert_cmpint (seen.regions[0].box.h, ==, 7);
    gst_harness_teardown (h);
  }
}

static void
test_many (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LINE "mode=every-frame max-regions=3 min-region=4");
  GstBuffer *frame = frame_at (0);

  for (int i = 0; i < 10000; i++) {
    const GstVideoRectangle box = { i % 71 - 5, i % 51 - 5, i % 40 - 10, i % 30 - 5 };
    cnx_test_mark (frame, "thing", i / 3, &box);
  }
  g_assert_cmpuint (push (&rig, frame).n, ==, 3);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 3);
}

/* Marks that GStreamer's own element has moved with the picture. */
static void
test_scaled (void)
{
  GstHarness *h = gst_harness_new_parse ("videoscale ! video/x-raw,width=128,height=96 ! " LINE "mode=every-frame");
  GstBuffer *frame = frame_at (0);

  gst_harness_set_src_caps_str (h, CAPS);
  cnx_test_mark (frame, "thing", 4, &right);
  const CnxTestSeen seen = cnx_test_seen (gst_harness_push_and_pull (h, frame));
  g_assert_cmpuint (seen.n, ==, 1);
  g_assert_cmpint (seen.regions[0].box.x, ==, 2 * right.x);
  g_assert_cmpint (seen.regions[0].box.w, ==, 2 * right.w);
  g_assert_cmpint (seen.width, ==, 128);
  g_assert_cmpint (seen.height, ==, 96);
  gst_harness_teardown (h);
}

/* The list says in whose pixels it is: those of the whole frame, of which the caps' may be a part. */
static void
test_frame_size (void)
{
  for (int latest = 0; latest < 2; latest++) {
    g_autofree char *line = g_strdup_printf (LINE "reclassify-interval=0 mode=%s", latest ? "latest" : "every-frame");
    g_auto (CnxTestRig) rig = cnx_test_rig (line);
    for (guint n = 0; n < 3; n++) {
      GstBuffer *frame = cnx_test_frame ("video/x-raw,format=RGB,width=96,height=64,framerate=25/1", 1, n * 40 * MS);
      gst_buffer_add_video_meta (frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, 96, 64);
      GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (frame);
      crop->x = 32;
      crop->y = 16;
      crop->width = 64;
      crop->height = 48;
      cnx_test_mark (frame, "car", 5, &right);
      const CnxTestSeen seen = push (&rig, frame);
      cnx_test_rig_drain (&rig);
      if (latest && n == 0)
        continue;
      g_assert_cmpuint (seen.n, ==, 1);
      g_assert_cmpint (seen.width, ==, 96);
      g_assert_cmpint (seen.height, ==, 64);
    }
  }
}

/* ---- the bus ---- */

static void
test_messages (void)
{
  for (int latest = 0; latest < 2; latest++) {
    g_autofree char *line = g_strdup_printf (LINE "post-messages=true reclassify-interval=2 mode=%s",
        latest ? "latest" : "every-frame");
    g_auto (CnxTestRig) rig = cnx_test_rig (line);
    g_autoptr (GstBus) bus = gst_bus_new ();
    gst_element_set_bus (rig.element, bus);
    for (guint n = 0; n < 3; n++) {
      push_two (&rig, n * 40 * MS, 5, n == 1 ? 0 : -1);
      cnx_test_rig_drain (&rig);
      g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
      g_assert_nonnull (message);
      const GstStructure *s = gst_message_get_structure (message);
      const GValue *list = gst_structure_get_value (s, "regions");
      guint64 time;
      g_assert_true (gst_structure_get_uint64 (s, "running-time", &time));
      g_assert_cmpuint (time, ==, n * 40 * MS);
      g_assert_cmpuint (gst_value_array_get_size (list), ==, n == 1 ? 1 : 2);
    }
    gst_element_set_bus (rig.element, NULL);
  }
}

int
main (int argc, char **argv)
{
  cnx_test_init_elements (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/region-flow/as-alone", test_as_alone);
  g_test_add_func ("/region-flow/batch", test_batch);
  g_test_add_func ("/region-flow/batch-timeout", test_batch_timeout);
  g_test_add_func ("/region-flow/none", test_none);
  g_test_add_func ("/region-flow/reclassify", test_reclassify);
  g_test_add_func ("/region-flow/known-no-more", test_known_no_more);
  g_test_add_func ("/region-flow/asked-meanwhile", test_asked_meanwhile);
  g_test_add_func ("/region-flow/interval", test_interval);
  g_test_add_func ("/region-flow/latest", test_latest);
  g_test_add_func ("/region-flow/label-timeout", test_label_timeout);
  g_test_add_func ("/region-flow/changed", test_changed);
  g_test_add_func ("/region-flow/bad", test_bad);
  g_test_add_func ("/region-flow/many", test_many);
  g_test_add_func ("/region-flow/scaled", test_scaled);
  g_test_add_func ("/region-flow/frame-size", test_frame_size);
  g_test_add_func ("/region-flow/messages", test_messages);
  return g_test_run ();
}
