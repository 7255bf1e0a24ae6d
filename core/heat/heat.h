/* Where in a picture a class was seen: its class activation map (Zhou et al., "Learning Deep Features for
 * Discriminative Localization", arXiv 1512.04150, section 2), through the final norm.
 *
 * A logit is W . z + b, with z = gamma * (g - mean (g)) / s + beta for LayerNorm, where g is the mean of the last
 * stage's rows f_p over its places p, the means inside are over channels, and s is what g is divided by. s is one
 * number a picture; all else is linear. So the logit is the mean over places of
 *
 *   W . gamma * (f_p - mean (f_p)) / s
 *
 * plus W . beta + b, which belong to no place. The other norms have no mean and no beta. Where the norm is before the
 * pooling each place has an s of its own.
 *
 * Nothing here allocates; all is thread-safe. */
#pragma once

#include "core/model/arch.h"

G_BEGIN_DECLS

/** Whether each place's share in a logit can be told. Errors: CNX_ERROR_MODEL without a classifier, or with a layer
 * between that is not linear. */
gboolean cnx_heat_check (const CnxArch * arch, GError ** error);

/** The places of a picture of @height x @width pixels. */
int cnx_heat_places (int height, int width);

/** What a class looks for in a row, for cnx_heat_map(): @weight is the class's row of the classifier, @norm_weight the
 * final norm's; both, and @direction, are as long as the last stage has channels. */
void cnx_heat_direction (const CnxArch * arch, const float *weight, const float *norm_weight, float *direction);

/** The map of one picture, 0 to 1 as cnx_heat_scale() has it. @eps: the final norm's; @rows: what the last stage gives,
 * @places x channels; @map: @places floats. */
void cnx_heat_map (const CnxArch * arch, double eps, const float *rows, int places, const float *direction, float *map);

/** What places add to a logit, to 0..1: what is below 0, and speaks against the class, becomes 0, and all is divided by
 * the largest. Zeros where nothing is above 0. */
void cnx_heat_scale (float *map, int places);

G_END_DECLS
