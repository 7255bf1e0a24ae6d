/* Another network while frames flow: when it takes over, who says so, and what becomes of one that cannot be loaded. */
#include "tests/gst/engine/change.h"

#define FIRST cnx_change_models.first
#define SECOND cnx_change_models.second
#define THIRD cnx_change_models.third

/* ---- one takes over ---- */

static void
test_takes_over (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");

  cnx_change_check_model (&rig, FIRST, "first");
  cnx_change_hold_disk (TRUE);
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_await_loads (1);
  for (guint i = 0; i < 5; i++)
    cnx_change_check_model (&rig, SECOND, "first");        /* what is asked for, and what goes on */
  cnx_change_hold_disk (FALSE);
  cnx_change_check_told (&rig, "second", "first");
  cnx_change_check_model (&rig, SECOND, "second");
  g_object_set (rig.element, "model", THIRD, NULL);
  cnx_change_check_told (&rig, "third", "second");
  cnx_change_check_model (&rig, THIRD, "third");
  cnx_change_close (&rig);
}

/* It gives what it gives where it was there from the beginning: its recipe holds from the first frame on. */
static void
test_recipe (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame"), other = cnx_change_open ("every-frame");

  gst_element_set_state (other.element, GST_STATE_READY);
  g_object_set (other.element, "model", SECOND, "recipe", "size=64,mean=0.9", NULL);
  gst_element_set_state (other.element, GST_STATE_PLAYING);
  const CnxChangeAnswer before = cnx_change_push (&rig), want = cnx_change_push (&other);
  g_assert_cmpfloat (before.confidence, !=, want.confidence);
  g_object_set (rig.element, "recipe", "size=64,mean=0.9", "model", SECOND, NULL);
  cnx_change_check_told (&rig, "second", "first");
  const CnxChangeAnswer got = cnx_change_push (&rig);
  g_assert_cmpstr (got.label, ==, want.label);
  g_assert_cmpfloat (got.confidence, ==, want.confidence);
  g_assert_true (cnx_change_engine (rig.element) == cnx_change_engine (other.element));
  cnx_change_close (&rig);
  cnx_change_close (&other);
}

/* Every property that a network is opened with. */
static void
test_each_property (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");

  g_object_set (rig.element, "precision", CNX_PRECISION_INT8, NULL);
  cnx_change_check_told (&rig, "first", "first");
  CnxNetwork *network = cnx_engine_network (cnx_change_engine (rig.element));
  g_assert_cmpint (cnx_network_precision (network), ==, CNX_PRECISION_INT8);
  g_object_set (rig.element, "batch", 3, NULL);
  cnx_change_check_told (&rig, "first", "first");
  g_object_set (rig.element, "labels", cnx_change_models.labels, NULL);
  cnx_change_check_told (&rig, "first", "first");
  g_assert_true (g_str_has_prefix (cnx_change_push (&rig).label, "given "));
  g_object_set (rig.element, "labels", NULL, "batch", 1, "precision", CNX_PRECISION_FP32, NULL);
  cnx_change_check_told (&rig, "first", "first");
  g_assert_true (g_str_has_prefix (cnx_change_push (&rig).label, "first "));
  cnx_change_close (&rig);
}

/* What is set to what it is already is another where its files are, and is nothing new where they are not. */
static void
test_replaced (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");
  g_autofree char *dir = cnx_change_write_model ("early", 2);

  g_object_set (rig.element, "model", dir, NULL);
  cnx_change_check_told (&rig, "early", "first");
  g_object_set (rig.element, "model", dir, NULL);
  cnx_change_await_loads (2);
  cnx_change_push (&rig);
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_check_told (&rig, "second", "early");
  g_object_set (rig.element, "model", dir, NULL);
  cnx_change_check_told (&rig, "early", "second");
  g_free (cnx_test_write_text (dir, "config.json", "{\"architecture\": \"late\", "
          "\"label_names\": [\"late 0\", \"late 1\"]}"));
  g_object_set (rig.element, "model", dir, NULL);
  cnx_change_check_told (&rig, "late", "early");
  cnx_change_close (&rig);
}

/* ---- several are asked for ---- */

static void
test_last_wins (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");

  cnx_change_hold_disk (TRUE);
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_await_loads (1);
  g_object_set (rig.element, "model", THIRD, NULL);
  cnx_change_hold_disk (FALSE);
  cnx_change_check_told (&rig, "third", "first");
  cnx_change_check_model (&rig, THIRD, "third");
  cnx_change_close (&rig);
}

/* What is asked for meanwhile lets that be dropped which is there and has not taken over; or that which was used be
 * used further. */
static void
test_back (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");

  cnx_change_hold_disk (TRUE);
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_await_loads (1);
  g_object_set (rig.element, "model", FIRST, NULL);
  cnx_change_hold_disk (FALSE);
  cnx_change_await_loads (2);
  g_object_set (rig.element, "model", THIRD, NULL);
  cnx_change_check_told (&rig, "third", "first");
  cnx_change_close (&rig);
}

/* Labels that do not suit the model that there is, and then the model that they suit. */
static void
test_half (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");

  g_object_set (rig.element, "model", THIRD, NULL);
  cnx_change_check_told (&rig, "third", "first");
  cnx_change_hold_disk (TRUE);
  g_object_set (rig.element, "labels", cnx_change_models.labels, NULL);
  g_object_set (rig.element, "model", FIRST, NULL);
  cnx_change_hold_disk (FALSE);
  cnx_change_check_told (&rig, "first", "third");
  g_assert_true (g_str_has_prefix (cnx_change_push (&rig).label, "given "));
  cnx_change_close (&rig);
}

/* ---- who looks on ---- */

static void
keep_time (GstElement * element, const char *stream, guint64 time, const GstStructure * found, GArray * told)
{
  g_array_append_val (told, time);
}

/* What the old one found last is told like all else, by the signal too, though it is carried by a frame of the new. */
static void
test_signal (void)
{
  CnxChangeRig rig = cnx_change_open ("latest");
  g_autoptr (GArray) told = g_array_new (FALSE, FALSE, sizeof (guint64));
  gboolean changed = FALSE;

  g_signal_connect (rig.element, "labels", G_CALLBACK (keep_time), told);
  g_object_set (rig.element, "model", SECOND, NULL);
  for (guint64 time = 1; !changed; time++) {
    g_autoptr (CnxClassifier) classifier = cnx_classifier_ref (gst_convnext_classifier (GST_CONVNEXT (rig.element)));
    g_assert_true (cnx_classifier_drain (classifier, 60 * G_USEC_PER_SEC));
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (rig.harness, cnx_test_frame (CNX_CHANGE_CAPS, 1, time));
    if (time > 1)
      g_assert_cmpuint (cnx_test_running_time (out), ==, time - 1);
    g_assert_cmpuint (told->len, ==, time - 1);
    g_assert_true (time == 1 || g_array_index (told, guint64, time - 2) == time - 1);
    changed = classifier != gst_convnext_classifier (GST_CONVNEXT (rig.element));
    g_usleep (changed ? 0 : 5000);
  }
  cnx_change_close (&rig);
}

/* Frames are counted on; what runs is another. */
static void
test_stats (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");
  guint64 frames, classified;

  cnx_change_push (&rig);
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_check_told (&rig, "second", "first");
  cnx_change_push (&rig);
  g_autoptr (GstStructure) stats = NULL;
  g_object_get (rig.element, "stats", &stats, NULL);
  g_assert_cmpstr (gst_structure_get_string (stats, "model"), ==, "second");
  g_assert_true (gst_structure_get_uint64 (stats, "frames", &frames));
  g_assert_true (gst_structure_get_uint64 (stats, "classified", &classified));
  g_assert_cmpuint (frames, ==, gst_harness_buffers_received (rig.harness));
  g_assert_cmpuint (classified, ==, frames);
  cnx_change_close (&rig);
}

/* ---- one that cannot be had ---- */

static void
test_fails (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");
  CnxEngine *engine = cnx_change_engine (rig.element);

  g_object_set (rig.element, "model", "/no/such/model", "batch", 2, NULL);
  cnx_change_check_warned (&rig, "/no/such/model");
  cnx_change_check_model (&rig, FIRST, "first");
  g_object_set (rig.element, "recipe", "size=33", NULL);
  cnx_change_check_warned (&rig, "33");
  cnx_change_check_model (&rig, FIRST, "first");
  g_assert_true (cnx_change_engine (rig.element) == engine);

  /* and the state changes with what there is */
  g_assert_cmpint (gst_element_set_state (rig.element, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (gst_element_set_state (rig.element, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_true (cnx_change_engine (rig.element) == engine);
  cnx_change_check_model (&rig, FIRST, "first");
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_check_told (&rig, "second", "first");
  cnx_change_close (&rig);
}

/* Nobody hears of what failed when something else was wanted already. */
static void
test_fails_early (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");

  cnx_change_hold_disk (TRUE);
  g_object_set (rig.element, "model", "/no/such/model", NULL);
  cnx_change_await_loads (1);
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_hold_disk (FALSE);
  cnx_change_check_told (&rig, "second", "first");
  cnx_change_check_model (&rig, SECOND, "second");
  cnx_change_close (&rig);
}

/* What was asked for before is there by then, whether a frame has come since or not, and is used. */
static void
test_fails_later (gconstpointer loaded)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");
  g_autofree char *model = NULL;
  guint batch;

  cnx_change_push (&rig);
  cnx_change_hold_disk (!loaded);
  g_object_set (rig.element, "model", SECOND, "batch", 2, NULL);
  cnx_change_await_loads (1);
  g_usleep (loaded ? 200000 : 0);
  g_object_set (rig.element, "model", "/no/such/model", "batch", 3, NULL);
  cnx_change_hold_disk (FALSE);
  cnx_change_await_loads (2);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (rig.bus, GST_CLOCK_TIME_NONE, CNX_CHANGE_TOLD);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_WARNING);
  g_object_get (rig.element, "model", &model, "batch", &batch, NULL);
  g_assert_cmpstr (model, ==, SECOND);
  g_assert_cmpuint (batch, ==, 2);
  cnx_change_check_told (&rig, "second", "first");
  cnx_change_check_model (&rig, SECOND, "second");

  /* once: what fails next leaves what is used by then */
  g_object_set (rig.element, "model", "/no/such/model", NULL);
  cnx_change_check_warned (&rig, "/no/such/model");
  cnx_change_check_model (&rig, SECOND, "second");
  cnx_change_close (&rig);
}

/* Nothing of what was asked for before another state is used after. */
static void
test_fails_after_ready (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");

  cnx_change_hold_disk (TRUE);
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_await_loads (1);
  gst_element_set_state (rig.element, GST_STATE_READY);
  g_object_set (rig.element, "model", THIRD, NULL);
  gst_element_set_state (rig.element, GST_STATE_PLAYING);
  g_object_set (rig.element, "model", "/no/such/model", NULL);
  cnx_change_hold_disk (FALSE);
  cnx_change_check_warned (&rig, "/no/such/model");
  cnx_change_check_model (&rig, THIRD, "third");
  cnx_change_close (&rig);
}

int
main (int argc, char **argv)
{
  cnx_change_init (&argc, &argv);
  g_test_add_func ("/change/takes-over", test_takes_over);
  g_test_add_func ("/change/recipe", test_recipe);
  g_test_add_func ("/change/each-property", test_each_property);
  g_test_add_func ("/change/replaced", test_replaced);
  g_test_add_func ("/change/last-wins", test_last_wins);
  g_test_add_func ("/change/back", test_back);
  g_test_add_func ("/change/half", test_half);
  g_test_add_func ("/change/signal", test_signal);
  g_test_add_func ("/change/stats", test_stats);
  g_test_add_func ("/change/fails", test_fails);
  g_test_add_func ("/change/fails-early", test_fails_early);
  g_test_add_data_func ("/change/fails-later/loading", NULL, test_fails_later);
  g_test_add_data_func ("/change/fails-later/loaded", "loaded", test_fails_later);
  g_test_add_func ("/change/fails-after-ready", test_fails_after_ready);
  return cnx_change_run ();
}
