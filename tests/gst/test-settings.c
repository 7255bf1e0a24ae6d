/* What the properties do: whose labels, how many, where they go, and when a change counts. */
#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/gstconvnext.h"
#include "opencl/support.h"
#include "tests/gst/elements.h"
#include "core/model/random_checkpoint.h"

#include <glib/gstdio.h>
#include <string.h>

#define RGB "video/x-raw,format=RGB,width=64,height=48,framerate=25/1"

typedef struct
{
  guint n;
  char first[64], model[64], stream[64];
  double confidence;
} Answer;

static gboolean
keep (const CnxMetaLabels * labels, gpointer user_data)
{
  Answer *answer = user_data;

  answer->n = labels->n;
  g_strlcpy (answer->model, labels->model, sizeof answer->model);
  g_strlcpy (answer->stream, labels->stream, sizeof answer->stream);
  if (labels->n) {
    g_strlcpy (answer->first, labels->labels[0].label, sizeof answer->first);
    answer->confidence = labels->labels[labels->n - 1].confidence;
  }
  return FALSE;
}

static Answer
push (GstHarness * h, guint32 seed, GstClockTime pts)
{
  Answer answer = { 0 };
  GstBuffer *out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, seed, pts));

  g_assert_nonnull (out);
  g_assert_cmpuint (cnx_label_meta_foreach (out, keep, &answer), ==, 1);
  gst_buffer_unref (out);
  return answer;
}

static guint
classes (GstElement * element)
{
  CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (element));

  return cnx_model_arch (cnx_classifier_model (classifier))->classes;
}

/* Until what was submitted is classified. The harness pushes on this thread: none but it claims. */
static void
wait_for_worker (GstElement * element)
{
  CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (element));

  g_assert_nonnull (cnx_classifier_claim (classifier, TRUE));
  cnx_classifier_release (classifier);
}

/* Labels from a file of its own, one for each class. */
static void
test_labels (void)
{
  GstHarness *plain = gst_harness_new_parse ("convnext mode=every-frame threshold=0");
  g_autoptr (GstElement) element = gst_harness_find_element (plain, "convnext");
  g_autofree char *root = g_dir_make_tmp ("cnx-labels-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (root, "labels.txt", NULL);
  g_autofree char *line = g_strdup_printf ("convnext mode=every-frame threshold=0 labels=%s", path);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < classes (element); i++)
    g_string_append_printf (text, "my own %u\n", i);
  g_assert_true (g_file_set_contents (path, text->str, -1, NULL));
  GstHarness *h = gst_harness_new_parse (line);
  gst_harness_set_src_caps_str (h, RGB);
  g_assert_true (g_str_has_prefix (push (h, 1, 0).first, "my own "));
  gst_harness_teardown (h);
  gst_harness_teardown (plain);
  g_remove (path);
  g_rmdir (root);
}

/* Another size, another mean: other numbers come out, and the model's own recipe gives what none gives. */
static void
test_recipe (void)
{
  static const char *const recipes[] = { "", "size=96", "size=64", "mean=0.9" };
  double confidences[G_N_ELEMENTS (recipes)];

  for (guint i = 0; i < G_N_ELEMENTS (recipes); i++) {
    g_autofree char *line = g_strdup_printf ("convnext mode=every-frame threshold=0 precision=fp32 recipe=\"%s\"",
        recipes[i]);
    GstHarness *h = gst_harness_new_parse (line);

    gst_harness_set_src_caps_str (h, RGB);
    confidences[i] = push (h, 1, 0).confidence;
    gst_harness_teardown (h);
  }
  g_assert_cmpfloat (confidences[0], ==, confidences[1]);
  g_assert_cmpfloat (confidences[0], !=, confidences[2]);
  g_assert_cmpfloat (confidences[0], !=, confidences[3]);
}

/* Both may change at any time. */
static void
test_top_k_and_threshold (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame threshold=0");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");

  gst_harness_set_src_caps_str (h, RGB);
  g_assert_cmpuint (push (h, 1, 0).n, ==, 5);
  g_object_set (element, "top-k", 1, NULL);
  g_assert_cmpuint (push (h, 1, 0).n, ==, 1);
  g_object_set (element, "top-k", 1000, NULL);
  g_assert_cmpuint (push (h, 1, 0).n, ==, classes (element));
  g_object_set (element, "top-k", 3, NULL);
  const double third = push (h, 1, 0).confidence;
  g_object_set (element, "top-k", 1000, "threshold", third, NULL);
  g_assert_cmpuint (push (h, 1, 0).n, ==, 3);
  g_object_set (element, "threshold", 1.0, NULL);
  g_assert_cmpuint (push (h, 1, 0).n, ==, 0);   /* classified, and nothing found */
  gst_harness_teardown (h);
}

/* Left alone it is what the model's config.json recommends, else a half; 0 by hand is 0. No class of two hundred
 * reaches a half here. */
static void
test_own_threshold (void)
{
  static const struct
  {
    const char *config;
    double set;
    guint labels;
  } rows[] = {
    {"{}", -1, 0}, {"{\"threshold\": 0}", -1, 5}, {"{\"threshold\": 1e-6}", -1, 5}, {"{\"threshold\": 1}", -1, 0},
    {"{\"threshold\": 1}", 0, 5}, {"{\"threshold\": 0}", 1, 0}, {"{}", 0, 5},
  };
  const CnxArch arch = { 1, {1, 1, 1, 1}, {8, 8, 8, 8}, 200 };
  g_autofree char *root = g_dir_make_tmp ("cnx-model-XXXXXX", NULL);
  g_autofree char *weights = g_build_filename (root, "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (root, "config.json", NULL);
  g_autofree char *line = g_strdup_printf ("convnext mode=every-frame model=%s", root);

  g_assert_true (cnx_write_random_checkpoint (root, &arch, 1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_assert_true (g_file_set_contents (config, rows[i].config, -1, NULL));
    GstHarness *h = gst_harness_new_parse (line);
    g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
    double set = 0;

    g_object_get (element, "threshold", &set, NULL);
    g_assert_cmpfloat (set, ==, -1);
    gst_harness_set_src_caps_str (h, RGB);
    g_object_set (element, "threshold", rows[i].set, NULL);
    g_assert_cmpuint (push (h, 1, 0).n, ==, rows[i].labels);
    gst_harness_teardown (h);
  }
  g_remove (config);
  g_remove (weights);
  g_rmdir (root);
}

/* Of one class a softmax would be sure, whatever the frame; several at once are each by itself. */
static void
test_sigmoid (void)
{
  g_autofree char *root = g_dir_make_tmp ("cnx-model-XXXXXX", NULL);
  g_autofree char *weights = g_build_filename (root, "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (root, "config.json", NULL);
  g_autofree char *line = g_strdup_printf ("convnext mode=every-frame threshold=0 top-k=2 precision=fp32 model=%s",
      root);
  double confidences[3];

  for (int i = 0; i < 3; i++) {
    const CnxArch arch = { 1, {1, 1, 1, 1}, {8, 8, 8, 8}, i == 0 ? 1 : 2 };

    g_assert_true (cnx_write_random_checkpoint (root, &arch, 1, NULL));
    g_assert_true (g_file_set_contents (config, i == 2 ? "{\"problem_type\": \"multi_label_classification\"}" : "{}",
            -1, NULL));
    GstHarness *h = gst_harness_new_parse (line);
    gst_harness_set_src_caps_str (h, RGB);
    confidences[i] = push (h, 1, 0).confidence;
    gst_harness_teardown (h);
  }
  g_assert_cmpfloat (confidences[0], <, 0.999);
  g_assert_cmpfloat (confidences[1], !=, confidences[2]);
  g_remove (config);
  g_remove (weights);
  g_rmdir (root);
}

static void
assert_message (GstBus * bus, GstElement * element, GstClockTime running_time)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
  guint64 time = 0;

  g_assert_nonnull (message);
  const GstStructure *structure = gst_message_get_structure (message);
  g_assert_true (GST_MESSAGE_SRC (message) == GST_OBJECT (element));
  g_assert_cmpstr (gst_structure_get_name (structure), ==, "convnext");
  g_assert_true (gst_structure_get_uint64 (structure, "running-time", &time));
  g_assert_cmpuint (time, ==, running_time);
  g_assert_cmpuint (gst_value_array_get_size (gst_structure_get_value (structure, "labels")), ==,
      5);
}

static gboolean
keep_source (const CnxMetaLabels * labels, gpointer source)
{
  g_strlcpy (source, labels->source, 16);
  return TRUE;
}

/* What the user calls it, at any time. */
static void
test_source (void)
{
  const char *const names[] = { "garage", "", "by the door" };
  GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");

  gst_harness_set_src_caps_str (h, RGB);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    char source[16] = "none";
    g_object_set (element, "source", names[i], NULL);
    g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, i, i));
    cnx_label_meta_foreach (out, keep_source, source);
    g_assert_cmpstr (source, ==, names[i]);
  }
  gst_harness_teardown (h);
}

static gboolean
slow (gpointer classifier, const float *in, float *logits, GError ** error)
{
  g_usleep (500 * 1000);
  return cnx_classifier_forward (classifier, in, logits, error);
}

/* One message for each frame classified, none for a buffer that repeats labels. */
static void
test_messages (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame threshold=0");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  g_autoptr (GstBus) bus = gst_bus_new ();
  CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (element));

  gst_element_set_bus (element, bus);
  gst_harness_set_src_caps_str (h, RGB);
  push (h, 1, 0);
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT));
  g_object_set (element, "post-messages", TRUE, NULL);
  for (guint i = 1; i <= 3; i++) {
    push (h, i, i * GST_SECOND);
    assert_message (bus, element, i * GST_SECOND);
  }
  cnx_classifier_set_forward (classifier, slow, classifier);
  g_object_set (element, "mode", 1, NULL);
  gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 4, 4 * GST_SECOND)));
  wait_for_worker (element);
  push (h, 5, 5 * GST_SECOND);
  push (h, 6, 6 * GST_SECOND);  /* carries what the fourth showed once more */
  assert_message (bus, element, 4 * GST_SECOND);
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT));
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (h);
}

/* latest after every-frame does not bring back what an earlier latest had found, but goes on with the newest. */
static void
test_mode_switch (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=latest threshold=0");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");

  gst_harness_set_src_caps_str (h, RGB);
  gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, 0)));
  wait_for_worker (element);
  push (h, 2, GST_SECOND);
  g_object_set (element, "mode", 2, NULL);
  push (h, 3, 2 * GST_SECOND);
  g_object_set (element, "mode", 1, NULL);
  GstBuffer *out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 4, 3 * GST_SECOND));
  g_assert_cmpuint (cnx_test_running_time (out), ==, 2 * GST_SECOND);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

static void
test_no_timestamp (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame threshold=0");

  gst_harness_set_src_caps_str (h, RGB);
  GstBuffer *out = gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, GST_CLOCK_TIME_NONE));
  g_assert_cmpuint (cnx_test_classifications (out), ==, 1);
  g_assert_cmpuint (cnx_test_running_time (out), ==, GST_CLOCK_TIME_NONE);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

/* A model is read at READY, and again before streaming when it was set since. */
static void
test_set_in_ready (void)
{
  const CnxArch arch = { 1, {1, 1, 1, 1}, {8, 8, 8, 8}, 10 };
  g_autofree char *root = g_dir_make_tmp ("cnx-model-XXXXXX", NULL);
  g_autofree char *weights = g_build_filename (root, "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (root, "config.json", NULL);
  g_autoptr (GError) error = NULL;
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("convnext", NULL));

  g_assert_true (cnx_write_random_checkpoint (root, &arch, 1, &error));
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  const CnxClassifier *first = gst_convnext_classifier (GST_CONVNEXT (element));
  gst_element_set_state (element, GST_STATE_PAUSED);
  gst_element_set_state (element, GST_STATE_READY);
  g_assert_true (gst_convnext_classifier (GST_CONVNEXT (element)) == first);
  g_object_set (element, "model", root, NULL);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpuint (classes (element), ==, 10);
  gst_element_set_state (element, GST_STATE_READY);
  g_object_set (element, "model", "/no/such/model", NULL);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (element, GST_STATE_NULL);
  g_assert_null (gst_convnext_classifier (GST_CONVNEXT (element)));
  gst_object_unref (element);
  g_remove (weights);
  g_remove (config);
  g_rmdir (root);
}

/* Setting what is set already opens nothing anew. */
static void
test_same_value (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");
  CnxClassifier *classifier = gst_convnext_classifier (GST_CONVNEXT (element));

  gst_element_set_state (element, GST_STATE_READY);
  g_object_set (element, "model", NULL, "device", "auto", "threads", 0, "batch", 1, NULL);
  /* another classifier would not have it */
  cnx_classifier_set_forward (classifier, cnx_test_forward_counted, classifier);
  gst_element_set_state (element, GST_STATE_PLAYING);
  gst_harness_set_src_caps_str (h, RGB);
  gst_buffer_unref (gst_harness_push_and_pull (h, cnx_test_frame (RGB, 1, 0)));
  g_assert_cmpuint (cnx_test_forwards, ==, 1);
  gst_harness_teardown (h);
}

/* ---- precision ---- */

static const char *
description_of (GstElement * element)
{
  return cnx_engine_description (cnx_classifier_engine (gst_convnext_classifier (GST_CONVNEXT (element))));
}

/* A convnext that was to open in @precision: whether it did, and the error it posted if not. */
static gboolean
opens_in (const char *precision, CnxPrecision value, GError ** error)
{
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("convnext", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();
  int got = -1;

  gst_element_set_bus (element, bus);
  gst_util_set_object_arg (G_OBJECT (element), "precision", precision);
  g_object_get (element, "precision", &got, NULL);
  g_assert_cmpint (got, ==, value);
  const GstStateChangeReturn result = gst_element_set_state (element, GST_STATE_READY);
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (message)
    gst_message_parse_error (message, error, NULL);
  g_assert_true ((message == NULL) == (result == GST_STATE_CHANGE_SUCCESS));
  if (!message) {
    const char *said = description_of (element);
    g_autofree char *part = g_strdup_printf (" in %s on ", precision);
    g_assert_true (value == CNX_PRECISION_AUTO || strstr (said, part));
  }
  gst_element_set_bus (element, NULL);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
  return message == NULL;
}

/* Each by name, on the device that the elements take: it opens and is the one in the log, or the error names
 * every one that would have. */
static void
test_precision (void)
{
  g_autoptr (CnxDevice) device = cnx_device_open (NULL, 0, NULL);

  g_assert_nonnull (device);
  g_assert_true (opens_in ("auto", CNX_PRECISION_AUTO, NULL));
  for (CnxPrecision p = CNX_PRECISION_FP32; p <= CNX_PRECISION_INT8; p++) {
    g_autoptr (GError) error = NULL;
    const gboolean runs = cnx_precision_runs (device, p);
    g_assert_cmpint (opens_in (cnx_precision_name (p), p, &error), ==, runs);
    g_test_message ("%s: %s", cnx_precision_name (p), error ? error->message : "runs");
    if (runs)
      continue;
    g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
    g_assert_nonnull (strstr (error->message, cnx_precision_name (p)));
    g_assert_nonnull (strstr (error->message, cnx_device_info (device)->name));
    for (CnxPrecision other = CNX_PRECISION_FP32; other <= CNX_PRECISION_INT8; other++)
      if (cnx_precision_runs (device, other))
        g_assert_nonnull (strstr (error->message, cnx_precision_name (other)));
  }
}

/* int8 labels frames; it is not what auto takes, and a change of precision makes another network. */
static void
test_int8 (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame threshold=0 precision=fp32");
  g_autoptr (GstElement) element = gst_harness_find_element (h, "convnext");

  gst_harness_set_src_caps_str (h, RGB);
  const Answer exact = push (h, 1, 0);
  gst_element_set_state (element, GST_STATE_READY);
  g_object_set (element, "precision", CNX_PRECISION_INT8, NULL);
  gst_element_set_state (element, GST_STATE_PLAYING);
  g_assert_nonnull (strstr (description_of (element),
          " in int8 on "));
  const Answer answer = push (h, 1, 0);
  g_assert_cmpuint (answer.n, ==, 5);
  g_assert_cmpstr (answer.first, ==, exact.first);
  g_assert_cmpfloat (answer.confidence, !=, exact.confidence);
  g_assert_cmpfloat_with_epsilon (answer.confidence, exact.confidence, 0.02);
  gst_element_set_state (element, GST_STATE_READY);
  g_object_set (element, "precision", CNX_PRECISION_AUTO, NULL);
  gst_element_set_state (element, GST_STATE_PLAYING);
  g_assert_null (strstr (description_of (element),
          "int8"));
  gst_harness_teardown (h);
}

/* No such name: gst-launch stops at the line, and the value stays what it was. */
static void
test_no_such_precision (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("convnext", NULL));
  int got = -1;

  g_assert_null (gst_parse_launch_full ("convnext precision=int4", NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error));
  g_assert_error (error, GST_PARSE_ERROR, GST_PARSE_ERROR_COULD_NOT_SET_PROPERTY);
  g_assert_nonnull (strstr (error->message, "precision"));
  g_assert_nonnull (strstr (error->message, "int4"));
  gst_util_set_object_arg (G_OBJECT (element), "precision", "int8");
  gst_util_set_object_arg (G_OBJECT (element), "precision", "int4");
  g_object_get (element, "precision", &got, NULL);
  g_assert_cmpint (got, ==, CNX_PRECISION_INT8);
}

/* What downstream can take is upstream's to know, and is not changed on the way. */
static void
test_allocation (void)
{
  GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame threshold=0");
  g_autoptr (GstCaps) caps = gst_caps_from_string (RGB);
  g_autoptr (GstQuery) query = gst_query_new_allocation (caps, TRUE);

  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_META_API_TYPE, NULL);
  gst_harness_add_propose_allocation_meta (h, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  gst_harness_set_src_caps_str (h, RGB);
  push (h, 1, 0);               /* negotiated all the way, as it is when upstream asks again */
  g_assert_true (gst_pad_peer_query (h->srcpad, query));
  g_assert_true (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL));
  g_assert_true (gst_query_find_allocation_meta (query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE,
          NULL));
  gst_harness_teardown (h);
}

static void
test_caps_features (void)
{
  const char *const accepted[] = { "video/x-raw(meta:GstVideoOverlayComposition)",
    "video/x-raw(memory:SystemMemory,meta:GstVideoOverlayComposition)",
    "video/x-raw(format:Interlaced)"
  };

  for (guint i = 0; i < G_N_ELEMENTS (accepted); i++) {
    const gboolean fields = strstr (accepted[i], "Interlaced") != NULL;
    GstHarness *h = gst_harness_new_parse ("convnext mode=every-frame threshold=0");
    g_autofree char *caps = g_strdup_printf ("%s,format=NV12,width=64,height=64,framerate=25/1%s",
        accepted[i], fields ? ",interlace-mode=alternate" : "");

    gst_harness_set_src_caps_str (h, caps);
    GstBuffer *out = gst_harness_push_and_pull (h, cnx_test_frame (caps, i, 0));
    g_assert_nonnull (out);
    g_assert_cmpuint (cnx_test_classifications (out), ==, 1);
    g_autoptr (GstCaps) negotiated = gst_pad_get_current_caps (h->sinkpad);
    g_autoptr (GstCaps) given = gst_caps_from_string (caps);
    g_assert_true (gst_caps_is_subset (negotiated, given));
    gst_buffer_unref (out);
    gst_harness_teardown (h);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cnx_test_init_elements (&argc, &argv);
  g_test_add_func ("/settings/labels", test_labels);
  g_test_add_func ("/settings/recipe", test_recipe);
  g_test_add_func ("/settings/top-k-and-threshold", test_top_k_and_threshold);
  g_test_add_func ("/settings/own-threshold", test_own_threshold);
  g_test_add_func ("/settings/sigmoid", test_sigmoid);
  g_test_add_func ("/settings/messages", test_messages);
  g_test_add_func ("/settings/source", test_source);
  g_test_add_func ("/settings/mode-switch", test_mode_switch);
  g_test_add_func ("/settings/no-timestamp", test_no_timestamp);
  g_test_add_func ("/settings/set-in-ready", test_set_in_ready);
  g_test_add_func ("/settings/same-value", test_same_value);
  g_test_add_func ("/settings/precision", test_precision);
  g_test_add_func ("/settings/int8", test_int8);
  g_test_add_func ("/settings/no-such-precision", test_no_such_precision);
  g_test_add_func ("/settings/allocation", test_allocation);
  g_test_add_func ("/settings/caps-features", test_caps_features);
  return g_test_run ();
}
