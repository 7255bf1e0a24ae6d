/* Which file stands at a path: to see that another one came there. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Appends a line to @to: @path, and the file's device, inode, size and time of change; or that there is none. */
void cnx_file_stamp (GString * to, const char *path);

/** Appends the lines of the files in @folder whose names end in one of @endings (NULL-terminated), by name. */
void cnx_folder_stamp (GString * to, const char *folder, const char *const *endings);

G_END_DECLS
