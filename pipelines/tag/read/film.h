/* A film, from its file through the `convnext` element to classifications. */
#pragma once

#include "pipelines/tag/read/reader.h"

G_BEGIN_DECLS

/** Reads the film at @facts->path to its end, or until it is told to stop; what becomes known of it is written to
 * @facts, whose strings are interned. *@complete: whether it was read to the end asked for.
 * Errors: CNX_ERROR_INPUT, for what is no film, is broken, or has no frames; the listener's. */
gboolean cnx_film_read (const CnxReader * reader, CnxTagFacts * facts, const CnxListener * listener,
    gboolean * complete, GError ** error);

G_END_DECLS
