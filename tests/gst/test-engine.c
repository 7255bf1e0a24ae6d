/* Elements that share a network: who finds whose, and that pictures get from a batch what they get alone. */
#include "tests/gst/elements.h"

#include "core/error.h"
#include "gst-plugin/classifier.h"
#include "gst-plugin/gstconvnext.h"

#include <math.h>
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
  g_autoptr (CnxEngine) engine = cnx_engine_ref (engine_of (GST_BIN (pipeline), "a"));
  const CnxEngineSettings settings = {.device = "auto" };
  g_autofree char *type = cnx_engine_context_type (&settings);

  g_autoptr (GstContext) offered = gst_element_get_context (pipeline, type);
  g_assert_nonnull (offered);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_null (gst_element_get_context (pipeline, type));
  gst_element_set_state (pipeline, GST_STATE_READY);
  g_assert_true (engine_of (GST_BIN (pipeline), "a") != engine);
  close_pipeline (pipeline);
}

/* As an application does it for its pipelines. */
static void
test_between_pipelines (void)
{
  GstElement *first = ready ("fakesrc ! convnext name=a batch=3 ! fakesink");
  CnxEngine *engine = engine_of (GST_BIN (first), "a");
  g_autoptr (GstContext) context = cnx_engine_context (engine);
  GstElement *second = gst_parse_launch ("fakesrc ! convnext name=a batch=3 ! convnext name=b ! fakesink", NULL);

  gst_element_set_context (second, context);
  g_assert_cmpint (gst_element_set_state (second, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_true (engine_of (GST_BIN (second), "a") == engine);
  g_assert_true (engine_of (GST_BIN (second), "b") != engine);
  close_pipeline (first);
  close_pipeline (second);
}

/* ---- batches ---- */

#define THREADS 8
#define ROUNDS 6

typedef struct
{
  CnxEngine *engine;
  guint seed;
  float *expected;              /* ROUNDS answers, each alone */
} Asker;

static gsize
floats_of (CnxEngine * engine)
{
  const CnxRecipe *recipe = cnx_model_recipe (cnx_engine_model (engine));

  return (gsize) recipe->width * recipe->height * 3;
}

static float *
noise (CnxEngine * engine, guint seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  const gsize n = floats_of (engine);
  float *out = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    out[i] = g_rand_double_range (rand, -2, 2);
  return out;
}

static gpointer
ask (gpointer data)
{
  Asker *asker = data;
  const int outputs = cnx_network_outputs (cnx_engine_network (asker->engine));
  g_autofree float *logits = g_new0 (float, outputs);

  for (guint round = 0; round < ROUNDS; round++) {
    g_autofree float *in = noise (asker->engine, asker->seed + round);
    g_assert_true (cnx_engine_forward (asker->engine, in, logits, NULL));
    g_assert_cmpmem (logits, outputs * sizeof (float), asker->expected + round * outputs, outputs * sizeof (float));
  }
  return NULL;
}

/* To the bit: what a file is tagged with must not depend on the files beside it. */
static void
test_batches (gconstpointer data)
{
  const CnxEngineSettings settings = {.device = "auto",.batch = 4,.precision = GPOINTER_TO_INT (data) };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxEngine) engine = cnx_engine_new (&settings, &error);
  GThread *threads[THREADS];
  Asker askers[THREADS];

  g_assert_no_error (error);
  const int outputs = cnx_network_outputs (cnx_engine_network (engine));
  for (guint t = 0; t < THREADS; t++) {
    askers[t] = (Asker) { engine, t * ROUNDS, g_new0 (float, ROUNDS * outputs) };
    for (guint round = 0; round < ROUNDS; round++) {
      g_autofree float *in = noise (engine, askers[t].seed + round);
      g_assert_true (cnx_engine_forward (engine, in, askers[t].expected + round * outputs, NULL));
    }
  }
  g_assert_cmpuint (cnx_engine_largest_pass (engine), ==, 1);
  for (guint t = 0; t < THREADS; t++)
    threads[t] = g_thread_new ("ask", ask, &askers[t]);
  for (guint t = 0; t < THREADS; t++) {
    g_thread_join (threads[t]);
    g_free (askers[t].expected);
  }
  g_assert_cmpuint (cnx_engine_largest_pass (engine), >, 1);
  g_assert_cmpuint (cnx_engine_largest_pass (engine), <=, 4);
}

/* Numbers that are not finite fail for who asked for them alone, whatever ran beside. */
static gpointer
ask_with_nan (gpointer data)
{
  Asker *asker = data;
  g_autofree float *logits = g_new0 (float, cnx_network_outputs (cnx_engine_network (asker->engine)));

  for (guint round = 0; round < ROUNDS; round++) {
    g_autoptr (GError) error = NULL;
    g_autofree float *in = noise (asker->engine, asker->seed + round);
    in[round] = NAN;
    g_assert_false (cnx_engine_forward (asker->engine, in, logits, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_NUMBERS);
  }
  return NULL;
}

static void
test_not_finite (void)
{
  const CnxEngineSettings settings = {.device = "auto",.batch = 4,.precision = CNX_PRECISION_FP32 };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxEngine) engine = cnx_engine_new (&settings, &error);
  GThread *threads[THREADS];
  Asker askers[THREADS];

  g_assert_no_error (error);
  const int outputs = cnx_network_outputs (cnx_engine_network (engine));
  for (guint t = 0; t < THREADS; t++) {
    askers[t] = (Asker) { engine, t * ROUNDS, g_new0 (float, ROUNDS * outputs) };
    for (guint round = 0; round < ROUNDS; round++) {
      g_autofree float *in = noise (engine, askers[t].seed + round);
      g_assert_true (cnx_engine_forward (engine, in, askers[t].expected + round * outputs, NULL));
    }
  }
  for (guint t = 0; t < THREADS; t++)
    threads[t] = g_thread_new ("ask", t % 2 ? ask : ask_with_nan, &askers[t]);
  for (guint t = 0; t < THREADS; t++) {
    g_thread_join (threads[t]);
    g_free (askers[t].expected);
  }
  g_assert_cmpuint (cnx_engine_largest_pass (engine), >, 1);
}

int
main (int argc, char **argv)
{
  cnx_test_init_elements (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/neighbours", test_neighbours);
  g_test_add_func ("/engine/lifetime", test_lifetime);
  g_test_add_func ("/engine/between-pipelines", test_between_pipelines);
  g_test_add_data_func ("/engine/batches/fp32", GINT_TO_POINTER (CNX_PRECISION_FP32), test_batches);
  g_test_add_data_func ("/engine/batches/int8", GINT_TO_POINTER (CNX_PRECISION_INT8), test_batches);
  g_test_add_func ("/engine/not-finite", test_not_finite);
  return g_test_run ();
}
