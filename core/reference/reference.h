/* The plain-C forward pass: one obvious function per operation, sums in double. The truth that every
 * kernel is checked against; never fast.
 *
 * Activations are NHWC floats. "rows" are pixels: a row holds the channels of one pixel. No function
 * allocates but those of the whole network; all are thread-safe. */
#pragma once

#include "core/model/model.h"
#include "core/model/precision.h"

G_BEGIN_DECLS

/** Non-overlapping patches: in (n, height, width, channels) to rows of patch * patch * channels values in the
 * order (ky, kx, channel); out has n * height/patch * width/patch rows. */
void cnx_reference_patchify (const float *in, int n, int height, int width, int channels, int patch, float *out);

/** Overlapping patches for a convolution of stride @step with zeros around the picture: as cnx_reference_patchify(),
 * but patches are @kernel high and wide and begin @padding before the picture, and out has
 * n * height/step * width/step rows of kernel * kernel * channels values. */
void cnx_reference_unfold (const float *in, int n, int height, int width, int channels, int kernel, int step,
    int padding, float *out);

/** out[r][o] = bias[o] + sum over k of in[r][k] * weight[o][k]; weight (outputs, inputs) row-major.
 * bias may be NULL. */
void cnx_reference_linear (const float *in, gsize rows, int inputs, int outputs, const float *weight,
    const float *bias, float *out);

/** The same in another precision (core/model/precision.h). @levels: of int8's inputs. What int8 gives is exact to the
 * last bit: for each group in order, out = fma (fma (sum of q * w, scale, low * sum of w), the weight's scale, out).
 * bf16 and fp16 round both operands and add up in double. */
void cnx_reference_linear_in (CnxPrecision precision, int levels, const float *in, gsize rows, int inputs,
    int outputs, const float *weight, const float *bias, float *out);

/** Depthwise convolution, @kernel odd, padding half of it: weight (channels, kernel, kernel), bias (channels) or NULL;
 * in and out (n, height, width, channels). */
void cnx_reference_depthwise (const float *in, int n, int height, int width, int channels, int kernel,
    const float *weight, const float *bias, float *out);

/** Layer normalisation of each row over its channels: (x - mean) / sqrt (variance + eps) * weight + bias.
 * In place is allowed. */
void cnx_reference_layer_norm (const float *in, gsize rows, int channels, const float *weight, const float *bias,
    double eps, float *out);

/** The same for any kind of norm; @bias is CNX_NORM_LAYER's alone. */
void cnx_reference_norm (CnxNorm norm, const float *in, gsize rows, int channels, const float *weight,
    const float *bias, double eps, float *out);

/** In place. */
void cnx_reference_activate (CnxActivation activation, float *x, gsize count);

/** Global response normalisation over each picture (ConvNeXt V2, section 3.2), in place:
 * x is (n, pixels, channels). */
void cnx_reference_grn (float *x, int n, int pixels, int channels, const float *weight, const float *bias);

/** x[r][c] += y[r][c] * scale[c]; scale NULL means 1. */
void cnx_reference_scale_add (float *x, const float *y, gsize rows, int channels, const float *scale);

/** Mean over pixels: in (n, pixels, channels), out (n, channels). */
void cnx_reference_pool (const float *in, int n, int pixels, int channels, float *out);

/** The whole network. in: (n, height, width, 3), normalised; logits: (n, classes).
 * Errors: CNX_ERROR_INPUT for a size that is no multiple of 32, CNX_ERROR_MODEL without a classifier; CNX_ERROR_NUMBERS
 * where a logit is not finite, and all of them are written. */
gboolean cnx_reference_forward (CnxModel * model, const float *in, int n, int height, int width,
    float *logits, GError ** error);

/** The same with the products in @precision that are not fp32 always, see core/model/precision.h. */
gboolean cnx_reference_forward_in (CnxModel * model, CnxPrecision precision, int levels, const float *in, int n,
    int height, int width, float *logits, GError ** error);

/** What the classifier reads: the last stage averaged over each picture's pixels, then the final norm (or the other way
 * round), the hidden layer and the embedding where there are such. features: (n, cnx_arch_features()). A model needs no
 * classifier for them; else as above. */
gboolean cnx_reference_features_in (CnxModel * model, CnxPrecision precision, int levels, const float *in, int n,
    int height, int width, float *features, GError ** error);

/** What the last stage gives, @last: (n, height/32, width/32, channels). Errors as above. */
gboolean cnx_reference_last_in (CnxModel * model, CnxPrecision precision, int levels, const float *in, int n,
    int height, int width, float *last, GError ** error);

/** What each place of @last, @n pictures of @places rows that the last stage gave, adds to the logit of class @id:
 * shares, (n, places). Their mean over a picture, and what the final norm's bias and the classifier's give beside it,
 * are the logit (core/heat/heat.h). Errors: CNX_ERROR_MODEL as cnx_heat_check(). */
gboolean cnx_reference_shares (CnxModel * model, const float *last, int n, int places, int id, float *shares,
    GError ** error);

/** Where in each picture class @id was seen: maps, (n, height/32, width/32), which are those shares from 0 to 1, as
 * cnx_heat_scale() has it. Errors: both functions'. */
gboolean cnx_reference_heat_in (CnxModel * model, CnxPrecision precision, int levels, const float *in, int n,
    int height, int width, int id, float *maps, GError ** error);

G_END_DECLS
