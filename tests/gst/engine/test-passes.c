/* Passes that several threads ask for: pictures get from a batch what they get alone; and who waits for whom. */
#include "core/error.h"
#include "gst-plugin/engine/engine.h"
#include "tests/gst/elements.h"

#include <math.h>
#include <string.h>

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
    g_assert_true (cnx_engine_forward (asker->engine, &(CnxNetworkInput) { in }, 0, logits, NULL));
    g_assert_cmpmem (logits, outputs * sizeof (float), asker->expected + round * outputs, outputs * sizeof (float));
  }
  return NULL;
}

/* Several threads ask at once, every other one by @other, for what each got before it was alone. */
static void
ask_at_once (CnxEngine * engine, GThreadFunc other)
{
  const int outputs = cnx_network_outputs (cnx_engine_network (engine));
  GThread *threads[THREADS];
  Asker askers[THREADS];

  for (guint t = 0; t < THREADS; t++) {
    askers[t] = (Asker) { engine, t * ROUNDS, g_new0 (float, ROUNDS * outputs) };
    for (guint round = 0; round < ROUNDS; round++) {
      g_autofree float *in = noise (engine, askers[t].seed + round);
      const CnxNetworkInput picture = { in };
      g_assert_true (cnx_engine_forward (engine, &picture, 0, askers[t].expected + round * outputs, NULL));
    }
  }
  g_assert_cmpuint (cnx_engine_largest_pass (engine), ==, 1);
  for (guint t = 0; t < THREADS; t++)
    threads[t] = g_thread_new ("ask", t % 2 ? ask : other, &askers[t]);
  for (guint t = 0; t < THREADS; t++) {
    g_thread_join (threads[t]);
    g_free (askers[t].expected);
  }
}

static CnxEngine *
engine_with (guint batch, CnxPrecision precision)
{
  const CnxEngineSettings settings = {.device = "auto",.batch = batch,.precision = precision };
  g_autoptr (GError) error = NULL;
  CnxEngine *engine = cnx_engine_new (&settings, &error);

  g_assert_no_error (error);
  return engine;
}

/* To the bit: what a file is tagged with must not depend on the files beside it. */
static void
test_batches (gconstpointer data)
{
  g_autoptr (CnxEngine) engine = engine_with (4, GPOINTER_TO_INT (data));

  ask_at_once (engine, ask);
  g_assert_cmpuint (cnx_engine_largest_pass (engine), >, 1);
  g_assert_cmpuint (cnx_engine_largest_pass (engine), <=, 4);
}

/* A CPU, which is little faster with many, leaves two thirds of who waits to the next passes. */
static void
test_third (void)
{
  g_autoptr (CnxEngine) engine = engine_with (THREADS, CNX_PRECISION_FP32);
  const gboolean is_cpu = cnx_device_info (cnx_engine_device (engine))->is_cpu;

  ask_at_once (engine, ask);
  g_assert_cmpuint (cnx_engine_largest_pass (engine), <=, is_cpu ? (THREADS + 2) / 3 : THREADS);
  g_assert_cmpuint (cnx_engine_largest_pass (engine), <=, cnx_network_batch (cnx_engine_network (engine)));
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
    g_assert_false (cnx_engine_forward (asker->engine, &(CnxNetworkInput) { in }, 0, logits, &error));
    g_assert_error (error, CNX_ERROR, CNX_ERROR_NUMBERS);
  }
  return NULL;
}

static void
test_not_finite (void)
{
  g_autoptr (CnxEngine) engine = engine_with (4, CNX_PRECISION_FP32);

  ask_at_once (engine, ask_with_nan);
  g_assert_cmpuint (cnx_engine_largest_pass (engine), >, 1);
}

#define SEVERAL 5

/* Pictures that belong together, beside those of other threads: each gets what it gets alone, in as many passes as it
 * takes. */
static gpointer
ask_for_several (gpointer data)
{
  Asker *asker = data;
  const int outputs = cnx_network_outputs (cnx_engine_network (asker->engine));
  g_autofree float *logits = g_new0 (float, SEVERAL * outputs);
  float *in[SEVERAL];
  CnxNetworkInput pictures[SEVERAL];

  for (guint i = 0; i < SEVERAL; i++)
    pictures[i] = (CnxNetworkInput) { in[i] = noise (asker->engine, asker->seed + i) };
  for (guint n = 1; n <= SEVERAL; n++) {
    memset (logits, 0, SEVERAL * outputs * sizeof *logits);
    g_assert_true (cnx_engine_forward_several (asker->engine, pictures, n, 0, logits, NULL));
    g_assert_cmpmem (logits, n * outputs * sizeof *logits, asker->expected, n * outputs * sizeof *logits);
  }
  for (guint i = 0; i < SEVERAL; i++)
    g_free (in[i]);
  return NULL;
}

static void
test_several (gconstpointer data)
{
  g_autoptr (CnxEngine) engine = engine_with (GPOINTER_TO_INT (data), CNX_PRECISION_FP32);

  ask_at_once (engine, ask_for_several);
  const guint batch = cnx_network_batch (cnx_engine_network (engine));
  g_assert_cmpuint (cnx_engine_largest_pass (engine), >=, MIN (SEVERAL, batch));
  g_assert_cmpuint (cnx_engine_largest_pass (engine), <=, batch);
}

/* More than run at once are several passes. */
static void
test_count (void)
{
  static const guint batches[] = { 1, 2, 3, 4 }, passes[] = { 5, 3, 2, 2 };

  for (guint i = 0; i < G_N_ELEMENTS (batches); i++) {
    g_autoptr (CnxEngine) engine = engine_with (batches[i], CNX_PRECISION_FP32);
    g_autofree float *in = noise (engine, 1);
    g_autofree float *logits = g_new (float, SEVERAL * cnx_network_outputs (cnx_engine_network (engine)));
    CnxNetworkInput pictures[SEVERAL];
    guint64 n_passes, n_pictures;

    for (guint k = 0; k < SEVERAL; k++)
      pictures[k] = (CnxNetworkInput) { in };
    g_assert_true (cnx_engine_forward_several (engine, pictures, SEVERAL, 0, logits, NULL));
    cnx_engine_count (engine, &n_passes, &n_pictures);
    g_assert_cmpuint (n_passes, ==, passes[i]);
    g_assert_cmpuint (n_pictures, ==, SEVERAL);
    g_assert_cmpuint (cnx_engine_largest_pass (engine), ==, batches[i]);
  }
}

/* One of several that is not finite is an error for them, and for nobody else. */
static void
test_several_not_finite (void)
{
  g_autoptr (CnxEngine) engine = engine_with (4, CNX_PRECISION_FP32);
  g_autofree float *good = noise (engine, 1), *bad = noise (engine, 2);
  g_autofree float *logits = g_new (float, 3 * cnx_network_outputs (cnx_engine_network (engine)));
  const CnxNetworkInput pictures[] = { {good}, {good}, {bad} };
  g_autoptr (GError) error = NULL;

  bad[0] = NAN;
  g_assert_false (cnx_engine_forward_several (engine, pictures, 3, 0, logits, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_NUMBERS);
  g_assert_true (cnx_engine_forward_several (engine, pictures, 2, 0, logits, NULL));
}

/* ---- waiting for each other ---- */

#define FOR_EVER G_MAXUINT

typedef struct
{
  CnxEngine *engine;
  guint seed, patience;
} Waiter;

static gpointer
ask_patiently (gpointer data)
{
  const Waiter *waiter = data;
  g_autofree float *in = noise (waiter->engine, waiter->seed);
  g_autofree float *logits = g_new0 (float, cnx_network_outputs (cnx_engine_network (waiter->engine)));

  g_assert_true (cnx_engine_forward (waiter->engine, &(CnxNetworkInput) { in }, waiter->patience, logits, NULL));
  return NULL;
}

static void
await (CnxEngine * engine, guint waiting)
{
  while (cnx_engine_waiting (engine) < waiting)
    g_usleep (1000);
}

/* With @n - 1 that would wait for ever comes one more, with that @patience. */
static void
check_patience (guint batch, guint n, guint patience, guint largest)
{
  g_autoptr (CnxEngine) engine = engine_with (batch, CNX_PRECISION_FP32);
  Waiter waiters[THREADS];
  GThread *threads[THREADS];

  g_assert_cmpint (cnx_network_batch (cnx_engine_network (engine)), ==, batch);
  for (guint i = 0; i < n; i++) {
    waiters[i] = (Waiter) { engine, i, i == n - 1 ? patience : FOR_EVER };
    threads[i] = g_thread_new ("wait", ask_patiently, &waiters[i]);
    if (i < n - 1)
      await (engine, i + 1);
  }
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (cnx_engine_largest_pass (engine), ==, largest);
  g_assert_cmpuint (cnx_engine_waiting (engine), ==, 0);
}

static void
test_patience (void)
{
  check_patience (4, 4, FOR_EVER, 4);   /* until there are enough */
  check_patience (4, 3, 0, 3);  /* one that does not wait takes the others along */
  check_patience (4, 3, 20000, 3);
  check_patience (4, 1, 20000, 1);      /* nobody comes */
  check_patience (1, 1, FOR_EVER, 1);   /* nobody is waited for */
}

/* Pictures that belong together, and wait. */
typedef struct
{
  CnxEngine *engine;
  guint n, patience;
  GThread *thread;
} Group;

static gpointer
ask_together (gpointer data)
{
  const Group *group = data;
  const int outputs = cnx_network_outputs (cnx_engine_network (group->engine));
  g_autofree float *in = noise (group->engine, 1), *logits = g_new0 (float, group->n * outputs);
  g_autofree float *alone = g_new0 (float, outputs);
  g_autofree CnxNetworkInput *pictures = g_new0 (CnxNetworkInput, group->n);

  for (guint i = 0; i < group->n; i++)
    pictures[i].data = in;
  g_assert_true (cnx_engine_forward_several (group->engine, pictures, group->n, group->patience, logits, NULL));
  g_assert_true (cnx_network_forward (cnx_engine_network (group->engine), in, 1, alone, NULL));
  for (guint i = 0; i < group->n; i++)
    g_assert_cmpmem (logits + i * outputs, outputs * sizeof *logits, alone, outputs * sizeof *alone);
  return NULL;
}

/* Groups of @sizes come one after the other and would wait for ever, or, below 0, for nobody. After all of them there
 * were so many passes, and so many pictures wait; the groups of @rest pictures end that. */
static void
check_groups (const int *sizes, guint passes, guint largest, guint waiting, guint rest)
{
  g_autoptr (CnxEngine) engine = engine_with (4, CNX_PRECISION_FP32);
  Group groups[THREADS];
  guint64 n_passes = 0, n_pictures = 0, come = 0;
  guint n = 0;

  for (; sizes[n]; n++) {
    groups[n] = (Group) { engine, ABS (sizes[n]), sizes[n] < 0 ? 0 : FOR_EVER };
    come += groups[n].n;
    groups[n].thread = g_thread_new ("group", ask_together, &groups[n]);
    do {                        /* until it waits, or its pass is begun */
      g_usleep (1000);
      cnx_engine_count (engine, &n_passes, &n_pictures);
    } while (n_pictures + cnx_engine_waiting (engine) < come);
  }
  g_assert_cmpuint (n_passes, ==, passes);
  g_assert_cmpuint (cnx_engine_waiting (engine), ==, waiting);
  g_assert_cmpuint (cnx_engine_largest_pass (engine), ==, largest);
  if (waiting > 0)
    ask_together (&(Group) { engine, rest, 0 });
  for (guint i = 0; i < n; i++)
    g_thread_join (groups[i].thread);
  g_assert_cmpuint (cnx_engine_waiting (engine), ==, 0);
}

static void
test_groups (void)
{
  check_groups ((const int[]) { 1, 1, 5, 0 }, 2, 4, 2, 1);      /* what fills passes leaves the others waiting */
  check_groups ((const int[]) { 1, 1, -5, 0 }, 2, 4, 2, 1);
  check_groups ((const int[]) { 1, 4, 1, 0 }, 1, 4, 2, 1);
  check_groups ((const int[]) { 2, 0 }, 0, 0, 2, 2);
  check_groups ((const int[]) { 2, 1, 1, 0 }, 1, 4, 0, 0);      /* there are enough */
  check_groups ((const int[]) { 1, 1, -2, 0 }, 1, 4, 0, 0);     /* one that does not wait takes others along */
  check_groups ((const int[]) { 2, 3, 1, 0 }, 1, 4, 2, 2);      /* those that fit */
  check_groups ((const int[]) { 1, 1, 1, -3, 0 }, 1, 4, 2, 1);
}

int
main (int argc, char **argv)
{
  cnx_test_init_elements (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/passes/batches/fp32", GINT_TO_POINTER (CNX_PRECISION_FP32), test_batches);
  g_test_add_data_func ("/passes/batches/int8", GINT_TO_POINTER (CNX_PRECISION_INT8), test_batches);
  g_test_add_func ("/passes/third", test_third);
  g_test_add_func ("/passes/not-finite", test_not_finite);
  g_test_add_func ("/passes/patience", test_patience);
  g_test_add_func ("/passes/groups", test_groups);
  g_test_add_data_func ("/passes/several/one-at-once", GINT_TO_POINTER (1), test_several);
  g_test_add_data_func ("/passes/several/three-at-once", GINT_TO_POINTER (3), test_several);
  g_test_add_data_func ("/passes/several/eight-at-once", GINT_TO_POINTER (8), test_several);
  g_test_add_func ("/passes/count", test_count);
  g_test_add_func ("/passes/several-not-finite", test_several_not_finite);
  return g_test_run ();
}
