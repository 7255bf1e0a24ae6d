/* Frames from a decoder's process to the one that classifies: copied once, into memory that both have mapped. A few
 * slots, each in memory of its own that grows with its frames, let the decoder be ahead. */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/**
 * CnxFrameNote:
 * @time: seconds of the film
 * @number: counted from 0; below 0 where nobody knows
 * @direction: how it is to be turned
 *
 * What is known of a frame beside its buffer.
 */
typedef struct
{
  double time;
  gint64 number;
  GstVideoOrientationMethod direction;
} CnxFrameNote;

/* ---- the decoder's side ---- */

typedef struct _CnxFramesOut CnxFramesOut;

/** @fd: the socket, which stays the caller's; @most: bytes of a frame. Free with cnx_frames_out_free(). */
CnxFramesOut *cnx_frames_out_new (int fd, gsize most);
void cnx_frames_out_free (CnxFramesOut * out);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxFramesOut, cnx_frames_out_free)

/** Sends @buffer of @caps, with its metas for layout, crop and whole; waits for a slot, and then reads the socket. One
 * thread at a time. Errors: CNX_ERROR_INPUT for a frame that is too large; CNX_ERROR_NOT_FOUND: nobody is there. */
gboolean cnx_frames_out_send (CnxFramesOut * out, GstCaps * caps, GstBuffer * buffer, const CnxFrameNote * note,
    GError ** error);

/** The body of a message CNX_WIRE_RELEASE. */
void cnx_frames_out_release (CnxFramesOut * out, GVariant * body);

/* ---- the other side ---- */

typedef struct _CnxFramesIn CnxFramesIn;

/** Free with cnx_frames_in_free(), after every buffer. One thread at a time. */
CnxFramesIn *cnx_frames_in_new (void);
void cnx_frames_in_free (CnxFramesIn * in);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxFramesIn, cnx_frames_in_free)

/** Bodies of messages CNX_WIRE_MEMORY, with its descriptor, which is taken, CNX_WIRE_PIECE and CNX_WIRE_CAPS. FALSE for
 * what no decoder of ours says. */
gboolean cnx_frames_in_take_memory (CnxFramesIn * in, GVariant * body, int passed);
gboolean cnx_frames_in_take_piece (CnxFramesIn * in, GVariant * body);
gboolean cnx_frames_in_take_caps (CnxFramesIn * in, GVariant * body);

/** Of the frames that come. */
GstCaps *cnx_frames_in_caps (CnxFramesIn * in);
const GstVideoInfo *cnx_frames_in_info (CnxFramesIn * in);

/** The frame of a message CNX_WIRE_FRAME, whose pixels stay in @slot until cnx_frames_in_release(); NULL for what no
 * decoder of ours says. Free with gst_buffer_unref() before that. */
GstBuffer *cnx_frames_in_take (CnxFramesIn * in, GVariant * body, CnxFrameNote * note, guint * slot);

/** Tells the decoder at @fd; as cnx_wire_send(). */
gboolean cnx_frames_in_release (int fd, guint slot);

G_END_DECLS
