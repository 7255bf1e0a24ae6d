/* What `convnext` does with each frame: it is classified or passed over, and carries labels. */
#pragma once

#include "gst-plugin/carried.h"
#include "gst-plugin/heat/heatask.h"
#include "gst-plugin/latency.h"
#include "gst-plugin/mode.h"
#include "gst-plugin/pace/qos.h"
#include "gst-plugin/pace/scene.h"
#include "gst-plugin/regions/memory.h"
#include "gst-plugin/settings.h"
#include "gst-plugin/stats/stats.h"
#include "gst-plugin/teller.h"

G_BEGIN_DECLS

/**
 * CnxFlow:
 * @element: not owned
 * @classifier: the network that frames are given to; NULL until cnx_flow_set_classifier(). Others than the streaming
 *   thread have it from cnx_flow_ref_classifier()
 * @choice, @teller, @latency, @qos, @stats: each for any thread, as far as it says so
 * @frame_in: NULL until there are caps
 * @tagged: what the stream's tags say
 * @classified: what of the last frame was
 * @direction: how the last frame was turned
 * @news: results that came with this frame: the worker's, and its own; owned
 *
 * Its functions are for the streaming thread, or while there is none, but where they say otherwise.
 */
typedef struct
{
  GstElement *element;
  GMutex lock;                  /* guards that `classifier` is another, against other threads */
  CnxClassifier *classifier;
  CnxTeller teller;
  CnxLatency latency;
  CnxModeChoice choice;
  CnxQos qos;
  CnxStats stats;

  GstVideoInfo info;
  CnxFrameIn *frame_in;
  GstVideoOrientationMethod tagged;
  CnxCarried carried;
  CnxResult *news[2];
  CnxPace pace;
  CnxScene scene;
  CnxRegionMemory memory;
  InferenceRegion classified;
  GstVideoOrientationMethod direction;
  CnxHeatAsk heat;
} CnxFlow;

/**
 * CnxFlowTurn:
 * @request: what is asked of it
 * @waits: it waits for its own labels
 * @fate: CNX_FATE_CLASSIFIED: its turn has come
 *
 * What is to become of one frame.
 */
typedef struct
{
  CnxClassifyRequest request;
  gboolean waits;
  CnxFate fate;
} CnxFlowTurn;

void cnx_flow_init (CnxFlow * flow, GstElement * element);
void cnx_flow_clear (CnxFlow * flow);

/** Frames go to @classifier, which it takes, from now on; NULL: there is none any more. Waits for the one before. */
void cnx_flow_set_classifier (CnxFlow * flow, CnxClassifier * classifier);

/** The same between two frames, which are brought to @classifier's recipe from now on, and which have nothing to do
 * with those before, but carry what those gave. Does not wait for the one before: it is retired, and to be let go of
 * by the caller. Errors, after which nothing is changed and NULL is returned: those of cnx_frame_in_new(). */
CnxClassifier *cnx_flow_change_classifier (CnxFlow * flow, CnxClassifier * classifier, GError ** error);

/** The one that there is now, for any thread; NULL: none. Free with cnx_classifier_unref(). */
CnxClassifier *cnx_flow_ref_classifier (CnxFlow * flow);

/** cnx_classifier_reset() of that one. For any thread. */
void cnx_flow_reset (CnxFlow * flow);

/** Frames are as @caps say. FALSE after an error message, or for caps of something else. */
gboolean cnx_flow_set_caps (CnxFlow * flow, GstCaps * caps);

/** Another stream begins, of the id @stream; NULL: none does, and frames are of none. */
void cnx_flow_begin_stream (CnxFlow * flow, const char *stream);

/** The next frame has nothing to do with those before; it still carries what they gave. */
void cnx_flow_begin_anew (CnxFlow * flow);

/** The next frame has nothing to do with those before, and carries nothing of theirs. */
void cnx_flow_forget (CnxFlow * flow);

/** At the end of a stream its last frame still has a result, or its device has failed: waits for it, but not for
 * ever. */
void cnx_flow_drain (CnxFlow * flow);

/** Classifies @buffer, of that @running_time (GST_CLOCK_TIME_NONE if unknown), or passes it over, and adds labels to
 * it. After an error message: GST_FLOW_ERROR. */
GstFlowReturn cnx_flow_frame (CnxFlow * flow, GstBuffer * buffer, GstClockTime running_time,
    const CnxSettings * settings);

/* ---- for what does with frames the same in another way: regions/regionflow.c ---- */

/** Of a frame at @running_time; ask once of each. */
CnxFlowTurn cnx_flow_turn (CnxFlow * flow, GstClockTime running_time, const CnxSettings * settings);
/** Frames are read as they are upright, by the settings and the stream's tags, as cnx_flow_turn() found. */
void cnx_flow_turn_upright (CnxFlow * flow);
/** Claims the slot, for which a frame waits that is due and waits for its own labels, and brings what is carried up to
 * date: what the worker has finished, and nothing that is too old. @slot: what is claimed, or NULL where somebody has
 * it. FALSE where a pass has failed, which was told by then; nothing is claimed. */
gboolean cnx_flow_claim (CnxFlow * flow, const CnxFlowTurn * turn, const CnxSettings * settings, float **slot);
/** Runs what is claimed, by a buffer that has waited for it since @start (g_get_monotonic_time()), notes what it took,
 * and has buffers carry it from now on. Owned by @flow; NULL after an error message. */
CnxResult *cnx_flow_run (CnxFlow * flow, const CnxClassifyRequest * request, gint64 start);
/** A new result, which it takes: buffers carry it from now on. */
void cnx_flow_renew (CnxFlow * flow, CnxResult * result);
/** What became of the frame of the running time @now, and what it carries. */
void cnx_flow_note_frame (CnxFlow * flow, CnxFate fate, GstClockTime now, const CnxResult * carried);
/** Tells the signal's handlers what is new: last of all, for they may seek, and what is carried then is gone. */
void cnx_flow_tell_news (CnxFlow * flow);
/** Posts @error, of a pass, as an error message. */
GstFlowReturn cnx_flow_fail (CnxFlow * flow, const GError * error);
/** Posts a new result. For any thread. */
void cnx_flow_post (CnxFlow * flow, const CnxResult * result);

G_END_DECLS
