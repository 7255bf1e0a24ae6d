/* Whether several runs are at work in one folder. They do each other no harm, as every output is made under a name of
 * its own first; but what both read is done twice, and that is worth a word. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Shows others that this run is at work in @folder, until the descriptor that is returned is closed or the process
 * ends. @others: whether one was there before. Below 0 where the folder is not there yet, or its file system has no
 * locks. */
int cnx_presence_take (const char *folder, gboolean * others);

G_END_DECLS
