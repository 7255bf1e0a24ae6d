/* A look at a zip archive's directory before libzip opens it: libzip reads whatever number of entries a directory has,
 * and up to 1.11 finds their names through a hash that is known to whoever writes them. */
#pragma once

#include "core/input/input_file.h"

G_BEGIN_DECLS

/** Whether every directory that libzip might take in @file has at most @max_entries, with names that do not make its
 * table slow. Says nothing of a directory that is broken: libzip does. Errors: CNX_ERROR_FORMAT. */
gboolean cnx_zip_check_directory (CnxInputFile * file, guint max_entries, GError ** error);

G_END_DECLS
