/* An element under a harness, whose network's passes are counted and can be held up. One at a time. */
#pragma once

#include "gst-plugin/engine/classifier.h"
#include "tests/gst/elements.h"

G_BEGIN_DECLS

#define CNX_TEST_RIG_CAPS "video/x-raw,format=RGB,width=64,height=48,framerate=25/1"

typedef struct
{
  GstHarness *harness;
  GstElement *element;
  CnxClassifier *classifier;
} CnxTestRig;

/** The element of @line, with caps. No pass has been begun, none is held up. */
CnxTestRig cnx_test_rig (const char *line);
void cnx_test_rig_clear (CnxTestRig * rig);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CnxTestRig, cnx_test_rig_clear)

/** Passes begun so far. */
guint cnx_test_rig_passes (void);
/** Waits until so many are begun. */
void cnx_test_rig_await (guint passes);
/** Whether no pass gets on. */
void cnx_test_rig_hold (gboolean held);

/** The time of the frame whose labels @frame carries, which it takes; GST_CLOCK_TIME_NONE: it carries none. */
GstClockTime cnx_test_rig_push (CnxTestRig * rig, GstBuffer * frame);
/** The same of a frame at @time that looks like any other. */
GstClockTime cnx_test_rig_carried (CnxTestRig * rig, GstClockTime time);
/** @n such frames at @times carry the labels of those at @expected; each pass is done before the next frame comes. */
void cnx_test_rig_check (CnxTestRig * rig, guint n, const GstClockTime * times, const GstClockTime * expected);
/** Waits until the pass that was begun is done. */
void cnx_test_rig_drain (CnxTestRig * rig);

#define CNX_TEST_RIG_RESETS 3
/** After which nothing counts that was before. 0: a flush, 1: other caps, and the old ones again, 2: a new stream. */
void cnx_test_rig_reset (CnxTestRig * rig, guint kind);

/** A segment from @start to @stop (GST_CLOCK_TIME_NONE: open), before which running time has got to @base. */
void cnx_test_rig_segment (CnxTestRig * rig, GstClockTime start, GstClockTime stop, GstClockTime base);

G_END_DECLS
