/* Of several processes that fill one folder, one at a time. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CnxLock:
 * @path: FOLDER/lock
 * @fd: of it, open and locked (flock); -1: not taken
 * @waited: another process held it first
 */
typedef struct
{
  char *path;
  int fd;
  gboolean waited;
} CnxLock;

/** Makes @folder where it is not there, and takes its lock. @say is called with a line for the user: once before it
 * waits for another process, and where the file system has no locks; then it goes on without.
 * Release it with cnx_lock_release(), also after a failure. Errors: CNX_DOWNLOAD_ERROR_DISK. */
gboolean cnx_lock_take (CnxLock * lock, const char *folder, void (*say) (const char *line, gpointer user_data),
    gpointer user_data, GError ** error);

/** Lets it go, and removes its file, and @folder where it is empty then. */
void cnx_lock_release (CnxLock * lock);

G_END_DECLS
