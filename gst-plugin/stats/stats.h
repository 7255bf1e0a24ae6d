/* What an element has done since it was started, for who wants to look inside. */
#pragma once

#include "gst-plugin/engine/engine.h"
#include "gst-plugin/stats/histogram.h"

G_BEGIN_DECLS

/**
 * CnxFate:
 * @CNX_FATE_CLASSIFIED: it was classified, or is being so
 * @CNX_FATE_INTERVAL, @CNX_FATE_RATE: its turn had not come, by the interval or by the rate
 * @CNX_FATE_SCENE: it shows what the last one did
 * @CNX_FATE_BUSY: its turn had come, and the device had another
 * @CNX_FATE_LATE: it would have come too late
 * @CNX_FATE_KNOWN: all of its regions were classified before, or it has none
 *
 * What became of a frame.
 */
typedef enum
{
  CNX_FATE_CLASSIFIED,
  CNX_FATE_INTERVAL,
  CNX_FATE_RATE,
  CNX_FATE_SCENE,
  CNX_FATE_BUSY,
  CNX_FATE_LATE,
  CNX_FATE_KNOWN,
  CNX_FATES,
} CnxFate;

/**
 * CnxStatsNumbers:
 * @frames: by what became of them
 * @reading, @passes: what each took, in microseconds
 * @ages: of the labels that frames carried, in microseconds of running time
 */
typedef struct
{
  guint64 frames[CNX_FATES];
  CnxHistogram reading, passes, ages;
} CnxStatsNumbers;

/**
 * CnxStats:
 * @engine: that does the passes; NULL: none
 *
 * Its functions are for any thread, and hold the lock for moments.
 */
typedef struct
{
  GMutex lock;
  CnxEngine *engine;
  CnxStatsNumbers numbers;
} CnxStats;

void cnx_stats_init (CnxStats * stats);
void cnx_stats_clear (CnxStats * stats);

/** Nothing has been done yet; the engine stays. */
void cnx_stats_reset (CnxStats * stats);

/** Another @engine does the passes from now on, of which it keeps a reference; NULL: none does. */
void cnx_stats_set_engine (CnxStats * stats, CnxEngine * engine);

/** What became of a frame, and how old the labels are that it carries: GST_CLOCK_TIME_NONE where it carries none or
 * nobody knows. */
void cnx_stats_add_frame (CnxStats * stats, CnxFate fate, GstClockTime age);

/** A frame was made the network's input, which took so many microseconds. */
void cnx_stats_add_reading (CnxStats * stats, gint64 took);

/** A frame was classified, which took so many microseconds: a pass, or those that its regions need. */
void cnx_stats_add_pass (CnxStats * stats, gint64 took);

/** All of it, as the property `stats` has it. What was not measured yet is not there. Free with
 * gst_structure_free(). */
GstStructure *cnx_stats_to_structure (CnxStats * stats);

G_END_DECLS
