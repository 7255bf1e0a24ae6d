/* What goes on while a network changes: passes of the one before, others that share it, and states. */
#include "tests/gst/engine/change.h"

#include <string.h>

#define FIRST cnx_change_models.first
#define SECOND cnx_change_models.second
#define THIRD cnx_change_models.third

/* ---- what the one before was at ---- */

static struct
{
  GMutex lock;
  GCond changed;
  gboolean in, held;
} device;

static gboolean
pass (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_mutex_lock (&device.lock);
  device.in = TRUE;
  g_cond_broadcast (&device.changed);
  while (device.held)
    g_cond_wait (&device.changed, &device.lock);
  g_mutex_unlock (&device.lock);
  return cnx_classifier_forward (classifier, in, logits, error);
}

static void
hold_device (gboolean held)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&device.lock);

  device.held = held;
  device.in = FALSE;
  g_cond_broadcast (&device.changed);
}

static void
await_pass (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&device.lock);

  while (!device.in)
    g_cond_wait (&device.changed, &device.lock);
}

/* No frame waits for a pass of the one before; what that found before is carried as its own, and what it finds after
 * is told to nobody. */
static void
test_busy (void)
{
  CnxChangeRig rig = cnx_change_open ("latest");
  CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (rig.element));
  CnxChangeAnswer answer;

  g_object_set (rig.element, "label-timeout", 0, NULL);
  cnx_classifier_set_forward (classifier, pass, classifier);
  while (!*cnx_change_push (&rig).label);
  while (!cnx_classifier_drain (classifier, 1000));     /* the frame with that label may have gone to the worker too */
  hold_device (TRUE);
  cnx_change_push (&rig);
  await_pass ();
  g_object_set (rig.element, "model", SECOND, "post-messages", TRUE, NULL);
  cnx_change_check_told (&rig, "second", "first");
  do {
    answer = cnx_change_push (&rig);
    g_assert_true (*answer.label);
  } while (strcmp (answer.model, "first") == 0);
  g_assert_cmpstr (answer.model, ==, "second");
  hold_device (FALSE);
  for (guint i = 0; i < 20; i++)
    g_assert_cmpstr (cnx_change_push (&rig).model, ==, "second");
  gst_element_set_state (rig.element, GST_STATE_NULL);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (rig.bus, CNX_CHANGE_TOLD);
    if (!message)
      break;
    g_assert_cmpstr (gst_structure_get_string (gst_message_get_structure (message), "model"), ==, "second");
  }
  cnx_change_close (&rig);
}

/* ---- sharing ---- */

static void
await_end (GstContext * context)
{
  g_autoptr (CnxEngine) engine = NULL;

  while ((engine = cnx_engine_from_context (context))) {
    g_clear_pointer (&engine, cnx_engine_unref);
    g_usleep (1000);
  }
}

static void
test_shared (void)
{
  CnxChangeRig a = cnx_change_open ("every-frame"), b = cnx_change_open ("every-frame");
  CnxEngine *engine = cnx_change_engine (b.element);
  g_autoptr (GstContext) context = cnx_engine_context (engine);

  g_assert_true (cnx_change_engine (a.element) == engine);
  g_object_set (a.element, "model", SECOND, NULL);
  cnx_change_check_told (&a, "second", "first");
  g_assert_true (cnx_change_engine (b.element) == engine);
  cnx_change_check_model (&b, FIRST, "first");
  g_object_set (b.element, "model", SECOND, NULL);
  cnx_change_check_told (&b, "second", "first");
  g_assert_true (cnx_change_engine (a.element) == cnx_change_engine (b.element));
  await_end (context);
  cnx_change_close (&a);
  cnx_change_close (&b);
}

#define CHANGES 8

/* Of all networks that a stream had it has one. */
static void
test_often (void)
{
  const char *const models[] = { SECOND, THIRD, FIRST };
  g_autofree char *line = g_strdup_printf ("videotestsrc is-live=true ! " CNX_CHANGE_CAPS " ! "
      "convnext name=c threshold=0 model=%s ! fakesink", FIRST);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), "c");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstContext *contexts[CHANGES];

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < CHANGES; i++) {
    contexts[i] = cnx_engine_context (cnx_change_engine (element));
    g_object_set (element, "model", models[i % G_N_ELEMENTS (models)], NULL);
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, CNX_CHANGE_TOLD);
    g_assert_true (gst_message_has_name (message, "convnext-model"));
  }
  for (guint i = 0; i < CHANGES; i++) {
    await_end (contexts[i]);
    gst_context_unref (contexts[i]);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* ---- states meanwhile ---- */

/* READY waits for nothing, and what is asked for is opened from there. */
static void
test_ready (void)
{
  CnxChangeRig rig = cnx_change_open ("every-frame");

  cnx_change_push (&rig);
  cnx_change_hold_disk (TRUE);
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_await_loads (1);
  g_assert_cmpint (gst_element_set_state (rig.element, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (gst_element_set_state (rig.element, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_SUCCESS);
  cnx_change_check_model (&rig, SECOND, "second");
  cnx_change_hold_disk (FALSE);
  g_object_set (rig.element, "model", THIRD, NULL);
  cnx_change_check_told (&rig, "third", "second");
  cnx_change_close (&rig);
}

static gpointer
close_element (gpointer element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  return NULL;
}

/* What is loading, and what was loaded and has not taken over, goes with the element. */
static void
test_null (gconstpointer loaded)
{
  CnxChangeRig rig = cnx_change_open ("latest");

  cnx_change_push (&rig);
  cnx_change_hold_disk (!loaded);
  g_object_set (rig.element, "model", SECOND, NULL);
  cnx_change_await_loads (1);
  GThread *thread = g_thread_new ("close", close_element, rig.element);
  g_usleep (10000);
  cnx_change_hold_disk (FALSE);
  g_thread_join (thread);
  g_assert_null (gst_convnext_classifier (GST_CONVNEXT (rig.element)));
  cnx_change_close (&rig);
}

int
main (int argc, char **argv)
{
  cnx_change_init (&argc, &argv);
  g_test_add_func ("/changes/busy", test_busy);
  g_test_add_func ("/changes/shared", test_shared);
  g_test_add_func ("/changes/often", test_often);
  g_test_add_func ("/changes/ready", test_ready);
  g_test_add_data_func ("/changes/null/loading", NULL, test_null);
  g_test_add_data_func ("/changes/null/loaded", "loaded", test_null);
  return cnx_change_run ();
}
