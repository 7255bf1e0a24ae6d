#include "core/model/random_checkpoint.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <glib/gstdio.h>

#include "core/error.h"
#include "core/model/naming.h"
#include "core/weights/safetensors_writer.h"

/* splitmix64: small, seedable, and the same everywhere. */
static guint64
next_random (guint64 * state)
{
  guint64 z = (*state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* Uniform in -1 .. 1, 24 bits of it. */
static float
next_float (guint64 * state)
{
  return (float) ((gint64) (next_random (state) >> 40) - (1 << 23)) / (1 << 23);
}

/* Four uniform values added: near enough to a normal distribution, standard deviation 1. */
static float
next_normal (guint64 * state)
{
  float sum = 0;

  for (int i = 0; i < 4; i++)
    sum += next_float (state);
  return sum * sqrtf (0.75f);
}

void
cnx_fill_random (float *out, gsize count, guint32 seed, float scale)
{
  guint64 state = seed;

  for (gsize i = 0; i < count; i++)
    out[i] = next_float (&state) * scale;
}

typedef struct
{
  const CnxArch *arch;
  guint64 state;
  CnxSafetensorsWriter *file;
} Writer;

/* Where the values of a role lie: around @center, spread by @spread. Weights of the large sums are left out:
 * theirs falls with the square root of how many values are summed. */
static void
role_range (CnxRole role, const gint64 * dims, float *center, float *spread)
{
  gint64 inputs = dims[1] * dims[2] * dims[3];

  *center = 0;
  *spread = 0.02f;
  switch (role) {
    case CNX_ROLE_STEM_NORM_WEIGHT:
    case CNX_ROLE_FINAL_NORM_WEIGHT:
    case CNX_ROLE_DOWNSAMPLE_NORM_WEIGHT:
    case CNX_ROLE_BLOCK_NORM_WEIGHT:
      *center = 1;
      *spread = 0.1f;
      break;
    case CNX_ROLE_LAYER_SCALE:
      *center = 0.75f;
      *spread = 0.1f;
      break;
    case CNX_ROLE_GRN_WEIGHT:
      *spread = 0.5f;
      break;
    case CNX_ROLE_GRN_BIAS:
      *spread = 0.1f;
      break;
    default:
      if (inputs > 1)
        *spread = 1 / sqrtf (inputs);
  }
}

static void
declare (CnxRole role, int stage, int block, int n_dims, const gint64 * dims, gpointer user_data)
{
  Writer *writer = user_data;
  g_autofree char *name = cnx_arch_tensor_name (writer->arch, CNX_SCHEME_TIMM, role, stage, block);

  cnx_safetensors_writer_declare (writer->file, name, CNX_DTYPE_F32, n_dims, dims);
}

static void
write_values (CnxRole role, int stage, int block, int n_dims, const gint64 * dims,
    gpointer user_data)
{
  Writer *writer = user_data;
  gsize count = dims[0] * dims[1] * dims[2] * dims[3];
  g_autofree float *values = g_new (float, count);
  float center, spread;

  role_range (role, dims, &center, &spread);
  for (gsize i = 0; i < count; i++)
    values[i] = center + spread * next_normal (&writer->state);
  cnx_safetensors_writer_add (writer->file, CNX_DTYPE_F32, values, count);
}

static gboolean
write_weights (const char *path, const CnxArch * arch, guint32 seed, GError ** error)
{
  g_autoptr (CnxSafetensorsWriter) file = cnx_safetensors_writer_new (path);
  Writer writer = {.arch = arch,.state = seed,.file = file };

  cnx_arch_foreach_tensor (arch, declare, &writer);
  cnx_arch_foreach_tensor (arch, write_values, &writer);
  return cnx_safetensors_writer_finish (file, FALSE, error);
}

/* timm's name, or "convnext_random" for a shape that was never published. */
static char *
timm_name (const CnxArch * arch)
{
  const CnxVariant *variant = cnx_variant_of (arch);

  if (variant)
    return cnx_variant_timm_name (variant);
  return g_strdup (arch->version == 2 ? "convnextv2_random" : "convnext_random");
}

gboolean
cnx_write_random_checkpoint (const char *dir, const CnxArch * arch, guint32 seed, GError ** error)
{
  g_autofree char *weights = g_build_filename (dir, "model.safetensors", NULL);
  g_autofree char *config = g_build_filename (dir, "config.json", NULL);
  g_autofree char *name = timm_name (arch);
  g_autofree char *json = NULL;

  if (g_mkdir_with_parents (dir, 0755) != 0) {
    g_set_error (error, CNX_ERROR, CNX_ERROR_NOT_FOUND, "cannot make '%s': %s", dir,
        g_strerror (errno));
    return FALSE;
  }
  json = g_strdup_printf ("{\n  \"architecture\": \"%s\",\n  \"num_classes\": %d,\n"
      "  \"pretrained_cfg\": {\n    \"input_size\": [3, 224, 224],\n"
      "    \"interpolation\": \"bicubic\",\n    \"crop_pct\": 0.875,\n"
      "    \"crop_mode\": \"center\",\n    \"mean\": [0.485, 0.456, 0.406],\n"
      "    \"std\": [0.229, 0.224, 0.225],\n    \"num_classes\": %d\n  }\n}\n",
      name, arch->classes, arch->classes);
  /* the quick one first: its name while it is written is GLib's, and nobody who is interrupted knows it */
  return g_file_set_contents (config, json, -1, error) && write_weights (weights, arch, seed, error);
}
