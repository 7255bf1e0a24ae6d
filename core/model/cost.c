#include "core/model/cost.h"

#include <string.h>

#include "core/model/naming.h"

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

/* One block: depthwise, C -> 4C, 4C -> C, for each pixel. */
static guint64
block_macs (guint64 pixels, guint64 channels, guint64 kernel)
{
  return pixels * (kernel * kernel * channels + 2 * 4 * channels * channels);
}

/* For each pixel of the first stage's. */
static guint64
stem_macs (const CnxArch * arch)
{
  if (arch->stem == CNX_STEM_PATCH)
    return 3 * 4 * 4 * (guint64) arch->dims[0];
  /* the first convolution's pixels are four times as many */
  return 3 * 3 * (guint64) arch->stem_dim * (4 * 3 + arch->dims[0]);
}

static guint64
head_macs (const CnxArch * arch)
{
  const guint64 last = arch->dims[CNX_STAGES - 1], hidden = arch->hidden;

  return last * hidden + (hidden ? hidden : last) * (arch->classes + arch->embedding);
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
  cost->macs = cost->blocks * block_macs (pixels, channels, cnx_arch_kernel (arch, stage));
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
  stem->macs = (guint64) stem->height * stem->width * stem_macs (arch);
  head->height = head->width = 1;
  head->channels = arch->classes > 0 ? arch->classes : cnx_arch_features (arch);
  head->macs = head_macs (arch);
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
