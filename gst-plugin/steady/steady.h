/* Labels that do not flicker: confidences are averaged over time, of all classes and not of the few that are shown, and
 * a first label stays first until another leads it clearly. Arithmetic alone: it knows of no element and no clock. */
#pragma once

#include "core/model/labels.h"

G_BEGIN_DECLS

/**
 * CnxSteady:
 * @average: of each class's confidence, owned; NULL until one was asked for
 * @averaged: whether there is something in it
 * @timed, @time: the running time (ns) of the last frame that had one, if any had
 * @step: how long (ns) that was after the one before it; 0: not known
 * @stands, @standing: the class that is first, if one is
 *
 * What one stream's frames have said so far. All zero is nothing. For one thread at a time.
 */
typedef struct
{
  double *average;
  gboolean averaged;
  gboolean timed;
  guint64 time;
  double step;
  gboolean stands;
  int standing;
} CnxSteady;

/** Forgets what frames have said: the next one counts alone, and its first label stands. */
void cnx_steady_reset (CnxSteady * steady);

/** Frees what it owns and leaves it all zero. */
void cnx_steady_clear (CnxSteady * steady);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CnxSteady, cnx_steady_clear)

/**
 * cnx_steady_smooth:
 * @confidences: of all @classes, of which there are as many at each call; averaged in place
 * @running_time: of their frame, ns; G_MAXUINT64 if unknown
 * @time_constant: ns; 0: no average, and what there is of one is forgotten
 *
 * An exponential average: what was said before counts exp (-step / @time_constant), these confidences the rest, where
 * step is the running time since the frame before. So a long gap forgets by itself, and frames that come irregularly,
 * or are not all classified, count for the time that they stand for. The first frame is its own average. One without a
 * running time, or with that of the one before, is taken to be as far away as the last two were from each other, and
 * counts alone until that is known. A time that goes back is another place in the stream: everything begins anew.
 *
 * Errors: CNX_ERROR_INPUT where there is no memory.
 */
gboolean cnx_steady_smooth (CnxSteady * steady, float *confidences, int classes, guint64 running_time,
    guint64 time_constant, GError ** error);

/**
 * cnx_steady_top_k:
 * @hysteresis: 0..1, how much a new first label must lead the standing one by; 0: the highest is first
 *
 * As cnx_labels_best(), but the label that stands comes first, with the confidence that it has, until another leads it
 * by @hysteresis or it has fallen below @threshold by more than @hysteresis: so one that wavers about the threshold
 * does not come and go either. The highest stands then, if it has at least @threshold.
 */
guint cnx_steady_top_k (CnxSteady * steady, const float *confidences, int classes, guint k, float threshold,
    double hysteresis, CnxLabel * out);

G_END_DECLS
