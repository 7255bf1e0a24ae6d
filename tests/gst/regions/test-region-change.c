/* Regions while the network changes, for them or otherwise, and who is told of them. */
#include "gst-plugin/enums.h"
#include "tests/gst/engine/change.h"
#include "tests/gst/regions/seen.h"

#define SECOND cnx_change_models.second

static const GstVideoRectangle box = { 10, 10, 40, 30 };

static CnxTestSeen
push (CnxChangeRig * rig)
{
  GstBuffer *frame = cnx_test_frame (CNX_CHANGE_CAPS, 1, 0);

  cnx_test_mark (frame, "thing", 5, &box);
  return cnx_test_seen (gst_harness_push_and_pull (rig->harness, frame));
}

/* What is tracked, and was to be classified once, is classified by the new one too; until then it has the old one's
 * labels. */
static void
test_change (gconstpointer mode)
{
  CnxChangeRig rig = cnx_change_open (mode);
  guint frames = 0;

  g_object_set (rig.element, "inference-region", INFERENCE_ROI_LIST, "reclassify-interval", 0, NULL);
  cnx_change_check_told (&rig, "first", "first");
  while (!g_str_has_prefix (push (&rig).regions[0].first, "first"));
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_check_told (&rig, "second", "first");
  for (;; frames++) {
    const CnxTestSeen seen = push (&rig);
    g_assert_cmpuint (seen.others, ==, 0);
    if (seen.n > 0 && g_str_has_prefix (seen.regions[0].first, "second"))
      break;
    g_usleep (1000);
  }
  for (guint i = 0; i < 3; i++)
    g_assert_true (g_str_has_prefix (push (&rig).regions[0].first, "second"));
  cnx_change_close (&rig);
}

/* ---- as many at once as a frame may have ---- */

/* The network is the one of who asks for batches of so many; the property is what it was. */
static void
check_at_once (CnxChangeRig * rig, guint expected)
{
  CnxChangeRig other = cnx_change_open ("every-frame");
  guint batch;

  gst_element_set_state (other.element, GST_STATE_READY);
  g_object_set (other.element, "batch", expected, NULL);
  gst_element_set_state (other.element, GST_STATE_PLAYING);
  g_assert_true (cnx_change_engine (other.element) == cnx_change_engine (rig->element));
  g_object_get (rig->element, "batch", &batch, NULL);
  g_assert_cmpuint (batch, ==, 1);
  cnx_change_close (&other);
}

static void
set (CnxChangeRig * rig, const char *property, guint value, guint expected)
{
  g_object_set (rig->element, property, value, NULL);
  cnx_change_check_told (rig, "first", "first");
  check_at_once (rig, expected);
}

/* What a network was asked for last. */
static guint
newest (CnxChangeRig * rig)
{
  guint ticket = 0;

  while (!cnx_loader_is_newest (gst_convnext_loader (GST_CONVNEXT (rig->element)), ticket))
    ticket++;
  return ticket;
}

/* Another network is opened where another number of regions is to run at once, and for nothing else of theirs. */
static void
test_at_once (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");
  const guint before = newest (&rig);

  check_at_once (&rig, 1);
  g_object_set (rig.element, "max-regions", 20, "object-class", "thing", "min-region", 1, NULL);
  g_assert_cmpuint (newest (&rig), ==, before);
  set (&rig, "inference-region", INFERENCE_ROI_LIST, 8);
  set (&rig, "max-regions", 3, 3);
  set (&rig, "max-regions", 200, 8);
  const guint then = newest (&rig);
  g_object_set (rig.element, "max-regions", 8, "inference-region", INFERENCE_ROI_LIST, "reclassify-interval", 2, NULL);
  g_assert_cmpuint (newest (&rig), ==, then);
  set (&rig, "inference-region", INFERENCE_FULL_FRAME, 1);
  cnx_change_close (&rig);
}

/* The properties are those of the network that is used again; how many regions it ran at once is none of them. */
static void
test_fails (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");
  InferenceRegion region;

  set (&rig, "inference-region", INFERENCE_ROI_LIST, 8);
  g_object_set (rig.element, "inference-region", INFERENCE_FULL_FRAME, "batch", 3, "model", "/no/such/model", NULL);
  cnx_change_check_warned (&rig, "/no/such/model");
  check_at_once (&rig, 8);
  g_object_get (rig.element, "inference-region", &region, NULL);
  g_assert_cmpint (region, ==, INFERENCE_FULL_FRAME);
  cnx_change_close (&rig);
}

/* ---- who is told ---- */

static void
on_labels (GstElement * element, const char *stream, guint64 running_time, const GstStructure * found, gpointer told)
{
  const GValue *list = gst_structure_get_value (found, "regions");

  g_assert_true (list && GST_VALUE_HOLDS_ARRAY (list));
  g_assert_cmpuint (gst_value_array_get_size (list), ==, 1);
  ++*(guint *) told;
}

static void
test_signal (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");
  guint told = 0;

  g_object_set (rig.element, "inference-region", INFERENCE_ROI_LIST, "reclassify-interval", 2, NULL);
  cnx_change_check_told (&rig, "first", "first");
  cnx_change_push (&rig);       /* without a region */
  g_signal_connect (rig.element, "labels", G_CALLBACK (on_labels), &told);
  for (guint i = 1; i <= 4; i++) {
    push (&rig);
    g_assert_cmpuint (told, ==, (i + 1) / 2);
  }
  cnx_change_close (&rig);
}

int
main (int argc, char **argv)
{
  cnx_change_init (&argc, &argv);
  g_test_add_data_func ("/region-change/every-frame", "every-frame", test_change);
  g_test_add_data_func ("/region-change/latest", "latest", test_change);
  g_test_add_func ("/region-change/at-once", test_at_once);
  g_test_add_func ("/region-change/fails", test_fails);
  g_test_add_func ("/region-change/signal", test_signal);
  return cnx_change_run ();
}
