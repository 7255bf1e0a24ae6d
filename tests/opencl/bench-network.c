/* Milliseconds a frame of a variant with random weights: bench-network [VARIANT [SIZE [BATCH]]]. */
#include "opencl/network.h"
#include "tests/support/random_checkpoint.h"
#include "tests/support/temp_files.h"

#include <stdio.h>
#include <stdlib.h>

static int
by_value (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static CnxNetwork *
open_random (const CnxVariant * variant, int size, int batch, char **device_name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = NULL;
  g_autoptr (CnxDevice) device = cnx_device_open (g_getenv ("CNX_TEST_DEVICE"), 0, &error);
  g_autoptr (CnxTestDir) dir = cnx_test_make_dir ();
  CnxNetwork *network = NULL;

  if (device && cnx_write_random_checkpoint (dir, &variant->arch, 1, &error)
      && (model = cnx_model_load (dir, &error)))
    network = cnx_network_new (device, model, size, size, batch, &error);
  if (!network)
    fprintf (stderr, "%s\n", error->message);
  else
    *device_name = g_strdup (cnx_device_info (device)->name);
  return network;
}

#define ROUNDS 30

int
main (int argc, char **argv)
{
  const CnxVariant *variant = cnx_variant_find (argc > 1 ? argv[1] : "tiny");
  const int size = argc > 2 ? atoi (argv[2]) : 224, batch = argc > 3 ? atoi (argv[3]) : 1;
  g_autofree char *device_name = NULL;
  double ms[ROUNDS];

  if (!variant || size < 32 || batch < 1) {
    fprintf (stderr, "usage: bench-network [VARIANT [SIZE [BATCH]]]\n");
    return 2;
  }
  g_autoptr (CnxNetwork) network = open_random (variant, size, batch, &device_name);
  if (!network)
    return 1;
  g_autofree float *in = g_new (float, (gsize) batch * size * size * 3);
  g_autofree float *logits = g_new (float, (gsize) batch * cnx_network_classes (network));
  cnx_test_fill_random (in, (gsize) batch * size * size * 3, 2, 2.0f);
  for (int i = -3; i < ROUNDS; i++) {
    const gint64 start = g_get_monotonic_time ();
    if (!cnx_network_forward (network, in, batch, logits, NULL))
      return 1;
    if (i >= 0)
      ms[i] = (g_get_monotonic_time () - start) / 1e3 / batch;
  }
  qsort (ms, ROUNDS, sizeof *ms, by_value);
  printf ("%s fp32 %d x %d batch %d on %s: min %.2f ms, median %.2f ms a frame, %.1f GFLOP/s\n",
      variant->name, size, size, batch, device_name, ms[0], ms[ROUNDS / 2],
      2e-6 * cnx_arch_macs (&variant->arch, size, size) / ms[0]);
  return 0;
}
