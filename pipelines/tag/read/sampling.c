#include "pipelines/tag/read/sampling.h"

#include <math.h>

/* Containers round times, to a millisecond in Matroska: a frame that is meant for 1 s may come at 0.9995. */
#define ROUNDING 0.0006

/* Stretches are counted from the film's start, not from where reading begins: so the parts of a film that several
 * machines read have the frames that one reader would take. */
static gint64
stretch_of (const CnxSampling * sampling, GstClockTime time, gint64 frame)
{
  if (sampling->every > 0)
    return frame / sampling->every;
  return floor (((double) time / GST_SECOND + ROUNDING) * sampling->rate);
}

gboolean
cnx_sampler_take (CnxSampler * self, GstClockTime time, gint64 frame)
{
  const CnxSampling *sampling = self->sampling;

  if ((double) time / GST_SECOND + ROUNDING < sampling->start || cnx_sampling_is_past (sampling, time))
    return FALSE;
  if (sampling->every == 0 && sampling->rate <= 0)
    return TRUE;
  const gint64 stretch = stretch_of (sampling, time, frame);
  if (self->any && stretch == self->stretch)
    return FALSE;
  /* A reader that begins within a stretch of frames has not seen its first one. */
  if (!self->any && sampling->every > 0 && frame % sampling->every != 0)
    return FALSE;
  self->any = TRUE;
  self->stretch = stretch;
  return TRUE;
}

gboolean
cnx_sampling_is_past (const CnxSampling * self, GstClockTime time)
{
  return self->end >= 0 && (double) time / GST_SECOND + ROUNDING >= self->end;
}

/* Of key frames alone none is shown before one that is decoded earlier. A decoder would take the time of the first that
 * it has not given out yet, and has none for the last one on GStreamer 1.26: that would get a guess. */
GstPadProbeReturn
cnx_sampling_pass_key_frame (GstPadProbeInfo * probe)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (probe);

  if (GST_BUFFER_PTS_IS_VALID (buffer))
    return GST_PAD_PROBE_OK;
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer);
  GST_PAD_PROBE_INFO_DATA (probe) = buffer;
  return GST_PAD_PROBE_OK;
}

gboolean
cnx_sampling_parse_time (const char *text, double *seconds)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", -1);
  const guint n = g_strv_length (parts);
  double sum = 0;

  if (n < 1 || n > 3)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    char *end;
    const double value = g_ascii_strtod (parts[i], &end);
    if (!g_ascii_isdigit (*parts[i]) || *end || !isfinite (value) || (i > 0 && value >= 60)
        || (i + 1 < n && value != floor (value)))
      return FALSE;
    sum = sum * 60 + value;
  }
  *seconds = sum;
  return sum < 1e7;
}
