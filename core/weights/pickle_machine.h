/* The stack machine of Python's pickle, as far as a file of weights needs it. */
#pragma once

#include "core/weights/pickle_values.h"

G_BEGIN_DECLS

/** Runs the machine over @pickle, whose bytes, length and empty arrays are set. Error: CNX_ERROR_FORMAT. */
gboolean cnx_pickle_run (CnxPickle * pickle, GError ** error);

G_END_DECLS
