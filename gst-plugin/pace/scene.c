#include "gst-plugin/pace/scene.h"

#include <math.h>
#include <string.h>

#define CELLS (CNX_SCENE_SIDE * CNX_SCENE_SIDE)

static const float luma[3] = { 0.299f, 0.587f, 0.114f };

/* Where the pixels of cell @i of a side of @length begin; a side shorter than the cells are many gives some of them the
 * same pixel. */
static int
begin_of (int i, int length)
{
  return (int) ((gint64) i * length / CNX_SCENE_SIDE);
}

static int
end_of (int i, int length)
{
  return MAX (begin_of (i, length) + 1, begin_of (i + 1, length));
}

/* The sum over @n pixels of what @weights make of each. */
static float
sum_row (const float *pixels, int n, const float weights[3])
{
  float sum = 0;

  for (int x = 0; x < n; x++, pixels += 3)
    sum += weights[0] * pixels[0] + weights[1] * pixels[1] + weights[2] * pixels[2];
  return sum;
}

void
cnx_scene_grey (const float *tensor, const CnxRecipe * recipe, float *grey)
{
  float weights[3], black = 0;

  for (int c = 0; c < 3; c++) { /* value = input * std + mean */
    weights[c] = luma[c] * recipe->std[c];
    black += luma[c] * recipe->mean[c];
  }
  for (int i = 0; i < CELLS; i++) {
    const int row = i / CNX_SCENE_SIDE, column = i % CNX_SCENE_SIDE;
    const int top = begin_of (row, recipe->height), bottom = end_of (row, recipe->height);
    const int left = begin_of (column, recipe->width), right = end_of (column, recipe->width);
    float sum = 0;

    for (int y = top; y < bottom; y++)
      sum += sum_row (tensor + 3 * ((gsize) y * recipe->width + left), right - left, weights);
    grey[i] = black + sum / ((bottom - top) * (right - left));
  }
}

double
cnx_scene_difference (const float *a, const float *b)
{
  double sum = 0;

  for (int i = 0; i < CELLS; i++)
    sum += fabs ((double) a[i] - b[i]);
  return sum / CELLS;
}

static gboolean
has_settled (const CnxScene * self, const CnxSceneRule * rule, guint64 now)
{
  return rule->settles == 0 || (now != G_MAXUINT64 && now >= self->since && now - self->since >= rule->settles);
}

gboolean
cnx_scene_looks (const CnxSceneRule * rule)
{
  return rule->threshold > 0 || rule->cut > 0;  /* nor where one is no number */
}

CnxSceneAnswer
cnx_scene_judge (CnxScene * self, const CnxSceneRule * rule, guint64 now, const float *tensor,
    const CnxRecipe * recipe)
{
  float grey[CELLS];

  if (!cnx_scene_looks (rule)) {        /* what is classified now is not looked at */
    cnx_scene_forget (self);
    return CNX_SCENE_CHANGES;
  }
  cnx_scene_grey (tensor, recipe, grey);
  const double difference = self->known ? cnx_scene_difference (self->grey, grey) : 0;
  const gboolean same = self->known && self->asked == rule->asked && !rule->unanswered && difference < rule->threshold;
  if (same && has_settled (self, rule, now))
    return CNX_SCENE_STANDS;
  if (!same || now < self->since)       /* time may go back, and be known later */
    self->since = now;
  memcpy (self->grey, grey, sizeof grey);
  self->known = TRUE;
  self->asked = rule->asked;
  return rule->cut > 0 && difference > rule->cut ? CNX_SCENE_CUTS : CNX_SCENE_CHANGES;
}

void
cnx_scene_forget (CnxScene * self)
{
  self->known = FALSE;
}
