/* What labeloverlay's tests share: labelled frames, and what of them it has drawn on. */
#pragma once

#include "tests/gst/elements.h"

G_BEGIN_DECLS

#define CNX_TEST_COMPOSITION_CAPS "video/x-raw(memory:SystemMemory,meta:GstVideoOverlayComposition)"

/** Of the pixels that differ; right and bottom exclusive; 0 for nothing. */
typedef struct
{
  int left, top, right, bottom;
} CnxTestBox;

/** Caps of 25 frames a second; @more is appended. Free with g_free(). */
char *cnx_test_caps (const char *format, int width, int height, const char *more);

/** A frame of @caps, of noise, with one label. */
GstBuffer *cnx_test_labelled (const char *caps, guint32 seed, const char *name, double confidence);

/** Both frames unpacked by GStreamer's own functions, line by line: the pixels that differ. */
CnxTestBox cnx_test_changes (GstBuffer * a, GstBuffer * b, const char *caps);

/** @in, drawn on by labeloverlay with @properties. */
GstBuffer *cnx_test_draw (const char *properties, const char *caps, GstBuffer * in);

/** A labeloverlay whose downstream draws compositions itself, so that a test sees which is on a frame. */
GstHarness *cnx_test_attaching (const char *properties, const char *caps);

G_END_DECLS
