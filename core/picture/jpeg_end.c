#include "core/picture/jpeg_end.h"

#include <string.h>

/* Of a picture's rows so many may be missing: one of that many. */
#define MISSING_SHARE 16
#define GREY 128
#define MOST_COMPONENTS 4

/* The second bytes of markers: ITU-T T.81, table B.1. */
enum
{ SOF0 = 0xc0, SOF2 = 0xc2, SOF15 = 0xcf, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc, RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8,
  EOI = 0xd9, SOS = 0xda
};

/* What is found on the way through a file. */
typedef struct
{
  int frame;                    /* its marker; 0: there was none yet */
  int components;
  guint8 ids[MOST_COMPONENTS];
  guint64 exact[MOST_COMPONENTS];       /* of a component: the coefficients whose last bits have come, or begun to */
  gboolean ended;
} Walk;

static gboolean
is_frame (int marker)
{
  return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

/* B.2.2: after the length, precision, lines, samples, and of each component three bytes. */
static void
take_frame (Walk * walk, int marker, const guint8 * segment, gsize length)
{
  const int n = length >= 8 ? segment[7] : 0;

  if (n < 1 || n > MOST_COMPONENTS || length < 8 + 3 * (gsize) n)
    return;
  walk->frame = marker;
  walk->components = n;
  for (int i = 0; i < n; i++)
    walk->ids[i] = segment[8 + 3 * i];
}

/* B.2.3: the components, two bytes each, and which of their coefficients come, down to which bit. */
static void
take_scan (Walk * walk, const guint8 * segment, gsize length)
{
  const int n = length >= 3 ? segment[2] : 0;
  const guint8 *spectrum = segment + 3 + 2 * n;

  if (length < 6 + 2 * (gsize) n || spectrum[0] > spectrum[1] || spectrum[1] > 63 || (spectrum[2] & 15) != 0)
    return;
  for (int i = 0; i < n; i++)
    for (int c = 0; c < walk->components; c++)
      if (walk->ids[c] == segment[3 + 2 * i])
        for (int k = spectrum[0]; k <= spectrum[1]; k++)
          walk->exact[c] |= G_GUINT64_CONSTANT (1) << k;
}

/* The next marker's place from @at on, over what a scan codes; @size: there is none. */
static gsize
next_marker (const guint8 * bytes, gsize size, gsize at)
{
  for (; at + 1 < size; at++)
    if (bytes[at] == 0xff && bytes[at + 1] != 0 && bytes[at + 1] != 0xff
        && !(bytes[at + 1] >= RST0 && bytes[at + 1] <= RST7))
      return at;
  return size;
}

static void
walk_through (Walk * walk, const guint8 * bytes, gsize size)
{
  gsize at = 2;

  while ((at = next_marker (bytes, size, at)) + 4 <= size || at + 2 == size) {
    const int marker = bytes[at + 1];
    walk->ended |= marker == EOI;
    if (marker == EOI || at + 4 > size)
      return;
    const gsize length = (gsize) bytes[at + 2] << 8 | bytes[at + 3];
    if (length < 2 || length > size - at - 2)
      return;
    if (is_frame (marker))
      take_frame (walk, marker, bytes + at + 2, length);
    else if (marker == SOS)
      take_scan (walk, bytes + at + 2, length);
    at += 2 + length;
  }
}

CnxJpegEnd
cnx_jpeg_end (const guint8 * bytes, gsize size)
{
  Walk walk = { 0 };

  if (size >= 2 && bytes[size - 2] == 0xff && bytes[size - 1] == EOI)
    return CNX_JPEG_ENDS;
  if (size == 2)
    return CNX_JPEG_LACKS_MUCH;
  if (size < 4 || bytes[0] != 0xff || bytes[1] != SOI)
    return CNX_JPEG_ENDS;
  walk_through (&walk, bytes, size);
  if (walk.ended)
    return CNX_JPEG_ENDS;
  if (walk.frame == 0 || walk.components == MOST_COMPONENTS)    /* what is missing of CMYK is not grey */
    return CNX_JPEG_LACKS_MUCH;
  if (walk.frame != SOF2)
    return CNX_JPEG_LACKS_ROWS;
  for (int c = 0; c < walk.components; c++)
    if (~walk.exact[c])
      return CNX_JPEG_LACKS_MUCH;
  return CNX_JPEG_LACKS_LITTLE;
}

static gboolean
is_grey (const guint8 * row, int width)
{
  for (int i = 0; i < 3 * width; i++)
    if (row[i] != GREY)
      return FALSE;
  return TRUE;
}

gboolean
cnx_jpeg_is_nearly_whole (const guint8 * pixels, int width, int height)
{
  const gsize row = 3 * (gsize) width;
  int missing = 0;

  while (missing < height && is_grey (pixels + (height - 1 - missing) * row, width))
    missing++;
  return missing <= height / MISSING_SHARE;
}
