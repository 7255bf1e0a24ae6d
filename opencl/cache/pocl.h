/* Where PoCL keeps what it compiles: it dies, or has no device, without a folder to write to. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Sets POCL_CACHE_DIR, unless it is set, to a folder that only we can write to: `pocl` in cnx_cache_path(), else
 * convnext-UID in the folder of temporary files, else a new one there. It looks once in a process. Listing devices
 * does it too, but who can calls it while there is no other thread: one that reads the environment meanwhile may
 * crash. */
void cnx_cache_set_up_pocl (void);

/** Why PoCL cannot have built anything: its folder takes no file. NULL where it does. Free with g_free(). */
char *cnx_cache_pocl_trouble (void);

G_END_DECLS
