/* convnext run: a model on tensors, to hold its logits against another framework's. */
#include "pipelines/command.h"
#include "core/error.h"
#include "core/reference.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  int n, height, width;
} Shape;

/* "N,3,H,W" */
static gboolean
parse_shape (const char *text, Shape * shape)
{
  g_auto (GStrv) words = g_strsplit (text ? text : "", ",", -1);
  guint64 sides[4];

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    if (i >= g_strv_length (words) || !g_ascii_string_to_unsigned (words[i], 10, 1, 4096, &sides[i], NULL))
      return FALSE;
  *shape = (Shape) { sides[0], sides[2], sides[3] };
  return g_strv_length (words) == G_N_ELEMENTS (sides) && sides[1] == 3;
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

/* What is no number in JSON is null. */
static void
print_logits (const float *logits, int n, int classes)
{
  printf ("{\"logits\": [");
  for (int i = 0; i < n; i++) {
    printf ("%s[", i ? ", " : "");
    for (int c = 0; c < classes; c++) {
      const double value = logits[(gsize) i * classes + c];
      printf (isfinite (value) ? "%s%.9g" : "%snull", c ? ", " : "", value);
    }
    printf ("]");
  }
  printf ("]}\n");
}

static gboolean
forward (const CnxCommonOptions * options, CnxModel * model, gboolean reference, const Shape * shape,
    const float *in, float *logits, GError ** error)
{
  const CnxNetworkOptions network_options = { shape->height, shape->width, MIN (shape->n, 16), options->precision };

  if (reference)
    return cnx_reference_forward_in (model, MAX (options->precision, CNX_PRECISION_FP32), 255, in, shape->n,
        shape->height, shape->width, logits, error);
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

  if (!cnx_parse_options (&options, CNX_TAKES_MODEL, entries, "[MODEL] --tensor FILE --shape N,C,H,W",
          "Runs a model on a tensor and prints {\"logits\": [[...], ...]}.", argc, argv))
    return CNX_EXIT_USAGE;
  if (!tensor)
    return cnx_wrong ("run", "--tensor FILE says what to run it on");
  if (!parse_shape (shape_text, &shape))
    return cnx_wrong ("run", "--shape takes N,3,H,W, each a whole number up to 4096");
  if (!(model = cnx_model_open (options.model, options.variant, NULL, &error)))
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
