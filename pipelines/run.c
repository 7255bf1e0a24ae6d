/* convnext run: a model on tensors, to hold its logits against another framework's. */
#include "pipelines/command.h"
#include "core/error.h"
#include "core/reference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  int n, channels, height, width;
} Shape;

static gboolean
parse_shape (const char *text, Shape * shape)
{
  int end = 0;

  return text && sscanf (text, "%d,%d,%d,%d%n", &shape->n, &shape->channels, &shape->height, &shape->width, &end) == 4
      && text[end] == '\0' && shape->n > 0 && shape->n <= 4096 && shape->channels == 3 && shape->height > 0
      && shape->width > 0 && shape->height <= 4096 && shape->width <= 4096;
}

/* The file's (N, 3, H, W) as (N, H, W, 3). */
static float *
read_tensor (const char *path, const Shape * shape, GError ** error)
{
  const gsize pixels = (gsize) shape->height * shape->width, count = pixels * 3 * shape->n;
  g_autofree char *bytes = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &bytes, &length, error))
    return NULL;
  if (length != count * sizeof (float)) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s holds %" G_GSIZE_FORMAT " bytes; %d,3,%d,%d floats are %"
        G_GSIZE_FORMAT, path, length, shape->n, shape->height, shape->width, count * sizeof (float));
    return NULL;
  }
  float *out = g_new (float, count);
  for (int n = 0; n < shape->n; n++)
    for (int c = 0; c < 3; c++)
      for (gsize i = 0; i < pixels; i++) {
        guint32 bits;
        memcpy (&bits, bytes + ((gsize) (n * 3 + c) * pixels + i) * sizeof bits, sizeof bits);
        bits = GUINT32_FROM_LE (bits);
        memcpy (&out[(n * pixels + i) * 3 + c], &bits, sizeof bits);
      }
  return out;
}

static void
print_logits (const float *logits, int n, int classes)
{
  printf ("{\"logits\": [");
  for (int i = 0; i < n; i++) {
    printf ("%s[", i ? ", " : "");
    for (int c = 0; c < classes; c++) {
      char text[G_ASCII_DTOSTR_BUF_SIZE];
      printf ("%s%s", c ? ", " : "", g_ascii_formatd (text, sizeof text, "%.9g", logits[(gsize) i * classes + c]));
    }
    printf ("]");
  }
  printf ("]}\n");
}

static gboolean
forward (const CnxCommonOptions * options, CnxModel * model, gboolean reference, const Shape * shape,
    const float *in, float *logits, GError ** error)
{
  CnxNetworkOptions network_options = { shape->height, shape->width, MIN (shape->n, 16), CNX_PRECISION_AUTO };

  if (!cnx_precision_parse (options->precision, &network_options.precision, error))
    return FALSE;
  if (reference)
    return cnx_reference_forward_in (model, MAX (network_options.precision, CNX_PRECISION_FP32), 255, in,
        shape->n, shape->height, shape->width, logits, error);
  g_autoptr (CnxDevice) device = cnx_device_open (options->device, options->threads, error);
  if (!device)
    return FALSE;
  g_autoptr (CnxNetwork) network = cnx_network_new (device, model, &network_options, error);
  return network && cnx_network_forward (network, in, shape->n, logits, error);
}

int
cnx_run_main (int argc, char **argv)
{
  g_auto (CnxCommonOptions) options = { 0 };
  g_autofree char *tensor = NULL, *shape_text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxModel) model = NULL;
  gboolean reference = FALSE;
  Shape shape;
  const GOptionEntry entries[] = {
    {"tensor", 0, 0, G_OPTION_ARG_FILENAME, &tensor,
        "float32, little-endian, (N, C, H, W), normalised already", "FILE"},
    {"shape", 0, 0, G_OPTION_ARG_STRING, &shape_text, "The tensor's shape; C is 3", "N,C,H,W"},
    {"reference", 0, 0, G_OPTION_ARG_NONE, &reference, "In plain C, slowly, instead of on a device", NULL},
    {NULL}
  };

  if (!cnx_parse_options (&options, entries, "[MODEL] --tensor FILE --shape N,C,H,W [OPTION...]",
          "Runs a model on a tensor and prints {\"logits\": [[...], ...]}.", &argc, &argv))
    return CNX_EXIT_USAGE;
  if (argc > 2 || !tensor || !parse_shape (shape_text, &shape)) {
    fprintf (stderr, "convnext run: %s\n", argc > 2 ? "one model at a time"
        : !tensor ? "--tensor FILE says what to run it on" : "--shape takes N,3,H,W");
    return CNX_EXIT_USAGE;
  }
  if (!(model = cnx_model_open (argc > 1 ? argv[1] : NULL, options.variant, NULL, &error)))
    return cnx_fail (error);
  g_autofree float *in = read_tensor (tensor, &shape, &error);
  if (!in)
    return cnx_fail (error);
  const int classes = cnx_model_arch (model)->classes;
  g_autofree float *logits = g_new0 (float, (gsize) shape.n * MAX (classes, 1));
  if (!forward (&options, model, reference, &shape, in, logits, &error))
    return cnx_fail (error);
  print_logits (logits, shape.n, classes);
  return CNX_EXIT_OK;
}
