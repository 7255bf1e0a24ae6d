/* Which frames of a film are classified. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CnxSampling:
 * @rate: classifications a second of film: the first frame of every such stretch, counted from the film's start; 0: not
 *   by time
 * @every: every so many frames, from the first one; 0: not by count
 * @keyframes: only key frames, of which @rate takes its share where it is set
 * @start, @end: seconds of the film; @end is below 0 where it is the film's own
 */
typedef struct
{
  double rate;
  guint every;
  gboolean keyframes;
  double start, end;
} CnxSampling;

/**
 * CnxSampler:
 *
 * Where in a film the sampling is. Start it as { .sampling = ... }; the rest is its own.
 */
typedef struct
{
  const CnxSampling *sampling;
  gboolean any;
  gint64 stretch;               /* of the last frame that was taken */
} CnxSampler;

/** Whether the frame at @time nanoseconds of the film, counted as @frame, is to be classified; frames come in their
 * order. */
gboolean cnx_sampler_take (CnxSampler * sampler, GstClockTime time, gint64 frame);

/** Whether @time is behind the end that was asked for. */
gboolean cnx_sampling_is_past (const CnxSampling * sampling, GstClockTime time);

/** For a pad probe in front of a decoder that gets key frames alone: lets this one pass, with the time that it is shown
 * at where only that is known which it is decoded at. */
GstPadProbeReturn cnx_sampling_pass_key_frame (GstPadProbeInfo * probe);

/** Seconds in @text: 90, 1:30, 0:01:30.5. FALSE for anything else. */
gboolean cnx_sampling_parse_time (const char *text, double *seconds);

G_END_DECLS
