/* Filter taps along one axis of a picture, as PIL's resize has them: the filter's support widened
 * by the shrink factor, cut at the picture's edges, and the weights normalised. Private to the
 * resampler. */
#pragma once

#include "core/model/recipe.h"

G_BEGIN_DECLS

/**
 * CnxAxis:
 * @first, @samples: the picture's are the source samples from @first on, up to @samples
 * @scale: source samples per pixel of the resized picture
 * @shift: added to a place, in source samples: where the picture begins, and where chroma is sited
 *
 * Pixel p of the resized picture has its centre at (p + 0.5) * scale + shift, source sample s
 * at s + 0.5.
 */
typedef struct
{
  int first, samples;
  double scale;
  double shift;
} CnxAxis;

/**
 * CnxTaps:
 * @count: pixels of the resized picture that have taps
 * @first, @end: source samples that any of them reads: first <= s < end
 * @starts: first source sample of each
 * @lengths: source samples that each reads
 * @pitch: floats in @weights per pixel
 * @weights: each weight @repeat times in a row (for samples that lie interleaved), then zeros
 */
typedef struct
{
  int count;
  int first, end;
  int *starts;
  int *lengths;
  int pitch;
  float *weights;
} CnxTaps;

/** Taps for pixels @first .. @first + @count - 1 of the resized picture; @pitch is a multiple of
 * @block. Free with cnx_taps_clear(). */
void cnx_taps_init (CnxTaps * taps, const CnxAxis * axis, CnxInterpolation interpolation, int first,
    int count, int repeat, int block);
void cnx_taps_clear (CnxTaps * taps);

G_END_DECLS
