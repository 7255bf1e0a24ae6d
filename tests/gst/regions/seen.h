/* What the tests of regions share: frames with marks, and what rides on them. */
#pragma once

#include "tests/gst/elements.h"

G_BEGIN_DECLS

#define CNX_TEST_MOST_SEEN 32
#define CNX_TEST_SEEN_LABELS 3

/** A region as the list has it. */
typedef struct
{
  GstVideoRectangle box;
  gint64 id;
  char kind[32];
  GstClockTime running_time;
  guint n;                      /* labels; of the first few the others tell */
  int ids[CNX_TEST_SEEN_LABELS];
  char first[32];               /* label, or "" */
  double confidences[CNX_TEST_SEEN_LABELS];
} CnxTestRegion;

/** What rides on a buffer. */
typedef struct
{
  guint metas;                  /* classifications that list regions */
  guint others;                 /* and that do not */
  GstClockTime running_time;
  int width, height;            /* of the frame that they are of */
  guint n;
  CnxTestRegion regions[CNX_TEST_MOST_SEEN];
} CnxTestSeen;

/** Of @buffer, which it takes. */
CnxTestSeen cnx_test_seen (GstBuffer * buffer);

/** Marks a region, tracked by @id unless that is 0, on @buffer, and returns the meta. */
GstVideoRegionOfInterestMeta *cnx_test_mark (GstBuffer * buffer, const char *kind, int id,
    const GstVideoRectangle * box);

G_END_DECLS
