/* Every property in every state: what it says it is settable in is right, and what cannot be had is refused aloud, and
 * not shown as if it had been. */
#include "tests/gst/elements.h"

#include <string.h>

/* Another value than there is, for any property of these elements. */
static void
other_value (GParamSpec * pspec, const GValue * now, GValue * other)
{
  g_value_init (other, pspec->value_type);
  if (G_IS_PARAM_SPEC_STRING (pspec))
    g_value_set_string (other, g_strcmp0 (g_value_get_string (now), "one") == 0 ? "two" : "one");
  else if (G_IS_PARAM_SPEC_UINT (pspec))
    g_value_set_uint (other, g_value_get_uint (now) == 7 ? 8 : 7);
  else if (G_IS_PARAM_SPEC_DOUBLE (pspec))
    g_value_set_double (other, g_value_get_double (now) == 1 ? 0.75 : 1);
  else if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    g_value_set_boolean (other, !g_value_get_boolean (now));
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    g_value_set_enum (other, g_value_get_enum (now) == 1 ? 2 : 1);
  else if (G_IS_PARAM_SPEC_OBJECT (pspec))
    g_value_take_object (other, gst_object_ref_sink (gst_element_factory_make ("fakesink", NULL)));
  else
    g_assert_not_reached ();
}

static gboolean
holds (GstElement * element, GParamSpec * pspec, const GValue * value)
{
  g_auto (GValue) now = G_VALUE_INIT;

  g_value_init (&now, pspec->value_type);
  g_object_get_property (G_OBJECT (element), pspec->name, &now);
  if (G_IS_PARAM_SPEC_STRING (pspec))
    return g_strcmp0 (g_value_get_string (&now), g_value_get_string (value)) == 0;
  return g_param_values_cmp (pspec, &now, value) == 0;
}

/* The property of @element, which has got to @state. */
static void
check_property (GstElement * element, GstBus * bus, GParamSpec * pspec, GstState state)
{
  const gboolean settable = state <= GST_STATE_READY || pspec->flags & GST_PARAM_MUTABLE_PLAYING;
  g_auto (GValue) before = G_VALUE_INIT, other = G_VALUE_INIT;

  g_test_message ("%s of %s in %s", pspec->name, G_OBJECT_TYPE_NAME (element), gst_element_state_get_name (state));
  g_assert_true (pspec->flags & (GST_PARAM_MUTABLE_READY | GST_PARAM_MUTABLE_PLAYING));
  g_value_init (&before, pspec->value_type);
  g_object_get_property (G_OBJECT (element), pspec->name, &before);
  g_object_set_property (G_OBJECT (element), pspec->name, &before);
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING));      /* what it is already may be said */

  other_value (pspec, &before, &other);
  g_object_set_property (G_OBJECT (element), pspec->name, &other);
  g_assert_true (holds (element, pspec, settable ? &other : &before));
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_true (settable ? message == NULL : message != NULL);
  if (message) {
    g_autoptr (GError) warning = NULL;
    gst_message_parse_warning (message, &warning, NULL);
    g_assert_nonnull (strstr (warning->message, pspec->name));
  }
  g_object_set_property (G_OBJECT (element), pspec->name, &before);
  gst_bus_set_flushing (bus, TRUE);
  gst_bus_set_flushing (bus, FALSE);
}

static void
test_every_state (gconstpointer factory)
{
  for (GstState state = GST_STATE_NULL; state <= GST_STATE_PLAYING; state++) {
    g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make (factory, NULL));
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autofree GParamSpec **properties = NULL;
    guint n, own = 0;

    if (strcmp (factory, "overlay") == 0)       /* whatever display there is */
      g_object_set (element, "video-sink", gst_element_factory_make ("fakesink", NULL), NULL);
    g_assert_cmpint (gst_element_set_state (element, state), !=, GST_STATE_CHANGE_FAILURE);
    gst_element_set_bus (element, bus);
    properties = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
    for (guint i = 0; i < n; i++) {
      if (properties[i]->owner_type != G_OBJECT_TYPE (element) || !(properties[i]->flags & G_PARAM_WRITABLE))
        continue;
      check_property (element, bus, properties[i], state);
      own++;
    }
    g_assert_cmpuint (own, >, 0);
    gst_element_set_bus (element, NULL);
    gst_element_set_state (element, GST_STATE_NULL);
  }
}

/* What was refused is taken in READY again. */
static void
test_ready_again (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("convnext", NULL));
  g_autofree char *device = NULL, *later = NULL;

  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_SUCCESS);
  g_object_set (element, "device", "cpu", NULL);
  g_object_get (element, "device", &device, NULL);
  g_assert_cmpstr (device, ==, "auto");
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  g_object_set (element, "device", "cpu", NULL);
  g_object_get (element, "device", &later, NULL);
  g_assert_cmpstr (later, ==, "cpu");
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (element, GST_STATE_NULL);
}

/* The environment is changed with the first element that is made, not when it is opened: then threads may read it. */
static void
test_environment (void)
{
  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed ();
    return;
  }
  g_unsetenv ("POCL_CACHE_DIR");
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("convnext", NULL));
  g_assert_nonnull (g_getenv ("POCL_CACHE_DIR"));
}

/* A sink given in READY is the one that shows. */
static void
test_sink_in_ready (void)
{
  g_autoptr (GstElement) overlay = gst_object_ref_sink (gst_element_factory_make ("overlay", NULL));
  g_autoptr (GstElement) first = gst_object_ref_sink (gst_element_factory_make ("fakesink", NULL));
  g_autoptr (GstElement) second = gst_object_ref_sink (gst_element_factory_make ("fakesink", NULL));

  g_object_set (overlay, "video-sink", first, NULL);
  g_assert_cmpint (gst_element_set_state (overlay, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  g_object_set (overlay, "video-sink", second, NULL);
  g_assert_cmpint (gst_element_set_state (overlay, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_ASYNC);
  g_assert_false (gst_object_has_as_parent (GST_OBJECT (first), GST_OBJECT (overlay)));
  g_assert_true (gst_object_has_as_parent (GST_OBJECT (second), GST_OBJECT (overlay)));
  g_assert_cmpint (GST_STATE (first), ==, GST_STATE_NULL);
  gst_element_set_state (overlay, GST_STATE_NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_data_func ("/properties/convnext", "convnext", test_every_state);
  g_test_add_data_func ("/properties/labeloverlay", "labeloverlay", test_every_state);
  g_test_add_data_func ("/properties/overlay", "overlay", test_every_state);
  g_test_add_func ("/properties/environment", test_environment);
  g_test_add_func ("/properties/ready-again", test_ready_again);
  g_test_add_func ("/properties/sink-in-ready", test_sink_in_ready);
  return g_test_run ();
}
