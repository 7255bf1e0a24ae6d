/* Video frames to the network's input, by a recipe: the filter of PIL's resize (its support widened
 * by the shrink factor), reading only the rows and columns that the crop needs, straight from NV12,
 * I420, YUY2 or 8-bit RGB; colour conversion in float at the small size, then (value / 255
 * - mean) / std.
 *
 * A CnxResampler holds the filter taps for one frame format and one recipe. */
#pragma once

#include "core/model/recipe.h"

G_BEGIN_DECLS

typedef enum
{
  CNX_PIXELS_NV12,              /* planes: Y, interleaved UV at half size */
  CNX_PIXELS_I420,              /* planes: Y, U, V */
  CNX_PIXELS_YUY2,              /* one plane: Y U Y V */
  CNX_PIXELS_RGB,               /* one plane, as the bytes lie in memory, and so below */
  CNX_PIXELS_BGR,
  CNX_PIXELS_RGBX,              /* and RGBA: the fourth byte is not read */
  CNX_PIXELS_BGRX,
  CNX_PIXELS_XRGB,
  CNX_PIXELS_XBGR,
  CNX_PIXELS_GRAY8,
} CnxPixelFormat;

/**
 * CnxWhole:
 * @width, @height: of the whole picture, in its own pixels; 0 where the frame is the whole
 * @x, @y: where it begins in the frame, in the frame's pixels
 * @across, @down: how many of the frame's pixels it takes up
 *
 * What a reduced frame stands for. Of a row of 3,001 pixels a decoder that averages blocks of eight makes 375, which
 * lack an eighth at the end (at the beginning, where the picture was turned since), or 376, which go beyond it.
 */
typedef struct
{
  int width, height;
  double x, y, across, down;
} CnxWhole;

/**
 * CnxFrameFormat:
 * @width, @height: luma pixels
 * @pixels: layout
 * @kr, @kb: luma weights of red and blue: 0.299/0.114 for BT.601, 0.2126/0.0722 for BT.709; unused
 *   for RGB and GRAY8
 * @full_range: luma is 0..255 and not 16..235
 * @chroma_left: chroma samples sit at the left luma column (MPEG-2, the usual) and not between two
 * @chroma_top: chroma samples sit at the upper luma row and not between two
 * @par_n, @par_d: pixel aspect ratio; a picture is resized as if widened by par_n / par_d first
 * @whole: the picture that the recipe is applied to; {0}: the frame
 * @skip_x, @skip_y: pixels of each row, and rows, that lie before the frame's, 0 or 1: it begins within a chroma
 *   sample, and planes with that sample
 *
 * A plain value; compare field by field.
 */
typedef struct
{
  int width, height;
  CnxPixelFormat pixels;
  double kr, kb;
  gboolean full_range;
  gboolean chroma_left, chroma_top;
  int par_n, par_d;
  CnxWhole whole;
  int skip_x, skip_y;
} CnxFrameFormat;

/** Pixels of a frame's side, at most. What it stands for may be larger. */
#define CNX_FRAME_MAX_SIDE 32768

/** Planes and their strides in bytes (any sign, any padding). */
typedef struct
{
  const guint8 *planes[3];
  int strides[3];
} CnxFramePlanes;

typedef struct _CnxResampler CnxResampler;

/** Errors: CNX_ERROR_INPUT for a size, an aspect ratio or a whole that cannot be used. Free with
 * cnx_resampler_free(). */
CnxResampler *cnx_resampler_new (const CnxFrameFormat * format, const CnxRecipe * recipe,
    GError ** error);
void cnx_resampler_free (CnxResampler * resampler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxResampler, cnx_resampler_free)

/**
 * CnxCovered:
 * @x, @y, @width, @height: in the frame's pixels; beyond the frame where it is padded
 *
 * Where the network's input lies in a frame.
 */
typedef struct
{
  double x, y, width, height;
} CnxCovered;

CnxCovered cnx_resampler_covered (const CnxResampler * resampler);

/** Resamples one frame into @out: height x width x 3 floats (HWC, R G B), normalised by the recipe.
 * Values are rounded to whole 8-bit levels before the normalisation, as the references do.
 * One thread at a time per resampler; allocates nothing. */
void cnx_resampler_run (CnxResampler * resampler, const CnxFramePlanes * frame, float *out);

G_END_DECLS
