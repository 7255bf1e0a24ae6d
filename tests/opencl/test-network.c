/* The OpenCL network against the reference libraries' logits and the plain-C reference, in every precision that the
 * device runs. */
#include "core/error.h"
#include "core/reference/reference.h"
#include "opencl/network.h"
#include "opencl/support.h"
#include "tests/support/golden.h"
#include "core/model/random_checkpoint.h"
#include "tests/support/temp_files.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static CnxDevice *device;

/**
 * Limits:
 * @precision: what they hold for
 * @same: the share of 32 x 32 pictures whose logits are the reference's in the same precision, to fp32's 1e-4
 * @small, @golden, @full: how far any logit may be from that reference: for a picture of less than 224 pixels, for the
 *   golden pictures, for a full-size network at 224
 * @golden_cost, @full_cost: how far from fp32's
 *
 * fp32 differs from the reference in the order of its sums, and so does what the others round. Where that moves an
 * operand across a middle it goes to its other neighbour and moves all that comes after: in int8 by as much as int8
 * costs, where the picture is small and few operands share the load. Most small pictures have no such operand, and are
 * the same; those hold the arithmetic. The limits are half as much again as the most that was seen, of the reference
 * against itself, its input moved by two units in the last place up to thirty times, and of the reference against
 * fp32; six golden files and their tiles, the networks of `full`, int8 with 127 and 255 levels:
 *
 *           small    golden   full   | golden_cost  full_cost | same, of 12 tiles, at the least
 *   fp16    0.0040   0.0023   0.0010 | 0.0025       0.0023    | 3; kernels that round in C: 0
 *   bf16    0.025    0.012    0.0087 | 0.025        0.018     | 9; kernels that round in C: 3 of 7
 *   int8    0.198    0.107    0.075  | 0.114        0.102     | 9; llvmpipe, whose LayerNorm rounds twice: 1 of 4
 */
typedef struct
{
  CnxPrecision precision;
  double same;
  double small, golden, full;
  double golden_cost, full_cost;
} Limits;

static const Limits all_limits[] = {
  {CNX_PRECISION_FP32, 1, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4},
  {CNX_PRECISION_FP16, 0, 0.006, 0.0035, 0.0016, 0.0038, 0.0035},
  {CNX_PRECISION_BF16, 0.17, 0.038, 0.018, 0.013, 0.038, 0.027},
  {CNX_PRECISION_INT8, 0.1, 0.3, 0.16, 0.113, 0.17, 0.153},
};

#define SAME 1e-4

static CnxNetwork *
open_network (CnxModel * model, int height, int width, int batch, CnxPrecision precision, GError ** error)
{
  const CnxNetworkOptions options = { height, width, batch, precision };
  return cnx_network_new (device, model, &options, error);
}

static double
distance (const float *got, const float *want, gsize count)
{
  double largest = 0;

  for (gsize i = 0; i < count; i++) {
    g_assert_true (isfinite (got[i]));
    largest = MAX (largest, fabs (got[i] - (double) want[i]));
  }
  return largest;
}

/* @n small pictures' logits, @classes of each. */
static void
assert_small (const Limits * limits, const float *got, const float *want, int n, int classes)
{
  int same = 0;

  for (int i = 0; i < n; i++) {
    const double off = distance (got + i * classes, want + i * classes, classes);
    g_assert_cmpfloat (off, <=, limits->small);
    same += off <= SAME;
  }
  g_assert_cmpint (same, >=, (int) (limits->same * n));
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

/* The golden pictures in tiles of 32 x 32. */
#define TILE 32
#define TILE_COLS (CNX_GOLDEN_WIDTH / TILE)
#define TILE_ROWS (CNX_GOLDEN_HEIGHT / TILE)
#define TILES (GOLDEN_N * TILE_ROWS * TILE_COLS)

static float *
golden_tiles (const float *pictures)
{
  float *tiles = g_new (float, TILES * TILE * TILE * 3);

  for (int t = 0; t < TILES; t++) {
    const int row = t / TILE_COLS * TILE, col = t % TILE_COLS * TILE;
    for (int y = 0; y < TILE; y++)
      memcpy (tiles + (t * TILE + y) * TILE * 3, pictures + ((row + y) * CNX_GOLDEN_WIDTH + col) * 3,
          TILE * 3 * sizeof (float));
  }
  return tiles;
}

/* One test in one precision. */
typedef struct
{
  const Limits *limits;
  gconstpointer what;
} Case;

static void
check_tiles (const Limits * limits, CnxModel * model, const float *pictures)
{
  g_autoptr (GError) error = NULL;
  g_autofree float *tiles = golden_tiles (pictures);
  float want[TILES * 7], got[TILES * 7];

  g_autoptr (CnxNetwork) network = open_network (model, TILE, TILE, TILES, limits->precision, &error);
  g_assert_no_error (error);
  g_assert_true (cnx_reference_forward_in (model, limits->precision, cnx_network_levels (network), tiles, TILES, TILE,
          TILE, want, NULL));
  g_assert_true (cnx_network_forward (network, tiles, TILES, got, &error));
  g_test_message ("tiles off the reference by %.2g", distance (got, want, TILES * 7));
  assert_small (limits, got, want, TILES, 7);
}

/* What the same network gives as features: in fp32 the reference's; in any precision the classifier, applied by hand,
 * makes @logits of them. */
static void
check_features (CnxPrecision precision, CnxModel * model, const float *pictures, const float *logits)
{
  const CnxNetworkOptions options = { CNX_GOLDEN_HEIGHT, CNX_GOLDEN_WIDTH, GOLDEN_N, precision, TRUE };
  const int inputs = cnx_model_arch (model)->dims[CNX_STAGES - 1];
  g_autoptr (GError) error = NULL;
  g_autofree float *weight = cnx_model_values (model, CNX_ROLE_CLASSIFIER_WEIGHT, 0, 0);
  g_autofree float *bias = cnx_model_values (model, CNX_ROLE_CLASSIFIER_BIAS, 0, 0);
  g_autofree float *want = g_new (float, GOLDEN_N * inputs);
  g_autofree float *got = g_new0 (float, GOLDEN_N * inputs);
  float by_hand[GOLDEN_N * 7];

  g_autoptr (CnxNetwork) network = cnx_network_new (device, model, &options, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cnx_network_outputs (network), ==, inputs);
  g_assert_true (cnx_network_forward (network, pictures, GOLDEN_N, got, &error));
  cnx_reference_linear (got, GOLDEN_N, inputs, 7, weight, bias, by_hand);
  g_assert_cmpfloat (distance (by_hand, logits, GOLDEN_N * 7), <=, SAME);
  if (precision != CNX_PRECISION_FP32)
    return;
  g_assert_true (cnx_reference_features_in (model, precision, 0, pictures, GOLDEN_N, CNX_GOLDEN_HEIGHT,
          CNX_GOLDEN_WIDTH, want, &error));
  g_test_message ("features off the reference by %.2g", distance (got, want, GOLDEN_N * inputs));
  g_assert_cmpfloat (distance (got, want, GOLDEN_N * inputs), <=, SAME);
}

static void
test_golden (gconstpointer data)
{
  const Case *c = data;
  const char *name = c->what;
  const CnxPrecision precision = c->limits->precision;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path (name);
  g_autofree float *in = cnx_test_golden_input ();
  float golden[GOLDEN_N * 7], want[GOLDEN_N * 7], got[GOLDEN_N * 7];

  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cnx_model_arch (model)->classes, ==, 7);
  g_autoptr (CnxNetwork) network =
      open_network (model, CNX_GOLDEN_HEIGHT, CNX_GOLDEN_WIDTH, GOLDEN_N, precision, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cnx_network_precision (network), ==, precision);
  g_assert_cmpint (cnx_network_outputs (network), ==, 7);
  g_assert_true (cnx_network_forward (network, in, GOLDEN_N, got, &error));
  golden_logits (name, golden, 7);
  g_assert_true (cnx_reference_forward_in (model, precision, cnx_network_levels (network), in, GOLDEN_N,
          CNX_GOLDEN_HEIGHT, CNX_GOLDEN_WIDTH, want, &error));
  const double off = distance (got, want, GOLDEN_N * 7), cost = distance (got, golden, GOLDEN_N * 7);
  g_test_message ("off the reference by %.2g, off golden.json by %.2g", off, cost);
  g_assert_cmpfloat (off, <=, c->limits->golden);
  g_assert_cmpfloat (cost, <=, c->limits->golden_cost);
  check_tiles (c->limits, model, in);
  check_features (precision, model, in, got);
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

#define MOST 16
#define DISTINCT 3              /* pictures that the slow reference has to see */

/* One picture is enough where it is not fp32: what a batch changes is the same in all of them. */
static void
test_full (gconstpointer data)
{
  const Case *c = data;
  const Full *f = c->what;
  const gboolean small = f->size < 224;
  const CnxPrecision precision = c->limits->precision;
  const int batches[] = { 1, 3, MOST }, turns = precision == CNX_PRECISION_FP32 ? 3 : 1;
  const int distinct = precision == CNX_PRECISION_FP32 ? DISTINCT : 1;
  const gsize picture = (gsize) f->size * f->size * 3;
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autoptr (CnxModel) model = random_model (f->variant, dir);
  const int classes = cnx_model_arch (model)->classes;
  g_autofree float *in = g_new (float, MOST * picture);
  g_autofree float *exact = g_new (float, MOST * classes);
  g_autofree float *want = g_new (float, MOST * classes);
  g_autofree float *got = g_new (float, MOST * classes);

  cnx_fill_random (in, distinct * picture, 99, 2.0f);
  g_assert_true (cnx_reference_forward (model, in, distinct, f->size, f->size, exact, &error));
  for (int n = distinct; n < MOST; n++) {
    memcpy (in + n * picture, in + n % distinct * picture, picture * sizeof (float));
    memcpy (exact + n * classes, exact + n % distinct * classes, classes * sizeof (float));
  }
  for (int b = 0; b < turns; b++) {
    const gsize logits = (gsize) batches[b] * classes;
    g_autoptr (CnxNetwork) network = open_network (model, f->size, f->size, batches[b], precision, &error);
    g_assert_no_error (error);
    g_assert_true (cnx_network_forward (network, in, batches[b], got, &error));
    const double cost = distance (got, exact, logits);
    g_test_message ("batch %d: off fp32's reference by %.2g", batches[b], cost);
    g_assert_cmpfloat (cost, <=, small ? c->limits->small : c->limits->full_cost);
    if (precision == CNX_PRECISION_FP32)
      continue;
    g_assert_true (cnx_reference_forward_in (model, precision, cnx_network_levels (network), in, 1, f->size, f->size,
            want, &error));
    g_test_message ("off the reference by %.2g", distance (got, want, classes));
    g_assert_cmpfloat (distance (got, want, classes), <=, small ? c->limits->small : c->limits->full);
  }
}

/* More pictures than max_batch go in several passes, fewer use a part of the buffers. */
static void
test_any_batch (gconstpointer data)
{
  const Case *c = data;
  const CnxPrecision precision = c->limits->precision;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("timm_v1.safetensors");
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_autofree float *in = g_new (float, 7 * 32 * 32 * 3);
  float want[7 * 7], got[7 * 7];

  g_assert_no_error (error);
  cnx_fill_random (in, 7 * 32 * 32 * 3, 5, 2.0f);
  g_autoptr (CnxNetwork) network = open_network (model, 32, 32, 3, precision, &error);
  g_assert_no_error (error);
  g_assert_true (cnx_reference_forward_in (model, precision, cnx_network_levels (network), in, 7, 32, 32, want,
          &error));
  for (int n = 1; n <= 7; n++) {
    memset (got, 0, sizeof got);
    g_assert_true (cnx_network_forward (network, in, n, got, &error));
    assert_small (c->limits, got, want, n, 7);
  }
}

/* Weights without a classifier: features, in several passes, and no logits. */
static void
test_no_classifier (void)
{
  const CnxArch arch = {.version = 2,.depths = {1, 1, 2, 1},.dims = {5, 7, 11, 13},.classes = 0 };
  const CnxNetworkOptions options = { 32, 64, 2, CNX_PRECISION_FP32, TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree float *in = g_new (float, 5 * 32 * 64 * 3);
  float want[5 * 13], got[5 * 13] = { 0 };

  g_assert_true (cnx_write_random_checkpoint (dir, &arch, 7, &error));
  g_autoptr (CnxModel) model = cnx_model_load (dir, &error);
  g_assert_no_error (error);
  cnx_fill_random (in, 5 * 32 * 64 * 3, 5, 2.0f);
  g_assert_true (cnx_reference_features_in (model, CNX_PRECISION_FP32, 0, in, 5, 32, 64, want, &error));
  g_autoptr (CnxNetwork) network = cnx_network_new (device, model, &options, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cnx_network_outputs (network), ==, 13);
  g_assert_true (cnx_network_forward (network, in, 5, got, &error));
  g_assert_cmpfloat (distance (got, want, G_N_ELEMENTS (want)), <=, SAME);
  g_assert_null (open_network (model, 32, 64, 2, CNX_PRECISION_FP32, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_MODEL);
  cnx_test_assert_message (error, "no classifier", "--features", NULL);
}

/* The one picture's numbers are an error; the others' are there all the same. */
static void
test_not_finite (void)
{
  const gsize picture = 32 * 32 * 3;
  const CnxArch arch = {.version = 2,.depths = {1, 1, 2, 1},.dims = {5, 7, 11, 13},.classes = 3 };
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree float *in = g_new (float, 3 * picture);
  float want[9], got[9] = { 0 };

  g_assert_true (cnx_write_random_checkpoint (dir, &arch, 7, &error));
  g_autoptr (CnxModel) model = cnx_model_load (dir, &error);
  g_assert_no_error (error);
  g_autoptr (CnxNetwork) network = open_network (model, 32, 32, 2, CNX_PRECISION_FP32, &error);
  g_assert_no_error (error);
  cnx_fill_random (in, 3 * picture, 5, 2.0f);
  g_assert_true (cnx_network_forward (network, in, 3, want, &error));
  in[picture] = NAN;
  g_assert_false (cnx_network_forward (network, in, 3, got, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_NUMBERS);
  for (int i = 0; i < 9; i++)
    if (i / 3 == 1)
      g_assert_false (isfinite (got[i]));
    else
      g_assert_cmpfloat (got[i], ==, want[i]);
}

/* Weights that are cut short once they are open: an error, on the device and in the reference. */
static void
test_cut_short (void)
{
  g_autofree char *golden = cnx_test_data ("golden/timm_v1.safetensors");
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  g_autofree char *path = cnx_test_copy (golden, dir, "short.safetensors");
  const CnxNetworkOptions options = { 64, 96, 1, CNX_PRECISION_FP32 };
  g_autofree float *in = g_new0 (float, 64 * 96 * 3);
  g_autoptr (GError) error = NULL, reference_error = NULL;
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  float logits[7];

  g_assert_no_error (error);
  g_assert_cmpint (truncate (path, 300000), ==, 0);
  g_autoptr (CnxNetwork) network = cnx_network_new (device, model, &options, &error);
  g_assert_null (network);
  g_assert_error (error, CNX_ERROR, CNX_ERROR_FORMAT);
  cnx_test_assert_message (error, path, "cut short", NULL);
  g_assert_false (cnx_reference_forward (model, in, 1, 64, 96, logits, &reference_error));
  g_assert_error (reference_error, CNX_ERROR, CNX_ERROR_FORMAT);
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
test_threads (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("timm_v2.safetensors");
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_autoptr (CnxNetwork) network = open_network (model, 32, 32, 1, c->limits->precision, &error);
  GThread *threads[4];

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("forward", forward_many, network);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* ---- which precision ---- */

/* Asked for by name it is an error, and that error is why the rest is skipped. */
static void
test_does_not_run (gconstpointer data)
{
  const Limits *limits = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("timm_v1.safetensors");
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);

  g_assert_no_error (error);
  g_assert_null (open_network (model, 32, 32, 1, limits->precision, &error));
  g_assert_error (error, CNX_ERROR, CNX_ERROR_INPUT);
  for (guint i = 0; i < G_N_ELEMENTS (all_limits); i++)
    if (cnx_precision_runs (device, all_limits[i].precision))
      g_assert_nonnull (strstr (error->message, cnx_precision_name (all_limits[i].precision)));
  g_test_skip (error->message);
}

static void
test_auto (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("timm_v1.safetensors");
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_autoptr (CnxNetwork) network = open_network (model, 32, 32, 1, CNX_PRECISION_AUTO, &error);
  CnxPrecision want = CNX_PRECISION_FP32;

  g_assert_no_error (error);
  if (cnx_precision_runs (device, CNX_PRECISION_BF16))
    want = CNX_PRECISION_BF16;
  else if (cnx_precision_runs (device, CNX_PRECISION_FP16))
    want = CNX_PRECISION_FP16;
  g_assert_cmpint (cnx_network_precision (network), ==, want);
}

static GPtrArray *cases;        /* also of tests that -p leaves out */

static void
add (const Limits * limits, const char *group, const char *name, gconstpointer what, GTestDataFunc func)
{
  g_autofree char *path = g_strjoin ("/", "/network", cnx_precision_name (limits->precision), group, name, NULL);
  Case *c = g_new (Case, 1);

  *c = (Case) { limits, what };
  g_ptr_array_add (cases, c);
  g_test_add_data_func (path, c, func);
}

static void
add_precision (const Limits * limits)
{
  for (guint i = 0; i < G_N_ELEMENTS (golden_files); i++)
    add (limits, "golden", golden_files[i], golden_files[i], test_golden);
  for (guint i = 0; i < G_N_ELEMENTS (full) && !g_getenv ("CNX_TEST_QUICK"); i++)
    add (limits, "full", full[i].variant, &full[i], test_full);
  add (limits, "any-batch", NULL, NULL, test_any_batch);
  add (limits, "threads", NULL, NULL, test_threads);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  device = cnx_device_open (g_getenv ("CNX_TEST_DEVICE"), 0, &error);
  g_assert_no_error (error);
  g_assert_true (cnx_precision_runs (device, CNX_PRECISION_FP32) && cnx_precision_runs (device, CNX_PRECISION_INT8));
  cases = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < G_N_ELEMENTS (all_limits); i++) {
    g_autofree char *path = g_strconcat ("/network/", cnx_precision_name (all_limits[i].precision), NULL);
    if (cnx_precision_runs (device, all_limits[i].precision))
      add_precision (&all_limits[i]);
    else
      g_test_add_data_func (path, &all_limits[i], test_does_not_run);
  }
  g_test_add_func ("/network/auto", test_auto);
  g_test_add_func ("/network/no-classifier", test_no_classifier);
  g_test_add_func ("/network/cut-short", test_cut_short);
  g_test_add_func ("/network/not-finite", test_not_finite);
  g_test_add_func ("/network/refuses", test_refuses);
  const int result = g_test_run ();
  g_ptr_array_unref (cases);
  cnx_device_unref (device);
  return result;
}
