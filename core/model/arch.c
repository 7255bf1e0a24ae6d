#include "core/model/arch.h"

#include <string.h>

#include "core/error.h"
#include "core/model/naming.h"

#define MAX_SIDE 4096

#define ARCH(version_, d0, d1, d2, d3, c0, c1, c2, c3) \
  { .version = version_, .depths = { d0, d1, d2, d3 }, .dims = { c0, c1, c2, c3 }, .classes = 1000 }
#define V1_ID(id) "timm/convnext_" id
#define V2_ID(name) "timm/convnextv2_" name ".fcmae_ft_in1k"

/* The smaller V1 sizes are timm's; theirs with plain, non-overlapping stems are named. */
static const CnxVariant variants[] = {
  {"atto", ARCH (1, 2, 2, 6, 2, 40, 80, 160, 320), V1_ID ("atto.d2_in1k")},
  {"femto", ARCH (1, 2, 2, 6, 2, 48, 96, 192, 384), V1_ID ("femto.d1_in1k")},
  {"pico", ARCH (1, 2, 2, 6, 2, 64, 128, 256, 512), V1_ID ("pico.d1_in1k")},
  {"nano", ARCH (1, 2, 2, 8, 2, 80, 160, 320, 640), V1_ID ("nano.d1h_in1k")},
  {"tiny", ARCH (1, 3, 3, 9, 3, 96, 192, 384, 768), V1_ID ("tiny.fb_in1k")},
  {"small", ARCH (1, 3, 3, 27, 3, 96, 192, 384, 768), V1_ID ("small.fb_in1k")},
  {"base", ARCH (1, 3, 3, 27, 3, 128, 256, 512, 1024), V1_ID ("base.fb_in1k")},
  {"large", ARCH (1, 3, 3, 27, 3, 192, 384, 768, 1536), V1_ID ("large.fb_in1k")},
  {"xlarge", ARCH (1, 3, 3, 27, 3, 256, 512, 1024, 2048), V1_ID ("xlarge.fb_in22k_ft_in1k")},
  {"v2-atto", ARCH (2, 2, 2, 6, 2, 40, 80, 160, 320), V2_ID ("atto")},
  {"v2-femto", ARCH (2, 2, 2, 6, 2, 48, 96, 192, 384), V2_ID ("femto")},
  {"v2-pico", ARCH (2, 2, 2, 6, 2, 64, 128, 256, 512), V2_ID ("pico")},
  {"v2-nano", ARCH (2, 2, 2, 8, 2, 80, 160, 320, 640), V2_ID ("nano")},
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

/* ---- costs ---- */

static CnxPart
part_of (CnxRole role, int stage)
{
  if (cnx_role_is_per_stage (role))
    return CNX_PART_STAGE + stage;
  return role < CNX_ROLE_FINAL_NORM_WEIGHT ? CNX_PART_STEM : CNX_PART_HEAD;
}

static void
add_count (CnxRole role, int stage, int block, int n_dims, const gint64 * dims, gpointer user_data)
{
  CnxPartCost *costs = user_data;

  costs[part_of (role, stage)].parameters += (guint64) dims[0] * dims[1] * dims[2] * dims[3];
}

/* One block: 7x7 depthwise, C -> 4C, 4C -> C, for each pixel. */
static guint64
block_macs (guint64 pixels, guint64 channels)
{
  return pixels * (49 * channels + 2 * 4 * channels * channels);
}

/* What @stage puts out and takes, for an input of @height x @width; the parameters are counted already. */
static void
set_stage (const CnxArch * arch, int stage, int height, int width, CnxPartCost * cost)
{
  const guint64 channels = arch->dims[stage];

  cost->height = height / (4 << stage);
  cost->width = width / (4 << stage);
  cost->channels = arch->dims[stage];
  cost->blocks = arch->depths[stage];
  const guint64 pixels = (guint64) cost->height * cost->width;
  cost->macs = cost->blocks * block_macs (pixels, channels);
  if (stage > 0)
    cost->macs += pixels * 4 * arch->dims[stage - 1] * channels;
}

void
cnx_arch_costs (const CnxArch * arch, int height, int width, CnxPartCost costs[CNX_N_PARTS])
{
  CnxPartCost *stem = &costs[CNX_PART_STEM], *head = &costs[CNX_PART_HEAD];

  memset (costs, 0, CNX_N_PARTS * sizeof costs[0]);
  cnx_arch_foreach_tensor (arch, add_count, costs);
  for (int stage = 0; stage < CNX_STAGES; stage++)
    set_stage (arch, stage, height, width, &costs[CNX_PART_STAGE + stage]);

  stem->height = height / 4;
  stem->width = width / 4;
  stem->channels = arch->dims[0];
  stem->macs = (guint64) stem->height * stem->width * 3 * 4 * 4 * arch->dims[0];
  head->height = head->width = 1;
  head->channels = arch->classes > 0 ? arch->classes : arch->dims[CNX_STAGES - 1];
  head->macs = (guint64) arch->dims[CNX_STAGES - 1] * arch->classes;
}

const char *
cnx_part_name (CnxPart part)
{
  static const char *const names[CNX_N_PARTS] = { "stem", "stage 1", "stage 2", "stage 3", "stage 4", "head" };

  return names[part];
}

/* Of all parts. */
static CnxPartCost
sum_costs (const CnxArch * arch, int height, int width)
{
  CnxPartCost costs[CNX_N_PARTS], sum = { 0 };

  cnx_arch_costs (arch, height, width, costs);
  for (int part = 0; part < CNX_N_PARTS; part++) {
    sum.parameters += costs[part].parameters;
    sum.macs += costs[part].macs;
  }
  return sum;
}

guint64
cnx_arch_parameters (const CnxArch * arch)
{
  return sum_costs (arch, CNX_INPUT_MULTIPLE, CNX_INPUT_MULTIPLE).parameters;
}

guint64
cnx_arch_macs (const CnxArch * arch, int height, int width)
{
  return sum_costs (arch, height, width).macs;
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
