/* Relatives of ConvNeXt through the plain-C forward pass: against the logits and features of the libraries that
 * their checkpoints come from; and the operations that only they have. */
#include <math.h>
#include <string.h>

#include "core/model/random_checkpoint.h"
#include "core/reference/reference.h"
#include "tests/support/golden.h"

#define TOLERANCE 1e-5
#define PICTURES CNX_GOLDEN_PICTURES
#define HEIGHT CNX_GOLDEN_HEIGHT
#define WIDTH CNX_GOLDEN_WIDTH

static void
check_relative (const char *name, const char *path, JsonObject * golden, gpointer input)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = cnx_model_load (path, &error);
  g_autofree float *out = NULL;
  double off;

  g_assert_no_error (error);
  const int classes = cnx_model_arch (model)->classes, features = cnx_arch_features (cnx_model_arch (model));
  out = g_new (float, PICTURES * MAX (classes, features));
  g_assert_true (cnx_reference_features_in (model, CNX_PRECISION_FP32, 0, input, PICTURES, HEIGHT, WIDTH, out,
          &error));
  off = cnx_test_golden_off (golden, "features", out, features);
  g_test_message ("%s: features off by %.2g", name, off);
  g_assert_cmpfloat (off, <=, TOLERANCE);
  g_assert_cmpint (json_object_has_member (golden, "logits"), ==, classes > 0);
  if (classes == 0)
    return;
  g_assert_true (cnx_reference_forward (model, input, PICTURES, HEIGHT, WIDTH, out, &error));
  off = cnx_test_golden_off (golden, "logits", out, classes);
  g_test_message ("%s: logits off by %.2g", name, off);
  g_assert_cmpfloat (off, <=, TOLERANCE);
}

static void
test_golden (void)
{
  g_autofree float *input = cnx_test_golden_input ();

  cnx_test_each_relative (check_relative, input);
}

/* What lies where in the patches of a convolution of 3x3 with stride 2 and padding 1. */
static void
test_unfold (void)
{
  enum
  { N = 2, H = 4, W = 6, C = 3 };
  float in[N * H * W * C], out[N * (H / 2) * (W / 2) * 9 * C];
  gsize at = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (in); i++)
    in[i] = i + 1;
  cnx_reference_unfold (in, N, H, W, C, 3, 2, 1, out);
  for (int n = 0; n < N; n++)
    for (int row = 0; row < (H / 2) * (W / 2); row++)
      for (int k = 0; k < 9 * C; k++) {
        const int y = row / (W / 2) * 2 - 1 + k / C / 3, x = row % (W / 2) * 2 - 1 + k / C % 3;
        const gboolean inside = y >= 0 && y < H && x >= 0 && x < W;

        g_assert_cmpfloat (out[at++], ==, inside ? ((n * H + y) * W + x) * C + k % C + 1 : 0);
      }
}

static void
test_norms (void)
{
  static const float x[4] = { 1, -2, 3, 6 }, weight[4] = { 1, 2, -1, 0.5 };
  const double rms = sqrt (50.0 / 4 + 0.25), spread = sqrt (34.0 / 3 + 0.25);   /* squares; about the mean of 2 */
  float out[4];

  cnx_reference_norm (CNX_NORM_RMS, x, 1, 4, weight, NULL, 0.25, out);
  for (int c = 0; c < 4; c++)
    g_assert_cmpfloat_with_epsilon (out[c], x[c] / rms * weight[c], 1e-6);
  cnx_reference_norm (CNX_NORM_SIMPLE, x, 1, 4, weight, NULL, 0.25, out);
  for (int c = 0; c < 4; c++)
    g_assert_cmpfloat_with_epsilon (out[c], x[c] / spread * weight[c], 1e-6);
}

/* At 1 and -2, to six places. */
static void
test_activations (void)
{
  static const float rows[CNX_N_ACTIVATIONS][2] = {
    [CNX_ACTIVATION_GELU] = {0.841345, -0.045500},[CNX_ACTIVATION_GELU_TANH] = {0.841192, -0.045402},
    [CNX_ACTIVATION_QUICK_GELU] = {0.845796, -0.064341},[CNX_ACTIVATION_SILU] = {0.731059, -0.238406},
    [CNX_ACTIVATION_RELU] = {1, 0},
  };

  for (int a = 0; a < CNX_N_ACTIVATIONS; a++) {
    float x[3] = { 1, -2, -1000 };

    cnx_reference_activate (a, x, 3);
    g_assert_cmpfloat_with_epsilon (x[0], rows[a][0], 2e-6);
    g_assert_cmpfloat_with_epsilon (x[1], rows[a][1], 2e-6);
    g_assert_cmpfloat_with_epsilon (x[2], 0, 1e-9);
  }
}

/* A smaller kernel is one of 7 x 7 with zeros around it; no bias is one of zeros. */
static void
test_kernels (void)
{
  enum
  { H = 5, W = 6, C = 4 };
  float in[H * W * C], weight[C * 25], whole[C * 49], zeros[C] = { 0 }, out[H * W * C], want[H * W * C];

  cnx_fill_random (in, G_N_ELEMENTS (in), 1, 1);
  for (int kernel = 1; kernel <= 5; kernel += 2) {
    const int edge = (7 - kernel) / 2;

    cnx_fill_random (weight, C * kernel * kernel, 2, 1);
    memset (whole, 0, sizeof whole);
    for (int c = 0; c < C; c++)
      for (int t = 0; t < kernel * kernel; t++)
        whole[c * 49 + (edge + t / kernel) * 7 + edge + t % kernel] = weight[c * kernel * kernel + t];
    cnx_reference_depthwise (in, 1, H, W, C, kernel, weight, NULL, out);
    cnx_reference_depthwise (in, 1, H, W, C, 7, whole, zeros, want);
    for (guint i = 0; i < G_N_ELEMENTS (out); i++)
      g_assert_cmpfloat_with_epsilon (out[i], want[i], 1e-6);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/relatives/golden", test_golden);
  g_test_add_func ("/relatives/unfold", test_unfold);
  g_test_add_func ("/relatives/norms", test_norms);
  g_test_add_func ("/relatives/activations", test_activations);
  g_test_add_func ("/relatives/kernels", test_kernels);
  return g_test_run ();
}
