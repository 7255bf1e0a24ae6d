/* The precisions that the products of a network run in: how a weight and a product's input are held, and the
 * arithmetic of int8 down to the last bit. Sums are fp32 always, and so is everything that is no product. The stem and
 * the classifier stay fp32, and in int8 the downsamples: a twentieth of the work, and half of what int8 costs.
 *
 * int8 is dynamic: nothing is calibrated.
 * - A weight's row (one output channel) has one scale. Its values are -127 .. 127, and the magnitudes of values
 *   0, 1, 4, 5 and 2, 3, 6, 7 of every aligned eight add up to at most CNX_INT8_FOUR: with inputs of 7 bits four
 *   products then fit 16 bits, which is what AVX2 adds up in. That costs a trained row next to nothing of its scale.
 * - A product's input is cut into groups of CNX_INT8_GROUP values of one row, each with a scale and a low end:
 *   x = scale * q + low, q from 0 to `levels` (127 where the device adds in 16 bits, 255 elsewhere). Zero is within. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CNX_PRECISION_AUTO,
  CNX_PRECISION_FP32,
  CNX_PRECISION_FP16,
  CNX_PRECISION_BF16,
  CNX_PRECISION_INT8,
} CnxPrecision;

#define CNX_INT8_GROUP 256
#define CNX_INT8_FOUR 258
/** A group whose values lie closer together, and a row of weights that are all smaller, count as one value. */
#define CNX_INT8_LEAST 1e-36f

/** "fp32". Static. */
const char *cnx_precision_name (CnxPrecision precision);
/** The precision called @name, in any case; NULL and "" are auto. Errors: CNX_ERROR_INPUT, which names them all. */
gboolean cnx_precision_parse (const char *name, CnxPrecision * precision, GError ** error);

/** What the downsamples run in where the blocks run in @precision (not auto). */
CnxPrecision cnx_precision_of_downsamples (CnxPrecision precision);

/** One row of a weight: @count values to @out; returns the scale, 0 for a row of zeros. */
float cnx_int8_weight (const float *row, int count, gint8 * out);
/** One group of a product's input, @count values (at most CNX_INT8_GROUP). Scales are NaN where a value is not finite,
 * here and above, so that nothing finite comes of it. */
void cnx_int8_group (const float *in, int count, int levels, guint8 * out, float *scale, float *low);

G_END_DECLS
