/* Elements that share a network: who finds whose, and that their frames wait for each other's. */
#include "tests/gst/elements.h"

#include "gst-plugin/engine/classifier.h"
#include "gst-plugin/gstconvnext.h"
#include "core/model/random_checkpoint.h"
#include "tests/support/temp_files.h"

#include <glib/gstdio.h>
#include <string.h>

static CnxEngine *
engine_of (GstBin * bin, const char *name)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (bin, name);

  return cnx_classifier_engine (gst_convnext_classifier (GST_CONVNEXT (element)));
}

static GstElement *
ready (const char *line)
{
  GstElement *pipeline = gst_parse_launch (line, NULL);

  g_assert_nonnull (pipeline);
  g_assert_cmpint (gst_element_set_state (pipeline, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  return pipeline;
}

static void
close_pipeline (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static void
test_neighbours (void)
{
  GstElement *pipeline = ready ("fakesrc ! convnext name=a ! convnext name=b ! convnext name=c labels=\"\" ! "
      "convnext name=d precision=int8 ! convnext name=e batch=4 ! fakesink");
  GstBin *bin = GST_BIN (pipeline);

  g_assert_true (engine_of (bin, "a") == engine_of (bin, "b"));
  g_assert_true (engine_of (bin, "a") == engine_of (bin, "c"));
  g_assert_true (engine_of (bin, "a") != engine_of (bin, "d"));
  g_assert_true (engine_of (bin, "a") != engine_of (bin, "e"));
  close_pipeline (pipeline);
}

/* Nobody holds an engine when the pipeline that made it is closed. */
static void
test_lifetime (void)
{
  GstElement *pipeline = ready ("fakesrc ! convnext name=a ! convnext name=b ! fakesink");
  const CnxEngineSettings settings = {.device = "auto" };
  g_autofree char *type = cnx_engine_context_type (&settings);

  g_autoptr (GstContext) offered = gst_element_get_context (pipeline, type);
  g_assert_nonnull (offered);
  CnxEngine *engine = cnx_engine_from_context (offered);
  g_assert_true (engine == engine_of (GST_BIN (pipeline), "a"));
  cnx_engine_unref (engine);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_null (gst_element_get_context (pipeline, type));
  g_assert_null (cnx_engine_from_context (offered));
  gst_element_set_state (pipeline, GST_STATE_READY);
  engine = cnx_engine_from_context (offered);
  g_assert_true (engine == engine_of (GST_BIN (pipeline), "a"));
  cnx_engine_unref (engine);
  close_pipeline (pipeline);
}

/* Nobody has to tell them of each other. */
static void
test_between_pipelines (void)
{
  GstElement *first = ready ("fakesrc ! convnext name=a batch=3 ! fakesink");
  GstElement *second = ready ("fakesrc ! convnext name=a batch=3 ! convnext name=b ! fakesink");
  CnxEngine *engine = engine_of (GST_BIN (first), "a");

  g_assert_true (engine_of (GST_BIN (second), "a") == engine);
  g_assert_true (engine_of (GST_BIN (second), "b") != engine);
  close_pipeline (first);
  GstElement *third = ready ("fakesrc ! convnext name=a batch=3 ! fakesink");
  g_assert_true (engine_of (GST_BIN (third), "a") == engine);   /* the second still has it */
  close_pipeline (second);
  close_pipeline (third);
}

/* A context keeps no network: an element with other settings has let go of the one before. */
static void
test_unused (void)
{
  GstElement *pipeline = ready ("fakesrc ! convnext name=a batch=7 ! fakesink");
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), "a");
  const CnxEngineSettings settings = {.device = "auto",.batch = 7 };
  g_autofree char *type = cnx_engine_context_type (&settings);
  g_autoptr (GstContext) context = gst_element_get_context (pipeline, type);

  CnxEngine *engine = cnx_engine_from_context (context);
  g_assert_true (engine == engine_of (GST_BIN (pipeline), "a"));
  cnx_engine_unref (engine);
  gst_element_set_state (element, GST_STATE_NULL);
  g_object_set (element, "batch", 6, NULL);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_null (cnx_engine_from_context (context));
  close_pipeline (pipeline);
}

/* ---- elements that are opened at once ---- */

#define BRANCHES 6

static gpointer
open_branch (gpointer branch)
{
  return GINT_TO_POINTER (gst_element_set_state (branch, GST_STATE_READY));
}

/* In one pipeline, or (@data) each in its own. */
static void
test_at_once (gconstpointer data)
{
  GstElement *pipelines[BRANCHES] = { gst_pipeline_new (NULL) };
  GstElement *branches[BRANCHES];
  GThread *threads[BRANCHES];

  for (guint i = 0; i < BRANCHES; i++) {
    if (data && i > 0)
      pipelines[i] = gst_pipeline_new (NULL);
    branches[i] = gst_parse_bin_from_description ("fakesrc ! convnext name=c batch=5 ! fakesink", FALSE, NULL);
    gst_bin_add (GST_BIN (pipelines[data ? i : 0]), branches[i]);
  }
  for (guint i = 0; i < BRANCHES; i++)
    threads[i] = g_thread_new ("open", open_branch, branches[i]);
  for (guint i = 0; i < BRANCHES; i++)
    g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (threads[i])), ==, GST_STATE_CHANGE_SUCCESS);
  for (guint i = 1; i < BRANCHES; i++)
    g_assert_true (engine_of (GST_BIN (branches[i]), "c") == engine_of (GST_BIN (branches[0]), "c"));
  for (guint i = 0; i < BRANCHES; i++)
    if (pipelines[i])
      close_pipeline (pipelines[i]);
}

/* ---- files that are replaced ---- */

/* Opens "a" again, and returns the network that it has then. */
static CnxEngine *
again (GstElement * pipeline)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), "a");

  gst_element_set_state (element, GST_STATE_NULL);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  return engine_of (GST_BIN (pipeline), "a");
}

/* As the README says it: a new file is renamed over the old one. */
static void
replace (const char *from, const char *to)
{
  g_autofree char *new = g_strconcat (to, ".new", NULL);
  g_autofree char *content = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (from, &content, &size, NULL));
  g_assert_true (g_file_set_contents (new, content, size, NULL));
  g_assert_cmpint (g_rename (new, to), ==, 0);
}

/* The next element that is opened has what stands at the path then; those that run keep theirs. */
static void
test_replaced (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  const CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {4, 4, 4, 4},.classes = 2 };
  const CnxArch wider = {.version = 1,.depths = {1, 1, 1, 1},.dims = {4, 4, 4, 4},.classes = 3 };
  g_autofree char *model = g_build_filename (dir, "model", NULL);
  g_autofree char *other = g_build_filename (dir, "other", NULL);
  g_autofree char *weights = g_build_filename (model, "model.safetensors", NULL);
  g_autofree char *new_weights = g_build_filename (other, "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (model, "config.json", NULL);
  g_autofree char *new_config = g_build_filename (other, "config.json", NULL);
  g_autofree char *labels = cnx_test_write_text (dir, "labels.txt", "one\ntwo\nthree\n");

  g_assert_true (cnx_write_random_checkpoint (model, &arch, 1, NULL));
  g_assert_true (cnx_write_random_checkpoint (other, &wider, 2, NULL));
  g_autofree char *line = g_strdup_printf ("fakesrc ! convnext name=a model=%s ! convnext name=b model=%s ! fakesink",
      model, model);
  GstElement *pipeline = ready (line);
  CnxEngine *first = engine_of (GST_BIN (pipeline), "b");
  g_autoptr (GstContext) given = cnx_engine_context (first);
  g_assert_true (again (pipeline) == first);

  replace (new_config, config);
  replace (new_weights, weights);
  CnxEngine *second = again (pipeline);
  g_assert_cmpint (cnx_network_classes (cnx_engine_network (second)), ==, 3);
  g_assert_true (engine_of (GST_BIN (pipeline), "b") == first);
  CnxEngine *found = cnx_engine_from_context (given);
  g_assert_true (found == first);
  cnx_engine_unref (found);
  GstElement *stranger = ready (line);
  g_assert_true (engine_of (GST_BIN (stranger), "a") == second);
  close_pipeline (stranger);

  g_free (cnx_test_write_text (model, "config.json", "{\"architecture\": \"renamed\"}"));
  g_assert_cmpstr (cnx_model_name (cnx_engine_model (again (pipeline))), ==, "renamed");

  /* what is gone is no other model */
  CnxEngine *third = engine_of (GST_BIN (pipeline), "a");
  g_assert_cmpint (g_remove (weights), ==, 0);
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), "a");
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), !=, GST_STATE_CHANGE_FAILURE);
  g_assert_true (engine_of (GST_BIN (pipeline), "a") == third);

  replace (new_weights, weights);
  gst_element_set_state (element, GST_STATE_READY);
  g_object_set (element, "labels", labels, NULL);
  g_assert_cmpstr (cnx_model_label (cnx_engine_model (again (pipeline)), 1), ==, "two");
  g_free (cnx_test_write_text (dir, "labels.txt", "uno\ndos\ntres, which is longer\n"));
  g_assert_cmpstr (cnx_model_label (cnx_engine_model (again (pipeline)), 1), ==, "dos");
  close_pipeline (pipeline);
}

/* Whoever hands a network on means that one, as long as it is there: a run goes on with what it began with, while
 * others share another. */
static void
test_given (void)
{
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  const CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {4, 4, 4, 4},.classes = 2 };
  g_autofree char *weights = g_build_filename (dir, "model.safetensors", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (cnx_write_random_checkpoint (dir, &arch, 1, NULL));
  const CnxEngineSettings settings = {.model = dir,.device = "auto" };
  CnxEngine *engine = cnx_engine_new (&settings, &error);
  g_assert_no_error (error);
  g_autoptr (GstContext) context = cnx_engine_context (engine);
  g_autofree char *line = g_strdup_printf ("fakesrc ! convnext name=a model=%s ! fakesink", dir);
  GstElement *other = ready (line), *pipeline = gst_parse_launch (line, NULL);
  CnxEngine *shared = engine_of (GST_BIN (other), "a");
  g_assert_true (shared != engine);
  gst_element_set_context (pipeline, context);
  replace (weights, weights);
  g_assert_true (again (pipeline) == engine);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  cnx_engine_unref (engine);
  g_assert_null (cnx_engine_from_context (context));
  gst_element_set_context (pipeline, context);
  CnxEngine *found = again (pipeline), *new = again (other);
  g_assert_true (new != shared);        /* its files were replaced */
  g_assert_true (found == new);
  close_pipeline (pipeline);
  close_pipeline (other);
}

/* ---- waiting for each other ---- */

/* Two elements of two pipelines, whose frames wait for each other's. */
static void
test_frames_wait (void)
{
  const char *line = "videotestsrc num-buffers=10 ! video/x-raw,width=64,height=64 ! "
      "convnext name=a mode=every-frame batch=2 batch-timeout=1000000 ! fakesink";
  GstElement *pipelines[2];
  CnxEngine *engine = NULL;

  for (guint i = 0; i < 2; i++) {
    pipelines[i] = ready (line);
    engine = engine_of (GST_BIN (pipelines[i]), "a");
  }
  g_assert_true (engine_of (GST_BIN (pipelines[0]), "a") == engine);
  for (guint i = 0; i < 2; i++)
    gst_element_set_state (pipelines[i], GST_STATE_PLAYING);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstBus) bus = gst_element_get_bus (pipelines[i]);
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  }
  g_assert_cmpuint (cnx_engine_largest_pass (engine), ==, 2);
  for (guint i = 0; i < 2; i++)
    close_pipeline (pipelines[i]);
}

/* Programs print the messages that they get: what they print of a context says what is in it. */
static void
test_printed (void)
{
  const CnxEngineSettings settings = {.precision = CNX_PRECISION_AUTO };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxEngine) engine = cnx_engine_new (&settings, &error);

  g_assert_no_error (error);
  g_autoptr (GstContext) context = cnx_engine_context (engine);
  g_autofree char *text = gst_structure_to_string (gst_context_get_structure (context));
  g_assert_null (strstr (text, "NULL"));
  g_assert_nonnull (strstr (text, cnx_model_name (cnx_engine_model (engine))));
}

int
main (int argc, char **argv)
{
  cnx_test_init_elements (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/neighbours", test_neighbours);
  g_test_add_func ("/engine/lifetime", test_lifetime);
  g_test_add_func ("/engine/between-pipelines", test_between_pipelines);
  g_test_add_func ("/engine/unused", test_unused);
  g_test_add_data_func ("/engine/at-once", NULL, test_at_once);
  g_test_add_data_func ("/engine/at-once/pipelines", "each", test_at_once);
  g_test_add_func ("/engine/replaced", test_replaced);
  g_test_add_func ("/engine/given", test_given);
  g_test_add_func ("/engine/frames-wait", test_frames_wait);
  g_test_add_func ("/engine/printed", test_printed);
  return g_test_run ();
}
