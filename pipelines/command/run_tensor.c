/* convnext run --tensor: logits or features of numbers that another framework made. */
#include "pipelines/command/run.h"
#include "core/error.h"
#include "core/input/read_all.h"

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

const char *
cnx_run_check_shape (const CnxRunOptions * options)
{
  Shape shape;

  return parse_shape (options->shape, &shape) ? NULL :
      "--tensor needs --shape N,3,H,W, each a whole number up to 4096";
}

static char *
read_bytes (const char *path, const Shape * shape, GError ** error)
{
  const gsize wanted = (gsize) shape->height * shape->width * 3 * shape->n * sizeof (float);
  g_autoptr (GError) cause = NULL;
  g_autofree char *bytes = NULL;
  gsize length = 0;

  if (!(bytes = cnx_read_all (path, wanted, &length, &cause)))
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s: cannot be read: %s", path, cause->message);
  else if (length == wanted)
    return g_steal_pointer (&bytes);
  else if (length > wanted)
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s is longer than the shape says: %d,3,%d,%d floats are %"
        G_GSIZE_FORMAT " bytes", path, shape->n, shape->height, shape->width, wanted);
  else
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s holds %" G_GSIZE_FORMAT " bytes; %d,3,%d,%d floats are %"
        G_GSIZE_FORMAT, path, length, shape->n, shape->height, shape->width, wanted);
  return NULL;
}

static float
float_at (const char *bytes, gsize i)
{
  guint32 bits;
  float value;

  memcpy (&bits, bytes + i * sizeof bits, sizeof bits);
  bits = GUINT32_FROM_LE (bits);
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* One that is not finite makes all that it reaches useless. */
static gboolean
check_finite (const char *path, const char *bytes, const Shape * shape, GError ** error)
{
  const gsize pixels = (gsize) shape->height * shape->width, count = pixels * 3 * shape->n;

  for (gsize i = 0; i < count; i++) {
    const float value = float_at (bytes, i);

    if (isfinite (value))
      continue;
    g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT, "%s: the value at [%d, %d, %d, %d] (picture, channel, row, "
        "column) is %s; an input is finite: 32-bit floats, little-endian, normalised", path,
        (int) (i / pixels / 3), (int) (i / pixels % 3), (int) (i % pixels / shape->width), (int) (i % shape->width),
        isnan (value) ? "not a number" : "infinite");
    return FALSE;
  }
  return TRUE;
}

/* The file's (N, 3, H, W) as (N, H, W, 3). */
static float *
read_tensor (const char *path, const Shape * shape, GError ** error)
{
  const gsize pixels = (gsize) shape->height * shape->width;
  g_autofree char *bytes = NULL;
  float *out;

  if (!cnx_arch_check_input (shape->height, shape->width, error)
      || !(bytes = read_bytes (path, shape, error)) || !check_finite (path, bytes, shape, error))
    return NULL;
  if (!(out = cnx_try_new (pixels * shape->n, 3 * sizeof (float), "the tensor", error)))
    return NULL;
  for (gsize n = 0; n < (gsize) shape->n; n++)
    for (gsize c = 0; c < 3; c++)
      for (gsize i = 0; i < pixels; i++)
        out[(n * pixels + i) * 3 + c] = float_at (bytes, (n * 3 + c) * pixels + i);
  return out;
}

static void
print (const char *key, const float *values, int n, int count)
{
  printf ("{\"%s\": [", key);
  for (int i = 0; i < n; i++) {
    printf ("%s", i ? ", " : "");
    cnx_run_print_row (values + (gsize) i * count, count);
  }
  printf ("]}\n");
}

int
cnx_run_tensor (const CnxRunOptions * options, CnxModel * model)
{
  const int outputs = cnx_run_outputs (options, model);
  g_autoptr (GError) error = NULL;
  g_autoptr (CnxRunner) runner = NULL;
  g_autofree float *in = NULL, *out = NULL;
  Shape shape;

  if (!parse_shape (options->shape, &shape))
    return CNX_EXIT_USAGE;
  if (!(in = read_tensor (options->tensor, &shape, &error)))
    return cnx_fail (error);
  runner = cnx_runner_new (options, model, shape.height, shape.width,
      cnx_run_batch (shape.height, shape.width, shape.n), &error);
  if (!runner)
    return cnx_fail (error);
  out = cnx_try_new ((gsize) shape.n * outputs, sizeof (float), "the answers", &error);
  if (!out || !cnx_runner_forward (runner, in, shape.n, out, &error))
    return cnx_fail (error);
  print (options->features ? "features" : "logits", out, shape.n, outputs);
  return CNX_EXIT_OK;
}
