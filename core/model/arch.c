#include "core/model/arch.h"

#include <string.h>

#include "core/error.h"

#define MAX_SIDE 4096

#define ARCH(version_, d0, d1, d2, d3, c0, c1, c2, c3) \
  { .version = version_, .depths = { d0, d1, d2, d3 }, .dims = { c0, c1, c2, c3 }, .classes = 1000 }
#define V1_ID(id) "timm/convnext_" id
#define V2_ID(name) "timm/convnextv2_" name ".fcmae_ft_in1k"

/* The smaller V1 sizes are timm's; theirs with plain, non-overlapping stems are named. */
static const CnxVariant variants[] = {
  {"atto", ARCH (1, 2, 2, 6, 2, 40, 80, 160, 320), V1_ID ("atto.d2_in1k"), TRUE},
  {"femto", ARCH (1, 2, 2, 6, 2, 48, 96, 192, 384), V1_ID ("femto.d1_in1k"), TRUE},
  {"pico", ARCH (1, 2, 2, 6, 2, 64, 128, 256, 512), V1_ID ("pico.d1_in1k"), TRUE},
  {"nano", ARCH (1, 2, 2, 8, 2, 80, 160, 320, 640), V1_ID ("nano.d1h_in1k"), TRUE},
  {"tiny", ARCH (1, 3, 3, 9, 3, 96, 192, 384, 768), V1_ID ("tiny.fb_in1k")},
  {"small", ARCH (1, 3, 3, 27, 3, 96, 192, 384, 768), V1_ID ("small.fb_in1k")},
  {"base", ARCH (1, 3, 3, 27, 3, 128, 256, 512, 1024), V1_ID ("base.fb_in1k")},
  {"large", ARCH (1, 3, 3, 27, 3, 192, 384, 768, 1536), V1_ID ("large.fb_in1k")},
  {"xlarge", ARCH (1, 3, 3, 27, 3, 256, 512, 1024, 2048), V1_ID ("xlarge.fb_in22k_ft_in1k")},
  {"v2-atto", ARCH (2, 2, 2, 6, 2, 40, 80, 160, 320), V2_ID ("atto"), TRUE},
  {"v2-femto", ARCH (2, 2, 2, 6, 2, 48, 96, 192, 384), V2_ID ("femto"), TRUE},
  {"v2-pico", ARCH (2, 2, 2, 6, 2, 64, 128, 256, 512), V2_ID ("pico"), TRUE},
  {"v2-nano", ARCH (2, 2, 2, 8, 2, 80, 160, 320, 640), V2_ID ("nano"), TRUE},
  {"v2-tiny", ARCH (2, 3, 3, 9, 3, 96, 192, 384, 768), V2_ID ("tiny")},
  {"v2-base", ARCH (2, 3, 3, 27, 3, 128, 256, 512, 1024), V2_ID ("base")},
  {"v2-large", ARCH (2, 3, 3, 27, 3, 192, 384, 768, 1536), V2_ID ("large")},
  {"v2-huge", ARCH (2, 3, 3, 27, 3, 352, 704, 1408, 2816), V2_ID ("huge")},
  {NULL},
};

static const struct
{
  const char *short_name;
  const char *name;
} short_names[] = {
  {"a", "atto"}, {"f", "femto"}, {"p", "pico"}, {"n", "nano"}, {"t", "tiny"}, {"s", "small"},
  {"b", "base"}, {"l", "large"}, {"xl", "xlarge"}, {"x-large", "xlarge"}, {"h", "huge"},
};

/* What may stand before a size; longer spellings first. */
static const struct
{
  const char *spelling;
  const char *prefix;
} prefixes[] = {
  {"convnextv2-", "v2-"}, {"convnext-v2-", "v2-"}, {"convnext-", ""}, {"v2-", "v2-"},
};

const CnxVariant *
cnx_variants (void)
{
  return variants;
}

static const CnxVariant *
find_exact (const char *prefix, const char *size)
{
  for (const CnxVariant * variant = variants; variant->name; variant++) {
    if (g_str_has_prefix (variant->name, prefix)
        && strcmp (variant->name + strlen (prefix), size) == 0)
      return variant;
  }
  return NULL;
}

const CnxVariant *
cnx_variant_find (const char *name)
{
  g_autofree char *lower = NULL;
  const char *size, *prefix = "";

  if (!name)
    return NULL;
  lower = g_ascii_strdown (name, -1);
  g_strdelimit (lower, "_ ", '-');
  size = lower;
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++) {
    if (g_str_has_prefix (lower, prefixes[i].spelling)) {
      size = lower + strlen (prefixes[i].spelling);
      prefix = prefixes[i].prefix;
      break;
    }
  }
  for (guint i = 0; i < G_N_ELEMENTS (short_names); i++) {
    if (strcmp (size, short_names[i].short_name) == 0)
      return find_exact (prefix, short_names[i].name);
  }
  return find_exact (prefix, size);
}

char *
cnx_variant_timm_name (const CnxVariant * variant)
{
  if (variant->arch.version == 2)
    return g_strconcat ("convnextv2_", variant->name + strlen ("v2-"), NULL);
  return g_strconcat ("convnext_", variant->name, NULL);
}

char *
cnx_hub_url (const char *id, const char *file)
{
  return g_strdup_printf ("https://huggingface.co/%s/resolve/main/%s", id, file);
}

const CnxVariant *
cnx_variant_of (const CnxArch * arch)
{
  for (const CnxVariant * variant = variants; variant->name; variant++) {
    const CnxArch *other = &variant->arch;

    if (other->version == arch->version
        && memcmp (other->depths, arch->depths, sizeof arch->depths) == 0
        && memcmp (other->dims, arch->dims, sizeof arch->dims) == 0)
      return variant;
  }
  return NULL;
}

int
cnx_arch_kernel (const CnxArch * arch, int stage)
{
  return arch->kernels[stage] ? arch->kernels[stage] : CNX_KERNEL;
}

double
cnx_arch_norm_eps (const CnxArch * arch)
{
  return arch->norm_eps > 0 ? arch->norm_eps : CNX_NORM_EPS;
}

int
cnx_arch_features (const CnxArch * arch)
{
  if (arch->embedding > 0)
    return arch->embedding;
  return arch->hidden > 0 ? arch->hidden : arch->dims[CNX_STAGES - 1];
}

static int
nearest_side (int side)
{
  gint64 rounded = ((gint64) side + CNX_INPUT_MULTIPLE / 2) / CNX_INPUT_MULTIPLE;

  return CLAMP (rounded * CNX_INPUT_MULTIPLE, CNX_INPUT_MULTIPLE, MAX_SIDE);
}

gboolean
cnx_arch_check_input (int height, int width, GError ** error)
{
  int good_height = nearest_side (height), good_width = nearest_side (width);

  if (height == good_height && width == good_width)
    return TRUE;
  g_set_error (error, CNX_ERROR, CNX_ERROR_INPUT,
      "an input of %d x %d (width x height) cannot be used: both must be multiples of %d, "
      "up to %d; the nearest that works is %d x %d", width, height, CNX_INPUT_MULTIPLE,
      MAX_SIDE, good_width, good_height);
  return FALSE;
}
