/* What a heat map costs beside the pass that it is made of: passes of a ConvNeXt-T of random weights with and without
 * it, in turn, so that both meet the same machine. Prints the milliseconds that all cores together worked, which others
 * on the machine change little, and the median of the pairs' ratios.
 *
 * usage: bench-heat [PRECISION [ROUNDS]] */
#include "core/model/random_checkpoint.h"
#include "opencl/network.h"
#include "tests/support/models.h"
#include "tests/support/temp_files.h"

#include <stdlib.h>
#include <time.h>

#define SIDE 224
#define PLACES ((SIDE / 32) * (SIDE / 32))

typedef struct
{
  CnxNetwork *network;
  float *in, *logits, *last;
} Bench;

/* Milliseconds that this process worked so far. */
static double
worked (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* Milliseconds of a pass, and of the map of one of its classes where it is @warm. */
static double
pass (const Bench * bench, gboolean warm)
{
  const CnxNetworkInput picture = {.data = bench->in,.last = warm ? bench->last : NULL };
  const double start = worked ();
  float map[PLACES];

  g_assert_true (cnx_network_forward_pictures (bench->network, &picture, 1, bench->logits, NULL));
  if (warm)
    g_assert_true (cnx_network_heat (bench->network, bench->last, 7, map, NULL));
  return worked () - start;
}

static int
by_value (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static double
median (double *values, guint n)
{
  qsort (values, n, sizeof *values, by_value);
  return values[n / 2];
}

static void
measure (const Bench * bench, guint rounds)
{
  g_autofree double *cold = g_new (double, rounds), *warm = g_new (double, rounds), *ratios = g_new (double, rounds);

  pass (bench, FALSE);
  pass (bench, TRUE);           /* and finds the class's weights */
  for (guint i = 0; i < rounds; i++) {
    for (guint turn = 0; turn < 2; turn++)
      *((turn + i) % 2 ? &warm[i] : &cold[i]) = pass (bench, (turn + i) % 2);
    ratios[i] = warm[i] / cold[i];
  }
  const double ratio = median (ratios, rounds), with = median (warm, rounds), without = median (cold, rounds);
  g_print ("%s: a pass is %.2f ms of work, at the least %.2f; with a heat map %.2f, at the least %.2f; %+.2f %% pair "
      "by pair\n", cnx_precision_name (cnx_network_precision (bench->network)), without, cold[0], with, warm[0],
      100 * (ratio - 1));
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxTestDir) dir = cnx_test_make_model (&cnx_variant_find ("T")->arch, NULL);
  g_autoptr (CnxModel) model = cnx_test_load_model (dir);
  g_autoptr (CnxDevice) device = cnx_device_open (NULL, 0, &error);
  CnxNetworkOptions options = { SIDE, SIDE, 1, CNX_PRECISION_FP32 };
  const guint rounds = argc > 2 ? MAX (atoi (argv[2]), 1) : 60;

  g_assert_no_error (error);
  if (argc > 1 && !cnx_precision_parse (argv[1], &options.precision, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  g_autoptr (CnxNetwork) network = cnx_network_new (device, model, &options, &error);
  g_assert_no_error (error);
  Bench bench = { network, g_new (float, SIDE * SIDE * 3), g_new (float, cnx_network_outputs (network)),
    g_new (float, cnx_network_last_floats (network))
  };
  cnx_fill_random (bench.in, SIDE * SIDE * 3, 1, 2);
  measure (&bench, rounds);
  g_free (bench.in);
  g_free (bench.logits);
  g_free (bench.last);
  return 0;
}
