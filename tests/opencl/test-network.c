/* The OpenCL network against the reference libraries' logits and the plain-C reference. */
#include "core/error.h"
#include "core/reference.h"
#include "opencl/network.h"
#include "tests/support/golden.h"
#include "core/random_checkpoint.h"
#include "tests/support/temp_files.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

static CnxDevice *device;

static CnxNetwork *
open_network (CnxModel * model, int height, int width, int batch, CnxPrecision precision, GError ** error)
{
  const CnxNetworkOptions options = { height, width, batch, precision };
  return cnx_network_new (device, model, &options, error);
}

static void
assert_near (const float *got, const float *want, gsize count, double tolerance)
{
  for (gsize i = 0; i < count; i++)
    g_assert_cmpfloat_with_epsilon (got[i], want[i], tolerance);
}

/* ---- golden logits ---- */

#define GOLDEN_N CNX_GOLDEN_PICTURES

static char *
golden_path (const char *name)
{
  g_autofree char *relative = g_build_filename ("golden", name, NULL);
  return cnx_test_data (relative);
}

static void
golden_logits (const char *name, float *out, int classes)
{
  g_autofree char *path = golden_path ("golden.json");
  g_autoptr (JsonParser) parser = json_parser_new ();

  g_assert_true (json_parser_load_from_file (parser, path, NULL));
  JsonObject *root = json_node_get_object (json_parser_get_root (parser));
  JsonObject *file = json_object_get_object_member (json_object_get_object_member (root, "files"), name);
  JsonArray *logits = json_object_get_array_member (file, "logits");
  for (int n = 0; n < GOLDEN_N; n++)
    for (int c = 0; c < classes; c++)
      out[n * classes + c] =
          json_array_get_double_element (json_array_get_array_element (logits, n), c);
}

static void
test_golden (gconstpointer name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path (name);
  g_autofree float *in = cnx_test_golden_input ();
  float want[GOLDEN_N * 7], got[GOLDEN_N * 7];

  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cnx_model_arch (model)->classes, ==, 7);
  g_autoptr (CnxNetwork) network = open_network (model, CNX_GOLDEN_HEIGHT, CNX_GOLDEN_WIDTH, GOLDEN_N, CNX_PRECISION_FP32, &error);
  g_assert_no_error (error);
  g_assert_true (cnx_network_forward (network, in, GOLDEN_N, got, &error));
  golden_logits (name, want, 7);
  assert_near (got, want, GOLDEN_N * 7, 1e-4);
}

static const char *const golden_files[] = {
  "timm_v1.safetensors", "timm_convmlp_v1.safetensors", "timm_fp16_v1.safetensors",
  "timm_bf16_v1.safetensors", "hf_v1/model.safetensors", "torchvision_v1.safetensors",
  "timm_v2.safetensors", "timm_convmlp_v2.safetensors", "timm_fp16_v2.safetensors",
  "timm_bf16_v2.safetensors", "hf_v2/model.safetensors",
};

/* ---- full size, random weights ---- */

typedef struct
{
  const char *variant;
  int size;
} Full;

static const Full full[] = { {"tiny", 224}, {"v2-tiny", 224}, {"atto", 224}, {"v2-atto", 96} };

static CnxModel *
random_model (const char *variant, const char *dir)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (cnx_write_random_checkpoint (dir, &cnx_variant_find (variant)->arch, 7, &error));
  CnxModel *model = cnx_model_load (dir, &error);
  g_assert_no_error (error);
  return model;
}

#define DISTINCT 3              /* pictures that the slow reference has to see */

static void
test_full (gconstpointer data)
{
  const Full *f = data;
  const gsize picture = (gsize) f->size * f->size * 3;
  const int batches[] = { 1, 3, 16 };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (CnxModel) model = random_model (f->variant, dir);
  const int classes = cnx_model_arch (model)->classes;
  g_autofree float *in = g_new (float, 16 * picture);
  g_autofree float *want = g_new (float, 16 * classes);
  g_autofree float *got = g_new (float, 16 * classes);

  cnx_fill_random (in, DISTINCT * picture, 99, 2.0f);
  g_assert_true (cnx_reference_forward (model, in, DISTINCT, f->size, f->size, want, &error));
  for (int n = DISTINCT; n < 16; n++) {
    memcpy (in + n * picture, in + n % DISTINCT * picture, picture * sizeof (float));
    memcpy (want + n * classes, want + n % DISTINCT * classes, classes * sizeof (float));
  }
  for (guint b = 0; b < G_N_ELEMENTS (batches); b++) {
    g_autoptr (CnxNetwork) network = open_network (model, f->size, f->size, batches[b], CNX_PRECISION_FP32, &error);
    g_assert_no_error (error);
    g_assert_true (cnx_network_forward (network, in, batches[b], got, &error));
    assert_near (got, want, (gsize) batches[b] * classes, 1e-4);
  }
}

/* More pictures than max_batch go in several passes, fewer use a part of the buffers. */
static void
test_any_batch (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("timm_v1.safetensors");
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_autofree float *in = g_new (float, 7 * 32 * 32 * 3);
  float want[7 * 7], got[7 * 7];

  g_assert_no_error (error);
  cnx_fill_random (in, 7 * 32 * 32 * 3, 5, 2.0f);
  g_assert_true (cnx_reference_forward (model, in, 7, 32, 32, want, &error));
  g_autoptr (CnxNetwork) network = open_network (model, 32, 32, 3, CNX_PRECISION_FP32, &error);
  g_assert_no_error (error);
  for (int n = 1; n <= 7; n++) {
    memset (got, 0, sizeof got);
    g_assert_true (cnx_network_forward (network, in, n, got, &error));
    assert_near (got, want, n * 7, 1e-4);
  }
}

static void
test_refuses (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("timm_v1.safetensors");
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);

  g_assert_no_error (error);
  g_assert_null (open_network (model, 100, 96, 1, CNX_PRECISION_FP32, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  g_clear_error (&error);
  g_assert_null (open_network (model, 96, 96, 0, CNX_PRECISION_FP32, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
}

static gpointer
forward_many (gpointer data)
{
  CnxNetwork *network = data;
  g_autofree float *in = g_new (float, 32 * 32 * 3);
  float first[7], again[7];

  cnx_fill_random (in, 32 * 32 * 3, 77, 2.0f);
  g_assert_true (cnx_network_forward (network, in, 1, first, NULL));
  for (int i = 0; i < 20; i++) {
    g_assert_true (cnx_network_forward (network, in, 1, again, NULL));
    g_assert_cmpmem (first, sizeof first, again, sizeof again);
  }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("timm_v2.safetensors");
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_autoptr (CnxNetwork) network = open_network (model, 32, 32, 1, CNX_PRECISION_FP32, &error);
  GThread *threads[4];

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("forward", forward_many, network);
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
  for (guint i = 0; i < G_N_ELEMENTS (golden_files); i++) {
    g_autofree char *path = g_strconcat ("/network/golden/", golden_files[i], NULL);
    g_test_add_data_func (path, golden_files[i], test_golden);
  }
  for (guint i = 0; i < G_N_ELEMENTS (full); i++) {
    g_autofree char *path = g_strconcat ("/network/full/", full[i].variant, NULL);
    g_test_add_data_func (path, &full[i], test_full);
  }
  g_test_add_func ("/network/any-batch", test_any_batch);
  g_test_add_func ("/network/refuses", test_refuses);
  g_test_add_func ("/network/threads", test_threads);
  const int result = g_test_run ();
  cnx_device_unref (device);
  return result;
}
