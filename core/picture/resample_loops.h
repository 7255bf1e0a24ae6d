/* The two inner loops of the resampler, for the CPU at hand. Private to the resampler.
 *
 * A picture is first shrunk from top to bottom, whole rows of bytes times a weight, which is
 * contiguous whatever the bytes mean, and then from left to right on the few rows that are left. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Floats that the second loop reads at a time, where samples lie @step bytes apart: a whole number
 * of vectors and of samples. */
#define CNX_COLUMNS_BLOCK(step) ((step) == 3 ? 24 : 8)
#define CNX_MAX_STEP 4

/**
 * CnxResampleLoops:
 * @rows: out[c] = sum over t < @taps of weights[t] * in[t * stride + c], for c < @count; reads
 *   those bytes only
 * @columns: sums of products over interleaved samples: for pixel i < @count and lane l < @step,
 *   out[l * count + i] = sum over k = l, l + step, ... < @pitch of weights[i * pitch + k]
 *   * in[starts[i] + k].
 *   step is 1 .. CNX_MAX_STEP, pitch a multiple of CNX_COLUMNS_BLOCK (step).
 */
typedef struct
{
  void (*rows) (const guint8 * in, gssize stride, const float *weights, int taps, int count,
      float *out);
  void (*columns) (const float *in, const int *starts, const float *weights, int pitch, int step,
      int count, float *out);
} CnxResampleLoops;

/** The loops that every CPU runs: what the others are checked against. Static; thread-safe. */
const CnxResampleLoops *cnx_resample_loops_plain (void);

/** The fastest loops that this CPU runs. Static; thread-safe. */
const CnxResampleLoops *cnx_resample_loops (void);

G_END_DECLS
