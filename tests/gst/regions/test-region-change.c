/* Regions while the network changes, and who is told of them. */
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
  g_signal_connect (rig.element, "labels", G_CALLBACK (on_labels), &told);
  for (guint i = 1; i <= 4; i++) {
    push (&rig);
    g_assert_cmpuint (told, ==, i);
  }
  cnx_change_close (&rig);
}

int
main (int argc, char **argv)
{
  cnx_change_init (&argc, &argv);
  g_test_add_data_func ("/region-change/every-frame", "every-frame", test_change);
  g_test_add_data_func ("/region-change/latest", "latest", test_change);
  g_test_add_func ("/region-change/signal", test_signal);
  return cnx_change_run ();
}
