/* Means and quantiles of many values, against the values themselves. */
#include "gst-plugin/stats/histogram.h"

#include <math.h>

static int
by_value (gconstpointer a, gconstpointer b)
{
  const guint64 left = *(const guint64 *) a, right = *(const guint64 *) b;

  return (left > right) - (left < right);
}

/* @values, of which there are @n, as they are, and as the histogram has them. */
static void
check (guint64 * values, guint n)
{
  static const double shares[] = { 1e-9, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1 };
  g_autofree CnxHistogram *histogram = g_new0 (CnxHistogram, 1);
  double sum = 0;

  for (guint i = 0; i < n; i++) {
    cnx_histogram_add (histogram, values[i]);
    sum += values[i];
  }
  g_assert_cmpuint (histogram->n, ==, n);
  g_assert_cmpfloat_with_epsilon (cnx_histogram_mean (histogram), sum / n, 1e-9 * (1 + sum / n));
  qsort (values, n, sizeof values[0], by_value);
  g_assert_cmpuint (histogram->most, ==, values[n - 1]);
  for (guint i = 0; i < G_N_ELEMENTS (shares); i++) {
    const double exact = values[(guint) ceil (shares[i] * n) - 1];
    const double found = cnx_histogram_quantile (histogram, shares[i]);

    g_assert_cmpfloat_with_epsilon (found, exact, exact < 64 ? 1e-9 : exact / 64);
    g_assert_cmpfloat (found, <=, values[n - 1]);
  }
}

#define N 20000

/* As evenly spread, by powers, about a middle with a long tail, and all the same. */
static void
test_spreads (void)
{
  for (guint spread = 0; spread < 4; spread++)
    for (guint bits = 1; bits <= 36; bits += 5) {
      g_autoptr (GRand) rand = g_rand_new_with_seed (100 * spread + bits);
      g_autofree guint64 *values = g_new (guint64, N);
      const double most = ldexp (1, bits) - 1;

      for (guint i = 0; i < N; i++) {
        const double u = g_rand_double (rand);
        values[i] = spread == 0 ? u * most : spread == 1 ? pow (most, u) : spread == 2 ?
            MIN (most, 0.1 * most / (1 - u)) : most / 3;
      }
      check (values, N);
    }
}

/* Each value alone, and both sides of each place where bins get wider. */
static void
test_single (void)
{
  for (guint bit = 0; bit < 36; bit++)
    for (int off = -1; off <= 1; off++) {
      guint64 value = (G_GUINT64_CONSTANT (1) << bit) + off;
      check (&value, 1);
    }
  for (guint64 value = 0; value < 5000; value++) {
    guint64 values[] = { value, value + 1, 3 * value };
    check (values, G_N_ELEMENTS (values));
  }
}

static void
test_none (void)
{
  g_autofree CnxHistogram *histogram = g_new0 (CnxHistogram, 1);

  g_assert_cmpfloat (cnx_histogram_mean (histogram), ==, 0);
  g_assert_cmpfloat (cnx_histogram_quantile (histogram, 0.5), ==, 0);
}

/* What is beyond all bounds is at the bound. */
static void
test_beyond (void)
{
  g_autofree CnxHistogram *histogram = g_new0 (CnxHistogram, 1);
  const double most = ldexp (1, 36) - 1;

  cnx_histogram_add (histogram, G_MAXUINT64);
  cnx_histogram_add (histogram, G_GUINT64_CONSTANT (1) << 36);
  g_assert_cmpfloat (cnx_histogram_mean (histogram), ==, most);
  g_assert_cmpfloat_with_epsilon (cnx_histogram_quantile (histogram, 1), most, most / 64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/histogram/spreads", test_spreads);
  g_test_add_func ("/histogram/single", test_single);
  g_test_add_func ("/histogram/none", test_none);
  g_test_add_func ("/histogram/beyond", test_beyond);
  return g_test_run ();
}
