/* One element's use of an engine: it classifies tensors, at once or on a worker thread with one slot.
 *
 * The slot is the network's input tensor, or what the device makes it of. Whoever wants a frame classified
 * claims it, fills it, and either runs it at once or submits it to the worker; it is free again when that
 * forward pass is done. So no frame waits in a queue, and what the worker starts on is the newest frame that
 * there is.
 *
 * One thread claims, runs, submits and takes (an element's streaming thread); the worker is the other. What others may
 * call says so. */
#pragma once

#include "gst-plugin/engine/engine.h"
#include "gst-plugin/engine/result.h"
#include "gst-plugin/frame/framein.h"
#include "gst-plugin/heat/heater.h"
#include "gst-plugin/steady/steady.h"
#include "opencl/frame.h"

G_BEGIN_DECLS

typedef struct _CnxClassifier CnxClassifier;

/**
 * CnxClassifyRequest:
 * @running_time: of the frame, for its result
 * @top_k: at most so many labels
 * @threshold: with at least this confidence; below 0: with what cnx_model_threshold() has for the model
 * @smoothing: the time constant (ns) of cnx_steady_smooth(); 0: off
 * @hysteresis: that of cnx_steady_top_k(); 0: off
 * @batch_timeout: the patience (us) of cnx_engine_forward() and cnx_engine_forward_several()
 * @parts: what the tensors are of, after cnx_classifier_widen(): one for each part without labels, in their order, at
 *   least one. The result has them, labelled, and nobody else writes to them. Neither smoothing nor hysteresis is for
 *   them. NULL: there is one, of the frame
 * @width, @height: of the frame in whose pixels @parts are
 * @heat: whether there is to be a heat map, for a model that gives one
 */
typedef struct
{
  guint64 running_time;
  guint top_k;
  float threshold;
  guint64 smoothing;
  double hysteresis;
  guint batch_timeout;
  GPtrArray *parts;
  int width, height;
  CnxHeatWish heat;
} CnxClassifyRequest;

/** Keeps a reference to @engine. Errors: CNX_ERROR_INPUT where there is no memory. Free with cnx_classifier_unref(). */
CnxClassifier *cnx_classifier_new (CnxEngine * engine, GError ** error);

CnxClassifier *cnx_classifier_ref (CnxClassifier * classifier);
/** The last one is cnx_classifier_stop(), and frees everything. */
void cnx_classifier_unref (CnxClassifier * classifier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxClassifier, cnx_classifier_unref)

/** Owned by the classifier. */
CnxEngine *cnx_classifier_engine (CnxClassifier * classifier);
/** As cnx_engine_model(). */
CnxModel *cnx_classifier_model (CnxClassifier * classifier);

/** Claims the slot: a tensor of recipe height x width x 3 floats to fill. While somebody else has it: NULL,
 * or, with @wait, when it is free. What is claimed must be run, submitted or released. */
float *cnx_classifier_claim (CnxClassifier * classifier, gboolean wait);
void cnx_classifier_release (CnxClassifier * classifier);

/** Makes what is claimed a place for @n tensors, one behind the other, which are run as one batch. Whatever was in it
 * is gone. Errors: CNX_ERROR_INPUT where there is no memory, and it is as it was. */
float *cnx_classifier_widen (CnxClassifier * classifier, guint n, GError ** error);

/** Whether a pass could be run, of whatever is in the slot, to see how long it takes with that @batch_timeout: not
 * while somebody has the slot, nor with a device that fails. For any thread. */
gboolean cnx_classifier_try (CnxClassifier * classifier, guint batch_timeout);

/** Whether the slot may hold a packed frame instead: by itself where the device is not a CPU. */
gboolean cnx_classifier_takes_frames (CnxClassifier * classifier);
/** Whatever the device is: for tests. Errors: CNX_ERROR_DEVICE. */
gboolean cnx_classifier_set_takes_frames (CnxClassifier * classifier, gboolean takes, GError ** error);
/** The frame in @buffer, one of @info, to what is claimed, @slot: to the tensor @here, or, unless it must be that and
 * where that is less to carry, packed, for the device to make it. Errors: CNX_ERROR_INPUT. */
gboolean cnx_classifier_read (CnxClassifier * classifier, CnxFrameIn * frame_in, const GstVideoInfo * info,
    GstBuffer * buffer, float *slot, gboolean here, GError ** error);
/** Says that what is claimed now holds a frame packed by @plan, of which it keeps a reference, and not the tensor. */
void cnx_classifier_set_plan (CnxClassifier * classifier, CnxFramePlan * plan);
/** The plan of what is claimed or submitted; NULL: it is the tensor. */
CnxFramePlan *cnx_classifier_plan (CnxClassifier * classifier);

/** Classifies the claimed tensor now, and forgets what the worker found before. NULL and the error of
 * cnx_engine_forward() on failure. */
CnxResult *cnx_classifier_run (CnxClassifier * classifier, const CnxClassifyRequest * request,
    GError ** error);

/** Hands the claimed tensor to the worker, which is started if need be. FALSE and an error of G_THREAD_ERROR
 * when it cannot be. */
gboolean cnx_classifier_submit (CnxClassifier * classifier, const CnxClassifyRequest * request,
    GError ** error);

/** The same of a frame that the worker is to read first, as cnx_classifier_read() does it: until the slot is free again
 * @buffer and @frame_in are its. A frame that cannot be read is a pass that failed, of GST_STREAM_ERROR_FORMAT. */
gboolean cnx_classifier_submit_frame (CnxClassifier * classifier, const CnxClassifyRequest * request,
    CnxFrameIn * frame_in, const GstVideoInfo * info, GstBuffer * buffer, GError ** error);

/** What the worker finished since the last call, once: a result, or NULL and @error set for a pass that
 * failed, or NULL alone. With @error NULL a failure is left for the next call. */
CnxResult *cnx_classifier_take (CnxClassifier * classifier, GError ** error);

/** A pass of the worker's is done: either @result, or @error where it failed. */
typedef void (*CnxFinishedFunc) (gpointer user_data, const CnxResult * result, const GError * error);

/** Has @finished called, on the worker's thread and without a lock, when a pass is done, before what it gave can be
 * taken and the slot is free. Not of results that were forgotten meanwhile. Call it before the first submit. */
void cnx_classifier_set_finished (CnxClassifier * classifier, CnxFinishedFunc finished, gpointer user_data);

/** Waits until the worker has nothing to do, what it had is forgotten, or @timeout (microseconds) is over. FALSE for
 * the last. */
gboolean cnx_classifier_drain (CnxClassifier * classifier, gint64 timeout);

/** Forgets what the worker found and what it is working on: no result of what was submitted before is taken after. A
 * failure is not forgotten, for it is the device's. Begins anew too. Does not wait; for any thread. */
void cnx_classifier_reset (CnxClassifier * classifier);

/** What is run or submitted from now on has nothing to do with the frames before: smoothing and hysteresis begin with
 * it. Results are not forgotten. Does not wait; for any thread. */
void cnx_classifier_begin_anew (CnxClassifier * classifier);

/** Nothing is run or submitted any more, and nothing said of what the worker is still at. Does not wait; for any
 * thread. */
void cnx_classifier_retire (CnxClassifier * classifier);

/** Resets, forgets a failure too, waits for the worker, ends its thread, and waits for another thread that has claimed
 * the slot; the next submit starts another worker. */
void cnx_classifier_stop (CnxClassifier * classifier);

/** One forward pass on the slot, @in, as cnx_engine_forward() does it. */
typedef gboolean (*CnxForwardFunc) (gpointer user_data, const float *in, float *logits,
    GError ** error);

/** Puts @forward in the network's place; NULL puts the network back. For tests: a slow or a failing device.
 * Call while nothing is claimed or submitted. */
void cnx_classifier_set_forward (CnxClassifier * classifier, CnxForwardFunc forward,
    gpointer user_data);

/** The network's own forward pass, for a @forward that wraps it; @user_data is the classifier. */
gboolean cnx_classifier_forward (gpointer user_data, const float *in, float *logits,
    GError ** error);

G_END_DECLS
