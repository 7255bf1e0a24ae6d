/* Places that have a path or are open already: files, pipes with a name, and the standard output. */
#pragma once

#include "gst-plugin/publish/place.h"

G_BEGIN_DECLS

/** A file is made where there is none, and appended to, a line at a time. Where another stands at its path, or none, as
 * after a rotation, that one is opened. A pipe is opened when somebody reads it, and keeps what is in it while nobody
 * does. Errors of open: G_FILE_ERROR. */
extern const CnxPlace cnx_place_file;

/** The location "-". Who reads it and leaves does not come back: then all is refused. */
extern const CnxPlace cnx_place_stdout;

G_END_DECLS
