/* What `convnext tag` and its decoders say to each other: one message a datagram of a socket, a GVariant that is read
 * as something a stranger wrote, for a decoder may be a file's by then; and now and then a descriptor with it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxWire:
 * @CNX_WIRE_KIND: (ay): a path; answered by KIND_IS or FAILED
 * @CNX_WIRE_PICTURE: (ayi): a path, and what its shorter side is for; answered by FACTS, FRAME, END or by FAILED
 * @CNX_WIRE_FILM: (aydubddu): a path, CnxSampling in its order, threads; answered by FACTS, FRAMEs, END or FAILED
 * @CNX_WIRE_RELEASE: (u): the slot of a frame that was used
 * @CNX_WIRE_KIND_IS: (u): CnxKind
 * @CNX_WIRE_FACTS: (iiiidmsms): CnxTagFacts from width to codec
 * @CNX_WIRE_MEMORY: (ut) and a descriptor: a slot's memory, and its size; without one, its bytes come in pieces
 * @CNX_WIRE_PIECE: (utay): bytes of a slot, from there on
 * @CNX_WIRE_CAPS: (s): of the frames that follow
 * @CNX_WIRE_FRAME: CNX_WIRE_FRAME_TYPE: one frame, in a slot
 * @CNX_WIRE_PROGRESS: (dt): seconds and frames that are read
 * @CNX_WIRE_WARNING: (s): something odd, in words
 * @CNX_WIRE_END: (b): the file is read: whether the decoder has grown too large to go on
 * @CNX_WIRE_FAILED: (sb): an error's words; the last as END's
 * @CNX_WIRE_LAST_WORDS: (s): what a library said before it ended the process
 * @CNX_WIRE_START: () and a descriptor: to the keeper: a decoder for it; answered by ANSWER with its number
 * @CNX_WIRE_STOP: (i): to the keeper: a decoder's number, which has ended or is to end; answered by ANSWER with its
 *   status
 * @CNX_WIRE_ANSWER: (i): below 0: an errno
 */
typedef enum
{
  CNX_WIRE_KIND,
  CNX_WIRE_PICTURE,
  CNX_WIRE_FILM,
  CNX_WIRE_RELEASE,
  CNX_WIRE_KIND_IS,
  CNX_WIRE_FACTS,
  CNX_WIRE_MEMORY,
  CNX_WIRE_PIECE,
  CNX_WIRE_CAPS,
  CNX_WIRE_FRAME,
  CNX_WIRE_PROGRESS,
  CNX_WIRE_WARNING,
  CNX_WIRE_END,
  CNX_WIRE_FAILED,
  CNX_WIRE_LAST_WORDS,
  CNX_WIRE_START,
  CNX_WIRE_STOP,
  CNX_WIRE_ANSWER,
  CNX_WIRES
} CnxWire;

/* slot, bytes; seconds, number, direction, buffer flags; CnxWhole; crop's x, y, width, height (0: none); format,
 * width, height, planes (0: as the caps say), each one's offset and stride */
#define CNX_WIRE_FRAME_TYPE "(utdxuu(iidddd)(uuuu)(uuua(ti)))"

/** Sends @body, which is sunk, with @passed where that is no -1. FALSE where nobody is there any more, or, with errno
 * EAGAIN, where the socket's patience is over: nobody reads. */
gboolean cnx_wire_send (int fd, CnxWire what, GVariant * body, int passed);

/** Waits for a message: its body, to be freed with g_variant_unref(), of the type that @what has above; @passed: a
 * descriptor that came with it, now the caller's, or -1. NULL where the other side has gone, or says what it should
 * not, as with two descriptors. */
GVariant *cnx_wire_receive (int fd, CnxWire * what, int *passed);

G_END_DECLS
