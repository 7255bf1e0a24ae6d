/* Class activation maps of what the device computes, in every precision that it runs: what places add up to is its own
 * logit, the map is the reference's of the same rows, and in fp32 the reference's of the same picture. */
#include "core/error.h"
#include "core/heat/heat.h"
#include "core/model/random_checkpoint.h"
#include "core/reference/reference.h"
#include "opencl/network.h"
#include "opencl/support.h"
#include "tests/support/golden.h"
#include "tests/support/models.h"
#include "tests/support/temp_files.h"

#include <math.h>
#include <string.h>

#define PICTURES CNX_GOLDEN_PICTURES
#define HEIGHT CNX_GOLDEN_HEIGHT
#define WIDTH CNX_GOLDEN_WIDTH
#define PLACES ((HEIGHT / 32) * (WIDTH / 32))

static CnxDevice *device;

static CnxNetwork *
open_network (CnxModel * model, int height, int width, int batch, CnxPrecision precision)
{
  const CnxNetworkOptions options = { height, width, batch, precision };
  g_autoptr (GError) error = NULL;
  CnxNetwork *network = cnx_network_new (device, model, &options, &error);

  g_assert_no_error (error);
  return network;
}

/* One tensor's pass. */
static void
forward_one (CnxNetwork * network, const float *in, float *logits, float *last)
{
  const CnxNetworkInput picture = {.data = in,.last = last };
  g_autoptr (GError) error = NULL;

  g_assert_true (cnx_network_forward_pictures (network, &picture, 1, logits, &error));
  g_assert_no_error (error);
}

static void
assert_near (const float *got, const float *want, int count, double limit)
{
  for (int i = 0; i < count; i++)
    g_assert_cmpfloat_with_epsilon (got[i], want[i], limit);
}

/* Every class of one picture, whose last stage gave @last. */
static void
check_picture (CnxModel * model, CnxNetwork * network, const float *picture, const float *last, const float *logits)
{
  const int classes = cnx_network_classes (network);
  float shares[PLACES], got[PLACES], want[PLACES];

  for (int id = 0; id < classes; id++) {
    double sum = 0;

    g_assert_true (cnx_reference_shares (model, last, 1, PLACES, id, shares, NULL));
    for (int p = 0; p < PLACES; p++)
      sum += shares[p];
    g_assert_cmpfloat_with_epsilon (sum / PLACES + cnx_test_logit_offset (model, id), logits[id], 1e-4);
    g_assert_true (cnx_network_heat (network, last, id, got, NULL));
    cnx_heat_scale (shares, PLACES);
    assert_near (got, shares, PLACES, 1e-5);
    if (cnx_network_precision (network) != CNX_PRECISION_FP32)
      continue;
    g_assert_true (cnx_reference_heat_in (model, CNX_PRECISION_FP32, 0, picture, 1, HEIGHT, WIDTH, id, want, NULL));
    assert_near (got, want, PLACES, 1e-3);
  }
}

static void
check_model (CnxModel * model, CnxPrecision precision, const float *input)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxNetwork) network = open_network (model, HEIGHT, WIDTH, PICTURES, precision);
  const int classes = cnx_network_classes (network), channels = cnx_model_arch (model)->dims[CNX_STAGES - 1];
  g_autofree float *logits = g_new0 (float, PICTURES * classes), *plain = g_new0 (float, PICTURES * classes);
  g_autofree float *rows = g_new0 (float, PICTURES * PLACES * channels);
  CnxNetworkInput pictures[PICTURES];

  g_assert_cmpuint (cnx_network_last_floats (network), ==, PLACES * channels);
  for (int i = 0; i < PICTURES; i++)
    pictures[i] = (CnxNetworkInput) {.data = input + i * HEIGHT * WIDTH * 3,.last = rows + i * PLACES * channels };
  g_assert_true (cnx_network_forward_pictures (network, pictures, PICTURES, logits, &error));
  g_assert_true (cnx_network_forward (network, input, PICTURES, plain, &error));
  g_assert_cmpmem (logits, PICTURES * classes * sizeof (float), plain, PICTURES * classes * sizeof (float));
  for (int i = 0; i < PICTURES; i++)
    check_picture (model, network, pictures[i].data, pictures[i].last, logits + i * classes);
}

/* The last two need kernels of their own, which take a compiler long: fp32 has them. */
static void
test_maps (gconstpointer data)
{
  static const char *const files[] = {
    "golden/timm_v1.safetensors", "golden/timm_v2.safetensors", "relatives/timm_hnf", "relatives/timm_rms",
    "relatives/timm_simplenorm"
  };
  const CnxPrecision precision = GPOINTER_TO_INT (data);
  g_autofree float *input = cnx_test_golden_input ();

  if (!cnx_precision_runs (device, precision)) {
    g_test_skip ("the device does not run it");
    return;
  }
  for (guint i = 0; i < (precision == CNX_PRECISION_FP32 ? G_N_ELEMENTS (files) : 3); i++) {
    g_autofree char *path = cnx_test_data (files[i]);
    g_autoptr (CnxModel) model = cnx_test_load_model (path);

    check_model (model, precision, input);
  }
}

/* More pictures than run at once, of which some are wanted: each is what it is alone, and no other room is touched. */
static void
test_some_of_many (void)
{
  enum
  { N = 5, FLOATS = 2 * 13 };
  const CnxArch arch = {.version = 2,.depths = {1, 1, 2, 1},.dims = {5, 7, 11, 13},.classes = 3 };
  const gsize picture = 32 * 64 * 3;
  g_autoptr (CnxTestDir) dir = cnx_test_make_model (&arch, NULL);
  g_autoptr (CnxModel) model = cnx_test_load_model (dir);
  g_autoptr (CnxNetwork) network = open_network (model, 32, 64, 2, CNX_PRECISION_FP32);
  g_autofree float *in = g_new (float, N * picture);
  float rows[N][FLOATS], alone[FLOATS], logits[N * 3], untouched[FLOATS];
  CnxNetworkInput pictures[N];

  cnx_fill_random (in, N * picture, 5, 2);
  for (int i = 0; i < N; i++)
    pictures[i] = (CnxNetworkInput) {.data = in + i * picture,.last = i % 3 == 0 ? NULL : rows[i] };
  for (int k = 0; k < FLOATS; k++)
    untouched[k] = rows[0][k] = rows[3][k] = -77;
  g_assert_true (cnx_network_forward_pictures (network, pictures, N, logits, NULL));
  for (int i = 0; i < N; i++) {
    forward_one (network, in + i * picture, logits, alone);
    if (pictures[i].last)
      assert_near (rows[i], alone, FLOATS, 1e-5);
    else
      g_assert_cmpmem (rows[i], sizeof rows[i], untouched, sizeof untouched);
  }
}

/* A class in any panel of the classifier's. */
static void
test_many_classes (void)
{
  const CnxArch arch = {.version = 1,.depths = {1, 1, 1, 1},.dims = {4, 4, 4, 19},.classes = 150 };
  g_autoptr (CnxTestDir) dir = cnx_test_make_model (&arch, NULL);
  g_autoptr (CnxModel) model = cnx_test_load_model (dir);
  g_autofree float *in = g_new (float, HEIGHT * WIDTH * 3);

  for (int precision = CNX_PRECISION_FP32; precision <= CNX_PRECISION_INT8; precision++) {
    if (!cnx_precision_runs (device, precision))
      continue;
    g_autoptr (CnxNetwork) network = open_network (model, HEIGHT, WIDTH, 1, precision);
    float rows[PLACES * 19], logits[150];

    cnx_fill_random (in, HEIGHT * WIDTH * 3, 6, 2);
    forward_one (network, in, logits, rows);
    check_picture (model, network, in, rows, logits);
  }
}

static void
assert_refused (CnxModel * model, gboolean features, const char *why)
{
  const CnxNetworkOptions options = { HEIGHT, WIDTH, 1, CNX_PRECISION_FP32, features };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxNetwork) network = cnx_network_new (device, model, &options, &error);

  g_assert_no_error (error);
  g_autofree float *last = g_new0 (float, cnx_network_last_floats (network));
  float map[PLACES];
  g_assert_false (cnx_network_heat (network, last, 0, map, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
  cnx_test_assert_message (error, "no heat map", why, NULL);
}

static void
test_refuses (void)
{
  g_autofree char *mlp_path = cnx_test_data ("relatives/timm_mlp_head");
  g_autofree char *plain_path = cnx_test_data ("golden/timm_v1.safetensors");
  g_autoptr (CnxModel) mlp = cnx_test_load_model (mlp_path), plain = cnx_test_load_model (plain_path);

  assert_refused (mlp, FALSE, "hidden layer");
  assert_refused (plain, TRUE, "features");
}

static gpointer
heat_many (gpointer data)
{
  CnxNetwork *network = data;
  const int classes = cnx_network_classes (network);
  g_autofree float *in = g_new (float, HEIGHT * WIDTH * 3);
  g_autofree float *rows = g_new (float, cnx_network_last_floats (network));
  g_autofree float *logits = g_new (float, classes);
  float first[PLACES], again[PLACES];

  cnx_fill_random (in, HEIGHT * WIDTH * 3, 77, 2);
  forward_one (network, in, logits, rows);
  for (int i = 0; i < 3 * classes; i++) {
    g_assert_true (cnx_network_heat (network, rows, i % classes, first, NULL));
    forward_one (network, in, logits, rows);
    g_assert_true (cnx_network_heat (network, rows, i % classes, again, NULL));
    g_assert_cmpmem (first, sizeof first, again, sizeof again);
  }
  return NULL;
}

/* Maps are made while others' passes run. */
static void
test_threads (void)
{
  g_autofree char *path = cnx_test_data ("golden/timm_v2.safetensors");
  g_autoptr (CnxModel) model = cnx_test_load_model (path);
  g_autoptr (CnxNetwork) network = open_network (model, HEIGHT, WIDTH, 1, CNX_PRECISION_FP32);
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("heat", heat_many, network);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  device = cnx_device_open (g_getenv ("CNX_TEST_DEVICE"), 0, &error);
  g_assert_no_error (error);
  for (int precision = CNX_PRECISION_FP32; precision <= CNX_PRECISION_INT8; precision++) {
    g_autofree char *path = g_strconcat ("/heat/maps/", cnx_precision_name (precision), NULL);

    g_test_add_data_func (path, GINT_TO_POINTER (precision), test_maps);
  }
  g_test_add_func ("/heat/some-of-many", test_some_of_many);
  g_test_add_func ("/heat/many-classes", test_many_classes);
  g_test_add_func ("/heat/refuses", test_refuses);
  g_test_add_func ("/heat/threads", test_threads);
  const int result = g_test_run ();
  cnx_device_unref (device);
  return result;
}
