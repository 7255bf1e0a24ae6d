/* Clips of what cameras showed around events: the encoded stream as it came, from a key frame on, in Matroska.
 *
 * A camera has a tap, which gives an element for each of its pipelines, to be linked behind the tee of its encoded
 * stream. The tap keeps the last seconds in memory; at an event they and what follows go to a thread that writes them.
 * Files are named CAMERA-YYYYMMDDTHHMMSSZ-LABEL.mkv by the time of the first event in them, in UTC, and have that name
 * only when they are whole.
 *
 * Everything here may be called on any thread, streaming threads too, and waits for no disk, except cnx_clips_new() and
 * cnx_clips_free(). */
#pragma once

#include <gst/gst.h>
#include "pipelines/watch/herald.h"

G_BEGIN_DECLS

/** Seconds of a clip at most, and bytes of a camera's stream that are kept in memory at most, unless settings say. */
#define CNX_CLIP_LONGEST 300
#define CNX_CLIP_MEMORY (64 * 1024 * 1024)

/** Seconds by which an event may be told later than its frame came: so much more is kept for its clip's begin. */
#define CNX_CLIP_LATE 3

/** How long cnx_clips_free() waits for clips to be whole, in microseconds. */
#define CNX_CLIPS_DRAIN (2 * G_TIME_SPAN_SECOND)

/**
 * CnxClipsSettings:
 * @folder: made where it is not there
 * @labels: of which there are clips, NULL at the end: a whole label or one of its names between commas, capitals or
 *   not; NULL: of all
 * @before, @after: seconds before the first event, from the key frame at or before that on, and after the last
 * @longest: seconds that a clip may have; 0: CNX_CLIP_LONGEST
 * @linger: seconds that a clip that is whole waits for an event that is told late, and makes it longer; 0, and at most:
 *   CNX_CLIP_LATE
 * @limit: bytes that the clips in @folder may have together, the oldest go first; 0: any
 * @memory: bytes of each camera's stream that may be kept; 0: CNX_CLIP_MEMORY. Where @before takes more, clips begin
 *   later, which is said once a minute
 */
typedef struct
{
  const char *folder;
  const char *const *labels;
  double before, after, longest, linger;
  guint64 limit;
  gsize memory;
} CnxClipsSettings;

typedef struct _CnxClips CnxClips;
typedef struct _CnxClipTap CnxClipTap;

/** @settings are copied; @herald gets a reference, and is told of what cannot be written. Errors: CNX_ERROR_INPUT for a
 * folder that cannot be written to, CNX_ERROR_NOT_FOUND where GStreamer lacks an element. */
CnxClips *cnx_clips_new (const CnxClipsSettings * settings, CnxHerald * herald, GError ** error);

/** Waits for clips that are written, whose taps are free already, for CNX_CLIPS_DRAIN at most. */
void cnx_clips_free (CnxClips * clips);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxClips, cnx_clips_free)

/** Waits until the clips that have ended are whole, or @timeout (microseconds) is over: FALSE. */
gboolean cnx_clips_await (CnxClips * clips, gint64 timeout);

/** What keeps the stream of @camera, which may be part of a file's name. */
CnxClipTap *cnx_clip_tap_new (CnxClips * clips, const char *camera);

/** Ends its clip, and takes nothing more from its elements, which may outlive it. */
void cnx_clip_tap_free (CnxClipTap * tap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxClipTap, cnx_clip_tap_free)

/** For callbacks that may come when the camera is gone: cnx_clip_tap_unref() does not end it. */
CnxClipTap *cnx_clip_tap_ref (CnxClipTap * tap);
void cnx_clip_tap_unref (CnxClipTap * tap);

/** A new end for an encoded, parsed stream of video; what was before is forgotten, see cnx_clip_tap_forget(). What it
 * is given before the next one is made counts; it takes no part in the pipeline's states, and holds nothing up.
 * Returns: (transfer floating). */
GstElement *cnx_clip_tap_element (CnxClipTap * tap);

/**
 * cnx_clip_tap_event:
 * @label: NULL: there is none any more, which makes no clip
 * @real_time: g_get_real_time() when it was seen
 * @running_time: of the frame where it was seen, in the element's pipeline; GST_CLOCK_TIME_NONE: what had come
 *   last at @real_time
 *
 * Begins a clip, or makes the one that is written last longer. What cannot be kept is said: a camera whose pictures
 * come raw has no encoded stream.
 */
void cnx_clip_tap_event (CnxClipTap * tap, const char *label, gint64 real_time, GstClockTime running_time);

/** Another stream begins: what was kept is thrown away, and a clip that is written ends. */
void cnx_clip_tap_forget (CnxClipTap * tap);

G_END_DECLS
