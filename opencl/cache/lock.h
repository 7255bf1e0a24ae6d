/* One process makes a file of the cache, the others wait for it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CnxCacheLock CnxCacheLock;

/** Locks the making of @name in the folder @folder, by a file beside it that goes with its holder, even one that is
 * killed. Waits while another process, or another thread, holds it, for five minutes at most. NULL where it cannot be
 * had, which is no error: the work is done twice. Whoever has it looks first whether the work was done meanwhile. Free
 * with cnx_cache_unlock(). */
CnxCacheLock *cnx_cache_lock (int folder, const char *name);
void cnx_cache_unlock (CnxCacheLock * lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CnxCacheLock, cnx_cache_unlock)

G_END_DECLS
