/* The properties of `convnext`: their texts and defaults, and where their values are kept. */
#pragma once

#include <gst/video/video.h>

#include "gst-plugin/engine/engine.h"
#include "gst-plugin/enums.h"
#include "gst-plugin/pace/pace.h"
#include "gst-plugin/regions/regions.h"

G_BEGIN_DECLS

/**
 * CnxSettings:
 *
 * A field for each property, of the same name; those of the pace and of regions are in rules. Strings may be NULL. Not
 * locked: that is its element's to do.
 */
typedef struct
{
  char *variant, *model, *labels, *recipe, *device, *source;
  guint threads;
  CnxPrecision precision;
  guint batch, batch_timeout;
  guint top_k;
  double threshold;
  Mode mode;
  guint label_timeout;
  guint smoothing;
  double hysteresis;
  gboolean post_messages;
  GstVideoOrientationMethod video_direction;
  CnxPaceRule pace;
  double scene_threshold, scene_cut;
  InferenceRegion inference_region;
  CnxRegionRule regions;        /* with a string that is there for ever */
  guint reclassify_interval;
  gboolean heatmap;
  guint changes;                /* how often any of them was set */
} CnxSettings;

/** Installs the properties. */
void cnx_settings_install (GObjectClass * klass);

/** Their defaults. Clear with cnx_settings_clear(). */
void cnx_settings_init (CnxSettings * settings);
void cnx_settings_clear (CnxSettings * settings);

/** The value of the property with that id. */
void cnx_settings_get (const CnxSettings * settings, guint id, GValue * value);
/** Returns whether another network is to be opened for it: for one of the properties that it is opened with, even where
 * that was set to @value before, and for those of regions where another number of them is to run at once. */
gboolean cnx_settings_set (CnxSettings * settings, guint id, const GValue * value);

/** What the network is opened with; its strings are those of @settings. Where regions are classified it is opened for
 * as many at once as a frame may have, up to 8, if that is more than the property says. */
CnxEngineSettings cnx_settings_engine (const CnxSettings * settings);
/** Puts what a network was opened with back; what of frames is classified stays as it is. */
void cnx_settings_put_back (CnxSettings * settings, const CnxEngineSettings * opened);

/** Whether that property stays as it is while the network is used, and @value is another. */
gboolean cnx_settings_refuses (const CnxSettings * settings, guint id, const GValue * value);

/** Warns, in the log and on the bus, that @element's property cannot be changed now but in READY. */
void cnx_refuse_property (GstElement * element, GParamSpec * pspec);

G_END_DECLS
