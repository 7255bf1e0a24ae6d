/* What a decoder does: it is asked for a file's kind, a picture or a film, and answers, until nobody asks any more. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Serves at the socket @fd, in a process of its own, which it ends where it has to; what is said is in wire.h.
 * @memory: bytes that the process may take; 0: any number. Call gst_init() and vips_init() before. */
void cnx_worker_serve (int fd, guint64 memory);

G_END_DECLS
