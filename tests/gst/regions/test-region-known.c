/* Frames whose regions are known take no pass: what is told of them, and what they carry. */
#include "gst-plugin/gstconvnext.h"
#include "tests/gst/pace/rig.h"
#include "tests/gst/regions/seen.h"

#define CAPS CNX_TEST_RIG_CAPS
#define MS GST_MSECOND
#define LINE "convnext inference-region=roi-list threshold=0 top-k=3 reclassify-interval=0 "

static const GstVideoRectangle left = { 0, 0, 30, 48 }, right = { 34, 0, 30, 48 };

/* A frame at @time with as many of the regions as have an id. */
static CnxTestSeen
push (CnxTestRig * rig, GstClockTime time, int left_id, int right_id)
{
  GstBuffer *frame = cnx_test_frame (CAPS, 1, time);

  if (left_id)
    cnx_test_mark (frame, "car", left_id, &left);
  if (right_id)
    cnx_test_mark (frame, "car", right_id, &right);
  return cnx_test_seen (gst_harness_push_and_pull (rig->harness, frame));
}

typedef struct
{
  guint messages, signals;
} Told;

static void
on_labels (GstElement * element, const char *stream, guint64 running_time, const GstStructure * found, gpointer told)
{
  ((Told *) told)->signals++;
}

static void
count_messages (GstBus * bus, Told * told)
{
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
    if (!message)
      return;
    told->messages++;
  }
}

/* What takes no pass is told where it is another than what was told before: one has come back, or gone, or all have. */
static void
test_again (void)
{
  static const struct
  {
    int left_id, right_id;
    guint told;                 /* so far */
  } frames[] = { {0, 0, 1}, {0, 0, 1}, {5, 0, 2}, {5, 0, 2}, {5, 0, 2}, {5, 6, 3}, {6, 5, 3}, {5, 6, 3}, {6, 0, 4},
  {6, 0, 4}, {0, 0, 5}, {0, 0, 5}, {6, 0, 6}, {5, 0, 7}, {5, 0, 7}
  };

  for (int latest = 0; latest < 2; latest++) {
    g_autofree char *line = g_strdup_printf (LINE "post-messages=true label-timeout=100 mode=%s",
        latest ? "latest" : "every-frame");
    g_auto (CnxTestRig) rig = cnx_test_rig (line);
    g_autoptr (GstBus) bus = gst_bus_new ();
    Told told = { 0 };
    gst_element_set_bus (rig.element, bus);
    g_signal_connect (rig.element, "labels", G_CALLBACK (on_labels), &told);
    for (guint i = 0; i < G_N_ELEMENTS (frames); i++) {
      const CnxTestSeen seen = push (&rig, i * 400 * MS, frames[i].left_id, frames[i].right_id);
      cnx_test_rig_drain (&rig);
      count_messages (bus, &told);
      g_test_message ("mode %d, frame %u", latest, i);
      g_assert_cmpuint (told.messages, ==, frames[i].told);
      if (latest)               /* the signal waits for a buffer, and what was just submitted is not there yet */
        continue;
      g_assert_cmpuint (told.signals, ==, frames[i].told);
      g_assert_cmpuint (seen.metas, ==, 1);
      g_assert_cmpuint (seen.n, ==, (frames[i].left_id != 0) + (frames[i].right_id != 0));
    }
    gst_element_set_bus (rig.element, NULL);
  }
}

/* Nobody wants newer labels of what is known than there are: they stay. */
static void
test_stay (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LINE "mode=latest label-timeout=100");

  push (&rig, 0, 5, 0);
  cnx_test_rig_drain (&rig);
  for (guint i = 1; i < 5; i++) {
    const CnxTestSeen seen = push (&rig, i * 90 * MS, 5, 0);
    g_assert_cmpuint (seen.n, ==, 1);
    g_assert_cmpuint (seen.running_time, ==, 0);
  }
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 1);
}

/* A frame that takes no pass leaves the next one due. */
static void
test_pace (void)
{
  g_auto (CnxTestRig) rig = cnx_test_rig (LINE "mode=every-frame interval=3");

  push (&rig, 0, 0, 0);
  push (&rig, 40 * MS, 5, 0);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 1);
  push (&rig, 80 * MS, 6, 0);
  push (&rig, 120 * MS, 6, 0);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 1);
  push (&rig, 160 * MS, 5, 0);
  push (&rig, 200 * MS, 6, 0);
  g_assert_cmpuint (cnx_test_rig_passes (), ==, 2);
}

static void
push_tag (CnxTestRig * rig, const char *orientation)
{
  gst_harness_push_event (rig->harness, gst_event_new_tag (gst_tag_list_new (GST_TAG_IMAGE_ORIENTATION, orientation,
              NULL)));
}

/* What is seen turned is not what is known; a tag that turns nothing leaves it known. */
static void
test_turned (void)
{
  static const struct
  {
    const char *tag;
    GstVideoOrientationMethod direction;
    guint passes;               /* so far */
  } frames[] = { {NULL, GST_VIDEO_ORIENTATION_AUTO, 1}, {"rotate-0", GST_VIDEO_ORIENTATION_AUTO, 1},
  {"rotate-90", GST_VIDEO_ORIENTATION_AUTO, 2}, {"rotate-90", GST_VIDEO_ORIENTATION_AUTO, 2},
  {"rotate-180", GST_VIDEO_ORIENTATION_AUTO, 3}, {NULL, GST_VIDEO_ORIENTATION_IDENTITY, 4},
  {"rotate-270", GST_VIDEO_ORIENTATION_IDENTITY, 4}
  };
  g_auto (CnxTestRig) rig = cnx_test_rig (LINE "mode=every-frame");
  GstVideoOrientationMethod direction = GST_VIDEO_ORIENTATION_AUTO;

  for (guint i = 0; i < G_N_ELEMENTS (frames); i++) {
    if (frames[i].tag)
      push_tag (&rig, frames[i].tag);
    if (frames[i].direction != direction)
      g_object_set (rig.element, "video-direction", direction = frames[i].direction, NULL);
    push (&rig, i * 40 * MS, 5, 0);
    g_test_message ("frame %u", i);
    g_assert_cmpuint (cnx_test_rig_passes (), ==, frames[i].passes);
  }
}

int
main (int argc, char **argv)
{
  cnx_test_init_elements (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/region-known/again", test_again);
  g_test_add_func ("/region-known/stay", test_stay);
  g_test_add_func ("/region-known/pace", test_pace);
  g_test_add_func ("/region-known/turned", test_turned);
  return g_test_run ();
}
