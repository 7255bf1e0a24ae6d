/* The last seconds of an encoded stream, from a key frame on. For one thread at a time. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CnxClipFrame:
 * @buffer: encoded, one access unit
 * @pts: running time that it is shown at
 * @dts: running time that it is to be decoded at; GST_CLOCK_STIME_NONE: unknown
 * @number: counts those of its stream
 * @arrived: g_get_real_time() when it came
 * @key: it is decoded without any before it
 */
typedef struct
{
  GstBuffer *buffer;
  GstClockTimeDiff pts, dts;
  guint64 number;
  gint64 arrived;
  gboolean key;
} CnxClipFrame;

typedef struct _CnxClipRing CnxClipRing;

/** Keeps @keep of what came last, from the key frame at or before that on, of @most_bytes at most. */
CnxClipRing *cnx_clip_ring_new (GstClockTime keep, gsize most_bytes);
void cnx_clip_ring_free (CnxClipRing * ring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxClipRing, cnx_clip_ring_free)

/** Adds @frame, with a reference to its buffer; before the first key frame it is nothing. FALSE: less than was asked is
 * kept, because of its bytes. */
gboolean cnx_clip_ring_add (CnxClipRing * ring, const CnxClipFrame * frame);
void cnx_clip_ring_clear (CnxClipRing * ring);

/** The last key frame that is shown at or before @pts, or else the first there is; a CnxClipFrame's link, behind which
 * are those that came after it. NULL: the ring is empty. */
const GList *cnx_clip_ring_from (const CnxClipRing * ring, GstClockTimeDiff pts);

/** The running time of what came last at @real_time. The ring must not be empty. */
GstClockTimeDiff cnx_clip_ring_time_at (const CnxClipRing * ring, gint64 real_time);

gboolean cnx_clip_ring_is_empty (const CnxClipRing * ring);
gsize cnx_clip_ring_bytes (const CnxClipRing * ring);

G_END_DECLS
