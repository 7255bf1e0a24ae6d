/* Relatives of ConvNeXt on the device, in every precision that it runs: against the logits and features of the
 * libraries that their checkpoints come from, and against the plain-C reference. */
#include "core/reference/reference.h"
#include "opencl/network.h"
#include "opencl/support.h"
#include "tests/support/golden.h"

#include <math.h>

#define PICTURES CNX_GOLDEN_PICTURES
#define HEIGHT CNX_GOLDEN_HEIGHT
#define WIDTH CNX_GOLDEN_WIDTH

static CnxDevice *device;

/* How far an output may be from the reference in the same precision, and from the libraries' in fp32: what test-network
 * allows the small networks there; most is about 1. */
typedef struct
{
  CnxPrecision precision;
  double reference, golden;
} Limits;

static const Limits all_limits[] = {
  {CNX_PRECISION_FP32, 1e-4, 1e-4}, {CNX_PRECISION_FP16, 0.006, 0.006}, {CNX_PRECISION_BF16, 0.038, 0.038},
  {CNX_PRECISION_INT8, 0.3, 0.3},
};

typedef struct
{
  const Limits *limits;
  const float *input;
} Case;

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

/* Logits or features. */
static void
check_outputs (const Case * c, const char *name, CnxModel * model, JsonObject * golden, gboolean features)
{
  const CnxNetworkOptions options = { HEIGHT, WIDTH, PICTURES, c->limits->precision, features };
  const CnxPrecision precision = c->limits->precision;
  const char *what = features ? "features" : "logits";
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxNetwork) network = cnx_network_new (device, model, &options, &error);

  g_assert_no_error (error);
  const int width = cnx_network_outputs (network), levels = cnx_network_levels (network);
  g_autofree float *got = g_new0 (float, PICTURES * width);
  g_autofree float *want = g_new0 (float, PICTURES * width);
  g_assert_true (cnx_network_forward (network, c->input, PICTURES, got, &error));
  if (features)
    g_assert_true (cnx_reference_features_in (model, precision, levels, c->input, PICTURES, HEIGHT, WIDTH, want,
            &error));
  else
    g_assert_true (cnx_reference_forward_in (model, precision, levels, c->input, PICTURES, HEIGHT, WIDTH, want,
            &error));
  const double off = distance (got, want, PICTURES * width), cost = cnx_test_golden_off (golden, what, got, width);
  g_test_message ("%s: %s off the reference by %.2g, off golden.json by %.2g", name, what, off, cost);
  g_assert_cmpfloat (off, <=, c->limits->reference);
  g_assert_cmpfloat (cost, <=, c->limits->golden);
}

/* Those that need kernels of their own take a compiler long; one of them is enough where it is not fp32. */
static const char *const few[] = {
  "timm_ols_tiered/", "timm_hnf/", "timm_mlp_head/", "open_clip/", "timm_silu_kernels/"
};

static gboolean
is_wanted (const Case * c, const char *name)
{
  gboolean wanted = c->limits->precision == CNX_PRECISION_FP32;

  for (guint i = 0; i < G_N_ELEMENTS (few); i++)
    wanted |= g_str_has_prefix (name, few[i]);
  return wanted;
}

static void
check_relative (const char *name, const char *path, JsonObject * golden, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!is_wanted (user_data, name))
    return;
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);

  g_assert_no_error (error);
  check_outputs (user_data, name, model, golden, TRUE);
  if (cnx_model_arch (model)->classes > 0)
    check_outputs (user_data, name, model, golden, FALSE);
}

static void
test_golden (gconstpointer data)
{
  g_autofree float *input = cnx_test_golden_input ();
  Case c = { data, input };

  if (cnx_precision_runs (device, c.limits->precision))
    cnx_test_each_relative (check_relative, &c);
  else
    g_test_skip ("the device does not run it");
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  device = cnx_device_open (g_getenv ("CNX_TEST_DEVICE"), 0, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (all_limits); i++) {
    g_autofree char *path = g_strdup_printf ("/relatives/%s", cnx_precision_name (all_limits[i].precision));

    g_test_add_data_func (path, &all_limits[i], test_golden);
  }
  const int result = g_test_run ();
  cnx_device_unref (device);
  return result;
}
