/* Where messages go: what a file, a pipe or a broker must know how to do, and nothing of who writes or why. */
#pragma once

#include "gst-plugin/publish/message.h"

G_BEGIN_DECLS

/**
 * CnxPlaceAnswer:
 * @CNX_PLACE_TAKEN: all of the message is there
 * @CNX_PLACE_LATER: nothing of it is; it can be given again, or another
 * @CNX_PLACE_PARTLY: a part of it is; the same one must be given again, for the rest
 * @CNX_PLACE_REFUSED: it will never be taken, so that those behind it need not wait for it
 */
typedef enum
{
  CNX_PLACE_TAKEN,
  CNX_PLACE_LATER,
  CNX_PLACE_PARTLY,
  CNX_PLACE_REFUSED,
} CnxPlaceAnswer;

/**
 * CnxPlace:
 * @open: what @location names, to be handed to the others; NULL and an error of any domain for what the user must mend
 *   first. What may become right by itself, such as a broker that is away, is none: write says LATER then. Does not
 *   wait: it is called by who changes the element's state.
 * @write: gives it a message. May wait for a tenth of a second, not longer. Any answer but TAKEN may come with an
 *   error, which the user is told; without one it is the place's usual way, as with a pipe that nobody reads yet.
 * @reconnects: how often it was opened again, or came back, since it was opened
 * @close: ends it; what was taken in part is taken back, where that is possible
 *
 * One kind of place. Once open has returned, the others are called by one thread at a time: write and reconnects by a
 * thread that waits for nothing else, and in which SIGPIPE and SIGXFSZ are blocked.
 */
typedef struct
{
  gpointer (*open) (const char *location, GError ** error);
  CnxPlaceAnswer (*write) (gpointer place, const CnxMessage * message, GError ** error);
  guint64 (*reconnects) (gpointer place);
  void (*close) (gpointer place);
} CnxPlace;

G_END_DECLS
