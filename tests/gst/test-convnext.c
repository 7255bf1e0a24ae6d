/* The classifier under GstHarness: metadata, buffers left as they are, caps, errors, life. */
#include "gst-plugin/gstconvnext.h"
#include "tests/gst/elements.h"
#include "core/model/random_checkpoint.h"
#include "tests/support/temp_files.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define RGB "video/x-raw,format=RGB,width=64,height=48,framerate=25/1"
#define NV12 "video/x-raw,format=NV12,width=128,height=96,framerate=25/1"
#define EVERY "convnext mode=every-frame threshold=0 "

static void
test_buffer_untouched (void)
{
  GstHarness *h = gst_harness_new_parse (EVERY);
  GstBuffer *in = cnx_test_frame (RGB, 1, 80 * GST_MSECOND);
  g_autofree char *before = cnx_test_digest (in);

  gst_harness_set_src_caps_str (h, RGB);
  GST_BUFFER_OFFSET (in) = 17;
  GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_MARKER);
  GstBuffer *out = gst_harness_push_and_pull (h, in);
  g_autofree char *after = cnx_test_digest (out);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpuint (GST_BUFFER_PTS (out), ==, 80 * GST_MSECOND);
  g_assert_cmpuint (GST_BUFFER_DURATION (out), ==, 40 * GST_MSECOND);
  g_assert_cmpuint (GST_BUFFER_OFFSET (out), ==, 17);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_MARKER));
  g_assert_cmpuint (cnx_test_classifications (out), ==, 1);
  g_assert_cmpuint (cnx_test_running_time (out), ==, 80 * GST_MSECOND);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

/* A second owner, as behind a tee: it sees neither metadata nor a copy of the pixels. */
static void
test_shared_buffer (void)
{
  GstHarness *h = gst_harness_new_parse (EVERY);
  GstBuffer *in = cnx_test_frame (RGB, 2, 0);
  GstMemory *memory = gst_buffer_peek_memory (in, 0);

  gst_harness_set_src_caps_str (h, RGB);
  GstBuffer *out = gst_harness_push_and_pull (h, gst_buffer_ref (in));
  g_assert_true (out != in);
  g_assert_true (gst_buffer_peek_memory (out, 0) == memory);
  g_assert_cmpuint (cnx_test_classifications (out), ==, 1);
  g_assert_cmpuint (cnx_test_classifications (in), ==, 0);
  gst_buffer_unref (out);
  gst_buffer_unref (in);
  gst_harness_teardown (h);
}

/* ---- frames that lie ---- */

static CnxTestAnswer
answer_for (GstHarness * h, GstBuffer * buffer)
{
  CnxTestAnswer answer = { 0 };
  GstBuffer *out = gst_harness_push_and_pull (h, buffer);

  g_assert_true (cnx_test_only_answer (out, &answer));
  gst_buffer_unref (out);
  return answer;
}

static void
push_tag (GstHarness * h, const char *orientation)
{
  gst_harness_push_event (h, gst_event_new_tag (gst_tag_list_new (GST_TAG_IMAGE_ORIENTATION, orientation, NULL)));
}

static void
assert_same (const CnxTestAnswer * a, const CnxTestAnswer * b, gboolean same)
{
  g_assert_true ((a->ids[0] == b->ids[0] && fabs (a->confidences[0] - b->confidences[0]) < 1e-4) == same);
}

/* As the tags say, from the tag on and to the end of the stream; as the property says, whatever they say. */
static void
test_direction (void)
{
  GstHarness *h = gst_harness_new_parse (EVERY);
  GstHarness *upright = gst_harness_new_parse ("videoflip video-direction=90r ! " EVERY);
  GstBuffer *frame = cnx_test_frame (RGB, 5, 0);

  gst_harness_set_src_caps_str (upright, RGB);
  const CnxTestAnswer expected = answer_for (upright, gst_buffer_copy (frame));
  gst_harness_set_src_caps_str (h, RGB);
  const CnxTestAnswer lying = answer_for (h, gst_buffer_copy (frame));
  assert_same (&lying, &expected, FALSE);
  push_tag (h, "rotate-90");
  const CnxTestAnswer tagged = answer_for (h, gst_buffer_copy (frame));
  assert_same (&tagged, &expected, TRUE);

  gst_harness_set (h, "convnext", "video-direction", GST_VIDEO_ORIENTATION_IDENTITY, NULL);
  const CnxTestAnswer told = answer_for (h, gst_buffer_copy (frame));
  assert_same (&told, &lying, TRUE);
  gst_harness_set (h, "convnext", "video-direction", GST_VIDEO_ORIENTATION_AUTO, NULL);
  gst_harness_push_event (h, gst_event_new_stream_start ("another"));
  const CnxTestAnswer another = answer_for (h, frame);
  assert_same (&another, &lying, TRUE);
  gst_harness_teardown (h);
  gst_harness_teardown (upright);
}

static void
test_gap (void)
{
  GstHarness *h = gst_harness_new_parse (EVERY);
  GstBuffer *in = cnx_test_frame (RGB, 3, 0);

  gst_harness_set_src_caps_str (h, RGB);
  GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_GAP);
  GstBuffer *out = gst_harness_push_and_pull (h, in);
  g_assert_true (out == in);
  g_assert_cmpuint (cnx_test_classifications (out), ==, 0);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

static void
test_renegotiation (void)
{
  GstHarness *h = gst_harness_new_parse (EVERY);
  const char *const all[] = { RGB, NV12, "video/x-raw,format=I420,width=33,height=17,framerate=0/1",
    "video/x-raw,format=YUY2,width=720,height=576,framerate=25/1,pixel-aspect-ratio=16/15,"
        "interlace-mode=interleaved,colorimetry=bt601",
    "video/x-raw,format=P010_10LE,width=64,height=64,framerate=25/1", RGB
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    gst_harness_set_src_caps_str (h, all[i]);
    GstBuffer *out = gst_harness_push_and_pull (h, cnx_test_frame (all[i], i, i * GST_SECOND));
    g_assert_nonnull (out);
    g_assert_cmpuint (cnx_test_classifications (out), ==, 1);
    g_assert_cmpuint (cnx_test_running_time (out), ==, i * GST_SECOND);
    gst_buffer_unref (out);
  }
  gst_harness_teardown (h);
}

static void
test_refuses_caps (void)
{
  GstHarness *h = gst_harness_new_parse (EVERY);
  g_autoptr (GstCaps) caps = gst_pad_query_caps (h->element->sinkpads->data, NULL);
  const char *const refused[] = { "audio/x-raw", "video/x-h264",
    "video/x-raw(memory:DMABuf),format=NV12,width=64,height=64"
  };

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GstCaps) other = gst_caps_from_string (refused[i]);
    g_assert_false (gst_caps_can_intersect (caps, other));
  }
  gst_harness_teardown (h);
}

static void
test_two_elements_and_survival (void)
{
  GstHarness *h = gst_harness_new_parse (EVERY "! videoconvert ! video/x-raw,format=I420 ! videoscale ! "
      "video/x-raw,width=32,height=32 ! queue ! tee ! " EVERY);

  gst_harness_set_src_caps_str (h, RGB);
  GstBuffer *out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 4, 0));
  g_assert_cmpuint (cnx_test_classifications (out), ==, 2);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

static void
test_allocation (void)
{
  cnx_test_offers_what_downstream_does ("convnext", RGB);
}

/* Where downstream can crop, videocrop leaves that to it: the same is classified as where it cannot. */
static void
test_crop (void)
{
  CnxTestAnswer answers[2] = { 0 };

  for (int offered = 0; offered < 2; offered++) {
    GstHarness *h = gst_harness_new_parse ("videocrop left=13 right=20 top=9 bottom=2 ! " EVERY);
    if (offered) {
      gst_harness_add_propose_allocation_meta (h, GST_VIDEO_META_API_TYPE, NULL);
      gst_harness_add_propose_allocation_meta (h, GST_VIDEO_CROP_META_API_TYPE, NULL);
    }
    gst_harness_set_src_caps_str (h, RGB);
    GstBuffer *out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 5, 0));
    g_assert_cmpint (gst_buffer_get_video_crop_meta (out) != NULL, ==, offered);
    cnx_test_only_answer (out, &answers[offered]);
    g_assert_cmpuint (answers[offered].n, ==, CNX_TEST_TOP);
    gst_buffer_unref (out);
    gst_harness_teardown (h);
  }
  for (guint i = 0; i < CNX_TEST_TOP; i++) {
    g_assert_cmpint (answers[0].ids[i], ==, answers[1].ids[i]);
    g_assert_cmpfloat_with_epsilon (answers[0].confidences[i], answers[1].confidences[i], 1e-6);
  }
}

/* ---- errors ---- */

/* The message of the error that READY fails with. */
static char *
open_error (const char *line)
{
  g_autoptr (GError) error = NULL;
  GstElement *element = gst_parse_launch (line, NULL);
  GstBus *bus = gst_bus_new ();

  g_assert_nonnull (element);
  gst_element_set_bus (element, bus);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  gst_message_unref (message);
  gst_element_set_bus (element, NULL);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
  gst_object_unref (bus);
  return g_strdup (error->message);
}

static void
assert_says (const char *line, const char *const *words)
{
  g_autofree char *text = open_error (line);

  for (; *words; words++)
    if (!strstr (text, *words)) {
      g_test_message ("«%s» does not say «%s»", text, *words);
      g_test_fail ();
    }
}

static void
test_errors (void)
{
  g_autofree char *short_labels = g_build_filename (g_get_tmp_dir (), "cnx-two-labels.txt", NULL);
  g_autofree char *with_labels = g_strdup_printf ("convnext labels=%s", short_labels);

  g_assert_true (g_file_set_contents (short_labels, "one\ntwo\n", -1, NULL));
  assert_says ("convnext variant=S", (const char *[]) { "looked in: ", "https://", "small", NULL });
  assert_says ("convnext model=everyday variant=tiny", (const char *[]) { "tiny", NULL });
  assert_says ("convnext model=/no/such/file.safetensors",
      (const char *[]) { "/no/such/file.safetensors", NULL });
  assert_says ("convnext device=nothing-like-it", (const char *[]) { "nothing-like-it", "auto", NULL });
  assert_says (with_labels, (const char *[]) { "2", short_labels, NULL });
  assert_says ("convnext recipe=crop-mode=middle", (const char *[]) { "recipe", "crop_mode", "squash", NULL });
  assert_says ("convnext recipe=size=100", (const char *[]) { "100", "32", NULL });
  g_remove (short_labels);
}

/* Weights that give features only. */
static void
test_no_classifier (void)
{
  const CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {8, 8, 8, 8} };
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *line = g_strdup_printf ("convnext model=%s", dir);
  g_autoptr (GError) error = NULL;

  g_assert_true (cnx_write_random_checkpoint (dir, &arch, 1, &error));
  assert_says (line, (const char *[]) { dir, "no classifier", "--features", NULL });
}

static void
test_bad_variant (void)
{
  assert_says ("convnext variant=gigantic", (const char *[]) { "gigantic", NULL });
}

/* ---- the literal line ---- */

static void
test_literal_line (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxTestDir) root = cnx_test_make_dir ();
  g_autofree char *dir = g_build_filename (root, "small", NULL);

  g_assert_true (cnx_write_random_checkpoint (dir, &cnx_variant_find ("S")->arch, 3, &error));
  g_setenv ("CONVNEXT_MODEL_PATH", root, TRUE);
  GstElement *pipeline = gst_parse_launch ("videotestsrc is-live=true num-buffers=15 ! "
      "convnext variant=S threshold=0 post-messages=true ! overlay video-sink=fakesink", &error);
  g_assert_no_error (error);
  GstBus *bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, 120 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  g_unsetenv ("CONVNEXT_MODEL_PATH");
}

/* ---- leaks ---- */

static gsize
resident_kilobytes (void)
{
  g_autofree char *text = NULL;
  gsize pages = 0;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%*u %" G_GSIZE_FORMAT, &pages), ==, 1);
  return pages * (sysconf (_SC_PAGESIZE) / 1024);
}

static guint
descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  return n;
}

static void
cycle (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=latest threshold=0");

  gst_harness_set_src_caps_str (h, RGB);
  for (int i = 0; i < 3; i++)
    gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, i, i)));
  gst_harness_teardown (h);
}

/* Under a sanitizer memory is held back on purpose: there the leak checker speaks, here the size. */
static void
test_cycles (void)
{
#ifdef __SANITIZE_ADDRESS__
  const guint cycles = 20;
#else
  const guint cycles = 200;
#endif

  for (int i = 0; i < 20; i++)
    cycle ();
  const gsize memory = resident_kilobytes ();
  const guint files = descriptors ();
  for (guint i = 0; i < cycles; i++)
    cycle ();
  g_assert_cmpuint (descriptors (), ==, files);
  g_test_message ("%u cycles: %" G_GSIZE_FORMAT " kB before, %" G_GSIZE_FORMAT " after", cycles, memory,
      resident_kilobytes ());
#ifndef __SANITIZE_ADDRESS__
  /* the weights alone are 9 MB: a leak of them, or of a tenth of them, would be seen */
  g_assert_cmpuint (resident_kilobytes (), <, memory + cycles * 100);
#endif
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/convnext/buffer-untouched", test_buffer_untouched);
  g_test_add_func ("/convnext/shared-buffer", test_shared_buffer);
  g_test_add_func ("/convnext/direction", test_direction);
  g_test_add_func ("/convnext/gap", test_gap);
  g_test_add_func ("/convnext/renegotiation", test_renegotiation);
  g_test_add_func ("/convnext/refuses-caps", test_refuses_caps);
  g_test_add_func ("/convnext/two-elements", test_two_elements_and_survival);
  g_test_add_func ("/convnext/allocation", test_allocation);
  g_test_add_func ("/convnext/crop", test_crop);
  g_test_add_func ("/convnext/errors", test_errors);
  g_test_add_func ("/convnext/no-classifier", test_no_classifier);
  g_test_add_func ("/convnext/bad-variant", test_bad_variant);
  g_test_add_func ("/convnext/literal-line", test_literal_line);
  g_test_add_func ("/convnext/cycles", test_cycles);
  return g_test_run ();
}
