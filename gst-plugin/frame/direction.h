/* How a frame that lies is turned upright: the eight ways that GStreamer knows. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/**
 * CnxDirection:
 * @swaps: what is upright is as wide as what lies is high
 * @row_from_end, @column_from_end: which of its ends rows and columns are counted from
 *
 * Row y and column x of what is upright is row y and column x of what lies, or with @swaps row x and column y, counted
 * from the end where that is said. A plain value.
 */
typedef struct
{
  gboolean swaps, row_from_end, column_from_end;
} CnxDirection;

/** auto and custom: as it is. */
CnxDirection cnx_direction_of (GstVideoOrientationMethod method);

/** Where, in what lies, @width x @height, the pixel at @x, @y of what is upright is. */
static inline void
cnx_direction_find (const CnxDirection * direction, int width, int height, int x, int y, int *column, int *row)
{
  *row = direction->swaps ? x : y;
  *column = direction->swaps ? y : x;
  if (direction->row_from_end)
    *row = height - 1 - *row;
  if (direction->column_from_end)
    *column = width - 1 - *column;
}

G_END_DECLS
