/* What is inside a resampler, for resample.c and for opencl/frame.c, which runs the same taps and matrices on a
 * device. */
#pragma once

#include "core/picture/resample.h"
#include "core/picture/resample_loops.h"
#include "core/picture/resample_taps.h"

G_BEGIN_DECLS

#define CNX_RESAMPLE_PLANES 3
#define CNX_RESAMPLE_READERS 2
#define CNX_NO_LANE -1

/** How the samples of a row of bytes are read: every @step bytes, over @chroma's grid or luma's, the
 * byte at lanes[c] of each step being channel c (R G B, or Y U V), or CNX_NO_LANE. */
typedef struct
{
  int step;
  gboolean chroma;
  int lanes[3];
} CnxResampleRead;

/** A read with its taps, whose starts count floats of the shrunk row. */
typedef struct
{
  CnxResampleRead read;
  CnxTaps taps;
} CnxResampleReader;

/**
 * CnxResamplePlane:
 * @plane: which of CnxFramePlanes
 * @first_byte, @n_bytes: of each row, that its readers need
 * @taps: from top to bottom
 */
typedef struct
{
  int plane;
  int first_byte, n_bytes;
  CnxTaps taps;
  int n_readers;
  CnxResampleReader readers[CNX_RESAMPLE_READERS];
} CnxResamplePlane;

struct _CnxResampler
{
  CnxRecipe recipe;
  const CnxResampleLoops *loops;
  gboolean yuv;
  int n_planes;
  CnxResamplePlane planes[CNX_RESAMPLE_PLANES];
  /* The part of the input that the picture covers: the rest is padding. */
  int left, right, top, bottom;
  CnxCovered covered;
  float pad[3];
  /* value = sum over k of matrix[c][k] * channel k + matrix[c][3]: R G B in 0..255. */
  float matrix[3][4];
  /* input = level * scale + offset, by cnx_resample_normalise() */
  float scale[3], offset[3];
  float *row;                   /* bytes shrunk from top to bottom, with zeros behind them */
  float *lanes;                 /* CNX_MAX_STEP rows of covered pixels */
  float *channels[3];           /* a row of covered pixels each */
};

/** A channel that no plane holds (grey's chroma) stays at its middle. */
#define CNX_RESAMPLE_MIDDLE 128.0f

/** A whole 8-bit level to the network's input. */
static inline float
cnx_resample_normalise (float level, float scale, float offset)
{
  return level * scale + offset;
}

G_END_DECLS
